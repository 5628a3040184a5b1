"""Robust prices, recoveries and breadth: built markets, second derivations, and what is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from research.analysis import breadth as measures
from research.analysis.arguments import TESTS
from research.analysis.arguments.breadth import commodity_moves
from research.analysis.arguments.breadth_evidence import share_history, weighted_return
from research.analysis.claims import Verdict
from research.analysis.earnings import earnings_links
from research.analysis.history import history
from research.analysis.inference import wilson
from research.exhibits.facts import say

MONTH = pd.Timestamp("2026-01-31")


def said(statement):
    return say(statement.template, **statement.values)


def check_statements(found):
    """Every sentence formats, names no missing number, and both sides have their say."""
    sentences = [said(one) for one in (found.test, found.best_for, found.best_against)]
    sentences.append(said(found.distance))
    assert all(one.endswith(".") and "n/a" not in one for one in sentences)
    ours, theirs = (len(one.split()) for one in sentences[1:3])
    assert 0.5 <= ours / theirs <= 2, sentences[1:3]


@pytest.fixture
def ore(make_market, weekdays):
    """Iron ore that goes in straight lines through (weeks before the end, USD/t)."""

    def make(*knots, days=weekdays, **more):
        weeks = (days[-1] - days).days / 7
        far, level = zip(*sorted(knots), strict=True)
        return make_market({"iron-ore": pd.Series(np.interp(weeks, far, level), days)}, **more)

    return make


@pytest.fixture
def robust(claim, method):
    return lambda market, **claimed: TESTS["robust_price"](
        claim("J3").model_copy(update=claimed), market, method
    )


# ── robust_price ────────────────────────────────────────────────────────────


def test_a_price_above_mid_cycle_high_in_its_past_and_not_fallen_is_robust(ore, robust):
    found = robust(ore((600, 60), (52, 100), (0, 110)))
    assert found.verdict is Verdict.SUPPORTED
    assert (found.estimate, found.grade, found.n) == (pytest.approx(110), "A", 120)
    assert found.details["change_12m"] == pytest.approx(0.1)
    assert found.details["percentile"] == pytest.approx(1 - 0.5 / 120)
    assert (found.bounds.side, found.bounds.contradiction, found.unit) == ("high", 75, "USD/t")
    assert found.p_value is None
    assert found.ci is None
    assert "47 % above the mid-cycle price of 75 USD/t" in said(found.best_for).replace(
        "\u202f", " "
    )
    assert said(found.best_against).startswith("Nothing speaks against it")
    check_statements(found)


@pytest.mark.parametrize(
    ("knots", "why"),
    [
        (((600, 40), (52, 60), (0, 74)), "below the 75"),
        (((600, 100), (52, 120), (0, 110)), "has fallen 8.3"),
    ],
)
def test_a_price_below_mid_cycle_or_much_down_is_not_robust(ore, robust, knots, why):
    found = robust(ore(*knots))
    assert found.verdict is Verdict.CONTRADICTED
    assert why in said(found.distance)
    assert said(found.distance).startswith("It has fired")
    check_statements(found)


def test_a_price_that_is_only_low_in_its_own_past_is_mixed(ore, robust):
    found = robust(ore((600, 200), (60, 90), (0, 90)))
    assert found.verdict is Verdict.MIXED
    assert found.details["percentile"] < 0.4
    assert "above only" in said(found.best_against)
    assert "would have to fall 17" in said(found.distance)
    check_statements(found)


@pytest.mark.parametrize(
    ("last", "verdict"),
    [(95.01, Verdict.SUPPORTED), (94.99, Verdict.CONTRADICTED)],
)
def test_the_fall_that_refutes_is_more_than_five_per_cent(ore, robust, last, verdict):
    assert robust(ore((600, 60), (52, 100), (0, last))).verdict is verdict


def test_a_price_in_yuan_is_never_held_against_dollars(ore, robust):
    for level in (110, 780):
        market = ore((600, level), (0, level), units={"iron-ore": "CNY/t"})
        market.levels["cnyusd"] = market.levels["iron-ore"] * 0 + 0.14
        found = robust(market)
        assert found.verdict is Verdict.NOT_TESTED
        assert "comes in CNY/t, which cannot be held against a mid-cycle price in USD/t" in (
            found.reason
        )
        assert found.estimate is None


def averages(months=140, last=105.0, slope=0.2):
    """Monthly averages as files have them, dated by the first of the month."""
    days = pd.date_range(end="2025-12-01", periods=months, freq="MS")
    return pd.Series(last - slope * np.arange(months)[::-1], index=days)


def test_the_first_candidate_in_dollars_is_used_and_an_average_lowers_the_grade(ore, robust):
    market = ore(
        (600, 780), (0, 700),
        units={"iron-ore": "CNY/t"}, types={"iron-ore-cfr": "average"},
    )  # fmt: skip
    market.levels["iron-ore-cfr"] = averages()
    found = robust(market)
    assert (found.verdict, found.grade) == (Verdict.SUPPORTED, "B")
    assert found.estimate == pytest.approx(105)
    assert found.measure.endswith("monthly average, 2025-12")
    assert found.details["change_12m"] == pytest.approx(105 / (105 - 12 * 0.2) - 1)
    assert found.details["change_6m"] == pytest.approx(105 / (105 - 6 * 0.2) - 1)
    both = ore((600, 60), (0, 110), types={"iron-ore-cfr": "average"})
    both.levels["iron-ore-cfr"] = averages()
    assert robust(both).estimate == pytest.approx(110)


def test_a_price_by_the_kilogram_is_the_same_price(ore, robust):
    tonne = robust(ore((600, 60), (52, 100), (0, 110)))
    kilo = robust(ore((600, 0.060), (52, 0.100), (0, 0.110), units={"iron-ore": "USD/kg"}))
    assert kilo.details == pytest.approx(tonne.details)
    assert kilo.verdict is tonne.verdict


def test_old_short_or_absent_prices_of_iron_ore_are_no_test(ore, robust, make_market, weekdays):
    old = robust(ore((600, 60), (0, 110), days=weekdays[:-20]))
    assert (old.verdict, old.fired) == (Verdict.NOT_TESTED, None)
    assert (
        "The last price of Iron ore, 62 % Fe, CFR China, dry tonne is that of 2\u00a0Jan\u00a02026."
        in (old.reason)
    )
    short = robust(ore((600, 60), (0, 110), days=weekdays[-400:]))
    assert "has prices of 19 months; 36 are needed" in short.reason
    none = robust(make_market({}))
    assert none.reason.startswith("No price of Iron ore")


def test_another_metal_needs_the_level_that_is_claimed_of_it(make_market, robust, weekdays):
    copper = pd.Series(np.linspace(5_000, 12_000, len(weekdays)), index=weekdays)
    market = make_market({"copper": copper})
    bare = robust(market, about=("copper",))
    assert bare.reason == "No mid-cycle price of Copper is known; give the claim a `level`."
    found = robust(market, about=("copper",), level=9_000.0)
    assert (found.verdict, found.bounds.support) == (Verdict.SUPPORTED, 9_000)
    assert robust(market, about=("copper",), level=13_000.0).verdict is Verdict.CONTRADICTED


def test_later_prices_change_no_finding_on_iron_ore(ore, robust):
    market = ore((600, 60), (52, 100), (0, 110))
    whole = market.levels["iron-ore"]
    market.levels["iron-ore"] = whole[:-30]
    market.as_of = whole.index[-31].date()
    first = robust(market)
    market.levels["iron-ore"] = (whole * 2).where(whole.index > whole.index[-31], whole)[:-30]
    assert robust(market) == first


@pytest.mark.parametrize("seed", range(12))
def test_what_is_said_of_iron_ore_and_lithium_holds_its_balance(
    make_market, weekdays, claim, method, seed
):
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.02, (2, len(weekdays)))
    levels = 90 * np.exp(np.cumsum(steps, axis=1) - np.cumsum(steps, axis=1)[:, -1:])
    market = make_market(
        {
            "iron-ore": pd.Series(levels[0] * random.uniform(0.6, 1.6), index=weekdays),
            "lithium": pd.Series(levels[1] * 1000, index=weekdays),
        }
    )
    for test, name in (("robust_price", "J3"), ("recovery", "J4")):
        found = TESTS[test](claim(name), market, method)
        check_statements(found)
        assert found.verdict is not Verdict.NOT_TESTED


# ── earnings ────────────────────────────────────────────────────────────────


def accounts(**companies):
    rows = [
        {"instrument": one, "item": item, "period_end": pd.Timestamp(end), "value": value,
         "unit": unit, "published_at": pd.Timestamp(end) + pd.Timedelta(days=60),
         "available_at": (pd.Timestamp(end) + pd.Timedelta(days=60)).tz_localize("UTC")}
        for one, years in companies.items()
        for end, items in years.items()
        for item, (value, unit) in items.items()
    ]  # fmt: skip
    return {"fundamentals": pd.DataFrame(rows)}


def year(share, royalty, ebitda, revenue, unit="USD m"):
    return {
        "revenue_share_iron-ore": (share, "ratio"),
        "royalty_rate": (royalty, "ratio"),
        "ebitda": (ebitda, "USD m"),
        "revenue": (revenue, unit),
    }


def test_a_tenth_on_the_price_is_the_share_after_royalties_over_the_margin(
    make_market, method, oracles
):
    block = oracles["misc"]["iron_ore_ebitda_sens"]
    given = year(block["share"], block["royalty"], 1000 * block["margin"], 1.0, "USD bn")
    market = make_market({}, datasets=accounts(bhp={"2025-06-30": given}))
    table = earnings_links(market, "iron-ore", method)
    assert table.loc["bhp", "ebitda_change"] == pytest.approx(block["dEBITDA"])
    assert table.loc["bhp", "ebitda_margin"] == pytest.approx(block["margin"])


def test_each_company_is_told_by_its_last_year_and_the_largest_effect_first(make_market, method):
    whole = accounts(
        bhp={"2024-06-30": year(0.9, 0.0, 100, 1000), "2025-06-30": year(0.5, 0.05, 500, 1000)},
        vale={"2024-12-31": year(0.8, 0.05, 400, 1000)},
        teck={"2024-12-31": year(0.1, 0.05, -50, 1000)},
        glencore={"2024-12-31": {"ebitda": (100, "USD m"), "revenue": (1000, "USD m")}},
    )
    table = earnings_links(make_market({}, datasets=whole), "iron-ore", method)
    assert table.index.tolist() == ["vale", "bhp", "teck"]
    assert table.loc["bhp", "period_end"] == pd.Timestamp("2025-06-30")
    assert table.loc["vale", "ebitda_change"] == pytest.approx(0.1 * 0.8 * 0.95 / 0.4)
    assert np.isnan(table.loc["teck", "ebitda_change"])
    assert earnings_links(make_market({}), "iron-ore", method).empty


def test_the_link_to_earnings_is_part_of_the_evidence_and_its_absence_is_told(ore, robust):
    knots = ((600, 60), (52, 100), (0, 110))
    given = accounts(vale={"2024-12-31": year(0.8, 0.05, 400, 1000)})
    found = robust(ore(*knots, datasets=given))
    assert "more EBITDA at Vale" in said(found.best_for)
    assert "accounts" not in found.reason
    assert robust(ore(*knots)).reason.endswith(
        "The source has no accounts that tell what it means for earnings."
    )


# ── recovery ────────────────────────────────────────────────────────────────


@pytest.fixture
def lithium(make_market, weekdays, claim, method):
    """The finding on lithium that goes through (weeks before the end, CNY/t)."""

    def make(*knots, days=weekdays, scale=1.0, **more):
        weeks = (days[-1] - days).days / 7
        far, level = zip(*sorted(knots), strict=True)
        series = pd.Series(scale * np.interp(weeks, far, level), days)
        return TESTS["recovery"](claim("J4"), make_market({"lithium": series}, **more), method)

    return make


FALL = ((600, 100_000), (150, 600_000), (40, 60_000))


def test_a_price_well_off_its_low_and_rising_has_recovered(lithium):
    found = lithium(*FALL, (13, 100_000), (0, 120_000))
    assert found.verdict is Verdict.SUPPORTED
    assert (found.estimate, found.fmt) == (pytest.approx(1.0), "pct0")
    assert found.details["change_13w"] == pytest.approx(0.2, abs=0.005)
    assert found.details["recovery_ratio"] == pytest.approx(60 / 540)
    against = said(found.best_against).replace("\u202f", " ").replace("\u00a0", " ")
    assert against == (
        "It is still 80 % below 600,000 CNY/t in Mar 2023, its peak before that low, by prices "
        "known since Jan 2014."
    )
    assert found.measure.startswith("Lithium carbonate, China, incl. VAT")
    check_statements(found)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (((0, 70_000),), "short of the 30"),
        (((13, 120_000), (0, 110_000)), "has fallen 8.3"),
        (((39, 60_000), (0, 60_000)), "above its low, short"),
    ],
)
def test_a_price_near_its_low_or_falling_has_not(lithium, end, why):
    found = lithium(*FALL, *end)
    assert found.verdict is Verdict.CONTRADICTED
    assert said(found.distance).startswith("It has fired")
    assert why in said(found.distance)
    check_statements(found)


def test_a_price_off_its_low_that_stands_still_is_mixed(lithium):
    found = lithium(*FALL, (20, 90_000), (0, 90_000))
    assert (found.verdict, found.details["change_13w"]) == (Verdict.MIXED, 0)
    check_statements(found)


def test_a_price_above_its_earlier_peak_says_so(lithium):
    found = lithium((600, 80_000), (150, 90_000), (40, 60_000), (0, 120_000))
    assert "its peak before that low, so that little speaks against it" in (
        said(found.best_against)
    )
    assert found.details["off_peak"] == pytest.approx(1 / 3)
    check_statements(found)


def test_a_recovery_does_not_depend_on_unit_or_tax(lithium):
    knots = (*FALL, (13, 100_000), (0, 120_000))
    here = lithium(*knots).details
    abroad = lithium(*knots, scale=1 / 1.13 / 7.2 / 1000, units={"lithium": "USD/kg"}).details
    for share in ("off_low", "change_13w", "off_peak", "recovery_ratio"):
        assert abroad[share] == pytest.approx(here[share])


def test_too_short_a_history_of_lithium_is_no_test(lithium, weekdays):
    short = lithium(*FALL, (0, 120_000), days=weekdays[-300:])
    assert short.verdict is Verdict.NOT_TESTED
    assert "24 months without a gap at their end are needed" in short.reason
    assert lithium(*FALL, (0, 120_000), days=weekdays[:-15]).verdict is Verdict.NOT_TESTED
    grade_c = lithium(*FALL, (0, 120_000), days=weekdays[-600:])
    assert (grade_c.verdict, grade_c.grade) == (Verdict.SUPPORTED, "C")


def test_the_low_is_that_of_the_last_months_only(lithium):
    found = lithium((600, 1_000), (120, 1_000), (106, 80_000), (40, 60_000), (0, 120_000))
    assert found.details["low"] == pytest.approx(60_000)


# ── histories ───────────────────────────────────────────────────────────────


def test_averages_stand_at_the_end_of_their_month_and_move_by_months(make_market):
    market = make_market({"zinc": averages(last=100, slope=1)}, types={"zinc": "average"})
    prices = history(market, "zinc")
    assert prices.day == pd.Timestamp("2025-12-31")
    assert prices.change(weeks=13) == pytest.approx(100 / 97 - 1)
    assert prices.change(weeks=52) == pytest.approx(100 / 88 - 1)
    assert not prices.stale
    market.as_of = pd.Timestamp("2026-02-20").date()
    assert history(market, "zinc").stale


# ── breadth ─────────────────────────────────────────────────────────────────


@pytest.fixture
def sector(make_market, universe, weekdays, random):
    """Metals and companies with one factor in common, and moves of the last half-year."""

    def make(metals, companies, *, common=0.5, days=weekdays, **more):
        factor = random.normal(0, 0.01, len(days))
        levels = {}
        half = days > days[-1] - pd.Timedelta(weeks=26)
        for one, move in {**metals, **companies}.items():
            own = random.normal(0, 0.01, len(days))
            steps = common**0.5 * factor + (1 - common) ** 0.5 * own
            steps[half] += (np.log(1 + move) - steps[half].sum()) / half.sum()
            levels[one] = pd.Series(100 * np.exp(np.cumsum(steps)), index=days)
        return make_market(levels, **more)

    return make


@pytest.fixture
def names(universe):
    base = [one for one in universe.basket if not universe[one].precious]
    return base, [one.id for one in universe.companies() if not one.precious]


def test_breadth_allows_for_metals_that_move_together(sector, names, claim, method):
    base, companies = names
    up = dict.fromkeys(base, 0.2) | {base[0]: -0.1}
    market = sector(up, dict.fromkeys(companies, 0.3))
    found = TESTS["breadth"](claim("J2"), market, method)
    n, rho = 6, found.details["mean_correlation"]
    assert rho == pytest.approx(0.5, abs=0.15)
    assert found.n_eff == pytest.approx(n / (1 + (n - 1) * rho))
    assert found.ci == pytest.approx(wilson(5 / 6 * found.n_eff, found.n_eff)[1:])
    bound = method.breadth.contradiction_share
    se = np.sqrt(bound * (1 - bound) / n * (1 + (n - 1) * rho))
    assert found.p_value == pytest.approx(stats.norm.sf((5 / 6 - bound) / se))
    assert (found.bounds.support, found.bounds.contradiction) == (0.7, 0.4)
    assert found.fmt == "pct0"
    check_statements(found)


def test_the_design_effect_is_that_of_the_brief(oracles):
    block = oracles["breadth_design_effect"]
    n, p, rho = block["n"], block["p"], block["avg_corr"]
    assert measures.breadth_se(p, n, rho) == pytest.approx(block["se"], abs=1e-6)
    z = (p - 0.4) / measures.breadth_se(0.4, n, rho)
    assert measures.p_share(p, 0.4, n, rho, above=False) == pytest.approx(stats.norm.sf(z))
    assert measures.p_share(p, 0.7, n, 0.0, above=True) == pytest.approx(
        stats.norm.cdf((p - 0.7) / np.sqrt(0.21 / n))
    )


def test_bets_and_first_component_are_those_of_the_correlations(sector, names, claim, method):
    base, companies = names
    market = sector(dict.fromkeys(base, 0.2), dict.fromkeys(companies, 0.3))
    found = TESTS["breadth"](claim("J2"), market, method).details
    weekly = pd.DataFrame({one: market.levels[one] for one in base}).resample("W-FRI").last()
    values = np.linalg.eigvalsh(weekly.pct_change().iloc[-104:].corr()) / 6
    assert found["effective_bets"] == pytest.approx(1 / np.sum(values**2))
    assert found["first_component"] == pytest.approx(values[-1])
    assert measures.mean_correlation(0.5 + 0.5 * np.eye(5)) == pytest.approx(0.5)
    assert np.isnan(measures.mean_correlation([[1.0]]))


@pytest.mark.parametrize("move", [0.2, -0.2])
def test_one_trade_downgrades_nothing_and_is_told(sector, names, claim, method, move):
    base, companies = names
    market = sector(dict.fromkeys(base, move), dict.fromkeys(companies, move), common=0.98)
    found = TESTS["breadth"](claim("J2"), market, method)
    assert found.verdict is (Verdict.SUPPORTED if move > 0 else Verdict.CONTRADICTED)
    assert found.details["effective_bets"] < 1.5
    assert found.n_eff < 1.2
    if move > 0:
        assert "the metals move like 1." in said(found.best_against)
        assert "Four of the six metals that are up would have to fall back" in (
            said(found.distance)
        )
    else:
        assert said(found.distance).startswith("It has fired: 0")
        assert found.p_value is not None
    check_statements(found)


def test_a_gain_of_two_companies_refutes_without_a_p_value(sector, names, claim, method):
    base, companies = names
    moves = dict.fromkeys(companies, -0.05) | dict.fromkeys(companies[:2], 2.0)
    found = TESTS["breadth"](claim("J2"), sector(dict.fromkeys(base, 0.2), moves), method)
    assert (found.verdict, found.p_value) == (Verdict.CONTRADICTED, None)
    assert said(found.distance) == "It has fired: the two largest contributors made all the gain."
    check_statements(found)


@pytest.mark.parametrize(
    ("rising", "miners"), [(3, 0.3), (3, -0.2), (1, 0.3), (1, -0.2), (0, 0.3), (6, -0.2)]
)
def test_what_is_said_of_breadth_is_balanced_whatever_the_data(
    sector, names, claim, method, rising, miners
):
    base, companies = names
    metals = dict.fromkeys(base, -0.2) | dict.fromkeys(base[:rising], 0.2)
    moves = dict.fromkeys(companies, miners) | {companies[0]: miners / 2}
    found = TESTS["breadth"](claim("J2"), sector(metals, moves), method)
    check_statements(found)
    assert found.verdict is (Verdict.MIXED if (rising, miners) == (3, 0.3) else found.verdict)


def test_a_few_weeks_of_common_history_count_as_one_name(sector, names, claim, method, weekdays):
    base, companies = names
    market = sector(
        dict.fromkeys(base, 0.2), dict.fromkeys(companies, 0.3), days=weekdays[-150:]
    )  # fmt: skip
    for n, one in enumerate(base):  # never two of them in one week
        level = market.levels[one]
        keep = (np.arange(len(level)) // 5 % 6 == n) | (np.arange(len(level)) < 20)
        market.levels[one] = level.where(keep | (np.arange(len(level)) > len(level) - 3))
    found = TESTS["breadth"](claim("J2"), market, method)
    assert np.isnan(found.details["mean_correlation"])
    assert found.n_eff == pytest.approx(1)
    assert "how far the metals move as one is not known" in said(found.best_against)
    check_statements(found)


def test_todays_share_is_placed_among_those_that_were_known_then(sector, names, method):
    base, _ = names
    market = sector(dict.fromkeys(base, 0.2) | {base[0]: -0.1}, {})
    levels = pd.DataFrame({one: market.levels[one] for one in base})
    past = share_history(market, method, levels)
    moves = commodity_moves(market, method)["change_6m"]
    assert past.iloc[-1] == (moves[base] > 0).mean() == pytest.approx(5 / 6)
    assert len(past) == 121
    day = past.index[40]
    then, before = levels[:day].iloc[-1], levels[: day - pd.Timedelta(weeks=26)].iloc[-1]
    assert past[day] == (then > before).mean()
    shorter = share_history(market, method, levels[:day].reindex(levels.index))
    pd.testing.assert_series_equal(shorter[:day], past[:day])
    assert shorter.index[-1] <= day + pd.Timedelta(days=10)


def test_a_name_without_a_fresh_level_leaves_the_share_of_rising_ones():
    days = pd.bdate_range("2025-01-01", periods=260)
    levels = pd.DataFrame({"a": np.arange(1, 261), "b": np.arange(260, 0, -1.0)}, index=days)
    levels["c"] = levels["a"].where(levels.index < days[-20])
    found = measures.share_up(levels, days[[-1, 60]], weeks=26, fresh_days=dict.fromkeys("abc", 10))
    assert found["share"].iloc[0] == 0.5
    assert found["n"].tolist() == [2, 0]


def test_the_weighted_return_takes_what_companies_were_worth_at_the_start(make_market, weekdays):
    days = weekdays[-200:]
    start = days[-1] - pd.Timedelta(weeks=26)
    levels = {
        "vale": pd.Series(np.where(days <= start, 10.0, 20.0), index=days),
        "teck": pd.Series(30.0, index=days),
    }
    shares = {"2025-06-30": {"shares_m": (100, "m")}}
    market = make_market(
        levels, datasets=accounts(vale=shares, teck=shares),
        units={"vale": "USD", "teck": "USD"},
    )  # fmt: skip
    gains = pd.Series({"vale": 1.0, "teck": 0.0})
    assert weighted_return(market, gains, start.date()) == pytest.approx(0.25)
    more = pd.Series({"vale": 1.0, "teck": 0.0, "bhp": 1.0, "alcoa": 1.0, "sqm": 1.0})
    assert np.isnan(weighted_return(market, more, start.date()))


def test_contributions_have_the_concentration_of_the_brief():
    assert 1 / measures.effective_contributors([0.5, 0.3, 0.2]) == pytest.approx(0.38)
