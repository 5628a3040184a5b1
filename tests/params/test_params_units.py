"""One list of units serves the files and the market, and a guess is made only where one is near."""

from __future__ import annotations

import pytest

from research.market.units import Unit, UnitError
from research.params import units


def test_currencies_are_codes_given_once():
    assert len(set(units.CURRENCIES)) == len(units.CURRENCIES)
    assert all(len(code) == 3 and code.isupper() for code in units.CURRENCIES)
    assert set(units.MINOR.values()) <= set(units.CURRENCIES)
    assert not set(units.MINOR) & set(units.CURRENCIES)


@pytest.mark.parametrize("text", ["XQQ", "USD per XQQ", "XQQ m", "XQQ/oz", "GBx"])
def test_what_is_no_currency_in_the_files_is_none_in_the_market(text):
    with pytest.raises(units.NoUnitError, match="is no known currency"):
        units.read(text)
    with pytest.raises(UnitError, match="is no known currency; expected one like USD"):
        Unit(text)


def test_cents_and_dry_tonnes_convert():
    assert Unit("USc/lb").factor_to(Unit("USD/t")) == pytest.approx(22.0462262)
    assert Unit("USD/dmt").factor_to(Unit("USD/t")) == 1


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("USD/oz", "USD/kg", True), ("USD/lb", "USD/t", True), ("USc/lb", "USD/t", True),
        ("USD/lb", "USD/oz", False), ("USD/t", "USD/oz", False), ("CNY/t", "USD/t", False),
        ("USD", "USD/oz", False), ("index", "index", True), ("index", "%", False),
    ],
)  # fmt: skip
def test_prices_are_alike_in_one_currency_and_one_kind_of_weight(one, other, alike):
    assert units.quoted_alike(one, other) is alike
    assert units.quoted_alike(other, one) is alike


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("$/ounce", "Did you mean `USD/oz`?"), ("usd/lbs", "Did you mean `USD/lb`?"),
        ("USDX", "Did you mean `USD`?"), ("percent", "Did you mean `%`?"), ("florins", ""),
    ],
)  # fmt: skip
def test_the_likeliest_unit_is_named_and_no_far_one(written, hint):
    assert units.nearest(written) == hint
