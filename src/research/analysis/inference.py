"""How sure we may be: robust errors, the stationary bootstrap and intervals for shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import ceil, erfc, floor, log10, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
_AT_HAND = 2**15  # numbers of one series in all the draws that are taken together


class Estimate(NamedTuple):
    """A value and its two-sided interval."""

    value: float
    lo: float
    hi: float


class Mean(NamedTuple):
    """A mean and its standard error, with the lags that the error allows for."""

    value: float
    se: float
    lags: int


def hac_lags(n: int) -> int:
    """Lags for `n` observations: floor(4·(n/100)^(2/9)), the rule of Newey and West."""
    return floor(4 * (n / 100) ** (2 / 9))


def hac_mean(values: Any, *, lags: int | None = None, correction: bool = True) -> Mean:
    """Mean of a series (T) and its Newey–West standard error with a Bartlett kernel.

    `correction` multiplies the variance by T/(T−1). Missing values are left out. On overlapping
    h-period returns even this error is too small: sample without overlap instead.
    """
    y = _complete(values)
    n = y.size
    lags = hac_lags(n) if lags is None else lags
    apart = y - y.mean()
    total = float(apart @ apart)
    for lag in range(1, min(lags, n - 1) + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(apart[lag:] @ apart[:-lag])
    if correction:
        total *= n / (n - 1)
    return Mean(float(y.mean()), sqrt(total) / n, lags)


def stationary_bootstrap(
    rows: Any,
    statistic: Callable[..., Any],
    *,
    mean_block: float,
    seed: int,
    draws: int = 2000,
    confidence: float = 0.90,
) -> Estimate:
    """`statistic` of paired rows (T by k, complete) and its percentile interval.

    `statistic` takes the k columns, each of shape (T,) or (draws, T), and reduces the last axis.
    Rows are drawn together in blocks of geometric length, `mean_block` on average, on a circle
    (Politis and Romano 1994). Draws in which the statistic is missing are left out.
    """
    return bootstrap(rows, statistic, mean_block=mean_block, seed=seed, draws=draws).interval(
        confidence
    )


class Bootstrap(NamedTuple):
    """A value and what it came to in each draw; missing in a draw where it cannot be had."""

    value: float
    draws: Array

    def interval(self, confidence: float = 0.90) -> Estimate:
        """The two-sided percentile interval."""
        tail = (1 - confidence) / 2
        lo, hi = np.nanquantile(self.draws, [tail, 1 - tail])
        return Estimate(self.value, float(lo), float(hi))

    def p_beyond(self, bound: float, *, above: bool) -> float:
        """One-sided p of "the value lies at or above (below) `bound`": (1 + #draws) / (1 + B)."""
        known = _complete(self.draws)
        beyond = known >= bound if above else known <= bound
        return float((1 + beyond.sum()) / (1 + known.size))


def bootstrap(
    rows: Any, statistic: Callable[..., Any], *, mean_block: float, seed: int, draws: int = 2000
) -> Bootstrap:
    """The draws behind `stationary_bootstrap`, for whoever needs more than their quantiles."""
    table = np.asarray(rows, dtype=float)
    table = table[:, None] if table.ndim == 1 else table
    n = table.shape[0]
    picked = bootstrap_rows(n, n, draws=draws, mean_block=mean_block, seed=seed)
    # Some draws at a time: what a processor keeps at hand is gone through twice as fast.
    step = max(1, _AT_HAND // n)
    parts = (picked[first : first + step] for first in range(0, draws, step))
    columns = np.ascontiguousarray(table.T)
    simulated = [np.asarray(statistic(*(c.take(part) for c in columns)), float) for part in parts]
    return Bootstrap(float(statistic(*table.T)), np.concatenate(simulated))


@lru_cache(maxsize=4)
def bootstrap_rows(
    n: int, length: int, *, draws: int, mean_block: float, seed: int
) -> NDArray[np.int32]:
    """Row numbers (draws by length) of a stationary bootstrap of `n` rows; not to be changed.

    The last few are kept: series of one length are mostly drawn alike, with one seed an edition.
    """
    random = np.random.default_rng(seed)
    begins = random.random((draws, length), dtype=np.float32) < 1 / mean_block
    begins[:, 0] = True
    # Only a block's first row is drawn; within a block the row number grows with time.
    where = np.flatnonzero(begins)
    first = random.integers(n, size=where.size, dtype=np.int32)
    lengths = np.diff(where, append=begins.size)
    rows = np.repeat(first - where.astype(np.int32), lengths)
    rows += np.arange(begins.size, dtype=np.int32)
    if length > n:
        rows %= n
    else:  # once around the circle at most, and a remainder costs more than a look
        np.subtract(rows, n, out=rows, where=rows >= n)
    rows.flags.writeable = False
    return rows.reshape(draws, length)


def mean_block(values: Any, *, floor_at: float = 4.0) -> float:
    """Mean block length for the stationary bootstrap of one series, at least `floor_at`.

    The automatic choice of Politis and White (2004) as corrected by Patton, Politis and White
    (2009). Missing values are left out.
    """
    x = _complete(values)
    n = x.size
    if n < 10 or np.ptp(x) == 0:
        return floor_at
    apart = x - x.mean()
    run = max(5, int(log10(n)))
    most = ceil(sqrt(n)) + run
    lags = range(min(most, n - 2) + 1)
    covariance = np.array([apart[lag:] @ apart[: n - lag] for lag in lags]) / n
    square = np.cumsum(np.append(0, apart**2))
    scale = np.array([(square[n] - square[lag + 1]) * square[n - lag - 1] for lag in lags])
    small = np.abs(covariance) * n < 2 * sqrt(log10(n) / n) * np.sqrt(scale)
    quiet = [lag for lag in range(len(lags) - run) if small[lag : lag + run].all()]
    bandwidth = min(2 * max(quiet[0], 1) if quiet else most, len(lags) - 1)
    lag = np.arange(1, bandwidth + 1)
    taper = np.where(lag / bandwidth <= 0.5, 1.0, 2 * (1 - lag / bandwidth))
    slope = 2 * float(taper @ (lag * covariance[1 : bandwidth + 1]))
    variance = float(covariance[0]) + 2 * float(taper @ covariance[1 : bandwidth + 1])
    length = (slope**2 / variance**2) ** (1 / 3) * n ** (1 / 3)
    return max(floor_at, min(length, ceil(min(3 * sqrt(n), n / 3))))


def jeffreys(successes: float, n: int, *, confidence: float = 0.90) -> Estimate:
    """Posterior mean (k+½)/(n+1) of a share and its interval, from a Beta(k+½, n−k+½)."""
    tail = (1 - confidence) / 2
    a, b = successes + 0.5, n - successes + 0.5
    lo, hi = (float(special.betaincinv(a, b, q)) for q in (tail, 1 - tail))
    return Estimate(a / (n + 1), lo, hi)


def wilson(successes: float, n: float, *, confidence: float = 0.90) -> Estimate:
    """Share k/n and Wilson's score interval."""
    share = successes / n
    z2 = float(special.ndtri((1 + confidence) / 2)) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return Estimate(share, centre - half, centre + half)


class McNemar(NamedTuple):
    """Change among pairs: statistic, its two p-values, and the one to quote."""

    chi2: float
    p_chi2: float
    p_exact: float
    p: float


def mcnemar(up: int, down: int) -> McNemar:
    """Test that as many pairs moved up as down: χ² = (u−v)²/(u+v), no continuity correction.

    `p` is the exact binomial one below 25 movers, where χ² is only rough, and p = 1 without any.
    """
    moved = up + down
    if not moved:
        return McNemar(0.0, 1.0, 1.0, 1.0)
    chi2 = (up - down) ** 2 / moved
    p_chi2 = erfc(sqrt(chi2 / 2))
    p_exact = min(1.0, 2 * float(special.bdtr(min(up, down), moved, 0.5)))
    return McNemar(chi2, p_chi2, p_exact, p_exact if moved < 25 else p_chi2)


def holm(p_values: Sequence[float]) -> Array:
    """p-values adjusted for the number of tests (Holm 1979), in the order given."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def n_eff_ar1(n: int, rho: float) -> float:
    """Independent observations that `n` values of autocorrelation `rho` are worth."""
    return n * (1 - rho) / (1 + rho)


def placebo_p(observed: float, simulated: Any) -> float:
    """Share of placebo results at least as large in size as the observed one, itself included."""
    placebo = _complete(simulated)
    return float((1 + np.sum(np.abs(placebo) >= abs(observed))) / (1 + placebo.size))


def _complete(values: Any) -> Array:
    x = np.asarray(values, dtype=float)
    return x[~np.isnan(x)]
