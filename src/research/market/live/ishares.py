"""iShares: what a fund holds, from the CSV that its product page offers."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd

from research.market.live import Part
from research.market.live.answers import changed
from research.market.live.http import Client, Reply
from research.market.live.rows import public
from research.market.store.columns import KEYS, shaped
from research.params.models import Feed, FeedLine

_PAGE = "1467271812596.ajax"  # the same of every product
_QUERY = {"fileType": "csv", "dataType": "fund"}
_COLUMNS = {
    "Ticker": "ticker",
    "Name": "name",
    "Location": "location",
    "Asset Class": "asset_class",
    "Weight (%)": "weight",
    "Market Value": "value",
    "Currency": "unit",
}
_WEIGHTS = (0.95, 1.05)  # their sum: cash and rounding, never another unit


def parts(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """One request for each fund; a symbol is the product's part of the address, `239655/name`."""
    return [
        Part(
            name=line.symbol,
            address=(address := f"{feed.address}/{line.symbol}/{_PAGE}"),
            instruments=(line.instrument,),
            load=partial(_load, feed, line, client, address),
        )
        for line in feed.lines
    ]


def _load(feed: Feed, line: FeedLine, client: Client, address: str) -> Mapping[str, pd.DataFrame]:
    reply = client.get(address, _QUERY, expect="csv")
    return {"holdings": holdings(reply, feed, line)}


def holdings(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """Rows of `holdings` of the day that the file is of; weights are fractions.

    Lines of one security, as cash and futures have them, are added up. Raises SourceError for any
    other layout, and when the weights do not make a whole.
    """
    rows = list(csv.reader(io.StringIO(reply.text())))
    day = next((_day(row[1]) for row in rows if len(row) > 1 and row[0] == "Fund Holdings as of"),
               None)  # fmt: skip
    head = next((n for n, row in enumerate(rows) if row[:2] == ["Ticker", "Name"]), None)
    if day is None or head is None:
        what = "no line `Fund Holdings as of`" if day is None else "no header Ticker, Name"
        raise changed(reply.address, what, "the day of the holdings, then a table of them")
    header = rows[head]
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise changed(reply.address, f"no column {', '.join(missing)}", ", ".join(_COLUMNS))
    # The table ends with the first line of another length: a blank, or the disclaimer.
    body = rows[head + 1 :]
    end = next((n for n, row in enumerate(body) if len(row) != len(header)), len(body))
    if not end:
        raise changed(reply.address, "a header without rows", "a table of holdings")
    frame = _table(reply, header, body[:end])
    whole = frame["weight"].sum()
    if not _WEIGHTS[0] <= whole <= _WEIGHTS[1]:
        raise changed(reply.address, f"weights of {end} rows that make {whole:.1%}", "about 100%")
    frame = frame.assign(
        instrument=line.instrument, date=pd.Timestamp(day), source=feed.title
    ).assign(available_at=lambda made: public(made["date"], feed, line))
    same = [*KEYS["holdings"], "unit", "source", "available_at"]
    return shaped("holdings", frame.groupby(same, as_index=False, sort=False).sum())


def _table(reply: Reply, header: Sequence[str], rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(header))[list(_COLUMNS)].rename(columns=_COLUMNS)
    for name, size in (("weight", 0.01), ("value", 1.0)):
        numbers = frame[name].map(_number)
        bad = frame.loc[numbers.isna(), name]
        if len(bad):
            raise changed(
                reply.address, f"{name} {bad.iloc[0]!r} in row {bad.index[0] + 1}", "a number"
            )
        frame[name] = numbers * size
    return frame


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return math.nan


def _day(text: str) -> dt.date | None:
    # Not strptime: its names of months follow the locale.
    month, _, rest = text.strip().replace(",", "").partition(" ")
    number, _, year = rest.partition(" ")
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    try:
        return dt.date(int(year), names.index(month) + 1, int(number))
    except ValueError:
        return None
