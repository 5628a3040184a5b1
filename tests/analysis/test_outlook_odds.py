"""From findings to a probability: known answers, properties and refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from research.analysis import outlook
from research.analysis.claims import Finding, Verdict
from research.errors import UsageError

S, C, M, N = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.MIXED, Verdict.NOT_TESTED


@pytest.fixture
def findings(ledger):
    """Findings of all claims, NOT TESTED but for those named."""

    def make(**verdicts):
        return tuple(
            Finding(claim=claim, verdict=verdicts.get(claim.id, N)) for claim in ledger.claims
        )

    return make


@pytest.mark.parametrize(
    ("score", "p"),
    [(0, 0.58), (1, 0.6278), (2, 0.6732), (3, 0.7156), (-1, 0.5307), (-2, 0.4807), (-3, 0.4311),
     (-3.5, 0.4068), (5, 0.7355)],
)  # fmt: skip
def test_evidence_moves_the_odds_and_only_so_far(score, p):
    assert outlook.persistence_probability(0.58, score) == pytest.approx(p, abs=5e-5)


def test_no_evidence_leaves_the_base_rate():
    assert outlook.persistence_probability(0.61, 0) == pytest.approx(0.61)


def test_opposite_evidence_moves_the_odds_as_far_the_other_way():
    def logit(p):
        return np.log(p / (1 - p))

    up, down = (outlook.persistence_probability(0.58, score) for score in (2, -2))
    assert logit(up) - logit(0.58) == pytest.approx(logit(0.58) - logit(down))


def test_the_probability_stays_within_its_limits():
    assert outlook.persistence_probability(0.9, 5) == 0.85
    assert outlook.persistence_probability(0.1, -5) == 0.15


@pytest.mark.parametrize("p0", [0.0, 1.0, float("nan")])
def test_a_base_rate_that_is_certain_is_refused(p0):
    with pytest.raises(UsageError, match=r"a base rate must lie between 0 and 1, both excluded"):
        outlook.persistence_probability(p0, 0)


def test_the_worked_example_comes_out(findings, method):
    found = findings(C2=S, K1=S, C6=S, J2=S, J3=S, J4=S, C1=S, M1=C, J1=S, C4=M)
    parts = outlook.score(found, method.outlook.families)
    assert parts == pytest.approx(
        {
            "valuation": -0.8333333,
            "breadth": 0.6666667,
            "defensive": -0.5,
            "positioning": 0,
            "ratings": -1,
            "metal-view": 0,
        },
        abs=1e-6,
    )
    total = sum(parts.values())
    assert total == pytest.approx(-5 / 3)
    assert outlook.persistence_probability(0.58, total) == pytest.approx(0.49736, abs=1e-5)


def test_a_claim_that_was_not_tested_changes_nothing(findings, method):
    some = findings(J2=S, C2=S)
    fewer = [one for one in some if one.verdict is not N]
    assert outlook.score(some, method.outlook.families) == outlook.score(
        fewer, method.outlook.families
    )


def test_a_mirror_is_not_counted_twice(findings, method):
    families = {"defensive": ("M1", "J1")}
    assert outlook.score(findings(M1=S, J1=C), families) == {"defensive": 0.5}


def test_the_order_of_findings_changes_nothing(findings, method):
    found = findings(J2=S, C2=C, M1=M, K1=S)
    assert outlook.score(found[::-1], method.outlook.families) == outlook.score(
        found, method.outlook.families
    )


def test_better_news_never_lowers_the_score(findings, method, ledger):
    for name in ("J2", "C2", "M1", "C1"):
        direction = ledger[name].direction
        scores = [
            sum(outlook.score(findings(**{name: verdict}), method.outlook.families).values())
            for verdict in (C, M, S)
        ]
        assert all((b - a) * direction >= 0 for a, b in itertools.pairwise(scores))


def test_the_base_rate_counts_windows_that_do_not_overlap():
    fridays = pd.date_range("2020-01-03", periods=27, freq="W-FRI")
    levels = pd.Series(np.r_[np.linspace(100, 90, 14), np.linspace(91, 120, 13)], index=fridays)
    assert outlook.base_rate(levels, 13) == (1, 2)
    assert outlook.base_rate(levels.iloc[:13], 13) == (0, 0)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.65, "more likely than not to extend"),
        (0.649, "slight lean to extend"),
        (0.5, "no edge"),
        (0.45, "no edge"),
        (0.449, "slight lean to fade"),
        (0.15, "more likely to fade"),
    ],
)
def test_words_come_from_the_table(method, p, words):
    assert outlook.word(p, method.outlook.words) == words


@pytest.mark.parametrize(
    ("run_up", "p"),
    [(0.49, None), (0.5, 0.2), (0.99, 0.2), (1.0, 0.53), (1.5, 0.8), (3.0, 0.8), (-0.2, None)],
)
def test_crash_odds_rise_in_steps_with_the_run_up(method, run_up, p):
    assert outlook.crash_risk(run_up, method).p == p


def test_crash_odds_have_an_interval_only_where_the_episodes_are_counted(method):
    found = outlook.crash_risk(1.0, method)
    assert (found.lo, found.hi) == pytest.approx((0.40, 0.65), abs=0.01)
    for run_up in (0.5, 1.5):
        assert outlook.crash_risk(run_up, method)[2:] == (None, None)


def test_a_missing_run_up_has_no_crash_odds(method):
    assert outlook.crash_risk(float("nan"), method).p is None


R = [-0.2, -0.1, -0.05, 0.02, 0.05, 0.08, 0.12, 0.2, 0.25, 0.3]


def test_paths_are_reweighted_to_the_probability():
    weights = outlook.jeffrey_weights(R, 0.6)
    assert weights[0] == pytest.approx(0.1333333, abs=1e-6)
    assert weights[-1] == pytest.approx(0.0857143, abs=1e-6)
    assert weights.sum() == pytest.approx(1)
    assert weights[np.array(R) > 0.10].sum() == pytest.approx(0.3428571, abs=1e-6)
    assert weights[np.array(R) < -0.10].sum() == pytest.approx(0.1333333, abs=1e-6)


def test_paths_that_agree_already_keep_equal_weights():
    assert outlook.jeffrey_weights(R, 0.7) == pytest.approx(np.full(10, 0.1))


def test_paths_that_all_rise_cannot_be_reweighted():
    with pytest.raises(UsageError, match=r"all 2 simulated returns are on one side of nil"):
        outlook.jeffrey_weights([0.1, 0.2], 0.6)


@pytest.fixture
def market(make_market, weekdays, random):
    acwi, pick, gdx = np.exp(np.cumsum(random.normal(0.0003, 0.01, (3, len(weekdays))), axis=1))
    gdx[-520:] *= np.linspace(1, 2.5, 520)
    levels = {"acwi": acwi, "pick": pick, "gdx": gdx}
    return make_market({one: pd.Series(x, index=weekdays) for one, x in levels.items()})


def test_the_outlook_adds_up(market, method, findings):
    found = outlook.outlook(findings(J2=S, M1=C, J1=S), market, method)
    assert found.p0 == pytest.approx((found.k + 0.5) / (found.n + 1))
    assert found.score == pytest.approx(sum(found.families.values())) == pytest.approx(0.5)
    assert found.p == pytest.approx(found.p0 + sum(found.steps.values()))
    assert found.lofo[0] <= found.p <= found.lofo[1]
    assert found.kappa_range[0] <= found.p <= found.kappa_range[1]
    assert found.word == outlook.word(found.p_rounded, method.outlook.words)
    assert found.n == 12 * 52 // 13
    assert set(found.crash_risk) == {"diversified", "gold_miners"}


def test_the_run_up_is_net_of_the_market(market, method, findings):
    found = outlook.outlook(findings(), market, method).crash_risk["gold_miners"]
    gdx, acwi = (market.levels[one] for one in ("gdx", "acwi"))
    then = pd.Timestamp(market.as_of) - pd.Timedelta(weeks=104)
    assert found.run_up == pytest.approx(
        gdx.iloc[-1] / gdx.asof(then) - acwi.iloc[-1] / acwi.asof(then)
    )


def test_untested_relevance_is_weighed_and_labelled(market, method, findings):
    nothing = outlook.outlook(findings(), market, method)
    assert (nothing.untested_share, nothing.low_evidence) == (1.0, True)
    assert nothing.p == pytest.approx(nothing.p0)
    tested = dict.fromkeys(("C2", "K1", "C6", "J2", "J3", "J4", "M1", "M2", "C1", "C4"), S)
    everything = outlook.outlook(findings(**tested), market, method)
    assert (everything.untested_share, everything.low_evidence) == (0.0, False)


def test_without_a_past_there_is_no_outlook(make_market, method, findings):
    view = outlook.outlook(findings(), make_market({}), method)
    assert math.isnan(view.p)
    assert math.isnan(view.p_rounded)
    assert view.word == outlook.NO_DATA


# ── how good it was ─────────────────────────────────────────────────────────


def test_the_brier_score_and_its_skill():
    forecasts, came = [0.7, 0.6, 0.8, 0.5], [1, 0, 1, 1]
    assert outlook.brier(forecasts, came) == pytest.approx(0.185)
    assert outlook.brier(0.58, came) == pytest.approx(0.2164)
    assert outlook.brier_skill(forecasts, 0.58, came) == pytest.approx(0.1451017, abs=1e-6)


def test_a_perfect_reference_leaves_no_skill_to_have():
    assert np.isnan(outlook.brier_skill([0.5], [1.0], [1]))


def test_the_parts_of_the_brier_score_add_up(random):
    forecasts, came = 5 * [0.2] + 5 * [0.8], [0, 0, 0, 0, 1, 1, 1, 1, 1, 0]
    assert outlook.murphy(forecasts, came) == pytest.approx((0, 0.09, 0.25))
    forecasts, came = random.choice([0.2, 0.5, 0.7], 80), random.integers(0, 2, 80)
    rel, res, unc = outlook.murphy(forecasts, came)
    assert rel - res + unc == pytest.approx(outlook.brier(forecasts, came))


def test_the_ranked_score_knows_how_far_off_it_was():
    assert outlook.rps([0.3, 0.4, 0.3], 2) == pytest.approx(0.29)
    assert outlook.rps([0.0, 0.0, 1.0], 2) == 0
    assert outlook.rps([1.0, 0.0, 0.0], 2) == 1
    assert outlook.rps([0.0, 1.0, 0.0], 2) < outlook.rps([1.0, 0.0, 0.0], 2)
