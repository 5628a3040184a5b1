"""The gate of sign and range: prices are above zero, yields within what yields have been."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from research.market.checks.result import GateResult, blocked, count
from research.market.market import Market


def check_ranges(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """BLOCKED for a price that is not above zero, and for a yield or volatility out of its range.

    A yield may be negative; a fraction taken for a percentage, or basis points, is found by the
    bounds of `method.gates.range_by_kind`, in the unit that the universe gives the kind.
    """
    bounds = market.method.gates.range_by_kind
    kinds = {one.id: one.kind for one in market.universe.instruments}
    codes, ids = pd.factorize(rows["instrument"])

    def of(kind: str) -> np.ndarray:
        return np.array([kinds[one] == kind for one in ids], dtype=bool)[codes]

    for column in ("close", "adj_close"):
        wrong = rows[(rows[column] <= 0) & ~of("rate")]
        for key, found in wrong.groupby("instrument"):
            row = found.iloc[0]
            yield blocked(
                dataset,
                "{line:id} {column} is {price:g} on {day:day} ({rows}); a price is above zero.",
                advice="Mend the file, or leave the row out with a repair.",
                subject=str(key),
                line=str(key),
                column=column,
                price=row[column],
                day=row["date"],
                rows=count(len(found), "such row"),
            )
    for kind, (low, high) in bounds.items():
        outside = rows[of(kind) & ((rows["close"] < low) | (rows["close"] > high))]
        for key, found in outside.groupby("instrument"):
            row = found.iloc[0]
            yield blocked(
                dataset,
                "{line:id} close is {close:g} {unit} on {day:day} ({rows}); expected {low:g} to "
                "{high:g} of a {kind}. Is it a fraction, a percentage or in basis points?",
                advice="Mend the unit, or leave the row out with a repair.",
                subject=str(key),
                line=str(key),
                close=row["close"],
                unit=row["unit"],
                day=row["date"],
                rows=count(len(found), "such row"),
                low=low,
                high=high,
                kind=kind,
            )
