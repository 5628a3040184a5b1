"""LBMA: the London prices of gold, silver, platinum and palladium, set once or twice a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from research.market.live import Part
from research.market.live.answers import changed
from research.market.live.http import Client, Reply
from research.market.live.rows import price_rows, read_day
from research.params.models import Feed, FeedLine


def parts(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """One request for each metal: its whole history, without a key."""
    return [
        Part(
            name=line.symbol,
            address=(address := f"{feed.address}/{line.symbol}.json"),
            instruments=(line.instrument,),
            load=partial(_load, feed, line, client, address),
        )
        for line in feed.lines
    ]


def _load(feed: Feed, line: FeedLine, client: Client, address: str) -> Mapping[str, pd.DataFrame]:
    return {"prices": fixes(client.get(address, expect="json"), feed, line)}


def fixes(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """Rows of `prices` in USD per troy ounce, from `[{"d": day, "v": [USD, GBP, EUR]}, …]`.

    A day without a price in dollars is a holiday and is left out. Raises SourceError for any
    other layout.
    """
    found = reply.json()
    if not isinstance(found, list) or not found:
        raise changed(reply.address, f"a {type(found).__name__} of {len(found)}", "a list of days")
    days, dollars = [], []
    for one in found:
        price = _dollars(one)
        day = read_day(one.get("d")) if isinstance(one, dict) else None
        if day is None or price is NotImplemented:
            raise changed(
                reply.address, f"the entry {one!r}"[:120], '{"d": day, "v": [USD, GBP, EUR]}'
            )
        if price is not None:
            days.append(day)
            dollars.append(price)
    return price_rows(reply.address, feed, line, days, dollars, unit="USD/oz", price_type="fix")


def _dollars(one: Any) -> Any:
    """The price in dollars, None on a holiday, NotImplemented where there is no place for it."""
    values = one.get("v") if isinstance(one, dict) else None
    if not isinstance(values, list) or not 1 <= len(values) <= 3:
        return NotImplemented
    first = values[0]
    is_price = isinstance(first, int | float) and not isinstance(first, bool)
    return first if first is None or is_price else NotImplemented
