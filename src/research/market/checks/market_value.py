"""The gate of market value: what the vendor says a company is worth, against shares × price."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from research.errors import DataError
from research.market.checks.result import GateResult, blocked, degraded
from research.market.market import Market
from research.market.units import Unit

ITEM = "market_cap"


def check_market_value(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """Each vendor's newest `market_cap` against its shares times the close of that day.

    DEGRADED beyond `market_value_gap`: one of two dual-listed lines, or both twice, is the usual
    cause. BLOCKED beyond `jump_ratio`: pence taken for pounds, shares for millions of them. Nothing
    is said where the vendor gives no market value, or no price is known.
    """
    gates = market.method.gates
    for key, told in rows[rows["item"] == ITEM].groupby("instrument"):
        row = told.sort_values(["period_end", "available_at"]).iloc[-1]
        shares = rows[
            (rows["instrument"] == key)
            & (rows["item"] == "shares_m")
            & (rows["period_end"] <= row["period_end"])
        ]
        currency = Unit(row["unit"]).currency
        if shares.empty or currency is None:
            continue
        try:
            price = _price(market, str(key), currency, row["period_end"])
        except DataError as error:
            yield degraded(
                dataset,
                "{company:id} {item} cannot be checked: {error}",
                plain="{company:id} {item} cannot be checked.",
                subject=str(key),
                company=str(key),
                item=ITEM,
                error=str(error),
            )
            continue
        last = shares.sort_values(["period_end", "available_at"]).iloc[-1]
        count = last["value"] * Unit(last["unit"]).factor_to(Unit("m")) * 1e6
        found, due = row["value"] * Unit(row["unit"]).scale, count * price
        if not due > 0 or math.isnan(due):
            continue
        gap = found / due - 1
        tell = blocked if max(found / due, due / found) > gates.jump_ratio else degraded
        if abs(gap) > gates.market_value_gap:
            yield tell(
                dataset,
                "{company:id} {item} is {found_m:,.0f} {currency} m on {day:day}, but "
                "{shares_m:,.1f} m shares at {price:,.2f} {currency} are {due_m:,.0f} {currency} m "
                "({gap:+.0%}); at most {limit:.0%} apart are expected. Pence for pounds, one line "
                "of a dual listing, or both twice? Multiples use shares × price.",
                advice="Mend the unit or the shares.",
                subject=str(key),
                company=str(key),
                item=ITEM,
                found_m=found / 1e6,
                currency=currency,
                day=row["period_end"],
                shares_m=count / 1e6,
                price=price,
                due_m=due / 1e6,
                gap=gap,
                limit=gates.market_value_gap,
            )


def _price(market: Market, id: str, currency: str, day: pd.Timestamp) -> float:
    """What an ordinary share cost on `day`, in `currency`; NaN where nothing is known."""
    rows = market.price_rows(id)
    rows = rows[rows["close"].notna()]
    if rows.empty:
        return math.nan
    unit = rows["unit"].iloc[-1]
    lines = [line for line in market.universe[id].listings if line.unit == unit]
    behind = lines[0].ordinary_per_share if lines else 1.0
    known = market.closes([id], unit=currency).frame[id].loc[:day].dropna()
    return float(known.iloc[-1]) / behind if len(known) else math.nan
