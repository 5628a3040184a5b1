"""The gates against factors that no market makes: a changed unit, a slipped point, another line."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from research.market.checks.result import GateResult, blocked, degraded
from research.market.market import Market
from research.market.views import spans


def check_jumps(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """BLOCKED where a price moves by more than `jump_ratio` from one row to the next.

    Pence for pounds is × 100, pounds of copper for tonnes × 2,204. Yields are left out, for they
    may cross nil. A bar in the wrong unit that heals the next day is found like one that stays.
    """
    limit = market.method.gates.jump_ratio
    for column, key, one in priced_lines(market, rows, but=("rate",)):
        values = one[column].to_numpy()
        jumped = np.flatnonzero(np.abs(np.diff(np.log(values))) > math.log(limit))
        if len(jumped):
            before, after = one.iloc[jumped[0]], one.iloc[jumped[0] + 1]
            more = f" (and {len(jumped) - 1} more such moves)" if len(jumped) > 1 else ""
            yield blocked(
                dataset,
                "{line:id} {column} goes from {price:g} on {day:day} to {next_price:g} on "
                "{next_day:day}{more}; a factor above {limit:g} is taken for a change of unit.",
                advice="Declare each stretch in its unit, or leave the row out with a repair.",
                subject=key,
                line=key,
                column=column,
                price=before[column],
                day=before["date"],
                next_price=after[column],
                next_day=after["date"],
                more=more,
                limit=limit,
            )


def check_leaps(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED where a price moves by more than `leap_ratio` and no more than `jump_ratio`.

    A misplaced point, a split of 4:1 and more, a first row of another contract. Volatilities may.
    """
    gates = market.method.gates
    for column, key, one in priced_lines(market, rows, but=("rate", "volatility")):
        values = one[column].to_numpy()
        sizes = np.exp(np.abs(np.diff(np.log(values))))
        for n in np.flatnonzero((sizes > gates.leap_ratio) & (sizes <= gates.jump_ratio))[:1]:
            before, after = one.iloc[n], one.iloc[n + 1]
            yield degraded(
                dataset,
                "{line:id} {column} goes from {price:g} on {day:day} to {next_price:g} on "
                "{next_day:day}, {times:.3g} times as much or as little; above {limit:g} a split, "
                "a misplaced point or a row of another line is taken for the cause. Its returns "
                "across that day are wrong.",
                advice="Bring adjusted prices, or multiply or drop the rows on one side with a "
                "correction.",
                subject=key,
                line=key,
                column=column,
                price=before[column],
                day=before["date"],
                next_price=after[column],
                next_day=after["date"],
                times=sizes[n],
                limit=gates.leap_ratio,
            )


def priced_lines(
    market: Market, rows: pd.DataFrame, *, but: tuple[str, ...]
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Column, instrument and its days with a price above zero, for all kinds `but` those."""
    numbers = rows[["date", "close", "adj_close"]]  # to take rows is to take their words
    for key, where in spans(rows).items():
        if market.universe[key].kind in but:
            continue
        own = numbers.iloc[where]
        for column in ("close", "adj_close"):
            known = (own[column] > 0).to_numpy()
            if known.any():
                yield column, key, own if known.all() else own[known]
