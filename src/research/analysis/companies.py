"""What the covered companies' shares did, each in its own currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.returns import change
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Instrument


def company_moves(market: Market, *, weeks: int, as_of: dt.date | None = None) -> pd.DataFrame:
    """One row for each company that has a price: its move over the `weeks` weeks to `as_of`.

    `as_of` not given is the market's; an earlier day is that of a claim.

    Columns: `label`, `sub_group`, `precious`, `price_return` and `total_return` (fractions, local
    currency), `price_is_adjusted`. A vendor that gives adjusted prices only leaves no price return
    of its own, so the total return stands in for it and is marked. A share under offer during the
    window (`deal_windows`), or without a fresh price at both ends, is left out.
    """
    end = as_of or market.as_of
    start = end - dt.timedelta(weeks=weeks)
    companies = [one for one in market.universe.companies() if not under_offer(one, start, end)]
    closes, adjusted = local_levels(market, [one.id for one in companies], start)
    fresh = market.method.sampling.fresh_days
    price = change(closes, weeks, as_of=end, fresh_days=fresh)
    total = change(adjusted, weeks, as_of=end, fresh_days=fresh)
    moves = pd.DataFrame(
        {
            "label": {one.id: one.label for one in companies},
            "sub_group": {one.id: one.sub_group for one in companies},
            "precious": {one.id: one.precious for one in companies},
            "price_return": price.fillna(total),
            "total_return": total.fillna(price),
            "price_is_adjusted": price.isna(),
        }
    ).reindex([one.id for one in companies])
    return moves.dropna(subset=["price_return"])


def local_levels(
    market: Market, ids: Sequence[str], start: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Closes and total-return levels since `start`, date × id, each in the quote's own currency."""
    prices = market.frame("prices")
    fresh = pd.Timedelta(days=market.method.sampling.fresh_days)
    recent = prices[prices["date"] >= pd.Timestamp(start) - fresh]
    recent = recent[recent["instrument"].isin(ids)]
    # A vendor may turn from pence to pounds inside the window.
    units, names = pd.factorize(recent["unit"])
    scale = np.array([Unit(name).scale for name in names], dtype=float)[units]
    places, days = pd.factorize(recent["date"], sort=True)
    whose = pd.Index(ids).get_indexer(recent["instrument"])

    def levels(column: str) -> pd.DataFrame:
        table = np.full((len(days), len(ids)), np.nan)
        table[places, whose] = recent[column] * scale
        return pd.DataFrame(table, index=pd.DatetimeIndex(days, name="date"), columns=list(ids))

    return levels("close"), levels("adj_close")


def under_offer(company: Instrument, start: dt.date, end: dt.date) -> bool:
    """True when a bid moved the company's price on some day from `start` to `end`."""
    return any(window.first <= end and window.last >= start for window in company.deal_windows)
