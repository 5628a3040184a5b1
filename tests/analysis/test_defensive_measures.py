"""What stands beside the downside beta: its evidence, p-value, secondary measures and forest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from research.analysis import cyclicality, inference, regression, risk
from research.analysis.arguments import TESTS, judge
from research.analysis.arguments.defensive import downside_betas, p_rejected
from research.analysis.arguments.defensive_evidence import evidence
from research.analysis.baskets import basket_returns, baskets
from research.analysis.claims import Verdict
from research.exhibits.facts import say
from research.params.models import Bounds

LOW = Bounds(side="low", support=0.8, contradiction=1.0)


@pytest.fixture
def falling(make_market, weekdays, random):
    """A market whose funds follow the world by given betas, beside gold, copper and VIX."""

    def make(beta, gold_beta=0.3, days=weekdays, fear=0.0, **more):
        world = random.normal(0.0003, 0.01, len(days))
        gold, copper = random.normal(0.0002, 0.008, (2, len(days)))
        own = random.normal(0, 0.002, (2, len(days)))
        vix = 18 + pd.Series(-300 * world).ewm(span=5).mean().to_numpy()
        logs = {
            "acwi": world,
            "pick": beta * world + 0.5 * copper + own[0],
            "gdx": gold_beta * world + 0.9 * gold + own[1] + fear * np.maximum(-world, 0),
            "gold": gold,
            "copper": copper,
            "silver": gold + own[0],
        }
        levels = {name: 100 * np.exp(np.cumsum(moves)) for name, moves in logs.items()}
        levels |= {"vix": vix, "us3m": np.full(len(days), 3.0)}
        return make_market({name: pd.Series(x, index=days) for name, x in levels.items()}, **more)

    return make


def told(statement):
    return str(say(statement.template, **statement.values)).replace("\u202f", " ")


# ── the finding ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("gold_beta", [-0.5, 0.3, 0.9, 1.8])
@pytest.mark.parametrize("beta", [-0.4, 0.3, 0.9, 1.5])
def test_evidence_on_both_sides_is_true_and_of_like_length(
    falling, method, ledger, beta, gold_beta
):
    found = {one.claim.id: one for one in judge_two(falling(beta, gold_beta), method, ledger)}
    first, mirror = found["M1"], found["J1"]
    counts = [len(told(side).split()) for side in (first.best_for, first.best_against)]
    assert max(counts) <= 2 * min(counts)
    assert (mirror.best_for, mirror.best_against) == (first.best_against, first.best_for)
    assert all(told(side).endswith(".") for side in (first.test, first.best_for))
    assert "VIX rose most" in told(first.best_for) + told(first.best_against)
    if beta <= 0.3:
        assert told(first.best_for).startswith("PICK (ex gold & silver) had a downside beta of")
    if beta >= 1.5:
        assert told(first.best_against).startswith("PICK (ex gold & silver) had a downside beta")


def judge_two(market, method, ledger):
    return judge(ledger.model_copy(update={"claims": (ledger["M1"], ledger["J1"])}), market, method)


@pytest.mark.parametrize(
    ("beta", "verdict", "p"),
    [(0.3, "SUPPORTED", 1 / 2001), (1.5, "CONTRADICTED", 1 / 2001), (0.87, "MIXED", None)],
)
def test_the_p_value_is_that_of_what_the_verdict_rejects(falling, method, claim, beta, verdict, p):
    found = TESTS["downside_beta"](claim("M1"), falling(beta), method)
    assert found.verdict == verdict
    assert found.p_value == pytest.approx(p) if p else found.p_value > 1 / 2001
    assert found.fmt == "num2"


def test_the_p_value_counts_draws_beyond_the_rejected_bound():
    simulated = inference.Bootstrap(0.7, np.array([0.5, 0.6, 0.85, 1.0, 1.2, np.nan]))
    assert p_rejected(simulated, Verdict.SUPPORTED, LOW) == pytest.approx(3 / 6)
    assert p_rejected(simulated, Verdict.CONTRADICTED, LOW) == pytest.approx(3 / 6)
    high = Bounds(side="high", support=1.0, contradiction=0.8)
    assert p_rejected(simulated, Verdict.SUPPORTED, high) == p_rejected(
        simulated, Verdict.CONTRADICTED, LOW
    )
    skewed = inference.Bootstrap(0.7, np.array([0.5, 0.6, 0.7, 0.9, 1.2]))
    assert p_rejected(skewed, Verdict.MIXED, LOW) == pytest.approx(2 / 6)


def test_draws_and_interval_are_those_of_one_bootstrap(random):
    rows = random.normal(size=(120, 2))
    known = {"mean_block": 4, "seed": 3, "draws": 300}
    draws = inference.bootstrap(rows, risk.downside_beta, **known)
    interval = inference.stationary_bootstrap(rows, risk.downside_beta, **known)
    assert draws.interval() == interval
    assert draws.draws.shape == (300,)
    # 5 % of the draws lie beyond either end of a 90 % interval
    assert draws.p_beyond(interval.hi, above=True) == pytest.approx(0.05, abs=0.005)
    assert draws.p_beyond(interval.lo, above=False) == pytest.approx(0.05, abs=0.005)


def test_a_claim_of_the_other_side_gets_the_other_evidence(falling, method, claim):
    market = falling(1.5)
    low = TESTS["downside_beta"](claim("M1"), market, method)
    alone = claim("J1").model_copy(update={"mirror_of": None})
    high = TESTS["downside_beta"](alone, market, method)
    assert (low.verdict, high.verdict) == (Verdict.CONTRADICTED, Verdict.SUPPORTED)
    assert (high.best_for, high.best_against) == (low.best_against, low.best_for)
    assert high.p_value == low.p_value
    assert told(high.test) == told(low.test)


def test_a_claim_that_cannot_be_tested_still_says_what_is_asked(make_market, method, claim):
    found = TESTS["downside_beta"](claim("M1"), make_market({}), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert "defensive if they move at most 0.8 times as far" in told(found.test)


def test_how_far_the_falsifier_is_from_firing_is_told(falling, method, ledger):
    near, far = (judge_two(falling(beta), method, ledger)[0] for beta in (1.5, 0.3))
    assert (told(near.distance), near.fired) == ("It has fired.", True)
    assert told(far.distance).endswith("short of the 1.00 that it names.")


def test_a_hedge_that_rises_in_fear_speaks_for_it_and_changes_no_verdict(falling, method, claim):
    # "defensive" may mean a hedge against politics: told, never scored
    found = TESTS["downside_beta"](claim("M1"), falling(1.5, -0.5, fear=1.0), method)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.details["fear_gold_miners"] > 0 > found.details["fear_market"]
    assert found.details["fear_weeks"] == found.details["worst_weeks"] == 26
    assert "VIX rose most" in told(found.best_for)


def test_gold_miners_without_weeks_or_a_role_leave_the_diversified_ones(falling, method, claim):
    market = falling(1.5)
    del market.levels["gdx"], market.levels["vix"]
    found = TESTS["downside_beta"](claim("M1"), market, method)
    assert not [name for name in found.details if "gold_miners" in name or "fear" in name]
    roles = {name: one for name, one in market.universe.roles.items() if name != "gold_miners"}
    market.universe = market.universe.model_copy(update={"roles": roles})
    again = TESTS["downside_beta"](claim("M1"), market, method)
    assert again.best_against == found.best_against
    assert told(again.best_for)


# ── words for whatever was found ────────────────────────────────────────────


def sides(found, universe):
    bought = evidence(found, LOW, universe["pick"], universe["gdx"])
    return [told(side) for side in bought]


def test_where_nothing_speaks_the_nearest_measure_is_told(universe):
    cyclical = {"downside_beta": 1.2, "capture_down": 110.0, "gold_miners_downside_beta": 1.05}
    assert sides(cyclical, universe) == [
        "None of the three measures shows miners as defensive; at the nearest, Gold miners (GDX) "
        "had a downside beta of 1.05 to the market.",
        "PICK (ex gold & silver) had a downside beta of 1.20 to the market; Gold miners (GDX) had "
        "a downside beta of 1.05 to the market.",
    ]
    defensive = {name: value / 3 for name, value in cyclical.items()}
    assert sides(defensive, universe)[1] == (
        "None of the three measures shows miners as cyclical; at the nearest, PICK (ex gold & "
        "silver) had a downside beta of 0.40 to the market."
    )


def test_a_single_measure_is_said_to_stand_alone(universe):
    found = {"downside_beta": 0.9, "with_gold": 0.1, "with_copper": 0.7, "capture_down": 60.0}
    assert sides(found, universe) == [
        "PICK (ex gold & silver) took 60 % of the market’s loss in its falling months; none of "
        "the other two measures points that way.",
        "PICK (ex gold & silver) correlated more with copper (0.70) than with gold (0.10); none "
        "of the other two measures points that way.",
    ]


def test_crises_are_counted_on_the_side_of_the_majority(universe):
    found = {"downside_beta": 0.9, "crises_fell_less": 2.0, "crises": 7.0}
    assert "fell more than the market in five of seven fixed crises" in sides(found, universe)[1]
    found["crises_fell_less"] = 6.0
    assert "fell less than the market in six of seven fixed crises" in sides(found, universe)[0]
    found |= {"crises_fell_less": 3.0, "crises": 6.0}
    assert all(one.startswith("None of the two measures") for one in sides(found, universe))


# ── second derivations ──────────────────────────────────────────────────────


@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize("lags", [0, 3, None])
def test_least_squares_with_robust_errors_are_those_of_statsmodels(random, lags, correction):
    import statsmodels.api as sm

    x = random.normal(size=(156, 4)) * [0.01, 0.1, 2.0, 0.02] + [0, 3, 18, 0]
    y = x @ [-0.7, 0.01, -0.002, 0.3] + np.convolve(random.normal(size=158), [1, 0.6, 0.3], "valid")
    used = inference.hac_lags(156) if lags is None else lags
    fit = sm.OLS(y, sm.add_constant(x)).fit(
        cov_type="HAC", cov_kwds={"maxlags": used, "use_correction": correction}
    )
    found = regression.least_squares(y, x, lags=lags, correction=correction)
    assert found.coefficients == pytest.approx(fit.params, rel=1e-10)
    assert found.errors == pytest.approx(fit.bse, rel=1e-10)
    assert found.r2 == pytest.approx(fit.rsquared, rel=1e-10)
    assert (found.n, found.lags) == (156, used)


def test_least_squares_pair_dates_and_leave_gaps_out(random):
    days = pd.date_range("2025-01-03", periods=60, freq="W-FRI")
    x = pd.DataFrame({"a": random.normal(size=60)}, index=days)
    y = 2 * x["a"] + 1
    y.iloc[[4, 9]] = np.nan
    found = regression.least_squares(y.iloc[1:].sample(frac=1, random_state=1).sort_index(), x)
    assert found.coefficients == pytest.approx([1, 2])
    assert (found.n, found.r2) == (57, pytest.approx(1))


def test_factors_that_repeat_each_other_or_few_rows_give_nothing(random):
    x = random.normal(size=50)
    for target, columns in ((x, np.column_stack([x, 2 * x])), (x[:2], x[:2]), (x * 0, x)):
        found = regression.least_squares(target, columns)
        assert np.isnan([found.r2, *found.coefficients, *found.errors]).all()
    assert regression.least_squares([], []).n == 0


def test_the_safe_haven_regression_is_that_of_statsmodels(random):
    import statsmodels.api as sm

    market = random.normal(0, 0.02, 520)
    miners = 0.9 * market + random.normal(0, 0.03, 520)
    worst = market <= np.quantile(market, 0.05)
    assert worst.sum() == 26
    design = sm.add_constant(np.column_stack([market, worst * market]))
    a, b, c = sm.OLS(miners, design).fit().params
    found = risk.safe_haven(miners, market)
    assert found[:4] == pytest.approx((a, b, c, b + c), rel=1e-10)


def test_capture_is_the_ratio_of_scipy_geometric_means(random):
    market, miners = random.normal(0.005, 0.04, (2, 120))
    found = risk.capture(miners, market)
    for chosen, ratio in ((market > 0, found.up), (market < 0, found.down)):
        own, other = (stats.gmean(1 + x[chosen]) - 1 for x in (miners, market))
        assert ratio == pytest.approx(100 * own / other, rel=1e-10)


# ── secondary measures of every basket ──────────────────────────────────────


def test_secondary_measures_are_those_of_each_basket(falling, method, universe):
    market = falling(1.3)
    for one in universe.companies("copper"):
        market.levels[one.id] = market.levels["copper"] * market.levels["acwi"]
    table = cyclicality.secondary_measures(market, method)
    assert table.index.tolist() == ["pick", "gdx", "copper-miners"]
    assert table.loc["copper-miners", "with_copper"] > 0.6 > table.loc["gdx", "with_copper"]
    assert table.loc["gdx", "with_gold"] > 0.8
    assert table.loc["pick", "with_vix"] < -0.4
    assert table.loc["pick", "n"] == 520
    again = TESTS["downside_beta"](market_claim(market), market, method).details
    for name in ("beta", "downside_beta", "capture_down", "beta_on_worst_weeks", "with_gold"):
        assert table.loc["pick", name] == pytest.approx(again[name])
        assert table.loc["gdx", name] == pytest.approx(again[f"gold_miners_{name}"])
    assert table["with_activity"].isna().all()
    assert table["kind"].tolist() == ["fund", "fund", "sub-group"]
    assert cyclicality.nearer_copper(table) == (2, 3)  # copper miners and PICK


def test_groups_nearer_copper_are_counted_once_and_with_both_correlations():
    rows = [
        ("fund", 0.1, 0.7),
        ("fund", 0.8, 0.2),
        ("sub-group", -0.4, -0.3),
        ("sub-group", 0.3, 0.3),
        ("sub-group", 0.3, np.nan),
        ("london", 0.1, 0.7),
    ]
    measures = pd.DataFrame(rows, columns=["kind", "with_gold", "with_copper"])
    assert cyclicality.nearer_copper(measures) == (2, 4)
    assert cyclicality.nearer_copper(measures.iloc[:0]) == (0, 0)


def market_claim(market):
    from research.params import load

    return load("mining-rally").claims["M1"]


def test_no_benchmark_leaves_no_measures(make_market, universe, method):
    market = make_market({})
    assert cyclicality.secondary_measures(market, method).empty
    assert cyclicality.rolling_downside_beta(market, method).empty
    market.universe = universe.model_copy(update={"roles": {}})
    assert cyclicality.secondary_measures(market, method).empty
    assert cyclicality.rolling_downside_beta(market, method).empty
    assert cyclicality.with_activity(market, method).empty


def test_correlation_needs_dates_and_movement():
    days = pd.date_range("2026-01-02", periods=5, freq="W-FRI")
    rising = pd.Series(range(5), index=days, dtype=float)
    assert cyclicality.correlation(rising, -3 * rising) == pytest.approx(-1)
    assert np.isnan(cyclicality.correlation(rising, rising * 0))
    assert np.isnan(cyclicality.correlation(rising.iloc[:2], rising))
    assert np.isnan(cyclicality.correlation(rising, pd.Series(dtype=float)))


def test_the_rolling_beta_has_a_window_of_two_years_and_a_band(falling, method):
    table = cyclicality.rolling_downside_beta(falling(1.3), method)
    assert ((table["lo"] < table["estimate"]) & (table["estimate"] < table["hi"])).all()
    assert table["estimate"].between(1.0, 1.6).all()
    whole = cyclicality.weekly_excess(falling(1.3), ["pick", "acwi"]).dropna()
    assert len(table) == len(whole) - method.defensive.rolling_weeks + 1


def test_one_window_of_the_rolling_beta_is_that_of_statsmodels(falling, method):
    import statsmodels.api as sm

    market = falling(1.1)
    weeks = cyclicality.weekly_excess(market, ["gdx", "acwi"]).dropna().iloc[-104:]
    below = weeks[weeks["acwi"] < weeks["acwi"].mean()]
    lags = inference.hac_lags(len(below))
    fit = sm.OLS(below["gdx"], sm.add_constant(below["acwi"])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}
    )
    last = cyclicality.rolling_downside_beta(market, method, role="gold_miners").iloc[-1]
    lo, hi = fit.conf_int(alpha=0.10).loc["acwi"]
    assert tuple(last) == pytest.approx((fit.params["acwi"], lo, hi), rel=1e-10)
    assert last["estimate"] == pytest.approx(risk.downside_beta(weeks["gdx"], weeks["acwi"]))


# ── cyclicality as MSCI measures it ─────────────────────────────────────────


def with_indicator(market, sign):
    """An indicator whose twelve-month change follows that of the miners over the world."""
    days = market.levels["acwi"].index
    ahead = np.log(market.levels["pick"] / market.levels["acwi"]).resample("ME").last()
    market.levels["leading-indicator"] = 100 * np.exp(sign * 0.05 * ahead)[: days[-1]]
    market.types["leading-indicator"] = "average"
    return market


@pytest.mark.parametrize("sign", [1, -1])
def test_relative_performance_that_follows_the_cycle_is_cyclical(falling, method, sign):
    market = with_indicator(falling(1.3), sign)
    table = cyclicality.with_activity(market, method)
    assert table.index.tolist() == ["pick", "gdx"]
    assert sign * table.loc["pick", "correlation"] > 0.9
    assert abs(table.loc["gdx", "correlation"]) < 0.9
    assert (table.loc["pick", "months"], table.loc["pick", "n_eff"]) == (120, 10)
    measures = cyclicality.secondary_measures(market, method)
    assert measures.loc["pick", "with_activity"] == table.loc["pick", "correlation"]


def test_without_an_indicator_or_with_two_years_of_it_nothing_is_said(falling, method):
    market = falling(1.3)
    assert cyclicality.with_activity(market, method).empty
    with_indicator(market, 1)
    market.levels["leading-indicator"] = market.levels["leading-indicator"].iloc[-24:]
    assert cyclicality.with_activity(market, method).empty


def test_a_month_that_is_not_published_yet_is_not_known(method):
    from research.market import Market
    from research.params import load

    params = load("mining-rally")
    early, late = (
        Market.open(params, source="sample", as_of=day) for day in ("2026-01-02", "2026-01-05")
    )
    for market, month in ((early, "2025-10"), (late, "2025-11")):
        indicator = cyclicality.part(market, "activity")
        published = cyclicality._published(market, indicator.id)
        assert published.index[-1] == pd.Period(month).end_time.normalize()


# ── baskets and the forest ──────────────────────────────────────────────────


def test_baskets_are_the_funds_the_groups_and_london(universe):
    found = {one.id: one for one in baskets(universe)}
    assert list(found)[:3] == ["pick", "gdx", "diversified-miners"]
    assert found["london-miners"].members == (
        "rio-tinto", "glencore", "anglo-american", "fresnillo", "antofagasta",
    )  # fmt: skip
    assert found["copper-miners"].kind == "sub-group"


def test_a_basket_with_fewer_than_half_of_its_members_is_none(make_market, universe):
    days = pd.date_range("2025-01-03", periods=4, freq="W-FRI")
    chosen = [one for one in baskets(universe) if one.id == "copper-miners"]
    returns = pd.DataFrame(np.nan, index=days, columns=list(chosen[0].members))
    returns.iloc[1, 0] = 0.04
    returns.iloc[2, :2] = [0.04, 0.02]
    found = basket_returns(returns, chosen, make_market({}), days=7)["copper-miners"]
    assert found.isna().tolist() == [True, True, False, True]
    assert found.iloc[2] == pytest.approx(0.03)


def test_london_miners_are_shown_in_both_moneys(falling, method, universe, random):
    market = falling(1.2)
    world = market.levels["acwi"]
    noise = random.normal(0, 0.004, len(world)).cumsum()
    # sterling falls with the market, half as far
    market.levels["gbpusd"] = 1.3 * (world / world.iloc[0]) ** 0.5 * np.exp(noise)
    (london,) = (one for one in baskets(universe) if one.kind == "london")
    for one in london.members:
        market.levels[one] = world**1.4
    table = downside_betas(market, method)
    shown = table[table["kind"] == "london"]
    assert shown["label"].tolist() == [
        f"London miners, in {money}" for money in ("US$", "US$", "£", "£")
    ]
    assert shown["primary"].tolist() == [True, False] * 2
    dollars, sterling = shown.loc[shown["primary"], "estimate"]
    assert dollars == pytest.approx(1.4, abs=0.02)
    in_pounds = cyclicality.weekly_excess(market, [london.members[0], "acwi"], currency="GBP")
    pair = in_pounds.iloc[-520:].dropna()
    assert sterling == pytest.approx(risk.downside_beta(pair.iloc[:, 0], pair.iloc[:, 1]))
    assert abs(sterling - dollars) > 0.05


def test_london_without_a_rate_has_its_row_in_dollars_alone(falling, method, universe):
    market = falling(1.2)
    (london,) = (one for one in baskets(universe) if one.kind == "london")
    for one in london.members:
        market.levels[one] = market.levels["acwi"] ** 1.4
    labels = downside_betas(market, method)["label"]
    assert [one for one in labels.unique() if "London" in one] == ["London miners, in US$"]


# ── the rule as it is used ──────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beta", "verdict", "least", "most"),
    [
        (1.0, Verdict.SUPPORTED, 0, 0.08),
        (0.8, Verdict.CONTRADICTED, 0, 0.08),
        (0.4, Verdict.SUPPORTED, 0.9, 1),
        (1.4, Verdict.CONTRADICTED, 0.9, 1),
    ],
)
def test_the_bootstrapped_rule_seldom_errs_at_its_bounds(random, beta, verdict, least, most):
    from research.analysis.claims import verdict as rule

    came = 0
    for seed in range(600):
        world = random.normal(0, 0.022, 520)
        rows = np.column_stack([beta * world + random.normal(0, 0.03, 520), world])
        found = inference.bootstrap(rows, risk.downside_beta, mean_block=4, seed=seed, draws=500)
        came += rule(*found.interval(), LOW) is verdict
    assert least <= came / 600 <= most
