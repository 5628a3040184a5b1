"""How each test computes its estimate from the rows behind it, for who follows it in a file."""

from __future__ import annotations

FORMULAS: dict[str, str] = {
    "active_weight": "mean over the funds of weight − benchmark weight, each at its newest date",
    "association": "R² = 1 − Σe² / Σ(r − mean r)², least squares of r on the factors’ moves",
    "association_with_weight": "Pearson’s r of the active weight and the return that followed",
    "breadth": "metals with a gain above nil / metals; companies: median gain, and the mean gain "
    "without the largest / the mean gain",
    "buy_share": "share of Buy at the end − share of Buy before, over the same pairs",
    "downside_beta": "β⁻ = cov(r, m | m < mean m) / var(m | m < mean m)",
    "gains": "companies with a gain inside the range / companies",
    "price_target": "target / last price − 1",
    "record_high": "highest of the week claimed / highest before − 1; the smallest counts",
    "record_price": "highest close of the week claimed",
    "recovery": "last price / lowest price − 1",
    "relative_value": "(ratios below the last + half of those equal to it) / ratios",
    "robust_price": "last price; its place: (months below it + half of those equal) / months",
    "run_ups": "run-ups with a return above nil after them / run-ups",
    "unusual_gains": "z = (gain told − mean gain) / standard deviation; the smallest counts",
    "valuation": "per measure (months below the last + half of those equal) / months; the middle "
    "of the measures counts",
}
"""By name of the test; `judge` puts it on the finding beside its rows."""
