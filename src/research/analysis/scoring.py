"""How good past probabilities were: Brier score, its parts, skill, and the ranked score."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


def brier(forecasts: Any, outcomes: Any) -> float:
    """Mean of (p − o)², with o = 1 when the event came; 0 is best."""
    f, o = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in (forecasts, outcomes)))
    return float(np.mean((f - o) ** 2))


def brier_skill(forecasts: Any, reference: Any, outcomes: Any) -> float:
    """1 − BS/BS_ref: the share of the reference's error that the forecasts avoid."""
    against = brier(reference, outcomes)
    return 1 - brier(forecasts, outcomes) / against if against else float("nan")


class Murphy(NamedTuple):
    """Parts of the Brier score: `reliability` − `resolution` + `uncertainty`."""

    reliability: float
    resolution: float
    uncertainty: float


def murphy(forecasts: Any, outcomes: Any) -> Murphy:
    """Murphy's parts (1973), with one group for each distinct forecast, so that they add up."""
    f, o = np.asarray(forecasts, dtype=float), np.asarray(outcomes, dtype=float)
    values, group, sizes = np.unique(f, return_inverse=True, return_counts=True)
    rates = np.bincount(group, weights=o) / sizes
    share, mean = sizes / f.size, o.mean()
    return Murphy(
        float(share @ (values - rates) ** 2),
        float(share @ (rates - mean) ** 2),
        float(mean * (1 - mean)),
    )


def rps(forecast: Any, outcome: int) -> float:
    """Ranked probability score of ordered classes, `outcome` counted from 0; 0 best, 1 worst."""
    p = np.asarray(forecast, dtype=float)
    came = np.arange(p.size) >= outcome
    return float(np.sum((np.cumsum(p) - came)[:-1] ** 2) / (p.size - 1))
