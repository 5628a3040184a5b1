"""Cells of one column into days or numbers, exactly as the catalogue declares them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from research.market.sources import DAY, NUMBER
from research.market.sources.catalogue import Entry

_SHOWN = 3  # faults of one kind in one column that are spelt out; the rest are counted


def read_days(cells: pd.Series, header: str, entry: Entry, faults: list[str]) -> pd.Series:
    """Days without a time zone; NaT where a cell is missing, or is no day, which is a fault."""
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        parsed = cells.dt.tz_convert(entry.zone or "UTC").dt.tz_localize(None)
    elif cells.dtype.kind == "M":
        parsed = cells
    elif cells.dtype == object:  # a workbook holds dates and text side by side
        real = cells.map(lambda cell: isinstance(cell, dt.date)).astype(bool)
        text = cells.where(~real).map(_text, na_action="ignore").astype("str")
        parsed = _parse_days(text, entry).where(~real, pd.to_datetime(cells.where(real)))
    else:
        parsed = _parse_days(cells.astype("str"), entry)
    bad = parsed.isna() & cells.notna()
    faults += tell(cells[bad].items(), header, f"not a date in the form {entry.date_format}")
    return parsed.dt.normalize().astype(DAY)


def read_numbers(cells: pd.Series, header: str, entry: Entry, faults: list[str]) -> pd.Series:
    """Finite numbers; NaN where a cell is missing, or is no number, which is a fault."""
    if cells.dtype.kind in "iuf":
        values = cells.astype(NUMBER)
    elif cells.dtype == object:  # a workbook holds numbers and text side by side
        real = cells.map(lambda c: isinstance(c, int | float) and not isinstance(c, bool))
        real = real.astype(bool) & cells.notna()
        text = _parse_numbers(cells.where(~real).astype("str"), entry)
        values = text.where(~real, cells.where(real).astype(NUMBER))
    else:
        values = _parse_numbers(cells.astype("str"), entry)
    bad = cells.notna() & ~np.isfinite(values)
    marks = ", ".join(repr(mark) for mark in entry.null)
    faults += tell(
        cells[bad].items(), header, f"not a number (missing is {marks}; see `null`, `thousands`)"
    )
    return values


def tell(cells: Iterable[tuple[Any, Any]], header: str, what: str) -> list[str]:
    """A sentence for each of the first cells (row of the file, value), and how many more."""
    found = list(cells)
    told = [f"row {row}, column {header!r}: {cell!r} is {what}." for row, cell in found[:_SHOWN]]
    if len(found) > _SHOWN:
        told[-1] += f" So are {len(found) - _SHOWN} more cells of this column."
    return told


def more(count: int, what: str) -> str:
    """` (and 3 more rows)`; nothing when there are none."""
    return f" (and {count} more {what}{'s' if count > 1 else ''})" if count > 0 else ""


def _parse_days(text: pd.Series, entry: Entry) -> pd.Series:
    zoned = "%z" in entry.date_format.lower()
    parsed = pd.to_datetime(text.str.strip(), format=entry.date_format, errors="coerce", utc=zoned)
    return parsed.dt.tz_convert(entry.zone).dt.tz_localize(None) if zoned else parsed


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _parse_numbers(text: pd.Series, entry: Entry) -> pd.Series:
    text = text.str.strip()
    if entry.thousands:
        mark, point = re.escape(entry.thousands), re.escape(entry.decimal)
        grouped = text.str.contains(mark, na=False)
        # `1,5` read with thousands `,` would silently become 15.
        whole = text.str.fullmatch(rf"[+-]?\d{{1,3}}({mark}\d{{3}})+({point}\d*)?", na=False)
        text = text.where(~grouped | whole).str.replace(entry.thousands, "", regex=False)
    if entry.decimal != ".":
        text = text.str.replace(entry.decimal, ".", regex=False)
    # pandas reads `1_000` and the like as numbers too.
    plain = text.str.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", na=False)
    return pd.to_numeric(text.where(plain), errors="coerce").astype(NUMBER)
