"""Yahoo: prices with their distributions, accounts, estimates and ratings, symbol by symbol."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pandas as pd

from research.market.live import Part
from research.market.live.answers import changed
from research.market.live.http import Client, Reply
from research.market.live.rows import price_rows, public
from research.market.live.yahoo_accounts import MODULES, STATEMENTS, figures, statements
from research.market.live.yahoo_ratings import OPINIONS, opinions
from research.market.store.columns import shaped
from research.market.units import Unit, UnitError
from research.params.models import Feed, FeedLine

_FIRST = "0"  # 1970: all that there is
_TYPES = {
    "EQUITY": "close",
    "ETF": "close",
    "MUTUALFUND": "close",
    "INDEX": "close",
    "CURRENCY": "spot",
    "FUTURE": "settlement",
}
"""What Yahoo calls an instrument → what kind of price its daily bars close with."""
_ADJUSTED = ("EQUITY", "ETF", "MUTUALFUND")

Ask = Callable[[str, Mapping[str, str]], Reply]


def parts(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """One request for each thing that each line tells: prices, accounts (two of them), ratings."""
    asking: list[Ask] = []

    def ask(path: str, query: Mapping[str, str]) -> Reply:
        if not asking:  # the library takes a second to import, and a foretold fetch asks nothing
            from research.market.live.yahoo_client import YahooClient

            asking.append(YahooClient(feed.address, client).get)
        return asking[0](path, query)

    return [
        Part(
            name=f"{line.symbol} {what}",
            address=feed.address + path,
            instruments=(line.instrument,),
            load=load,
        )
        for line in feed.lines
        for what, path, load in _requests(feed, line, ask, moment)
    ]


def _requests(
    feed: Feed, line: FeedLine, ask: Ask, moment: dt.datetime
) -> Iterator[tuple[str, str, Callable[[], Mapping[str, pd.DataFrame]]]]:
    symbol, until = quote(line.symbol, safe="=^"), str(int(moment.timestamp()))
    since = {"period1": _FIRST, "period2": until}
    summary = f"/v10/finance/quoteSummary/{symbol}"

    def answer(path: str, query: Mapping[str, str], read: Any) -> Any:
        return read(ask(path, query), feed, line, moment)

    if "prices" in line.tells:
        path = f"/v8/finance/chart/{symbol}"
        query = {**since, "interval": "1d", "events": "div,splits"}
        yield "prices", path, partial(answer, path, query, chart)
    if "accounts" in line.tells:
        path = f"/ws/fundamentals-timeseries/v1/finance/timeseries/{symbol}"
        query = {"symbol": line.symbol, "type": ",".join(STATEMENTS), **since}
        yield "statements", path, partial(answer, path, query, statements)
        query = {"modules": ",".join(MODULES), "formatted": "false"}
        yield "figures", summary, partial(answer, summary, query, figures)
    if "ratings" in line.tells:
        query = {"modules": ",".join(OPINIONS), "formatted": "false"}
        yield "ratings", summary, partial(answer, summary, query, opinions)


def chart(
    reply: Reply, feed: Feed, line: FeedLine, moment: dt.datetime
) -> Mapping[str, pd.DataFrame]:
    """Rows of `prices` and `actions` from the answer of v8 chart, daily bars with events.

    The currency is the answer's own (`GBp`, `ZAc`), never the suffix of a symbol; where the line
    has a unit, that holds and must be of this currency. A bar without a close is left out, and so
    is the running price that Yahoo puts behind the bar of the same day. Raises SourceError for
    another symbol, kind or layout.
    """
    result = _result(reply)
    meta = result.get("meta")
    if not isinstance(meta, dict):
        raise changed(reply.address, "no `meta`", "currency, symbol and kind of the instrument")
    if meta.get("symbol") != line.symbol:
        raise changed(reply.address, f"the symbol {meta.get('symbol')!r}", repr(line.symbol))
    kind = meta.get("instrumentType")
    if kind not in _TYPES:
        raise changed(reply.address, f"the kind {kind!r}", f"one of {', '.join(_TYPES)}")
    unit = _unit(reply, meta.get("currency"), line)
    zone = _zone(reply, meta.get("exchangeTimezoneName"))
    days, closes, adjusted = _bars(reply, result, zone, with_adjusted=kind in _ADJUSTED)
    prices = price_rows(
        reply.address,
        feed,
        line,
        days,
        closes,
        unit=unit,
        price_type=_TYPES[kind],
        adjusted=adjusted,
    )
    if kind not in _ADJUSTED:
        return {"prices": prices}
    return {"prices": prices, "actions": _actions(reply, result, feed, line, zone, unit)}


def _zone(reply: Reply, name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, KeyError):
        raise changed(reply.address, f"the time zone {name!r}", "such as Europe/London") from None


def _result(reply: Reply) -> Mapping[str, Any]:
    found = reply.json()
    try:
        [result] = found["chart"]["result"]
        if isinstance(result, dict):
            return result
    except (KeyError, TypeError, ValueError):
        pass
    raise changed(reply.address, f"`{found!r}`"[:120], '{"chart": {"result": [one]}}')


def _unit(reply: Reply, currency: Any, line: FeedLine) -> str:
    try:
        told = Unit(str(currency))
        wanted = Unit(line.unit) if line.unit else told
    except UnitError:
        raise changed(reply.address, f"the currency {currency!r}", "such as USD or GBp") from None
    # A unit of sources.yaml is in whole currency; an index has none.
    if line.unit and wanted.currency and (wanted.currency != told.currency or told.scale != 1):
        raise changed(
            reply.address,
            f"prices in {told}",
            f"{wanted}, which sources.yaml says of {line.symbol}",
        )
    return str(wanted)


def _bars(
    reply: Reply, result: Mapping[str, Any], zone: ZoneInfo, *, with_adjusted: bool
) -> tuple[list[dt.date], list[float], list[float] | None]:
    times = result.get("timestamp", [])
    try:
        closes = result["indicators"]["quote"][0].get("close", [])
        adjusted = result["indicators"]["adjclose"][0]["adjclose"] if with_adjusted else closes
        if not len(times) == len(closes) == len(adjusted):
            found = f"{len(times)} times, {len(closes)} closes, {len(adjusted)} adjusted ones"
            raise changed(reply.address, found, "as many of each")
        days = [dt.datetime.fromtimestamp(one, zone).date() for one in times]
    except (KeyError, IndexError, TypeError):
        if not times:
            return [], [], None
        raise changed(reply.address, "no closes beside its times", "daily bars") from None
    except (ValueError, OverflowError, OSError):
        raise changed(reply.address, f"the times {times[:2]}", "seconds since 1970") from None
    strange = [one for one in (*closes, *adjusted) if not (one is None or _is_price(one))]
    if strange:
        raise changed(reply.address, f"the close {strange[0]!r}", "a number above nil, or null")
    if with_adjusted and any(closes) and not any(adjusted):
        raise changed(reply.address, "no adjusted close", "one beside each close")
    if len(days) > 1 and days[-1] == days[-2]:
        days = days[:-1]
    bars = [
        (day, float(close), math.nan if adj is None else float(adj))
        for day, close, adj in zip(days, closes, adjusted, strict=False)
        if close is not None
    ]
    told = [adj for _, _, adj in bars] if with_adjusted else None
    return [day for day, _, _ in bars], [close for _, close, _ in bars], told


def _is_price(one: Any) -> bool:
    is_number = isinstance(one, int | float) and not isinstance(one, bool)
    return is_number and math.isfinite(one) and one > 0


def _actions(
    reply: Reply,
    result: Mapping[str, Any],
    feed: Feed,
    line: FeedLine,
    zone: ZoneInfo,
    unit: str,
) -> pd.DataFrame:
    events = result.get("events") or {}
    rows: list[tuple[dt.date, str, float, str]] = []
    try:
        for one in (events.get("dividends") or {}).values():
            currency = str(one.get("currency") or unit)
            rows.append((_day(one, zone), "dividend", float(one["amount"]), currency))
        for one in (events.get("splits") or {}).values():
            ratio = float(one["numerator"]) / float(one["denominator"])
            rows.append((_day(one, zone), "split", ratio, "ratio"))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        found = f"the event `{one!r}`"[:120]
        raise changed(reply.address, found, "date and amount, or both parts of a split") from None
    return _action_rows(sorted(rows), feed, line)


def _day(event: Mapping[str, Any], zone: ZoneInfo) -> dt.date:
    return dt.datetime.fromtimestamp(event["date"], zone).date()


def _action_rows(
    rows: Sequence[tuple[dt.date, str, float, str]], feed: Feed, line: FeedLine
) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["date", "item", "value", "unit"])
    frame["date"] = pd.to_datetime(frame["date"])
    return shaped(
        "actions",
        frame.assign(
            instrument=line.instrument,
            source=feed.title,
            available_at=public(frame["date"], feed, line),
        ),
    )
