"""Why the odds moved, which verdicts flipped, and which weeks were unusual."""

from __future__ import annotations

import datetime as dt
import itertools
from math import nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.analysis.claims import Finding, Verdict
from research.analysis.moved import flagged_moves, flips
from research.analysis.odds import logit, persistence
from research.analysis.odds_change import Split, log_mean_weight, split
from research.analysis.outlook import Outlook
from research.errors import UsageError

FAMILIES = ("valuation", "breadth", "defensive", "ratings")


@pytest.fixture(scope="module")
def view(method):
    """An outlook of the given base rate and family parts."""

    def make(p0, *parts, rules=method.outlook):
        families = dict(zip(FAMILIES, parts, strict=True))
        total = sum(parts)
        return Outlook(
            p=persistence(p0, total, rules), p0=p0, k=0, n=0, score=total, families=families,
            steps={}, word="", lofo=(nan, nan), kappa_range=(nan, nan), cap_range=(nan, nan),
            untested_share=0.0, low_evidence=False, horizon_weeks=13, lines={}, crash_risk={},
        )  # fmt: skip

    return make


def part(found: Split, name: str):
    return next(one for one in found.parts if one.name == name)


# ── the split, by hand ──────────────────────────────────────────────────────


def test_a_quiet_week_moves_nothing(view, method):
    same = view(0.58, 0.5, -1, 0, 0.25)
    found = split(same, same, None, method.outlook)
    assert found.change == 0
    assert all(one.log_odds == one.p == 0 for one in found.parts)


def test_a_family_moves_the_log_odds_by_kappa(view, method):
    now, then = view(0.58, 0.5, 0, 0, 0), view(0.58, -0.5, 0, 0, 0)
    found = split(now, then, then.p, method.outlook)
    assert part(found, "valuation").log_odds == pytest.approx(0.2)
    assert part(found, "valuation").p == pytest.approx(now.p - then.p)
    assert [one.name for one in found.parts if one.log_odds] == ["valuation"]


def test_the_base_rate_has_its_own_part(view, method):
    now, then = view(0.60, 1, 0, 0, 0), view(0.58, 1, 0, 0, 0)
    found = split(now, then, then.p, method.outlook)
    assert part(found, "base rate").log_odds == pytest.approx(logit(0.60) - logit(0.58))
    assert [one.kind for one in found.parts if abs(one.log_odds) > 1e-12] == ["base rate"]


def test_the_cap_takes_away_what_it_does_not_let_through(view, method):
    now, then = view(0.5, 1, 1, 1, 1), view(0.5, 1, 1, 1, 0)
    found = split(now, then, then.p, method.outlook)
    assert part(found, "ratings").log_odds == pytest.approx(0.2)
    assert part(found, "limits").log_odds == pytest.approx(-0.1)  # 0.8 is cut to 0.7
    back = split(then, now, now.p, method.outlook)
    assert part(back, "limits").log_odds == pytest.approx(0.1)


def test_the_limits_of_p_take_away_as_well(view, method):
    now, then = view(0.9, 0, 0, 0, 0), view(0.8, 0, 0, 0, 0)
    found = split(now, then, then.p, method.outlook)
    assert part(found, "limits").log_odds == pytest.approx(logit(0.85) - logit(0.9))
    assert found.change == pytest.approx(0.05)


def test_what_was_published_and_what_is_known_now_differ_by_a_revision(view, method):
    then = view(0.58, 0, 0, 0, 0)
    found = split(then, then, 0.55, method.outlook)
    assert (found.p_then, found.p_recomputed, found.p_now) == (0.55, then.p, then.p)
    assert part(found, "revision").log_odds == pytest.approx(logit(0.58) - logit(0.55))
    assert part(found, "revision").p == pytest.approx(0.03)


def test_a_family_that_is_new_counts_from_nil(view, method):
    now = view(0.58, 0, 0, 0, 1)
    then = view(0.58, 0, 0, 0, 0)
    without = {name: value for name, value in then.families.items() if name != "ratings"}
    object.__setattr__(then, "families", without)
    assert part(split(now, then, then.p, method.outlook), "ratings").log_odds == pytest.approx(0.2)


@pytest.mark.parametrize("p", [0.0, 1.0, 1.2])
def test_a_certain_past_is_refused(view, method, p):
    some = view(0.58, 0, 0, 0, 0)
    with pytest.raises(UsageError, match=r"must lie between 0 and 1, both excluded; found .*Corr"):
        split(some, some, p, method.outlook)


def test_without_data_the_parts_are_missing(view, method):
    now, then = view(0.58, 0, 0, 0, 0), view(nan, 0, 0, 0, 0)
    found = split(now, then, None, method.outlook)
    assert np.isnan(found.change)
    assert all(np.isnan(one.p) for one in found.parts)


# ── the split, whatever the numbers ─────────────────────────────────────────

p0s = st.floats(0.02, 0.98)
scores = st.lists(st.floats(-1, 1), min_size=4, max_size=4)
recorded = st.one_of(st.none(), st.floats(0.15, 0.85))


@given(p0_now=p0s, p0_then=p0s, now=scores, then=scores, p=recorded)
def test_the_parts_add_up(view, method, p0_now, p0_then, now, then, p):
    after, before = view(p0_now, *now), view(p0_then, *then)
    found = split(after, before, p, method.outlook)
    start = before.p if p is None else p
    moved = logit(after.p) - logit(start)
    assert sum(one.log_odds for one in found.parts) == pytest.approx(moved, abs=1e-9)
    assert sum(one.p for one in found.parts) == pytest.approx(after.p - start, abs=1e-9)
    assert (found.p_now, found.p_then, found.p_recomputed) == (after.p, start, before.p)


@given(p0_now=p0s, p0_then=p0s, now=scores, then=scores)
def test_the_way_back_is_the_way_there_with_the_other_sign(
    view, method, p0_now, p0_then, now, then
):
    after, before = view(p0_now, *now), view(p0_then, *then)
    there, back = (
        split(*pair, None, method.outlook) for pair in ((after, before), (before, after))
    )
    for one, other in zip(there.parts, back.parts, strict=True):
        assert one.p == pytest.approx(-other.p, abs=1e-12)


@given(p0=p0s, now=scores, then=scores, order=st.permutations(range(4)))
def test_the_order_of_the_families_changes_no_part(view, method, p0, now, then, order):
    plain = split(view(p0, *now), view(p0, *then), None, method.outlook)

    def turned(parts):
        one = view(p0, *parts)
        names = list(one.families)
        object.__setattr__(one, "families", {names[n]: one.families[names[n]] for n in order})
        return one

    other = split(turned(now), turned(then), None, method.outlook)
    for name in FAMILIES:
        assert part(other, name).p == pytest.approx(part(plain, name).p, abs=1e-12)


@given(p0_now=p0s, p0_then=p0s, now=scores, then=scores)
def test_a_part_has_the_same_sign_in_log_odds_and_in_probability(
    view, method, p0_now, p0_then, now, then
):
    found = split(view(p0_now, *now), view(p0_then, *then), None, method.outlook)
    assert all(np.sign(one.p) == np.sign(one.log_odds) for one in found.parts)


@given(a=st.floats(-3, 3), step=st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3))
def test_the_weight_is_the_slope_between_two_log_odds(a, step):
    p, q = (1 / (1 + np.exp(-odds)) for odds in (a, a + step))
    assert log_mean_weight(a, a + step) == pytest.approx((q - p) / step, rel=1e-9)


@given(a=st.floats(-3, 3), step=st.floats(-1e-9, 1e-9))
def test_the_weight_of_odds_that_meet_is_the_slope_there(a, step):
    p = 1 / (1 + np.exp(-a))
    assert log_mean_weight(a, a + step) == pytest.approx(p * (1 - p), rel=1e-8)


# ── flips ───────────────────────────────────────────────────────────────────

S, C, M, N = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.MIXED, Verdict.NOT_TESTED


@pytest.fixture
def told(ledger):
    return lambda **verdicts: tuple(
        Finding(claim=ledger[one], verdict=said) for one, said in verdicts.items()
    )


def causes(found):
    return [(one.claim.id, one.before, one.after, one.cause) for one in found]


def test_a_verdict_that_stays_is_no_flip(told):
    same = told(M1=S, J2=N)
    recorded = {"M1": "SUPPORTED", "J2": "NOT TESTED"}
    assert flips(same, same, recorded, method_changed=True) == ()


def test_the_weeks_data_flip_a_verdict(told):
    found = flips(told(M1=C), told(M1=S), {"M1": "SUPPORTED"}, method_changed=True)
    assert causes(found) == [("M1", "SUPPORTED", "CONTRADICTED", "data")]


@pytest.mark.parametrize(("changed", "cause"), [(True, "method"), (False, "revision")])
def test_a_verdict_that_reads_differently_for_the_same_day(told, changed, cause):
    found = flips(told(M1=S), told(M1=S), {"M1": "MIXED"}, method_changed=changed)
    assert causes(found) == [("M1", "MIXED", "SUPPORTED", cause)]


def test_a_claim_may_flip_for_two_causes(told):
    found = flips(told(M1=C), told(M1=S), {"M1": "MIXED"}, method_changed=False)
    assert causes(found) == [
        ("M1", "MIXED", "SUPPORTED", "revision"),
        ("M1", "SUPPORTED", "CONTRADICTED", "data"),
    ]


def test_a_claim_that_is_not_on_record_is_new(told):
    found = flips(told(M1=S, J2=C), told(M1=S, J2=S), {"M1": "SUPPORTED"}, method_changed=False)
    assert causes(found) == [("J2", "", "CONTRADICTED", "new claim")]


def test_without_a_record_only_the_data_can_have_done_it(told):
    found = flips(told(M1=S, J2=C), told(M1=S, J2=S), None, method_changed=True)
    assert causes(found) == [("J2", "SUPPORTED", "CONTRADICTED", "data")]


def test_each_pair_of_verdicts_leads_from_the_record_to_today(told):
    for recorded, middle, after in itertools.product((S, M, C, N), repeat=3):
        steps = flips(told(M1=after), told(M1=middle), {"M1": str(recorded)}, method_changed=False)
        reached = str(recorded)
        for one in steps:
            assert one.before == reached
            reached = one.after
        assert reached == str(after)


# ── unusual weeks ───────────────────────────────────────────────────────────


def walk(changes, last):
    """Fridays of the given changes and a last week of `last`."""
    index = pd.date_range(end="2026-01-30", periods=len(changes) + 2, freq="W-FRI")
    return pd.Series(100 * np.cumprod(np.r_[1, 1 + np.r_[changes, last]]), index=index)


def test_a_move_is_flagged_beyond_its_own_standard_deviation(make_market, method, random):
    changes = random.normal(0, 0.02, 150)
    sd = changes[-104:].std(ddof=1)
    for size, flagged in ((1.02, True), (-1.02, True), (0.9, False), (-0.9, False)):
        market = make_market({"gold": walk(changes, size * sd)})
        row = flagged_moves(market, method, ["gold"]).loc["gold"]
        assert row["sd"] == pytest.approx(sd, rel=0.02)
        assert row["change"] == pytest.approx(size * sd)
        assert bool(row["flagged"]) is flagged
        assert row["times"] == pytest.approx(abs(size), rel=0.02)


def test_the_move_itself_is_no_part_of_what_is_usual(make_market, method, random):
    changes = random.normal(0, 0.02, 150)
    calm, wild = (
        flagged_moves(make_market({"gold": walk(changes, last)}), method, ["gold"])
        for last in (0.0, 0.5)
    )
    assert calm.loc["gold", "sd"] == wild.loc["gold", "sd"]


def test_only_the_last_years_say_what_is_usual(make_market, method, random):
    changes = np.r_[random.normal(0, 0.2, 100), random.normal(0, 0.02, 104)]
    row = flagged_moves(make_market({"gold": walk(changes, 0.0)}), method, ["gold"]).loc["gold"]
    assert row["sd"] == pytest.approx(0.02, rel=0.2)


def test_a_short_or_still_history_flags_nothing(make_market, method, random):
    market = make_market(
        {
            "gold": walk(random.normal(0, 0.02, 28), 0.5),
            "silver": walk(np.zeros(150), 0.5),
        }
    )
    table = flagged_moves(market, method, ["gold", "silver", "copper"])
    assert table["flagged"].tolist() == [False, False, False]
    assert table["times"].isna().all()
    assert np.isnan(table.loc["copper", "change"])


def test_a_midweek_edition_compares_with_whole_weeks_before(make_market, method, random):
    days = pd.bdate_range("2022-01-03", "2026-01-28")
    path = pd.Series(100 * np.exp(np.cumsum(random.normal(0, 0.01, len(days)))), index=days)
    row = flagged_moves(
        make_market({"gold": path}, as_of=dt.date(2026, 1, 28)), method, ["gold"]
    ).loc["gold"]
    fridays = path[path.index.day_of_week == 4].pct_change()
    assert row["sd"] == pytest.approx(fridays["2024-01-21":"2026-01-21"].iloc[1:].std(), rel=0.02)
    assert row["change"] == pytest.approx(path["2026-01-28"] / path["2026-01-21"] - 1)
