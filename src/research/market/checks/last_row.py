"""The gate of the last row: the one a note stands on, and the one that downloads spoil."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from research.market.checks.result import GateResult, degraded
from research.market.market import Market
from research.market.views import spans


def check_last_row(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED where the last row has no price at all, or one far from the row before.

    Far is a factor of `last_row_ratio`: a bar of a running session, two numbers run together, a
    price of another line. Later rows will show whether it stays; until then nobody can tell. What
    is not above zero is told by the gate of ranges, what changed its unit by that of jumps.
    """
    gates = market.method.gates
    loose = {"rate", "volatility"}
    kinds = {one.id: one.kind for one in market.universe.instruments}
    for key, where in spans(rows).items():
        two = rows.iloc[where][-2:]
        row = two.iloc[-1]
        if math.isnan(row["close"]) and math.isnan(row["adj_close"]):
            yield degraded(
                dataset,
                "{line:id} has a row of {day:day}, its last, and no price in it; the price before "
                "stands in for it.",
                advice="Fetch it again.",
                subject=key,
                line=key,
                day=row["date"],
            )
        if len(two) < 2 or kinds.get(key) in loose:
            continue
        for column in ("close", "adj_close"):
            before, last = two[column].iloc[0], row[column]
            if not (before > 0 and last > 0):
                continue
            ratio = max(last / before, before / last)
            if gates.last_row_ratio < ratio <= gates.jump_ratio:
                yield degraded(
                    dataset,
                    "{line:id} {column} is {last:g} on {day:day}, its last row, after {before:g} "
                    "on {day_before:day}; a factor above {limit:g} on the last row is doubtful "
                    "until another confirms it. What is said of its last week rests on that row.",
                    advice="Compare it with another source, or drop it with a correction.",
                    subject=key,
                    line=key,
                    column=column,
                    last=last,
                    day=row["date"],
                    before=before,
                    day_before=two["date"].iloc[0],
                    limit=gates.last_row_ratio,
                )
                break
