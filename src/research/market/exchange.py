"""Rates between currencies, session by session, from the currency pairs of the universe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from research.errors import DataError
from research.market.units import Unit
from research.params.models import Universe


class Exchange:
    """Currency rates made of the pairs in the universe, directly, inverted, or through dollars.

    `quotes(id)` gives a pair's quote on each session, NaN where none is known.
    """

    def __init__(self, universe: Universe, quotes: Callable[[str], np.ndarray]) -> None:
        self._quotes = quotes
        self._pairs = {
            (unit.per, unit.currency): one.id
            for one in universe.instruments
            if one.kind == "fx" and one.unit
            for unit in [Unit(one.unit)]
        }

    def rate(self, currency: str, to: str) -> np.ndarray | float:
        """What one unit of `currency` is worth in `to`; DataError when no pair leads there."""
        if currency == to:
            return 1.0
        if (currency, to) in self._pairs:
            return self._quotes(self._pairs[currency, to])
        if (to, currency) in self._pairs:
            return 1 / self._quotes(self._pairs[to, currency])
        if "USD" not in (currency, to):
            return self.rate(currency, "USD") * self.rate("USD", to)
        other = to if currency == "USD" else currency
        raise DataError(
            f"{currency} cannot be converted to {to}: no instrument of kind fx in the universe is "
            f"quoted in `USD per {other}`. Add {other.lower()}usd to universe.yaml."
        )
