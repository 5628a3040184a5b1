"""Where an axis is marked and what the marks say: few, round, level, never overlapping."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from itertools import pairwise

from research.exhibits.charts.labels import text_width
from research.exhibits.formats import REGISTRY, lookup
from research.exhibits.theme import SMALL

_EPOCH = dt.date(1970, 1, 1)
_LOG_STEPS = ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 4, 8), (1, 2, 5), (1, 3), (1,))


def linear(low: float, high: float, count: int = 5) -> list[float]:
    """At most `count` + 1 round numbers from `low` to `high`, steps of 1, 2, 2.5 or 5."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if span / (power * m) <= count + 1e-9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12) for n in range(first, last + 1)]


def fitting(low: float, high: float, form: str, length_pt: float) -> tuple[list[float], list[str]]:
    """Round numbers and their labels on an axis `length_pt` long, as many as stand side by side."""
    tried = [linear(low, high, count) for count in (5, 4, 3, 2, 1)]
    for marks in filter(None, tried):
        printed = labels(marks, form)
        if sum(text_width(text, SMALL) + 10 for text in printed) <= length_pt:
            break
    return marks, printed


def logarithmic(low: float, high: float, length_pt: float, gap_pt: float = 20.0) -> list[float]:
    """Round numbers on a log axis `length_pt` long, at least `gap_pt` apart; never powers."""
    if high / low < 1.9:
        return [tick for tick in linear(low, high) if tick > 0]
    scale = length_pt / math.log(high / low)
    for steps in _LOG_STEPS:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [m * 10.0**k for k in decades for m in steps if low <= m * 10.0**k <= high]
        apart = [math.log(b / a) * scale for a, b in pairwise(ticks)]
        if len(ticks) >= 2 and min(apart) >= gap_pt:
            return ticks
    return linear(low, high, 3)


def labels(ticks: Sequence[float], form: str) -> list[str]:
    """`ticks` printed in the family of the format `form`, with as few digits as tell them."""
    family = form.rstrip("0123456789")
    for name in (f"{family}{n}" for n in range(5) if f"{family}{n}" in REGISTRY):
        printed = [lookup(name)(tick) for tick in ticks]
        if len(set(printed)) == len(ticks) and _evenly(ticks, name):
            return printed
    return [lookup(form)(tick) for tick in ticks]


def dates(first: float, last: float, length_pt: float) -> tuple[list[float], list[str]]:
    """Marks and short labels for days since 1970 on an axis `length_pt` long.

    Whole years as "2024", months as "Jul 2025", under ten weeks days as "28 Jan".
    """
    start, end = day_of(first), day_of(last)
    if (end - start).days <= 70:
        for step in (7, 14, 28):
            days = [end - dt.timedelta(days=n) for n in range(0, (end - start).days + 1, step)]
            found = [lookup("day")(day) for day in days]
            if _fit(found, length_pt):
                return [number_of(day) for day in days], found
    for step in (1, 2, 3, 6, 12, 24, 60, 120, 240):
        months = [m for m in range(start.year * 12, end.year * 12 + 12) if m % step == 0]
        days = [dt.date(m // 12, m % 12 + 1, 1) for m in months]
        days = [day for day in days if start <= day <= end]
        form = "month" if step < 12 else None
        found = [lookup(form)(day) if form else str(day.year) for day in days]
        if _fit(found, length_pt):
            return [number_of(day) for day in days], found
    return [number_of(start)], [lookup("month")(start)]


def number_of(day: dt.date) -> float:
    """`day` as days since 1970."""
    return float((dt.date(day.year, day.month, day.day) - _EPOCH).days)


def day_of(number: float) -> dt.date:
    """Days since 1970 as a date."""
    return _EPOCH + dt.timedelta(days=round(number))


def _fit(found: Sequence[str], length_pt: float) -> bool:
    if not found or 14 * len(found) > length_pt:  # to measure them takes longest
        return False
    return sum(text_width(t, SMALL) + 14 for t in found) <= length_pt


def _evenly(ticks: Sequence[float], name: str) -> bool:
    """True when the digits of the format hide nothing: 0.25 is not to be marked 0.3."""
    scale = 100 if "pct" in name or "pp" in name else 1
    places = int(name[-1])
    return all(
        abs(t * scale - round(t * scale, places)) < 1e-6 * (abs(t) * scale + 1) for t in ticks
    )
