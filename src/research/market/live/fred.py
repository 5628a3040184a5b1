"""FRED: rates, exchange rates and indices of the St. Louis Fed, with a key or without."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from research.market.live import Part
from research.market.live.answers import changed
from research.market.live.http import Client, Reply
from research.market.live.rows import price_rows, read_day
from research.params.models import Feed, FeedLine

_LIMIT = 100_000  # the most that one answer holds: 400 years of days
_MISSING = (".", "")


def parts(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """One request for each series: as JSON with the key, as CSV without one."""
    return [_part(feed, line, client, key) for line in feed.lines]


def _part(feed: Feed, line: FeedLine, client: Client, key: str) -> Part:
    if key:
        path = "/fred/series/observations"
        load = partial(_with_key, feed, line, client, feed.address + path, key)
        address = f"{feed.address}{path}?series_id={line.symbol}"
    else:
        base = f"{feed.keyless_address or feed.address}/graph/fredgraph.csv"
        load = partial(_without_key, feed, line, client, base)
        address = f"{base}?id={line.symbol}"
    return Part(name=line.symbol, address=address, instruments=(line.instrument,), load=load)


def _with_key(
    feed: Feed, line: FeedLine, client: Client, address: str, key: str
) -> Mapping[str, pd.DataFrame]:
    query = {"series_id": line.symbol, "file_type": "json", "limit": str(_LIMIT)}
    reply = client.get(address, query, expect="json", secret={"api_key": key})
    return {"prices": observations(reply, feed, line)}


def _without_key(
    feed: Feed, line: FeedLine, client: Client, address: str
) -> Mapping[str, pd.DataFrame]:
    return {"prices": graph(client.get(address, {"id": line.symbol}, expect="csv"), feed, line)}


def observations(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """Rows of `prices` from `{"count": n, "observations": [{"date": day, "value": text}, …]}`.

    Raises SourceError for any other layout, and for an answer that holds a part of the series.
    """
    found = reply.json()
    told = found.get("observations") if isinstance(found, dict) else None
    if not isinstance(told, list):
        raise changed(reply.address, "no list `observations`", "one entry for each day")
    count = found.get("count", len(told))
    if count != len(told):
        raise changed(reply.address, f"{len(told)} observations of {count}", "the whole series")
    pairs = [
        (one.get("date"), one.get("value")) if isinstance(one, dict) else (None, one)
        for one in told
    ]
    return _rows(reply, feed, line, pairs)


def graph(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """Rows of `prices` from a CSV of two columns, read by position: the header's words change.

    The second header names the series, and is checked. Raises SourceError for any other layout.
    """
    text = reply.text()
    header, *rows = list(csv.reader(io.StringIO(text)))
    if len(header) != 2 or header[1].strip().upper() != line.symbol.upper():
        raise changed(reply.address, f"the header {','.join(header)[:80]!r}", f"{line.symbol} in "
                      "the second of two columns")  # fmt: skip
    if not text.endswith("\n"):
        last = text.splitlines()[-1]
        raise changed(reply.address, f"a last line {last!r} without an end", "whole lines")
    for row in rows:
        if len(row) != 2:
            raise changed(reply.address, f"the row {','.join(row)[:80]!r}", "two columns")
    return _rows(reply, feed, line, [(row[0], row[1]) for row in rows])


def _rows(reply: Reply, feed: Feed, line: FeedLine, pairs: list[tuple[Any, Any]]) -> pd.DataFrame:
    days, values = [], []
    for written, value in pairs:
        day, number = read_day(written), _number(value)
        if day is None or number is None:
            raise changed(reply.address, f"the row {written!r}, {value!r}", "a day and a number")
        if not math.isnan(number):
            days.append(day)
            values.append(number)
    assert line.unit is not None, "sources.yaml is checked for it"
    return price_rows(reply.address, feed, line, days, values, unit=line.unit, price_type="close")


def _number(value: Any) -> float | None:
    """The number that a text holds, NaN for a missing one, None where it is neither."""
    if not isinstance(value, str):
        return None
    if value.strip() in _MISSING:
        return math.nan
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
