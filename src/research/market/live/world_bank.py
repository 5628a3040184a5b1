"""The World Bank's Pink Sheet: monthly average prices of commodities, in one workbook."""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from research.market.live import Part
from research.market.live.answers import SourceError, changed
from research.market.live.http import Client, Reply
from research.market.live.rows import price_rows
from research.market.sources.readers import UnreadableError, read_sheet
from research.params.models import Feed, FeedLine
from research.params.where import spelling

SHEET = "Monthly Prices"
_UNITS = {  # a "dry tonne unit" of iron ore is priced by the whole dry tonne here, whatever it says
    "$/mt": "USD/t",
    "$/dmtu": "USD/t",
    "$/troy oz": "USD/oz",
    "$/toz": "USD/oz",
    "$/kg": "USD/kg",
}
_MISSING = ("…", "...", "..", "")
_MONTH = re.compile(r"(\d{4})M(0[1-9]|1[0-2])")
_HEAD_ROWS = 12


def parts(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """One request for all: the workbook at the feed's address."""
    return [
        Part(
            name=feed.address.rpartition("/")[2],
            address=feed.address,
            instruments=tuple(line.instrument for line in feed.lines),
            load=partial(_load, feed, client),
        )
    ]


def _load(feed: Feed, client: Client) -> Mapping[str, pd.DataFrame]:
    return {"prices": averages(client.get(feed.address, expect="xlsx"), feed)}


def averages(reply: Reply, feed: Feed) -> pd.DataFrame:
    """Rows of `prices` of type `average`, dated by the first day of their month.

    Both layouts are read: names, units, and up to December 2025 a row of codes. Raises SourceError
    for any other, for a name that is not there, and for a unit that is not known.
    """
    try:
        rows = read_sheet(reply.body, SHEET)
    except UnreadableError as error:
        raise changed(reply.address, f"a workbook that {error}", f"a sheet {SHEET!r}") from None
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            f"{reply.address} answered with a workbook that cannot be read "
            f"({type(error).__name__}). It broke off, or is spoilt. Fetch again."
        ) from None
    first = next((n for n, row in enumerate(rows) if row and _month(row[0])), None)
    head = None if first is None else _head(rows[:first])
    if first is None or head is None:
        raise changed(
            reply.address, f"no row of names with units like ($/mt) below it in {SHEET!r}",
            "names, units, then months such as 2026M01",
        )  # fmt: skip
    names = [_plain(cell) for cell in rows[head]]
    units = [str(cell or "").strip(" ()") for cell in rows[head + 1]]
    months = _months(reply, rows[first:])
    return pd.concat(
        [_line(reply, feed, line, names, units, months) for line in feed.lines], ignore_index=True
    )


def _head(rows: Sequence[Sequence[Any]]) -> int | None:
    """The row of names: the one above most cells like `($/mt)`."""
    for number, row in enumerate(rows[1:_HEAD_ROWS]):
        if sum(isinstance(cell, str) and cell.strip().startswith("($/") for cell in row) >= 3:
            return number
    return None


def _months(reply: Reply, rows: Sequence[Sequence[Any]]) -> list[tuple[dt.date, Sequence[Any]]]:
    found: list[tuple[dt.date, Sequence[Any]]] = []
    for row in rows:
        if all(cell is None for cell in row):
            continue
        day = _month(row[0])
        if day is None or (found and day <= found[-1][0]):
            raise changed(
                reply.address, f"{row[0]!r} after {found[-1][0]:%YM%m}", "month after month"
            )
        found.append((day, row))
    return found


def _line(
    reply: Reply,
    feed: Feed,
    line: FeedLine,
    names: Sequence[str],
    units: Sequence[str],
    months: Sequence[tuple[dt.date, Sequence[Any]]],
) -> pd.DataFrame:
    places = [n for n, name in enumerate(names) if name == _plain(line.symbol)]
    if len(places) != 1:
        near = spelling(line.symbol, [name for name in names if name])
        raise changed(
            reply.address, f"{len(places)} columns {line.symbol!r}", f"one. {near}".strip(" .")
        )
    place = places[0]
    unit = _UNITS.get(units[place])
    if unit is None:
        raise changed(reply.address, f"{line.symbol} in {units[place]!r}", ", ".join(_UNITS))
    days, values = [], []
    for day, row in months:
        cell = row[place] if place < len(row) else None
        if cell is None or (isinstance(cell, str) and cell.strip() in _MISSING):
            continue
        if not isinstance(cell, int | float) or isinstance(cell, bool) or not math.isfinite(cell):
            raise changed(reply.address, f"{line.symbol} of {day:%YM%m} is {cell!r}", "a number")
        days.append(day)
        values.append(float(cell))
    return price_rows(reply.address, feed, line, days, values, unit=unit, price_type="average")


def _month(cell: Any) -> dt.date | None:
    match = _MONTH.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return dt.date(int(match[1]), int(match[2]), 1) if match else None


def _plain(cell: Any) -> str:
    """A name without its marks of a footnote, such as `Coal, South African **`."""
    return str(cell or "").strip(" *").casefold()
