"""What was known at a date: rows cut at the cutoff, put in order, and fingerprinted."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.calendar import cutoff
from research.market.sources import MOMENT, TEXT, columns_of

# What makes a row; a later `available_at` of the same row is its revision and comes after it.
KEYS = {
    "prices": ("instrument", "date"),
    "fundamentals": ("instrument", "item", "period_end"),
    "consensus": ("instrument", "item", "fiscal_year_end"),
    "ratings": ("instrument", "analyst", "date"),
    "rating_counts": ("instrument", "date", "rating"),
    "actions": ("instrument", "item", "date"),
    "ownership": ("fund", "group", "date"),
}
VALUES = {
    "prices": ("close", "adj_close", "unit", "price_type"),
    "fundamentals": ("value", "unit"),
    "consensus": ("value", "unit"),
    "ratings": ("broker", "rating"),
    "rating_counts": ("count",),
    "actions": ("value", "unit"),
    "ownership": ("weight", "benchmark_weight"),
}
"""What a row says; another of these under the same key is a revision."""


class Told(NamedTuple):
    """All that a dataset tells, in its own order: by `KEYS`, then as it became public.

    `rows` with the same number in `of` are the vintages of one.
    """

    rows: pd.DataFrame
    of: NDArray[np.int64]

    def newest(self) -> pd.DataFrame:
        """The last vintage of each."""
        last = np.ones(len(self.of), dtype=bool)
        last[:-1] = self.of[1:] != self.of[:-1]
        return self.rows if last.all() else self.rows[last].reset_index(drop=True)

    def repeated(self) -> pd.DataFrame:
        """The rows that have their key and their moment in common with another."""
        moments = self.rows["available_at"].dt.tz_localize(None).to_numpy()
        alike = (self.of[1:] == self.of[:-1]) & (moments[1:] == moments[:-1])
        return self.rows[np.append(alike, False) | np.append(False, alike)]


def ordered(frame: pd.DataFrame, dataset: str) -> Told:
    """The columns of the dataset, with its rows in order."""
    frame = frame[list(columns_of(dataset))]
    keys = [_sortable(frame[name]) for name in (*KEYS[dataset], "available_at")]
    order = np.lexsort(keys[::-1])
    if (np.diff(order) < 0).any():  # to take half a million rows costs more than to look
        frame = frame.iloc[order]
        keys = [one[order] for one in keys]
    begins = np.zeros(len(frame), dtype=np.int64)
    for one in keys[:-1]:
        begins[1:] |= one[1:] != one[:-1]
    return Told(frame.reset_index(drop=True), begins.cumsum())


def visible(told: Told, as_of: dt.date) -> Told:
    """What was public by the end of `as_of`; a row without `available_at` never is."""
    known = (told.rows["available_at"] <= pd.Timestamp(cutoff(as_of))).to_numpy()
    if known.all():
        return told
    return Told(told.rows[known].reset_index(drop=True), told.of[known])


def spans(frame: pd.DataFrame) -> dict[str, slice]:
    """Instrument → its rows in a frame that is ordered by instrument."""
    codes, names = pd.factorize(frame["instrument"])
    edges = np.searchsorted(codes, np.arange(len(names) + 1))
    return {str(name): slice(edges[n], edges[n + 1]) for n, name in enumerate(names)}


def fingerprint(frame: pd.DataFrame) -> str:
    """sha256 of the columns' names and every row's values, in order."""
    digest = hashlib.sha256(",".join(frame.columns).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _sortable(column: pd.Series) -> np.ndarray:
    if column.dtype == TEXT:
        return pd.factorize(column, sort=True)[0]
    if column.dtype == MOMENT:
        column = column.dt.tz_localize(None)
    return np.asarray(column.to_numpy())
