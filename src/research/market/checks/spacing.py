"""The gate against weekly bars that pose as daily ones, in a whole line or a stretch of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from research.market.checks.result import GateResult, degraded
from research.market.market import Market
from research.market.views import spans

_WEEKEND = 4  # days between two rows over the longest usual one


def check_spacing(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED where `spacing_rows` rows in a row lie further apart than days of trading do.

    Monthly averages say what they are and are left out, and so are indices, which are published
    when they are.
    """
    least = market.method.gates.spacing_rows
    ordinals = rows["date"].to_numpy().astype("datetime64[D]").astype(int)
    for key, where in spans(rows).items():
        averages = rows["price_type"].iloc[where.start] == "average"
        if averages or market.universe[key].kind == "index":
            continue
        steps = np.diff(ordinals[where])
        edges = np.flatnonzero(np.diff(np.r_[0, (steps > _WEEKEND).astype(int), 0]))
        lengths = edges[1::2] - edges[::2]
        if not len(lengths) or lengths.max() < least:
            continue
        first, last = edges[2 * lengths.argmax()], edges[2 * lengths.argmax() + 1]
        days = rows["date"].iloc[where]
        yield degraded(
            dataset,
            "{line:id} has a row every {step:g} days from {first:day} to {last:day} ({steps} "
            "steps); daily prices are expected, and longer bars would pass for days. Averages and "
            "highs of that stretch are NA or coarse.",
            advice="Bring daily prices, or begin after it.",
            subject=key,
            line=key,
            step=np.median(steps[first:last]),
            first=days.iloc[first],
            last=days.iloc[last],
            steps=last - first,
        )
