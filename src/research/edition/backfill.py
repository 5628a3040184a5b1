"""Editions of weeks gone by, many at once, so that each knows the one before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from research.calendar import Calendar
from research.edition.build import StoppedError
from research.edition.chain import Chain, Result
from research.edition.foreseen import foreseen
from research.edition.index import write_index
from research.edition.needs import files_of
from research.edition.publish import recover
from research.edition.receipts import Receipts
from research.edition.source import source_of
from research.errors import ResearchError, UsageError
from research.execution.cache.store import Store
from research.execution.executors import open_executor
from research.execution.luggage import pack
from research.memory import reports_beside
from research.params.models import Params


def backfill(
    params: Params,
    days: Sequence[dt.date],
    *,
    source: str = "",
    reports: Path | None = None,
    on: str = "",
    workers: int | None = None,
    on_step: Callable[[int], None] = lambda _: None,
    cache: Store | None = None,
) -> Iterator[tuple[dt.date, Result]]:
    """Build the editions of `days`, which are sessions in order, several at once.

    Gives, oldest first, each day and what was published, or was there already from the same
    inputs, or why it was not. Each edition is what a build of its own, after those before it,
    would make. `on` is where the work is done (see `open_executor`; by default processes).
    `on_step` is told how many of the `chain.steps` of each edition have just ended. Raises
    StoppedError on Ctrl-C, after which the same call goes on.
    """
    source, reports = source_of(params, source), reports or reports_beside(Path(params.path))
    home = reports / params.note.note
    luggage = pack(files_of(params, source))
    receipts = Receipts(home, digest=luggage.digest, source=source)
    if home.is_dir():
        recover(home)
    done = 0
    try:
        where = on or "processes"
        with (
            open_executor(where, workers=workers, luggage=luggage) as pool,
            foreseen(home) as shelf,
        ):
            chain = Chain(
                params, days, pool=pool, source=source, reports=reports, shelf=shelf,
                receipts=receipts, on_step=on_step, cache=cache,
            )  # fmt: skip
            for day, result in chain.results():
                done += not isinstance(result, ResearchError)
                yield day, result
    except KeyboardInterrupt as error:
        # Not those that were told of: one may have been published in the moment it was stopped.
        done = sum(receipts.kept(day) is not None for day in days)
        raise StoppedError(
            f"interrupted; {done} of {len(days)} editions are published. The same command goes on."
        ) from error
    finally:
        if done:
            write_index(reports)
        if cache is not None:
            cache.trim()


def editions(params: Params, *, first: str, last: str) -> list[dt.date]:
    """The days of the editions from `first` to `last` as a user writes them; raises as `weeks`.

    Raises UsageError for what is no date.
    """
    return weeks(Calendar(params.note.calendar), _day("--from", first), _day("--to", last))


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
