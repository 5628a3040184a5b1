"""The three events, the second line, what the odds hang on, and the properties of the scorecard."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.analysis import outlook
from research.analysis.base_rates import ahead_rate, base_rate, held_rate
from research.analysis.claims import Finding, Verdict
from research.analysis.crashes import crash_steps, net_run_up
from research.analysis.inference import jeffreys
from research.analysis.odds import logit

FRIDAYS = pd.date_range("2020-01-03", periods=27, freq="W-FRI")
VERDICTS = [Verdict.SUPPORTED, Verdict.MIXED, Verdict.CONTRADICTED, Verdict.NOT_TESTED]


@pytest.fixture
def market(make_market, weekdays, random):
    acwi, pick, gdx = np.exp(np.cumsum(random.normal(0.0003, 0.01, (3, len(weekdays))), axis=1))
    gdx[-520:] *= np.linspace(1, 2.5, 520)
    levels = {"acwi": acwi, "pick": pick, "gdx": gdx}
    return make_market({one: pd.Series(x, index=weekdays) for one, x in levels.items()})


@pytest.fixture
def view(market, method, ledger):
    told = {"J2": Verdict.SUPPORTED, "C2": Verdict.SUPPORTED, "M1": Verdict.CONTRADICTED}
    findings = [
        Finding(claim=one, verdict=told.get(one.id, Verdict.NOT_TESTED)) for one in ledger.claims
    ]
    return outlook.outlook(findings, market, method)


# ── base rates ──────────────────────────────────────────────────────────────


def test_a_window_counts_for_the_market_only_when_it_was_beaten():
    levels = pd.Series(np.r_[np.linspace(100, 110, 14), np.linspace(111, 120, 13)], index=FRIDAYS)
    benchmark = pd.Series(
        np.r_[np.linspace(100, 120, 14), np.linspace(120, 121, 13)], index=FRIDAYS
    )
    assert ahead_rate(levels, benchmark, 13) == (1, 2)
    assert ahead_rate(levels, levels, 13) == (0, 2)


def test_a_fall_inside_a_window_breaks_it_although_the_end_is_higher():
    days = pd.bdate_range("2020-01-03", FRIDAYS[-1])
    levels = pd.Series(np.linspace(100, 130, len(days)), index=days)
    assert held_rate(levels, 13, limit=0.2) == (2, 2)
    levels.iloc[20] *= 0.75
    assert held_rate(levels, 13, limit=0.2) == (1, 2)
    assert held_rate(levels, 13, limit=0.3) == (2, 2)


def test_the_peak_of_a_window_is_not_that_of_the_window_before():
    days = pd.bdate_range("2020-01-03", FRIDAYS[-1])
    path = np.linspace(100, 100, len(days))
    path[10] = 150  # a peak of the first window, whose fall back breaks that one only
    assert held_rate(pd.Series(path, index=days), 13, limit=0.2) == (1, 2)


def test_a_fall_of_just_the_limit_is_one():
    levels = pd.Series([100.0] * 5 + [80.0] * 22, index=FRIDAYS)
    assert held_rate(levels, 13, limit=0.2) == (1, 2)


def test_one_more_week_does_not_count_the_past_anew(random):
    days = pd.bdate_range("2015-01-02", periods=2000)
    levels = pd.Series(np.exp(np.cumsum(random.normal(0, 0.01, 2000))), index=days)
    ends = range(1500, 1500 + 13 * 5, 5)
    counts = [base_rate(levels.iloc[:end], 13) for end in ends]
    assert len(set(counts)) <= 2
    assert {n for _, n in counts} <= {counts[0][1], counts[0][1] + 1}


def test_each_event_has_its_base_rate_for_both_proxies(market, method):
    table = outlook.event_base_rates(market, method)
    assert list(zip(table["event"], table["proxy"], strict=True)) == [
        (event, proxy) for proxy in ("pick", "gdx") for event in ("E1", "E2", "E3")
    ]
    assert table["weeks"].tolist() == 2 * [13, 26, 13]
    assert table["n"].tolist() == 2 * [48, 24, 48]
    for one in table.itertuples():
        assert (one.p0, one.lo, one.hi) == pytest.approx(jeffreys(one.k, one.n))
        assert one.lo < one.p0 < one.hi


def test_events_without_a_past_have_no_base_rate(make_market, method):
    table = outlook.event_base_rates(make_market({}), method)
    assert len(table) == 6
    assert (table["n"] == 0).all()
    assert table[["p0", "lo", "hi"]].isna().all(axis=None)


def test_a_universe_without_a_benchmark_has_no_third_event(market, universe, method):
    roles = {"diversified": "pick"}
    market.universe = universe.model_copy(update={"roles": roles})
    assert outlook.event_base_rates(market, method)["event"].tolist() == ["E1", "E2"]


# ── the second line, and what the odds hang on ──────────────────────────────


def test_the_gold_miners_have_their_own_past_and_the_same_evidence(view, market, method):
    pick, gdx = view.lines["diversified"], view.lines["gold_miners"]
    assert pick == (view.p, view.p0, view.k, view.n)
    assert gdx[2:] == base_rate(market.levels["gdx"], 13)
    assert logit(gdx.p) - logit(gdx.p0) == pytest.approx(logit(pick.p) - logit(pick.p0))


def test_leaving_out_each_family_spans_the_range_that_is_told(view, method):
    table = outlook.leave_one_out(view, method)
    assert table.index.tolist() == list(method.outlook.families)
    assert (min(view.p, table["p"].min()), max(view.p, table["p"].max())) == view.lofo
    assert table.loc["breadth", "p"] < view.p < table.loc["valuation", "p"]
    assert table.loc["ratings", "change"] == 0


def test_kappa_and_the_cap_are_shown_halved_and_doubled(view, method):
    table = outlook.variations(view, method)
    by_kappa, by_cap = (table.loc[table["what"] == one, "p"] for one in ("kappa", "cap"))
    assert (by_kappa.min(), by_kappa.max()) == view.kappa_range
    assert (by_cap.min(), by_cap.max()) == view.cap_range == (view.p, view.p)
    assert table["value"].tolist() == pytest.approx([0.1, 0.2, 0.4, 0.35, 0.7, 1.4])


def test_a_cap_that_binds_makes_a_difference(view, method):
    rules = method.outlook.model_copy(update={"kappa": 4.0})
    bound = method.model_copy(update={"outlook": rules})
    table = outlook.variations(view, bound)
    apart = table.loc[table["what"] == "cap", "p"].diff().dropna()
    assert (np.sign(apart) == np.sign(view.score)).all()


# ── crash odds ──────────────────────────────────────────────────────────────


def test_the_chart_of_crash_odds_shows_the_miners_of_today(market, method):
    found = crash_steps(market, method)
    assert found.steps["p"].tolist() == [0.2, 0.53, 0.8]
    assert found.steps["lo"].notna().tolist() == [False, True, False]
    assert found.today.loc["gdx", "run_up"] == net_run_up(market, method, "gdx")
    assert found.today.index.tolist() == ["pick", "gdx"]


def test_a_chart_of_crash_odds_needs_no_prices(make_market, method):
    today = crash_steps(make_market({}), method).today
    assert today[["run_up", "p"]].isna().all(axis=None)


# ── properties of the scorecard (DOMAIN §D.2) ───────────────────────────────


@pytest.fixture(scope="module")
def total(ledger, method):
    """The score of verdicts by claim."""

    def make(verdicts):
        found = [Finding(claim=ledger[one], verdict=said) for one, said in verdicts.items()]
        return sum(outlook.score(found, method.outlook.families).values())

    return make


@pytest.fixture(scope="module")
def counted(ledger, method):
    families = method.outlook.families.values()
    return [one for ids in families for one in ids if ledger[one].relevance]


votes = st.lists(st.sampled_from(VERDICTS), min_size=10, max_size=10)
base = st.floats(0.05, 0.95)


@given(votes=votes, which=st.integers(0, 9), p0=base)
def test_a_better_vote_for_a_claim_moves_the_odds_its_way(total, counted, ledger, votes, which, p0):
    verdicts = dict(zip(counted, votes, strict=True))
    name = counted[which]
    ladder = (Verdict.CONTRADICTED, Verdict.MIXED, Verdict.SUPPORTED)
    odds = [outlook.persistence_probability(p0, total(verdicts | {name: vote})) for vote in ladder]
    assert odds[:: ledger[name].direction] == sorted(odds)


@given(votes=votes, order=st.permutations(range(10)))
def test_the_order_of_the_claims_changes_nothing(total, counted, votes, order):
    verdicts = dict(zip(counted, votes, strict=True))
    assert total({counted[one]: verdicts[counted[one]] for one in order}) == total(verdicts)


@given(votes=votes)
def test_claims_that_were_not_tested_change_nothing(total, counted, votes):
    verdicts = dict(zip(counted, votes, strict=True))
    tested = {one: said for one, said in verdicts.items() if said is not Verdict.NOT_TESTED}
    assert total(tested) == total(verdicts)


@given(votes=votes, p0=st.floats(0.4, 0.6))
def test_opposite_verdicts_move_the_log_odds_as_far_the_other_way(total, counted, votes, p0):
    verdicts = dict(zip(counted, votes, strict=True))
    mirrored = {one: said.mirrored() for one, said in verdicts.items()}
    up, down = (outlook.persistence_probability(p0, total(one)) for one in (verdicts, mirrored))
    assert logit(up) - logit(p0) == pytest.approx(logit(p0) - logit(down), abs=1e-9)


@given(p0=st.floats(0.15, 0.85))
def test_no_evidence_leaves_the_base_rate_as_it_is(p0):
    assert outlook.persistence_probability(p0, 0.0) == pytest.approx(p0, abs=1e-12)


@given(p0=st.floats(0.001, 0.999), score=st.floats(-50, 50))
def test_the_odds_never_leave_their_limits_nor_the_cap(p0, score):
    p = outlook.persistence_probability(p0, score)
    assert 0.15 <= p <= 0.85
    if 0.15 < p < 0.85:
        assert abs(logit(p) - logit(p0)) <= 0.7 + 1e-9


@given(
    returns=st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=50).filter(
        lambda some: any(one > 0 for one in some) and any(one <= 0 for one in some)
    ),
    p=st.floats(0.01, 0.99),
)
def test_reweighted_paths_have_the_probability_that_was_asked(returns, p):
    weights = outlook.jeffrey_weights(returns, p)
    assert math.isclose(weights.sum(), 1)
    assert math.isclose(weights[np.array(returns) > 0].sum(), p)
