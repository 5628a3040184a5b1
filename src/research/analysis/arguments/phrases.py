"""Turns of phrase that tests of value share: places in history, and the price that is implied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from research.analysis.claims import Statement, state

if TYPE_CHECKING:
    from research.params.models import Method


def place(percentile: float) -> str:
    """A percentile as a template of the value `p`; what would round to 0 or 100 is an end."""
    if percentile >= 0.995:
        return "at the very top"
    return "at the {p:pctl} percentile" if percentile >= 0.005 else "at the very bottom"


def below(percentile: float, bound: float) -> str:
    """`percentile` under `bound`, as a template of `p` and `bound` that rounding cannot belie."""
    if round(100 * percentile) == round(100 * bound):
        return "just below the {bound:pctl} percentile"
    return f"only {place(percentile)}"


def priced(ratio: float, method: Method) -> Statement:
    """What the producers' values imply for the metal, beside its price now."""
    return state(
        "The median producer is valued as if its metal cost {ratio:pct0} of today’s price for "
        "{years:word} years, at a real rate of {rate:pct0}.",
        ratio=ratio,
        years=method.valuation.nav_years,
        rate=method.valuation.nav_rates[0],
    )


def capital(words: str) -> str:
    """The words with their first letter large; the others stay."""
    return words[0].upper() + words[1:]
