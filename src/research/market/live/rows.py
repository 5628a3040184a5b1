"""Rows of prices from what a source told, and the little that all readers of answers share."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from research.market.live.answers import changed
from research.market.sources.tidy import available_at
from research.market.store.columns import shaped
from research.params.models import Feed, FeedLine


def price_rows(
    address: str,
    feed: Feed,
    line: FeedLine,
    days: Sequence[dt.date],
    values: Sequence[float],
    *,
    unit: str,
    price_type: str,
    adjusted: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Rows of `prices` of one line; `unit` is that of `values`, both as the source has them.

    `adjusted` are closes adjusted for distributions too, where the source has them.

    Raises SourceError when there is no row, or a day stands twice.
    """
    if not days:
        raise changed(address, "no day with a value", f"the history of {line.symbol}")
    if len(set(days)) < len(days):
        again = next(day for n, day in enumerate(days) if day in days[:n])
        raise changed(address, f"{again} twice", "each day once")
    frame = pd.DataFrame({"date": pd.to_datetime(list(days)), "close": list(values)})
    if line.invert:
        base, _, other = unit.partition(" per ")
        frame["close"], unit = 1 / frame["close"], f"{other} per {base}"
    return shaped(
        "prices",
        frame.assign(
            instrument=line.instrument,
            adj_close=math.nan if adjusted is None else list(adjusted),
            unit=unit,
            price_type=price_type,
            source=feed.title,
            available_at=public(frame["date"], feed, line),
        ),
    )


def public(days: pd.Series, feed: Feed, line: FeedLine) -> pd.Series:
    """The moments from which rows of `days` were public, by the rule of the line or the feed."""
    return available_at(days.astype("datetime64[us]"), line.available or feed.available)


def read_day(text: Any) -> dt.date | None:
    """A day such as 2026-01-28, with or without a time after it; None for anything else."""
    if not isinstance(text, str) or not re.match(r"\d{4}-\d\d-\d\d(T|$)", text):
        return None
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
