"""A catalogue file into its record, or every fault of it at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from research.errors import Fault, ParamsError, UsageError
from research.market.sources.catalogue import FORMATS, OPTIONAL, REQUIRED, Catalogue, Entry
from research.params.models import Universe
from research.params.sentences import read_record
from research.params.where import Place, Tree, read_yaml, spelling


def load_catalogue(path: Path, universe: Universe) -> tuple[Catalogue, str]:
    """The catalogue at `path` and the sha256 of its bytes.

    Raises UsageError when there is no such file, and one ParamsError with file, line and key of
    all that is wrong in it: form first, then what does not fit together or with `universe`.
    """
    if not path.is_file():
        raise UsageError(
            f"the catalogue {path.name} is not there; it was looked for at {_from_here(path)}. "
            "`source: files:<path>` names it relative to the note's file."
        )
    tree, faults = read_yaml(path, path.name)
    if tree is None or faults:
        raise ParamsError(faults)
    catalogue, faults = read_record(Catalogue, tree)
    if catalogue is None:
        raise ParamsError(faults)
    for number, entry in enumerate(catalogue.entries):
        faults += _entry_faults(entry, tree, ("entries", number), universe)
    if faults:
        raise ParamsError(faults)
    return catalogue, tree.sha256


def _from_here(path: Path) -> str:
    """Where `path` lies as seen from the working folder: kept notebooks show this message too."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # another drive of Windows
        return path.name


def _entry_faults(entry: Entry, tree: Tree, at: Place, universe: Universe) -> Iterator[Fault]:
    yield from _file_faults(entry, tree, at)
    yield from _instrument_faults(entry, tree, at, universe)
    yield from _column_faults(entry, tree, at)
    if entry.first and entry.last and entry.first > entry.last:
        yield tree.fault((*at, "first"), f"is {entry.first}, after `last`, {entry.last}.")
    if "%z" in entry.date_format.lower() and entry.time_zone is None:
        yield tree.fault(
            (*at, "date_format"),
            "has a zone, so `time_zone` is missing: where the day of such a moment is read off.",
        )
    if entry.invert and " per " not in (entry.unit or ""):
        yield tree.fault((*at, "unit"), "is inverted, so it is two units: `CAD per USD`.")


def _file_faults(entry: Entry, tree: Tree, at: Place) -> Iterator[Fault]:
    if (entry.file is None) == (not entry.files):
        yield tree.fault(at, "needs either `file`, or `files` with an instrument for each.")
    places = [(*at, "file"), *((*at, "files", key) for key in entry.files)]
    for place in places:
        name = tree.at(*place)
        if name and PurePosixPath(name).suffix.lower() not in FORMATS:
            yield tree.fault(place, f"{name} ends in none of {', '.join(FORMATS)}.")
    if entry.file is None or entry.dataset == "ownership":
        return
    ways = (entry.instrument is not None, "instrument" in entry.columns, entry.layout == "wide")
    if sum(ways) != 1:
        yield tree.fault(
            at,
            f"says what the file is about in {'no way' if not any(ways) else 'more than one way'}.",
            "Give `instrument`, or a column for `instrument`, or `layout: wide`.",
        )


def _instrument_faults(entry: Entry, tree: Tree, at: Place, universe: Universe) -> Iterator[Fault]:
    known = [one.id for one in universe.instruments]
    named: list[tuple[Place, str | None]] = [
        ((*at, "instrument"), entry.instrument),
        *(((*at, "files", key), key) for key in entry.files),
        *(((*at, "instruments", symbol), key) for symbol, key in entry.instruments.items()),
        *(((*at, "repairs", n), one.instrument) for n, one in enumerate(entry.repairs)),
    ]
    for place, name in named:
        if name is not None and name not in known:
            yield tree.fault(
                place, f"{name} is no instrument of the universe.", spelling(name, known)
            )


def _contract_faults(entry: Entry, tree: Tree, at: Place, given: set[str]) -> Iterator[Fault]:
    if ("contract" in given) != (entry.roll is not None):
        yield tree.fault(
            (*at, "roll"),
            "and a column `contract` go together: futures come one by one and are rolled here.",
            "Give both, or neither for a line that its vendor rolled.",
        )
    if entry.roll is None:
        return
    if isinstance(entry.roll, str) and entry.roll not in given:
        yield tree.fault((*at, "columns"), f"does not say which header is `{entry.roll}`.")
    if entry.price_type != "settlement" or "adj_close" in given:
        yield tree.fault(
            (*at, "price_type"),
            "of contracts is `settlement`, in a column `close`; the adjusted line is made of it.",
        )


def _column_faults(entry: Entry, tree: Tree, at: Place) -> Iterator[Fault]:
    prices = entry.dataset == "prices"
    if entry.layout == "wide":
        if not prices or set(entry.columns) != {"date"} or not entry.instruments:
            yield tree.fault(
                (*at, "layout"),
                "is wide, so the entry needs `dataset: prices`, one column `date`, and "
                "`instruments` for the headers.",
            )
        given = {"date", "close"}
    else:
        given = {*entry.columns, *entry.constants}
    allowed = (*REQUIRED[entry.dataset], *OPTIONAL[entry.dataset])
    for part in ("columns", "constants"):
        for name, _ in tree.entries(*at, part):
            if name not in allowed:
                yield tree.fault(
                    (*at, part, name),
                    f"is no column of {entry.dataset}.",
                    spelling(name, allowed),
                )
    yield from _contract_faults(entry, tree, at, given)
    headers = list(entry.columns.values())
    for name, header in entry.columns.items():
        if headers.count(header) > 1:
            yield tree.fault(
                (*at, "columns", name), f"is {header}, and so is another column. Map each once."
            )
    for name in REQUIRED[entry.dataset]:
        if name not in given:
            yield tree.fault((*at, "columns"), f"does not say which header is `{name}`.")
    if "unit" in allowed and entry.unit is None and "unit" not in given:
        yield tree.fault(
            (*at, "unit"), "is missing: USD, GBp, USD/oz or the like. It is never guessed."
        )
    if not prices:
        return
    if not given & {"close", "adj_close"}:
        yield tree.fault((*at, "columns"), "gives neither `close` nor `adj_close`.")
    if entry.adjusted == "total-return" and "close" in entry.columns:
        yield tree.fault(
            (*at, "columns", "close"),
            "is adjusted for distributions, so nobody paid it.",
            "Map it to `adj_close`: it serves returns and is never shown as a price.",
        )
