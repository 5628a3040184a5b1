"""Active weights of funds: what supports "underowned", what does not, and what is no evidence."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from research.analysis.arguments import TESTS, judge
from research.analysis.claims import Verdict
from research.analysis.holdings import active_weights, history_of, mean_over_funds, spells_after
from research.exhibits.facts import say
from research.market import Market
from research.params import load
from research.params.models import Bounds

AS_OF = dt.date(2026, 1, 28)
BENCHMARK = 0.06
QUARTERS = pd.date_range("2015-11-30", "2025-11-30", freq="QE-NOV")


def holdings(now, *, past=0.0, funds=8, quarters=QUARTERS, days_late=45, group="uk-miners"):
    """Funds near `past` below the benchmark for years, and at `now` in the last quarter."""
    rows = []
    for n in range(funds):
        own = 0.001 * (n - (funds - 1) / 2)
        for k, day in enumerate(quarters):
            usual = past + 0.002 * (-1) ** k
            active = now if day == quarters[-1] else usual
            rows.append(
                {
                    "fund": f"Fund {n}", "group": group, "date": day,
                    "weight": BENCHMARK + active + own, "benchmark_weight": BENCHMARK,
                    "available_at": (day + pd.Timedelta(days=days_late)).tz_localize("UTC"),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def market(make_market):
    def make(rows, as_of=AS_OF, **levels):
        return make_market(levels, as_of=as_of, datasets={"ownership": rows})

    return make


@pytest.fixture
def found(market, method, claim):
    def test(rows, **more):
        return TESTS["active_weight"](claim("M2"), market(rows, **more), method)

    return test


def spoken(finding):
    return {
        name: str(say(one.template, **one.values))
        for name in ("test", "best_for", "best_against", "distance")
        if (one := getattr(finding, name)) is not None
    }


def assert_fair(finding):
    words = spoken(finding)
    lengths = sorted(len(words[side].split()) for side in ("best_for", "best_against"))
    assert lengths[1] <= 2 * lengths[0], words
    assert all(text.endswith((".", "?")) and "n/a" not in text for text in words.values())


# ── measures ────────────────────────────────────────────────────────────────


def test_the_mean_over_funds_is_that_of_the_oracle(oracles):
    known = oracles["misc"]["underowned"]
    held = pd.Series(known["w_f"]) - known["w_b"]
    assert mean_over_funds(held, confidence=0.9).value == pytest.approx(known["mean_active"])
    assert (held < 0).mean() == known["pct_uw"]


def test_the_interval_over_funds_is_the_t_interval_of_scipy(random):
    held = pd.Series(random.normal(-0.01, 0.004, 9))
    found = mean_over_funds(held, confidence=0.9)
    theirs = stats.t.interval(0.9, 8, loc=held.mean(), scale=stats.sem(held))
    assert (found.lo, found.hi) == pytest.approx(theirs, rel=1e-10)


def test_the_latest_version_of_a_holding_counts_and_other_groups_do_not():
    rows = holdings(-0.02, funds=1)
    corrected = rows.tail(1).assign(weight=0.05, available_at=rows["available_at"].max())
    other = holdings(0.5, funds=1, group="us-miners")
    table = active_weights(pd.concat([corrected, rows.iloc[:-1], other]), "uk-miners")
    assert table["Fund 0"].iloc[-1] == pytest.approx(0.05 - BENCHMARK)
    assert len(table) == len(QUARTERS)


def test_history_has_a_mean_for_each_quarter_that_enough_funds_tell_of(method):
    table = active_weights(holdings(-0.02, past=-0.005), "uk-miners")
    history = history_of(table, method)
    assert len(history) == 41
    assert history.iloc[-1] == pytest.approx(-0.02)
    assert history.iloc[:-1].mean() == pytest.approx(-0.005, abs=1e-9)
    table.loc[: QUARTERS[20], table.columns[:4]] = np.nan
    assert len(history_of(table, method)) == 20


def test_funds_that_report_every_month_have_the_same_history_as_every_quarter(method):
    months = pd.date_range("2015-11-30", "2025-11-30", freq="ME")
    table = active_weights(holdings(-0.02, quarters=months), "uk-miners")
    history = history_of(table, method)
    assert len(history) == 41
    assert history.to_list() == pytest.approx(table.mean(axis=1)[::3].to_list())


# ── verdicts ────────────────────────────────────────────────────────────────


def test_funds_far_below_their_benchmark_and_their_habit_support_the_claim(found):
    finding = found(holdings(-0.02, past=-0.004))
    assert finding.verdict is Verdict.SUPPORTED
    assert finding.estimate == pytest.approx(-0.02)
    assert finding.ci[0] < -0.02 < finding.ci[1] < -0.01
    assert (finding.n, finding.grade, finding.unit, finding.fmt) == (8, "A", "fraction", "pp1")
    assert finding.details["z"] < -1
    assert finding.details["underweight_share"] == 1
    assert_fair(finding)
    assert "Eight of eight funds are underweight" in spoken(finding)["best_for"]


def test_the_p_value_is_that_of_scipy(found):
    rows = holdings(-0.02, past=-0.004)
    held = active_weights(rows, "uk-miners").iloc[-1]
    theirs = stats.ttest_1samp(held, 0, alternative="less").pvalue
    assert found(rows).p_value == pytest.approx(theirs, rel=1e-8)
    rows = holdings(0.004)
    held = active_weights(rows, "uk-miners").iloc[-1]
    theirs = stats.ttest_1samp(held, -0.01, alternative="greater").pvalue
    assert found(rows).p_value == pytest.approx(theirs, rel=1e-8)


def test_funds_at_their_benchmark_contradict_the_claim(found):
    for now in (0.002, 0.02):
        finding = found(holdings(now, past=0.004))
        assert finding.verdict is Verdict.CONTRADICTED
        assert_fair(finding)


def test_funds_somewhat_below_their_benchmark_are_mixed(found):
    finding = found(holdings(-0.005))
    assert finding.verdict is Verdict.MIXED
    assert_fair(finding)


def test_funds_that_were_always_as_far_below_are_mixed(found):
    finding = found(holdings(-0.02, past=-0.02))
    assert finding.verdict is Verdict.MIXED
    assert finding.details["z"] > -1
    assert "not unusual for these funds" in finding.reason
    assert "That is nothing new" in spoken(finding)["best_against"]
    assert_fair(finding)


def test_a_history_without_any_variation_makes_nothing_unusual(found):
    rows = holdings(-0.02, past=-0.02)
    rows["weight"] = BENCHMARK - 0.02
    finding = found(rows)
    assert finding.verdict is Verdict.MIXED
    assert "z" not in finding.details
    assert_fair(finding)


def test_one_fund_on_the_other_side_is_named_as_evidence(found):
    rows = holdings(-0.02, past=-0.004)
    rows.loc[rows["fund"] == "Fund 3", "weight"] = BENCHMARK + 0.005
    finding = found(rows)
    assert "One of eight funds is at or above the benchmark" in spoken(finding)["best_against"]
    assert_fair(finding)


def test_the_other_way_round_it_is_the_other_verdict(market, method, claim):
    crowded = claim("M2").model_copy(
        update={"bounds": Bounds(side="high", support=0.01, contradiction=0.0, unit="fraction")}
    )
    for now, verdict in (
        (0.02, Verdict.SUPPORTED), (-0.02, Verdict.CONTRADICTED), (0.005, Verdict.MIXED),
    ):  # fmt: skip
        finding = TESTS["active_weight"](crowded, market(holdings(now)), method)
        assert finding.verdict is verdict
        assert_fair(finding)
    assert (
        TESTS["active_weight"](crowded, market(holdings(0.02, past=0.02)), method).verdict
        is Verdict.MIXED
    )


def test_a_claim_may_name_another_group_of_shares(market, method, claim):
    rows = pd.concat([holdings(0.02), holdings(-0.02, past=-0.004, group="gold-senior")])
    gold = claim("M2").model_copy(update={"about": ("gold-senior",)})
    assert TESTS["active_weight"](gold, market(rows), method).verdict is Verdict.SUPPORTED
    assert TESTS["active_weight"](claim("M2"), market(rows), method).verdict is (
        Verdict.CONTRADICTED
    )


def test_the_judge_tells_whether_the_falsifier_has_fired(market, method, ledger):
    for rows, fired in ((holdings(-0.02), False), (holdings(0.004), True)):
        found = {one.claim.id: one for one in judge(ledger, market(rows), method)}
        assert found["M2"].fired is fired
        assert found["M2"].distance is not None


# ── nothing to judge by ─────────────────────────────────────────────────────


def test_without_holdings_nothing_stands_in_for_them(found, random, weekdays):
    prices = {"pick": pd.Series(np.exp(random.normal(0, 1, len(weekdays))), index=weekdays)}
    finding = found(holdings(-0.02).iloc[:0], **prices)
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.reason == (
        "The sources hold no funds’ holdings. Ownership data are not free, and proxies from "
        "surveys or the press may not support a claim."
    )
    assert finding.estimate is None
    assert finding.test is not None


def test_few_funds_are_not_tested(found):
    finding = found(holdings(-0.02, funds=4))
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.reason == (
        "Funds with holdings of the last 185 days before 28\u00a0Jan\u00a02026: 4; at least 5 are "
        "needed. The newest are of 30\u00a0Nov\u00a02025."
    )


def test_old_holdings_are_not_tested(found):
    finding = found(holdings(-0.02), as_of=dt.date(2026, 7, 1))
    assert finding.verdict is Verdict.NOT_TESTED
    assert "185 days before 1\u00a0Jul\u00a02026: 0;" in finding.reason


def test_a_fund_that_fell_silent_is_left_out(found):
    rows = holdings(-0.02)
    silent = (rows["fund"] == "Fund 0") & (rows["date"] > "2025-03-01")
    finding = found(rows[~silent])
    assert (finding.verdict, finding.n) == (Verdict.SUPPORTED, 7)


def test_a_short_history_is_not_tested(found):
    finding = found(holdings(-0.02, quarters=QUARTERS[-8:]))
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.reason == (
        "Holdings of 8 quarters are known; at least 12 are needed to tell what is unusual."
    )
    assert found(holdings(-0.02, quarters=QUARTERS[-16:])).grade == "B"


def test_the_sample_knows_holdings_from_the_day_they_are_published(root):
    params = load(root / "params" / "mining-rally.yaml")
    claim = params.claims["M2"]
    ages = {}
    for day in (13, 14):  # holdings of 30 November come out 45 days later
        market = Market.open(params, source="sample", as_of=dt.date(2026, 1, day))
        finding = TESTS["active_weight"](claim, market, params.method)
        assert finding.verdict is Verdict.SUPPORTED  # its managers turned away from miners
        ages[day] = finding.details["age_days"]
    assert ages == {13: 135, 14: 45}


def test_the_order_of_rows_changes_nothing(found, random):
    rows = holdings(-0.02, past=-0.004)
    assert found(rows.iloc[random.permutation(len(rows))]) == found(rows)


# ── what came after low weights ─────────────────────────────────────────────


@pytest.fixture
def following(market, claim, random, weekdays):
    """UK miners whose relative return after each publication is `gain` times their weight."""

    def make(gain):
        rows = holdings(-0.02)
        stance = random.uniform(-0.03, 0.01, len(QUARTERS))
        rows["weight"] = BENCHMARK + rows["date"].map(dict(zip(QUARTERS, stance, strict=True)))
        known = pd.Series(stance, index=QUARTERS + pd.Timedelta(days=45))
        daily = known.reindex(weekdays, method="ffill").fillna(0) * gain / 91
        levels = dict.fromkeys(claim("M3").about, np.exp(daily.cumsum()))
        return market(rows, acwi=pd.Series(100.0, index=weekdays), **levels)

    return make


@pytest.mark.parametrize(("gain", "side"), [(-3, "best_for"), (3, "best_against")])
def test_low_ownership_is_never_judged_as_a_cause(following, method, claim, gain, side):
    finding = TESTS["association_with_weight"](claim("M3"), following(gain), method)
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.estimate is None
    assert finding.vote is None
    assert finding.details["correlation"] * gain > 0
    assert abs(finding.details["correlation"]) > 0.8
    assert "association only" in spoken(finding)[side]
    assert "without an identification strategy" in finding.reason
    assert_fair(finding)


def test_spells_do_not_overlap_and_start_when_the_holdings_are_out(following, method, claim):
    market = following(-3)
    spells = spells_after(market, method, "uk-miners", claim("M3").about)
    first_known = QUARTERS[0] + pd.Timedelta(days=45)
    most = (pd.Timestamp(AS_OF) - first_known) // pd.Timedelta(weeks=13)
    assert 10 <= len(spells) <= most
    held = active_weights(market.frame("ownership"), "uk-miners").mean(axis=1)
    assert spells["active_weight"].iloc[0] == pytest.approx(held.iloc[0])


def test_without_holdings_even_the_premise_is_unknown(market, method, claim):
    finding = TESTS["association_with_weight"](
        claim("M3"), market(holdings(-0.02).iloc[:0]), method
    )
    assert finding.verdict is Verdict.NOT_TESTED
    assert "is not known either" in finding.reason
    assert (finding.best_for, dict(finding.details)) == (None, {})


def test_without_prices_the_premise_is_told_alone(market, method, claim):
    for now, words in ((-0.02, "hold less than"), (0.02, "hold no less than")):
        finding = TESTS["association_with_weight"](claim("M3"), market(holdings(now)), method)
        assert words in finding.reason
        assert dict(finding.details) == {"active_weight": pytest.approx(now)}
