"""The tests that claims are put to: a registry by name, and the judge of a whole ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from research.analysis.arguments.breadth import breadth
from research.analysis.arguments.defensive import downside_beta
from research.analysis.arguments.gains import gains
from research.analysis.claims import RULE_REASONS, Finding, Verdict, not_tested, verdict
from research.errors import UsageError

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Claims, Method

Test = Callable[["Claim", "Market", "Method"], Finding]

TESTS: dict[str, Test] = {
    "breadth": breadth,
    "downside_beta": downside_beta,
    "gains": gains,
}
"""Test by name; `params.ledger.TestName` lists the same names, for the check of the files."""


def judge(claims: Claims, market: Market, method: Method) -> tuple[Finding, ...]:
    """One finding for each claim, in the order of the ledger.

    A claim that mirrors another shares its one estimate and gets the opposite verdict, so that two
    opponents are never both supported. A claim without a test is NOT TESTED, with its reason.
    """
    tested = {
        claim.id: _tested(claim, market, method)
        for claim in claims.claims
        if claim.mirror_of is None
    }
    return tuple(
        tested[claim.id] if claim.mirror_of is None else _mirrored(claim, tested)
        for claim in claims.claims
    )


def _tested(claim: Claim, market: Market, method: Method) -> Finding:
    if claim.test is None:
        return not_tested(claim, claim.not_tested_because or "No test of this claim is defined.")
    return _with_falsifier(TESTS[claim.test](claim, market, method))


def _mirrored(claim: Claim, tested: dict[str, Finding]) -> Finding:
    if claim.mirror_of not in tested:
        raise UsageError(
            f"claim {claim.id} mirrors {claim.mirror_of}, which is not in the ledger or is a "
            f"mirror itself; `mirror_of` must name one of {', '.join(tested)}."
        )
    original = tested[claim.mirror_of]
    opposite = replace(original, claim=claim, verdict=original.verdict.mirrored(), fired=None)
    if claim.bounds and original.estimate is not None and original.ci:
        refuted = verdict(original.estimate, *original.ci, claim.bounds) is Verdict.CONTRADICTED
        return replace(opposite, fired=refuted, reason=_mirrored_reason(original))
    return _with_falsifier(opposite)


def _mirrored_reason(original: Finding) -> str:
    if original.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED):
        return RULE_REASONS[original.verdict.mirrored()]
    return original.reason


def _with_falsifier(finding: Finding) -> Finding:
    if finding.fired is not None or finding.verdict is Verdict.NOT_TESTED:
        return finding
    return replace(finding, fired=finding.verdict is Verdict.CONTRADICTED)
