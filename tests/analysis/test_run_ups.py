"""Run-ups of the past and what came after: markets built to last, to fade and to be too thin."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from research.analysis.aftermath import (
    event_paths,
    forward_returns,
    outcomes,
    placebo_means,
    windows_apart,
)
from research.analysis.arguments import TESTS, judge
from research.analysis.arguments.run_up_words import sides
from research.analysis.claims import Verdict
from research.analysis.inference import jeffreys, placebo_p
from research.analysis.rallies import Groups, groups, mild, run_up_events, strong
from research.exhibits.facts import say
from research.exhibits.formats import REGISTRY

RISE = 26  # weeks of a run-up in the made markets
CYCLE = 80  # weeks from one to the next
WEEKS = 1300
FRIDAYS = pd.date_range(end="2026-01-30", periods=WEEKS + 1, freq="W-FRI")


def cycles(*after, weeks=WEEKS, rise=0.45):
    """Weekly log returns: 26 weeks up by `rise`, 13 weeks by one of `after` in turn, then flat.

    Each cycle ends where it began.
    """
    logs = np.zeros(weeks)
    for number, start in enumerate(range(8, weeks, CYCLE)):
        move = np.log1p(after[number % len(after)])
        one = np.zeros(CYCLE)
        one[:RISE] = np.log1p(rise) / RISE
        # The threshold is reached before the rise is over, so the rest of it is cut off.
        reached = int(np.ceil(np.log(1.3) / one[0]))
        one[reached:] = 0
        one[reached : reached + 13] = move / 13
        one[reached + 13 : -10] = -one.sum() / (CYCLE - 10 - reached - 13)
        logs[start : start + CYCLE] = one[: max(0, min(CYCLE, weeks - start))]
    return logs


def levels(logs):
    return pd.Series(100 * np.exp(np.r_[0, np.cumsum(logs)]), index=FRIDAYS[-len(logs) - 1 :])


@pytest.fixture
def fund(make_market):
    """A market whose gold miners go through the given weekly log returns; the rest is not there."""

    def make(logs, **more):
        flat = pd.Series(100.0, index=FRIDAYS)
        return make_market({"gdx": levels(logs), "acwi": flat}, **more)

    return make


@pytest.fixture
def k2(claim):
    return claim("K2")


def test_rises_that_went_on_contradict_the_doubt(fund, k2, method):
    found = TESTS["run_ups"](k2, fund(cycles(0.15)), method)
    assert found.verdict is Verdict.CONTRADICTED
    assert (found.estimate, found.n, found.n_eff) == (1.0, 16, 16.0)
    assert found.ci[1] == 1.0
    assert found.details["mean_return"] == pytest.approx(0.15)
    assert found.grade == "B"


def test_rises_that_faded_support_it(fund, k2, method):
    found = TESTS["run_ups"](k2, fund(cycles(-0.25)), method)
    assert found.verdict is Verdict.SUPPORTED
    assert found.estimate == 0.0
    assert found.ci[0] == 0.0
    assert found.details["mild_crashes"] == found.n
    assert found.p_value < 0.01


def test_rises_that_went_either_way_leave_it_open(fund, k2, method):
    found = TESTS["run_ups"](k2, fund(cycles(0.1, -0.1)), method)
    assert found.verdict is Verdict.MIXED
    assert (found.details["higher"], found.estimate) == (8, 0.5)
    lo, hi = jeffreys(8, 16)[1:]
    assert found.ci == pytest.approx((lo, hi))


def test_the_market_turned_the_other_way_turns_the_verdict(fund, k2, method):
    up, down = (
        TESTS["run_ups"](k2, fund(cycles(*moves)), method)
        for moves in ((0.1, 0.2, 0.15, -0.1), (-0.1, -0.2, -0.15, 0.1))
    )
    assert (up.verdict, down.verdict) == (Verdict.CONTRADICTED, Verdict.SUPPORTED)


def test_a_few_run_ups_are_no_test(fund, k2, method):
    found = TESTS["run_ups"](k2, fund(cycles(0.15, weeks=500)), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason == (
        "Only 6 separate stretches of 13 weeks hold past run-ups whose outcome is known; "
        "at least 10 are needed."
    )
    assert (found.n, found.n_eff, found.estimate) == (6, 6.0, None)


@pytest.mark.parametrize(
    ("weeks", "reason"),
    [
        (40, "No stretch of 13 weeks holds a past run-up whose outcome is known"),
        (130, "Only one separate stretch of 13 weeks holds past run-ups whose outcome is known"),
    ],
)
def test_one_run_up_or_none_is_told_as_such(fund, k2, method, weeks, reason):
    assert TESTS["run_ups"](k2, fund(cycles(0.15, weeks=weeks)), method).reason.startswith(reason)


def test_a_market_without_prices_is_no_test(make_market, k2, method):
    assert TESTS["run_ups"](k2, make_market({}), method).verdict is Verdict.NOT_TESTED


def test_run_ups_of_one_rally_count_as_one(make_market, k2, method):
    path = levels(cycles(0.15, -0.1))
    one = TESTS["run_ups"](k2, make_market({"gdx": path}), method)
    two = TESTS["run_ups"](k2, make_market({"gdx": path, "pick": path}), method)
    assert (two.n, two.n_eff) == (2 * one.n, one.n_eff)
    assert two.ci == pytest.approx(one.ci)
    assert two.p_value == pytest.approx(one.p_value)
    placebo = (each.details["placebo_p"] for each in (one, two))
    assert next(placebo) == pytest.approx(next(placebo), abs=0.02)


def test_the_run_up_of_today_is_not_in_the_sample(fund, k2, method):
    quiet = cycles(0.15, weeks=WEEKS - 40)
    without = TESTS["run_ups"](k2, fund(np.r_[quiet, np.zeros(40)]), method)
    with_it = TESTS["run_ups"](k2, fund(np.r_[quiet, cycles(0.15, weeks=48)[8:]]), method)
    assert (with_it.n, with_it.estimate) == (without.n, without.estimate)


def test_a_claim_may_name_its_own_groups(make_market, universe, k2, method):
    up, down = levels(cycles(0.15)), levels(cycles(-0.25))
    market = make_market({one.id: down for one in universe.companies("silver")} | {"gdx": up})
    silver = k2.model_copy(update={"about": ("silver",)})
    assert TESTS["run_ups"](silver, market, method).verdict is Verdict.SUPPORTED
    gold = k2.model_copy(update={"about": ("gdx",)})
    assert TESTS["run_ups"](gold, market, method).verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("after", "side"),
    [((0.15,), "support"), ((-0.25,), "contradiction"), ((0.1, -0.1), "support")],
)
def test_the_p_value_is_that_of_the_side_the_verdict_rejects(fund, k2, method, after, side):
    found = TESTS["run_ups"](k2, fund(cycles(*after)), method)
    k = found.estimate * found.n_eff
    posterior = stats.beta(k + 0.5, found.n_eff - k + 0.5)
    rejected = {
        "support": posterior.cdf(k2.bounds.support),
        "contradiction": posterior.sf(k2.bounds.contradiction),
    }
    assert found.p_value == pytest.approx(rejected[side])
    assert found.verdict is not Verdict.MIXED or found.p_value == min(rejected.values())


# ── the sentences ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "after",
    [(0.15,), (-0.25,), (0.1, -0.1), (-0.2, -0.2, 0.05)],
    ids=["lasting", "fading", "both", "mostly fading"],
)
def test_both_sides_are_told_at_like_length(fund, k2, method, after):
    found = TESTS["run_ups"](k2, fund(cycles(*after)), method)
    told = [
        say(one.template, **one.values)
        for one in (found.test, found.best_for, found.best_against, found.distance)
    ]
    assert all(one.endswith(".") for one in told)
    pro, con = (len(one.split()) for one in told[1:3])
    assert 0.5 <= pro / con <= 2
    assert found.fmt in REGISTRY


def test_nothing_is_made_up_for_a_side_that_has_nothing(fund, k2, method):
    lasting = TESTS["run_ups"](k2, fund(cycles(0.15)), method)
    assert lasting.best_for.template.startswith("None of {n:num0} such run-ups stood lower")
    fading = TESTS["run_ups"](k2, fund(cycles(-0.25)), method)
    assert fading.best_against.template.startswith("None of them stood higher")
    mostly = TESTS["run_ups"](k2, fund(cycles(-0.2, -0.2, 0.05)), method)
    assert mostly.best_against.template.startswith("Still, {share:pct0} of them stood higher")


def test_a_gain_no_better_than_any_week_brings_speaks_for_both_sides(method):
    past = pd.DataFrame({"return_13": [0.1, -0.02], "mild_drawdown": [-0.05, -0.3]})
    details = {"usual_return": 0.05, "higher": 1.0, "events": 2.0, "placebo_p": 0.9}
    for mean, fades, on in (
        (0.04, "no more than the", "1 stood higher"),
        (0.06, "stood no higher", "more than the"),
    ):
        told = sides(past, details | {"mean_return": mean}, method.run_ups, 13)
        fading, going_on = (say(one.template, **one.values) for one in told)
        assert fades in fading
        assert on in going_on
        assert 0.5 <= len(fading.split()) / len(going_on.split()) <= 2


# ── the falsifier: gold miners on the claim's last day ──────────────────────


@pytest.mark.parametrize(
    ("as_of", "last", "fired", "told"),
    [
        (dt.date(2026, 1, 28), 100, False, "no move is known yet."),
        (dt.date(2026, 3, 4), 110, False, "+10.0\u202f% since 28\u00a0Jan\u00a02026; the level of "
         "29\u00a0Apr\u00a02026 decides."),
        (dt.date(2026, 5, 6), 110, True, "It has fired: Gold miners (GDX) returned +10.0\u202f%"),
        (dt.date(2026, 5, 6), 90, False, "It has not fired: Gold miners (GDX) returned "
         "\u221210.0\u202f%"),
    ],
)  # fmt: skip
def test_the_falsifier_waits_for_its_day(fund, ledger, method, as_of, last, fired, told):
    path = levels(cycles(0.15))[:"2026-01-23"]
    days = pd.bdate_range("2026-01-26", as_of)
    tail = pd.Series(np.where(days <= "2026-01-28", 100.0, float(last)), index=days)
    market = fund(cycles(0.15), as_of=as_of)
    market.levels["gdx"] = pd.concat([path, tail])
    found = next(one for one in judge(ledger, market, method) if one.claim.id == "K2")
    assert found.fired is fired
    assert told in say(found.distance.template, **found.distance.values)


@pytest.mark.parametrize(
    ("last", "verdict"), [(110, Verdict.CONTRADICTED), (90, Verdict.SUPPORTED)]
)
def test_when_its_time_is_over_what_came_decides(fund, ledger, method, last, verdict):
    path = levels(cycles(0.15))[:"2026-01-23"]
    days = pd.bdate_range("2026-01-26", "2026-05-06")
    tail = pd.Series(np.where(days <= "2026-01-28", 100.0, float(last)), index=days)
    market = fund(cycles(0.15), as_of=dt.date(2026, 5, 6))
    market.levels["gdx"] = pd.concat([path, tail])
    found = next(one for one in judge(ledger, market, method) if one.claim.id == "K2")
    assert (found.verdict, found.grade, found.p_value) == (verdict, "C", None)
    assert found.estimate == pytest.approx(last / 100 - 1)
    assert found.data.index[[0, -1]].tolist() == list(pd.to_datetime(["2026-01-28", "2026-04-29"]))
    assert found.formula == "last level / first level − 1"


def test_a_claim_without_a_horizon_has_no_day_to_wait_for(fund, k2, method):
    open_ended = k2.model_copy(update={"horizon_weeks": None})
    found = TESTS["run_ups"](open_ended, fund(cycles(0.15)), method)
    assert (found.fired, found.distance) == (None, None)


# ── events ──────────────────────────────────────────────────────────────────


def found_in(logs, benchmark=None):
    index = FRIDAYS[-len(logs) :]
    market = np.zeros(len(logs)) if benchmark is None else benchmark
    return Groups(
        logs=pd.DataFrame({"a": logs}, index=index, dtype=float),
        benchmark=pd.Series(market, index=index),
        labels={"a": "A"},
    )


def jumps(size, *weeks, length=400):
    logs = np.zeros(length)
    logs[list(weeks)] = np.log1p(size)
    return logs


def test_an_event_is_the_first_week_at_the_threshold(method):
    logs = jumps(0.30, 200)
    events = run_up_events(found_in(logs), mild(method.run_ups))
    assert events["week"].tolist() == [FRIDAYS[-400:][200]]
    assert events["gain"].tolist() == pytest.approx([0.30])
    assert run_up_events(found_in(jumps(0.29, 200)), mild(method.run_ups)).empty


@pytest.mark.parametrize(("apart", "events"), [(51, 1), (52, 2)])
def test_run_ups_less_than_a_gap_apart_are_one(method, apart, events):
    logs = jumps(0.30, 100, 100 + apart)
    assert len(run_up_events(found_in(logs), mild(method.run_ups))) == events


def test_a_history_that_begins_above_the_threshold_begins_with_no_event(method):
    logs = jumps(0.30, 3)
    assert run_up_events(found_in(logs), mild(method.run_ups)).empty


def test_two_years_count_only_when_the_market_was_left_behind(method):
    logs = jumps(1.2, 150)
    definition = strong(method.run_ups)
    assert len(run_up_events(found_in(logs), definition)) == 1
    assert run_up_events(found_in(logs, jumps(0.3, 150)), definition).empty
    assert run_up_events(found_in(logs, np.full(400, np.nan)), definition).empty


def test_a_lost_week_hides_the_windows_that_span_it(method):
    logs = jumps(0.30, 200)
    logs[190] = np.nan
    assert run_up_events(found_in(logs), mild(method.run_ups)).empty


def test_the_youngest_run_ups_are_marked_as_of_today(method):
    for week, own in ((400 - 53, False), (400 - 52, True)):
        events = run_up_events(found_in(jumps(0.30, week)), mild(method.run_ups))
        assert events["own"].tolist() == [own]


def test_outcomes_are_those_of_the_weeks_after(method, random):
    logs, market = random.normal(0, 0.02, (2, 400))
    logs[200] += 0.4
    found = found_in(logs, market)
    events = run_up_events(found, mild(method.run_ups))
    row = found.logs.index.get_loc(events["week"].iloc[0])
    path, index = (np.exp(np.r_[0, np.cumsum(one)]) for one in (logs, market))
    got = outcomes(events, found, method.run_ups, [13, 26])
    for weeks in (13, 26):
        gain = path[row + 1 + weeks] / path[row + 1] - 1
        gained = index[row + 1 + weeks] / index[row + 1] - 1
        assert got[f"return_{weeks}"].iloc[0] == pytest.approx(gain)
        assert got[f"excess_{weeks}"].iloc[0] == pytest.approx(gain - gained)
    for name, weeks in (("drawdown", 104), ("mild_drawdown", 26)):
        after = pd.Series(path[row + 1 : row + 2 + weeks])
        assert got[name].iloc[0] == pytest.approx((after / after.cummax() - 1).min())


def test_an_outcome_that_is_not_over_is_missing(method):
    found = found_in(jumps(0.30, 380))
    events = run_up_events(found, mild(method.run_ups))
    got = outcomes(events, found, method.run_ups, [13, 26])
    assert got.loc[0, "return_13"] == 0
    assert got.loc[0, ["return_26", "drawdown", "mild_drawdown"]].isna().all()


def test_later_weeks_change_no_earlier_event(method, random):
    logs, market = random.normal(0, 0.01, (2, 700))
    logs[[100, 200, 300, 470, 600]] += 0.5
    early, late = found_in(logs[:500], market[:500]), found_in(logs, market)
    late.logs.index = late.benchmark.index = early.logs.index.append(
        pd.date_range(early.logs.index[-1], periods=201, freq="W-FRI")[1:]
    )
    then, now = (run_up_events(one, mild(method.run_ups)) for one in (early, late))
    assert len(then) == 4
    columns = ["group", "week", "gain"]
    pd.testing.assert_frame_equal(now.loc[: len(then) - 1, columns], then[columns])
    known, all_of_it = (
        outcomes(events, found, method.run_ups, [13, 52])
        for events, found in ((then, early), (now, late))
    )
    assert known.isna().any(axis=None)
    pd.testing.assert_frame_equal(all_of_it.loc[: len(then) - 1].where(known.notna()), known)


# ── groups ──────────────────────────────────────────────────────────────────


def test_a_basket_is_the_equal_weighted_mean_of_its_members(make_market, universe, method, random):
    members = [one.id for one in universe.companies("copper")]
    returns = random.normal(0, 0.03, (len(members), 60))
    market = make_market(
        {one: levels(np.log1p(row)) for one, row in zip(members, returns, strict=True)}
    )
    found = groups(market, method, ("copper",))
    assert np.expm1(found.logs["copper"]).to_numpy() == pytest.approx(returns.mean(axis=0))
    assert found.labels == {"copper": "Copper"}


def test_a_basket_needs_half_of_its_members(make_market, universe, method):
    members = [one.id for one in universe.companies("copper")]
    few = make_market({members[0]: levels(np.zeros(60))})
    assert groups(few, method, ("copper",)).logs["copper"].isna().all()
    half = make_market(dict.fromkeys(members[:2], levels(np.zeros(60))))
    assert groups(half, method, ("copper",)).logs["copper"].notna().all()


def test_weeks_of_a_deal_are_left_out_of_a_basket(make_market, universe, method):
    members = [one.id for one in universe.companies("diversified")]
    logs = np.zeros(60)
    logs[-2] = 0.5  # only Rio Tinto, which was under offer
    market = make_market(
        {one: levels(logs if one == "rio-tinto" else np.zeros(60)) for one in members}
    )
    assert (groups(market, method, ("diversified",)).logs["diversified"] == 0).all()


# ── random dates ────────────────────────────────────────────────────────────


def test_events_open_a_window_when_the_last_one_is_over():
    weeks = [FRIDAYS[number] for number in (0, 5, 12, 13, 20, 60)]
    assert windows_apart(weeks, 13).tolist() == [0, 0, 0, 1, 1, 2]
    assert windows_apart([], 13).tolist() == []


def test_random_dates_have_the_usual_return(random):
    forward = pd.DataFrame({"a": random.normal(0.05, 0.1, 1000)})
    means = placebo_means(forward, 20 * ["a"], np.arange(20), draws=4000, seed=1)
    assert means.mean() == pytest.approx(forward["a"].mean(), abs=0.003)
    assert means.std() == pytest.approx(forward["a"].std() / 20**0.5, rel=0.05)


def test_events_of_one_window_move_together(random):
    forward = pd.DataFrame({"a": random.normal(0, 0.1, 1000)})
    apart = placebo_means(forward, 20 * ["a"], np.arange(20), draws=4000, seed=1)
    together = placebo_means(forward, 20 * ["a"], np.zeros(20, dtype=int), draws=4000, seed=1)
    assert together.std() == pytest.approx(20**0.5 * apart.std(), rel=0.06)


def test_a_group_without_prices_on_a_random_date_leaves_its_mean():
    forward = pd.DataFrame({"a": [0.1, 0.1, 0.1], "b": [np.nan, np.nan, 0.4]})
    means = placebo_means(forward, ["a", "b"], np.array([0, 0]), draws=300, seed=1)
    assert set(means.round(9)) == {0.1, 0.25}


def test_the_placebo_p_is_the_share_of_as_unusual_dates(fund, k2, method):
    market = fund(cycles(0.1, -0.1, 0.2))
    found = TESTS["run_ups"](k2, market, method)
    forward = forward_returns(groups(market, method).logs, 13)
    means = placebo_means(forward, found.n * ["gdx"], np.arange(found.n), draws=2000, seed=20260130)
    observed = found.details["mean_return"] - means.mean()
    assert found.details["placebo_p"] == placebo_p(observed, means - means.mean())
    again = TESTS["run_ups"](k2, fund(cycles(0.1, -0.1, 0.2)), method)
    assert again == found


def test_placebo_p(oracles):
    block = oracles["perm_p"]
    placebo = [2.0] * block["b"] + [0.0] * (block["B"] - block["b"])
    assert placebo_p(1.0, placebo) == pytest.approx(block["p"])


# ── frames of the exhibits ──────────────────────────────────────────────────


def test_each_run_up_is_a_line_that_begins_with_a_hundred(fund, method):
    logs = np.r_[cycles(0.15, weeks=WEEKS - 40), cycles(0.15, weeks=48)[8:]]
    found = event_paths(fund(logs), method)
    assert found.paths.index.tolist() == list(range(53))
    assert (found.paths.loc[0] == 100).all()
    assert found.paths.loc[13].to_numpy() == pytest.approx(115)
    assert found.paths.notna().all(axis=None)
    assert found.events.index.tolist() == [*found.paths.columns, *found.current.columns]
    assert found.current.shape[1] == 1
    assert found.current.iloc[:, 0].count() < 40
    assert found.paths.columns[0].startswith("gdx 2001-")


def test_no_run_up_leaves_an_empty_frame(make_market, method):
    for market in (make_market({}), make_market({"gdx": levels(np.zeros(100))})):
        found = event_paths(market, method)
        assert (found.paths.shape, found.current.shape) == ((53, 0), (53, 0))
