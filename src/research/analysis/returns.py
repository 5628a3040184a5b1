"""Levels into changes: weekly sampling, total returns, drawdowns and distances from a high."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from research.params.models import Sampling

Levels = Any  # a Series, or a DataFrame with one column an instrument, on a rising date index

WEEK = pd.Timedelta(days=7)
_A_FRIDAY, _SEVEN_DAYS = np.datetime64("1970-01-02", "D"), np.timedelta64(7, "D")


def freshness(price_type: str, sampling: Sampling) -> int:
    """How old (days) a level of `price_type` may be and still count as known."""
    return sampling.average_fresh_days if price_type == "average" else sampling.fresh_days


def weekly(levels: Levels) -> Levels:
    """Last known level of each week, labelled by its Friday.

    Daily levels on a rising date index; the unit is kept. A week counts only when its Friday is
    on or before the last date of `levels`, so that an edition of a Wednesday ends with the Friday
    before it, and the week of a Good Friday enters one edition late. A week in which an instrument
    has no level is missing, never filled.
    """
    if levels.empty:
        return levels
    if isinstance(levels, pd.Series):
        return weekly(levels.to_frame()).iloc[:, 0].rename(levels.name)
    days = levels.index.to_numpy().astype("datetime64[D]")
    first = days[0] + (_A_FRIDAY - days[0]) % _SEVEN_DAYS
    fridays = np.arange(first, days[-1] + np.timedelta64(1, "D"), _SEVEN_DAYS)
    begins, ends = (days.searchsorted(fridays - ago, side="right") for ago in (_SEVEN_DAYS, 0))
    values = levels.to_numpy(dtype=float)
    found = np.full((len(fridays), values.shape[1]), np.nan)
    for back in range(1, 1 + max(ends - begins, default=0)):  # from the last row of each week on
        rows = ends - back
        missing = np.isnan(found) & (rows >= begins)[:, None]
        found = np.where(missing, values[rows], found)
    index = pd.DatetimeIndex(fridays.astype(levels.index.dtype), name=levels.index.name)
    return pd.DataFrame(found, index=index, columns=levels.columns, copy=False)


def weekly_returns(levels: Levels) -> Levels:
    """Simple Friday-to-Friday returns (fractions) of daily levels; missing beside a lost week."""
    return weekly(levels).pct_change(fill_method=None).iloc[1:]


def monthly_returns(levels: Levels) -> Levels:
    """Simple month-end to month-end returns (fractions); the last month only if it is complete."""
    by_month = levels.resample("ME").last()
    complete = by_month.index <= levels.index[-1] + pd.offsets.BDay(1) - pd.Timedelta(days=1)
    return by_month[complete].pct_change(fill_method=None).iloc[1:]


def level_at(levels: pd.DataFrame, day: dt.date, *, fresh_days: int) -> pd.Series:
    """Last level on or before `day` by instrument; missing when older than `fresh_days` days."""
    return pd.Series(_last(levels, day, fresh_days), index=levels.columns)


def total_return(levels: Levels, start: dt.date, end: dt.date, *, fresh_days: int) -> Any:
    """Return (fraction) from the level on or before `start` to the level on or before `end`.

    It is a total return when `levels` are total-return levels, and a price return when they are
    prices. Missing where either level is missing or older than `fresh_days` days, and where both
    would be one and the same level: no price since `start` is no return of nil.
    """
    if isinstance(levels, pd.Series):
        return float(total_return(levels.to_frame(), start, end, fresh_days=fresh_days).iloc[0])
    since = _within(levels, pd.Timestamp(start) + pd.Timedelta(days=1), end)
    moved = ~np.isnan(since).all(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _last(levels, end, fresh_days) / _last(levels, start, fresh_days) - 1
    return pd.Series(np.where(moved, found, np.nan), index=levels.columns)


def _last(levels: pd.DataFrame, day: dt.date, fresh_days: int) -> np.ndarray:
    window = _within(levels, pd.Timestamp(day) - pd.Timedelta(days=fresh_days), day)
    if not len(window):
        return np.full(window.shape[1], np.nan)
    last = len(window) - 1 - (~np.isnan(window))[::-1].argmax(axis=0)
    return window[last, np.arange(window.shape[1])]


def _within(levels: pd.DataFrame, first: dt.date, last: dt.date) -> np.ndarray:
    # Not by `loc`, which makes frames: an edition asks for hundreds of windows.
    begin = levels.index.searchsorted(pd.Timestamp(first))
    end = levels.index.searchsorted(pd.Timestamp(last), side="right")
    return levels.to_numpy(dtype=float)[begin:end]


def change(
    levels: Levels,
    weeks: int,
    *,
    fresh_days: int,
    as_of: dt.date | None = None,
) -> Any:
    """Return (fraction) over the `weeks` weeks that end at `as_of`, by default the last date."""
    end = pd.Timestamp(as_of if as_of is not None else levels.index[-1])
    return total_return(levels, end - weeks * WEEK, end, fresh_days=fresh_days)


def year_to_date(
    levels: pd.DataFrame, *, fresh_days: int, as_of: dt.date | None = None
) -> pd.Series:
    """Return (fraction) since the last level of the calendar year before `as_of`."""
    end = pd.Timestamp(as_of if as_of is not None else levels.index[-1])
    return total_return(levels, pd.Timestamp(end.year - 1, 12, 31), end, fresh_days=fresh_days)


def drawdown(levels: Levels) -> Levels:
    """Distance from the running maximum (fraction, ≤ 0), on every date; missing stays missing."""
    return levels / levels.cummax() - 1


def off_high(
    levels: pd.DataFrame,
    *,
    fresh_days: int,
    weeks: int = 52,
    as_of: dt.date | None = None,
) -> pd.Series:
    """Distance (fraction, ≤ 0) of the last level from the highest of the last `weeks` weeks."""
    end = pd.Timestamp(as_of if as_of is not None else levels.index[-1])
    high = levels.loc[end - weeks * WEEK : end].max()
    return level_at(levels, end, fresh_days=fresh_days) / high - 1
