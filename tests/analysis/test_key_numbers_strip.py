"""The strip of key numbers: levels with units and dates, changes, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis.key_numbers import STRIP, key_numbers


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
