"""Results of gates, made of what a check found; and what came of all checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from research.gates import GateResult, Status

__all__ = ["GateResult", "Gates", "blocked", "count", "degraded", "passed"]

_WORST_FIRST: tuple[Status, ...] = ("BLOCKED", "DEGRADED", "PASS")


@dataclass(frozen=True, kw_only=True)
class Gates:
    """All that was checked, and the worst of it."""

    results: tuple[GateResult, ...]

    @property
    def status(self) -> Status:
        """BLOCKED if anything is, else DEGRADED if anything is, else PASS."""
        found = {result.status for result in self.results}
        return next((status for status in _WORST_FIRST if status in found), "PASS")

    @property
    def messages(self) -> tuple[str, ...]:
        """What who makes the note must know, worst first; nothing of what passed."""
        return tuple(
            result.message
            for status in _WORST_FIRST[:2]
            for result in self.results
            if result.status == status
        )


def passed(dataset: str, text: str, *, subject: str = "all", **values: Any) -> GateResult:
    """Nothing to hold against it; `text` and `values` as `GateResult` has them."""
    return _result(dataset, subject, "PASS", text, values)


def degraded(
    dataset: str,
    text: str,
    *,
    subject: str = "all",
    plain: str = "",
    advice: str = "",
    **values: Any,
) -> GateResult:
    """A note may be made, and says what it lacks; texts and `values` as `GateResult` has them."""
    return _result(dataset, subject, "DEGRADED", text, values, plain=plain, advice=advice)


def blocked(
    dataset: str, text: str, *, subject: str = "all", advice: str = "", **values: Any
) -> GateResult:
    """No note may be made of this; `text` and `values` as `GateResult` has them."""
    return _result(dataset, subject, "BLOCKED", text, values, advice=advice)


def count(number: int, what: str) -> str:
    """`1 session`, `1,200 sessions`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _result(
    dataset: str,
    subject: str,
    status: Status,
    text: str,
    values: Mapping[str, Any],
    *,
    plain: str = "",
    advice: str = "",
) -> GateResult:
    return GateResult(
        dataset=dataset,
        subject=subject,
        status=status,
        text=f"{dataset}: {text}",
        values=_plain(values),
        plain=f"{dataset}: {plain}" if plain else "",
        advice=advice,
    )


def _plain(value: Any) -> Any:
    """`value` in what JSON has: days in ISO, numbers of numpy as Python's."""
    match value:
        case dt.date():
            return f"{value:%Y-%m-%d}"
        case np.generic():
            return value.item()
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case list():
            return [_plain(one) for one in value]
    return value
