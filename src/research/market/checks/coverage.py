"""The gates of coverage: for which instruments and companies there is anything at all."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from research.market.checks.freshness import current_ids, last_rows
from research.market.checks.result import GateResult, count, degraded, names
from research.market.market import Market


def check_coverage(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for instruments without a price, or with adjusted ones only, and for thin counts.

    Below `coverage_min` of the companies with a current price, breadth is told as thin.
    """
    wanted = [one for one in market.universe.present() if one.kind != "line"]
    ids = [one.id for one in wanted]
    have = set(rows["instrument"].unique())
    missing = [one.id for one in wanted if one.id not in have and one.stands_in_for not in have]
    if missing:
        yield degraded(
            dataset,
            f"nothing for {len(missing)} of {len(ids)} instruments: {names(missing)}. They are "
            "shown as not available.",
        )
    current = current_ids(market, rows)
    newest = last_rows(rows)
    adjusted = [key for key in current if math.isnan(newest.loc[key, "close"])]
    if adjusted:
        yield degraded(
            dataset,
            f"only adjusted closes on the last day for {count(len(adjusted), 'instrument')}: "
            f"{names(adjusted)}. Their returns are shown; their prices are NA.",
        )
    companies = [one.id for one in market.universe.companies()]
    priced = [key for key in companies if key in current]
    least = market.method.gates.coverage_min
    if companies and len(priced) < least * len(companies):
        yield degraded(
            dataset,
            f"{len(priced)} of {len(companies)} companies have a current price "
            f"({len(priced) / len(companies):.0%}); at least {least:.0%} are wanted. "
            "Breadth is measured on those that have one.",
            subject="companies",
        )


def check_members(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for companies of which a dataset says nothing."""
    if "instrument" not in rows:
        return
    companies = [one.id for one in market.universe.companies()]
    have = set(rows["instrument"].unique())
    missing = [key for key in companies if key not in have]
    if missing:
        yield degraded(
            dataset,
            f"nothing for {len(missing)} of {len(companies)} companies: {names(missing)}. "
            "They are shown as NA.",
        )
