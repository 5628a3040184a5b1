"""Causal attributions: no market whatever makes them more than an association."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from research.analysis import factors
from research.analysis.arguments import TESTS, judge
from research.analysis.claims import Verdict
from research.exhibits.facts import say


@pytest.fixture
def moved(make_market, weekdays, random):
    """A market in which gold and gold miners load on VIX, the dollar, yields and copper."""

    def make(vix=0.0, dollar=0.0, yields=0.0, copper=0.0, noise=0.004, days=weekdays, **more):
        n = len(days)
        shocks = dict(
            zip(("vix", "dxy", "us10y", "copper"), random.normal(size=(4, n)), strict=True)
        )
        d_vix, d_dxy = 0.5 * shocks["vix"], 0.003 * shocks["dxy"]
        d_yield, d_copper = 0.03 * shocks["us10y"], 0.01 * shocks["copper"]
        gold = vix * d_vix + dollar * d_dxy + yields * d_yield + copper * d_copper
        logs = {
            "gold": gold + random.normal(0, noise, n),
            "gdx": 2 * gold + random.normal(0, noise, n),
            "pick": random.normal(0, 0.01, n),
            "dxy": d_dxy,
            "copper": d_copper,
        }
        levels = {one: 100 * np.exp(np.cumsum(x)) for one, x in logs.items()}
        levels |= {"vix": 60 + np.cumsum(d_vix), "us10y": 9 + np.cumsum(d_yield)}
        return make_market({one: pd.Series(x, index=days) for one, x in levels.items()}, **more)

    return make


def told(statement):
    return str(say(statement.template, **statement.values)).replace("\u202f", " ")


# ── never a verdict ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("id", ["N1", "C5"])
@pytest.mark.parametrize(
    "loads",
    [
        {},
        {"vix": 0.01, "noise": 1e-5},
        {"vix": -0.01, "noise": 1e-5},
        {"vix": 0.004, "dollar": -1, "yields": -0.05, "copper": 0.4, "noise": 1e-6},
        {"noise": 0.1},
    ],
)
def test_no_market_makes_a_cause_of_an_association(moved, method, ledger, claim, id, loads):
    alone = ledger.model_copy(update={"claims": (claim(id),)})
    (found,) = judge(alone, moved(**loads), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert (found.vote, found.estimate, found.fired, found.p_value) == (None, None, None, None)
    assert found.reason.startswith("A causal attribution without an identification strategy")
    for side in (found.test, found.best_for, found.best_against):
        assert told(side).startswith("Association only")
        assert told(side).endswith((".", "follows."))
    counts = [len(told(side).split()) for side in (found.best_for, found.best_against)]
    assert max(counts) <= 2 * min(counts)
    assert "chance alone" in told(found.distance)


def test_no_data_leave_the_question(make_market, method, claim):
    found = TESTS["association"](claim("N1"), make_market({}), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason.endswith("nor are there weekly returns enough to tell even that.")
    assert found.best_for is found.best_against is found.distance is None
    assert "Gold and Gold miners (GDX)" in told(found.test)


# ── what is told ────────────────────────────────────────────────────────────


def test_gold_that_rises_with_fear_speaks_for_it_and_the_rest_against(moved, method, claim):
    found = TESTS["association"](claim("N1"), moved(vix=0.01), method)
    assert "Gold moved by +" in told(found.best_for)
    assert "for each point that VIX rose" in told(found.best_for)
    assert "unaccounted for" in told(found.best_against)
    assert found.details["r2_gold"] > 0.5
    assert found.details["r2_gold"] + found.details["residual_share_gold"] == pytest.approx(1)


def test_gold_that_falls_with_fear_speaks_against_it(moved, method, claim):
    found = TESTS["association"](claim("N1"), moved(vix=-0.01), method)
    assert "Gold moved by −" in told(found.best_against)
    assert "the other way and" in told(found.best_against)
    assert "went with" in told(found.best_for)
    assert "no more than chance" not in told(found.best_for)


def test_gold_that_goes_with_nothing_is_told_to_be_chance(moved, method, claim):
    market = moved(vix=0.0005, noise=0.02)
    flat = market.levels["gold"] * 0 + 100.0
    swing = np.tile([0.0, 1.0, 2.0, 1.0], len(flat))[: len(flat)]
    market.levels["gold"] = flat + swing
    found = TESTS["association"](claim("C5"), market, method)
    assert told(found.best_for).startswith("Association only, and no more than chance: VIX went")
    assert "standard errors from nil" in told(found.best_against)


def test_the_distance_is_that_of_the_subject_that_goes_with_it_most(moved, method, claim):
    market = moved(vix=0.004)
    market.levels["gold"] = market.levels["pick"]
    found = TESTS["association"](claim("N1"), market, method)
    recent = {one: found.details[f"r2_named_recent_{one}"] for one in ("gold", "gdx")}
    assert recent["gdx"] > recent["gold"]
    words = told(found.distance)
    assert words.startswith("Over the last 26 weeks VIX and US 10-year yield went with")
    assert "of the variance of Gold miners (GDX)" in words
    assert "pp above the 5 % that it names" in words
    assert words.endswith("chance alone comes out above that in 55 % of cases.")


def test_a_falsifier_that_would_fire_says_so(moved, method, claim):
    strict = method.association.model_copy(update={"r2_weak": 0.99})
    strict = method.model_copy(update={"association": strict})
    found = TESTS["association"](claim("C5"), moved(), strict)
    assert "pp below the 99 % that it names" in told(found.distance)


def test_without_a_half_year_of_it_there_is_no_distance(moved, method, claim):
    market = moved(vix=0.01)
    market.levels["gold"] = market.levels["gold"].iloc[: -20 * 5]
    found = TESTS["association"](claim("C5"), market, method)
    assert found.distance is None
    assert "r2_named_recent_gold" not in found.details
    assert found.best_for is not None


def test_a_claim_may_name_a_sub_group_and_its_own_measure(moved, method, claim, universe):
    market = moved(vix=0.01)
    other = claim("N1").model_copy(update={"about": ("royalty", "dxy")})
    for one in universe.companies("royalty"):
        market.levels[one.id] = market.levels["gold"] ** 1.5
    found = TESTS["association"](other, market, method)
    assert "Royalty & streaming" in told(found.test)
    assert told(found.best_for).count("Dollar (DXY)") == 1
    assert "leave" in told(found.best_against)


# ── the regression ──────────────────────────────────────────────────────────


def test_the_table_recovers_what_the_market_was_made_of(moved, method):
    market = moved(vix=0.003, dollar=-0.8, yields=-0.04, copper=0.2, noise=1e-4)
    table = factors.factor_table(market, method)
    gold = table[table["subject"] == "Gold"].set_index("factor")
    expected = {"Dollar (DXY)": -0.008, "US 10-year yield": -0.04, "VIX": 0.003, "Copper": 0.002}
    assert gold["coefficient"].to_dict() == pytest.approx(expected, rel=0.05, abs=1e-4)
    assert gold["per"].to_dict() == {
        "Dollar (DXY)": "1 %", "US 10-year yield": "1 pp", "VIX": "1 point", "Copper": "1 %",
    }  # fmt: skip
    assert (gold["n"].unique(), gold["n_recent"].unique()) == ([156], [26])
    assert gold["r2"].iloc[0] > 0.99
    assert table["subject"].unique().tolist() == [
        "Gold", "Gold miners (GDX)", "PICK (ex gold & silver)",
    ]  # fmt: skip
    assert (table["r2"] + table["residual_share"]).tolist() == pytest.approx([1] * len(table))


def test_coefficients_and_errors_are_those_of_statsmodels(moved, method):
    import statsmodels.api as sm

    market = moved(vix=0.001, dollar=-0.5, noise=0.01)
    table = factors.factor_table(market, method)
    weekly = pd.DataFrame(market.levels).resample("W-FRI").last()
    moves = pd.DataFrame(
        {
            "dxy": weekly["dxy"].pct_change() / 0.01,
            "us10y": weekly["us10y"].diff(),
            "vix": weekly["vix"].diff(),
            "copper": weekly["copper"].pct_change() / 0.01,
        }
    ).iloc[-156:]
    gold = weekly["gold"].pct_change().iloc[-156:]
    fit = sm.OLS(gold, sm.add_constant(moves)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}
    )
    found = table[table["subject"] == "Gold"]
    assert found["coefficient"].tolist() == pytest.approx(fit.params[1:].tolist(), rel=1e-10)
    assert found["error"].tolist() == pytest.approx(fit.bse[1:].tolist(), rel=1e-10)
    assert found["t"].tolist() == pytest.approx(fit.tvalues[1:].tolist(), rel=1e-10)
    assert found["r2"].iloc[0] == pytest.approx(fit.rsquared, rel=1e-10)
    late = sm.OLS(gold.iloc[-26:], sm.add_constant(moves.iloc[-26:])).fit()
    assert found["r2_recent"].iloc[0] == pytest.approx(late.rsquared, rel=1e-10)


def test_a_factor_without_data_is_left_out_and_a_subject_too(moved, method):
    market = moved(vix=0.003)
    del market.levels["dxy"], market.levels["gdx"]
    table = factors.factor_table(market, method)
    assert set(table["factor"]) == {"US 10-year yield", "VIX", "Copper"}
    assert set(table["subject"]) == {"Gold", "PICK (ex gold & silver)"}
    assert factors.factor_table(
        moved(days=pd.bdate_range(end="2026-01-30", periods=60)), method
    ).empty


def test_a_subject_is_no_factor_of_itself(moved, method, claim):
    copper = claim("N1").model_copy(update={"about": ("copper",)})
    found = TESTS["association"](copper, moved(), method)
    assert found.details["r2_copper"] < 0.2


def test_the_r2_of_chance_is_that_of_the_f_test(random):
    n, k, share = 26, 2, 0.9
    f = stats.f.ppf(share, k, n - k - 1)
    assert factors.chance_r2(n, k, share) == pytest.approx(k * f / (k * f + n - k - 1), rel=1e-10)
    r2 = factors.chance_r2(n, k, share)
    assert factors.chance_above(r2, n, k) == pytest.approx(1 - share)
    x, y = random.normal(size=(2, n)), random.normal(size=(4000, n))
    q, _ = np.linalg.qr(np.column_stack([np.ones(n), x.T]))
    y = y - y.mean(axis=1, keepdims=True)
    simulated = ((y @ q) ** 2).sum(axis=1) / (y**2).sum(axis=1)
    assert (simulated > 0.05).mean() == pytest.approx(factors.chance_above(0.05, n, k), abs=0.03)


def test_later_rows_change_no_association(moved, method, claim, weekdays):
    market = moved(vix=0.01)
    whole = {one: x.copy() for one, x in market.levels.items()}
    market.as_of = weekdays[-11].date()
    market.levels = {one: x[:-10] for one, x in whole.items()}
    found = TESTS["association"](claim("N1"), market, method)
    market.levels = {one: x[x.index <= pd.Timestamp(market.as_of)] for one, x in whole.items()}
    assert TESTS["association"](claim("N1"), market, method) == found
