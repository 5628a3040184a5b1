"""The gate against frozen series: a price that has not moved for weeks is not traded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from research.market.checks.result import GateResult, degraded
from research.market.market import Market
from research.market.views import spans


def check_frozen(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED where a price stands still for `frozen_sessions` rows or more; the longest is told.

    A suspended share is repeated by vendors as if it had traded, and every return of nil counts as
    calm. Yields may be set by a bank, volatilities may rest on a floor, and averages are monthly:
    they are left out.
    """
    least = market.method.gates.frozen_sessions
    price = rows["close"].fillna(rows["adj_close"]).to_numpy()
    for key, where in spans(rows).items():
        if market.universe[key].kind in ("rate", "volatility"):
            continue
        own = price[where]
        moved = np.flatnonzero(np.r_[True, own[1:] != own[:-1], True])
        lengths = np.diff(moved)
        stretches = int((lengths >= least).sum())
        longest = int(lengths.argmax())
        if not stretches or rows["price_type"].iloc[where.start] == "average":
            continue
        days = rows["date"].iloc[where]
        first, last = days.iloc[moved[longest]], days.iloc[moved[longest + 1] - 1]
        more = f", the longest of {stretches} such stretches" if stretches > 1 else ""
        yield degraded(
            dataset,
            "{line:id} stands at {price:g} in {rows} rows from {first:day} to {last:day}{more}; "
            "{least} or more are taken for a line that is not traded. Its risk is shown too low.",
            advice="Drop the rows with a correction, or the instrument in the universe.",
            subject=key,
            line=key,
            price=own[moved[longest]],
            rows=lengths[longest],
            first=first,
            last=last,
            more=more,
            least=least,
        )
