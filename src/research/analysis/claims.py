"""Verdicts on claims: the three-sided rule, the grade of evidence, the record of a finding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, isnan
from typing import TYPE_CHECKING, Any

from research.calendar import written
from research.errors import UsageError
from research.params.models import Bounds, Claim, Inference

if TYPE_CHECKING:
    import pandas as pd


class Verdict(StrEnum):
    """What the data say to a claim."""

    SUPPORTED = "SUPPORTED"
    MIXED = "MIXED"
    CONTRADICTED = "CONTRADICTED"
    NOT_TESTED = "NOT TESTED"

    def mirrored(self) -> Verdict:
        """The verdict on the opposite claim."""
        if self is Verdict.SUPPORTED:
            return Verdict.CONTRADICTED
        return Verdict.SUPPORTED if self is Verdict.CONTRADICTED else self


@dataclass(frozen=True)
class Statement:
    """A sentence whose numbers are still numbers: a template of the exhibits' `say`, its values.

    So a test may choose the words while the exhibits format and record what is in them:
    `Statement("Iron ore costs {level:num0} USD/t.", {"level": 105.2})`.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


def state(template: str, **values: Any) -> Statement:
    """A statement, written as `say` is: `state("β⁻ is {beta:num2}.", beta=b)`."""
    return Statement(template, values)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One claim and what its test found.

    `estimate`, `ci` (90 %) and `bounds` are in `unit`, and are shown in the house format `fmt`;
    `measure` says in a few words what they are. `test` tells in one sentence what was asked of
    which data; `reason` why the verdict is what it is. `best_for` and `best_against` are the
    strongest evidence on either side, in sentences of like length; `distance` says how far the
    falsifier is from firing, and `fired` whether it has, None when nothing was tested.
    `p_value` is that of the hypothesis which the verdict rejects (of the nearer one when MIXED),
    None where the claim is a reading and no inference; `p_holm` is adjusted for the edition's
    other primary tests, and `weak` marks a verdict that does not survive that. `stance` is the
    vote of a claim whose verdict is not its vote, such as a price target that is still open.
    `data` are the rows the estimate is computed from, one for each observation, so that a reader
    can compute it again by `formula`: a named index, columns named with their unit. Both are
    empty where nothing is known.
    """

    claim: Claim
    verdict: Verdict
    grade: str = ""
    estimate: float | None = None
    ci: tuple[float, float] | None = None
    bounds: Bounds | None = None
    unit: str = ""
    fmt: str = "num2"
    n: int | None = None
    n_eff: float | None = None
    measure: str = ""
    test: Statement | None = None
    reason: str = ""
    best_for: Statement | None = None
    best_against: Statement | None = None
    distance: Statement | None = None
    details: Mapping[str, float] = field(default_factory=dict)
    fired: bool | None = None
    p_value: float | None = None
    p_holm: float | None = None
    weak: bool = False
    stance: int | None = None
    formula: str = ""
    data: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def shown_unit(self) -> str:
        """The unit to print after the estimate; a percentage, percentile or ratio needs none."""
        return "" if self.unit in ("fraction", "percentile", "ratio") else self.unit

    @property
    def vote(self) -> int | None:
        """+1, 0 or −1 for the claim, before its own direction; None when nothing was tested."""
        return _VOTES.get(self.verdict) if self.stance is None else self.stance


_VOTES = {Verdict.SUPPORTED: 1, Verdict.MIXED: 0, Verdict.CONTRADICTED: -1}


def verdict_low(
    estimate: float, lo: float, hi: float, support: float, contradiction: float
) -> Verdict:
    """Verdict on "the quantity is low", with support bound < contradiction bound.

    SUPPORTED when the estimate is at or below `support` and the interval stays below
    `contradiction`; CONTRADICTED when it is at or above `contradiction` and the interval stays
    above `support`; else MIXED. NOT TESTED when any number is missing.
    """
    if any(isnan(one) for one in (estimate, lo, hi)):
        return Verdict.NOT_TESTED
    if estimate <= support and hi < contradiction:
        return Verdict.SUPPORTED
    if estimate >= contradiction and lo > support:
        return Verdict.CONTRADICTED
    return Verdict.MIXED


def verdict_high(
    estimate: float, lo: float, hi: float, support: float, contradiction: float
) -> Verdict:
    """Verdict on "the quantity is high", with support bound > contradiction bound: the mirror."""
    return verdict_low(-estimate, -hi, -lo, -support, -contradiction)


def verdict(estimate: float, lo: float, hi: float, bounds: Bounds) -> Verdict:
    """The rule of the side that `bounds` names."""
    rule = verdict_low if bounds.side == "low" else verdict_high
    return rule(estimate, lo, hi, bounds.support, bounds.contradiction)


RULE_REASONS = {
    Verdict.SUPPORTED: "The estimate is on the supporting side of its bound, and its interval "
    "stays clear of the contradicting one.",
    Verdict.CONTRADICTED: "The estimate is on the contradicting side of its bound, and its "
    "interval stays clear of the supporting one.",
    Verdict.MIXED: "The estimate lies between the bounds, or its interval reaches across to the "
    "other one.",
    Verdict.NOT_TESTED: "The estimate or its interval cannot be computed from the data.",
}


def grade(years: float, inference: Inference, *, proxy: bool = False, press: bool = False) -> str:
    """Grade of the evidence: A direct and long, B a proxy or shorter, C from the press or short."""
    if press or years < inference.grade_b_years:
        return "C"
    return "B" if proxy or years < inference.grade_a_years else "A"


def not_tested(claim: Claim, reason: str, *, measure: str = "", **known: Any) -> Finding:
    """The finding of a claim that could not be tested, and why; `known` are further fields."""
    return Finding(claim=claim, verdict=Verdict.NOT_TESTED, measure=measure, reason=reason, **known)


def not_yet_said(claim: Claim, as_of: dt.date, *, measure: str = "") -> Finding | None:
    """NOT TESTED in an edition before the day a fact was told, which is a fact of that day."""
    if as_of >= claim.said_on:
        return None
    reason = f"It was said later, on {written(claim.said_on)}; this edition is of {written(as_of)}."
    return not_tested(claim, reason, measure=measure)


def least(share: float, wanted: int) -> int:
    """How many of `wanted` names make up `share` of them: a whole number, never nil."""
    return max(ceil(round(share * wanted, 9)), 1)  # 0.7 of ten is seven, whatever a float says


def too_few(found: int, wanted: int, needed: int, what: str) -> str:
    """Why names without prices leave no test: `Only 2 of 6 metals have a price …`."""
    count = f"Only {found} of {wanted} {what} {'has' if found == 1 else 'have'}"
    if not found:
        count = f"None of the {wanted} {what} has"
    verb = "is" if needed == 1 else "are"
    return f"{count} a price six months ago and now; at least {needed} {verb} needed."


def bounds_of(claim: Claim) -> Bounds:
    """The claim's bounds, which its test cannot do without."""
    if claim.bounds is None:
        raise UsageError(
            f"claim {claim.id} is tested by {claim.test!r}, which needs `bounds` (side, support, "
            "contradiction) in the claims file; it has none."
        )
    return claim.bounds
