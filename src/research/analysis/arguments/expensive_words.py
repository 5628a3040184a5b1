"""What the valuation test says: its question, the evidence on both sides, the distance left."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from research.analysis.arguments.phrases import below, capital, place, priced
from research.analysis.claims import Statement, state
from research.analysis.expensiveness import FAMILIES, MONTHS_A_YEAR, Standing

if TYPE_CHECKING:
    from research.params.models import Bounds, Method

WORDS = {family.id: family.words for family in FAMILIES}


def question(bounds: Bounds, needed: int, method: Method) -> Statement:
    """What is asked of the families, and what decides."""
    return state(
        "{need:Word} of {of:word} measures ("
        + ", ".join(WORDS.values())
        + ") must stand at or above the {support:pctl} percentile of their own {years:word} years "
        "of month-ends, and {z:num1} robust standard deviations above the median; as many at or "
        "below the {against:pctl} refute it.",
        need=needed,
        of=len(FAMILIES),
        support=bounds.support,
        years=method.valuation.history_years,
        z=method.valuation.expensive_robust_z,
        against=bounds.contradiction,
    )


def best_for(
    known: Mapping[str, Standing], ratio: float, bounds: Bounds, method: Method
) -> Statement | None:
    """The strongest evidence that the shares are expensive."""
    if not known:
        return None
    top = max(known, key=lambda one: known[one].percentile)
    at = known[top]
    if at.percentile > bounds.contradiction:
        return _high(WORDS[top], at)
    if ratio > method.valuation.implied_price_high:
        return priced(ratio, method)
    return state(
        f"No measure that is known is above the {{bound:pctl}} percentile of its own past: the "
        f"highest, {WORDS[top]}, is {place(at.percentile)}.",
        bound=bounds.contradiction,
        p=at.percentile,
    )


def best_against(
    known: Mapping[str, Standing], ratio: float, bounds: Bounds, method: Method
) -> Statement | None:
    """The strongest evidence that they are not."""
    if not known:
        return None
    if ratio < method.valuation.implied_price_low:
        return priced(ratio, method)
    low = min(known, key=lambda one: known[one].percentile)
    at = known[low]
    if at.percentile < bounds.support:
        return state(
            f"{capital(WORDS[low])} is {below(at.percentile, bounds.support)} of its own "
            "{years:word} years, which is too little to count as expensive here.",
            p=at.percentile,
            bound=bounds.support,
            years=round(at.n / MONTHS_A_YEAR),
        )
    near = min(known, key=lambda one: (isnan(known[one].robust_z), known[one].robust_z))
    needed = method.valuation.expensive_robust_z
    if known[near].robust_z < needed:
        return state(
            f"{capital(WORDS[near])} is only {{z:num2}} robust standard deviations above its "
            "median, short of the {needed:num1} that count as expensive.",
            z=known[near].robust_z,
            needed=needed,
        )
    slow = min(known.values(), key=lambda one: one.n_eff)
    return state(
        "No measure that is known speaks against it, but {n:num0} month-ends of the slowest are "
        "worth only about {n_eff:num1} independent readings.",
        n=slow.n,
        n_eff=slow.n_eff,
    )


def _high(words: str, at: Standing) -> Statement:
    template = f"{capital(words)} is {place(at.percentile)} of its own {{years:word}} "
    values: dict[str, Any] = {"p": at.percentile, "years": round(at.n / MONTHS_A_YEAR)}
    if isnan(at.robust_z):
        return state(template + "years, a history that hardly ever moved.", **values)
    side = "above" if at.robust_z >= 0 else "below"
    return state(
        template + f"years, {{z:num1}} robust standard deviations {side} its median.",
        z=abs(at.robust_z),
        **values,
    )


def distance(cheap: int, needed: int, known: int, bounds: Bounds) -> Statement:
    """How far the families are from refuting the claim."""
    where = "stand at or below the {bound:pctl} percentile"
    values: dict[str, Any] = {"of": known, "bound": bounds.contradiction}
    if cheap >= needed:
        return state(f"It has fired: {{k:word}} of {{of:word}} {where}.", k=cheap, **values)
    now = {0: "none does now", 1: "one does now"}.get(cheap, "{k:word} do now")
    return state(
        f"It fires when {{need:word}} of {{of:word}} {where}; {now}.",
        need=needed,
        **values,
        **({"k": cheap} if cheap > 1 else {}),
    )
