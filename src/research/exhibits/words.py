"""Words that follow a number's sign or count, so that a sentence is true for any data."""

from __future__ import annotations

from collections.abc import Sequence

from research.exhibits.facts import Text, facts_of, join


def compared(one: float, other: float, *, more: str, less: str, same: str) -> str:
    """`more`, `less` or `same` as `one` stands to `other`; missing values compare as `same`."""
    if one > other:
        return more
    return less if one < other else same


def listed(items: Sequence[str], *, last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`, with the facts in them; "none" of nothing."""
    if not items:
        return "none"
    if len(items) == 1:
        return items[0]
    return join(f" {last} ", [join(", ", items[:-1]), items[-1]])


def plural(count: float, one: str, many: str = "") -> str:
    """`one` for exactly one, else `many` (by default `one` with an s)."""
    return one if count == 1 else many or f"{one}s"


def sentence(text: str) -> str:
    """`text` with its first letter a capital, and its facts; names inside keep theirs."""
    return Text(text[:1].upper() + text[1:], facts_of(text))
