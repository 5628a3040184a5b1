"""What was known at a date: rows cut at the cutoff, put in order, and fingerprinted."""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np
import pandas as pd

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


def ordered(frame: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The columns of the dataset, rows in its own order: by `KEYS`, then as they became public."""
    frame = frame[list(columns_of(dataset))]
    keys = [_sortable(frame[name]) for name in (*KEYS[dataset], "available_at")]
    order = np.lexsort(keys[::-1])
    if (np.diff(order) < 0).any():  # to take half a million rows costs more than to look
        frame = frame.iloc[order]
    return frame.reset_index(drop=True)


def visible(frame: pd.DataFrame, dataset: str, as_of: dt.date) -> pd.DataFrame:
    """The rows of `frame`, which is `ordered`, that were public by the end of `as_of`.

    A row whose `available_at` is missing is never public. Of prices only the latest revision is
    kept; of everything else all vintages.
    """
    known = (frame["available_at"] <= pd.Timestamp(cutoff(as_of))).to_numpy()
    frame = frame.copy(deep=False) if known.all() else frame[known].reset_index(drop=True)
    if dataset == "prices":
        revised = frame.duplicated(list(KEYS[dataset]), keep="last").to_numpy()
        frame = frame[~revised].reset_index(drop=True) if revised.any() else frame
    return frame


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
