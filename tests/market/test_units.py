"""Units: known answers, and everything that must not be mixed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.errors import DataError
from research.market import Panel, Quantity, Unit, UnitError


@pytest.mark.parametrize(
    ("value", "unit", "expected", "target"),
    [
        (4448, "GBp", 44.48, "GBP"),
        (44.48, "GBP", 4448, "GBp"),
        (33500, "ZAc", 335, "ZAR"),
        (4, "USD/lb", 8818.490487, "USD/t"),
        (5100, "USD/oz", 5100 / 31.1034768, "USD/g"),
        (1, "USD/kg", 1000, "USD/t"),
        (1, "USD bn", 1000, "USD m"),
        (3.6, "%", 0.036, "ratio"),
        (2, "Moz", 2000, "koz"),
        (1, "Moz", 31.1034768, "t"),
    ],
)
def test_a_number_keeps_its_worth_in_another_unit(
    value: float, unit: str, expected: float, target: str
) -> None:
    assert Quantity(value, Unit(unit)).to(target).value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("USD", "GBP"),
        ("GBp", "USD"),
        ("USD/oz", "USD"),
        ("USD/t", "CNY/t"),
        ("USD/share", "USD"),
        ("USD", "index"),
        ("index", "ratio"),
        ("USD per GBP", "USD"),
        ("USD per GBP", "USD per EUR"),
        ("Moz", "m"),
        ("Moz", "USD/oz"),
    ],
)
def test_units_of_different_things_do_not_convert(one: str, other: str) -> None:
    with pytest.raises(UnitError, match=f"{one} cannot be expressed in {other}"):
        Unit(one).factor_to(Unit(other))


@pytest.mark.parametrize("text", ["", "usd", "USD/", "GBP/ounce?", "USD per oz", "pence", "USD  m"])
def test_a_text_that_is_no_unit_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UnitError, match=r"cannot be read; expected one like USD, GBp, USD/oz"):
        Unit(text)


def test_an_unknown_mass_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        UnitError, match=r"'cwt' is no known mass; expected oz, lb, t, kg, g, dmt or"
    ):
        Unit("USD/cwt")


def test_a_unit_error_shuts_the_data_gate() -> None:
    assert issubclass(UnitError, DataError)


def test_a_unit_knows_its_currency_and_what_it_pays_for() -> None:
    assert (Unit("GBp").currency, Unit("GBp").scale) == ("GBP", 0.01)
    assert (Unit("USD/oz").currency, Unit("USD/oz").per) == ("USD", "oz")
    assert (Unit("USD per GBP").currency, Unit("USD per GBP").per) == ("USD", "GBP")
    assert Unit("ZAc").currency == "ZAR"
    assert Unit("index").currency is None


def test_exchanging_keeps_the_thing_and_changes_the_money() -> None:
    assert Unit("CNY/t").exchanged("USD") == Unit("USD/t")
    assert Unit("GBp").exchanged("USD") == Unit("USD")
    assert Unit("ZAR m").exchanged("USD") == Unit("USD m")
    with pytest.raises(UnitError, match="index holds no currency"):
        Unit("index").exchanged("USD")


def test_quantities_add_and_compare_across_pence_and_pounds() -> None:
    pounds, pence = Quantity(44.48, Unit("GBP")), Quantity(4448, Unit("GBp"))
    assert pounds == pence
    assert (pounds + pence).value == pytest.approx(88.96)
    assert (pence - pounds).value == pytest.approx(0, abs=1e-9)
    assert Quantity(44.47, Unit("GBP")) < pence
    assert pence / pounds == pytest.approx(1)
    half = pence / 2
    assert isinstance(half, Quantity)
    assert (half.value, str((2 * half).unit)) == (2224, "GBp")


@pytest.mark.parametrize("operator", ["__add__", "__sub__", "__lt__", "__eq__", "__truediv__"])
def test_quantities_of_different_currencies_do_not_mix(operator: str) -> None:
    with pytest.raises(UnitError, match="GBP cannot be expressed in USD"):
        getattr(Quantity(1, Unit("USD")), operator)(Quantity(1, Unit("GBP")))


def test_a_plain_number_is_no_quantity() -> None:
    with pytest.raises(UnitError, match="3 has no unit and cannot be mixed with USD"):
        _ = Quantity(1, Unit("USD")) + 3  # type: ignore[operator]
    with pytest.raises(UnitError, match="USD times USD has no unit here"):
        _ = Quantity(1, Unit("USD")) * Quantity(1, Unit("USD"))  # type: ignore[arg-type]


def test_a_quantity_never_equals_a_plain_number_and_has_no_hash() -> None:
    assert Quantity(1, Unit("USD")) != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(Quantity(1, Unit("USD")))


@given(
    st.floats(1e-3, 1e6),
    st.lists(st.sampled_from(["USD/oz", "USD/lb", "USD/t", "USD/kg", "USD/g"]), min_size=1),
)
def test_a_round_trip_through_any_units_gives_the_number_back(
    value: float, through: list[str]
) -> None:
    start = Quantity(value, Unit("USD/t"))
    there = start
    for unit in through:
        there = there.to(unit)
    assert there.to("USD/t").value == pytest.approx(value)


def _panel(unit: str, *prices: float) -> Panel:
    days = pd.DatetimeIndex(["2026-01-26", "2026-01-27", "2026-01-28"], name="date")
    return Panel(pd.DataFrame({"one": prices}, index=days), Unit(unit))


def test_returns_and_indices_do_not_depend_on_the_unit() -> None:
    pence = _panel("GBp", 4000, 4200, 4448)
    pounds = pence.to("GBP")
    assert pounds.frame["one"].tolist() == pytest.approx([40, 42, 44.48])
    np.testing.assert_allclose(pence.returns(), pounds.returns())
    assert pence.indexed(dt.date(2026, 1, 27))["one"].tolist() == pytest.approx([100, 105.904762])


def test_returns_leave_a_gap_a_gap() -> None:
    assert _panel("USD", 1.0, float("nan"), 2.0).returns()["one"].isna().all()


def test_panels_add_only_in_one_currency() -> None:
    pounds, pence = _panel("GBP", 1, 2, 3), _panel("GBp", 100, 200, 300)
    assert (pounds + pence).frame["one"].tolist() == pytest.approx([2, 4, 6])
    assert (pounds - pence).frame["one"].tolist() == pytest.approx([0, 0, 0])
    with pytest.raises(UnitError, match="USD cannot be expressed in GBP"):
        _ = pounds + _panel("USD", 1, 2, 3)
    with pytest.raises(UnitError, match="USD/oz cannot be expressed in GBP"):
        _ = pounds - _panel("USD/oz", 1, 2, 3)


def test_a_panel_is_not_indexed_after_its_end() -> None:
    with pytest.raises(DataError, match="no row from 2026-02-01 on; its last is of 2026-01-28"):
        _panel("USD", 1, 2, 3).indexed(dt.date(2026, 2, 1))
