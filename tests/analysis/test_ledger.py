"""Findings side by side."""

from __future__ import annotations

from dataclasses import replace

from research.analysis.claims import Finding, Verdict
from research.analysis.ledger import changed, scorecard, tally
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


def test_only_claims_with_another_verdict_count_as_changed() -> None:
    before = _findings()
    now = [replace(before[0], verdict=Verdict.MIXED), *before[1:]]
    assert [(a.claim.id, a.verdict, b.verdict) for a, b in changed(now, before)] == [
        (before[0].claim.id, Verdict.MIXED, Verdict.SUPPORTED)
    ]
    assert changed(before, before) == []
