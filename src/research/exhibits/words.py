"""Words that follow a number's sign or count, so that a sentence is true for any data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from research.exhibits.facts import Text, facts_of, join, say

if TYPE_CHECKING:
    import pandas as pd


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


def days(spans: Iterable[tuple[dt.date, dt.date]]) -> str:
    """First and last days without their year, with the facts in them: `6 Feb, 10–15 Mar`."""
    told = []
    for first, last in spans:
        template = "{last:day}"
        if first < last:
            same = (first.year, first.month) == (last.year, last.month)
            template = "{n:num0}–{last:day}" if same else "{first:day}–{last:day}"
        told.append(say(template, n=first.day, first=first, last=last))
    return join(", ", told)


def as_column(texts: Iterable[str], frame: pd.DataFrame) -> pd.Series:
    """Texts as a column of `frame` that keeps their facts, which pandas' own text columns drop."""
    import pandas as pd

    return pd.Series(list(texts), index=frame.index, dtype=object)
