"""The strip of key numbers: levels with units and dates, changes, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis.key_numbers import STRIP, key_numbers, known_at


@pytest.fixture
def market(make_market, weekdays):
    gold = pd.Series(4000.0, index=weekdays[-600:])
    gold.iloc[-1] = 5000
    gold.iloc[-10] = 5500
    old = pd.Series(20.0, index=weekdays[-600:-60])
    copper = pd.Series(10000.0, index=weekdays[-600::21])
    copper.iloc[-1] = 12000
    levels = {"gold": gold, "pick": old, "copper": copper}
    return make_market(levels, types={"gold": "fix", "copper": "average"})


def test_a_number_comes_with_unit_date_kind_and_changes(market, method):
    gold = key_numbers(market, method).loc["gold"]
    assert (gold["level"], gold["unit"], gold["price_type"]) == (5000, "USD/oz", "fix")
    assert gold["date"] == pd.Timestamp("2026-01-30")
    assert not gold["stale"]
    changes = gold[["change_1w", "change_6m", "change_ytd"]].astype(float)
    assert changes.tolist() == pytest.approx([0.25, 0.25, 0.25])
    assert gold["off_high"] == pytest.approx(5000 / 5500 - 1)


def test_an_old_price_is_shown_with_its_date_and_no_change(market, method):
    pick = key_numbers(market, method).loc["pick"]
    assert pick["level"] == 20
    assert pick["stale"]
    assert np.isnan(pick["change_6m"])
    assert np.isnan(pick["off_high"])


def test_a_monthly_average_has_no_change_of_a_week(market, method):
    copper = key_numbers(market, method).loc["copper"]
    assert np.isnan(copper["change_1w"])
    assert copper["change_6m"] == pytest.approx(0.2)


def test_an_instrument_without_data_keeps_its_row(market, method):
    table = key_numbers(market, method)
    assert table.index.tolist() == list(STRIP)
    assert np.isnan(table.loc["silver", "level"])
    assert table.loc["silver", "stale"]
    assert table.loc["silver", "unit"] == "USD/oz"


def test_an_instrument_outside_the_universe_has_no_row(market, method):
    assert key_numbers(market, method, ["gold", "tin"]).index.tolist() == ["gold"]


def test_no_data_at_all_is_a_table_of_gaps(make_market, method):
    table = key_numbers(make_market({}), method)
    assert table["level"].isna().all()


def test_narrow_columns_have_short_names_with_their_unit(market, method):
    named = key_numbers(market, method)["named"].to_dict()
    assert named["gold"] == "Gold, USD/oz"
    assert (named["gdx"], named["acwi"]) == ("GDX", "ACWI")  # no price, no unit
    assert named["pick"] == "PICK (ex gold & silver), USD"
    assert named["gbpusd"] == "GBP/USD"


def test_the_time_of_the_newest_price_is_known(make_market, method, weekdays):
    market = make_market({"gold": pd.Series(4000.0, index=weekdays[-600:])})
    rows = market.frame("prices").assign(available_at=pd.Timestamp("2026-01-30 15:00", tz="UTC"))
    late = rows.assign(instrument="nickel", available_at=pd.Timestamp("2026-01-30 22:00", tz="UTC"))
    market.frame = lambda dataset: pd.concat([rows, late])
    assert known_at(market, key_numbers(market, method)) == pd.Timestamp("2026-01-30 15:00Z")


def test_without_prices_no_time_is_known(make_market, method):
    market = make_market({})
    market.frame = lambda dataset: pd.DataFrame({"instrument": [], "available_at": []})
    assert known_at(market, key_numbers(market, method)) is None
