"""Defensive or cyclical: how far miners follow the market down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Verdict,
    bounds_of,
    grade,
    not_tested,
    verdict,
)
from research.analysis.inference import Estimate, mean_block, n_eff_ar1, stationary_bootstrap
from research.analysis.returns import monthly_returns, weekly, weekly_returns
from research.analysis.risk import beta, capture, safe_haven, upside_beta
from research.analysis.risk import downside_beta as beta_minus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from research.market import Market
    from research.params.models import Claim, Instrument, Method

WEEKS_A_YEAR = 52


def downside_beta(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that the diversified miners' downside beta is low.

    Weekly total returns in USD in excess of the bill, against the benchmark, over
    `primary_years`, or what history there is; 90 % interval from a stationary bootstrap of paired
    weeks, seeded by `as_of`. A verdict is downgraded to MIXED when the capture of falling months
    lies on the other bound. `details` holds the secondary measures, for `gold_miners` too.
    Source: Ang, Chen and Xing (2006); interval rule, DOMAIN §B.0.
    """
    bounds = bounds_of(claim)
    parts = [_part(market, role) for role in ("diversified", "benchmark")]
    if None in parts:
        return not_tested(
            claim, "The universe names no instrument for the parts `diversified` and `benchmark`."
        )
    miners, benchmark = (one for one in parts if one is not None)
    gold_miners = _part(market, "gold_miners")
    ids = [one.id for one in (miners, benchmark, gold_miners) if one is not None]
    excess = _weekly_excess(market, ids)
    years = method.sampling.primary_years
    weeks = _sample(excess, miners.id, benchmark.id, years)
    measure = f"β⁻, {miners.label} against {benchmark.label}"
    unfit = _unfit(weeks, miners, benchmark, market, method)
    if unfit:
        return not_tested(claim, unfit, measure=measure)
    estimate, block = _estimate(weeks, market, method)
    covered = len(weeks) / WEEKS_A_YEAR
    details = _secondary(weeks, market.total_return([miners.id, benchmark.id], fill_days=0), method)
    details |= {"years": covered, "mean_block_weeks": block}
    if gold_miners is not None:
        gold_weeks = _sample(excess, gold_miners.id, benchmark.id, years)
        details["gold_miners_downside_beta"] = beta_minus(
            gold_weeks.iloc[:, 0], gold_weeks.iloc[:, 1]
        )
    reached = verdict(*estimate, bounds)
    settled = _downgraded(reached, details["capture_down"], bounds.support, bounds.contradiction)
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(covered, method.inference),
        estimate=estimate.value,
        ci=(estimate.lo, estimate.hi),
        unit="ratio",
        n=len(weeks),
        n_eff=_n_eff(weeks),
        measure=f"{measure}, {round(covered)} y weekly",
        reason=RULE_REASONS[settled] if settled is reached else _DOWNGRADED,
        details=details,
        fired=reached is Verdict.CONTRADICTED,
    )


_DOWNGRADED = (
    "The downside beta alone would decide, but the share of the market's falling months that the "
    "miners captured points the other way."
)


def downside_betas(market: Market, method: Method) -> pd.DataFrame:
    """Downside betas of the sector funds and of each sub-group, for a forest plot.

    Columns: `label`, `estimate`, `lo`, `hi` (90 %), `n` (weeks), `years`, `primary` (True for the
    long sample). Sub-groups are equally weighted baskets of today's companies without their deal
    windows, so they carry survivorship. A row whose sample is shorter than `n_min` is left out.
    """
    universe = market.universe
    benchmark = _part(market, "benchmark")
    if benchmark is None:
        return pd.DataFrame(columns=["label", "estimate", "lo", "hi", "n", "years", "primary"])
    funds = [one for one in (_part(market, r) for r in ("diversified", "gold_miners")) if one]
    companies = universe.companies()
    excess = _weekly_excess(market, [one.id for one in (benchmark, *funds, *companies)])
    for company in companies:
        for window in company.deal_windows:
            excess.loc[_week_range(window.first, window.last), company.id] = np.nan
    series = {one.label: excess[one.id] for one in funds}
    for group in universe.sub_groups:
        members = [one.id for one in universe.companies(group.id)]
        series[group.label] = excess[members].mean(axis=1)
    table = pd.DataFrame(series).assign(benchmark=excess[benchmark.id])
    rows = []
    for label in series:
        for years in (method.sampling.primary_years, method.sampling.context_years):
            weeks = _sample(table, label, "benchmark", years)
            if len(weeks) < method.inference.n_min:
                continue
            estimate, _ = _estimate(weeks, market, method)
            rows.append(
                {
                    "label": label,
                    "estimate": estimate.value,
                    "lo": estimate.lo,
                    "hi": estimate.hi,
                    "n": len(weeks),
                    "years": len(weeks) / WEEKS_A_YEAR,
                    "primary": years == method.sampling.primary_years,
                }
            )
    return pd.DataFrame(rows, columns=["label", "estimate", "lo", "hi", "n", "years", "primary"])


def _part(market: Market, role: str) -> Instrument | None:
    return market.universe.role(role) if role in market.universe.roles else None


def _weekly_excess(market: Market, ids: Sequence[str]) -> pd.DataFrame:
    returns = weekly_returns(market.total_return(list(ids), fill_days=0))
    bill = _part(market, "bill")
    if bill is None or market.latest(bill.id) is None:
        return returns  # without a bill yield the plain return is the best there is
    yields = weekly(market.closes([bill.id]).frame[bill.id]).shift(1) / 100
    return returns.sub(yields.reindex(returns.index).ffill() / WEEKS_A_YEAR, axis=0)


def _sample(excess: pd.DataFrame, miners: str, benchmark: str, years: int) -> pd.DataFrame:
    recent = excess[[miners, benchmark]].iloc[-years * WEEKS_A_YEAR :]
    return recent.dropna()


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


def _estimate(weeks: pd.DataFrame, market: Market, method: Method) -> tuple[Estimate, float]:
    floor_at = method.inference.mean_block_weeks_min
    block = max(mean_block(column, floor_at=floor_at) for column in weeks.to_numpy().T)
    estimate = stationary_bootstrap(
        weeks.to_numpy(),
        beta_minus,
        mean_block=block,
        draws=method.inference.bootstrap_draws,
        confidence=method.inference.confidence,
        seed=int(f"{market.as_of:%Y%m%d}"),
    )
    return estimate, block


def _secondary(weeks: pd.DataFrame, levels: pd.DataFrame, method: Method) -> dict[str, float]:
    r, m = weeks.iloc[:, 0], weeks.iloc[:, 1]
    months = monthly_returns(levels[levels.index >= weeks.index[0]])
    captured = capture(months.iloc[:, 0], months.iloc[:, 1])
    haven = safe_haven(r, m, quantile=method.defensive.safe_haven_quantile)
    return {
        "beta": beta(r, m),
        "upside_beta": upside_beta(r, m),
        "capture_up": captured.up,
        "capture_down": captured.down,
        "beta_on_worst_weeks": haven.b_plus_c,
        "correlation": float(r.corr(m)),
    }


def _downgraded(reached: Verdict, capture_down: float, support: float, against: float) -> Verdict:
    # A capture ratio is a beta in per cent, so the bounds of one are the bounds of the other.
    opposes = (reached is Verdict.SUPPORTED and capture_down >= 100 * against) or (
        reached is Verdict.CONTRADICTED and capture_down <= 100 * support
    )
    return Verdict.MIXED if opposes else reached


def _week_range(first: object, last: object) -> slice:
    return slice(pd.Timestamp(first), pd.Timestamp(last) + pd.Timedelta(days=6))
