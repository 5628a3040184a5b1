"""Prices that contain value-added tax, without it and in a unit of the world market."""

from __future__ import annotations

from research.market.market import Market
from research.market.units import Quantity, Unit


def without_vat(market: Market, id: str, unit: str) -> Quantity | None:
    """The last price of `id` in `unit`, less the `vat` of the universe, at the rate of its day.

    DOMAIN §C: lithium in USD/kg is CNY/t ÷ 1.13 ÷ CNY per USD ÷ 1,000. None where there is no
    price, an old one, or one in another currency than the universe wants, which may be without
    tax already; and where the rate, or the tax, is not known.
    """
    instrument = market.universe[id]
    if instrument.vat is None or instrument.unit is None:
        return None
    quote = market.latest(id)
    if quote is None or quote.stale or quote.unit.currency != Unit(instrument.unit).currency:
        return None
    known = market.closes([id], unit=unit).frame[id].dropna()
    if known.empty or known.index[-1].date() != market.as_of:
        return None
    return Quantity(float(known.iloc[-1]) / (1 + instrument.vat), Unit(unit))
