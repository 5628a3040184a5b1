"""How a return moves with the market's: betas, capture ratios and the safe-haven regression."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Returns = Any  # a Series, or an array whose last axis is time: betas also take bootstrap draws
_DOT = "...t,...t->..."


def beta(returns: Returns, market: Returns) -> Any:
    """Cov(r, m) / Var(m) of paired returns (fractions, one frequency, excess of the bill).

    Series are aligned on their dates; pairs with a missing side are left out. Arrays of shape
    (draws, T) must be complete and give one value for each draw. Missing without variance.
    """
    r, m = _paired(returns, market)
    return _slope(r, m)


def downside_beta(returns: Returns, market: Returns) -> Any:
    """Beta over the periods in which the market return is below its own mean (Bawa–Lindenberg).

    Moments are taken inside that half of the sample, as in Ang, Chen and Xing (2006).
    """
    r, m = _paired(returns, market)
    return _slope(r, m, np.less)


def upside_beta(returns: Returns, market: Returns) -> Any:
    """Beta over the periods in which the market return is at or above its own mean."""
    r, m = _paired(returns, market)
    return _slope(r, m, np.greater_equal)


class Capture(NamedTuple):
    """Capture ratios (benchmark = 100) and how many periods each rests on."""

    up: float
    down: float
    n_up: int
    n_down: int


def capture(returns: Returns, benchmark: Returns) -> Capture:
    """Geometric average return in the benchmark's up (down) periods over the benchmark's, ×100.

    Morningstar's definition: monthly simple returns, not annualised; periods in which the
    benchmark is flat belong to neither side. Missing where a side has no period.
    """
    r, m = _paired(returns, benchmark)
    up, down = m > 0, m < 0
    return Capture(
        100 * _ratio(_geometric(r[up]), _geometric(m[up])),
        100 * _ratio(_geometric(r[down]), _geometric(m[down])),
        int(up.sum()),
        int(down.sum()),
    )


class SafeHaven(NamedTuple):
    """Coefficients of r = a + b·m + c·D·m; `b_plus_c` is the beta on the market's worst days."""

    a: float
    b: float
    c: float
    b_plus_c: float
    hedge: bool
    safe_haven: bool


def safe_haven(returns: Returns, market: Returns, *, quantile: float = 0.05) -> SafeHaven:
    """Regression of Baur and Lucey (2010); D marks market returns at or below their `quantile`.

    A hedge has b ≤ 0, a safe haven b + c ≤ 0.
    """
    r, m = _paired(returns, market)
    worst = m <= np.quantile(m, quantile)
    design = np.column_stack([np.ones_like(m), m, worst * m])
    a, b, c = (float(one) for one in np.linalg.lstsq(design, r, rcond=None)[0])
    return SafeHaven(a, b, c, b + c, b <= 0, b + c <= 0)


def _paired(returns: Returns, market: Returns) -> tuple[Array, Array]:
    if isinstance(returns, pd.Series) and isinstance(market, pd.Series):
        returns, market = returns.align(market, join="inner")
    r, m = np.asarray(returns, dtype=float), np.asarray(market, dtype=float)
    if r.ndim > 1:
        return r, m
    both = ~(np.isnan(r) | np.isnan(m))
    return r[both], m[both]


def _slope(r: Array, m: Array, side: Any = None) -> Any:
    # Sums over a mask, not a selection: one pass serves a sample and all its bootstrap draws.
    r = r - r.mean(axis=-1, keepdims=True)
    m = m - m.mean(axis=-1, keepdims=True)
    used = np.ones_like(m) if side is None else side(m, 0).astype(float)
    m_used = used * m
    n = used.sum(axis=-1)
    m_sum = m_used.sum(axis=-1)
    r_sum, mm, mr = (np.einsum(_DOT, a, b) for a, b in ((used, r), (m_used, m), (m_used, r)))
    variance = n * mm - m_sum**2
    flat = variance <= 1e-12 * n * mm
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(flat, np.nan, (n * mr - m_sum * r_sum) / variance)
    return float(slope) if slope.ndim == 0 else slope


def _geometric(returns: Array) -> float:
    if returns.size == 0:
        return float("nan")
    return float(np.prod(1 + returns) ** (1 / returns.size) - 1)


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")
