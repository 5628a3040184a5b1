"""The gate against splits left in prices: moves by a ratio at which shares are split."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from research.market.checks.jumps import priced_lines
from research.market.checks.result import GateResult, degraded
from research.market.market import Market

_LEVEL = 5  # rows on either side whose median says that a level stayed
_STAYS = 0.1  # how far that level may miss the ratio: the market moves within the week too
_AROUND = 60  # rows on either side whose typical move a jump is held against
_LEAST = 0.005  # typical daily move of a line that hardly trades


def check_splits(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED where a price moves by a split's ratio, against its habit, and stays there.

    Of companies and funds, by the ratios of `split_ratios`; larger ones are leaps. A fall by a
    third on a wild day is none: see `split_like`.
    """
    gates = market.method.gates
    others = ("metal", "fx", "rate", "volatility", "index")
    for column, key, one in priced_lines(market, rows, but=others):
        values, days = one[column].to_numpy(), one["date"]
        for n, ratio in split_like(
            values, gates.split_ratios, gates.split_tolerance, gates.split_sd
        ):
            fraction = Fraction(ratio).limit_denominator(10)
            yield degraded(
                dataset,
                "{line:id} {column} {way} {ratio} from {price:g} on {day:day} to {next_price:g} on "
                "{next_day:day} and stays there; no such move is usual for it, so a split is taken "
                "to be left in. Its returns across that day are wrong.",
                advice="Bring adjusted prices, or multiply the earlier rows with a correction.",
                subject=key,
                line=key,
                column=column,
                way="falls" if values[n] < values[n - 1] else "rises",
                ratio=f"{fraction.numerator}:{fraction.denominator}",
                price=values[n - 1],
                day=days.iloc[n - 1],
                next_price=values[n],
                next_day=days.iloc[n],
            )


def split_like(
    values: np.ndarray, ratios: tuple[float, ...], tolerance: float, sd: float
) -> list[tuple[int, float]]:
    """Places in `values` (n prices above zero) reached by a move of one of `ratios`, and which.

    `tolerance` is the share by which a move may miss its ratio. It must be `sd` usual moves, these
    being 1.4826 times the median absolute move around it, and the level must stay.
    """
    logs = np.log(values)
    moves = np.diff(logs)
    sizes = np.abs(moves)
    found = []
    for n in np.flatnonzero(sizes > math.log(min(ratios)) - tolerance):
        ratio = min(ratios, key=lambda one: abs(sizes[n] - math.log(one)))
        around = np.r_[sizes[max(0, n - _AROUND) : n], sizes[n + 1 : n + 1 + _AROUND]]
        usual = 1.4826 * float(np.median(around)) if len(around) else 0.0
        before, after = logs[max(0, n + 1 - _LEVEL) : n + 1], logs[n + 1 : n + 1 + _LEVEL]
        gone = np.median(after) - np.median(before)
        exact = abs(sizes[n] - math.log(ratio)) < tolerance
        stays = abs(gone - math.copysign(math.log(ratio), moves[n])) < _STAYS
        if exact and stays and sizes[n] > sd * max(usual, _LEAST):
            found.append((int(n) + 1, ratio))
    return found
