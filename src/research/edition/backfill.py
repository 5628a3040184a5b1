"""Editions of weeks gone by, one after another, so that each knows the one before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from research.calendar import Calendar
from research.edition.build import Published, StoppedError, build
from research.edition.clock import completed_at
from research.edition.plan import plan
from research.errors import ResearchError, UsageError
from research.params.models import Params


def backfill(
    params: Params,
    *,
    first: str,
    last: str,
    source: str = "",
    reports: Path | None = None,
    workers: int | None = None,
) -> Iterator[tuple[dt.date, Published | ResearchError]]:
    """Build the editions of the weeks from `first` to `last`, oldest first.

    Gives, as each is done, its day and what was published or why not. Raises UsageError for
    dates that are none or that bound no session, and StoppedError on Ctrl-C.
    """
    for day in weeks(Calendar(params.note.calendar), _day("--from", first), _day("--to", last)):
        try:
            planned = plan(params, as_of=day, source=source, reports=reports)
            yield day, build(planned, completed_at=completed_at(), workers=workers)
        except StoppedError:
            raise
        except ResearchError as error:
            yield day, error


def weeks(calendar: Calendar, first: dt.date, last: dt.date) -> list[dt.date]:
    """The last session, on or before `last`, of each ISO week from that of `first`.

    Raises UsageError when `first` is after `last`, or there is no session from the one to the
    other.
    """
    if first > last:
        raise UsageError(f"--from {first} is after --to {last}; exchange them.")
    sunday = first + dt.timedelta(days=6 - first.weekday())
    count = (last - first).days // 7 + 2
    ends = (min(sunday + dt.timedelta(weeks=n), last) for n in range(count))
    found = sorted({day for day in map(calendar.last_session, ends) if day >= first})
    if not found:
        raise UsageError(
            f"from {first} to {last} the {calendar.name} calendar has no session; name a longer "
            "stretch."
        )
    return found


def _day(option: str, written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written)
    except ValueError as error:
        raise UsageError(
            f"{option} {written!r} is not a date; expected YYYY-MM-DD, such as 2026-01-30."
        ) from error
