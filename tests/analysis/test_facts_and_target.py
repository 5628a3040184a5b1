"""Facts with a date and the dated target: true, true in part, refuted, not to be told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from research.analysis.arguments import TESTS, judge
from research.analysis.arguments.gains import gains
from research.analysis.arguments.highs import record_price
from research.analysis.arguments.records import record_high
from research.analysis.arguments.target import price_target, stance, touch_odds
from research.analysis.arguments.unusual import half_years, unusual_gains
from research.analysis.claims import Finding, Verdict
from research.analysis.companies import company_moves
from research.analysis.histories import (
    at_high,
    known_share,
    own_history,
    span_start,
    subjects,
    weeks_parted,
)
from research.analysis.returns import total_return, weekly
from research.errors import UsageError
from research.exhibits.facts import say

SAID = dt.date(2026, 1, 28)
DAYS = pd.bdate_range("2005-06-01", "2026-01-28")
WEEK = DAYS[-5:]  # 22 to 28 January 2026


def told(finding: Finding) -> dict[str, str]:
    """Every sentence of a finding as a reader gets it; for and against at like length."""
    names = ("test", "best_for", "best_against", "distance")
    found = {name: getattr(finding, name) for name in names}
    sentences = {name: str(say(one.template, **one.values)) for name, one in found.items() if one}
    for sentence in sentences.values():
        assert sentence.endswith((".", "?"))
        assert "n/a" not in sentence
        assert "nan" not in sentence
    if "best_for" in sentences:
        words = [len(sentences[name].split()) for name in ("best_for", "best_against")]
        assert 0.5 <= words[0] / words[1] <= 2, sentences
    return sentences


def line(*week, before=4000.0, days=DAYS):
    """Closes that stood at `before` until the last `len(week)` days."""
    levels = pd.Series(float(before), index=days)
    levels.iloc[len(days) - len(week) :] = week
    return levels


def rising(days, start, gain, last=130):
    """Closes that stood at `start` and gained `gain` in the last `last` days."""
    path = np.full(len(days), float(start))
    path[-last:] = start * np.linspace(1, 1 + gain, last)
    return pd.Series(path, index=days)


# ── what a history is ───────────────────────────────────────────────────────


def test_a_day_at_or_above_all_before_it_is_a_high(oracles):
    known = oracles["misc"]["ath_flags"]
    assert at_high(pd.Series(known["p"])).tolist() == known["flags"]
    assert at_high(pd.Series([100, 100])).tolist() == [True, True]


def test_a_hole_is_told_as_the_share_of_days_it_takes():
    year = pd.bdate_range("2024-01-01", "2024-12-31")
    first, last = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    assert known_share(year, first, last, fresh_days=10) == 1
    begun = year[year >= "2024-07-01"]
    assert known_share(begun, first, last, fresh_days=10) == pytest.approx(183 / 365)
    parted = year[(year <= "2024-03-29") | (year >= "2024-04-30")]
    assert known_share(parted, first, last, fresh_days=10) == pytest.approx(1 - 32 / 365)
    ended = year[year <= "2024-12-01"]
    assert known_share(ended, first, last, fresh_days=10) < 1
    assert known_share(year[:0], first, last, fresh_days=10) == 0


def test_a_week_without_its_last_days_is_not_told():
    levels = line(1, 2, 3, 4, 5)
    week, before = weeks_parted(levels, SAID, stale_sessions=2)
    assert week.tolist() == [1, 2, 3, 4, 5]
    assert before.index[-1] == pd.Timestamp("2026-01-21")
    assert weeks_parted(levels.iloc[:-2], SAID, stale_sessions=2) is not None
    assert weeks_parted(levels.iloc[:-3], SAID, stale_sessions=2) is None
    assert weeks_parted(levels.iloc[-5:], SAID, stale_sessions=2) is None


def test_a_history_is_in_one_unit_and_leaves_averages_and_other_currencies_out(
    make_market, universe
):
    market = make_market({"copper": line(5000)}, units={"copper": "USD/lb"})
    levels, unit = own_history(market, universe["copper"], until=SAID, unit="USD/t")
    assert unit == "USD/t"
    assert levels["close"].iloc[-1] == pytest.approx(5000 * 2204.62262)
    assert levels["close"].equals(levels["total"].rename("close"))
    assert own_history(market, universe["copper"], until=SAID).unit == "USD/lb"
    assert own_history(market, universe["copper"], until=SAID, unit="CNY/t").levels.empty
    market.types = {"copper": "average"}
    assert own_history(market, universe["copper"], until=SAID).levels.empty


def test_a_name_that_is_metal_and_group_means_the_metal_and_a_group_its_companies(claim, universe):
    one = claim("F2").model_copy(update={"about": ("copper", "pgm")})
    named = [found.id for found in subjects(one, universe)]
    assert named == ["copper", "impala", "sibanye"]


def test_the_span_of_a_record_is_the_ledgers_or_that_of_the_first_listing(claim, universe):
    four = claim("F4")
    assert span_start(four, universe["rio-tinto"]) == dt.date(2021, 3, 1)
    assert span_start(four, universe["fresnillo"]) == dt.date(2008, 5, 14)
    assert span_start(claim("F3"), universe["pick"]) == dt.date(2012, 1, 31)
    assert span_start(claim("F3"), universe["gold"]) is None


# ── a claimed price ─────────────────────────────────────────────────────────


@pytest.fixture
def record(make_market, method, claim):
    """The finding on gold futures that closed so in the week to 28 January 2026."""

    def find(*week, before=4000.0, days=DAYS, as_of=SAID, **more):
        levels = line(*week, before=before, days=days)
        return record_price(
            claim("F1"), make_market({"gold-future": levels}, as_of=as_of, **more), method
        )

    return find


def test_a_close_at_the_level_above_all_before_supports(record):
    found = record(4900, 5000, 5060, 5090, 5105)
    assert found.verdict is Verdict.SUPPORTED
    assert (found.estimate, found.unit, found.grade) == (5105, "USD/oz", "A")
    assert (found.bounds.side, found.bounds.support) == ("high", 5100)
    assert found.bounds.contradiction == pytest.approx(5074.5)
    assert found.p_value is None
    sentences = told(found)
    assert "trades within the day are not at hand" in sentences["test"]
    assert "27.6\u202f% above the highest before" in sentences["best_for"]
    assert (
        "5,105 USD/oz on 28\u00a0Jan\u00a02026, stood 0.1\u202f% above it"
        in (sentences["best_against"])
    )


def test_the_real_week_supports_though_the_record_went_on(record):
    found = record(4908.8, 4976.2, 5079.7, 5079.9, 5301.6, before=4831.8)
    assert found.verdict is Verdict.SUPPORTED
    assert found.details["nearest"] == 5079.9


@pytest.mark.parametrize(
    ("week", "before", "reason"),
    [
        ((4900, 5000, 5050, 5060, 5074), 4000, "No close of the week came near enough"),
        ((4900, 5000, 5050, 5090, 5105), 5105, "stood as high as its highest one"),
        ((4900, 5000, 5050, 5090, 5200), 5126, "The level had been passed before the week"),
    ],
)
def test_a_level_not_reached_or_no_record_contradicts(record, week, before, reason):
    found = record(*week, before=before)
    assert found.verdict is Verdict.CONTRADICTED
    assert reason in found.reason
    told(found)


@pytest.mark.parametrize(
    ("week", "before", "reason"),
    [
        ((4900, 5000, 5050, 5060, 5075), 4000, "reached within the tolerance only"),
        ((4900, 5000, 5050, 5090, 5120), 5110, "had come as near to the level"),
        ((4900, 5000, 5050, 5060, 5200), 4000, "passed between two closes"),
    ],
)
def test_a_record_that_holds_in_part_is_mixed(record, week, before, reason):
    found = record(*week, before=before)
    assert found.verdict is Verdict.MIXED
    assert reason in found.reason
    told(found)


def test_a_history_with_a_hole_cannot_show_a_record_but_can_refute_one(record):
    late = DAYS[DAYS >= "2012-01-02"]
    found = record(5105, days=late)
    assert (found.verdict, found.grade) == (Verdict.MIXED, "B")
    assert found.reason == (
        "Gold futures: closes are known since 2\u00a0Jan\u00a02012, 70\u202f% of all since "
        "3\u00a0Jan\u00a02006."
    )
    assert record(5105, before=6000, days=late).verdict is Verdict.CONTRADICTED
    short = record(5105, days=DAYS[DAYS >= "2020-01-01"])
    assert short.verdict is Verdict.NOT_TESTED
    assert "30\u202f% of all since 3\u00a0Jan\u00a02006" in short.reason


def test_a_record_since_nobody_knows_when_is_not_shown(make_market, method, claim):
    bare = claim("F1").model_copy(update={"since": {}})
    market = make_market({"gold-future": line(5105)}, as_of=SAID)
    found = record_price(bare, market, method)
    assert found.verdict is Verdict.MIXED
    assert found.reason.endswith("nothing says since when it trades.")


def test_a_record_without_closes_of_its_week_is_not_tested(record, make_market, method, claim):
    for found in (
        record(5105, days=DAYS[:-3]),
        record(*[5105.0] * 5, days=WEEK),
        record_price(claim("F1"), make_market({}, as_of=SAID), method),
        record(5105, units={"gold-future": "CNY/t"}),
        record(5105, types={"gold-future": "average"}),
    ):
        assert found.verdict is Verdict.NOT_TESTED
        assert found.reason == (
            "Gold futures has no closes of the week to 28\u00a0Jan\u00a02026 and of the time "
            "before."
        )
        assert found.fired is None
        told(found)


def test_a_claimed_price_is_converted_to_the_unit_of_the_instrument(record):
    ounces = 1000 / 31.1034768
    in_kilograms = [ounces * level for level in (4900, 5000, 5060, 5090, 5105)]
    found = record(*in_kilograms, before=4000 * ounces, units={"gold-future": "USD/kg"})
    assert found.verdict is Verdict.SUPPORTED
    assert found.estimate == pytest.approx(5105)


def test_a_claimed_price_without_a_level_is_a_fault_of_the_ledger(make_market, method, claim):
    bare = claim("F1").model_copy(update={"level": None})
    with pytest.raises(UsageError, match="needs the `level` that was claimed"):
        record_price(bare, make_market({}), method)


# ── highs of shares ─────────────────────────────────────────────────────────


@pytest.fixture
def highs(make_market, method, claim):
    """The finding on given closes, with total returns where they differ."""

    def find(levels, adjusted=None, name="F3", as_of=SAID, **more):
        market = make_market(levels, adjusted=adjusted or {}, as_of=as_of, **more)
        return record_high(claim(name), market, method)

    return find


def test_a_week_above_all_before_in_price_and_total_return_supports(highs):
    found = highs({"pick": line(55, before=50)})
    assert (found.verdict, found.grade, found.unit) == (Verdict.SUPPORTED, "A", "fraction")
    assert found.estimate == pytest.approx(0.1)
    assert found.details["pick_close_known"] == 1
    assert "since 31\u00a0Jan\u00a02012" in told(found)["test"]


def test_a_week_below_an_earlier_high_in_both_contradicts(highs):
    found = highs({"pick": line(*[45] * 5, before=50)})
    assert found.verdict is Verdict.CONTRADICTED
    assert found.estimate == pytest.approx(-0.1)
    sentences = told(found)
    assert sentences["best_for"].startswith("No price or total return")
    assert "10.0\u202f% below its highest day before" in sentences["best_against"]
    assert sentences["distance"].startswith("It has fired")


def test_a_high_in_total_return_alone_is_mixed_as_distributions_make_it_easier(highs):
    price = line(*[49] * 5, before=50)
    paid = price * np.where(price.index >= WEEK[0], 1.05, 1.0)
    found = highs({"pick": price}, {"pick": paid})
    assert found.verdict is Verdict.MIXED
    assert (found.details["pick_close_margin"], found.estimate < 0) == (pytest.approx(-0.02), True)
    assert found.details["pick_total_margin"] > 0
    sentences = told(found)
    assert sentences["best_for"].startswith("In total return, PICK (ex gold & silver) stood")
    assert sentences["best_against"].startswith("In price, PICK (ex gold & silver) stood 2.0")


def test_a_high_in_price_is_one_in_total_return(highs, random):
    for _ in range(20):
        price = pd.Series(np.exp(np.cumsum(random.normal(0, 0.01, len(DAYS)))), index=DAYS)
        paid = price * np.cumprod(1 + random.choice([0, 0.01], len(DAYS), p=[0.98, 0.02]))
        details = highs({"pick": price}, {"pick": paid}).details
        assert details["pick_total_margin"] >= details["pick_close_margin"] - 1e-12


def test_total_return_alone_is_mixed_at_best(highs):
    whole = line(55, before=50)
    found = highs({"pick": whole * np.nan}, {"pick": whole})
    assert (found.verdict, found.grade) == (Verdict.MIXED, "B")
    assert "PICK (ex gold & silver): no price in the week." in found.reason
    assert "has holes" in told(found)["best_against"]


def test_a_history_that_starts_after_the_launch_shows_no_all_time_high(highs):
    since_2016 = line(55, before=50, days=DAYS[DAYS >= "2016-01-01"])
    found = highs({"pick": since_2016})
    assert (found.verdict, found.grade) == (Verdict.MIXED, "B")
    assert (
        "price known since 1\u00a0Jan\u00a02016, 72\u202f% of the days since 31\u00a0Jan\u00a02012"
        in found.reason
    )
    since_2020 = line(55, before=50, days=DAYS[DAYS >= "2020-01-01"])
    found = highs({"pick": since_2020})
    assert found.verdict is Verdict.NOT_TESTED
    assert "43\u202f% of the days since 31\u00a0Jan\u00a02012" in found.reason
    told(found)
    lower = line(*[45] * 5, before=50, days=DAYS[DAYS >= "2020-01-01"])
    assert highs({"pick": lower}).verdict is Verdict.CONTRADICTED


def test_closes_in_pieces_leave_a_hole(highs):
    whole = line(55, before=50)
    pieces = whole.where((whole.index < "2015-01-01") | (whole.index >= "2018-01-01"))
    found = highs({"pick": pieces}, {"pick": whole})
    assert found.verdict is Verdict.MIXED
    assert "79\u202f% of the days since 31\u00a0Jan\u00a02012" in found.reason


def test_a_multi_year_high_counts_from_the_year_the_ledger_names(highs):
    rio, fresnillo = line(55, before=50), line(55, before=50)
    rio[rio.index < "2021-01-01"] = 90
    found = highs({"rio-tinto": rio, "fresnillo": fresnillo}, name="F4")
    assert (found.verdict, found.n) == (Verdict.SUPPORTED, 2)
    fresnillo[fresnillo.index < "2010-01-01"] = 90
    found = highs({"rio-tinto": rio, "fresnillo": fresnillo}, name="F4")
    assert found.verdict is Verdict.MIXED
    assert "Fresnillo stood 38.9\u202f% below" in told(found)["best_against"]
    rio[rio.index < "2022-01-01"] = 90
    found = highs({"rio-tinto": rio, "fresnillo": fresnillo}, name="F4")
    assert found.verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize("known", [{}, {"rio-tinto": line(55, before=50)}, {"fresnillo": line(55)}])
def test_without_prices_of_every_name_there_is_no_verdict(highs, known):
    found = highs(known, name="F4")
    assert (found.verdict, found.estimate, found.fired) == (Verdict.NOT_TESTED, None, None)
    assert ("Fresnillo: no price in the week." in found.reason) == ("fresnillo" not in known)
    told(found)


def test_the_line_of_another_currency_is_told_and_does_not_support(highs):
    both = {"rio-tinto": line(55, before=50), "fresnillo": line(55, before=50)}
    found = highs(both, name="F4", units={"rio-tinto": "USD"})
    assert found.verdict is Verdict.MIXED
    assert "Rio Tinto: of the line in USD, not of that in GBp." in found.reason


def test_a_split_or_pounds_for_pence_changes_no_high(highs):
    both = {"rio-tinto": line(55, before=50), "fresnillo": line(53, before=50)}
    pence = highs(both, name="F4")
    scaled = {one: levels / 100 for one, levels in both.items()}
    pounds = highs(scaled, name="F4", units=dict.fromkeys(both, "GBP"))
    assert pounds.estimate == pytest.approx(pence.estimate)
    assert pounds.verdict is pence.verdict is Verdict.SUPPORTED


def test_a_high_of_a_name_without_a_first_listing_needs_a_since(highs, method, make_market, claim):
    other = claim("F3").model_copy(update={"about": ("gold",)})
    market = make_market({"gold": line(55, before=50)}, as_of=SAID)
    found = record_high(other, market, method)
    assert found.verdict is Verdict.MIXED
    assert "nothing says since when it trades" in found.reason
    told(found)
    dated = other.model_copy(update={"since": {"gold": dt.date(2010, 1, 4)}})
    assert record_high(dated, market, method).verdict is Verdict.SUPPORTED


# ── unusual gains ───────────────────────────────────────────────────────────


@pytest.fixture
def metals(make_market, random):
    """Three metals that wandered for years and gained so in the last half-year."""

    def make(*gains, days=DAYS, as_of=SAID):
        wander = random.normal(0, 0.01, (3, len(days)))
        wander[:, -140:] *= 0.01
        levels = {
            one: rising(days, 100, gain) * np.exp(np.cumsum(own - own.mean()))
            for one, gain, own in zip(("silver", "platinum", "copper"), gains, wander, strict=False)
        }
        return make_market(levels, as_of=as_of)

    return make


def test_three_large_gains_support(metals, method, claim):
    found = unusual_gains(claim("F2"), metals(1.5, 0.9, 0.8), method)
    assert found.verdict is Verdict.SUPPORTED
    assert (found.n, found.n_eff, found.unit) == (520, 20, "sd")
    assert found.estimate == min(found.details[f"{one}_z"] for one in ("silver", "copper"))
    assert found.p_value is None
    assert told(found)["best_for"].startswith("Silver returned +1")


def test_one_small_gain_contradicts(metals, method, claim):
    found = unusual_gains(claim("F2"), metals(1.5, 0.9, -0.2), method)
    assert found.verdict is Verdict.CONTRADICTED
    assert "says otherwise" not in found.reason
    assert found.estimate < 0
    sentences = told(found)
    assert "Copper returned \u2212" in sentences["best_against"]
    assert "below its mean" in sentences["best_against"]


def test_a_window_that_hangs_on_its_first_day_is_told_to(metals, method, claim):
    market = metals(1.5, 0.9, 0.8)
    copper = market.levels["copper"].copy()
    spike = (copper.index >= "2025-07-22") & (copper.index <= "2025-07-31")
    copper[spike] = copper.iloc[-1]
    market.levels["copper"] = copper
    found = unusual_gains(claim("F2"), market, method)
    assert found.verdict is Verdict.CONTRADICTED  # the falsifier names twenty-six weeks
    assert found.details["copper_z"] < 1 < found.details["z_25w"]
    assert found.reason.endswith("A window of 25 weeks says otherwise.")
    assert "over 25 weeks the smallest is" in told(found)["distance"]


def test_a_metal_without_prices_leaves_the_rest_mixed_and_two_leave_no_test(metals, method, claim):
    found = unusual_gains(claim("F2"), metals(1.5, 0.9), method)
    assert (found.verdict, found.grade) == (Verdict.MIXED, "B")
    assert found.reason.endswith("No fresh prices, or too short a history, of Copper.")
    thin = unusual_gains(claim("F2"), metals(1.5), method)
    assert thin.verdict is Verdict.NOT_TESTED
    assert thin.reason == "No fresh prices, or too short a history, of Platinum and Copper."
    assert unusual_gains(claim("F2"), metals(1.5, 0.9, -0.2), method).verdict is (
        Verdict.CONTRADICTED
    )


def test_a_stale_or_short_history_is_no_history(metals, method, claim):
    market = metals(1.5, 0.9, 0.8)
    market.levels = {one: levels.iloc[:-12] for one, levels in market.levels.items()}
    assert unusual_gains(claim("F2"), market, method).verdict is Verdict.NOT_TESTED
    short = metals(1.5, 0.9, 0.8, days=DAYS[-6 * 261 :])
    assert unusual_gains(claim("F2"), short, method).verdict is not Verdict.NOT_TESTED
    shorter = metals(1.5, 0.9, 0.8, days=DAYS[-5 * 261 :])
    found = unusual_gains(claim("F2"), shorter, method)
    assert found.verdict is Verdict.NOT_TESTED
    told(found)


def test_the_z_is_that_of_a_second_derivation(metals, method, claim):
    market = metals(1.5, 0.9, 0.4)
    table = half_years(claim("F2"), market, method)
    for one, row in table.iterrows():
        levels = market.levels[one]
        fridays = weekly(levels).to_numpy()
        past = [fridays[i] / fridays[i - 26] - 1 for i in range(26, len(fridays))][-520:]
        now = total_return(levels, SAID - dt.timedelta(weeks=26), SAID, fresh_days=10)
        assert row["z"] == pytest.approx(stats.zscore([*past, now], ddof=1)[-1], rel=0.2)
        assert row["z"] == pytest.approx((now - np.mean(past)) / np.std(past, ddof=1), rel=1e-10)
        assert row["n"] == 520


def test_the_unit_of_a_metal_changes_no_z(metals, method, claim):
    market = metals(1.5, 0.9, 0.8)
    found = unusual_gains(claim("F2"), market, method)
    market.levels = {one: 2204.62262 * levels for one, levels in market.levels.items()}
    assert unusual_gains(claim("F2"), market, method).estimate == pytest.approx(found.estimate)


# ── gains of twenty to fifty per cent ───────────────────────────────────────


@pytest.fixture
def shares(make_market, universe):
    """Companies that rose by the given fractions in the six months to 28 January 2026."""

    def make(*moves, as_of=SAID):
        names = [one.id for one in universe.companies() if not one.deal_windows]
        parts = [moves[n % len(moves)] for n in range(len(names))]
        levels = {one: rising(DAYS[-400:], 100, move) for one, move in zip(names, parts, strict=1)}
        return make_market(levels, as_of=as_of)

    return make


@pytest.mark.parametrize(
    ("moves", "verdict", "reads"),
    [
        ((0.3,), Verdict.SUPPORTED, "The median company gained 30"),
        ((0.05, 0.3, 0.3, 0.9, 0.95), Verdict.MIXED, "The median company gained 30"),
        ((0.8,), Verdict.CONTRADICTED, "companies 0 gained between 20"),
        ((-0.1,), Verdict.CONTRADICTED, "companies 0 gained between 20"),
    ],
)
def test_the_sentences_of_gains_go_by_where_the_median_lies(
    shares, method, claim, moves, verdict, reads
):
    found = gains(claim("C3"), shares(*moves), method)
    assert (found.verdict, found.fmt) == (verdict, "pct0")
    sentences = told(found)
    assert reads in sentences["best_for"]
    assert sentences["distance"].startswith("It has fired") is (verdict is Verdict.CONTRADICTED)
    assert "28\u00a0Jan\u00a02026" in sentences["test"]


def test_the_moves_of_companies_are_those_of_the_day_asked_for(shares):
    market = shares(0.3)
    later = replace(market, as_of=dt.date(2026, 3, 2))
    known = company_moves(later, weeks=26, as_of=SAID)["price_return"]
    assert known.equals(company_moves(market, weeks=26)["price_return"])
    assert company_moves(later, weeks=26).empty


# ── facts have a date ───────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["F1", "F2", "F3", "F4", "C3"])
def test_a_fact_is_not_told_before_the_day_it_was_said(make_market, method, claim, name):
    market = make_market({}, as_of=dt.date(2026, 1, 27))
    found = TESTS[claim(name).test](claim(name), market, method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason == (
        "It was said later, on 28\u00a0Jan\u00a02026; this edition is of 27\u00a0Jan\u00a02026."
    )
    assert found.vote is None


@pytest.mark.parametrize("name", ["F1", "F2", "F3", "F4", "C3"])
def test_what_happens_after_a_fact_was_said_does_not_change_it(
    make_market, universe, method, claim, random, name
):
    after = pd.bdate_range("2026-01-29", "2026-05-29")
    ids = ["gold-future", "silver", "platinum", "copper", "pick"]
    ids += [one.id for one in universe.companies()]
    levels, longer = {}, {}
    for one in ids:
        steps = random.normal(0, 0.01, len(DAYS))
        levels[one] = 4000 * rising(DAYS, 1, 0.3) * np.exp(np.cumsum(steps - steps.mean()))
        beyond = pd.Series(9 * levels[one].iloc[-1], index=after)
        longer[one] = pd.concat([levels[one], beyond])
    test = TESTS[claim(name).test]
    first = test(claim(name), make_market(levels, as_of=SAID), method)
    later = test(claim(name), make_market(longer, as_of=dt.date(2026, 5, 29)), method)
    assert first.verdict is not Verdict.NOT_TESTED
    assert later == first


def test_facts_carry_no_weight_in_the_odds(ledger):
    assert {ledger[name].relevance for name in ("F1", "F2", "F3", "F4", "C3")} == {0}


# ── the target ──────────────────────────────────────────────────────────────

TOLD, ENDS = dt.date(2026, 1, 13), dt.date(2026, 4, 13)


@pytest.fixture
def gold(make_market, method, claim, random):
    """The finding on gold that stood at 4,589 when the target was told, then went as given."""

    def find(*levels, as_of=None, **more):
        past = pd.bdate_range(end=TOLD, periods=2700)
        path = np.exp(np.cumsum(random.normal(0.0003, 0.01, len(past))))
        known = pd.Series(4589 * path / path[-1], index=past)
        since = pd.bdate_range("2026-01-14", periods=len(levels))
        series = pd.concat([known, pd.Series(levels, index=since, dtype=float)])
        day = as_of or series.index[-1].date()
        return price_target(claim("C4"), make_market({"gold": series}, as_of=day, **more), method)

    return find


def until(day, *last, at=4600.0):
    """Closes at `at` from the day after the target was told to `day`, ending with `last`."""
    number = len(pd.bdate_range("2026-01-14", day))
    return [at] * (number - len(last)) + list(last)


def test_the_upside_of_the_target_is_the_one_in_the_press(gold, oracles):
    known = oracles["misc"]["citi_target"]
    found = gold()
    assert found.estimate == pytest.approx(known["upside"], abs=1e-5)
    assert found.details["spot_when_said"] == known["spot_13Jan"]
    assert found.details["target"] == known["target"]
    at_article = gold(*until(SAID, 5100))
    assert 1 + at_article.estimate == pytest.approx(known["vs_article"], abs=1e-5)
    assert at_article.stance == 0


@pytest.mark.parametrize(
    ("spot", "vote"),
    [(4589, 1), (4901.9, 1), (4902, 0), (5000, 0), (5100, 0), (5102, 0), (5102.1, -1), (5307, -1)],
)
def test_the_vote_goes_by_where_gold_stands_to_the_target(gold, spot, vote):
    found = gold(*until(SAID, spot))
    assert found.verdict is Verdict.NOT_TESTED
    assert (found.stance, found.vote, found.fired) == (vote, vote, None)
    assert found.reason == "A forecast that is still open; it is scored on 13\u00a0Apr\u00a02026."
    side = (found.estimate >= found.bounds.support) - (found.estimate <= found.bounds.contradiction)
    assert side == vote  # what a chart of the estimate would show
    assert stance(5000, spot, 0.02) == vote
    assert found.p_value is None
    told(found)


def test_touch_end_and_path_of_the_target_are_told_apart(gold):
    found = gold(*until(dt.date(2026, 2, 4), 5405, 4324))
    details = found.details
    assert (details["touched"], details["highest_since"], details["terminal"]) == (1, 5405, 4324)
    assert details["largest_fall"] == pytest.approx(-0.2)
    sentences = told(found)
    assert "5,405 USD/oz on 3\u00a0Feb\u00a02026, reached the target" in sentences["best_for"]
    assert "gold stood short of the target, after a fall of up to 20.0" in sentences["best_against"]
    assert sentences["distance"].startswith("With 10 weeks to go gold stands 13.5")
    short = gold(*until(dt.date(2026, 2, 4), 4900, 4800))
    assert short.details["touched"] == 0
    assert "was 2.0\u202f% short of the target" in told(short)["best_for"]


@pytest.mark.parametrize("as_of", [ENDS, dt.date(2026, 4, 14), dt.date(2026, 7, 31)])
@pytest.mark.parametrize(
    ("last", "verdict"), [(5000, Verdict.SUPPORTED), (4999, Verdict.CONTRADICTED)]
)
def test_when_its_months_are_over_the_last_price_decides(gold, last, verdict, as_of):
    after = [9000.0] * len(pd.bdate_range("2026-04-14", as_of))
    found = gold(*until(ENDS, 5200, last), *after, as_of=as_of)
    assert (found.verdict, found.stance, found.vote, found.grade) == (verdict, 0, 0, "C")
    assert found.details["terminal"] == last
    assert found.details["highest_since"] == 5200  # a touch before the end decides nothing
    sentences = told(found)
    assert sentences["distance"].startswith("It has fired") is (verdict is Verdict.CONTRADICTED)


def test_a_last_day_without_a_price_takes_the_price_before(gold):
    found = gold(*until(dt.date(2026, 4, 10), 5050), as_of=dt.date(2026, 4, 20))
    assert found.verdict is Verdict.SUPPORTED
    missing = gold(*until(dt.date(2026, 4, 8), 5050), as_of=dt.date(2026, 4, 20))
    assert missing.verdict is Verdict.NOT_TESTED
    assert missing.stance is None


def test_a_target_not_yet_told_or_without_a_price_has_no_stance(gold, make_market, method, claim):
    early = gold(as_of=dt.date(2026, 1, 12))
    assert early.reason == (
        "The target was told later, on 13\u00a0Jan\u00a02026; this edition is of "
        "12\u00a0Jan\u00a02026."
    )
    stale = gold(*until(dt.date(2026, 1, 22)), as_of=SAID)
    assert (
        stale.reason
        == "Gold has no fresh close from 13\u00a0Jan\u00a02026 to 28\u00a0Jan\u00a02026."
    )
    none = price_target(claim("C4"), make_market({}, as_of=SAID), method)
    foreign = gold(units={"gold": "CNY/kg"})
    for found in (early, stale, none, foreign):
        assert (found.verdict, found.stance, found.vote) == (Verdict.NOT_TESTED, None, None)
        told(found)


def test_an_open_target_counts_as_tested_in_the_odds(make_market, method, ledger):
    series = pd.Series(4600.0, index=pd.bdate_range("2016-01-01", SAID))
    findings = judge(ledger, make_market({"gold": series}, as_of=SAID), method)
    (found,) = (one for one in findings if one.claim.id == "C4")
    assert (found.verdict, found.vote) == (Verdict.NOT_TESTED, 1)


def test_the_odds_of_a_touch_are_those_of_a_walk_with_as_much_noise(make_market, method, random):
    days = pd.bdate_range(end=TOLD, periods=2610)
    daily = 0.01
    noise = random.normal(0, daily, len(days))
    noise = (noise - noise.mean()) / noise.std() * daily
    path = np.exp(np.cumsum(noise))
    closes = pd.Series(4589 * path / path[-1], index=days)
    found = touch_odds(closes, make_market({"gold": closes}, as_of=TOLD), method)
    # Reflection principle; prices are seen once a day, which lifts the barrier (Broadie,
    # Glasserman and Kou 1997).
    steps = int(np.busday_count(TOLD, ENDS))
    barrier = log(5000 / 4589) + 0.5826 * daily
    expected = 2 * stats.norm.sf(barrier / (daily * sqrt(steps)))
    assert found == pytest.approx(expected, abs=0.04)


def test_the_odds_of_a_touch_do_not_move_with_the_edition(make_market, method, claim, random):
    days = pd.bdate_range(end=ENDS, periods=2700)
    path = 4000 * np.exp(np.cumsum(random.normal(0.0002, 0.01, len(days))))
    closes = pd.Series(path, index=days)
    closes *= 4589 / closes["2026-01-13"]
    odds = {
        price_target(
            claim("C4"), make_market({"gold": closes[:day]}, as_of=day.date()), method
        ).details["p_touch"]
        for day in pd.to_datetime(["2026-01-13", "2026-02-04", "2026-04-13"])
    }
    assert len(odds) == 1
    assert 0 < odds.pop() < 1


def test_a_bill_that_pays_more_makes_a_touch_likelier(make_market, method, random):
    days = pd.bdate_range(end=TOLD, periods=2610)
    closes = pd.Series(4589 * np.exp(np.cumsum(random.normal(0, 0.01, len(days)))), index=days)
    closes *= 4589 / closes.iloc[-1]
    odds = []
    for bill in (None, 4.0, 40.0):
        levels = {"gold": closes}
        if bill is not None:
            levels["us3m"] = pd.Series(bill, index=days)
        odds.append(touch_odds(closes, make_market(levels, as_of=TOLD), method))
    assert odds == sorted(odds)
    assert odds[0] < odds[2]


def test_a_short_past_gives_no_odds_of_a_touch(make_market, method, claim):
    days = pd.bdate_range("2026-01-05", SAID)
    market = make_market({"gold": pd.Series(4600.0, index=days)}, as_of=SAID)
    found = price_target(claim("C4"), market, method)
    assert np.isnan(found.details["p_touch"])
    assert found.stance == 1
    assert "resampling" not in told(found)["best_for"]
