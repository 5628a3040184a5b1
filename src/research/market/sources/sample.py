"""The sample market: 25 years of illustrative data, seeded, the same bytes every time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from research.market.sources import COLUMNS, columns_of, conform, empty
from research.market.sources.sample_prices import Line, sample_lines
from research.market.sources.sample_tables import (
    FIRST_SESSION,
    LAST_SESSION,
    VERSION,
    Calibration,
    load_calibration,
)

SOURCE = "sample"
_END = pd.Timestamp(LAST_SESSION + dt.timedelta(days=1), tz="UTC")


class SampleSource:
    """Made-up data shaped after the last week of January 2026; never to be taken for a market.

    Metals' yearly averages are published facts (World Bank Pink Sheet, March 2026, CC BY 4.0);
    everything else is illustrative. An instrument's numbers depend on its own calibration and on
    what it follows, not on which others exist.
    """

    title = "Sample market (illustrative)"
    illustrative = True
    first_session = FIRST_SESSION
    last_session = LAST_SESSION
    columns: Mapping[str, Mapping[str, str]] = COLUMNS

    def __init__(self, calibration: Calibration | None = None) -> None:
        self._calibration = calibration or load_calibration()

    def read(self, dataset: str) -> pd.DataFrame:
        """All rows of `dataset`."""
        return _made(dataset, _Key(self._calibration)).copy(deep=False)

    def inputs(self) -> dict[str, str]:
        """The calibration's hash, under the version of the code that draws from it."""
        return {f"{SOURCE}:{VERSION}": self._calibration.digest}


class _Key:
    """A calibration as a dictionary key: one object, one market."""

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration

    def __hash__(self) -> int:
        return id(self.calibration)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.calibration is self.calibration


@lru_cache(maxsize=8)
def _lines(key: _Key) -> dict[str, Line]:
    return sample_lines(key.calibration)


# A kernel opens the market in several cells, and a test suite hundreds of times.
@lru_cache(maxsize=24)
def _made(dataset: str, key: _Key) -> pd.DataFrame:
    columns_of(dataset)
    lines = _lines(key)
    columns: Mapping[str, Any]
    if dataset == "prices":
        columns = _prices(lines)
    elif dataset in ("fundamentals", "consensus"):
        from research.market.sources.sample_companies import consensus, fundamentals

        make = fundamentals if dataset == "fundamentals" else consensus
        columns = make(key.calibration.companies, lines)
    elif dataset not in ("ratings", "ownership"):
        return empty(dataset)  # its closes are not adjusted for single events, its analysts named
    else:
        from research.market.sources.sample_opinions import ownership, ratings

        columns = ownership() if dataset == "ownership" else ratings(key.calibration.companies)
    available = pd.DatetimeIndex(columns["available_at"])
    source = _text([SOURCE], np.zeros(len(available), dtype=int))
    frame = conform(dataset, {**columns, "source": source})
    return frame[available < _END].reset_index(drop=True)


def _prices(lines: Mapping[str, Line]) -> dict[str, object]:
    lengths = [len(line.days) for line in lines.values()]
    which = np.repeat(np.arange(len(lines)), lengths)
    days = np.concatenate([line.days for line in lines.values()])
    known_after = np.array([line.known_after for line in lines.values()])[which]
    return {
        "instrument": _text(list(lines), which),
        "date": days,
        "close": np.concatenate([line.close for line in lines.values()]),
        "adj_close": np.concatenate([line.adjusted for line in lines.values()]),
        "unit": _text([line.unit for line in lines.values()], which),
        "price_type": _text([line.price_type for line in lines.values()], which),
        "available_at": pd.DatetimeIndex(days + known_after).tz_localize("UTC"),
    }


def _text(words: list[str], which: np.ndarray) -> pd.Index:
    return pd.Index(words, dtype="str").take(which)
