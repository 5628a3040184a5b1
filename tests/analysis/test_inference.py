"""Known answers and second derivations of errors, intervals and the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from research.analysis import inference
from research.analysis.risk import downside_beta


@pytest.mark.parametrize(("n", "lags"), [(260, 4), (520, 5), (756, 6)])
def test_the_number_of_lags_grows_slowly_with_the_sample(n, lags):
    assert inference.hac_lags(n) == lags


def test_the_robust_error_of_a_mean_is_known_by_hand():
    assert inference.hac_mean([1, 2, 3, 4], lags=1, correction=False).se == pytest.approx(0.625)
    assert inference.hac_mean([1, 2, 3, 4], lags=1).se == pytest.approx(0.625 * (4 / 3) ** 0.5)
    assert inference.hac_mean([1, 2, np.nan, 3, 4], lags=1).value == 2.5


@pytest.mark.parametrize("correction", [True, False])
def test_the_robust_error_is_that_of_statsmodels(random, correction):
    import statsmodels.api as sm

    y = np.convolve(random.normal(size=420), [1, 0.5, 0.3], "valid")
    fit = sm.OLS(y, np.ones_like(y)).fit(
        cov_type="HAC",
        cov_kwds={"maxlags": inference.hac_lags(y.size), "use_correction": correction},
    )
    found = inference.hac_mean(y, correction=correction)
    assert (found.value, found.se) == pytest.approx((fit.params[0], fit.bse[0]), rel=1e-10)


def test_naive_errors_of_overlapping_returns_are_too_small_and_robust_ones_nearly_right(random):
    means, naive, robust = [], [], []
    for _ in range(400):
        weekly = random.normal(0, 0.03, 1312)
        overlapping = np.convolve(weekly, np.ones(13), "valid")
        means.append(overlapping.mean())
        naive.append(overlapping.std(ddof=1) / overlapping.size**0.5)
        robust.append(inference.hac_mean(overlapping, lags=24).se)
    true = np.std(means)
    assert 0.24 <= np.mean(naive) / true <= 0.31
    assert 0.8 <= np.mean(robust) / true <= 1.0


def test_the_bootstrap_draws_rows_together_in_blocks():
    rows = inference.bootstrap_rows(50, 400, draws=500, mean_block=4, seed=1)
    assert rows.min() == 0
    assert rows.max() == 49
    follows = (np.diff(rows, axis=1) % 50 == 1).mean()
    assert follows == pytest.approx(0.75 + 0.25 / 50, abs=0.01)
    x = np.arange(50.0)
    paired = inference.stationary_bootstrap(
        np.column_stack([x, 2 * x]), lambda a, b: (b - 2 * a).max(axis=-1), mean_block=4, seed=1
    )
    assert paired == (0, 0, 0)


def test_the_bootstrap_is_the_same_for_the_same_seed_only():
    rows = np.random.default_rng(0).normal(size=(100, 2))
    one, again, other = (
        inference.stationary_bootstrap(rows, downside_beta, mean_block=4, seed=seed, draws=200)
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
    assert one.lo < one.value < one.hi


def test_the_interval_of_an_independent_mean_is_about_the_textbook_one(random):
    x = random.normal(size=400)
    found = inference.stationary_bootstrap(
        x, lambda a: a.mean(axis=-1), mean_block=1, seed=3, draws=4000
    )
    assert found.hi - found.lo == pytest.approx(2 * 1.645 * x.std() / 20, rel=0.06)


@pytest.mark.slow
def test_ninety_per_cent_intervals_cover_an_autocorrelated_mean_about_as_often(random):
    covered = 0
    for seed in range(400):
        noise = random.normal(size=300)
        x = np.zeros(300)
        for t in range(1, 300):
            x[t] = 0.2 * x[t - 1] + noise[t]
        found = inference.stationary_bootstrap(
            x, lambda a: a.mean(axis=-1), mean_block=inference.mean_block(x), seed=seed, draws=500
        )
        covered += found.lo <= 0 <= found.hi
    assert 0.85 <= covered / 400 <= 0.94


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.3, 0.8])
@pytest.mark.parametrize("n", [30, 200, 520])
def test_the_block_length_is_that_of_arch(random, n, rho):
    arch = pytest.importorskip("arch.bootstrap", reason="arch is not installed")
    x = np.zeros(n)
    for t, shock in enumerate(random.normal(size=n)):
        x[t] = rho * x[t - 1] + shock
    expected = float(arch.optimal_block_length(x)["stationary"].iloc[0])
    assert inference.mean_block(x, floor_at=0) == pytest.approx(expected, rel=1e-10)


def test_the_block_length_has_a_floor():
    assert inference.mean_block(np.ones(100)) == 4
    assert inference.mean_block([0.1, 0.2]) == 4
    assert inference.mean_block(np.tile([1.0, -1.0], 50), floor_at=5) >= 5


def test_the_share_of_six_in_nine_is_as_uncertain_as_jeffreys_says():
    assert inference.jeffreys(6, 9) == pytest.approx((0.65, 0.396043, 0.868308), abs=1e-6)


def test_jeffreys_and_wilson_are_those_of_statsmodels(random):
    from statsmodels.stats.proportion import proportion_confint

    for n in (5, 40, 300):
        k = int(random.integers(1, n))
        for interval, name in ((inference.jeffreys, "jeffreys"), (inference.wilson, "wilson")):
            assert interval(k, n)[1:] == pytest.approx(
                proportion_confint(k, n, alpha=0.10, method=name), rel=1e-10
            )


def test_wilson_is_known_for_sixty_in_a_hundred():
    assert inference.wilson(60, 100) == pytest.approx((0.6, 0.517809, 0.676922), abs=1e-6)


def test_five_up_and_fifteen_down_is_a_change():
    found = inference.mcnemar(5, 15)
    assert found == pytest.approx((5.0, 0.0253473, 0.0413895, 0.0413895), abs=1e-6)


@pytest.mark.parametrize(("up", "down"), [(0, 3), (7, 7), (20, 31), (40, 12)])
def test_mcnemar_is_that_of_statsmodels(up, down):
    from statsmodels.stats.contingency_tables import mcnemar

    found, table = inference.mcnemar(up, down), [[9, up], [down, 9]]
    rough = mcnemar(table, exact=False, correction=False)
    assert found.chi2 == pytest.approx(rough.statistic)
    assert found.p_chi2 == pytest.approx(rough.pvalue, rel=1e-10)
    assert found.p_exact == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-10)
    assert found.p == (found.p_exact if up + down < 25 else found.p_chi2)


def test_no_mover_is_no_evidence():
    assert inference.mcnemar(0, 0).p == 1


def test_holm_multiplies_by_the_tests_that_are_left():
    assert inference.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_is_that_of_statsmodels(random):
    from statsmodels.stats.multitest import multipletests

    p = random.random(12)
    assert inference.holm(p) == pytest.approx(multipletests(p, method="holm")[1], rel=1e-10)


@pytest.mark.parametrize(("rho", "worth"), [(0.99, 2.613065), (0.95, 13.333333), (0.0, 520)])
def test_autocorrelated_weeks_are_worth_few_independent_ones(rho, worth):
    assert inference.n_eff_ar1(520, rho) == pytest.approx(worth, abs=1e-6)


def test_placebo_dates_count_the_observed_one_too():
    assert inference.placebo_p(2.0, [3.0, -2.0, 2.5] + [0.1] * 996) == 0.004


def test_exact_intervals_agree_with_scipy():
    lo, hi = stats.beta(6.5, 3.5).interval(0.9)
    assert inference.jeffreys(6, 9)[1:] == pytest.approx((lo, hi), rel=1e-10)
