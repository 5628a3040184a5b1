"""iShares: what a fund holds, from the JSON behind its product page or the CSV it once offered."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from research.market.live import Part
from research.market.live.answers import changed
from research.market.live.http import Client, Reply
from research.market.live.rows import public
from research.market.store.columns import KEYS, shaped
from research.params.models import Feed, FeedLine

_PAGE = "1467271812596.ajax"  # the same of every product
_QUERY = {"fileType": "csv", "dataType": "fund"}
_API = "/get-product-data"  # an address that ends so gives JSON
_API_QUERY = {
    "appSubType": "ISHARES",
    "appType": "PRODUCT_PAGE",
    "component": "holdings.all",
    "locale": "en_US",
    "targetSite": "us-ishares",
    "userType": "individual",
    "excludeContent": "true",
}
_PATH = ("componentsByNameMap", "holdings", "containersByNameMap", "all", "dataPointsByNameMap")
_POINTS = {
    "ticker": "ticker",
    "issueName": "name",
    "countryOfRisk": "location",
    "assetClass": "asset_class",
    "holdingPercent": "weight",
    "marketValue": "value",
    "currencyCode": "unit",
}
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
    """One request for each fund; a symbol is the product's part of the address, `239655/name`.

    JSON is asked for where the feed's address ends in `get-product-data`, else CSV.
    """
    by_api = feed.address.endswith(_API)
    return [
        Part(
            name=line.symbol,
            address=(
                address := feed.address if by_api else f"{feed.address}/{line.symbol}/{_PAGE}"
            ),
            instruments=(line.instrument,),
            load=partial(_load, feed, line, client, address),
        )
        for line in feed.lines
    ]


def _load(feed: Feed, line: FeedLine, client: Client, address: str) -> Mapping[str, pd.DataFrame]:
    if not address.endswith(_API):
        return {"holdings": holdings(client.get(address, _QUERY, expect="csv"), feed, line)}
    query = {**_API_QUERY, "portfolioId": line.symbol.partition("/")[0]}
    return {"holdings": holdings_of_api(client.get(address, query, expect="json"), feed, line)}


def holdings_of_api(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """The same of the JSON: columns side by side, each `{"value": […]}`, and `asOfDate`."""
    points = reply.json()
    for step in _PATH:
        points = points.get(step) if isinstance(points, dict) else None
    if not isinstance(points, dict):
        raise changed(reply.address, f"no {' → '.join(_PATH)}", "the points of the holdings")
    told: dict[str, Any] = {
        name: point.get("value") for name, point in points.items() if isinstance(point, dict)
    }
    missing = [name for name in _POINTS if not isinstance(told.get(name), list)]
    if missing:
        raise changed(reply.address, f"no list {', '.join(missing)}", ", ".join(_POINTS))
    counts = {name: len(told[name]) for name in _POINTS}
    if len(set(counts.values())) > 1 or not told["ticker"]:
        shown = ", ".join(f"{name} {n}" for name, n in counts.items())
        raise changed(reply.address, f"lists of {shown} values", "as many of each, and some")
    day = _compact_day(told.get("asOfDate"))
    if day is None:
        found = f"asOfDate {told.get('asOfDate')!r}"
        raise changed(reply.address, found, "a day such as 20260128")
    rows = zip(*(told[name] for name in _POINTS), strict=True)
    frame = _table(reply, list(_POINTS), [[_cell(one) for one in row] for row in rows], _POINTS)
    return _whole(reply, frame, feed, line, day)


def holdings(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """Rows of `holdings` of the day that the CSV is of; weights are fractions.

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
    return _whole(reply, _table(reply, header, body[:end], _COLUMNS), feed, line, day)


def _whole(
    reply: Reply, frame: pd.DataFrame, feed: Feed, line: FeedLine, day: dt.date
) -> pd.DataFrame:
    whole, rows = frame["weight"].sum(), len(frame)
    if not _WEIGHTS[0] <= whole <= _WEIGHTS[1]:
        raise changed(reply.address, f"weights of {rows} rows that make {whole:.1%}", "about 100%")
    frame = frame.assign(
        instrument=line.instrument, date=pd.Timestamp(day), source=feed.title
    ).assign(available_at=lambda made: public(made["date"], feed, line))
    same = [*KEYS["holdings"], "unit", "source", "available_at"]
    return shaped("holdings", frame.groupby(same, as_index=False, sort=False).sum())


def _table(
    reply: Reply, header: Sequence[str], rows: Sequence[Sequence[str]], columns: Mapping[str, str]
) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(header))[list(columns)].rename(columns=columns)
    for name, size in (("weight", 0.01), ("value", 1.0)):
        numbers = frame[name].map(_number)
        bad = frame.loc[numbers.isna(), name]
        if len(bad):
            raise changed(
                reply.address, f"{name} {bad.iloc[0]!r} in row {bad.index[0] + 1}", "a number"
            )
        frame[name] = numbers * size
    return frame


def _cell(value: Any) -> str:
    """A value of the JSON as the CSV has it: text, and a dash where there is none."""
    text = "" if value is None else str(value).strip()
    return text or "-"


def _compact_day(value: Any) -> dt.date | None:
    text = str(value)
    if len(text) != 8 or not text.isdecimal():
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


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
