"""CFTC: who holds the futures, week by week, from the Commitments of Traders."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from research.market.live import Part
from research.market.live.answers import changed
from research.market.live.http import Client, Reply
from research.market.live.rows import public, read_day
from research.market.store.columns import shaped
from research.params.models import Feed, FeedLine

REPORT = "6dca-aqww"  # the legacy report, futures only
ITEMS = {
    "open_interest_all": "open_interest",
    "noncomm_positions_long_all": "spec_long",
    "noncomm_positions_short_all": "spec_short",
    "noncomm_postions_spread_all": "spec_spread",  # the typo is theirs
    "comm_positions_long_all": "comm_long",
    "comm_positions_short_all": "comm_short",
    "nonrept_positions_long_all": "small_long",
    "nonrept_positions_short_all": "small_short",
}
"""Their column → our item; all are numbers of contracts."""
_CODE, _DAY = "cftc_contract_market_code", "report_date_as_yyyy_mm_dd"
_LIMIT = 50_000


def parts(feed: Feed, client: Client, *, key: str, moment: dt.datetime) -> list[Part]:
    """One request for each market, by its code, such as 088691 for gold."""
    address = f"{feed.address}/resource/{REPORT}.json"
    return [
        Part(
            name=line.symbol,
            address=f"{address}?{_CODE}={line.symbol}",
            instruments=(line.instrument,),
            load=partial(_load, feed, line, client, address),
        )
        for line in feed.lines
    ]


def _load(feed: Feed, line: FeedLine, client: Client, address: str) -> Mapping[str, pd.DataFrame]:
    query = {_CODE: line.symbol, "$order": _DAY, "$limit": str(_LIMIT)}
    return {"positioning": positions(client.get(address, query, expect="json"), feed, line)}


def positions(reply: Reply, feed: Feed, line: FeedLine) -> pd.DataFrame:
    """Rows of `positioning` in contracts, by the Tuesday they are of.

    Raises SourceError for another layout, another market, no row, or as many as one answer holds.
    """
    found = reply.json()
    if not isinstance(found, list):
        raise changed(reply.address, f"a {type(found).__name__}", "a list of reports")
    if not found or len(found) >= _LIMIT:
        raise changed(reply.address, f"{len(found)} reports", f"all of market {line.symbol}")
    rows: list[tuple[dt.date, str, float]] = []
    for one in found:
        day = read_day(one.get(_DAY)) if isinstance(one, dict) else None
        if day is None or str(one.get(_CODE, "")).strip() != line.symbol:
            told = f"a report of {one.get(_CODE)!r}" if isinstance(one, dict) else repr(one)[:80]
            raise changed(reply.address, told, f"dated reports of {line.symbol}")
        for theirs, ours in ITEMS.items():
            number = _contracts(one.get(theirs))
            if number is None:
                raise changed(
                    reply.address, f"{theirs} of {day} is {one.get(theirs)!r}", "whole contracts"
                )
            rows.append((day, ours, number))
    frame = pd.DataFrame(rows, columns=["date", "item", "value"])
    if frame.duplicated(["date", "item"]).any():
        raise changed(reply.address, "a week twice", "each week once")
    frame["date"] = pd.to_datetime(frame["date"])
    return shaped(
        "positioning",
        frame.assign(
            instrument=line.instrument,
            unit="contracts",
            source=feed.title,
            available_at=public(frame["date"], feed, line),
        ),
    )


def _contracts(value: Any) -> float | None:
    """All numbers come as texts."""
    text = value.strip() if isinstance(value, str) else ""
    return float(text) if re.fullmatch(r"\d+(\.0+)?", text) else None
