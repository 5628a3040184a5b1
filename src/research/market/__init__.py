"""The market as it was known on a day: instruments, units, sources, and the point-in-time view."""

from __future__ import annotations

from research.market.market import Market
from research.market.prices import Quote
from research.market.units import Panel, Quantity, Unit, UnitError

__all__ = ["Market", "Panel", "Quantity", "Quote", "Unit", "UnitError"]
