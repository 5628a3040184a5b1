"""Fetching: every feed's parts into the store, so that what fails takes nothing else with it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from research.errors import DataError, ResearchError
from research.market.live import Part, parts_of
from research.market.live.answers import UnreachableError
from research.market.live.http import Client
from research.market.store.basis import rewritten
from research.market.store.columns import SNAPSHOTS
from research.market.store.record import Vintage
from research.market.store.vintages import Store
from research.params.models import Feed

Connect = Callable[[Feed], tuple[Client, str]]
"""How a feed is asked: a client, and its key or ""."""


@dataclass(frozen=True, kw_only=True)
class Age:
    """How old the store's newest row of one instrument is; `last` is None where it has none."""

    instrument: str
    last: dt.date | None
    stale: bool

    def __str__(self) -> str:
        return f"{self.instrument} ({self.last or 'nothing yet'})"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one feed: its new vintages, what failed and why, and how old its rows are now.

    `failures` are sentences; `suffering` are the instruments of the parts that failed.
    """

    source: str
    parts: int
    vintages: tuple[Vintage, ...]
    failures: tuple[str, ...]
    suffering: tuple[Age, ...]

    @property
    def today(self) -> dt.date | None:
        """The day from whose end on snapshots that it brought are seen; None if it brought none."""
        days = [one.fetched_at.date() for one in self.vintages if one.dataset in SNAPSHOTS]
        return max(days, default=None)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a fetch of one feed would do: its requests, its last vintage, how old its rows are."""

    source: str
    parts: tuple[Part, ...]
    fetched_at: dt.datetime | None
    ages: tuple[Age, ...]


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """How many weeks of today's opinions the store has gathered, of one dataset."""

    dataset: str
    weeks: int
    first: dt.date | None


def fetch(
    feeds: Sequence[Feed], store: Store, *, moment: dt.datetime, connect: Connect
) -> Iterator[Outcome]:
    """Fetch the feeds one after the other; each is in the store before the next is asked.

    `moment` is that of all vintages. What a feed cannot be asked or stored for is its failure.
    """
    for feed in feeds:
        try:
            yield _fetch_one(feed, store, moment, connect)
        except ResearchError as error:  # of the store, in what it has of this source
            yield Outcome(
                source=feed.id,
                parts=0,
                vintages=(),
                failures=(f"{feed.id}: {error}",),
                suffering=(),
            )


def foresee(
    feeds: Sequence[Feed], store: Store, *, moment: dt.datetime, connect: Connect
) -> Iterator[Outlook]:
    """What `fetch` would ask for, and what is stale, without a request."""
    for feed in feeds:
        client, key = connect(feed)
        known = store.vintages(feed.id)
        yield Outlook(
            source=feed.id,
            parts=tuple(parts_of(feed, client, key=key, moment=moment)),
            fetched_at=known[-1].fetched_at if known else None,
            ages=_ages(feed, store, moment, [line.instrument for line in feed.lines]),
        )


def snapshots(store: Store) -> list[Snapshots]:
    """How long the history is that no feed sells and that only fetching every week makes."""
    found = []
    for dataset in SNAPSHOTS:
        days = [one.fetched_at.date() for one in store.vintages(dataset=dataset)]
        weeks = {day.isocalendar()[:2] for day in days}
        found.append(Snapshots(dataset=dataset, weeks=len(weeks), first=min(days, default=None)))
    return found


def _fetch_one(feed: Feed, store: Store, moment: dt.datetime, connect: Connect) -> Outcome:
    client, key = connect(feed)
    parts = parts_of(feed, client, key=key, moment=moment)
    told: dict[str, list[tuple[Part, pd.DataFrame]]] = defaultdict(list)
    failures: list[str] = []
    failed: list[str] = []
    for n, part in enumerate(parts, 1):
        try:
            loaded = part.load()
        except UnreachableError as error:
            failures.append(f"{feed.id} {part.name}: {error}")
            failed += [name for other in parts[n - 1 :] for name in other.instruments]
            if left := len(parts) - n:
                failures.append(
                    f"{feed.id}: {left} more {'request was' if left == 1 else 'requests were'} not "
                    "made, since it gives nothing for now."
                )
            break
        except ResearchError as error:
            failures.append(f"{feed.id} {part.name}: {error}")
        except Exception as error:  # a fault of one reader must not take the other sources' data
            failures.append(
                f"{feed.id} {part.name}: {part.address} could not be read "
                f"({type(error).__name__}: {_without(key, str(error))}). Nothing of it was taken; "
                "this is a fault of its reader in research.market.live."
            )
        else:
            for dataset, frame in loaded.items():
                told[dataset].append((part, frame))
            continue
        failed += part.instruments
    vintages = []
    for dataset, found in told.items():
        frame = pd.concat([frame for _, frame in found], ignore_index=True)
        if dataset == "prices":
            frame, others = _of_the_same_series(feed, store, frame)
            failures += others.values()
            failed += others
        try:
            vintage = store.add(
                feed.id,
                dataset,
                frame,
                fetched_at=moment,
                address=feed.address,
                licence=feed.licence,
            )
        except DataError as error:
            failures.append(f"{feed.id} {dataset}: {error}")
            failed += [name for part, _ in found for name in part.instruments]
            continue
        vintages += [vintage] if vintage else []
    return Outcome(
        source=feed.id,
        parts=len(parts),
        vintages=tuple(vintages),
        failures=tuple(failures),
        suffering=_ages(feed, store, moment, failed) if failed else (),
    )


def _of_the_same_series(
    feed: Feed, store: Store, frame: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    """`frame` without instruments whose history is told anew, and of each why it was refused."""
    known = store.read(feed.id, "prices", keys=set(frame["instrument"]))
    refused = {
        name: f"{feed.id}: {words} are others than it told before, and not by one factor. None of "
        "them was taken. Look at what it sends under this symbol now. If its history did change, "
        f"take the vintages in {feed.id}/prices away and fetch again."
        for name, words in rewritten(frame, known).items()
    }
    return frame[~frame["instrument"].isin(refused)].reset_index(drop=True), refused


def _ages(
    feed: Feed, store: Store, moment: dt.datetime, instruments: Sequence[str]
) -> tuple[Age, ...]:
    """Of each instrument the newest row: of its prices, where the feed has any."""
    last: dict[str, dt.date] = {}
    priced = {line.instrument for line in feed.lines if "prices" in line.tells}
    there = dict.fromkeys(one.dataset for one in store.vintages(feed.id))
    for dataset in there:
        try:
            rows = store.read(
                feed.id,
                dataset,
                keys=set(instruments),
                columns=("instrument", "date", "available_at"),
            )
        except DataError:  # told where it is read or added
            continue
        days = rows["date"] if "date" in rows else rows["available_at"].dt.tz_localize(None)
        newest = days.groupby(rows["instrument"]).max()
        for name, day in newest.items():
            if dataset != "prices" and "prices" in there and name in priced:
                continue  # accounts that go on arriving make no price newer
            last[str(name)] = max(day.date(), last.get(str(name), dt.date.min))
    limit = moment.date() - dt.timedelta(days=feed.fresh_days)
    return tuple(
        Age(instrument=name, last=(day := last.get(name)), stale=day is None or day < limit)
        for name in dict.fromkeys(instruments)
    )


def _without(key: str, text: str) -> str:
    return text.replace(key, "…") if key else text
