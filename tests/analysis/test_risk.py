"""Known answers, second derivations and invariances of betas, capture and safe haven."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis import risk

MARKET = np.array([-0.04, -0.03, -0.02, -0.01, 0.01, 0.02, 0.03, 0.04])


def kinked(market: np.ndarray) -> np.ndarray:
    return np.where(market < market.mean(), 0.5 * market, 1.5 * market)


def test_a_kinked_return_has_another_beta_on_each_side():
    assert risk.downside_beta(kinked(MARKET), MARKET) == pytest.approx(0.5, abs=1e-12)
    assert risk.upside_beta(kinked(MARKET), MARKET) == pytest.approx(1.5, abs=1e-12)
    assert risk.beta(kinked(MARKET), MARKET) == pytest.approx(1.0, abs=1e-12)


def test_beta_is_the_slope_of_least_squares(random):
    import statsmodels.api as sm

    market = random.normal(0.002, 0.02, 300)
    miners = 1.2 * market + random.normal(0, 0.03, 300)
    slope = sm.OLS(miners, sm.add_constant(market)).fit().params[1]
    assert risk.beta(miners, market) == pytest.approx(slope, rel=1e-10)
    down = market < market.mean()
    slope = sm.OLS(miners[down], sm.add_constant(market[down])).fit().params[1]
    assert risk.downside_beta(miners, market) == pytest.approx(slope, rel=1e-10)


@pytest.mark.parametrize("measure", [risk.beta, risk.downside_beta, risk.upside_beta])
def test_betas_scale_with_the_return_and_are_one_for_the_market(measure, random):
    market = random.normal(0.001, 0.02, 200)
    miners = market + random.normal(0, 0.03, 200)
    assert measure(3 * miners, market) == pytest.approx(3 * measure(miners, market))
    assert measure(-miners, market) == pytest.approx(-measure(miners, market))
    assert measure(market, market) == pytest.approx(1)
    assert measure(miners + 0.01, market) == pytest.approx(measure(miners, market))


def test_turning_the_market_round_exchanges_up_and_down(random):
    market = random.normal(0.001, 0.02, 200)
    miners = kinked(market) + random.normal(0, 0.01, 200)
    assert risk.downside_beta(-miners, -market) == pytest.approx(risk.upside_beta(miners, market))


def test_bootstrap_draws_give_the_betas_of_each_draw(random):
    market = random.normal(0, 0.02, (5, 60))
    miners = market + random.normal(0, 0.02, (5, 60))
    together = risk.downside_beta(miners, market)
    assert together.shape == (5,)
    assert together[3] == pytest.approx(risk.downside_beta(miners[3], market[3]))


def test_series_are_paired_by_date_and_gaps_left_out():
    days = pd.date_range("2026-01-02", periods=8, freq="W-FRI")
    market = pd.Series(MARKET, index=days)
    miners = 2 * market
    miners.iloc[3] = np.nan
    assert risk.beta(miners.iloc[1:], market) == pytest.approx(2)


def test_a_market_that_does_not_move_gives_no_beta():
    assert np.isnan(risk.beta(MARKET, np.full(8, 0.01)))


def test_capture_is_geometric_and_not_annualised():
    fund, bench = np.array([0.08, -0.04, 0.06, -0.01]), np.array([0.10, -0.10, 0.05, -0.05])
    found = risk.capture(fund, bench)
    up = ((1.08 * 1.06) ** 0.5 - 1) / ((1.10 * 1.05) ** 0.5 - 1)
    down = ((0.96 * 0.99) ** 0.5 - 1) / ((0.90 * 0.95) ** 0.5 - 1)
    assert (found.up, found.down) == pytest.approx((100 * up, 100 * down), abs=1e-9)
    assert (found.n_up, found.n_down) == (2, 2)
    assert found.down == pytest.approx(33.33699452, abs=1e-6)


def test_the_benchmark_captures_itself_whole():
    bench = np.array([0.10, -0.10, 0.05, -0.05])
    assert risk.capture(bench, bench)[:2] == pytest.approx((100, 100))


def test_capture_of_a_side_without_periods_is_missing():
    found = risk.capture([0.02, 0.03], [0.01, 0.02])
    assert np.isnan(found.down)
    assert found.n_down == 0


def test_a_safe_haven_falls_away_from_the_market_on_its_worst_days():
    market = np.array([-0.1, -0.08, -0.03, -0.02, -0.01, 0, 0.01, 0.02, 0.03, 0.04])
    haven = np.where(market <= np.quantile(market, 0.2), -0.2 * market, market)
    found = risk.safe_haven(haven, market, quantile=0.2)
    assert (found.b, found.c, found.b_plus_c) == pytest.approx((1.0, -1.2, -0.2))
    assert found.safe_haven
    assert not found.hedge
