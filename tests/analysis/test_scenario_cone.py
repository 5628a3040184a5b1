"""The cone's quantiles, scenario shares and their agreement with the probability."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis import scenarios
from research.errors import UsageError


@pytest.fixture
def levels(weekdays, random):
    return pd.Series(np.exp(np.cumsum(random.normal(0.0003, 0.012, len(weekdays)))), index=weekdays)


def test_a_constant_return_has_one_path():
    paths = scenarios.simulate(np.full(100, np.log(1.01)), weeks=26, paths=50, seed=1, block=4)
    assert paths == pytest.approx(np.tile(1.01 ** np.arange(27), (50, 1)))


def test_the_cone_widens_with_the_root_of_time(random):
    paths = scenarios.simulate(
        random.normal(0, 0.03, 20000), weeks=26, paths=20000, seed=1, block=1, drift=0.0
    )
    logs = np.log(paths)
    width = np.quantile(logs, 0.95, axis=0) - np.quantile(logs, 0.05, axis=0)
    assert width[26] / width[1] == pytest.approx(26**0.5, rel=0.05)


def test_the_sample_loses_its_own_drift(random):
    rising = random.normal(0.02, 0.01, 520)
    paths = scenarios.simulate(rising, weeks=26, paths=4000, seed=1, block=4, drift=0.001)
    assert np.log(paths[:, -1]).mean() == pytest.approx(0.026, abs=0.004)


def test_the_cone_starts_at_one_and_its_quantiles_are_ordered(levels, method):
    found = scenarios.cone(levels, method, seed=20260130)
    assert found.quantiles.index.tolist() == list(range(27))
    assert (found.quantiles.loc[0] == 1).all()
    assert (np.diff(found.quantiles.to_numpy(), axis=1) >= 0).all()
    assert sum(found.shares.values()) == pytest.approx(1)


def test_the_cone_is_the_same_for_the_same_edition(levels, method):
    one, again = (scenarios.cone(levels, method, seed=20260130, p=0.55) for _ in range(2))
    pd.testing.assert_frame_equal(one.quantiles, again.quantiles)
    assert one.shares == again.shares


def test_a_higher_probability_moves_shares_and_quantiles_up(levels, method):
    low, high = (scenarios.cone(levels, method, seed=1, p=p) for p in (0.3, 0.7))
    assert high.shares["extends"] > low.shares["extends"]
    assert high.shares["reverses"] < low.shares["reverses"]
    assert (high.quantiles.loc[26] >= low.quantiles.loc[26]).all()


def test_the_simulated_probability_changes_nothing(levels, method):
    plain = scenarios.cone(levels, method, seed=1)
    same = scenarios.cone(levels, method, seed=1, p=plain.p_simulated)
    assert same.shares == pytest.approx(plain.shares)
    pd.testing.assert_frame_equal(same.quantiles, plain.quantiles)


def test_equal_weights_give_ordinary_quantiles(random):
    paths = random.random((1000, 2))
    found = scenarios.weighted_quantiles(paths, np.full(1000, 1 / 1000))
    expected = np.quantile(paths, scenarios.QUANTILES, axis=0, method="inverted_cdf")
    assert pytest.approx(expected) == found.to_numpy().T


def test_a_short_history_makes_no_cone(levels, method):
    with pytest.raises(UsageError, match=r"a cone needs at least 30 weekly returns; 7 are known"):
        scenarios.cone(levels.iloc[-40:], method, seed=1)


def test_the_bands_are_what_lies_between_the_quantiles():
    low, inner_low, _, inner_high, high = scenarios.QUANTILES
    assert pytest.approx((inner_high - inner_low, high - low)) == scenarios.BANDS


@pytest.mark.parametrize(
    ("run_up", "step"),
    [
        (-0.1, (0.5, True)),
        (0.5, (1.0, True)),
        (1.2, (1.5, True)),
        (2.8, (0.5, False)),
        (float("nan"), (0.5, True)),
    ],
)
def test_the_next_step_is_the_first_that_the_run_up_has_not_reached(method, run_up, step):
    assert scenarios.next_step(run_up, method.run_ups.crash_steps) == step
