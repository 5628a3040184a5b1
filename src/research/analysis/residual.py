"""What a gain leaves over once the pull of other prices is taken off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from research.analysis.inference import hac_mean


class Residual(NamedTuple):
    """A gain (fraction, summed), its two-sided interval, and the betas that were taken off."""

    gain: float
    lo: float
    hi: float
    betas: tuple[float, ...]


def residual_gain(
    returns: pd.DataFrame, *, recent: int, window: int, confidence: float = 0.90
) -> Residual | None:
    """Sum, over the `recent` last rows, of the first column less its betas times the others.

    `returns`: weekly, fractions. The betas are of the `window` rows before, so that the gain does
    not explain itself; the constant of that regression is not taken off. The interval is that of
    Newey and West for the mean week, and leaves the betas' own error out. None when a recent row
    is missing or incomplete, or fewer than half of the window's rows are complete.
    """
    now, before = returns.iloc[-recent:], returns.iloc[-recent - window : -recent].dropna()
    if len(now) < recent or now.isna().any(axis=None) or len(before) < window / 2:
        return None
    known = np.column_stack([np.ones(len(before)), before.iloc[:, 1:]])
    fitted, *_ = np.linalg.lstsq(known, before.iloc[:, 0].to_numpy(), rcond=None)
    betas = fitted[1:]
    mean = hac_mean(now.iloc[:, 0] - now.iloc[:, 1:].to_numpy() @ betas)
    half = float(special.ndtri((1 + confidence) / 2)) * mean.se * recent
    gain = mean.value * recent
    return Residual(gain, gain - half, gain + half, tuple(float(beta) for beta in betas))
