"""The findings of an edition side by side: how many hold, which moved, which wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from research.analysis.claims import Finding, Statement, Verdict, bounds_of


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many findings have which verdict; `tested` is all but NOT TESTED."""

    supported: int
    mixed: int
    contradicted: int
    not_tested: int

    @property
    def tested(self) -> int:
        return self.supported + self.mixed + self.contradicted

    @property
    def given(self) -> dict[str, int]:
        """The verdicts that were reached at least once, with their counts."""
        counts = {
            "supported": self.supported,
            "mixed": self.mixed,
            "contradicted": self.contradicted,
        }
        return {verdict: count for verdict, count in counts.items() if count}

    @property
    def unanimous(self) -> str:
        """In words, when all that were tested have one verdict: `both are mixed`; else nothing."""
        if len(self.given) != 1:
            return ""
        who = {1: "it is", 2: "both are"}.get(self.tested, "all are")
        return f"{who} {next(iter(self.given))}"


def tally(findings: Sequence[Finding]) -> Tally:
    """Counts of the verdicts, mirrored claims included."""
    verdicts = [one.verdict for one in findings]
    return Tally(
        supported=verdicts.count(Verdict.SUPPORTED),
        mixed=verdicts.count(Verdict.MIXED),
        contradicted=verdicts.count(Verdict.CONTRADICTED),
        not_tested=verdicts.count(Verdict.NOT_TESTED),
    )


def scorecard(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row a finding, in ledger order; index: claim id.

    Columns: `speaker`, `short` (the claim), `quote`, `estimate` with `lo` and `hi` in `unit`,
    `measure`, `verdict`, `grade`, `reason`, `falsifier`. Missing numbers are NaN.
    """
    rows = {
        one.claim.id: {
            "speaker": one.claim.speaker,
            "short": one.claim.short,
            "quote": one.claim.quoted,
            "estimate": one.estimate,
            "lo": one.ci[0] if one.ci else None,
            "hi": one.ci[1] if one.ci else None,
            "unit": one.unit,
            "measure": one.measure,
            "verdict": str(one.verdict),
            "weak": one.weak,
            "grade": one.grade,
            "reason": one.reason,
            "falsifier": one.claim.falsifier,
        }
        for one in findings
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")
    return table.astype({key: float for key in ("estimate", "lo", "hi") if key in table})


def key_findings(
    findings: Sequence[Finding], families: Mapping[str, Sequence[str]], *, most: int = 5
) -> list[tuple[Finding, Statement]]:
    """What a reader should know first, at most `most`: a finding and its strongest evidence.

    One finding of each family, in the method's order: the tested one that weighs most. Fewer
    families than that are joined by the other tested claims, in the ledger's order. The evidence
    is that of the side the verdict came down on; of a MIXED one, that for the claim.
    """
    told = {
        one.claim.id: one
        for one in findings
        if one.verdict is not Verdict.NOT_TESTED
        and one.claim.words
        and one.best_for
        and one.best_against
    }
    chosen = []
    for names in families.values():
        members = [told[name] for name in names if name in told]
        if members:
            # The first of equals, for max keeps it.
            chosen.append(max(members, key=lambda one: one.claim.relevance * abs(one.vote or 0)))
    chosen += [one for one in told.values() if one not in chosen]
    return [(one, _evidence(one)) for one in chosen[:most]]


def _evidence(finding: Finding) -> Statement:
    against = finding.verdict is Verdict.CONTRADICTED
    side = finding.best_against if against else finding.best_for
    assert side is not None
    return side


def turning_point(finding: Finding) -> tuple[float, float, bool]:
    """(bound, other, rises): where the estimate must go for the verdict to turn round.

    `bound` is the contradiction bound, or the support bound of a claim that is CONTRADICTED;
    `other` is the one its interval must stay clear of; `rises` says whether `bound` is reached
    from below.
    """
    bounds = bounds_of(finding.claim)
    contradicted = finding.verdict is Verdict.CONTRADICTED
    bound, other = bounds.contradiction, bounds.support
    if contradicted:
        bound, other = other, bound
    return bound, other, (bounds.side == "low") != contradicted
