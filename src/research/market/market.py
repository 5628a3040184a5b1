"""The market as it was known at `as_of`: every number of a note comes through here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, NotRequired, TypedDict, TypeVar

import numpy as np
import pandas as pd

from research.calendar import Calendar
from research.errors import UsageError
from research.market.align import sessions_of
from research.market.corrections import Applied, corrected
from research.market.prices import Prices, Quote, is_stale
from research.market.sources import COLUMNS, Source, columns_of, open_source
from research.market.units import Panel, Unit
from research.market.views import Told, fingerprint, ordered, visible
from research.params.models import Params

Found = TypeVar("Found")


class Stamp(TypedDict):
    """Where the data of an exhibit come from, and of which day they are."""

    source: str
    as_of: dt.date
    illustrative: bool
    lacking: NotRequired[tuple[str, ...]]


class Market:
    """One source, seen from the end of one day.

    No row that became public later ever leaves. Datasets are read when first asked for. What is
    handed out may be changed freely: it is a copy, made when it is written to.
    """

    def __init__(
        self, params: Params, source: Source, as_of: str | dt.date = "latest", *, name: str = ""
    ) -> None:
        self.params = params
        self.method = params.method
        self.calendar = Calendar(params.note.calendar)
        self.source = source
        self.source_name = name or source.title
        self.illustrative = source.illustrative
        self.as_of, self.as_of_note = self._session(as_of)
        self.universe = params.universe.at(self.as_of)
        self._told: dict[str, Told] = {}  # shared by the markets of one source
        self._seen: dict[str, Told] = {}
        self._once: dict[Hashable, Any] = {}
        self._applied: tuple[Applied, ...] = ()

    @classmethod
    def open(cls, params: Params, *, source: str = "", as_of: str | dt.date = "latest") -> Market:
        """The market of a note.

        `source` and `as_of` left empty are what the note's file says; `latest` is the source's
        last session; a day without trading becomes the session before it, and `as_of_note` says
        so. Raises UsageError for a date outside the source, or none, and DataError for bad data.
        A market that was kept is given again, and for another day its source is.
        """
        chosen, day = source or params.note.source, as_of or params.note.as_of
        same = [one for one in _kept if one[0] == chosen and one[2].params == params]
        for _, its_days, kept in same:
            if str(day) in its_days:
                return kept
        name = chosen if chosen == "sample" else ""
        if not same:
            return cls(params, open_source(chosen, params), day, name=name)
        market = cls(params, same[0][2].source, day, name=name)
        market._told = same[0][2]._told
        return market

    @classmethod
    def hold(cls, params: Params, *, source: str = "") -> None:
        """Read all that a source gives, and have it serve the markets of all days from now on."""
        market = cls.open(params, source=source)
        for dataset in COLUMNS:
            market._all(dataset)
        _kept.append((source or params.note.source, set(), market))

    def keep(self, *, source: str = "", as_of: str | dt.date = "latest") -> None:
        """Read all of it, and have every later `open` in the same words give it again.

        For a process that others are forked from: files that change later are not seen.
        """
        for dataset in COLUMNS:
            self.has(dataset)
        sessions_of(self.calendar.name, self.source.first_session, self.as_of)
        days = {str(as_of or self.params.note.as_of), self.as_of.isoformat()}
        _kept.append((source or self.params.note.source, days, self))

    # ── long frames ─────────────────────────────────────────────────────────

    def frame(self, dataset: str) -> pd.DataFrame:
        """All visible rows of `dataset`, in the order of its keys; no rows where there is none."""
        return self._view(dataset).copy(deep=False)

    def has(self, dataset: str) -> bool:
        """True when at least one row of `dataset` is visible."""
        return not self._view(dataset).empty

    def repeated(self, dataset: str) -> pd.DataFrame:
        """Of the rows that the source gives, those with the key and the moment of another."""
        self._visible(dataset)
        return self._told[dataset].repeated()

    def consensus(self, item: str) -> pd.DataFrame:
        """Of each instrument and fiscal year, the newest vintage of `item`; dataset's columns."""
        return self._newest("consensus", item)

    def reported(self, item: str) -> pd.DataFrame:
        """Of each instrument and period, `item` as last restated; dataset's columns."""
        return self._newest("fundamentals", item)

    # ── prices ──────────────────────────────────────────────────────────────

    def price_rows(self, id: str) -> pd.DataFrame:
        """The rows of `prices` of one instrument, oldest first; no rows where it has none."""
        return self._prices.rows(id).copy(deep=False)

    def closes(
        self,
        ids: Sequence[str],
        *,
        unit: str | None = None,
        fill_days: int | None = None,
        rolled: bool = False,
    ) -> Panel:
        """Closes on the note's sessions, date × id in the order asked, all in `unit`.

        A gap is filled with the last close for `fill_days` sessions (default: method.gates) and
        is NaN after that. Other currencies are converted at the same session's rate. With
        `rolled`, a line of futures contracts is ratio-adjusted to the level of its last contract:
        for changes, never shown as a price. Raises UnitError when units differ and `unit` is not
        given.
        """
        return self._prices.closes(ids, unit, fill_days, rolled)

    def total_return(
        self, ids: Sequence[str], *, currency: str = "USD", fill_days: int | None = None
    ) -> pd.DataFrame:
        """Total-return levels on the note's sessions, date × id; only their changes mean anything.

        Distributions are reinvested. Companies and funds need adjusted closes and are NaN without
        them; metals, currency pairs and indices pay nothing, so their close serves, and of futures
        contracts one by one their ratio-adjusted line. Filled forward as `closes` are. Raises
        UnitError for a yield, which earns no return by itself.
        """
        return self._prices.total_return(ids, currency, fill_days)

    def latest(self, id: str) -> Quote | None:
        """The last close of an instrument; None when there is none."""
        return self.once(("latest", id), lambda: self._latest(id))

    # ── what is made of it ──────────────────────────────────────────────────

    def once(self, key: Hashable, compute: Callable[[], Found]) -> Found:
        """What `compute` made of this market when it was first asked for under `key`.

        For what takes long and is asked for again: the market does not change. `key` names all
        else that it is made of. A frame or series is handed out as a copy, made when written to;
        anything else must be one that cannot be changed.
        """
        if key not in self._once:
            self._once[key] = compute()
        found = self._once[key]
        return found.copy(deep=False) if isinstance(found, pd.DataFrame | pd.Series) else found

    # ── provenance ──────────────────────────────────────────────────────────

    def sources(self, ids: Sequence[str] | None = None) -> str:
        """The source line of an exhibit that shows the prices of `ids` (all, when not given)."""
        if self.illustrative:
            return f"{self.source.title}, seeded"
        frames = [self._view("prices")] if ids is None else [self._prices.rows(key) for key in ids]
        names = [name for rows in frames for name in rows["source"].unique()]
        return "; ".join(dict.fromkeys(names))

    def stamp(self, *ids: str) -> Stamp:
        """What every exhibit says of its data: source line, date, whether it is illustrative.

        Without `ids`, or with none that has a price, the source line is the source's title.
        Those of `ids` without a current price are named as `lacking`.
        """
        said: Stamp = {
            "source": (self.sources(ids) if ids else "") or self.source.title,
            "as_of": self.as_of,
            "illustrative": self.illustrative,
        }
        if lacking := tuple(one for one in ids if not self._is_current(one)):
            said["lacking"] = lacking
        return said

    def inputs(self) -> dict[str, str]:
        """`<source>:<dataset>` → sha256 of its visible rows; later rows do not change it."""
        return {
            f"{self.source_name}:{dataset}": fingerprint(self._view(dataset))
            for dataset in COLUMNS
            if self.has(dataset)
        }

    def corrections(self) -> tuple[Applied, ...]:
        """The corrections that changed visible prices; raises DataError where a source healed."""
        self._view("prices")
        return self._applied

    def files(self) -> dict[str, str]:
        """What the source was read from → sha256 of its bytes, rows of the future included."""
        return self.source.inputs()

    # ── within ──────────────────────────────────────────────────────────────

    def _session(self, asked: str | dt.date) -> tuple[dt.date, str]:
        first, last = self.source.first_session, self.source.last_session
        day = last if asked == "latest" else _date(asked)
        session = self.calendar.last_session(day)
        if session > last or day < first:
            side = f"after the last session of {self.source.title}, {last}"
            if day < first:
                side = f"before the first session of {self.source.title}, {first}"
            raise UsageError(
                f"as_of {day} is {side}. Choose a date from {first} to {last}, or `latest`; or "
                "bring data that reach further."
            )
        if session == day or asked == "latest":
            return session, ""
        return session, f"{day} is not a {self.calendar.name} session; data are as of {session}"

    def _view(self, dataset: str) -> pd.DataFrame:
        return self._visible(dataset).rows

    def _visible(self, dataset: str) -> Told:
        columns_of(dataset)
        if dataset not in self._seen:
            seen = visible(self._all(dataset), self.as_of)
            # Of prices the last revision alone is seen, of everything else all vintages.
            if dataset == "prices":
                rows = seen.newest()
                if self.params.corrections:
                    rows, self._applied = corrected(rows, self.params.corrections.corrections)
                seen = Told(rows, np.arange(len(rows)))
            self._seen[dataset] = seen
        return self._seen[dataset]

    def _all(self, dataset: str) -> Told:
        if dataset not in self._told:
            self._told[dataset] = ordered(self.source.read(dataset), dataset)
        return self._told[dataset]

    def _latest(self, id: str) -> Quote | None:
        rows = self._prices.rows(id)
        known = np.flatnonzero(rows["close"].notna())
        if not known.size:
            return None
        row = rows.iloc[known[-1]]
        day = row["date"].date()
        return Quote(
            id=id,
            value=float(row["close"]),
            unit=Unit(row["unit"]),
            date=day,
            price_type=row["price_type"],
            source=row["source"],
            stale=is_stale(day, row["price_type"], self.as_of, self.calendar, self.method),
        )

    def _is_current(self, id: str) -> bool:
        rows = self._prices.rows(id)
        if rows.empty:
            return False
        about = (rows["date"].iloc[-1].date(), str(rows["price_type"].iloc[-1]))
        return not is_stale(*about, self.as_of, self.calendar, self.method)

    def _newest(self, dataset: str, item: str) -> pd.DataFrame:
        def newest() -> pd.DataFrame:
            rows = self.once(("newest", dataset), self._visible(dataset).newest)
            return rows[(rows["item"] == item).to_numpy()].reset_index(drop=True)

        return self.once(("newest", dataset, item), newest)

    @cached_property
    def _prices(self) -> Prices:
        sessions = sessions_of(self.calendar.name, self.source.first_session, self.as_of)
        fill_days = self.method.gates.fill_days
        return Prices(self._view("prices"), self.universe, sessions, fill_days=fill_days)


_kept: list[tuple[str, set[str], Market]] = []


def _date(text: str | dt.date) -> dt.date:
    if isinstance(text, dt.date):
        return text.date() if isinstance(text, dt.datetime) else text
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(
        f"as_of {text!r} is not a date; expected YYYY-MM-DD, such as 2026-01-28, or `latest`."
    )
