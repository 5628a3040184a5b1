"""The gates of coverage: for which instruments and companies there is anything at all."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from research.market.checks.freshness import current_ids, last_rows
from research.market.checks.result import GateResult, count, degraded
from research.market.market import Market


def check_coverage(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for instruments without a price, or with adjusted ones only, and for thin counts.

    Below `coverage_min` of the companies with a current price, breadth is told as thin.
    """
    wanted = [one for one in market.universe.present() if one.kind != "line"]
    have = set(rows["instrument"].unique())
    missing = [one.id for one in wanted if one.id not in have and one.stands_in_for not in have]
    if missing:
        yield degraded(
            dataset,
            "nothing for {without} of {wanted} instruments: {missing:ids}. They are shown as not "
            "available.",
            without=len(missing),
            wanted=len(wanted),
            missing=missing,
        )
    current = current_ids(market, rows)
    newest = last_rows(rows)
    adjusted = [key for key in current if math.isnan(newest.loc[key, "close"])]
    if adjusted:
        yield degraded(
            dataset,
            "only adjusted closes on the last day for {instruments}: {adjusted:ids}. Their returns "
            "are shown; their prices are NA.",
            instruments=count(len(adjusted), "instrument"),
            adjusted=adjusted,
        )
    companies = [one.id for one in market.universe.companies()]
    priced = [key for key in companies if key in current]
    least = market.method.gates.coverage_min
    if companies and len(priced) < least * len(companies):
        yield degraded(
            dataset,
            "{priced} of {companies} companies have a current price ({share:.0%}); at least "
            "{least:.0%} are wanted. Breadth is measured on those that have one.",
            subject="companies",
            priced=len(priced),
            companies=len(companies),
            share=len(priced) / len(companies),
            least=least,
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
            "nothing for {without} of {companies} companies: {missing:ids}. They are shown as NA.",
            without=len(missing),
            companies=len(companies),
            missing=missing,
        )
