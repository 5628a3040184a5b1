"""Known answers for positions in history, averages of multiples, margins and implied prices."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy import stats

from research.analysis import valuation

HISTORY = [4, 5, 5, 6, 6, 6, 7, 7, 8, 9]


def test_nine_is_high_in_its_history():
    assert valuation.midrank_percentile(HISTORY, 9) == pytest.approx(0.95)
    assert valuation.z_score(HISTORY, 9) == pytest.approx(1.806704, abs=1e-6)
    assert valuation.robust_z(HISTORY, 9) == pytest.approx(2.023472, abs=1e-6)


def test_the_percentile_is_that_of_scipy(random):
    past = random.integers(0, 20, 200).astype(float)
    assert valuation.midrank_percentile(past, 7.0) == pytest.approx(
        stats.percentileofscore(past, 7.0, kind="mean") / 100
    )
    assert valuation.robust_z(past, 7.0) == pytest.approx(
        (7 - np.median(past)) / (1.4826 * stats.median_abs_deviation(past))
    )


def test_a_history_without_values_or_variation_gives_no_position():
    assert np.isnan(valuation.midrank_percentile([np.nan], 1.0))
    assert np.isnan(valuation.midrank_percentile([1.0], float("nan")))
    assert np.isnan(valuation.z_score([1.0, 1.0], 2.0))
    assert np.isnan(valuation.robust_z([], 2.0))
    assert np.isnan(valuation.robust_z([1.0, 1.0, 1.0], 2.0))


def test_the_average_multiple_is_harmonic_over_the_meaningful_ones():
    assert valuation.harmonic_mean([5, 6, 7, 40, -3, np.nan]) == pytest.approx(7.483296, abs=1e-6)
    assert valuation.harmonic_mean([10, 20]) == pytest.approx(2 / (1 / 10 + 1 / 20))
    assert np.isnan(valuation.harmonic_mean([-1]))


def test_a_june_year_is_put_on_the_calendar_by_days():
    expected = 181 / 365 * 26 + 184 / 365 * 28
    assert valuation.calendarise(26, 28, dt.date(2026, 6, 30)) == pytest.approx(expected)
    assert expected == pytest.approx(27.008219, abs=1e-6)


def test_a_leap_year_has_one_day_more():
    expected = 182 / 366 * 26 + 184 / 366 * 28
    assert valuation.calendarise(26, 28, dt.date(2028, 6, 30)) == pytest.approx(expected)


def test_a_december_year_is_a_calendar_year_already():
    assert valuation.calendarise(26, float("nan"), dt.date(2026, 12, 31)) == 26
    assert np.isnan(valuation.calendarise(26, float("nan"), dt.date(2026, 6, 30)))


def test_leverage_falls_as_the_price_rises():
    assert valuation.aisc_margin(5000, 1700) == pytest.approx(0.66)
    assert valuation.operating_leverage(5000, 1700) == pytest.approx(1.5151515)
    assert valuation.operating_leverage(2000, 1400) == pytest.approx(3.3333333)
    assert valuation.aisc_margin(5500, 1700) / 0.66 - 1 > 0.04
    assert np.isnan(valuation.operating_leverage(1400, 1400))


MINE = {"ounces": 3e6, "aisc_usd_oz": 1600.0, "tax": 0.3, "years": 12}


def test_the_price_that_an_equity_implies():
    assert valuation.annuity(0.05, 12) == pytest.approx(8.8632516, abs=1e-6)
    assert valuation.implied_price(30e9, rate=0.05, **MINE) == pytest.approx(3211.7916, abs=1e-3)
    assert valuation.implied_price(30e9, rate=0.08, **MINE) == pytest.approx(3495.6431, abs=1e-3)
    assert valuation.nav(5100, rate=0.05, **MINE) == pytest.approx(65144.8995e6, rel=1e-8)


def test_the_asset_value_at_the_implied_price_is_the_enterprise_value():
    price = valuation.implied_price(30e9, rate=0.05, **MINE)
    assert valuation.nav(price, rate=0.05, **MINE) == pytest.approx(30e9)


def test_a_tenth_on_iron_ore_lifts_earnings_by_more():
    found = valuation.earnings_sensitivity(0.10, revenue_share=0.6, royalty=0.07, ebitda_margin=0.5)
    assert found == pytest.approx(0.1116)


def test_without_interest_a_year_is_a_year():
    assert valuation.annuity(0.0, 12) == 12
