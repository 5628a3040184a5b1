"""Observations of many calendars put on the sessions of one, filled forward for a few days only."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np
import pandas as pd

from research.calendar import Calendar


def aligned(
    days: np.ndarray, values: np.ndarray, sessions: pd.DatetimeIndex, *, fill_days: int
) -> np.ndarray:
    """The value in force on each session: the last one observed, at most `fill_days` sessions old.

    `days` rising, n datetimes; `values` n numbers without NaN. NaN before the first observation
    and where the last one is older. An observation of a day between two sessions is in force on
    the later one, with age 0.
    """
    out = np.full(len(sessions), np.nan)
    if not len(days):
        return out
    calendar = sessions.to_numpy()
    begins = np.searchsorted(calendar, days)
    used = np.flatnonzero(begins < len(calendar))
    last = np.full(len(calendar), -1)
    last[begins[used]] = used  # of several, the last one stays
    last = np.maximum.accumulate(last)
    age = np.arange(len(calendar)) - begins[last]
    known = (last >= 0) & (age <= fill_days)
    out[known] = values[last[known]]
    return out


@lru_cache(maxsize=64)
def sessions_of(calendar: str, first: dt.date, last: dt.date) -> pd.DatetimeIndex:
    """All sessions of the calendar called `calendar` from `first` to `last`, both included."""
    trading = Calendar(calendar)
    ordinals = range(first.toordinal(), last.toordinal() + 1)
    days = [day for day in map(dt.date.fromordinal, ordinals) if trading.is_session(day)]
    return pd.DatetimeIndex(np.array(days, dtype="datetime64[us]"), name="date")
