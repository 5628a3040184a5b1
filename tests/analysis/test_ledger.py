"""Findings side by side."""

from __future__ import annotations

import pytest

from research.analysis.claims import Finding, Verdict
from research.analysis.ledger import Tally, scorecard, tally, turning_point
from research.params import load


def _findings() -> list[Finding]:
    claims = load("mining-rally").claims
    verdicts = [Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.MIXED]
    return [
        Finding(
            claim=claim,
            verdict=verdicts[n] if n < 3 else Verdict.NOT_TESTED,
            estimate=1.0 if n < 3 else None,
            ci=(0.5, 1.5) if n < 3 else None,
        )
        for n, claim in enumerate(claims.claims)
    ]


def test_a_tally_counts_every_finding_once() -> None:
    findings = _findings()
    counts = tally(findings)
    assert (counts.supported, counts.contradicted, counts.mixed) == (1, 1, 1)
    assert counts.tested == 3
    assert counts.tested + counts.not_tested == len(findings)


def test_the_scorecard_has_every_claim_once_and_its_interval_brackets_the_estimate() -> None:
    findings = _findings()
    table = scorecard(findings)
    assert list(table.index) == [one.claim.id for one in findings]
    known = table.dropna(subset=["estimate"])
    assert len(known) == 3
    assert (known["lo"] <= known["estimate"]).all()
    assert (known["estimate"] <= known["hi"]).all()


@pytest.mark.parametrize(
    ("supported", "mixed", "contradicted", "told"),
    [
        (1, 0, 0, "it is supported"),
        (0, 2, 0, "both are mixed"),
        (0, 0, 4, "all are contradicted"),
        (1, 0, 1, ""),
        (0, 0, 0, ""),
    ],
)
def test_one_verdict_for_all_is_told_in_one_word(
    supported: int, mixed: int, contradicted: int, told: str
) -> None:
    counts = Tally(supported=supported, mixed=mixed, contradicted=contradicted, not_tested=3)
    assert counts.unanimous == told


@pytest.mark.parametrize(
    ("claim", "verdict", "point"),
    [
        ("M1", Verdict.SUPPORTED, (1.0, 0.8, True)),
        ("M1", Verdict.MIXED, (1.0, 0.8, True)),
        ("M1", Verdict.NOT_TESTED, (1.0, 0.8, True)),
        ("M1", Verdict.CONTRADICTED, (0.8, 1.0, False)),
        ("J2", Verdict.SUPPORTED, (0.4, 0.7, False)),
        ("J2", Verdict.CONTRADICTED, (0.7, 0.4, True)),
    ],
)
def test_a_verdict_turns_at_the_bound_of_the_other_side(
    claim: str, verdict: Verdict, point: tuple[float, float, bool]
) -> None:
    ledger = load("mining-rally").claims
    assert turning_point(Finding(claim=ledger[claim], verdict=verdict)) == point
