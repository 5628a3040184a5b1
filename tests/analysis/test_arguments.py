"""Each test of a claim, on markets built to support, to contradict and to be too thin."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd
import pytest

from research.analysis.arguments import TESTS, judge
from research.analysis.arguments.breadth import commodity_moves
from research.analysis.arguments.defensive import downside_betas
from research.analysis.claims import Verdict
from research.analysis.companies import company_moves
from research.analysis.inference import wilson
from research.errors import UsageError
from research.params.ledger import TEST_NAMES


@pytest.fixture
def following(make_market, weekdays, random):
    """A market whose miners follow the benchmark with a given beta."""

    def make(beta, gold_beta=0.3, days=weekdays, **more):
        shocks = random.normal(0.0003, 0.01, len(days))
        own = random.normal(0, 0.002, (2, len(days)))
        levels = {
            "acwi": np.exp(np.cumsum(shocks)),
            "pick": np.exp(np.cumsum(beta * shocks + own[0])),
            "gdx": np.exp(np.cumsum(gold_beta * shocks + own[1])),
            "us3m": np.full(len(days), 3.0),
        }
        return make_market({one: pd.Series(x, index=days) for one, x in levels.items()}, **more)

    return make


@pytest.fixture
def moving(make_market, universe, weekdays, random):
    """A market in which metals and companies moved by given fractions in six months."""

    def make(metals, companies, **more):
        levels = {}
        for one, move in (metals | companies).items():
            path = np.full(300, 100.0)
            path[-130:] = 100 * np.linspace(1, 1 + move, 130)
            wiggle = 1 + random.normal(0, 1e-4, 300)
            wiggle[[-1, -131, -132]] = 1
            levels[one] = pd.Series(path * wiggle, index=weekdays[-300:])
        return make_market(levels, **more)

    return make


def all_companies(universe, move):
    return {one.id: move for one in universe.companies()}


def unbid(universe):
    return [one for one in universe.companies() if not one.deal_windows]


def all_metals(universe, move):
    return dict.fromkeys(universe.basket, move)


# ── defensive ───────────────────────────────────────────────────────────────


def test_miners_that_hardly_fall_with_the_market_are_defensive(following, method, claim):
    found = TESTS["downside_beta"](claim("M1"), following(0.3), method)
    assert found.verdict is Verdict.SUPPORTED
    assert found.estimate == pytest.approx(0.3, abs=0.1)
    assert found.ci[0] < found.estimate < found.ci[1]
    assert (found.n, found.grade, found.unit) == (520, "A", "ratio")
    assert "10 y weekly" in found.measure
    assert found.fired is False


def test_miners_that_fall_more_than_the_market_are_not(following, method, claim):
    found = TESTS["downside_beta"](claim("M1"), following(1.5), method)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.fired is True
    assert found.details["gold_miners_downside_beta"] == pytest.approx(0.3, abs=0.15)
    assert found.details["beta"] == pytest.approx(1.5, abs=0.1)
    assert found.details["capture_down"] > 100


def test_opponents_share_one_estimate_and_never_one_verdict(following, method, ledger):
    for beta, verdicts in (
        (0.3, (Verdict.SUPPORTED, Verdict.CONTRADICTED)),
        (0.9, (Verdict.MIXED, Verdict.MIXED)),
        (1.5, (Verdict.CONTRADICTED, Verdict.SUPPORTED)),
    ):
        found = {one.claim.id: one for one in judge(ledger, following(beta), method)}
        assert (found["M1"].verdict, found["J1"].verdict) == verdicts
        assert found["M1"].estimate == found["J1"].estimate
        assert found["J1"].fired is (verdicts[1] is Verdict.CONTRADICTED)


def test_a_shorter_history_gives_the_same_test_and_a_lower_grade(
    following, method, claim, weekdays
):
    found = TESTS["downside_beta"](claim("M1"), following(0.3, days=weekdays[-5 * 261 :]), method)
    assert found.grade == "B"
    assert "5 y weekly" in found.measure


def test_a_few_weeks_are_no_test(following, method, claim, weekdays):
    found = TESTS["downside_beta"](claim("M1"), following(0.3, days=weekdays[-60:]), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason == (
        "Only 11 weeks have a return of both PICK (ex gold & silver) and World equities (ACWI); "
        "at least 30 are needed."
    )
    assert found.fired is None


def test_weeks_that_repeat_each_other_are_no_test(make_market, method, claim, weekdays):
    days = weekdays[-200:]
    slow = pd.Series(np.exp(np.sin(np.arange(200) / 25)), index=days)
    found = TESTS["downside_beta"](
        claim("M1"), make_market({"pick": slow, "acwi": slow, "us3m": slow * 0}), method
    )
    assert found.verdict is Verdict.NOT_TESTED
    assert "worth fewer than the 30 independent ones" in found.reason


def test_old_prices_are_no_test(following, method, claim, weekdays):
    found = TESTS["downside_beta"](claim("M1"), following(0.3, days=weekdays[:-30]), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert "ended on 2025-12-19, too long before the edition" in found.reason


def test_a_market_without_the_funds_is_no_test(make_market, method, claim):
    found = TESTS["downside_beta"](claim("M1"), make_market({}), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason == (
        "No week has a return of both PICK (ex gold & silver) and World equities (ACWI); "
        "at least 30 are needed."
    )


def test_a_universe_without_the_parts_is_no_test(make_market, universe, method, claim):
    market = make_market({})
    market.universe = universe.model_copy(update={"roles": {}})
    found = TESTS["downside_beta"](claim("M1"), market, method)
    assert "no instrument for the parts `diversified` and `benchmark`" in found.reason
    assert downside_betas(market, method).empty


def test_falling_months_that_say_the_opposite_downgrade_the_verdict(
    following, method, claim, monkeypatch
):
    from research.analysis.arguments import defensive

    measured = defensive.secondary
    monkeypatch.setattr(
        defensive, "secondary", lambda *known: measured(*known) | {"capture_down": 120.0}
    )
    found = TESTS["downside_beta"](claim("M1"), following(0.3), method)
    assert found.verdict is Verdict.MIXED
    assert "points the other way" in found.reason
    found = TESTS["downside_beta"](claim("M1"), following(1.5), method)
    assert found.verdict is Verdict.CONTRADICTED


def test_the_interval_depends_on_the_edition_and_nothing_else(following, method, claim):
    market = following(0.9)
    one, again = (TESTS["downside_beta"](claim("M1"), market, method) for _ in range(2))
    assert one == again


def test_the_bill_is_taken_off_both_sides(following, method, claim):
    market = following(1.2)
    low = TESTS["downside_beta"](claim("M1"), market, method)
    market.levels["us3m"] = market.levels["us3m"] * 2
    high = TESTS["downside_beta"](claim("M1"), market, method)
    assert low.estimate == pytest.approx(high.estimate, abs=1e-6)
    assert (low.data - high.data).abs().to_numpy().min() > 0
    del market.levels["us3m"]
    unknown = TESTS["downside_beta"](claim("M1"), market, method)
    assert unknown.verdict is Verdict.NOT_TESTED
    assert unknown.reason == (
        "The sources hold no yield of the bill, over which the returns are counted."
    )


def test_the_forest_has_a_row_for_each_group_and_sample(following, method, universe, random):
    market = following(1.2)
    days = market.levels["acwi"].index
    for one in universe.companies("copper"):
        noise = np.exp(np.cumsum(random.normal(0, 0.01, len(days))))
        market.levels[one.id] = market.levels["acwi"] ** 1.4 * noise
    table = downside_betas(market, method)
    groups = ["PICK (ex gold & silver)", "Gold miners (GDX)", "Copper"]
    assert table["label"].tolist() == [group for group in groups for _ in ("long", "recent")]
    assert table["primary"].tolist() == [True, False] * 3
    assert table["n"].tolist() == [520, 156] * 3
    assert ((table["lo"] < table["estimate"]) & (table["estimate"] < table["hi"])).all()


def test_weeks_of_a_bid_leave_the_basket(following, method, universe):
    market = following(1.2)
    affected = next(one for one in universe.companies() if one.deal_windows)
    days = market.levels["acwi"].index
    level = market.levels["acwi"].copy()
    window = affected.deal_windows[0]
    level[(days >= pd.Timestamp(window.first)) & (days <= pd.Timestamp(window.last))] *= 3
    level.iloc[:-900] = np.nan
    market.levels[affected.id] = level
    for one in universe.companies(affected.sub_group):
        if one.id != affected.id and not one.deal_windows:
            market.levels[one.id] = market.levels["acwi"].where(level.notna())
    label = next(g.label for g in universe.sub_groups if g.id == affected.sub_group)
    table = downside_betas(market, method)
    own = table[(table["label"] == label) & ~table["primary"]].iloc[0]
    assert own["estimate"] == pytest.approx(1, abs=1e-6)


# ── breadth ─────────────────────────────────────────────────────────────────


def test_metals_and_miners_that_rise_together_are_broad(moving, universe, method, claim):
    market = moving(all_metals(universe, 0.2), all_companies(universe, 0.3))
    found = TESTS["breadth"](claim("J2"), market, method)
    assert found.verdict is Verdict.SUPPORTED
    assert (found.estimate, found.n, found.grade) == (1.0, 6, "A")
    assert found.n_eff < found.n
    assert found.ci == pytest.approx(wilson(found.n_eff, found.n_eff)[1:])
    assert found.details["median_company_return"] == pytest.approx(0.3, abs=0.01)
    assert found.details["metals_above_average"] == 1


def test_a_rise_of_precious_metals_alone_is_not(moving, universe, method, claim):
    metals = {one: 0.5 if universe[one].precious else -0.1 for one in universe.basket}
    market = moving(metals, all_companies(universe, 0.3))
    found = TESTS["breadth"](claim("J2"), market, method)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.reason == "Too few metals beyond the precious ones are up."


def test_a_rise_of_two_companies_alone_is_not(moving, universe, method, claim):
    companies = all_companies(universe, -0.05) | {"bhp": 3.0, "vale": 2.0}
    market = moving(all_metals(universe, 0.2), companies)
    found = TESTS["breadth"](claim("J2"), market, method)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.details["mean_company_return"] > 0
    assert found.details["left_without_top"] < 0


def test_half_the_metals_up_is_mixed_and_says_which_part_fails(moving, universe, method, claim):
    base = [one for one in universe.basket if not universe[one].precious]
    metals = all_metals(universe, 0.2) | dict.fromkeys(base[:3], -0.2)
    found = TESTS["breadth"](claim("J2"), moving(metals, all_companies(universe, 0.3)), method)
    assert found.verdict is Verdict.MIXED
    assert found.reason == (
        "Not all three parts hold: the share of metals that are up is below its bound."
    )


def test_a_gain_that_hangs_on_two_names_is_mixed(moving, universe, method, claim):
    companies = all_companies(universe, 0.01) | {"bhp": 3.0, "vale": 2.0}
    found = TESTS["breadth"](claim("J2"), moving(all_metals(universe, 0.2), companies), method)
    assert found.verdict is Verdict.MIXED
    assert "largest contributors" in found.reason


@pytest.mark.parametrize(
    ("metals", "companies", "what"),
    [
        (2, 99, "Only 2 of 6 metals beyond the precious ones have a price six months"),
        (1, 99, "Only 1 of 6 metals beyond the precious ones has a price six months"),
        (10, 3, "Only 3 of "),
        (0, 0, "None of the 6 metals beyond the precious ones has a price six months"),
    ],
)
def test_too_few_prices_are_no_test_of_breadth(
    moving, universe, method, claim, metals, companies, what
):
    base = [one for one in universe.basket if not universe[one].precious][:metals]
    named = [one.id for one in unbid(universe) if not one.precious][:companies]
    market = moving(dict.fromkeys(base, 0.2), dict.fromkeys(named, 0.3))
    found = TESTS["breadth"](claim("J2"), market, method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason.startswith(what)
    needed = 3 if metals < 3 else ceil(sum(not one.precious for one in universe.companies()) / 2)
    assert found.reason.endswith(f"ago and now; at least {needed} are needed.")


def test_monthly_averages_lower_the_grade(moving, universe, method, claim):
    market = moving(
        all_metals(universe, 0.2), all_companies(universe, 0.3), types={"copper": "average"}
    )
    assert TESTS["breadth"](claim("J2"), market, method).grade == "B"


def test_breadth_does_not_depend_on_the_order_of_companies(moving, universe, method, claim):
    moves = {one.id: 0.01 * n for n, one in enumerate(universe.companies())}
    market = moving(all_metals(universe, 0.2), moves)
    found = TESTS["breadth"](claim("J2"), market, method)
    market.universe = universe.model_copy(update={"instruments": universe.instruments[::-1]})
    again = TESTS["breadth"](claim("J2"), market, method)
    assert again.verdict is found.verdict
    assert again.details == pytest.approx(found.details, nan_ok=True)


def test_each_metal_has_its_row_whether_it_has_a_price_or_not(moving, universe, method):
    market = moving({"copper": 0.25, "gold": -0.1}, {})
    table = commodity_moves(market, method)
    assert table.index.tolist() == list(universe.basket)
    assert table.loc["copper", "change_6m"] == pytest.approx(0.25)
    assert (table.loc["copper", "above_average"], table.loc["gold", "above_average"]) == (1, 0)
    assert table.loc["gold", "off_high"] == pytest.approx(-0.1, abs=1e-3)
    assert table.loc["copper", "unit"] == "USD/t"
    assert np.isnan(table.loc["lithium", "change_6m"])
    assert table.loc["copper", "precious"] == np.False_


def test_a_stale_metal_is_neither_up_nor_above_its_average(moving, universe, method):
    market = moving({"copper": 0.25}, {})
    market.levels["copper"] = market.levels["copper"].iloc[:-20]
    row = commodity_moves(market, method).loc["copper"]
    assert np.isnan(row["change_6m"])
    assert np.isnan(row["above_average"])
    assert row["level"] > 0


# ── gains ───────────────────────────────────────────────────────────────────


def test_gains_of_a_third_lie_between_a_fifth_and_a_half(moving, universe, method, claim):
    found = TESTS["gains"](claim("C3"), moving({}, all_companies(universe, 0.33)), method)
    assert found.verdict is Verdict.SUPPORTED
    assert (found.estimate, found.n) == (1.0, len(unbid(universe)))
    assert found.details["median"] == pytest.approx(0.33 * 127 / 129, abs=1e-3)  # of 28 January
    assert found.details["best_fit_months"] in (6, 12)
    assert found.grade == "A"


@pytest.mark.parametrize("move", [0.05, 0.8])
def test_smaller_and_larger_gains_contradict(moving, universe, method, claim, move):
    found = TESTS["gains"](claim("C3"), moving({}, all_companies(universe, move)), method)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.details["share_below"] + found.details["share_above"] == 1


def test_a_median_inside_with_most_names_outside_is_mixed(moving, universe, method, claim):
    names = [one.id for one in universe.companies()]
    third = len(names) // 3
    moves = dict.fromkeys(names[:third], 0.0) | dict.fromkeys(names[-third:], 0.9)
    found = TESTS["gains"](claim("C3"), moving({}, all_companies(universe, 0.3) | moves), method)
    assert found.verdict is Verdict.MIXED
    assert found.estimate < 0.5


def test_half_of_the_companies_must_have_prices(moving, universe, method, claim):
    names = [one.id for one in unbid(universe)]
    found = TESTS["gains"](claim("C3"), moving({}, dict.fromkeys(names[:5], 0.3)), method)
    assert found.verdict is Verdict.NOT_TESTED
    assert found.reason == (
        f"Only 5 of {len(universe.companies())} companies have a price six months ago and now; "
        f"at least {ceil(len(universe.companies()) / 2)} are needed."
    )
    none = TESTS["gains"](claim("C3"), moving({}, {}), method)
    assert none.reason.startswith(f"None of the {len(universe.companies())} companies has a price")


def test_how_many_names_a_test_needs_is_a_parameter(moving, universe, method, claim):
    names = [one.id for one in unbid(universe)]
    market = moving({}, dict.fromkeys(names[:5], 0.3))
    asked = method.inference.model_copy(update={"coverage_to_test": 0.1})
    lenient = method.model_copy(update={"inference": asked})
    assert TESTS["gains"](claim("C3"), market, lenient).verdict is Verdict.SUPPORTED


def test_how_old_the_last_week_may_be_is_a_parameter(following, method, claim, weekdays):
    market = following(0.3, days=weekdays[:-30])
    asked = method.defensive.model_copy(update={"stale_weeks": 6})
    lenient = method.model_copy(update={"defensive": asked})
    assert TESTS["downside_beta"](claim("M1"), market, lenient).verdict is Verdict.SUPPORTED


def test_how_old_a_price_may_be_is_a_parameter(moving, universe, method):
    market = moving({}, {"bhp": 0.3})
    market.levels["bhp"] = market.levels["bhp"].iloc[:-20]
    assert company_moves(market, weeks=26).empty
    asked = method.sampling.model_copy(update={"fresh_days": 40})
    market.method = method.model_copy(update={"sampling": asked})
    assert company_moves(market, weeks=26).index.tolist() == ["bhp"]


def test_adjusted_prices_stand_in_for_missing_closes_and_are_said_to(
    moving, universe, method, claim
):
    market = moving({}, all_companies(universe, 0.33))
    market.adjusted = dict(market.levels)
    market.levels = {one: x * np.nan for one, x in market.levels.items()}
    found = TESTS["gains"](claim("C3"), market, method)
    assert found.verdict is Verdict.SUPPORTED
    assert found.grade == "B"
    assert "total return where the source gives no plain closes" in found.measure


def test_gains_do_not_change_with_the_unit_of_the_quote(moving, universe, method, claim):
    moves = {one.id: 0.02 * n for n, one in enumerate(universe.companies())}
    market = moving({}, moves)
    found = TESTS["gains"](claim("C3"), market, method)
    market.levels = {one: 100 * x for one, x in market.levels.items()}
    assert TESTS["gains"](claim("C3"), market, method).estimate == found.estimate


def test_a_company_under_offer_is_left_out(moving, universe, method):
    market = moving({}, all_companies(universe, 0.3))
    left_out = {
        one.id
        for one in universe.companies()
        if any(window.last >= market.as_of.replace(month=1, day=1) for window in one.deal_windows)
    }
    assert left_out
    moves = company_moves(market, weeks=26)
    assert not left_out & set(moves.index)


# ── the ledger ──────────────────────────────────────────────────────────────


def test_every_claim_gets_one_finding_in_ledger_order(make_market, method, ledger):
    findings = judge(ledger, make_market({}), method)
    assert [one.claim.id for one in findings] == [one.id for one in ledger.claims]
    assert {one.verdict for one in findings} == {Verdict.NOT_TESTED}
    assert all(one.reason for one in findings)


def test_a_claim_without_a_test_says_why(make_market, method, ledger, claim):
    untested = {"test": None, "not_tested_because": "Nobody counts them."}
    alone = ledger.model_copy(update={"claims": (claim("C1").model_copy(update=untested),)})
    assert judge(alone, make_market({}), method)[0].reason == "Nobody counts them."


def test_a_claim_without_test_and_reason_still_has_a_sentence(make_market, method, ledger, claim):
    bare = claim("C1").model_copy(update={"test": None})
    alone = ledger.model_copy(update={"claims": (bare,)})
    assert judge(alone, make_market({}), method)[0].reason == "No test of this claim is defined."


def test_the_loader_knows_the_name_of_every_test_and_no_other():
    assert sorted(TEST_NAMES) == sorted(TESTS)


def test_a_mirror_of_nothing_is_refused(make_market, method, ledger, claim):
    lone = ledger.model_copy(update={"claims": (claim("J1"), claim("C1"))})
    with pytest.raises(UsageError, match=r"claim J1 mirrors M1, which is not in the ledger"):
        judge(lone, make_market({}), method)


def test_a_mirror_without_bounds_fires_with_its_verdict(following, method, ledger, claim):
    bare = claim("J1").model_copy(update={"bounds": None})
    both = ledger.model_copy(update={"claims": (bare, claim("M1"))})
    mirrored, original = judge(both, following(0.3), method)
    assert original.verdict is Verdict.SUPPORTED
    assert mirrored.fired is True


def test_later_rows_change_no_finding(following, method, claim, weekdays):
    market = following(1.2)
    whole = {one: x.copy() for one, x in market.levels.items()}
    market.levels = {one: x[:-10] for one, x in whole.items()}
    market.as_of = weekdays[-11].date()
    found = TESTS["downside_beta"](claim("M1"), market, method)
    shorter = {one: x[x.index <= pd.Timestamp(market.as_of)] for one, x in whole.items()}
    market.levels = shorter
    assert TESTS["downside_beta"](claim("M1"), market, method) == found
