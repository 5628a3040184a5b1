"""What the store keeps: the market's datasets, and some that only later notes will ask for."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from research.errors import UsageError
from research.market.sources import COLUMNS, DAY, MOMENT, NUMBER, TEXT
from research.market.views import KEYS as MARKET_KEYS
from research.market.views import VALUES as MARKET_VALUES

TYPES: Mapping[str, Mapping[str, str]] = {
    **COLUMNS,
    "positioning": {  # futures held by kinds of traders
        "instrument": TEXT,
        "item": TEXT,  # open_interest | spec_long | spec_short | comm_long | …
        "date": DAY,
        "value": NUMBER,
        "unit": TEXT,
        "source": TEXT,
        "available_at": MOMENT,
    },
    "holdings": {  # what a fund holds; `instrument` is the fund
        "instrument": TEXT,
        "date": DAY,
        "ticker": TEXT,
        "name": TEXT,
        "location": TEXT,
        "asset_class": TEXT,
        "weight": NUMBER,  # fraction of the fund
        "value": NUMBER,
        "unit": TEXT,
        "source": TEXT,
        "available_at": MOMENT,
    },
}
KEYS: Mapping[str, tuple[str, ...]] = {
    **MARKET_KEYS,
    "positioning": ("instrument", "item", "date"),
    "holdings": ("instrument", "date", "ticker", "name", "location", "asset_class"),
}
"""What makes a row; the first column is the one that files are sorted by."""
VALUES: Mapping[str, tuple[str, ...]] = {
    **MARKET_VALUES,
    "positioning": ("value", "unit"),
    "holdings": ("weight", "value", "unit"),
}
"""What a row says; another of these under the same key is a revision."""
SNAPSHOTS = ("consensus", "ratings", "rating_counts")
"""Datasets whose sources tell only today's state: every day's fetch is kept whole."""
LAST_DAY = {"consensus": "available_at"}
"""The column of a row's own day, where it is not `date` or `period_end`."""


def types_of(dataset: str) -> Mapping[str, str]:
    """Column → type of `dataset`; UsageError with the known names when there is none such."""
    if dataset not in TYPES:
        raise UsageError(f"dataset {dataset!r} is not known; the store has {', '.join(TYPES)}.")
    return TYPES[dataset]


def day_of(dataset: str) -> str:
    """The column of a row's own day."""
    if dataset in LAST_DAY:
        return LAST_DAY[dataset]
    return "period_end" if dataset == "fundamentals" else "date"


def shaped(dataset: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with exactly the columns, order and types of `dataset`; KeyError for a missing one.

    An empty frame without columns is one without rows.
    """
    types = types_of(dataset)
    if not len(frame.columns):
        frame = pd.DataFrame({name: [] for name in types})
    return pd.DataFrame({name: frame[name].astype(t) for name, t in types.items()})
