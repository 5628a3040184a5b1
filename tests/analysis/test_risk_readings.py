"""Each risk comes with what prices say of it today, in words that fit the sign."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis.readings import risk_readings
from research.exhibits.facts import tell
from research.params.models import Risk


def risk(id: str = "x", side: str = "up", **reading) -> Risk:
    given = {"id": id, "side": side, "text": "A risk.", "claims": ["C4"]}
    return Risk.model_validate(given | ({"reading": reading} if reading else {}))


@pytest.fixture
def moved(make_market, weekdays):
    """A market in which gold stood at `first` until the last day."""

    def made(last: float, *, id: str = "gold", first: float = 100.0, **more):
        levels = pd.Series(first, index=weekdays[-600:])
        levels.iloc[-1] = last
        return make_market({id: levels}, **more)

    return made


@pytest.mark.parametrize(
    ("last", "value", "told"),
    [
        (150, 0.5, "Gold up 50\u202f% in 26 weeks"),
        (80, -0.2, "Gold down 20\u202f% in 26 weeks"),
        (100.2, 0.002, "Gold unchanged over 26 weeks"),
    ],
)
def test_a_change_is_told_with_the_word_of_its_sign(moved, method, last, value, told):
    row = risk_readings([risk(of=["gold"], measure="change_6m")], moved(last), method).loc["x"]
    assert row["value"] == pytest.approx(value)
    assert tell(row["statement"]) == told


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (4.5, "US 10-year yield up 0.5\u202fpp in 26 weeks"),
        (3.75, "US 10-year yield down 0.3\u202fpp in 26 weeks"),
        (4.01, "US 10-year yield unchanged over 26 weeks"),
    ],
)
def test_a_yield_moves_by_points_and_not_by_per_cent(moved, method, last, told):
    market = moved(last, id="us10y", first=4.0)
    row = risk_readings([risk(of=["us10y"], measure="change_6m")], market, method).loc["x"]
    assert row["value"] == pytest.approx((last - 4) / 100)
    assert tell(row["statement"]) == told


@pytest.mark.parametrize(
    ("last", "told"),
    [(90, "Gold 10\u202f% below its 52-week high"), (120, "Gold at its 52-week high")],
)
def test_a_distance_from_the_high_is_told(moved, method, last, told):
    row = risk_readings([risk(of=["gold"], measure="off_high")], moved(last), method).loc["x"]
    assert tell(row["statement"]) == told


@pytest.mark.parametrize(("last", "way"), [(105, "above"), (45, "below")])
def test_iron_ore_is_held_against_its_mid_cycle_price(moved, method, last, way):
    market = moved(last, id="iron-ore")
    row = risk_readings([risk(of=["iron-ore"], measure="above_mid_cycle")], market, method).loc["x"]
    assert row["value"] == pytest.approx(last / 75 - 1)
    assert tell(row["statement"]) == f"Iron ore 40\u202f% {way} its mid-cycle 75 USD/t"


def test_a_price_in_yuan_is_passed_over_for_one_in_dollars(make_market, weekdays, method):
    levels = {
        "iron-ore": pd.Series(780.0, index=weekdays[-600:]),
        "iron-ore-cfr": pd.Series(90.0, index=weekdays[-600:]),
    }
    market = make_market(levels, units={"iron-ore": "CNY/t"})
    asked = risk(of=["iron-ore", "iron-ore-cfr"], measure="above_mid_cycle")
    row = risk_readings([asked], market, method).loc["x"]
    assert row["label"] == "Iron ore (import)"
    assert row["value"] == pytest.approx(0.2)


def test_what_no_price_tells_is_said_to_be_unknown(make_market, method):
    market = make_market({})
    row = risk_readings([risk(of=["dxy", "gold"], measure="change_6m")], market, method).loc["x"]
    assert np.isnan(row["value"])
    assert tell(row["statement"]) == "Dollar (DXY): not known"


def test_a_risk_without_a_reading_has_none_and_upside_comes_first(make_market, method):
    table = risk_readings(
        [risk("a", "down"), risk("b"), risk("c", "down")], make_market({}), method
    )
    assert table.index.tolist() == ["b", "a", "c"]
    assert table["statement"].isna().all()
    assert tell(table.loc["a", "statement"]) == ""


def test_no_risks_at_all_are_an_empty_table(make_market, method):
    assert risk_readings([], make_market({}), method).empty
