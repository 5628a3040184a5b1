"""Expensive or not: the families, the implied price, and the tests of the claims on value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import signal, stats

from research.analysis import multiples
from research.analysis.arguments import TESTS, judge
from research.analysis.arguments.phrases import below, place
from research.analysis.claims import Verdict
from research.analysis.expensiveness import (
    families,
    relative_to_metal,
    standing,
    standing_p,
    valuation_strips,
)
from research.analysis.implied import implied_prices, median_ratio
from research.analysis.inference import n_eff_ar1
from research.analysis.multiples import month_ends, multiple_change, worth_at
from research.analysis.residual import residual_gain
from research.analysis.valuation import midrank_percentile
from research.errors import UsageError
from research.exhibits.facts import say
from research.params.models import Bounds

SHARES_M = 1000.0
PRICE = 30.0
SILVER = 60.0
LAST_WEEKS = 15  # weekdays at the end on which the new level holds
HIGH = Bounds(side="high", support=0.95, contradiction=0.60)


def utc(day):
    return pd.Timestamp(day, tz="UTC")


def report(company, item, year_end, value, published, unit="USD m"):
    return {
        "instrument": company,
        "item": item,
        "period_end": pd.Timestamp(year_end),
        "value": float(value),
        "unit": unit,
        "available_at": utc(published),
    }


def estimate(company, year, value, published):
    return {
        "instrument": company,
        "item": "ebitda",
        "fiscal_year_end": pd.Timestamp(f"{year}-12-31"),
        "value": float(value),
        "unit": "USD m",
        "available_at": utc(published),
    }


@pytest.fixture
def valued(make_market, universe, weekdays, random):
    """Producers whose value moves by `jump` in the last weeks, and what moves along with it.

    `along` names the denominators that follow: `ebitda`, `nav`, `metal`; `partly` those that fall
    short by 5 %, which is one standard deviation of the usual. Output is such that the
    price which the value implies is `implied` of today's. All prices are in US dollars.
    """

    def make(jump, along=(), partly=(), implied=None, group="silver", metal="silver", **more):
        ids = [one.id for one in universe.companies(group)]
        noise = signal.lfilter([1], [1, -0.9], random.normal(0, 0.02, len(weekdays)))
        path = pd.Series(np.exp(noise), index=weekdays)
        path.iloc[-LAST_WEEKS:] = jump
        flat = pd.Series(1.0, index=weekdays)
        moved = flat.where(np.arange(len(flat)) < len(flat) - LAST_WEEKS, jump)
        levels = dict.fromkeys(ids, PRICE * path)
        levels[metal] = SILVER * (moved if "metal" in along else flat)
        now = dict.fromkeys(("ebitda", "nav"), 1.0)
        now |= dict.fromkeys(along, jump) | dict.fromkeys(partly, jump / 1.05)
        reports, estimates = [], []
        for one in ids:
            value_m = PRICE * SHARES_M
            reports += [
                report(one, "shares_m", "2012-12-31", SHARES_M, "2013-03-01", "m"),
                report(one, "net_debt", "2012-12-31", 0, "2013-03-01"),
            ]
            reports += [
                report(one, "nav", f"{year}-12-31", value_m, f"{year + 1}-03-01")
                for year in range(2012, 2025)
            ]
            reports.append(report(one, "nav", "2025-06-30", value_m * now["nav"], "2026-01-12"))
            estimates += [estimate(one, year, 5000, "2013-03-01") for year in range(2013, 2029)]
            estimates += [
                estimate(one, year, 5000 * now["ebitda"], "2026-01-12") for year in (2026, 2027)
            ]
            if implied is not None:
                spot = levels[metal].iloc[-1]
                annual = 0.7 * (1 - 1.05**-12) / 0.05
                ounces = value_m * 1e6 * jump / (spot * (implied - 0.2) * annual)
                reports += [
                    report(one, "production_moz", "2024-12-31", ounces / 1e6, "2025-03-01", "Moz"),
                    report(one, "aisc_usd_oz", "2024-12-31", 0.2 * spot, "2025-03-01", "USD/oz"),
                ]
        frames = {"fundamentals": pd.DataFrame(reports), "consensus": pd.DataFrame(estimates)}
        return make_market(
            levels,
            units=dict.fromkeys(ids, "USD"),
            **{"datasets": frames} | more,
        )

    return make


@pytest.fixture
def silver_claim(claim):
    return claim("K1").model_copy(update={"about": ("silver",)})


def said(finding):
    found = {
        name: say(one.template, **one.values)
        for name in ("test", "best_for", "best_against", "distance")
        if (one := getattr(finding, name)) is not None
    }
    if "best_for" in found:
        long, short = (len(found[side].split()) for side in ("best_for", "best_against"))
        assert 0.5 <= long / short <= 2, (found["best_for"], found["best_against"])
    return found


# ── the verdict on value ────────────────────────────────────────────────────


def test_values_at_their_height_beside_all_three_support_the_claim(valued, silver_claim, method):
    found = TESTS["valuation"](silver_claim, valued(1.5), method)
    assert found.verdict is Verdict.SUPPORTED
    assert found.estimate == pytest.approx(120.5 / 121)
    assert (found.n, found.grade, found.unit, found.fmt) == (121, "A", "percentile", "pctl")
    assert found.ci[0] < found.estimate < found.ci[1] <= 1
    assert found.p_value == pytest.approx(max(1 - found.estimate, 1 / (found.n_eff + 1)))
    assert found.fired is False
    words = said(found)
    assert "is at the very top of its own ten years" in words["best_for"]
    assert words["best_against"].startswith("No measure that is known speaks against it")
    assert words["distance"] == (
        "It fires when two of three stand at or below the 60th percentile; none does now."
    )
    assert words["test"].startswith("Two of three measures (EV/EBITDA")
    assert "at or above the 95th percentile of their own ten years" in words["test"]


def test_values_below_their_usual_refute_it(valued, silver_claim, method):
    found = TESTS["valuation"](silver_claim, valued(0.7), method)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.fired is True
    assert found.estimate == pytest.approx(0.5 / 121)
    words = said(found)
    assert words["best_for"].startswith("No measure that is known is above the 60th percentile")
    assert "at the very bottom of its own ten years" in words["best_against"]
    assert words["distance"] == (
        "It has fired: three of three stand at or below the 60th percentile."
    )


@pytest.mark.parametrize(
    ("along", "partly", "verdict"),
    [
        (("ebitda",), (), Verdict.SUPPORTED),
        (("metal",), (), Verdict.SUPPORTED),
        (("ebitda",), ("nav",), Verdict.MIXED),
        (("nav", "metal"), (), Verdict.CONTRADICTED),
        (("ebitda", "nav"), (), Verdict.CONTRADICTED),
    ],
)
def test_two_of_three_families_decide(valued, silver_claim, method, along, partly, verdict):
    # What follows the value wholly is back at a multiple of one, the middle of its history.
    found = TESTS["valuation"](silver_claim, valued(1.5, along, partly), method)
    assert found.verdict is verdict
    for family, item in (("multiple", "ebitda"), ("nav", "nav"), ("metal", "metal")):
        percentile = found.details[f"{family}_percentile"]
        assert (percentile > 0.95) is (item not in (*along, *partly))
        assert (percentile <= 0.60) is (item in along)
    words = said(found)
    assert "is only at the" in words["best_against"]
    assert "too little to count as expensive" in words["best_against"]
    if verdict is Verdict.MIXED:
        assert words["distance"].endswith("one does now.")


def test_a_high_rank_without_distance_from_the_middle_is_not_expensive(
    valued, silver_claim, method
):
    far = method.model_copy(
        update={"valuation": method.valuation.model_copy(update={"expensive_robust_z": 99.0})}
    )
    found = TESTS["valuation"](silver_claim, valued(1.5), far)
    assert found.verdict is Verdict.MIXED
    assert (
        found.reason == "High in rank, but too few of the measures are also far above their middle."
    )
    assert "short of the 99.0 that count as expensive" in said(found)["best_against"]


def test_the_claim_itself_says_how_high_is_high(valued, silver_claim, method):
    market = valued(1.5)
    bounds = silver_claim.bounds.model_copy(update={"support": 0.999})
    found = TESTS["valuation"](silver_claim.model_copy(update={"bounds": bounds}), market, method)
    assert found.verdict is Verdict.MIXED
    assert "too little to count as expensive" in said(found)["best_against"]


def test_the_ledger_asks_more_of_incredibly_expensive_than_of_stretched(claim):
    stretched, incredibly = claim("C2").bounds, claim("K1").bounds
    assert (stretched.support, incredibly.support) == (0.90, 0.95)
    assert stretched.contradiction == incredibly.contradiction == 0.60


def test_producers_valued_for_a_far_lower_metal_price_downgrade_it(valued, silver_claim, method):
    found = TESTS["valuation"](silver_claim, valued(1.5, implied=0.6), method)
    assert found.verdict is Verdict.MIXED
    assert found.fired is False
    assert "points the other way" in found.reason
    assert found.details["implied_over_spot"] == pytest.approx(0.6)
    assert said(found)["best_against"] == (
        "The median producer is valued as if its metal cost 60\u202f% of today’s price for twelve "
        "years, at a real rate of 5\u202f%."
    )
    for implied in (0.85, 1.3):
        found = TESTS["valuation"](silver_claim, valued(1.5, implied=implied), method)
        assert found.verdict is Verdict.SUPPORTED


def test_producers_valued_for_a_far_higher_metal_price_downgrade_the_refutation(
    valued, silver_claim, method
):
    found = TESTS["valuation"](silver_claim, valued(0.7, implied=1.4), method)
    assert (found.verdict, found.fired) == (Verdict.MIXED, True)
    assert "140\u202f% of today’s price" in said(found)["best_for"]
    assert said(found)["distance"].startswith("It has fired")
    found = TESTS["valuation"](silver_claim, valued(0.7, implied=0.6), method)
    assert found.verdict is Verdict.CONTRADICTED


def test_prices_alone_are_one_family_and_no_test(valued, silver_claim, method):
    found = TESTS["valuation"](silver_claim, valued(1.5, datasets={}), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.estimate is None
    assert found.fired is None
    assert found.reason == (
        "Only one of the three measures is known with 36 months of history, and two are needed: "
        "EV/EBITDA on the next twelve months is not known now, price to net asset value is not "
        "known now."
    )
    assert (
        "The price of the shares beside their metal is at the very top" in said(found)["best_for"]
    )
    assert found.details["metal_percentile"] > 0.99


def test_a_short_history_is_told_with_its_months(valued, silver_claim, method):
    market = valued(1.5, datasets={})
    market.levels = {one: x.iloc[-200:] for one, x in market.levels.items()}
    found = TESTS["valuation"](silver_claim, market, method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason.startswith("None of the three measures is known with 36 months")
    assert "the price of the shares beside their metal for 10 months only" in found.reason
    assert found.best_for is None


def test_a_market_of_nothing_is_no_test(make_market, silver_claim, method):
    found = TESTS["valuation"](silver_claim, make_market({}), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason.count("is not known now") == 3


def test_two_known_families_must_agree(valued, silver_claim, method):
    for along, verdict in (((), Verdict.SUPPORTED), (("metal",), Verdict.MIXED)):
        market = valued(1.5, along)
        rows = market.datasets["fundamentals"]
        market.datasets["fundamentals"] = rows[rows["item"] != "nav"]
        found = TESTS["valuation"](silver_claim, market, method)
        assert found.verdict is verdict
        assert "two of two" in said(found)["distance"]


def test_total_returns_in_place_of_prices_are_told_and_cost_a_grade(
    valued, silver_claim, method, weekdays
):
    market = valued(1.5)
    for one in ("hecla", "coeur"):
        market.adjusted[one] = market.levels[one]
        market.levels[one] = market.levels[one].where(weekdays < "2024-12-01")
    ratio, adjusted = relative_to_metal(market, method, ["silver"])
    assert adjusted
    assert ratio.notna().all()
    found = TESTS["valuation"](silver_claim, market, method)
    assert "total return where the source gives no plain closes" in found.measure
    assert found.grade == "B"


def test_a_claim_on_no_sub_group_is_no_test(make_market, claim, method):
    nobody = claim("K1").model_copy(update={"about": ("gold",)})
    found = TESTS["valuation"](nobody, make_market({}), method)
    assert found.reason == "The ledger names no sub-group of companies for this claim."


def test_bounds_of_the_low_side_are_refused(make_market, claim, method):
    low = Bounds(side="low", support=0.2, contradiction=0.6)
    with pytest.raises(UsageError, match=r"claim K1 is tested by 'valuation'.*found `side: low`"):
        TESTS["valuation"](claim("K1").model_copy(update={"bounds": low}), make_market({}), method)


# ── the families ────────────────────────────────────────────────────────────


def test_reports_and_estimates_of_the_future_change_nothing(valued, method):
    market = valued(1.2, implied=0.9)
    before = families(market, method, ["silver"]), implied_prices(market, method)
    later = {
        "fundamentals": report("hecla", "nav", "2025-12-31", 1, "2026-02-20"),
        "consensus": estimate("hecla", 2026, 1, "2026-02-20"),
    }
    for name, row in later.items():
        rows = market.datasets[name]
        market.datasets[name] = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
    # The real market withholds such rows; the history must not reach for them either.
    after = families(market, method, ["silver"]), implied_prices(market, method)
    for one, history in before[0].histories.items():
        pd.testing.assert_series_equal(history, after[0].histories[one])
    pd.testing.assert_frame_equal(before[1], after[1])


def test_the_multiples_are_value_over_the_blended_year_ahead(valued, method):
    found = families(valued(1.5), method, ["silver"]).histories
    assert found["multiple"].iloc[-1] == pytest.approx(1.5 * PRICE * SHARES_M / 5000)
    assert found["nav"].iloc[-1] == pytest.approx(1.5)
    assert found["metal"].iloc[-1] - found["metal"].iloc[0] == found["metal"].iloc[-1]
    assert len(found["metal"]) == 121


def test_a_net_asset_value_that_nobody_renews_is_none(valued, method):
    market = valued(1.5)
    rows = market.datasets["fundamentals"]
    old = (rows["item"] == "nav") & (rows["period_end"] > "2023-06-30")
    market.datasets["fundamentals"] = rows[~old]
    nav = worth_at(market, method, month_ends(market, method)).nav["hecla"]
    last_day = pd.Timestamp("2023-03-01") + pd.Timedelta(days=method.valuation.reported_days_max)
    assert nav.last_valid_index() <= last_day
    assert nav.last_valid_index() > last_day - pd.Timedelta(days=32)
    assert families(market, method, ["silver"]).histories["nav"].isna().all()


def test_medians_are_of_the_companies_that_are_known_today(valued, method):
    market = valued(1.0)
    market.levels["hecla"] = market.levels["hecla"] * 50
    full = families(market, method, ["silver"]).histories["multiple"]
    market.levels["hecla"] = market.levels["hecla"].iloc[:-1].reindex(market.levels["hecla"].index)
    rows = market.datasets["consensus"]
    market.datasets["consensus"] = rows[rows["instrument"] != "coeur"]
    like_for_like = families(market, method, ["silver"]).histories["multiple"]
    pd.testing.assert_series_equal(full, like_for_like)
    gone = rows["instrument"].isin(["coeur", "fresnillo"])
    market.datasets["consensus"] = rows[~gone]
    assert families(market, method, ["silver"]).histories["multiple"].isna().all()


def test_a_company_under_offer_leaves_the_whole_history(valued, method, universe):
    market = valued(1.5, group="diversified", metal="copper")
    market.levels["aluminium"] = market.levels["iron-ore"] = market.levels["copper"]
    bid = [one.id for one in universe.companies("diversified") if one.deal_windows]
    assert bid
    for one in bid:
        market.levels[one] = market.levels[one] * 7
    found = families(market, method, ["diversified"]).histories
    assert found["multiple"].iloc[-1] == pytest.approx(1.5 * PRICE * SHARES_M / 5000)
    assert found["multiple"].max() < 20
    assert found["metal"].notna().all()


def test_the_ratio_to_metal_does_not_see_levels_newcomers_or_the_unit_of_the_metal(valued, method):
    market = valued(1.3)
    ratio, adjusted = relative_to_metal(market, method, ["silver"])
    assert not adjusted
    levels = market.levels
    market.levels = levels | {"silver": levels["silver"] * 32, "hecla": levels["hecla"] * 9}
    market.levels["coeur"] = levels["coeur"].iloc[-900:]
    pd.testing.assert_series_equal(relative_to_metal(market, method, ["silver"])[0], ratio)


def test_a_month_without_most_companies_breaks_the_ratio(valued, method):
    market = valued(1.3)
    months = month_ends(market, method)
    for one in ("hecla", "coeur", "fresnillo"):
        series = market.levels[one].copy()
        series.loc["2020-05-20":"2020-06-30"] = np.nan
        market.levels[one] = series
    ratio, _ = relative_to_metal(market, method, ["silver"])
    assert ratio[ratio.index <= "2020-06-30"].isna().all()
    assert ratio[ratio.index >= "2020-07-31"].notna().all()
    assert ratio.loc["2020-07-31"] == 0
    assert ratio.index.equals(months)


def test_a_basket_of_metals_counts_each_alike(valued, method):
    market = valued(1.0, group="diversified", metal="copper")
    steady = market.levels["copper"]
    late = np.where(np.arange(len(steady)) < len(steady) - LAST_WEEKS, 1.0, np.e)
    market.levels["iron-ore"] = market.levels["aluminium"] = steady
    before, _ = relative_to_metal(market, method, ["diversified"])
    market.levels["aluminium"] = steady * late
    after, _ = relative_to_metal(market, method, ["diversified"])
    assert (before - after).iloc[-1] == pytest.approx(1 / 3)
    assert (before - after).iloc[:-1].abs().max() < 1e-12


def test_groups_without_metals_have_no_ratio(valued, method):
    market = valued(1.0)
    groups = tuple(one.model_copy(update={"metals": ()}) for one in market.universe.sub_groups)
    market.universe = market.universe.model_copy(update={"sub_groups": groups})
    assert relative_to_metal(market, method, ["silver"])[0].isna().all()
    assert implied_prices(market, method).empty


# ── where a value stands ────────────────────────────────────────────────────


def test_a_standing_is_that_of_the_oracle(oracles):
    block = oracles["valuation"]
    found = standing(pd.Series(block["hist"], dtype=float))
    assert found.percentile == pytest.approx(block["midrank_pct"])
    assert found.robust_z == pytest.approx(block["robust_z"], abs=block["tol"])


def test_a_standing_agrees_with_scipy_and_the_rule_of_ar1(random):
    x = random.normal(size=300).cumsum() * 0.1 + random.normal(size=300)
    found = standing(pd.Series(x))
    assert found.percentile == pytest.approx(stats.percentileofscore(x, x[-1], "mean") / 100)
    rho = np.corrcoef(x[1:], x[:-1])[0, 1]
    assert found.n_eff == pytest.approx(n_eff_ar1(300, rho))
    spread = stats.median_abs_deviation(x, scale="normal")
    assert found.robust_z == pytest.approx((x[-1] - np.median(x)) / spread, rel=1e-4)
    assert found.lo < found.percentile < found.hi


def test_slow_multiples_are_worth_few_independent_ones(oracles):
    block = oracles["neff_ar1"]
    assert n_eff_ar1(block["n"], block["rho"]) == pytest.approx(block["neff"], abs=1e-5)
    wide = standing(pd.Series(np.linspace(1, 2, 121)))
    assert wide.n_eff == 1
    assert wide.hi - wide.lo > 0.7


def test_a_history_that_does_not_move_has_a_place_and_no_distance():
    found = standing(pd.Series([3.0] * 50))
    assert (found.percentile, found.n_eff) == (0.5, 1.0)
    assert np.isnan(found.robust_z)
    almost = standing(pd.Series([3.0] * 50 + [4.0]))
    assert almost.n_eff == 1.0


def test_without_a_value_today_there_is_no_standing():
    assert standing(pd.Series([1.0, 2.0, np.nan])) is None
    assert standing(pd.Series(dtype=float)) is None


def test_the_p_value_is_a_rank_above_and_binomial_below():
    assert standing_p(0.97, 100, HIGH) == pytest.approx(0.03)
    assert standing_p(0.99, 9, HIGH) == pytest.approx(0.1)
    expected = stats.binom.cdf(10, 20, 0.95)
    assert standing_p(0.5, 20, HIGH) == pytest.approx(max(expected, 1 / 21))
    wide = Bounds(side="high", support=0.7, contradiction=0.6)
    assert standing_p(0.5, 20, wide) == pytest.approx(stats.binom.cdf(10, 20, 0.7))
    assert standing_p(0.0, 3, HIGH) == pytest.approx(0.25)


def test_a_place_that_would_round_to_an_end_is_told_as_one():
    assert [place(p) for p in (0.996, 0.5, 0.004)] == [
        "at the very top",
        "at the {p:pctl} percentile",
        "at the very bottom",
    ]
    assert below(0.7996, 0.80) == "just below the {bound:pctl} percentile"
    assert below(0.70, 0.80) == "only at the {p:pctl} percentile"


# ── exhibits' frames ────────────────────────────────────────────────────────


def test_the_strips_have_a_row_for_each_group_and_family(valued, method):
    market = valued(1.5, ("nav",))
    table = valuation_strips(market, method)
    assert list(zip(table["group"], table["family"], strict=True)) == [
        ("silver", "multiple"),
        ("silver", "nav"),
        ("silver", "metal"),
    ]
    row = table.set_index("family").loc["multiple"]
    history = families(market, method, ["silver"]).histories["multiple"]
    assert row["value"] == history.iloc[-1]
    assert row["now"] == midrank_percentile(history, history.iloc[-1])
    past = history.iloc[:-1]
    assert row["last"] == midrank_percentile(past, past.iloc[-1])
    assert (row["low"], row["high"]) == tuple(history.quantile([0.1, 0.9]))
    against_metal = table.set_index("family").loc["metal"]
    assert against_metal["median"] == pytest.approx(0)
    assert against_metal["value"] == pytest.approx(0.5, abs=0.1)


def test_no_data_make_an_empty_table_of_strips(make_market, method):
    table = valuation_strips(make_market({}), method)
    assert table.empty
    assert "now" in table


@pytest.fixture
def one_mine(make_market, weekdays, oracles):
    """Kinross with the enterprise value, output and costs of the brief's worked example."""
    block = oracles["implied_gold"]

    def make(*more, spot=block["spot"], aisc=block["AISC"], unit="USD/oz"):
        flat = pd.Series(1.0, index=weekdays[-300:])
        levels = {"kinross": flat * 30, "gold": flat * spot, "audusd": flat * 0.5}
        rows = [
            report("kinross", "shares_m", "2024-12-31", 1000, "2025-03-01", "m"),
            report("kinross", "net_debt", "2024-12-31", 0, "2025-03-01"),
            report("kinross", "production_moz", "2024-12-31", 3, "2025-03-01", "Moz"),
            report("kinross", "aisc_usd_oz", "2024-12-31", aisc, "2025-03-01", unit),
            *more,
        ]
        return make_market(
            levels, units={"kinross": "USD"}, datasets={"fundamentals": pd.DataFrame(rows)}
        )

    return make


def test_the_implied_price_is_that_of_the_oracle(one_mine, method, oracles):
    block = oracles["implied_gold"]
    row = implied_prices(one_mine(), method).loc["kinross"]
    assert row["implied_r5"] == pytest.approx(block["P_star"], abs=block["tol"])
    assert row["implied_r8"] == pytest.approx(block["P_star_r8"], abs=block["tol"])
    assert row["ratio"] == pytest.approx(block["ratio"], abs=1e-6)
    assert row["p_nav_spot"] == pytest.approx(block["EV_over_NAV"], abs=1e-6)
    assert (row["metal"], row["label"]) == ("gold", "Kinross")


def test_operating_leverage_falls_as_the_price_rises(one_mine, method, oracles):
    block = oracles["aisc"]
    rich = implied_prices(one_mine(spot=block["P"], aisc=block["C"]), method).loc["kinross"]
    poor = implied_prices(one_mine(spot=block["P2"], aisc=block["C2"]), method).loc["kinross"]
    assert rich["margin"] == pytest.approx(block["margin"])
    assert rich["operating_leverage"] == pytest.approx(block["leverage"])
    assert poor["operating_leverage"] == pytest.approx(block["leverage2"])


def test_a_mine_that_costs_more_than_its_metal_has_no_asset_value(one_mine, method):
    row = implied_prices(one_mine(aisc=6000), method).loc["kinross"]
    assert np.isnan(row["p_nav_spot"])
    assert row["margin"] < 0


def test_only_the_metals_share_of_revenue_is_put_on_its_ounces(one_mine, method, oracles):
    block = oracles["implied_gold"]
    share = report("kinross", "revenue_share_gold", "2024-12-31", 0.5, "2025-03-01", "ratio")
    row = implied_prices(one_mine(share), method).loc["kinross"]
    expected = block["AISC"] + (block["P_star"] - block["AISC"]) / 2
    assert row["implied_r5"] == pytest.approx(expected, abs=block["tol"])


def test_costs_in_another_currency_are_converted(one_mine, method, oracles):
    row = implied_prices(one_mine(aisc=3200, unit="AUD/oz"), method).loc["kinross"]
    assert row["aisc_usd_oz"] == pytest.approx(1600)
    assert row["implied_r5"] == pytest.approx(oracles["implied_gold"]["P_star"], abs=1e-3)


def test_old_costs_and_old_metal_prices_imply_nothing(one_mine, method):
    market = one_mine()
    rows = market.datasets["fundamentals"]
    old = rows["item"] == "aisc_usd_oz"
    market.datasets["fundamentals"] = rows.assign(
        available_at=rows["available_at"].where(~old, utc("2024-03-01"))
    )
    assert implied_prices(market, method).empty
    market = one_mine()
    market.levels["gold"] = market.levels["gold"].iloc[:-30]
    assert np.isnan(implied_prices(market, method).loc["kinross", "ratio"])
    assert np.isnan(median_ratio(implied_prices(market, method), method, 1))


def of_kinross(market, **renamed):
    """The same market with Kinross's items called otherwise."""
    rows = market.datasets["fundamentals"]
    market.datasets["fundamentals"] = rows.assign(item=rows["item"].replace(renamed))
    return market


def test_a_cost_tells_its_basis_and_is_worth_the_same(one_mine, method):
    plain = implied_prices(one_mine(), method)
    told = implied_prices(of_kinross(one_mine(), aisc_usd_oz="aisc_usd_oz@by-product"), method)
    assert (plain.loc["kinross", "basis"], told.loc["kinross", "basis"]) == ("", "by-product")
    pd.testing.assert_frame_equal(plain.drop(columns="basis"), told.drop(columns="basis"))


def test_costs_of_another_basis_than_most_are_never_beside_them(one_mine, method):
    others = [
        report(one, "aisc_usd_oz@by-product", "2024-12-31", 1500, "2025-03-01", "USD/oz")
        for one in ("newmont", "barrick")
    ]
    co_product = of_kinross(one_mine(*others), aisc_usd_oz="aisc_usd_oz@co-product")
    assert "kinross" not in implied_prices(co_product, method).index
    both = report("kinross", "aisc_usd_oz@by-product", "2024-12-31", 1300, "2025-03-01", "USD/oz")
    market = of_kinross(one_mine(*others, both), aisc_usd_oz="aisc_usd_oz@co-product")
    assert implied_prices(market, method).loc["kinross", "aisc_usd_oz"] == pytest.approx(1300)


def test_output_by_share_goes_with_a_value_that_nobody_else_has_a_part_of(one_mine, method):
    by_share = {"production_moz": "production_moz@attributable"}
    alone = implied_prices(of_kinross(one_mine(), **by_share), method)
    assert alone.loc["kinross", "production_oz"] == pytest.approx(3e6)
    minorities = report("kinross", "nci", "2024-12-31", 500, "2025-03-01")
    assert implied_prices(of_kinross(one_mine(minorities), **by_share), method).empty
    assert not implied_prices(one_mine(minorities), method).empty


def test_half_of_the_producers_make_a_median(one_mine, method):
    table = implied_prices(one_mine(), method)
    assert median_ratio(table, method, 2) == pytest.approx(table["ratio"].iloc[0])
    assert np.isnan(median_ratio(table, method, 3))
    assert np.isnan(median_ratio(table, method, 0))


def test_a_change_of_the_multiple_splits_without_a_rest(valued, method):
    market = valued(1.5, ("ebitda",))
    rows = market.datasets["fundamentals"]
    debt = [
        report("hecla", "net_debt", "2023-12-31", 10000, "2025-03-01"),
        report("hecla", "net_debt", "2024-12-31", 4000, "2025-12-01"),
    ]
    market.datasets["fundamentals"] = pd.concat([rows, pd.DataFrame(debt)], ignore_index=True)
    table = multiple_change(market, method).dropna()
    assert set(table["sub_group"]) == {"silver"}
    parts = table[["price", "net_debt", "revisions"]].sum(axis=1)
    pd.testing.assert_series_equal(parts, table["change"], check_names=False, rtol=1e-12)
    assert table.loc["hecla", "net_debt"] < 0
    assert table.loc["coeur", "net_debt"] == 0
    assert table.loc["coeur", "revisions"] == pytest.approx(-np.log(1.5), abs=0.03)
    assert np.exp(table.loc["coeur", "change"]) == pytest.approx(
        table.loc["coeur", "now"] / table.loc["coeur", "then"]
    )


def test_a_multiple_that_did_not_move_has_parts_of_nil(valued, method):
    market = valued(1.0)
    for one in market.universe.companies("silver"):
        market.levels[one.id] = market.levels[one.id] * 0 + PRICE
    table = multiple_change(market, method).dropna()
    assert (table[["change", "price", "net_debt", "revisions"]].abs() < 1e-12).all(axis=None)


def test_companies_are_valued_the_same_alone_and_among_others(valued, method):
    market = valued(1.3)
    months = month_ends(market, method)
    among = worth_at(market, method, months)
    for dataset, rows in market.datasets.items():
        market.datasets[dataset] = rows[rows["instrument"] == "hecla"]
    alone = worth_at(market, method, months)
    for name in ("market_value", "ev", "ebitda", "nav"):
        one, other = getattr(alone, name), getattr(among, name)
        pd.testing.assert_series_equal(one["hecla"], other["hecla"])
        assert one.drop(columns="hecla").isna().all(axis=None)
    pd.testing.assert_frame_equal(
        multiples.ev_ebitda_history(market, method, ["hecla"]), among.ev_ebitda[["hecla"]]
    )


# ── shares beside their metal ───────────────────────────────────────────────


@pytest.fixture
def beside(valued, weekdays, random):
    """Producers of gold valued for `implied` of its price, and a fund that moved beside gold."""

    def make(jump, implied=1.0, ahead=0.0, **more):
        market = valued(1.0, group="gold-senior", metal="gold", implied=implied, **more)
        n = len(weekdays)
        gold, world = random.normal(0.0002, 0.008, (2, n))
        noise = random.normal(0, 0.004, n)
        recent = np.arange(n) >= n - 130
        miners = 1.5 * gold + 0.3 * world + noise + np.where(recent, ahead / 130, 0.0)
        metal = np.exp(np.cumsum(gold))
        # A ratio around one, which the price of the miners leaves at the end.
        ratio = np.exp(0.1 * np.sin(np.arange(n) / 40))
        ratio[-10:] = jump
        market.levels |= {
            "gld": pd.Series(100 * metal, index=weekdays),
            "gdx": pd.Series(30 * metal * ratio, index=weekdays),
            "acwi": pd.Series(np.exp(np.cumsum(world)), index=weekdays),
        }
        market.adjusted["gdx"] = pd.Series(np.exp(np.cumsum(miners)), index=weekdays)
        return market

    return make


@pytest.fixture
def gold_claim(claim):
    return claim("C6").model_copy(update={"about": ("gdx", "gld", "gold-senior")})


@pytest.mark.parametrize(
    ("jump", "implied", "verdict"),
    [
        (1.3, 1.0, Verdict.SUPPORTED),
        (1.3, 0.7, Verdict.MIXED),
        (0.95, 1.0, Verdict.MIXED),
        (0.95, 0.7, Verdict.CONTRADICTED),
    ],
)
def test_both_readings_support_and_neither_refutes(
    beside, gold_claim, method, jump, implied, verdict
):
    found = TESTS["relative_value"](gold_claim, beside(jump, implied), method)
    assert found.verdict is verdict
    assert (found.n, found.grade, found.fmt) == (520, "A", "pctl")
    assert found.details["implied_over_spot"] == pytest.approx(implied)
    assert (found.estimate >= 0.8) is (jump > 1)
    assert found.ci[0] <= found.estimate <= found.ci[1]
    words = said(found)
    assert words["test"].startswith("The ratio of Gold miners (GDX) to Gold fund (GLD) must stand")
    assert words["distance"].startswith(
        "It has fired" if implied < 0.9 and jump < 1 else "It fires"
    )


def test_the_readings_speak_on_their_own_side(beside, gold_claim, method):
    words = said(TESTS["relative_value"](gold_claim, beside(1.3, 0.7), method))
    assert "at the very top of its own ten years of weeks" in words["best_for"]
    assert "70\u202f% of today’s price" in words["best_against"]
    words = said(TESTS["relative_value"](gold_claim, beside(0.95, 1.0), method))
    assert "100\u202f% of today’s price" in words["best_for"]
    assert "so it does not count as high" in words["best_against"]
    words = said(TESTS["relative_value"](gold_claim, beside(1.3, 1.0), method))
    assert words["best_against"].startswith("No reading that is known speaks against it")
    words = said(TESTS["relative_value"](gold_claim, beside(0.95, 0.7), method))
    assert words["best_for"].startswith("No reading that is known speaks for it")


def test_a_half_year_ahead_of_the_betas_is_evidence_where_no_reading_is(beside, gold_claim, method):
    found = TESTS["relative_value"](gold_claim, beside(0.95, 0.7, ahead=0.4), method)
    assert found.details["beta_adjusted_gain"] == pytest.approx(0.4, abs=0.1)
    assert found.details["metal_beta"] == pytest.approx(1.5, abs=0.15)
    assert "more than their betas" in said(found)["best_for"]
    found = TESTS["relative_value"](gold_claim, beside(1.3, 1.0, ahead=-0.4), method)
    assert "less than their betas" in said(found)["best_against"]
    assert found.verdict is Verdict.SUPPORTED  # it is shown, and decides nothing


def test_without_the_implied_price_half_of_the_test_is_no_test(beside, gold_claim, method):
    market = beside(1.3)
    market.datasets = {}
    found = TESTS["relative_value"](gold_claim, market, method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason.startswith("The metal price that the producers’ values imply is not known")
    assert "at the very top" in said(found)["best_for"]
    assert "distance" not in said(found)


def test_too_few_weeks_and_old_ones_are_no_test(beside, gold_claim, method):
    market = beside(1.3)
    levels = market.levels
    market.levels = levels | {"gdx": levels["gdx"].iloc[-300:]}
    found = TESTS["relative_value"](gold_claim, market, method)
    assert found.reason == (
        "Only 60 weeks have a price of both parts of the ratio of Gold miners (GDX) to Gold fund "
        "(GLD); at least 156 are needed."
    )
    market.levels = levels | {"gdx": levels["gdx"].iloc[:-40]}
    found = TESTS["relative_value"](gold_claim, market, method)
    assert found.reason.endswith("ended on 2025-12-05, too long before the edition.")
    market.levels = {one: x for one, x in levels.items() if one != "gdx"}
    found = TESTS["relative_value"](gold_claim, market, method)
    assert found.reason.startswith("No week has a price of both")


def test_the_funds_are_those_of_the_roles_when_the_claim_names_none(beside, gold_claim, method):
    market = beside(1.3)
    named = TESTS["relative_value"](gold_claim, market, method)
    roles = gold_claim.model_copy(update={"about": ("gold-senior",)})
    assert TESTS["relative_value"](roles, market, method).estimate == named.estimate
    turned = gold_claim.model_copy(update={"about": ("gld", "gdx", "gold-senior")})
    assert TESTS["relative_value"](turned, market, method).estimate == pytest.approx(
        1 - named.estimate, abs=0.005
    )
    market.universe = market.universe.model_copy(update={"roles": {}})
    found = TESTS["relative_value"](roles, market, method)
    assert found.reason == "The universe names no fund of miners and none of their metal."
    found = TESTS["relative_value"](gold_claim, market, method)
    assert found.verdict is Verdict.SUPPORTED
    assert "beta_adjusted_gain" not in found.details


def test_the_trend_is_that_of_the_last_three_years(beside, gold_claim, method):
    market = beside(1.0)
    days = market.levels["gld"].index
    years = np.arange(len(days)) / 261
    market.levels["gdx"] = market.levels["gld"] * np.exp(0.10 * years)
    found = TESTS["relative_value"](gold_claim, market, method)
    assert found.details["trend"] == pytest.approx(np.expm1(0.10), abs=0.002)


def test_what_is_left_of_a_gain_agrees_with_statsmodels(random):
    import statsmodels.api as sm

    table = pd.DataFrame(random.normal(0, 0.02, (150, 3)), columns=["miners", "world", "gold"])
    table["miners"] += 1.4 * table["gold"] + 0.4 * table["world"] + 0.003
    found = residual_gain(table, recent=26, window=104)
    before = table.iloc[-130:-26]
    fitted = sm.OLS(before["miners"], sm.add_constant(before[["world", "gold"]])).fit()
    assert found.betas == pytest.approx(fitted.params[["world", "gold"]].tolist(), abs=1e-10)
    left = table["miners"].iloc[-26:] - table[["world", "gold"]].iloc[-26:] @ np.array(found.betas)
    mean = sm.OLS(left, np.ones(26)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 2, "use_correction": True}
    )
    assert found.gain == pytest.approx(26 * mean.params.iloc[0], abs=1e-10)
    lo, hi = 26 * mean.conf_int(alpha=0.10).iloc[0]
    assert (found.lo, found.hi) == pytest.approx((lo, hi), abs=1e-10)


def test_a_gain_with_a_missing_week_or_a_short_window_leaves_nothing(random):
    table = pd.DataFrame(random.normal(0, 0.02, (130, 2)))
    assert residual_gain(table, recent=26, window=104) is not None
    assert residual_gain(table.iloc[-70:], recent=26, window=104) is None
    assert residual_gain(table.iloc[:20], recent=26, window=104) is None
    table.iloc[-3, 1] = np.nan
    assert residual_gain(table, recent=26, window=104) is None


# ── among the others ────────────────────────────────────────────────────────


def test_the_judge_gives_the_claims_on_value_their_bounds_and_falsifiers(valued, ledger, method):
    market = valued(1.5)
    value = ledger.model_copy(
        update={"claims": tuple(one for one in ledger.claims if one.family == "valuation")}
    )
    found = {one.claim.id: one for one in judge(value, market, method)}
    assert set(found) == {"C2", "C6", "K1"}
    assert all(one.verdict is Verdict.NOT_TESTED for one in found.values())
    assert found["K1"].bounds == value["K1"].bounds
