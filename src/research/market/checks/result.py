"""What a gate says: of which dataset and subject, with what outcome, in which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["PASS", "DEGRADED", "BLOCKED"]
_WORST_FIRST: tuple[Status, ...] = ("BLOCKED", "DEGRADED", "PASS")
_SHOWN = 12  # ids spelt out in one message


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """One thing that was checked: of which dataset and subject, with what outcome."""

    dataset: str
    subject: str
    status: Status
    message: str


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
        """What a reader must know, worst first; nothing of what passed."""
        return tuple(
            result.message
            for status in _WORST_FIRST[:2]
            for result in self.results
            if result.status == status
        )

    def as_json(self) -> dict[str, Any]:
        """For `edition.json`: status and every result."""
        return {"status": self.status, "results": [asdict(result) for result in self.results]}


def passed(dataset: str, words: str, subject: str = "all") -> GateResult:
    """Nothing to hold against it."""
    return _result(dataset, subject, "PASS", words)


def degraded(dataset: str, words: str, subject: str = "all") -> GateResult:
    """A note may be made, and says what it lacks."""
    return _result(dataset, subject, "DEGRADED", words)


def blocked(dataset: str, words: str, subject: str = "all") -> GateResult:
    """No note may be made of this."""
    return _result(dataset, subject, "BLOCKED", words)


def names(ids: Sequence[str]) -> str:
    """The first ids, and how many more."""
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


def count(number: int, what: str) -> str:
    """`1 session`, `1,200 sessions`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _result(dataset: str, subject: str, status: Status, words: str) -> GateResult:
    return GateResult(
        dataset=dataset, subject=subject, status=status, message=f"{dataset}: {words}"
    )
