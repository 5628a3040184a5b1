"""The source of a desk's own files: what a catalogue names, read, checked and spliced."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from research.calendar import Calendar
from research.errors import DataError
from research.market.sources import COLUMNS, columns_of, conform, empty
from research.market.sources.catalogue import Entry
from research.market.sources.load import load_catalogue
from research.market.sources.readers import UnreadableError, read_table
from research.market.sources.splice import Piece, splice
from research.market.sources.tidy import tidy
from research.market.units import Unit, UnitError
from research.params.models import Instrument, Params, Universe


class FilesSource:
    """A desk's files as datasets.

    Every file is read and checked when the source is opened. Raises ParamsError for a faulty
    catalogue, and one DataError with every fault of every file.
    """

    columns: Mapping[str, Mapping[str, str]] = COLUMNS

    def __init__(self, path: Path, universe: Universe, calendar: Calendar) -> None:
        catalogue, digest = load_catalogue(path, universe)
        self.title = catalogue.title
        self.illustrative = catalogue.illustrative
        self._inputs = {path.name: digest}
        self._folder = path.parent
        known = {one.id for one in universe.instruments}
        faults: list[str] = []
        pieces: dict[str, list[Piece]] = defaultdict(list)
        parts: dict[str, list[pd.DataFrame]] = defaultdict(list)
        for entry in catalogue.entries:
            for instrument, file in entry.paths():
                try:
                    rows = self._read(file, entry, instrument, known)
                except UnreadableError as error:
                    faults += [f"{file}: {fault}" for fault in error.faults]
                    continue
                if entry.dataset != "prices":
                    parts[entry.dataset].append(rows)
                    continue
                for key, one in rows.groupby("instrument", sort=False):
                    used = _within(one, entry)
                    faults += _unit_faults(file, used, universe[str(key)])
                    faults += _ticker_faults(file, used, universe[str(key)], entry)
                    pieces[str(key)].append(_piece(file, entry, one))
        if not faults:
            for key, history in pieces.items():
                spliced, against = splice(key, history)
                parts["prices"].append(spliced)
                faults += against
        if faults:
            count = len(faults)
            raise DataError(
                f"{path.name}: {count} fault{'s' if count > 1 else ''} in the files it names; "
                "no data were taken.\n" + "\n".join(f"  {fault}" for fault in faults)
            )
        self._frames = {
            dataset: conform(dataset, pd.concat(frames, ignore_index=True))
            for dataset, frames in parts.items()
        }
        self.first_session, self.last_session = self._span(path.name, calendar)

    @classmethod
    def open(cls, path: Path, params: Params) -> FilesSource:
        """The source of the catalogue at `path`, for the universe and calendar of `params`."""
        return cls(path, params.universe, Calendar(params.note.calendar))

    def read(self, dataset: str) -> pd.DataFrame:
        """Every row of `dataset`; no rows when the catalogue has no file for it."""
        columns_of(dataset)
        return self._frames.get(dataset, empty(dataset))

    def inputs(self) -> dict[str, str]:
        """File, relative to the catalogue, → sha256 of its bytes; the catalogue among them."""
        return dict(sorted(self._inputs.items()))

    def _read(
        self, file: str, entry: Entry, instrument: str | None, known: set[str]
    ) -> pd.DataFrame:
        path = self._folder / file
        if not path.is_file():
            names = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
            near = difflib.get_close_matches(path.name, sorted(names), n=1)
            raise UnreadableError(
                "is not there"
                + (f"; did you mean {near[0]!r}?" if near else ".")
                + " Paths are relative to the catalogue."
            )
        data = path.read_bytes()
        self._inputs[file] = hashlib.sha256(data).hexdigest()
        if entry.layout == "wide":
            named = [symbol for symbol, key in entry.instruments.items() if key is not None]
            headers = [entry.columns["date"], *named]
        else:
            headers = list(entry.columns.values())
        rows = tidy(read_table(data, file, entry, headers), entry, instrument)
        if "instrument" in rows and (strange := sorted(set(rows["instrument"]) - known)):
            raise UnreadableError(
                f"names {', '.join(strange[:8])}, which the universe does not know. Say in "
                "`instruments` which symbol is which instrument, and null for those to leave out."
            )
        return rows

    def _span(self, name: str, calendar: Calendar) -> tuple[dt.date, dt.date]:
        days = [moment.date() for moment in sorted(self.read("prices")["date"].unique())]
        first = next((day for day in days if calendar.is_session(day)), None)
        last = next((day for day in reversed(days) if calendar.is_session(day)), None)
        if first is None or last is None:
            raise DataError(
                f"{name}: no price falls on a session of the calendar {calendar.name}, so no date "
                "can be asked for. Add an entry with daily prices."
            )
        return first, last


def _piece(file: str, entry: Entry, rows: pd.DataFrame) -> Piece:
    return Piece(
        name=file,
        rows=rows.sort_values("date", ignore_index=True)[list(COLUMNS["prices"])],
        first=entry.first,
        last=entry.last,
        tolerance=entry.tolerance,
        frequency=entry.frequency,
    )


def _within(rows: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    """The rows of the days that the file is used for."""
    if entry.first is None and entry.last is None:
        return rows
    first, last = entry.first or dt.date.min, entry.last or dt.date.max
    return rows[rows["date"].between(pd.Timestamp(first), pd.Timestamp(last))]


def _ticker_faults(
    file: str, rows: pd.DataFrame, instrument: Instrument, entry: Entry
) -> list[str]:
    """Rows filed under a ticker of `instrument` after the last day on which it meant it.

    A vendor files the whole history under the newest ticker, so earlier days are no fault; what
    follows the last one is another company's. The ticker is the file's name, or the symbol in it.
    """
    symbols = [symbol for symbol, key in entry.instruments.items() if key == instrument.id]
    filed = symbols or [PurePosixPath(file).stem]
    lines = [line for line in instrument.listings if line.ticker in filed]
    if not lines or rows.empty or any(line.valid_to is None for line in lines):
        return []
    end = max(line.valid_to for line in lines if line.valid_to)
    late = rows[rows["date"].dt.date > end]
    if late.empty:
        return []
    return [
        f"{file}: {lines[0].ticker} has {len(late)} rows after {end}, such as "
        f"{late['date'].iloc[0]:%Y-%m-%d}; from then on the ticker no longer means "
        f"{instrument.id}, and may mean another company. Declare `last: {end}`, and bring what "
        f"follows under its new ticker."
    ]


def _unit_faults(file: str, rows: pd.DataFrame, instrument: Instrument) -> list[str]:
    """What is wrong with the unit that rows of `instrument` are declared in.

    A metal may come in another currency or weight than the universe wants: the unit travels with
    the rows. Anything else must be in the unit of one of its listings, on days it was listed.
    """
    if rows.empty:
        return []  # told when the pieces are spliced
    unit = str(rows["unit"].iloc[0])
    found = f"{file}: {instrument.id} is declared in {unit}"
    if rows["unit"].nunique() > 1:
        units = ", ".join(sorted(rows["unit"].unique()))
        return [f"{file}: {instrument.id} comes in {units}; bring one line in one unit."]
    try:
        per = Unit(unit).per
    except UnitError as error:
        return [f"{file}: {instrument.id}: {error}"]
    if instrument.kind == "metal":
        return [] if per and "/" in unit else [f"{found}; expected money by weight, as USD/oz."]
    if not instrument.listings:
        return [] if unit == instrument.unit else [f"{found}; expected {instrument.unit}."]
    lines = [line for line in instrument.listings if line.unit == unit]
    if not lines:
        quoted = ", ".join(sorted({line.unit for line in instrument.listings}))
        return [
            f"{found}, but is quoted in {quoted}. "
            "Mend the unit, or add the listing to the universe."
        ]
    start = min(line.valid_from or dt.date.min for line in lines)
    end = max(line.valid_to or dt.date.max for line in lines)
    if start == dt.date.min and end == dt.date.max:
        return []
    days = rows["date"].dt.date
    outside = days[(days < start) | (days > end)]
    if outside.empty:
        return []
    return [
        f"{found}, and has {len(outside)} rows outside its listing in that unit "
        f"({start} to {end}), such as {outside.iloc[0]}: another company may have had the ticker. "
        "Declare `first` and `last`."
    ]
