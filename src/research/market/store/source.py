"""The source of what was fetched: the vintages of live sources, for a universe's instruments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from research.calendar import Calendar
from research.errors import DataError, UsageError
from research.market.sources import COLUMNS, columns_of, conform, empty
from research.market.store.columns import KEYS
from research.market.store.parquet import digest
from research.market.store.vintages import Store
from research.params.models import Params


class StoreSource:
    """The store as datasets; revisions are rows of their own, which the market cuts at its date.

    Of each live source only the instruments that it feeds are read, and of a file only the parts
    that hold them. Raises DataError for an empty store and for vintages that are not whole.
    """

    columns: Mapping[str, Mapping[str, str]] = COLUMNS
    illustrative = False

    def __init__(
        self, store: Store, fed: Mapping[str, Collection[str]], calendar: Calendar, title: str = ""
    ) -> None:
        self._store, self._fed = store, fed
        self._vintages = [one for one in store.vintages() if one.source in fed]
        if not self._vintages:
            raise DataError(
                f"the store {store.folder.name}/ holds nothing of {', '.join(fed)}; no data were "
                "taken. Run `research fetch` first, or choose another source."
            )
        self.title = title or f"Vintages of {', '.join(self._told())}"
        self._frames: dict[str, pd.DataFrame] = {}
        self.first_session, self.last_session = self._span(calendar)

    @classmethod
    def open(cls, folder: Path, params: Params) -> StoreSource:
        """The store in `folder`, for the universe, feeds and calendar of `params`.

        Raises UsageError for a note that names no live sources.
        """
        if params.feeds is None:
            raise UsageError(
                "source `store` needs live sources, and the note names none. Add `feeds: "
                "sources.yaml` to it: that file says which source feeds which instrument."
            )
        fed = {str(one.id): {line.instrument for line in one.lines} for one in params.feeds.feeds}
        titles = {str(one.id): one.title for one in params.feeds.feeds}
        there = {one.source for one in Store(folder).vintages()}
        named = "; ".join(titles[name] for name in fed if name in there)
        return cls(Store(folder), fed, Calendar(params.note.calendar), named)

    def read(self, dataset: str) -> pd.DataFrame:
        """Every row of `dataset` of the instruments that are fed."""
        columns_of(dataset)
        if dataset not in self._frames:
            self._frames[dataset] = self._read(dataset)
        return self._frames[dataset].copy(deep=False)

    def inputs(self) -> dict[str, str]:
        """Record of each vintage, relative to the store, → sha256 of its bytes.

        A record holds the sha256 of the vintage beside it.
        """
        names = [f"{one.name}.json" for one in self._vintages]
        return {name: digest((self._store.folder / name).read_bytes()) for name in sorted(names)}

    def _told(self) -> list[str]:
        return sorted({one.source for one in self._vintages})

    def _read(self, dataset: str) -> pd.DataFrame:
        of_instruments = KEYS[dataset][0] == "instrument"
        parts = [
            self._store.read(
                source, dataset, keys=set(self._fed[source]) if of_instruments else None
            )
            for source in dict.fromkeys(
                one.source for one in self._vintages if one.dataset == dataset
            )
        ]
        parts = [part for part in parts if len(part)]
        if not parts:
            return empty(dataset)
        rows = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
        again = rows.duplicated([*KEYS[dataset], "available_at"], keep="last")
        return conform(dataset, rows[~again] if again.any() else rows)

    def _span(self, calendar: Calendar) -> tuple[dt.date, dt.date]:
        days = [moment.date() for moment in sorted(self.read("prices")["date"].unique())]
        first = next((day for day in days if calendar.is_session(day)), None)
        last = next((day for day in reversed(days) if calendar.is_session(day)), None)
        if first is None or last is None:
            raise DataError(
                f"the store {self._store.folder.name}/ has no price on a session of the calendar "
                f"{calendar.name}, so no date can be asked for. Run `research fetch`; what failed "
                "is told there."
            )
        return first, last
