"""Companies that came and left: each day counts its own; without dates nothing moves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from research.analysis.baskets import Basket, basket_returns, baskets
from research.analysis.members import carried, on_list, size, survivorship
from research.analysis.overview import breadth_history
from research.analysis.rallies import groups
from research.analysis.sell_offs import crisis_table
from research.exhibits.facts import tell

GONE, CAME = "kinross", "agnico"
LEFT, JOINED = dt.date(2024, 6, 28), dt.date(2025, 1, 2)


@pytest.fixture
def dated(universe):
    """The universe with a senior gold company that left and one that came."""

    def when(day):
        changes = {GONE: {"member_to": LEFT}, CAME: {"member_from": JOINED}}
        ones = [one.model_copy(update=changes.get(one.id, {})) for one in universe.instruments]
        return universe.model_copy(update={"instruments": tuple(ones)}).at(day)

    return when


@pytest.fixture
def held(make_market, universe, weekdays, dated):
    """Senior gold companies that rise 1 % a day, but the one that left, which falls 2 %."""

    def make(**falls):
        steps = np.arange(len(weekdays))
        levels = {one.id: pd.Series(1.01**steps, weekdays) for one in universe.companies()}
        levels[GONE] = pd.Series(0.98**steps, weekdays)
        market = make_market(levels, units=dict.fromkeys(levels, "USD"))
        market.universe = dated(market.as_of)
        return market

    return make


# ── the universe of a day ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (LEFT, (True, False)),
        (LEFT + dt.timedelta(days=1), (False, False)),
        (JOINED - dt.timedelta(days=1), (False, False)),
        (JOINED, (False, True)),
    ],
)
def test_the_companies_of_a_day_are_those_on_the_list(dated, day, expected):
    ids = {one.id for one in dated(day).companies()}
    assert (GONE in ids, CAME in ids) == expected


def test_who_left_stays_in_the_past_and_who_has_not_come_does_not(dated):
    ever = {one.id for one in dated(dt.date(2024, 12, 2)).ever("gold-senior")}
    assert GONE in ever
    assert CAME not in ever
    universe = dated(JOINED)
    assert universe[GONE].id == GONE
    there = {one.id for one in universe.present()}
    assert GONE not in there
    assert {CAME, "gold", "pick"} <= there


def test_the_universe_of_a_day_is_asked_for_another(dated):
    early, late = dated(LEFT), dated(JOINED)
    assert early.at(JOINED) == late


def test_without_dates_the_universe_of_a_day_is_itself(universe):
    assert universe.at(LEFT) is universe
    assert universe.ever() == universe.companies()


# ── what is counted ─────────────────────────────────────────────────────────


def test_a_table_without_dates_is_the_same_table(universe, weekdays):
    table = pd.DataFrame(1.0, index=weekdays[-5:], columns=[GONE, CAME])
    assert on_list(table, universe) is table
    assert size([GONE, CAME], universe, table.index).tolist() == [2] * 5


def test_each_day_has_its_own_members(dated):
    days = pd.DatetimeIndex(["2024-06-28", "2024-07-01", "2025-01-01", "2025-01-02"])
    universe = dated(dt.date(2026, 1, 28))
    table = on_list(pd.DataFrame(1.0, index=days, columns=[GONE, CAME, "gdx"]), universe)
    assert table[GONE].notna().tolist() == [True, False, False, False]
    assert table[CAME].notna().tolist() == [False, False, False, True]
    assert table["gdx"].notna().all()
    assert size([GONE, CAME, "newmont"], universe, days).tolist() == [2, 1, 1, 2]


def test_breadth_counts_the_members_of_each_day(held, method):
    found = breadth_history(held(), method)
    companies = len(held().universe.companies())
    assert found.n == companies
    assert found.now == 1
    before, after = found.share[: str(LEFT)], found.share[str(LEFT + dt.timedelta(days=1)) :]
    assert before.iloc[-1] == pytest.approx((companies - 1) / companies)
    assert (after == 1).all()


def test_a_basket_takes_the_return_of_who_was_in_it(held):
    market = held()
    basket = next(one for one in baskets(market.universe) if one.id == "gold-senior-miners")
    assert {GONE, CAME} <= set(basket.members)
    days = pd.DatetimeIndex(["2024-06-28", "2024-07-05"])
    returns = pd.DataFrame(0.01, index=days, columns=list(basket.members))
    returns[GONE] = -1.0
    found = basket_returns(returns, [basket], market, days=7)["gold-senior-miners"]
    n = len(basket.members) - 1  # one had not come yet
    assert found.iloc[0] == pytest.approx((0.01 * (n - 1) - 1) / n)
    assert found.iloc[1] == pytest.approx(0.01)


def test_who_is_not_on_the_list_is_not_missed(held):
    market = held()
    pair = Basket("pair", "Pair", "sub-group", (GONE, CAME, "newmont"))
    days = pd.DatetimeIndex(["2024-07-05", "2025-01-10"])
    returns = pd.DataFrame({GONE: np.nan, CAME: np.nan, "newmont": 0.02}, index=days)
    found = basket_returns(returns, [pair], market, days=7)["pair"]
    assert found.tolist() == [0.02, 0.02]  # one of one, then one of two


def test_run_ups_and_crises_know_who_was_there(held, method):
    market = held()
    logs = groups(market, method, ["gold-senior"]).logs["gold-senior"]
    late = logs[logs.index > pd.Timestamp(LEFT) + pd.Timedelta(days=7)]
    np.testing.assert_allclose(np.expm1(late.dropna()), 1.01**5 - 1)
    assert logs[: str(LEFT)].iloc[-1] < late.iloc[-1]
    tariffs = crisis_table(market, method).returns["Tariffs"]
    assert tariffs["gold-senior-miners"] == pytest.approx(tariffs["silver-miners"])


# ── what is said ────────────────────────────────────────────────────────────


def test_without_dates_the_note_says_that_the_past_is_flattered(universe):
    assert carried(universe) == "today’s companies, so the past is flattered"
    assert survivorship(universe) is None


def test_with_dates_the_note_names_who_has_them(dated):
    universe = dated(dt.date(2026, 1, 28))
    assert carried(universe, "miners") == "each day’s miners, as far as they have dates"
    assert str(tell(survivorship(universe))).replace("\u00a0", " ") == (
        "Counts and baskets take the companies of each day: Agnico Eagle from 2 Jan 2025 and "
        "Kinross to 28 Jun 2024. The others have no dates and are carried back, so companies that "
        "failed and are not named here are missing."
    )
    early = dated(dt.date(2024, 12, 2))
    assert "Agnico" not in str(tell(survivorship(early)))  # nobody knew yet
    assert survivorship(dated(LEFT)) is None
    assert carried(dated(LEFT)) == "today’s companies, so the past is flattered"
