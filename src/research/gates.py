"""What a gate says, kept as data: told to who makes the note and to who reads it, each in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Literal

from research.calendar import written

Status = Literal["PASS", "DEGRADED", "BLOCKED"]
_SHOWN = 12  # ids spelt out in one sentence


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """One thing that was checked: of which dataset and subject, with what outcome.

    `text` is a template of `str.format` and `values` are what it names, in plain JSON, so that a
    result can be told to another process and kept. Beside Python's formats it may say `id` and
    `ids` of instruments, `day` and `month` of `2026-01-28`, `verdict`, and `said` of a list of
    such texts with their values. `plain` is another text, where a reader is told it otherwise or
    without an error that speaks to who can mend it; `advice` is what to do about it, for who makes
    the note alone.
    """

    dataset: str
    subject: str
    status: Status
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    plain: str = ""
    advice: str = ""

    @property
    def message(self) -> str:
        """For who makes the note: by ids and ISO dates, with what to do about it."""
        said = told(self.text, self.values)
        return f"{said} {self.advice}" if self.advice else said

    def plainly(self, labels: Mapping[str, str]) -> str:
        """For who reads the note: instruments by their `labels`, dates written out, no advice."""
        said = _ToReader(labels).vformat(self.plain or self.text, (), self.values)
        return said[:1].upper() + said[1:]

    def record(self) -> dict[str, str]:
        """As `edition.json` has it."""
        return {
            "dataset": self.dataset, "subject": self.subject, "status": self.status,
            "message": self.message,
        }  # fmt: skip


def told(text: str, values: Mapping[str, Any]) -> str:
    """A template of a gate with its `values`, for who makes the note."""
    return _ToMaker().vformat(text, (), values)


class _ToMaker(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "id" | "day" | "verdict":
                return str(value)
            case "ids":
                return _listed(value)
            case "month":
                return str(value)[:7]
            case "said":
                return "; ".join(self.vformat(one["text"], (), one["values"]) for one in value)
        return format(value, format_spec)


class _ToReader(_ToMaker):
    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "id":
                return self._labels.get(value, value)
            case "ids":
                return _listed([self._labels.get(one, one) for one in value])
            case "day":
                return written(dt.date.fromisoformat(value))
            case "month":
                return written(dt.date.fromisoformat(value)).partition("\u00a0")[2]
            case "verdict":
                return str(value).lower()
        said = super().format_field(value, format_spec)
        return f"{said[:-1]}\u202f%" if format_spec.endswith("%") else said


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
