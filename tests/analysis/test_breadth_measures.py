"""Known answers for shares of names, effective numbers and contributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis import breadth


def trends(up: int, down: int, days: int = 260) -> pd.DataFrame:
    index = pd.bdate_range("2025-01-01", periods=days)
    rising, falling = np.linspace(100, 150, days), np.linspace(150, 100, days)
    return pd.DataFrame(
        {f"n{i}": rising if i < up else falling for i in range(up + down)}, index=index
    )


def test_seven_rising_and_three_falling_names_are_seventy_per_cent():
    last = breadth.share_above_average(trends(7, 3)).iloc[-1]
    assert (last["share"], last["n"]) == (0.7, 10)


def test_a_name_without_enough_history_leaves_the_denominator():
    levels = trends(2, 1)
    levels.loc[levels.index[:100], "n2"] = np.nan
    last = breadth.share_above_average(levels).iloc[-1]
    assert (last["share"], last["n"]) == (1.0, 2)


def test_a_name_without_a_level_today_leaves_the_denominator():
    levels = trends(2, 1)
    levels.iloc[-1, 0] = np.nan
    assert breadth.share_above_average(levels).iloc[-1]["n"] == 2


def test_no_name_has_an_average_before_its_days_are_over():
    assert (
        breadth.share_above_average(trends(1, 1))["share"].first_valid_index()
        == (trends(1, 1).index[199])
    )


def test_breadth_does_not_depend_on_the_order_of_names():
    levels = trends(7, 3)
    pd.testing.assert_frame_equal(
        breadth.share_above_average(levels),
        breadth.share_above_average(levels[levels.columns[::-1]]),
    )


def test_names_near_their_high_are_counted():
    levels = trends(3, 1)
    assert breadth.share_near_high(levels).iloc[-1]["share"] == 0.75


@pytest.mark.parametrize(
    ("correlation", "bets", "first"),
    [(np.eye(5), 5.0, 0.2), (np.ones((5, 5)), 1.0, 1.0), (0.5 + 0.5 * np.eye(5), 2.5, 0.6)],
)
def test_correlated_names_are_fewer_bets(correlation, bets, first):
    assert breadth.effective_number_of_bets(correlation) == pytest.approx(bets)
    assert breadth.first_component_share(correlation) == pytest.approx(first)


def test_the_number_of_bets_is_that_of_the_eigenvalues(random):
    matrix = np.corrcoef(random.normal(size=(6, 50)))
    values = np.linalg.eigvalsh(matrix) / 6
    assert breadth.effective_number_of_bets(matrix) == pytest.approx(1 / np.sum(values**2))


def test_unequal_contributions_count_for_fewer():
    assert breadth.effective_contributors([0.5, 0.3, 0.2]) == pytest.approx(1 / 0.38)
    assert breadth.effective_contributors([5, 3, 2]) == pytest.approx(1 / 0.38)
    assert np.isnan(breadth.effective_contributors([1.0, -1.0]))


def test_leaving_out_the_top_takes_the_largest_away():
    assert breadth.leave_out_top([0.01, 0.30, np.nan, -0.02, 0.10], top=2) == pytest.approx(-0.01)


def test_names_that_move_together_make_a_share_uncertain():
    assert breadth.design_effect(40, 0.4) == pytest.approx(16.6)
    assert breadth.breadth_se(0.62, 40, 0.0) == pytest.approx(0.0767463, abs=1e-6)
    assert breadth.breadth_se(0.62, 40, 0.4) == pytest.approx(0.3126883, abs=1e-6)
