"""Known answers for levels, weeks, changes and drawdowns."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from research.analysis import returns


def test_a_week_is_sampled_on_its_last_level_and_labelled_by_its_friday():
    days = pd.to_datetime(["2026-01-14", "2026-01-15", "2026-01-22", "2026-01-23"])
    weeks = returns.weekly(pd.Series([1.0, 2.0, 3.0, 4.0], index=days))
    assert weeks.to_dict() == {pd.Timestamp("2026-01-16"): 2.0, pd.Timestamp("2026-01-23"): 4.0}


def test_a_week_that_is_not_over_is_left_out():
    levels = pd.Series(1.0, index=pd.bdate_range("2026-01-05", "2026-01-28"))
    assert returns.weekly(levels).index[-1] == pd.Timestamp("2026-01-23")


def test_a_week_without_a_level_is_missing_and_not_filled():
    levels = pd.Series(1.0, index=pd.bdate_range("2026-01-05", "2026-01-30"))
    levels["2026-01-12":"2026-01-16"] = np.nan
    assert returns.weekly(levels).isna().tolist() == [False, True, False, False]
    assert returns.weekly_returns(levels).isna().tolist() == [True, True, False]


def test_nothing_can_be_sampled_from_nothing():
    assert returns.weekly(pd.Series(dtype=float, index=pd.DatetimeIndex([]))).empty


def test_a_month_counts_once_its_last_weekday_is_there():
    levels = pd.Series(range(1, 65), index=pd.bdate_range("2025-11-03", periods=64), dtype=float)
    assert levels.index[-1] == pd.Timestamp("2026-01-29")
    assert returns.monthly_returns(levels).index[-1] == pd.Timestamp("2025-12-31")
    levels[pd.Timestamp("2026-01-30")] = 65.0
    months = returns.monthly_returns(levels)
    assert months.index[-1] == pd.Timestamp("2026-01-31")
    assert months.iloc[-1] == pytest.approx(65 / 43 - 1)


def test_a_return_takes_the_levels_on_or_before_both_ends():
    levels = pd.Series(
        [100.0, 110.0, 121.0], index=pd.to_datetime(["2026-01-02", "2026-01-09", "2026-01-16"])
    )
    ends = dt.date(2026, 1, 5), dt.date(2026, 1, 18)
    assert returns.total_return(levels, *ends, fresh_days=10) == pytest.approx(0.21)


def test_a_level_that_is_too_old_gives_no_return():
    levels = pd.DataFrame(
        {"dead": [100.0, 110.0]}, index=pd.to_datetime(["2024-03-01", "2024-03-08"])
    )
    assert np.isnan(returns.change(levels, 26, as_of=dt.date(2026, 1, 28), fresh_days=10)["dead"])


def test_a_monthly_average_is_known_for_longer_than_a_close(method):
    assert returns.freshness("average", method.sampling) == method.sampling.average_fresh_days
    assert returns.freshness("close", method.sampling) == method.sampling.fresh_days


def test_a_change_counts_calendar_weeks():
    days = pd.date_range("2025-07-30", "2026-01-28")
    levels = pd.Series(np.arange(1.0, len(days) + 1), index=days)
    assert returns.change(levels, 26, fresh_days=10) == pytest.approx(len(days) - 1)


def test_the_year_begins_with_the_last_level_of_the_year_before():
    levels = pd.DataFrame(
        {"a": [50.0, 60.0, 75.0]}, index=pd.to_datetime(["2025-12-30", "2026-01-02", "2026-01-05"])
    )
    assert returns.year_to_date(levels, fresh_days=10)["a"] == pytest.approx(0.5)


def test_drawdown_is_the_distance_from_the_running_maximum():
    found = returns.drawdown(pd.Series([100.0, 120, 90, 110, 60, 130]))
    assert found.tolist() == pytest.approx([0, 0, -0.25, -1 / 12, -0.5, 0])


def test_the_distance_from_the_high_forgets_what_is_older_than_a_year():
    days = pd.to_datetime(["2024-06-03", "2025-06-02", "2026-01-28"])
    levels = pd.DataFrame({"a": [500.0, 100.0, 80.0]}, index=days)
    assert returns.off_high(levels, fresh_days=10)["a"] == pytest.approx(-0.2)
