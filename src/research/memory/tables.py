"""The two tables of a note's memory: their columns, in order, and what stands in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
CHAINED = ("previous", "hash")
VOID = "void"


@dataclass(frozen=True, kw_only=True)
class Table:
    """One append-only table; `columns` says how each is read back from its text."""

    name: str
    columns: Mapping[str, Callable[[str], Any]]

    @property
    def file(self) -> str:
        """Name of its file in the folder `memory` of the note."""
        return f"{self.name}.csv"

    @property
    def header(self) -> list[str]:
        """All columns as they stand in the file's first row."""
        return [*self.columns, *CHAINED]


def text(value: Any) -> str:
    """`value` as it stands in a row: one line, numbers to twelve decimals, None as nothing.

    Twelve decimals, so that two machines which differ in the last bit write one forecast.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(round(value, 12) + 0.0)  # no minus before nil
    return " ".join(str(value).split())


def _number(written: str) -> float | None:
    return float(written) if written else None


def _flag(written: str) -> bool:
    return {"true": True, "false": False}[written]


def _outcome(written: str) -> int | str:
    return VOID if written == VOID else {"0": 0, "1": 1}[written]


# The event of a forecast: the total return of `proxy` from `as_of` to `ends_on` lies above
# `above` and below `below` (fractions; none where open). So a row can be judged by itself, and a
# method that changes later moves no goalposts. `p` is its probability, `p0` that of the base rate.
FORECASTS = Table(
    name="forecasts",
    columns={
        "edition": str,
        "as_of": str,
        "illustrative": _flag,
        "event": str,
        "proxy": str,
        "horizon_weeks": int,
        "ends_on": str,
        "above": _number,
        "below": _number,
        "p": _number,
        "p0": _number,
        "method": str,
        "replayed": _flag,
        "completed_at": str,
        "code": str,
        "inputs": str,
        "revision": int,
    },
)
OUTCOMES = Table(
    name="outcomes",
    columns={
        "edition": str,
        "illustrative": _flag,
        "event": str,
        "proxy": str,
        "ends_on": str,
        "resolved_in": str,
        "value": _number,
        "outcome": _outcome,
        "reason": str,
    },
)
