"""The tests that claims are put to: a registry by name, and the judge of a whole ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from research.analysis.arguments.association import association
from research.analysis.arguments.breadth import breadth
from research.analysis.arguments.defensive import downside_beta
from research.analysis.arguments.expensive import valuation
from research.analysis.arguments.formulas import FORMULAS
from research.analysis.arguments.gains import gains
from research.analysis.arguments.highs import record_price
from research.analysis.arguments.levels import recovery, robust_price
from research.analysis.arguments.opinion import buy_share
from research.analysis.arguments.ownership import active_weight, association_with_weight
from research.analysis.arguments.records import record_high
from research.analysis.arguments.relative import relative_value
from research.analysis.arguments.run_up_events import run_ups
from research.analysis.arguments.target import price_target
from research.analysis.arguments.unusual import unusual_gains
from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Statement,
    Verdict,
    not_tested,
    state,
    verdict,
)
from research.analysis.inference import holm
from research.errors import UsageError

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Claims, Method

Test = Callable[["Claim", "Market", "Method"], Finding]

TESTS: dict[str, Test] = {
    "active_weight": active_weight,
    "association": association,
    "association_with_weight": association_with_weight,
    "breadth": breadth,
    "buy_share": buy_share,
    "downside_beta": downside_beta,
    "gains": gains,
    "price_target": price_target,
    "record_high": record_high,
    "record_price": record_price,
    "recovery": recovery,
    "relative_value": relative_value,
    "robust_price": robust_price,
    "run_ups": run_ups,
    "unusual_gains": unusual_gains,
    "valuation": valuation,
}
"""Test by name; `params.ledger.TestName` lists the same names, for the check of the files."""


def judge(claims: Claims, market: Market, method: Method) -> tuple[Finding, ...]:
    """One finding for each claim, in the order of the ledger.

    A claim that mirrors another shares its one estimate and gets the opposite verdict, so that two
    opponents are never both supported. A claim without a test is NOT TESTED, with its reason.
    P-values are adjusted for each other (Holm), each test once. What was kept is given again.
    """
    for kept in _kept:
        if kept[0] is market and kept[1] == (claims, method):
            return kept[2]
    first = [_tested(one, market, method) for one in claims.claims if one.mirror_of is None]
    tested = {one.claim.id: one for one in _adjusted(first, method)}
    return tuple(
        tested[claim.id] if claim.mirror_of is None else _mirrored(claim, tested)
        for claim in claims.claims
    )


def keep(claims: Claims, market: Market, method: Method) -> None:
    """Judge once for all that are forked from this process, and judge this very market."""
    _kept.append((market, (claims, method), judge(claims, market, method)))


_kept: list[tuple[Market, tuple[Claims, Method], tuple[Finding, ...]]] = []


def _adjusted(findings: Sequence[Finding], method: Method) -> list[Finding]:
    p_values = {one.claim.id: one.p_value for one in findings if one.p_value is not None}
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    return [_with_holm(one, adjusted.get(one.claim.id), method) for one in findings]


def _with_holm(finding: Finding, p_holm: float | None, method: Method) -> Finding:
    if p_holm is None:
        return finding
    level = (1 - method.inference.confidence) / 2  # one side of the interval that decides
    decided = finding.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
    return replace(finding, p_holm=float(p_holm), weak=bool(decided and p_holm > level))


def _tested(claim: Claim, market: Market, method: Method) -> Finding:
    if claim.test is None:
        return not_tested(claim, claim.not_tested_because or "No test of this claim is defined.")
    found = _with_falsifier(TESTS[claim.test](claim, market, method))
    formula = found.formula or ("" if found.data is None else FORMULAS[claim.test])
    bounded = replace(found, bounds=found.bounds or claim.bounds, formula=formula)
    return replace(bounded, distance=bounded.distance or _distance(bounded))


def _distance(finding: Finding) -> Statement | None:
    """How far the estimate is from where the claim would be refuted."""
    if finding.estimate is None or finding.bounds is None:
        return None
    if finding.fired:
        return state("It has fired.")
    bound = finding.bounds.contradiction
    short = abs(finding.estimate - bound)
    beyond = (finding.estimate - bound) * (1 if finding.bounds.side == "low" else -1) >= 0
    if beyond:
        return state("The estimate has reached it; the interval has not yet left the other bound.")
    form = finding.fmt
    template = f"The estimate is {{short:{form}}} short of the {{bound:{form}}} that it names."
    return state(template, short=short, bound=bound)


def _mirrored(claim: Claim, tested: dict[str, Finding]) -> Finding:
    if claim.mirror_of not in tested:
        raise UsageError(
            f"claim {claim.id} mirrors {claim.mirror_of}, which is not in the ledger or is a "
            f"mirror itself; `mirror_of` must name one of {', '.join(tested)}."
        )
    original = tested[claim.mirror_of]
    opposite = replace(
        original,
        claim=claim,
        verdict=original.verdict.mirrored(),
        bounds=claim.bounds or original.bounds,
        best_for=original.best_against,
        best_against=original.best_for,
        fired=None,
        distance=None,
        stance=None if original.stance is None else -original.stance,
    )
    if claim.bounds and original.estimate is not None and original.ci:
        refuted = verdict(original.estimate, *original.ci, claim.bounds) is Verdict.CONTRADICTED
        opposite = replace(opposite, fired=refuted, reason=_mirrored_reason(original))
    opposite = _with_falsifier(opposite)
    return replace(opposite, distance=_distance(opposite))


def _mirrored_reason(original: Finding) -> str:
    if original.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED):
        return RULE_REASONS[original.verdict.mirrored()]
    return original.reason


def _with_falsifier(finding: Finding) -> Finding:
    if finding.fired is not None or finding.verdict is Verdict.NOT_TESTED:
        return finding
    return replace(finding, fired=finding.verdict is Verdict.CONTRADICTED)
