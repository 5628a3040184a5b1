"""Days that follow from a rule, such as `third friday of mar, jun`: read, and laid out."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from research.calendar import Calendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
_MONTH = f"(?:{'|'.join(MONTHS)})"
_RULE = re.compile(
    rf"(?:(?P<weekly>{'|'.join(WEEKDAYS)})"
    rf"|(?:(?P<nth>{'|'.join(_ORDINALS)}) (?P<kind>{'|'.join(WEEKDAYS)})"
    r"|(?P<end>last day)"
    r"|(?P<low>[1-9]|[12]\d|3[01]) to (?P<high>[1-9]|[12]\d|3[01]))"
    rf" of (?P<months>each month|{_MONTH}(?:, {_MONTH})*))"
)
FORMS = (
    "`friday`, `third friday of mar, jun`, `last day of each month` or `12 to 28 of feb`, "
    "in small letters"
)

Span = tuple[dt.date, dt.date]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: a day of every week, or a day or a span of days of some months."""

    weekly: int | None = None
    months: tuple[int, ...] = ()
    weekday: int | None = None
    nth: int = 0
    low: int = 0
    high: int = 0

    def spans(self, first: dt.date, last: dt.date, sessions: Calendar) -> Iterator[Span]:
        """First and last day of each occurrence that touches the days from `first` to `last`.

        A day of every week counts only where it is one of `sessions`: what falls on a holiday
        comes on another day, which no rule tells.
        """
        if self.weekly is not None:
            for n in range((last - first).days + 1):
                day = first + dt.timedelta(days=n)
                if day.weekday() == self.weekly and sessions.is_session(day):
                    yield day, day
            return
        for year in range(first.year, last.year + 1):
            for month in self.months:
                low, high = self._of(year, month)
                if low <= last and high >= first:
                    yield low, high

    def _of(self, year: int, month: int) -> Span:
        length = calendar.monthrange(year, month)[1]
        if self.weekday is None:
            high = min(self.high, length)
            return dt.date(year, month, min(self.low, high)), dt.date(year, month, high)
        days = [dt.date(year, month, n) for n in range(1, length + 1)]
        found = [day for day in days if day.weekday() == self.weekday][self.nth]
        return found, found


def read_rule(text: str) -> Rule:
    """The rule that `text` writes; raises ValueError where it writes none."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a rule: {text}")
    if found["weekly"]:
        return Rule(weekly=WEEKDAYS.index(found["weekly"]))
    named = MONTHS if found["months"] == "each month" else found["months"].split(", ")
    months = tuple(sorted({MONTHS.index(one) + 1 for one in named}))
    if found["nth"]:
        weekday = WEEKDAYS.index(found["kind"])
        return Rule(months=months, weekday=weekday, nth=_ORDINALS[found["nth"]])
    low, high = (31, 31) if found["end"] else (int(found["low"]), int(found["high"]))
    if high < low:
        raise ValueError(f"the span ends before it begins: {text}")
    return Rule(months=months, low=low, high=high)
