"""The gate of distributions: dividends and splits against the prices that were adjusted by them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from research.market.actions import faults_of_actions
from research.market.checks.result import GateResult, count, degraded
from research.market.market import Market
from research.market.units import Unit
from research.market.views import spans

_TOLD = 2  # faults of one line that are spelt out, the newest


def check_actions(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for each line with dividends or splits that do not fit its prices.

    See `research.market.actions`. A dividend in another currency than the price's cannot be held
    against it and is left out.
    """
    prices = market.frame("prices")
    where = spans(prices)
    for key, told in rows.groupby("instrument"):
        if key not in where:
            continue
        bars = prices.iloc[where[str(key)]]
        bars = bars[["date", "close", "adj_close", "unit"]]
        faults = faults_of_actions(_with_actions(bars, told))
        if not faults:
            continue
        yield degraded(
            dataset,
            "{distributions} of {line:id} against its prices: {newest:said} Total returns over "
            "those days are doubtful.",
            advice="Look at the vendor, and correct the days in corrections.yaml.",
            subject=str(key),
            distributions=count(len(faults), "distribution"),
            line=str(key),
            newest=[
                {"text": f"{{day:day}}, {one.text}", "values": {**one.values, "day": one.day}}
                for one in faults[-_TOLD:]
            ],
        )


def _with_actions(bars: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    bars = bars.assign(dividend=0.0, split=0.0)
    places = pd.Index(bars["date"])
    for row in told.itertuples():
        at = places.get_indexer([row.date], method="bfill")[0]  # a day without a bar: the next
        if at < 0:
            continue
        if row.item == "split":
            bars.iloc[at, bars.columns.get_loc("split")] = row.value
            continue
        paid, price = Unit(str(row.unit)), Unit(str(bars["unit"].iloc[at]))
        if paid.currency == price.currency:
            bars.iloc[at, bars.columns.get_loc("dividend")] += row.value * paid.factor_to(price)
    return bars
