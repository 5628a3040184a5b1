"""Stretched or not: where the valuation of a group of miners stands in its own history."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from research.analysis.arguments.expensive_words import (
    WORDS,
    best_against,
    best_for,
    distance,
    question,
)
from research.analysis.claims import Finding, Verdict, bounds_of, grade, not_tested
from research.analysis.expensiveness import (
    FAMILIES,
    MONTHS_A_YEAR,
    Standing,
    families,
    standing,
    standing_p,
)
from research.analysis.implied import implied_prices, median_ratio
from research.analysis.multiples import month_ends, worth_at
from research.errors import UsageError

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Bounds, Claim, Method

LEAST_FAMILIES = 2  # one measure alone is an opinion of that measure


def valuation(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that the companies of the sub-groups in `about` are expensive, by three families.

    Each family (multiple, net asset value, shares against metal; see `expensiveness.families`) is
    expensive when its percentile in ten years of month-ends is at least the claim's support bound
    and its robust z at least `expensive_robust_z`, and cheap at or below the contradiction bound.
    SUPPORTED when `share_of_families` of them are expensive, CONTRADICTED when as many are cheap,
    else MIXED; NOT TESTED when fewer than two are known. The verdict is by families: the estimate,
    the middle percentile, and its interval from the few independent values only show. Where the
    producers' implied metal price (`implied`) speaks against the verdict, it becomes MIXED.
    `data` has the month-ends of the families that are known and, dated `as_of`, each producer's
    implied price over spot. Source: DOMAIN §B.1, C2 and K1.
    """
    bounds, rules = _high_bounds(claim), method.valuation
    groups = [one for one in market.universe.sub_groups if one.id in claim.about]
    ids = [one.id for group in groups for one in market.universe.companies(group.id)]
    measure = f"Middle percentile of valuation, {'; '.join(one.label for one in groups)}"
    if not ids:
        return not_tested(claim, "The ledger names no sub-group of companies for this claim.")
    worth = worth_at(market, method, month_ends(market, method), ids)
    found = families(market, method, [one.id for one in groups], worth)
    if found.adjusted:
        measure += " (total return where the source gives no plain closes)"
    every = {
        one: standing(history, confidence=method.inference.confidence)
        for one, history in found.histories.items()
    }
    known = {
        one: at for one, at in every.items() if at is not None and at.n >= rules.history_months_min
    }
    implied = implied_prices(market, method, ids=ids, ev_usd=worth.ev.iloc[-1])
    ratio = median_ratio(implied, method, len(ids))
    evidence: dict[str, Any] = {
        "best_for": best_for(known, ratio, bounds, method),
        "best_against": best_against(known, ratio, bounds, method),
        "test": question(bounds, _needed(len(FAMILIES), method), method),
        "details": _details(known, ratio),
        "unit": "percentile",
        "fmt": "pctl",
        "data": _rows(
            known, found.histories, "; ".join(one.label for one in groups), implied, ratio
        ),
    }
    if len(known) < LEAST_FAMILIES:
        return not_tested(claim, _too_few(every, known, method), measure=measure, **evidence)
    dear = [
        one
        for one, at in known.items()
        if at.percentile >= bounds.support and at.robust_z >= rules.expensive_robust_z
    ]
    cheap = [one for one, at in known.items() if at.percentile <= bounds.contradiction]
    needed, reached = _needed(len(known), method), Verdict.MIXED
    if len(dear) >= needed or len(cheap) >= needed:
        reached = Verdict.SUPPORTED if len(dear) >= needed else Verdict.CONTRADICTED
    settled = _downgraded(reached, ratio, method)
    estimate = float(np.median([at.percentile for at in known.values()]))
    middle = min(known.values(), key=lambda at: (abs(at.percentile - estimate), at.n_eff))
    years = min(at.n for at in known.values()) / MONTHS_A_YEAR
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(years, method.inference, proxy=found.adjusted),
        estimate=estimate,
        ci=(middle.lo, middle.hi),
        n=middle.n,
        n_eff=middle.n_eff,
        measure=f"{measure}, {years:.0f} y monthly",
        reason=_reason(reached, settled, known, bounds),
        distance=distance(len(cheap), needed, len(known), bounds),
        fired=reached is Verdict.CONTRADICTED,
        p_value=standing_p(estimate, middle.n_eff, bounds),
        **evidence,
    )


def _rows(
    known: Mapping[str, Standing],
    histories: Mapping[str, pd.Series],
    group: str,
    implied: pd.DataFrame,
    ratio: float,
) -> pd.DataFrame | None:
    """`measure`, `subject`, `value` and its `unit`, by date; None without a measure or a ratio."""
    found = [
        _measured(family.words, group, histories[family.id].dropna(), _UNITS[family.id])
        for family in FAMILIES
        if family.id in known
    ]
    if not isnan(ratio):
        ratios = implied["ratio"].astype(float).dropna()
        today = pd.DatetimeIndex([histories[FAMILIES[0].id].index[-1]] * len(ratios))
        values = ratios.set_axis(today)
        found.append(_measured("implied metal price over spot", ratios.index, values, "ratio"))
    return pd.concat(found) if found else None


def _measured(measure: str, subject: Any, values: pd.Series, unit: str) -> pd.DataFrame:
    columns = {"measure": measure, "subject": subject, "value": values.to_numpy(), "unit": unit}
    return pd.DataFrame(columns, index=values.index).rename_axis("date")


_UNITS = {"multiple": "multiple", "nav": "multiple", "metal": "log of a ratio"}


def _high_bounds(claim: Claim) -> Bounds:
    bounds = bounds_of(claim)
    if bounds.side == "low":
        raise UsageError(
            f"claim {claim.id} is tested by 'valuation', which asks whether shares are expensive; "
            "found `side: low` in its bounds, expected `side: high`. Claim the opposite instead, "
            "or mirror it."
        )
    return bounds


def _needed(known: int, method: Method) -> int:
    """How many of the `known` families decide: two of three, both of two."""
    share = method.valuation.share_of_families
    # Two of three is 0.6667 in the method's file, which is a little more than two thirds.
    return next(count for count in range(1, known + 1) if round(count / known, 4) >= share)


def _downgraded(reached: Verdict, ratio: float, method: Method) -> Verdict:
    rules = method.valuation
    opposes = (reached is Verdict.SUPPORTED and ratio < rules.implied_price_low) or (
        reached is Verdict.CONTRADICTED and ratio > rules.implied_price_high
    )
    return Verdict.MIXED if opposes else reached


def _reason(
    reached: Verdict, settled: Verdict, known: Mapping[str, Standing], bounds: Bounds
) -> str:
    if settled is not reached:
        return (
            "The measures alone would decide, but the metal price that the producers’ values "
            "imply points the other way."
        )
    if settled is Verdict.SUPPORTED:
        return "Enough of the measures are high in their own history, and far above its middle."
    if settled is Verdict.CONTRADICTED:
        return "Enough of the measures are no higher than is usual in their own history."
    if sum(at.percentile >= bounds.support for at in known.values()) >= LEAST_FAMILIES:
        return "High in rank, but too few of the measures are also far above their middle."
    return "Too few of the measures are high enough in their own history, and too few are ordinary."


def _too_few(
    every: Mapping[str, Standing | None], known: Mapping[str, Standing], method: Method
) -> str:
    missing = [
        f"{WORDS[one]} is not known now" if at is None else f"{WORDS[one]} for {at.n} months only"
        for one, at in every.items()
        if one not in known
    ]
    needed = method.valuation.history_months_min
    count = "Only one of the three measures is" if known else "None of the three measures is"
    return (
        f"{count} known with {needed} months of history, and two are needed: {', '.join(missing)}."
    )


def _details(known: Mapping[str, Standing], ratio: float) -> dict[str, float]:
    details: dict[str, float] = {"measures": float(len(known))}
    for one, at in known.items():
        details |= {
            f"{one}_value": at.value,
            f"{one}_percentile": at.percentile,
            f"{one}_robust_z": at.robust_z,
            f"{one}_n_eff": at.n_eff,
        }
    return details | ({} if isnan(ratio) else {"implied_over_spot": ratio})
