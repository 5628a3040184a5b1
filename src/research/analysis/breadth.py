"""How many take part, and how many independent trades that is."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd


def share_above_average(
    levels: pd.DataFrame, *, days: int = 200, min_observations: int = 200
) -> pd.DataFrame:
    """By date: `share` of names above their own `days`-session mean, and `n`, how many count.

    A name without a level that day, or with fewer than `min_observations` up to it, leaves the
    denominator. No name counting leaves the share missing.
    """
    return _share(above_average(levels, days=days, min_observations=min_observations))


def above_average(
    levels: pd.DataFrame, *, days: int = 200, min_observations: int = 200
) -> pd.DataFrame:
    """1.0 where a level is above the name's mean of `days` levels, 0.0 below; or missing."""
    mean = levels.apply(lambda name: name.dropna().rolling(days).mean()).reindex(levels.index)
    enough = levels.notna().cumsum() >= max(days, min_observations)
    counts = enough & levels.notna() & mean.notna()
    return (levels > mean).astype(float).where(counts)


def share_near_high(
    levels: pd.DataFrame, *, within: float = 0.05, days: int = 252, min_observations: int = 200
) -> pd.DataFrame:
    """By date: `share` of names within `within` of their `days`-session high, and `n` counted."""
    high = levels.rolling(days, min_periods=min(days, min_observations)).max()
    counts = levels.notna() & high.notna()
    return _share((levels >= (1 - within) * high).astype(float).where(counts))


def effective_number_of_bets(correlation: Any) -> float:
    """1/Σλ̂² over the normalised eigenvalues of a correlation matrix (k by k): 1 to k.

    Σλ² is the sum of squared entries, so no eigenvalue is computed.
    """
    matrix = np.asarray(correlation, dtype=float)
    return float(np.trace(matrix) ** 2 / np.square(matrix).sum())


def first_component_share(correlation: Any) -> float:
    """Share of the variance on the first principal component of a correlation matrix."""
    values = np.linalg.eigvalsh(np.asarray(correlation, dtype=float))
    return float(values[-1] / values.sum())


def effective_contributors(contributions: Any) -> float:
    """1/Σc² with c the contributions as shares of their sum; missing when the sum is nil."""
    c = _complete(contributions)
    total = c.sum()
    return float(total**2 / np.square(c).sum()) if c.size and total else float("nan")


def leave_out_top(contributions: Any, *, top: int = 2) -> float:
    """What is left of the summed contributions (fraction) without the `top` largest."""
    return float(np.sort(_complete(contributions))[::-1][top:].sum())


def design_effect(n: float, correlation: float) -> float:
    """By how much common movement inflates the variance of a share of `n` names: 1+(n−1)·ρ̄."""
    return 1 + (n - 1) * correlation


def breadth_se(share: float, n: int, correlation: float) -> float:
    """Standard error of a share of `n` names whose average correlation is `correlation`."""
    return sqrt(share * (1 - share) / n * design_effect(n, correlation))


def _share(flags: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"share": flags.mean(axis=1), "n": flags.notna().sum(axis=1)})


def _complete(values: Any) -> Any:
    x = np.asarray(values, dtype=float)
    return x[~np.isnan(x)]
