"""Words that follow a number's sign or count, so that a sentence is true for any data."""

from __future__ import annotations

from collections.abc import Sequence

from research.exhibits.facts import Text, facts_of, join


def moved(
    change: float, *, up: str = "rose", down: str = "fell", flat: str = "was unchanged"
) -> str:
    """`up`, `down` or `flat` by the sign of `change`; what rounds to nought at 0.05 % is flat.

    A missing change has no direction: "has no data".
    """
    if change != change:
        return "has no data"
    if abs(change) < 0.0005:
        return flat
    return up if change > 0 else down


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
