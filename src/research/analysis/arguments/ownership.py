"""Who owns the miners: how funds' weights stand against their benchmark, and what came after."""

from __future__ import annotations

from math import isnan, sqrt
from typing import TYPE_CHECKING

import pandas as pd
from scipy import special

from research.analysis.arguments.ownership_words import USUAL, both_sides, evidence, question
from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Verdict,
    bounds_of,
    grade,
    not_tested,
    state,
    verdict,
)
from research.analysis.holdings import (
    active_weights,
    days_allowed,
    held_on,
    history_of,
    mean_over_funds,
    spells_after,
)
from research.analysis.valuation import z_score
from research.calendar import written

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Bounds, Claim, Method

DAYS_A_YEAR = 365.25


def active_weight(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that funds hold a group of shares below its weight in their benchmark.

    The estimate is the mean over funds of weight − benchmark weight (fractions) in the latest
    holdings known, with a 90 % t interval over funds, against the claim's bounds. SUPPORTED also
    needs it at or below `support_z` standard deviations of the same funds' ten years; without, it
    is MIXED. The group is the first of `about`, else `positioning.group`. A fund whose holdings
    are older than the gate allows is left out. NOT TESTED below `funds_min` funds or
    `history_quarters_min` quarters: surveys and the press are no holdings and never stand in.
    Funds resemble each other, so the interval describes these funds. p-value: t over funds. `data`
    has all holdings of these funds that the history rests on; the newest of each are the estimate.
    """
    bounds, rules = bounds_of(claim), method.positioning
    group = claim.about[0] if claim.about else rules.group
    measure = "Mean active weight of these shares in funds"
    asked = question(bounds, rules.support_z, rules.history_years)
    table = active_weights(market.frame("ownership"), group)
    held = held_on(table, market.as_of, method)
    unfit = _unfit(table, held, market, method)
    if unfit:
        return not_tested(claim, unfit, measure=measure, test=asked)
    history = history_of(table[held.index], method)
    if len(history) < rules.history_quarters_min:
        reason = (
            f"Holdings of {len(history)} quarters are known; at least "
            f"{rules.history_quarters_min} are needed to tell what is unusual."
        )
        return not_tested(claim, reason, measure=measure, test=asked)
    mean = mean_over_funds(held, confidence=method.inference.confidence)
    reached = verdict(*mean, bounds)
    z = z_score(history, mean.value)
    low = bounds.side == "low"
    unusual = z <= rules.support_z if low else z >= -rules.support_z
    usual = reached is Verdict.SUPPORTED and not unusual
    settled = Verdict.MIXED if usual else reached
    details = {
        "z": z,
        "mean_of_history": float(history.mean()),
        "history_quarters": float(len(history)),
        "underweight_share": float((held < 0).mean()),
        "least_underweight": float(held.max()),
        "most_underweight": float(held.min()),
        "age_days": float((pd.Timestamp(market.as_of) - table.index[-1]).days),
    }
    under, over = evidence(held, mean.value, details)
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(_years(history), method.inference),
        estimate=mean.value,
        ci=(mean.lo, mean.hi),
        unit="fraction",
        fmt="pp1",
        n=len(held),
        n_eff=float(len(held)),
        measure=measure,
        test=asked,
        reason=USUAL if usual else RULE_REASONS[settled],
        best_for=under if low else over,
        best_against=over if low else under,
        details={name: value for name, value in details.items() if not isnan(value)},
        p_value=_p_value(held, settled, bounds),
        data=_rows(market, group, held, since=history.index[0]),
    )


def association_with_weight(claim: Claim, market: Market, method: Method) -> Finding:
    """A causal forecast that rests on low ownership: NOT TESTED, with the association that exists.

    `best_for` and `best_against` tell how the mean active weight of `positioning.group` went with
    the relative return of the companies in `about` over the weeks after it was known, if there are
    `n_min_events` such spells without overlap. No verdict can come of it: association is no cause.
    `data` are the spells, or where they are too few the holdings.
    """
    weeks = method.outlook.horizon_weeks
    asked = state(
        "Did relative returns over the {weeks:num0} weeks after holdings were known go with the "
        "active weight in them? Association only: it cannot carry a verdict.",
        weeks=weeks,
    )
    reason = "A causal forecast without an identification strategy"
    group = method.positioning.group
    table = active_weights(market.frame("ownership"), group)
    held = held_on(table, market.as_of, method)
    if _unfit(table, held, market, method):
        reason += "; its premise, low ownership, is not known either: no fresh holdings."
        return not_tested(claim, reason, test=asked)
    found = {"active_weight": float(held.mean())}
    less = "less" if held.mean() < 0 else "no less"
    reason += (
        f"; of its premise, low ownership, the data say: funds hold {less} than the benchmark."
    )
    companies = {one.id for one in market.universe.companies()}
    ids = [one for one in claim.about if one in companies]
    if not ids or "benchmark" not in market.universe.roles:
        premise = _rows(market, group, held, since=table.index[-1])
        return not_tested(claim, reason, test=asked, details=found, data=premise)
    spells = spells_after(market, method, group, ids)
    r = float(spells["active_weight"].corr(spells["relative_return"]))
    if len(spells) < method.inference.n_min_events or isnan(r):
        premise = _rows(market, group, held, since=table.index[-1])
        return not_tested(claim, reason, test=asked, details=found, data=premise)
    found |= {"correlation": r, "spells": float(len(spells))}
    told = both_sides(r, len(spells), method)
    return not_tested(
        claim,
        reason,
        test=asked,
        details=found,
        best_for=told[0],
        best_against=told[1],
        data=spells.set_axis(["active_weight_fraction", f"relative_return_{weeks}_weeks"], axis=1),
    )


def _rows(market: Market, group: str, held: pd.Series, *, since: pd.Timestamp) -> pd.DataFrame:
    rows = market.frame("ownership")
    first = since - pd.Timedelta(days=days_allowed(market.method))
    shown = (rows["group"] == group) & rows["fund"].isin(held.index) & (rows["date"] >= first)
    rows = rows[shown].sort_values(["date", "fund", "available_at"])
    rows = rows.drop_duplicates(["date", "fund"], keep="last").set_index("date")
    weights = rows["weight"], rows["benchmark_weight"]
    return pd.DataFrame(
        {
            "fund": rows["fund"],
            "weight_fraction": weights[0],
            "benchmark_weight_fraction": weights[1],
            "active_weight_fraction": weights[0] - weights[1],
        }
    ).dropna()


def _unfit(table: pd.DataFrame, held: pd.Series, market: Market, method: Method) -> str:
    needed = method.positioning.funds_min
    if table.empty:
        return (
            "The sources hold no funds’ holdings. Ownership data are not free, and proxies from "
            "surveys or the press may not support a claim."
        )
    if len(held) < needed:
        return (
            f"Funds with holdings of the last {days_allowed(method)} days before "
            f"{written(market.as_of)}: "
            f"{len(held)}; at least {needed} are needed. The newest are of "
            f"{written(table.index[-1].date())}."
        )
    return ""


def _years(history: pd.Series) -> float:
    return float((history.index[-1] - history.index[0]).days / DAYS_A_YEAR)


def _p_value(held: pd.Series, settled: Verdict, bounds: Bounds) -> float:
    """p of the bound that the verdict rejects; when MIXED, of the one farther away."""
    mean, error = float(held.mean()), float(held.std(ddof=1)) / sqrt(len(held))
    bound = {
        Verdict.SUPPORTED: bounds.contradiction,
        Verdict.CONTRADICTED: bounds.support,
    }.get(settled, max(bounds.contradiction, bounds.support, key=lambda one: abs(mean - one)))
    if not error:
        return 1.0 if mean == bound else 0.0
    return float(special.stdtr(len(held) - 1, -abs(mean - bound) / error))
