"""Defensive or cyclical: how far miners follow the market down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.arguments.defensive_evidence import evidence, secondary
from research.analysis.arguments.rows import column
from research.analysis.baskets import (
    WEEKS_A_YEAR,
    basket_returns,
    baskets,
    knows_bill,
    part,
    weekly_excess,
)
from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Statement,
    Verdict,
    bounds_of,
    grade,
    not_tested,
    state,
    verdict,
)
from research.analysis.inference import Bootstrap, bootstrap, mean_block, n_eff_ar1
from research.analysis.risk import downside_beta as beta_minus

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Bounds, Claim, Instrument, Method


def downside_beta(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that the diversified miners' downside beta is low.

    Weekly total returns in USD in excess of the bill, against the benchmark, over
    `primary_years`, or what history there is; 90 % interval from a stationary bootstrap of paired
    weeks, seeded by `as_of`. A verdict is downgraded to MIXED when the capture of falling months
    lies on the other bound; no other secondary measure moves it. `details` holds those of
    `defensive_evidence.secondary`. `p_value` is the share of bootstrap draws beyond the bound that
    the verdict rejects. Source: Ang, Chen and Xing (2006); interval rule, DOMAIN §B.0.
    """
    bounds = bounds_of(claim)
    parts = [part(market, role) for role in ("diversified", "benchmark")]
    if None in parts:
        return not_tested(
            claim, "The universe names no instrument for the parts `diversified` and `benchmark`."
        )
    miners, benchmark = (one for one in parts if one is not None)
    weeks = _sample(market, miners, benchmark, method.sampling.primary_years)
    measure = f"β⁻, {miners.label} against {benchmark.label}"
    asked = _asked(miners, benchmark, bounds, method)
    unfit = _unfit(weeks, miners, benchmark, market, method)
    if unfit:
        return not_tested(claim, unfit, measure=measure, test=asked, fmt="num2")
    simulated, block = _simulated(weeks, market, method)
    estimate = simulated.interval(method.inference.confidence)
    covered = len(weeks) / WEEKS_A_YEAR
    details = secondary(market, method, weeks)
    speaks_for, speaks_against = evidence(details, bounds, miners, part(market, "gold_miners"))
    reached = verdict(*estimate, bounds)
    settled = _downgraded(reached, details.get("capture_down"), bounds)
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(covered, method.inference),
        estimate=estimate.value,
        ci=(estimate.lo, estimate.hi),
        unit="ratio",
        fmt="num2",
        n=len(weeks),
        n_eff=_n_eff(weeks),
        measure=f"{measure}, {round(covered)} y weekly",
        test=asked,
        reason=RULE_REASONS[settled] if settled is reached else _DOWNGRADED,
        best_for=speaks_for,
        best_against=speaks_against,
        details=details | {"years": covered, "mean_block_weeks": block},
        fired=reached is Verdict.CONTRADICTED,
        p_value=p_rejected(simulated, reached, bounds),
        data=weeks.rename(columns=lambda one: column(one, "weekly_excess_return")).rename_axis(
            index="date", columns=None
        ),
    )


_DOWNGRADED = (
    "The downside beta alone would decide, but the share of the market’s falling months that the "
    "miners captured points the other way."
)


def p_rejected(simulated: Bootstrap, reached: Verdict, bounds: Bounds) -> float:
    """One-sided bootstrap p of the hypothesis that the verdict rejects.

    A supported claim rejects that the value lies at the contradiction or beyond it, a contradicted
    one that it lies at the support or beyond; MIXED rejects neither, so it is that of the nearer.
    """
    low = bounds.side == "low"
    beyond = {
        Verdict.SUPPORTED: simulated.p_beyond(bounds.contradiction, above=low),
        Verdict.CONTRADICTED: simulated.p_beyond(bounds.support, above=not low),
    }
    return beyond.get(reached, min(beyond.values()))


def downside_betas(market: Market, method: Method) -> pd.DataFrame:
    """Downside betas of the sector funds, of each sub-group and of London miners, for a forest.

    Columns: `label`, `estimate`, `lo`, `hi` (90 %), `n` (weeks), `years`, `primary` (True for the
    long sample), `kind` (`fund`, `sub-group`, `london`). Sub-groups are equally weighted baskets of
    today's companies without their deal windows, so they carry survivorship. London miners are
    companies of the other rows once more, in US dollars and, as a holder in London sees them, in
    sterling: miners and market both, over the bill in dollars. A row whose sample is shorter than
    `n_min` is left out.
    """
    benchmark = part(market, "benchmark")
    columns = ["label", "estimate", "lo", "hi", "n", "years", "primary", "kind"]
    if benchmark is None:
        return pd.DataFrame(columns=columns)
    groups = [one for one in baskets(market.universe) if one.members]
    ids = list(dict.fromkeys([benchmark.id, *(member for one in groups for member in one.members)]))
    in_dollars = weekly_excess(market, ids)
    london = [one for one in groups if one.kind == "london"]
    members = [benchmark.id, *(member for one in london for member in one.members)]
    in_sterling = weekly_excess(market, members, currency="GBP")
    shown = [(in_dollars, one, "") for one in groups if one.kind != "london"]
    shown += [(in_dollars, one, ", in US$") for one in london]
    shown += [(in_sterling, one, ", in £") for one in london]
    rows = []
    for returns, basket, money in shown:
        series = basket_returns(returns, [basket], market, days=7)
        pair = series.assign(benchmark=returns[benchmark.id])
        for years in (method.sampling.primary_years, method.sampling.context_years):
            weeks = pair.iloc[-years * WEEKS_A_YEAR :].dropna()
            if len(weeks) < method.inference.n_min:
                continue
            estimate = _simulated(weeks, market, method)[0].interval(method.inference.confidence)
            rows.append(
                {
                    "label": f"{basket.label}{money}",
                    "estimate": estimate.value,
                    "lo": estimate.lo,
                    "hi": estimate.hi,
                    "n": len(weeks),
                    "years": len(weeks) / WEEKS_A_YEAR,
                    "primary": years == method.sampling.primary_years,
                    "kind": basket.kind,
                }
            )
    return pd.DataFrame(rows, columns=columns)


def _sample(market: Market, miners: Instrument, benchmark: Instrument, years: int) -> pd.DataFrame:
    excess = weekly_excess(market, [miners.id, benchmark.id])
    return excess.iloc[-years * WEEKS_A_YEAR :].dropna()


def _asked(miners: Instrument, benchmark: Instrument, bounds: Bounds, method: Method) -> Statement:
    lines = (bounds.support, bounds.contradiction)
    return state(
        "Up to {years:word} years of weekly total returns in US dollars over the bill: miners, as "
        "in {miners}, are defensive if they move at most {low:num1} times as far as {benchmark} in "
        "the weeks in which these do worse than usual, cyclical from {high:num1} times, with the "
        "{confidence:pct0} interval clear of the other bound.",
        years=method.sampling.primary_years,
        miners=miners.label,
        benchmark=benchmark.label,
        low=min(lines),
        high=max(lines),
        confidence=method.inference.confidence,
    )


def _unfit(
    weeks: pd.DataFrame, miners: Instrument, benchmark: Instrument, market: Market, method: Method
) -> str:
    pair = f"{miners.label} and {benchmark.label}"
    needed = method.inference.n_min
    if len(weeks) < needed:
        count = {0: "No week has", 1: "Only one week has"}.get(
            len(weeks), f"Only {len(weeks)} weeks have"
        )
        return f"{count} a return of both {pair}; at least {needed} are needed."
    if not knows_bill(market):
        return "The sources hold no yield of the bill, over which the returns are counted."
    if _n_eff(weeks) < needed:
        return (
            f"The {len(weeks)} weeks with a return of both {pair} are so alike that "
            f"they are worth fewer than the {needed} independent ones needed."
        )
    last = weeks.index[-1].date()
    if (market.as_of - last).days > 7 * method.defensive.stale_weeks + 6:
        return (
            f"The last week with a return of both {pair} ended on {last}, too long before the "
            "edition."
        )
    return ""


def _n_eff(weeks: pd.DataFrame) -> float:
    return n_eff_ar1(len(weeks), max(0.0, float(weeks.iloc[:, 0].autocorr())))


def _simulated(weeks: pd.DataFrame, market: Market, method: Method) -> tuple[Bootstrap, float]:
    floor_at = method.inference.mean_block_weeks_min
    block = max(mean_block(column, floor_at=floor_at) for column in weeks.to_numpy().T)
    simulated = bootstrap(
        weeks.to_numpy(),
        beta_minus,
        mean_block=block,
        draws=method.inference.bootstrap_draws,
        seed=int(f"{market.as_of:%Y%m%d}"),
    )
    return simulated, block


def _downgraded(reached: Verdict, capture_down: float | None, bounds: Bounds) -> Verdict:
    if capture_down is None or reached is Verdict.MIXED:
        return reached
    # A capture ratio is a beta in per cent, so the bounds of one are the bounds of the other.
    as_beta = capture_down / 100
    opposes = verdict(as_beta, as_beta, as_beta, bounds) is reached.mirrored()
    return Verdict.MIXED if opposes else reached
