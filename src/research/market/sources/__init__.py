"""Where data come from: the protocol every source keeps, and the columns of every dataset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from research.errors import UsageError
from research.params.models import Params

TEXT, NUMBER, DAY, MOMENT = "str", "float64", "datetime64[us]", "datetime64[us, UTC]"

# Rows are facts: one price of one day, one forecast of one vintage. `date` and the like are days
# without a time zone; `available_at` is the moment from which the row was public.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "prices": {
        "instrument": TEXT,
        "date": DAY,
        "close": NUMBER,
        "adj_close": NUMBER,  # total-return adjusted; NaN where the vendor has none
        "unit": TEXT,
        "price_type": TEXT,  # close | fix | settlement | spot | average
        "source": TEXT,
        "available_at": MOMENT,
    },
    "fundamentals": {
        "instrument": TEXT,
        "item": TEXT,
        "period_end": DAY,
        "value": NUMBER,
        "unit": TEXT,
        "published_at": DAY,
        "source": TEXT,
        "available_at": MOMENT,
    },
    "consensus": {
        "instrument": TEXT,
        "item": TEXT,
        "fiscal_year_end": DAY,
        "value": NUMBER,
        "unit": TEXT,
        "source": TEXT,
        "available_at": MOMENT,
    },
    "ratings": {
        "analyst": TEXT,
        "broker": TEXT,
        "instrument": TEXT,
        "date": DAY,
        "rating": TEXT,  # Buy | Hold | Sell | Dropped (coverage ended)
        "source": TEXT,
        "available_at": MOMENT,
    },
    "ownership": {
        "fund": TEXT,
        "group": TEXT,
        "date": DAY,
        "weight": NUMBER,
        "benchmark_weight": NUMBER,
        "source": TEXT,
        "available_at": MOMENT,
    },
    "rating_counts": {  # how many houses give a rating, where a source names none of them
        "instrument": TEXT,
        "date": DAY,  # the first of the month that was counted
        "rating": TEXT,  # Buy | Hold | Sell
        "count": NUMBER,
        "source": TEXT,
        "available_at": MOMENT,
    },
    "actions": {  # distributions and splits, by which closes were adjusted
        "instrument": TEXT,
        "date": DAY,  # the day from which the price is without it
        "item": TEXT,  # dividend | split
        "value": NUMBER,  # by share; new shares for one old
        "unit": TEXT,
        "source": TEXT,
        "available_at": MOMENT,
    },
}

BESIDES = ("rating_counts", "actions")
"""Datasets that no reader misses: they make others better, or are held against them."""

STORE_FOLDER = "../data"
"""Where vintages lie, as seen from the folder of a note's file."""


class Source(Protocol):
    """One supplier of datasets.

    `title` and `illustrative` are printed; `first_session` and `last_session` bound the dates
    that can be asked for. `read` returns every row it has (the Market cuts the future away) with
    exactly `columns[dataset]`, in those types; a dataset it does not have is `empty(dataset)`.
    `inputs` maps what was read (a path relative to the catalogue, or `sample:<version>`) to the
    sha256 of its bytes.
    """

    @property
    def title(self) -> str: ...
    @property
    def illustrative(self) -> bool: ...
    @property
    def first_session(self) -> dt.date: ...
    @property
    def last_session(self) -> dt.date: ...
    @property
    def columns(self) -> Mapping[str, Mapping[str, str]]: ...

    def read(self, dataset: str) -> pd.DataFrame: ...
    def inputs(self) -> dict[str, str]: ...


def open_source(name: str, params: Params) -> Source:
    """The source called `name`: `sample`, `store`, or `files:` and a catalogue's path.

    The path is relative to the note's file, as is that of another store, `store:<folder>`; by
    default it is `data/` beside the folder of parameters. Raises UsageError for any other name.
    """
    kind, _, path = name.partition(":")
    if kind == "sample" and not path:
        from research.market.sources.sample import SampleSource

        return SampleSource()
    if kind == "files" and path:
        from research.market.sources.files import FilesSource

        return FilesSource.open(Path(params.path).parent / path, params)
    if kind == "store":
        from research.market.store.source import StoreSource

        return StoreSource.open(Path(params.path).parent / (path or STORE_FOLDER), params)
    raise UsageError(
        f"source {name!r} is not known; expected `sample`, `store`, or `files:` and the path of a "
        "catalogue relative to the note's file, such as `files:desk/catalogue.yaml`."
    )


def empty(dataset: str) -> pd.DataFrame:
    """No rows, with the columns and types of `dataset`."""
    return conform(dataset, pd.DataFrame())


def conform(dataset: str, columns: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    """`columns` as a frame with exactly the columns, order and types of `dataset`.

    Raises UsageError for a dataset that does not exist and KeyError for a missing column,
    except that a frame without columns is taken for one without rows.
    """
    types = columns_of(dataset)
    if not len(columns):
        columns = {name: [] for name in types}
    return pd.DataFrame({name: pd.Series(columns[name]).astype(t) for name, t in types.items()})


def columns_of(dataset: str) -> Mapping[str, str]:
    """Column → type of `dataset`; UsageError with the known names when there is none such."""
    if dataset not in COLUMNS:
        raise UsageError(
            f"dataset {dataset!r} is not known; the datasets are {', '.join(COLUMNS)}."
        )
    return COLUMNS[dataset]
