"""Falls of the market: fixed windows and peaks to troughs, on paths whose answers are known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from research.analysis.arguments import TESTS
from research.analysis.sell_offs import crisis_table, episodes, fell_less, sell_offs

LABELS = [
    "Financial crisis", "Euro crisis", "China and oil", "Late 2018", "Pandemic",
    "Inflation and rates", "Tariffs",
]  # fmt: skip


@pytest.fixture
def days():
    return pd.bdate_range("2006-01-02", "2026-01-30")


@pytest.fixture
def through_crises(make_market, days, method):
    """A market that moves by given fractions, straight, in each fixed crisis and nowhere else."""

    def make(**moves):
        levels = {}
        for name, per_crisis in moves.items():
            path = pd.Series(1.0, index=days)
            for crisis, move in zip(method.crises, per_crisis, strict=True):
                start = path.index.searchsorted(pd.Timestamp(crisis.first), side="right") - 1
                end = path.index.searchsorted(pd.Timestamp(crisis.last), side="right") - 1
                path.iloc[start : end + 1] *= np.linspace(1, 1 + move, end - start + 1)
                path.iloc[end + 1 :] *= 1 + move
            levels[name.replace("_", "-")] = 100 * path
        return make_market(levels)

    return make


# ── fixed windows ───────────────────────────────────────────────────────────


def test_each_window_has_its_return_and_that_beyond_the_market(through_crises, method):
    world = [-0.4, -0.2, -0.15, -0.1, -0.3, -0.2, -0.1]
    fund = [-0.5, -0.1, -0.25, -0.05, -0.4, 0.1, -0.1]
    found = crisis_table(through_crises(acwi=world, pick=fund, gold=[0.1] * 7), method)
    assert found.returns.columns.tolist() == LABELS
    assert found.returns.loc["pick"].tolist() == pytest.approx(fund)
    assert found.relative.loc["pick"].tolist() == pytest.approx(np.subtract(fund, world))
    assert found.relative.loc["acwi"].tolist() == pytest.approx([0] * 7)
    assert found.returns.loc["gdx"].isna().all()
    assert fell_less(found.relative.loc["pick"]) == (3, 7)
    assert found.about.loc[["pick", "gold", "acwi", "copper-miners"], "kind"].tolist() == [
        "fund", "metal", "benchmark", "sub-group",
    ]  # fmt: skip
    assert found.about.loc["copper-miners", "label"] == "Copper"


def test_no_window_is_counted_in_part(through_crises, method):
    market = through_crises(acwi=[-0.2] * 7, pick=[-0.3] * 7)
    market.levels["pick"] = market.levels["pick"].loc["2009-01-05":]
    market.as_of = dt.date(2025, 4, 7)
    market.levels = {one: x.loc[:"2025-04-07"] for one, x in market.levels.items()}
    found = crisis_table(market, method)
    assert found.returns.loc["pick"].isna().tolist() == [True, *[False] * 5, True]
    assert found.returns.loc["acwi"].isna().tolist() == [False] * 6 + [True]
    assert fell_less(found.relative.loc["pick"]) == (0, 5)


def test_a_series_that_ended_before_the_window_did_has_no_return_in_it(through_crises, method):
    market = through_crises(acwi=[-0.2] * 7, pick=[-0.3] * 7)
    market.levels["pick"] = market.levels["pick"].loc[:"2022-06-30"]
    found = crisis_table(market, method).returns.loc["pick"]
    assert found.isna().tolist() == [False] * 5 + [True] * 2


def test_a_basket_is_bought_in_equal_parts_at_the_start(through_crises, method, universe):
    names = [one.id for one in universe.companies("copper")]
    moves = {one.replace("-", "_"): [0.1 * n] * 7 for n, one in enumerate(names)}
    market = through_crises(acwi=[-0.2] * 7, **moves)
    mean = 0.1 * (len(names) - 1) / 2
    assert crisis_table(market, method).returns.loc["copper-miners"].tolist() == pytest.approx(
        [mean] * 7
    )
    for one in names[len(names) // 2 - 1 :]:
        del market.levels[one]
    assert crisis_table(market, method).returns.loc["copper-miners"].isna().all()


def test_a_share_under_offer_is_left_out_of_its_window(through_crises, method, universe):
    bidden = next(one for one in universe.companies() if one.deal_windows)
    peers = [one.id for one in universe.companies(bidden.sub_group) if not one.deal_windows]
    moves = {one.replace("-", "_"): [-0.1] * 7 for one in peers}
    market = through_crises(acwi=[-0.2] * 7, **{bidden.id.replace("-", "_"): [2.0] * 7}, **moves)
    window = bidden.deal_windows[0]
    late = method.crises[-1].model_copy(update={"first": dt.date(2026, 1, 5), "last": window.first})
    market.levels[bidden.id] = market.levels[bidden.id].where(lambda x: x.index < "2026-01-06", 999)
    found = crisis_table(market, method.model_copy(update={"crises": (late,)}))
    assert found.returns.loc[f"{bidden.sub_group}-miners"].tolist() == pytest.approx([0], abs=1e-9)


def test_the_kinds_asked_for_come_with_the_benchmark(through_crises, method):
    found = crisis_table(through_crises(acwi=[-0.2] * 7), method, kinds=("fund",))
    assert found.about["kind"].tolist() == ["fund", "fund", "benchmark"]


def test_relative_returns_do_not_depend_on_the_level(through_crises, method):
    market = through_crises(acwi=[-0.2] * 7, pick=[-0.3] * 7)
    before = crisis_table(market, method).relative
    market.levels = {one: 7 * x for one, x in market.levels.items()}
    pd.testing.assert_frame_equal(crisis_table(market, method).relative, before)


def test_the_count_of_crises_reaches_the_finding(through_crises, method, claim, random):
    market = through_crises(acwi=[-0.2] * 7, pick=[-0.3, -0.1] * 3 + [-0.3])
    index = market.levels["acwi"].index
    noise = pd.Series(np.exp(random.normal(0, 0.004, len(index))), index=index)
    market.levels = {one: x * noise for one, x in market.levels.items()}
    market.levels["us3m"] = pd.Series(4.0, index=noise.index)
    details = TESTS["downside_beta"](claim("M1"), market, method).details
    assert (details["crises_fell_less"], details["crises"]) == (3, 7)


# ── peaks to troughs ────────────────────────────────────────────────────────


def path(*levels, start="2024-01-01"):
    return pd.Series(
        [float(one) for one in levels], index=pd.bdate_range(start, periods=len(levels))
    )


def test_a_fall_runs_from_the_last_high_to_the_lowest_level_before_the_next():
    levels = path(90, 100, 100, 95, 88, 92, 85, 99, 100, 103, 95, 101, 104, 93)
    found = episodes(levels, depth=0.10)
    assert found["fall"].tolist() == pytest.approx([-0.15, 93 / 104 - 1])
    days = levels.index
    assert found.index.tolist() == [days[2], days[12]]
    assert found["trough"].tolist() == [days[6], days[13]]
    assert found["recovered"].iloc[0] == days[8]
    assert pd.isna(found["recovered"].iloc[1])


def test_a_shallower_fall_is_none_and_the_bound_itself_is_one():
    assert episodes(path(100, 90.01, 100), depth=0.10).empty
    assert len(episodes(path(100, 90, 100), depth=0.10)) == 1
    assert episodes(pd.Series(dtype=float), depth=0.10).empty


def test_episodes_are_those_of_a_plain_walk_through_the_levels(random):
    levels = pd.Series(
        100 * np.exp(np.cumsum(random.normal(0.0002, 0.012, 4000))),
        index=pd.bdate_range("2008-01-02", periods=4000),
    )
    expected, high, low = [], levels.iloc[0], levels.iloc[0]
    for level in [*levels, np.inf]:
        if level >= high:
            if low / high - 1 <= -0.10:
                expected.append(low / high - 1)
            high = low = level
        low = min(low, level)
    found = episodes(levels, depth=0.10)
    assert len(expected) > 2
    assert found["fall"].tolist() == pytest.approx(expected)
    again = episodes(1000 * levels, depth=0.10)
    assert again.index.tolist() == found.index.tolist()


def test_the_share_of_falls_in_which_a_group_fell_less(make_market, method, days):
    world = pd.Series(100.0, index=days)
    world.loc["2010-05-03":"2010-06-30"] = 85
    world.loc["2015-08-03":"2015-09-30"] = 80
    world.loc["2020-03-02":] = 70
    world.loc["2018-02-01":"2018-02-28"] = 92
    fund = world.copy()
    fund.loc["2015-08-03":"2015-09-30"] = 90
    fund.loc["2020-03-02":] = 60
    fund.loc[:"2011-01-03"] = np.nan
    found = sell_offs(make_market({"acwi": world, "pick": fund}), method)
    assert [str(day.date()) for day in found.returns] == ["2010-04-30", "2015-07-31", "2020-02-28"]
    assert found.returns.loc["acwi"].tolist() == pytest.approx([-0.15, -0.20, -0.30])
    assert found.relative.loc["pick"].tolist() == pytest.approx([np.nan, 0.10, -0.10], nan_ok=True)
    assert fell_less(found.relative.loc["pick"]) == (1, 2)


def test_a_market_that_never_fell_or_is_not_known_has_no_sell_offs(make_market, method, universe):
    rising = make_market({"acwi": path(1, 2, 3)})
    assert sell_offs(rising, method).returns.shape[1] == 0
    nothing = make_market({})
    nothing.universe = universe.model_copy(update={"roles": {}})
    assert sell_offs(nothing, method).returns.shape[1] == 0
    assert crisis_table(nothing, method).relative.isna().all(axis=None)


def test_rows_of_the_future_change_no_crisis(through_crises, method):
    market = through_crises(acwi=[-0.2] * 7, pick=[-0.3] * 7)
    market.as_of = dt.date(2024, 6, 28)
    whole = crisis_table(market, method)
    market.levels = {one: x.loc[:"2024-06-28"] for one, x in market.levels.items()}
    pd.testing.assert_frame_equal(crisis_table(market, method).returns, whole.returns)
