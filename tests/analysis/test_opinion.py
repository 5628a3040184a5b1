"""The change of the Buy share: its measures, its verdicts, and what it refuses to judge."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats import contingency_tables

from research.analysis.arguments import TESTS, judge
from research.analysis.claims import Verdict
from research.analysis.ratings import (
    buy_change,
    buys_by_company,
    monthly_counts,
    rating_counts,
    ratings_on,
    weighted_change,
)
from research.exhibits.facts import say
from research.market import Market
from research.params import load
from research.params.models import Bounds

SAID = dt.date(2026, 1, 28)
START = dt.date(2025, 7, 30)
BEGAN, MOVED = "2024-01-08", "2026-01-12"
ANALYSTS = 6


def row(analyst, company, day, rating, known=None):
    at = pd.Timestamp(known or day, tz="UTC") + pd.Timedelta(hours=12)
    return {
        "analyst": analyst, "broker": f"Broker of {analyst}", "instrument": company,
        "date": pd.Timestamp(day), "rating": rating, "available_at": at,
    }  # fmt: skip


def frame(rows):
    return pd.DataFrame(rows)


def a_feed(companies, *, down=0, up=0, buys=0.5, began=BEGAN, moved=MOVED, known=None):
    """Six analysts of each company; `down` of all pairs leave Buy and `up` move to it."""
    pairs = [(f"Analyst {n}", company) for n in range(ANALYSTS) for company in companies]
    first = ["Buy" if n < buys * len(pairs) else "Hold" for n in range(len(pairs))]
    rows = [row(*pair, began, rating, known) for pair, rating in zip(pairs, first, strict=True)]
    buyers = [pair for pair, rating in zip(pairs, first, strict=True) if rating == "Buy"]
    others = [pair for pair, rating in zip(pairs, first, strict=True) if rating != "Buy"]
    rows += [row(*pair, moved, "Hold", known) for pair in buyers[:down]]
    rows += [row(*pair, moved, "Buy", known) for pair in others[:up]]
    rows.append(row(*others[-1], moved, "Hold", known))  # told again: the feed is alive
    return frame(rows)


@pytest.fixture
def companies(universe):
    return [one.id for one in universe.companies()]


@pytest.fixture
def market(make_market):
    """A market that knows nothing but ratings, on the day the claim was made."""

    def make(ratings, as_of=SAID, **levels):
        return make_market(levels, as_of=as_of, datasets={"ratings": ratings})

    return make


@pytest.fixture
def found(market, method, claim):
    def test(ratings, **more):
        return TESTS["buy_share"](claim("C1"), market(ratings, **more), method)

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


def test_mcnemar_of_one_side_is_half_of_the_oracle(oracles):
    known = oracles["mcnemar"]
    before, after = moved_pairs(up=known["up"], down=known["down"], still=80)
    change = buy_change(before, after, draws=200, confidence=0.9, seed=1)
    assert (change.up, change.down) == (known["up"], known["down"])
    assert change.change == pytest.approx((known["up"] - known["down"]) / 100)
    assert change.p_two_sided == pytest.approx(known["p_exact"], abs=known["tol"])
    assert change.p_one_sided(fell=True) == pytest.approx(known["p_exact"] / 2, abs=known["tol"])
    assert change.p_one_sided(fell=False) > 0.97


def moved_pairs(*, up, down, still, companies=10):
    index = pd.MultiIndex.from_tuples(
        [(f"A{n}", f"c{n % companies}") for n in range(up + down + still)],
        names=["analyst", "instrument"],
    )
    before = ["Hold"] * up + ["Buy"] * down + ["Sell", "Buy"] * (still // 2)
    after = ["Buy"] * up + ["Sell"] * down + ["Hold", "Buy"] * (still // 2)
    return pd.Series(before, index=index), pd.Series(after, index=index)


@pytest.mark.parametrize(("up", "down"), [(3, 9), (12, 12), (24, 0), (5, 40), (60, 31)])
def test_p_values_are_those_of_scipy_and_statsmodels(up, down):
    change = buy_change(*moved_pairs(up=up, down=down, still=20), draws=9, confidence=0.9, seed=1)
    exact = up + down < 25
    table = [[10, down], [up, 10]]
    theirs = contingency_tables.mcnemar(table, exact=exact, correction=False)
    assert change.p_two_sided == pytest.approx(theirs.pvalue, rel=1e-10)
    if exact:
        one = stats.binomtest(down, up + down, alternative="greater").pvalue
        assert change.p_one_sided(fell=True) == pytest.approx(one, rel=1e-10)
    else:
        both = change.p_one_sided(fell=True) + change.p_one_sided(fell=False)
        assert both == pytest.approx(1, abs=1e-10)
        smaller = min(change.p_one_sided(fell=True), change.p_one_sided(fell=False))
        assert smaller == pytest.approx(theirs.pvalue / 2, rel=1e-10)


def test_without_movers_nothing_is_unlikely():
    change = buy_change(*moved_pairs(up=0, down=0, still=40), draws=50, confidence=0.9, seed=1)
    assert (change.change, change.lo, change.hi) == (0, 0, 0)
    assert change.p_one_sided(fell=True) == change.p_one_sided(fell=False) == 1
    assert change.n_eff == 40


def test_the_interval_is_that_of_a_plain_loop_over_companies(random):
    index = pd.MultiIndex.from_product(
        [range(7), [f"c{n}" for n in range(15)]], names=["analyst", "instrument"]
    )
    before, after = (pd.Series(random.choice(["Buy", "Hold"], 105), index=index) for _ in "ab")
    change = buy_change(before, after, draws=4000, confidence=0.9, seed=7)
    moves = (after == "Buy").astype(int) - (before == "Buy").astype(int)
    blocks = [group.to_numpy() for _, group in moves.groupby(level="instrument")]
    looped = [
        np.concatenate([blocks[n] for n in random.integers(15, size=15)]).mean()
        for _ in range(4000)
    ]
    assert (change.lo, change.hi) == pytest.approx(np.quantile(looped, [0.05, 0.95]), abs=0.012)


def test_analysts_who_move_together_are_worth_fewer(random):
    index = pd.MultiIndex.from_product(
        [range(8), [f"c{n}" for n in range(20)]], names=["analyst", "instrument"]
    )
    before = pd.Series("Buy", index=index)
    together = pd.Series(
        np.where(index.get_level_values("instrument").isin([f"c{n}" for n in range(6)]),
                 "Hold", "Buy"), index=index,
    )  # fmt: skip
    alone = pd.Series(random.permutation(together.to_numpy()), index=index)
    herd, crowd = (
        buy_change(before, after, draws=2000, confidence=0.9, seed=3) for after in (together, alone)
    )
    assert herd.change == crowd.change
    assert herd.n_eff == pytest.approx(20, rel=0.15)  # a company is worth one analyst
    assert crowd.n_eff > 3 * herd.n_eff
    assert herd.hi - herd.lo > crowd.hi - crowd.lo


def test_coverage_that_starts_or_ends_is_told_apart_from_a_change_of_mind():
    rows = [row(f"A{n}", "vale", "2024-01-08", "Buy") for n in range(4)]
    rows += [row("A0", "vale", "2025-12-01", "Hold")]
    rows += [row("A1", "vale", "2025-12-01", "Dropped")]
    rows += [row(f"New {n}", "vale", "2025-12-01", "Sell") for n in range(4)]
    before, after = (ratings_on(frame(rows), day) for day in (START, SAID))
    change = buy_change(before, after, draws=50, confidence=0.9, seed=1)
    assert (change.pairs, change.started, change.ended) == (3, 4, 1)
    assert change.change == pytest.approx(-1 / 3)
    assert change.pooled_change == pytest.approx(2 / 7 - 1)
    assert change.composition == pytest.approx(2 / 7 - 2 / 3)


def test_a_rating_counts_from_the_moment_it_was_public():
    rows = frame([
        row("A", "vale", "2024-01-08", "Buy"),
        row("A", "vale", "2025-03-03", "Hold", known="2026-01-20"),
    ])  # fmt: skip
    assert ratings_on(rows, START).to_list() == ["Buy"]
    assert ratings_on(rows, SAID).to_list() == ["Hold"]


def test_a_corrected_rating_replaces_the_wrong_one_of_its_day():
    rows = frame([
        row("A", "vale", "2024-01-08", "Sell", known="2024-01-10"),
        row("A", "vale", "2024-01-08", "Buy"),
    ])  # fmt: skip
    assert ratings_on(rows, SAID).to_list() == ["Sell"]


def test_a_rating_stands_however_old_it_is_until_it_is_dropped():
    rows = [row("A", "vale", "2015-01-08", "Buy")]
    assert ratings_on(frame(rows), SAID).to_list() == ["Buy"]
    rows.append(row("A", "vale", "2026-01-05", "Dropped"))
    assert ratings_on(frame(rows), SAID).empty


def test_large_companies_weigh_more_when_weighted():
    table = buys_by_company(*moved_pairs(up=0, down=10, still=10))
    assert weighted_change(table, pd.Series(1.0, index=table.index)) == pytest.approx(-0.5)
    table["after"] = table["before"].where(table.index != "c0", table["after"])
    weights = pd.Series(1.0, index=table.index).where(table.index != "c0", 81.0)
    assert weighted_change(table, weights) == pytest.approx(-0.5 * 81 / 90)
    assert weighted_change(table, weights.drop("c0")) == 0
    assert np.isnan(weighted_change(table, weights * np.nan))


# ── counts by month ─────────────────────────────────────────────────────────


def test_monthly_counts_are_the_ratings_known_on_each_day(companies, random):
    rows = [
        row(f"A{random.integers(9)}", companies[random.integers(12)], day,
            random.choice(["Buy", "Hold", "Sell", "Dropped"]),
            known=day + pd.Timedelta(days=int(random.integers(60))))
        for day in pd.bdate_range("2024-01-02", "2026-01-27", freq="3B")
    ]  # fmt: skip
    table = monthly_counts(frame(rows), SAID, months=18)
    assert table.index[-1].date() == SAID
    assert [f"{day:%Y-%m-%d}" for day in table.index[:2]] == ["2024-08-31", "2024-09-30"]
    for day, counts in table.iterrows():
        standing = ratings_on(frame(rows), day.date())
        told = standing.value_counts().reindex(["Buy", "Hold", "Sell"], fill_value=0)
        assert counts[["Buy", "Hold", "Sell"]].to_list() == told.to_list()
        assert counts["analysts"] == standing.index.unique("analyst").size
        assert counts["companies"] == standing.index.unique("instrument").size
        assert counts["buy_share"] == pytest.approx((standing == "Buy").mean())


def test_months_before_the_feed_began_are_left_out(market, companies):
    table = rating_counts(market(a_feed(companies, began="2025-10-06")), months=24)
    assert [f"{day:%Y-%m-%d}" for day in table.index] == [
        "2025-10-31", "2025-11-30", "2025-12-31", "2026-01-28",
    ]  # fmt: skip
    assert rating_counts(market(a_feed(companies).iloc[:0])).empty


# ── verdicts ────────────────────────────────────────────────────────────────


def test_a_clear_fall_supports_the_claim(found, companies):
    finding = found(a_feed(companies, down=30, up=3))
    pairs = ANALYSTS * len(companies)
    assert finding.verdict is Verdict.SUPPORTED
    assert finding.estimate == pytest.approx(-27 / pairs)
    assert finding.ci[0] < finding.estimate < finding.ci[1] < 0
    assert (finding.n, finding.unit, finding.fmt, finding.stance) == (
        pairs,
        "fraction",
        "pp1",
        None,
    )
    assert finding.p_value == pytest.approx(stats.norm.cdf(-27 / np.sqrt(33)), rel=1e-10)
    assert finding.details["composition"] == 0
    assert_fair(finding)
    assert "30 left Buy" in spoken(finding)["best_for"]
    assert "3 of the" in spoken(finding)["best_against"]


def test_a_rise_contradicts_the_claim(found, companies):
    finding = found(a_feed(companies, down=2, up=30))
    assert finding.verdict is Verdict.CONTRADICTED
    assert finding.estimate > 0
    assert finding.p_value < 0.001
    assert_fair(finding)
    assert "30 moved to Buy" in spoken(finding)["best_against"]


def test_no_change_at_all_contradicts_the_claim_without_being_unlikely(found, companies):
    finding = found(a_feed(companies))
    assert (finding.verdict, finding.estimate) == (Verdict.CONTRADICTED, 0)
    assert finding.p_value == 1
    assert_fair(finding)


def test_a_small_fall_is_mixed(found, companies):
    finding = found(a_feed(companies, down=8, up=5))
    assert finding.verdict is Verdict.MIXED
    assert -0.03 < finding.estimate < 0
    assert_fair(finding)


@pytest.mark.parametrize(("down", "up"), [(30, 0), (0, 30), (9, 9), (0, 1), (1, 0)])
def test_both_sides_have_a_sentence_whatever_happened(found, companies, down, up):
    assert_fair(found(a_feed(companies, down=down, up=up)))


def test_the_other_way_round_it_is_the_other_verdict(market, method, claim, companies):
    rises = claim("C1").model_copy(
        update={"bounds": Bounds(side="high", support=0.03, contradiction=0.0, unit="fraction")}
    )
    for feed, verdict in (
        (a_feed(companies, up=30), Verdict.SUPPORTED),
        (a_feed(companies, down=30), Verdict.CONTRADICTED),
    ):
        finding = TESTS["buy_share"](rises, market(feed), method)
        assert finding.verdict is verdict
        assert finding.p_value < 0.001
        assert_fair(finding)


def test_a_claim_on_some_companies_looks_at_those_only(market, method, claim, companies):
    feed = a_feed(companies, down=0)
    extra = [row(f"Analyst {n}", one, MOVED, "Sell") for n in range(6) for one in companies[:12]]
    feed = pd.concat([feed, frame(extra)])
    narrow = claim("C1").model_copy(update={"about": tuple(companies[:12])})
    finding = TESTS["buy_share"](narrow, market(feed), method)
    assert (finding.details["companies"], finding.n) == (12, 72)
    assert finding.verdict is Verdict.SUPPORTED


# ── after the day it was said ───────────────────────────────────────────────

LATER = dt.date(2026, 4, 29)


def test_later_changes_of_mind_do_not_refute_what_was_said(found, companies):
    fell = a_feed(companies, down=30)
    then = found(fell)
    back = [row(f"Analyst {n}", one, "2026-04-20", "Buy") for n in range(6) for one in companies]
    later = found(pd.concat([fell, frame(back)]), as_of=LATER)
    assert (later.verdict, later.estimate, later.ci) == (then.verdict, then.estimate, then.ci)
    assert (then.vote, later.vote) == (1, -1)
    assert later.details["change_to_as_of"] > 0.4
    assert "The odds go by the weeks to 29\u00a0Apr\u00a02026" in later.reason
    assert spoken(later)["distance"].startswith("Its weeks ended on 28")
    assert_fair(later)


def test_a_feed_that_died_since_does_not_count_in_the_odds(found, companies):
    later = found(a_feed(companies, down=30), as_of=LATER)
    assert later.verdict is Verdict.SUPPORTED
    assert later.vote == 0
    assert "count it as nil: the last change of any rating" in later.reason


def test_an_edition_before_it_was_said_reads_its_own_half_year(found, companies):
    earlier = found(a_feed(companies, down=30), as_of=dt.date(2026, 1, 14))
    assert earlier.verdict is Verdict.SUPPORTED
    assert earlier.measure.endswith("to 14\u00a0Jan\u00a02026, like for like")
    assert earlier.stance is None


# ── nothing to judge by ─────────────────────────────────────────────────────


def test_history_that_a_vendor_filled_in_last_week_is_not_tested(found, companies):
    finding = found(a_feed(companies, down=30, known="2026-01-21"))
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.reason == (
        "No rating was known before 2026-01-21; at least 26 weekly snapshots of ratings are needed."
    )
    assert finding.test is not None


def test_history_filled_in_for_most_companies_is_not_tested_either(found, companies):
    known = a_feed(companies[:9], down=20)
    filled = a_feed(companies[9:], down=60, known="2026-01-21")
    finding = found(pd.concat([known, filled]))
    assert finding.verdict is Verdict.NOT_TESTED
    assert f"and then: 9 of {len(companies)};" in finding.reason


def test_no_ratings_are_not_tested(found, companies):
    finding = found(a_feed(companies).iloc[:0])
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.reason == (
        "The sources hold no ratings. At least 26 weekly snapshots of ratings are needed."
    )


def test_a_feed_without_news_is_stale(found, companies):
    finding = found(a_feed(companies, down=30, moved="2025-11-03"))
    assert finding.verdict is Verdict.NOT_TESTED
    assert "is of 2025-11-03; the feed is stale" in finding.reason


def test_few_companies_are_not_tested(found, companies):
    finding = found(a_feed(companies[:12], down=20))
    assert finding.verdict is Verdict.NOT_TESTED
    assert f"12 of {len(companies)}; at least" in finding.reason


def test_ratings_that_are_worth_few_are_not_tested(found, companies):
    rows = [row("Analyst", one, BEGAN, "Buy") for one in companies[:20]]
    rows += [row("Analyst", one, MOVED, "Hold") for one in companies[:5]]
    finding = found(frame(rows))
    assert finding.verdict is Verdict.NOT_TESTED
    assert finding.reason == (
        "The 20 ratings that stood on both days are worth fewer than the 30 independent ones "
        "needed."
    )


# ── invariances ─────────────────────────────────────────────────────────────


def test_rows_of_the_future_change_nothing(found, companies):
    feed = a_feed(companies, down=30)
    future = [row("Analyst 0", one, "2026-02-20", "Buy") for one in companies]
    assert found(pd.concat([feed, frame(future)])) == found(feed)


def test_the_order_of_rows_changes_nothing(found, companies, random):
    feed = a_feed(companies, down=30, up=4)
    assert found(feed.iloc[random.permutation(len(feed))]) == found(feed)


def test_the_grade_follows_the_age_of_the_feed(found, companies):
    def graded(names, began):
        return found(a_feed(names, down=40, began=began)).grade

    assert [graded(companies, began) for began in ("2012-01-09", "2020-01-06", "2024-01-08")] == [
        "A", "B", "C",
    ]  # fmt: skip
    assert graded(companies[:-10], "2012-01-09") == "B"


def test_the_judge_tells_whether_the_falsifier_has_fired(market, method, ledger, companies):
    for feed, fired in ((a_feed(companies, down=30), False), (a_feed(companies, up=9), True)):
        found = {one.claim.id: one for one in judge(ledger, market(feed), method)}
        assert found["C1"].fired is fired
        assert found["C1"].distance is not None


# ── the sample's story ──────────────────────────────────────────────────────


def test_in_the_sample_opinion_cools_from_august_2025(root):
    params = load(root / "params" / "mining-rally.yaml")
    verdicts = {}
    for day in (dt.date(2025, 7, 31), SAID):
        market = Market.open(params, source="sample", as_of=day)
        found = TESTS["buy_share"](params.claims["C1"], market, params.method)
        verdicts[day] = found.verdict
        assert_fair(found)
    assert verdicts == {dt.date(2025, 7, 31): Verdict.MIXED, SAID: Verdict.SUPPORTED}
    counts = rating_counts(market, months=7)
    assert counts["buy_share"].is_monotonic_decreasing
    assert counts.index[-1].date() == SAID
