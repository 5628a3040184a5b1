"""Lithium in China is quoted with value-added tax; the world market asks for dollars without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from research.market.market import Market
from research.market.tax import without_vat
from research.market.units import Unit
from research.params.models import Params

MarketOf = Callable[..., Market]
YUAN = ("cnyusd", "2026-01-28", 1 / 7.0, "USD per CNY")


def test_yuan_with_tax_become_dollars_without(market_of: MarketOf) -> None:
    market = market_of(("lithium", "2026-01-28", 158_200.0, "CNY/t"), YUAN)
    found = without_vat(market, "lithium", "USD/kg")
    assert found is not None
    assert found.unit == Unit("USD/kg")
    assert found.value == pytest.approx(158_200 / 1.13 / 7.0 / 1000)
    assert found.value == pytest.approx(20.0)


def test_the_rate_is_that_of_the_day(market_of: MarketOf) -> None:
    market = market_of(
        ("lithium", "2026-01-27", 113_000.0, "CNY/t"),
        ("lithium", "2026-01-28", 113_000.0, "CNY/t"),
        ("cnyusd", "2026-01-27", 0.10, "USD per CNY"),
        ("cnyusd", "2026-01-28", 0.14, "USD per CNY"),
    )
    found = without_vat(market, "lithium", "USD/kg")
    assert found is not None
    assert found.value == pytest.approx(100_000 * 0.14 / 1000)


@pytest.mark.parametrize(
    "rows",
    [
        [YUAN],
        [("lithium", "2026-01-28", 158_200.0, "CNY/t"), ("gold", "2026-01-28", 5000.0, "USD/oz")],
        [("lithium", "2026-01-05", 158_200.0, "CNY/t"), YUAN],
        [("lithium", "2026-01-28", 20.0, "USD/kg"), YUAN],
    ],
    ids=["no price", "no rate", "an old price", "dollars already, perhaps without tax"],
)
def test_what_is_not_known_is_not_said(rows: list[tuple], market_of: MarketOf) -> None:
    assert without_vat(market_of(*rows), "lithium", "USD/kg") is None


def test_of_an_instrument_without_a_tax_nothing_is_taken(market_of: MarketOf) -> None:
    assert without_vat(market_of(("zinc", "2026-01-28", 3000.0, "USD/t")), "zinc", "USD/kg") is None


def test_the_universe_says_the_tax_of_lithium_alone(params: Params) -> None:
    taxed = {one.id: one.vat for one in params.universe.instruments if one.vat is not None}
    assert taxed == {"lithium": 0.13}
