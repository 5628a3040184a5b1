"""What the tests of ownership say: the question, and the evidence on both sides."""

from __future__ import annotations

from math import atanh, isnan, sqrt, tanh
from typing import TYPE_CHECKING

import pandas as pd
from scipy import special

from research.analysis.claims import Statement, state

if TYPE_CHECKING:
    from research.params.models import Bounds, Method


def question(bounds: Bounds, support_z: float, years: int) -> Statement:
    """What is asked of the holdings, and what decides."""
    return state(
        "In the latest published holdings, is the weight of these shares in funds {support:pp1} "
        "or more {side} that in their benchmark, and {z:num1} standard deviations {side} its mean "
        "of {years:num0} years?",
        support=abs(bounds.support),
        side="below" if bounds.side == "low" else "above",
        z=abs(support_z),
        years=years,
    )


def evidence(
    held: pd.Series, mean: float, details: dict[str, float]
) -> tuple[Statement, Statement]:
    """The best sign that funds hold less than the benchmark, and the best that they do not."""
    funds, z = len(held), details["z"]
    side = "less" if mean < 0 else "more"
    of_them = held < 0 if mean < 0 else held >= 0
    main = state(
        "{count:Word} of {funds:word} funds are {there}; on average they hold {size:pp1} {side} "
        "than the benchmark.",
        count=int(of_them.sum()), funds=funds, size=abs(mean), side=side,
        there="underweight" if mean < 0 else "at or above the benchmark",
    )  # fmt: skip
    others = int((~of_them).sum())
    if others:
        far = held.max() if mean < 0 else held.min()
        but = state(
            "{count:Word} of {funds:word} funds {is_} {there}, the farthest by {far:pp1}.",
            count=others, funds=funds, is_="is" if others == 1 else "are", far=abs(float(far)),
            there="at or above the benchmark" if mean < 0 else "underweight",
        )  # fmt: skip
    elif mean < 0 and not isnan(z) and z > -1:
        but = state(
            "That is nothing new: the mean of their history is {past:pp1}, and they stand "
            "{z:num1} standard deviations {side} it.",
            past=details["mean_of_history"], z=abs(z), side="above" if z > 0 else "below",
        )  # fmt: skip
    elif mean < 0:
        but = state(
            "The fund closest to its benchmark is only {least:pp1} short of it, and holdings are "
            "{age:num0} days old.",
            least=abs(float(held.max())), age=details["age_days"],
        )  # fmt: skip
    else:
        but = state("None of the {funds:num0} funds holds less than its benchmark.", funds=funds)
    return (main, but) if mean < 0 else (but, main)


def both_sides(r: float, n: int, method: Method) -> tuple[Statement, Statement]:
    """For and against "a low weight is followed by better returns", from a correlation of `n`."""
    reach = float(special.ndtri((1 + method.inference.confidence) / 2)) / sqrt(n - 3)
    lo, hi = (tanh(atanh(max(-1 + 1e-12, min(1 - 1e-12, r))) + one) for one in (-reach, reach))
    found = state(
        "Over {n:num0} separate spells lower weights went with {better} returns afterwards "
        "(correlation {r:snum2}); association only.",
        n=n, better="better" if r < 0 else "worse", r=r,
    )  # fmt: skip
    within = state(
        "The interval of that correlation reaches from {lo:snum2} to {hi:snum2}, {so}.",
        lo=lo, hi=hi,
        so="so chance alone would do" if lo < 0 < hi else "but weights drift too slowly",
    )  # fmt: skip
    return (found, within) if r < 0 else (within, found)


USUAL = (
    "The estimate passes its bounds, but it is not unusual for these funds: it lies within the "
    "usual range of their own history."
)
