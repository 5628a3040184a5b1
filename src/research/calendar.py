"""Trading days, edition weeks and dates in words: the only place that knows which days count."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from research.errors import UsageError

KNOWN = ("NYSE", "London", "weekdays")
# written out, since strftime's follow the machine's locale
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Calendar:
    """Sessions of one exchange.

    `NYSE` and `London` follow the exchange's full-day closures (library `holidays`);
    `weekdays` knows none.
    """

    def __init__(self, name: str) -> None:
        if name not in KNOWN:
            raise UsageError(f"calendar {name!r} is not known; choose one of {', '.join(KNOWN)}.")
        self.name = name

    def is_session(self, day: dt.date) -> bool:
        """True when the exchange trades on `day`."""
        return day.weekday() < 5 and day not in _closures(self.name, day.year)

    def last_session(self, day: dt.date) -> dt.date:
        """The latest session on or before `day`."""
        while not self.is_session(day):
            day -= dt.timedelta(days=1)
        return day

    def sessions_between(self, first: dt.date, last: dt.date) -> int:
        """Sessions after `first`, up to and including `last`; 0 when `last <= first`."""
        days = (last - first).days
        return sum(self.is_session(first + dt.timedelta(days=n)) for n in range(1, days + 1))


@lru_cache(maxsize=256)
def _closures(name: str, year: int) -> frozenset[dt.date]:
    if name == "weekdays":
        return frozenset()
    import holidays  # 0.1 s, and most commands never ask for a date

    if name == "NYSE":
        return frozenset(holidays.financial_holidays("NYSE", years=[year]))
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=[year]))


def edition_of(as_of: dt.date) -> str:
    """The folder name of an edition: the ISO week of its `as_of`, such as `2026-W05`."""
    year, week, _ = as_of.isocalendar()
    return f"{year}-W{week:02d}"


def cutoff(as_of: dt.date) -> dt.datetime:
    """The last moment whose data belong to `as_of`: the end of that day, UTC."""
    return dt.datetime.combine(as_of, dt.time(23, 59, 59, 999999), tzinfo=dt.UTC)


def written(day: dt.date) -> str:
    """`28 Jan 2026`, its blanks unbreakable: a date in words that no format prints."""
    return f"{day.day}\u00a0{MONTHS[day.month - 1]}\u00a0{day.year}"
