"""Least squares with robust errors: what moves with what, and how closely."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.inference import hac_lags

Array = NDArray[np.float64]


class Fit(NamedTuple):
    """Coefficients and their standard errors (the constant first), R², rows used and lags."""

    coefficients: Array
    errors: Array
    r2: float
    n: int
    lags: int


def least_squares(y: Any, x: Any, *, lags: int | None = None, correction: bool = True) -> Fit:
    """y = a + x·b by least squares, with Newey–West errors (Bartlett kernel).

    `y` has shape (T,), `x` (T, k); Series and frames are aligned on their dates, and rows with a
    gap are left out. `lags` follow the rule of `hac_lags`; `correction` multiplies the variance by
    n/(n−k−1). All is missing where the columns of `x` repeat each other or rows are too few.
    """
    target, columns = _aligned(y, x)
    n, k = len(target), columns.shape[1] + 1
    lags = hac_lags(n) if lags is None and n else lags or 0
    design = np.column_stack([np.ones(n), columns])
    if n <= k or np.linalg.matrix_rank(design) < k or not np.ptp(target):
        nothing = np.full(k, np.nan)
        return Fit(nothing, nothing, float("nan"), n, lags)
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.solve(r, q.T @ target)
    rest = target - design @ coefficients
    apart = target - target.mean()
    inverse = np.linalg.inv(r)
    covariance = inverse @ inverse.T @ _scores(design * rest[:, None], lags) @ inverse @ inverse.T
    covariance *= n / (n - k) if correction else 1.0
    r2 = 1 - float(rest @ rest) / float(apart @ apart)
    return Fit(coefficients, np.sqrt(np.diag(covariance)), r2, n, lags)


def _scores(scores: Array, lags: int) -> Array:
    total = scores.T @ scores
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        cross = scores[lag:].T @ scores[:-lag]
        total = total + (1 - lag / (lags + 1)) * (cross + cross.T)
    return total


def _aligned(y: Any, x: Any) -> tuple[Array, Array]:
    if isinstance(y, pd.Series) and isinstance(x, pd.DataFrame):
        y, x = y.align(x, join="inner", axis=0)
    target = np.asarray(y, dtype=float)
    columns = np.asarray(x, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    known = ~(np.isnan(target) | np.isnan(columns).any(axis=1))
    return target[known], columns[known]
