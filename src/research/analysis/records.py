"""Findings and outlook as plain data, for the edition's manifest."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from research.analysis.claims import Finding
from research.analysis.outlook import Outlook


def claims_record(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One plain record a finding, in ledger order; missing numbers are None."""
    return [
        {
            "id": one.claim.id,
            "speaker": one.claim.speaker,
            "firm": one.claim.firm,
            "quote": " … ".join(one.claim.quotes),
            "said_on": one.claim.said_on.isoformat(),
            "estimate": _number(one.estimate),
            "ci": [_number(end) for end in one.ci] if one.ci else None,
            "unit": one.unit,
            "n": one.n,
            "n_eff": _number(one.n_eff),
            "measure": one.measure,
            "verdict": str(one.verdict),
            "grade": one.grade,
            "weak": one.weak,
            "p_value": _number(one.p_value),
            "p_holm": _number(one.p_holm),
            "vote": one.vote,
            "reason": one.reason,
            "falsifier": one.claim.falsifier,
            "fired": one.fired,
            "details": {key: _number(value) for key, value in sorted(one.details.items())},
        }
        for one in findings
    ]


def outlook_record(outlook: Outlook) -> dict[str, Any]:
    """The outlook as plain data; a probability without data is None."""
    return {
        "p": _number(outlook.p),
        "base_rate": _number(outlook.p0),
        "windows": {"higher": outlook.k, "all": outlook.n},
        "score": outlook.score,
        "horizon_weeks": outlook.horizon_weeks,
        "word": outlook.word,
        "families": dict(outlook.families),
        "leave_one_out": [_number(end) for end in outlook.lofo],
        "untested_share": outlook.untested_share,
        "crash_risk": {
            part: {"run_up": _number(risk.run_up), "p": _number(risk.p)}
            for part, risk in outlook.crash_risk.items()
        },
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else float(value)
