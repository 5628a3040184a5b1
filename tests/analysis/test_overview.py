"""Frames for the eye: indexed lines, sub-groups, breadth by day, sources."""

from __future__ import annotations

import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from research.analysis import overview
from research.analysis.companies import company_moves
from research.analysis.comps import comps

DAYS = pd.bdate_range("2024-01-01", "2026-01-30")
AS_OF = dt.date(2026, 1, 30)


def _line(first: float, last: float, days: pd.DatetimeIndex = DAYS) -> pd.Series:
    return pd.Series(np.linspace(first, last, len(days)), index=days)


def test_lines_begin_together_at_the_base():
    late = _line(10, 20)
    late[late.index < "2025-06-02"] = np.nan
    levels = pd.DataFrame({"a": _line(50, 100), "b": late, "never": np.nan})
    lines = overview.indexed(levels, years=1, as_of=AS_OF)
    assert list(lines) == ["a", "b"]
    assert lines.index[0] == pd.Timestamp("2025-06-02")
    assert lines.iloc[0].tolist() == [overview.BASE, overview.BASE]


def test_lines_that_never_meet_give_no_frame():
    assert overview.indexed(pd.DataFrame({"a": []}, index=DAYS[:0]), years=2, as_of=AS_OF).empty


def test_growth_is_told_from_the_base_and_only_of_lines_that_reach_the_end():
    dead = _line(100, 300)
    dead[dead.index > "2025-12-01"] = np.nan
    lines = pd.DataFrame({"up": _line(100, 150), "down": _line(100, 80), "dead": dead})
    assert overview.growth(lines).to_dict() == pytest.approx({"up": 0.5, "down": -0.2})
    assert overview.growth(lines.iloc[:0]).empty


def test_a_gap_on_the_last_day_does_not_end_a_line():
    line = _line(100, 150)
    line.iloc[-1] = np.nan
    assert overview.growth(line.to_frame("a"))["a"] == pytest.approx(line.iloc[-2] / 100 - 1)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ({"a": 1.0, "b": 3.0, "c": 2.0}, ["b", "a"]),
        ({"a": 1.0, "b": float("nan")}, ["a"]),
        ({"a": 2.0, "b": 2.0}, ["a", "b"]),
        ({}, []),
    ],
)
def test_extremes_are_the_highest_and_the_lowest_that_are_known(values, ends):
    assert list(overview.extremes(pd.Series(values, dtype=float)).index) == ends


def test_a_week_is_shown_by_its_last_level_under_its_own_date():
    by_week = overview.by_week(_line(1, 2))
    assert by_week.index[-1] == pd.Timestamp("2026-01-30")
    assert (by_week.index.day_of_week == 4).all()
    assert overview.by_week(_line(1, 2)[:-2]).index[-1] == pd.Timestamp("2026-01-28")


def test_sub_groups_stand_in_the_order_of_the_universe(universe):
    moves = pd.DataFrame(
        {
            "sub_group": ["silver", "diversified", "diversified", "diversified"],
            "price_return": [0.3, -0.1, 0.2, 0.5],
        }
    )
    table = overview.moves_by_sub_group(moves, universe)
    assert list(table.index) == ["Diversified", "Silver"]
    found = table.loc["Diversified"].to_dict()
    assert found == pytest.approx(
        {"n": 3, "median": 0.2, "low": -0.1, "high": 0.5, "rising": 2 / 3}
    )


def test_no_company_gives_no_sub_group(make_market, universe):
    moves = company_moves(make_market({"gold": _line(1, 2)}), weeks=26)
    assert overview.moves_by_sub_group(moves, universe).empty


def test_medians_of_sub_groups_are_those_of_the_comparables(make_market, universe, method):
    market = make_market({"bhp": _line(50, 60)})
    peers = comps(market, universe, method)
    medians = overview.sub_group_medians(peers, universe)
    assert list(medians["label"]) == [group.label for group in universe.sub_groups]
    assert medians[["ev_ebitda_1", "now"]].isna().all(axis=None)
    peers.statistics.loc[("silver", "median"), ["ev_ebitda_1", "ev_ebitda_percentile"]] = [8, 0.9]
    silver = overview.sub_group_medians(peers, universe).loc["silver"]
    assert silver.to_dict() == {"label": "Silver", "ev_ebitda_1": 8, "now": 0.9}


def _changes(*rows):
    columns = ["sub_group", "then", "now", "change", "price", "net_debt", "revisions"]
    return pd.DataFrame(rows, columns=columns, index=[f"company-{n}" for n in range(len(rows))])


def test_changes_of_multiples_add_up_and_lead_from_then_to_now(universe):
    changes = _changes(
        ("silver", 4.0, 8.0, math.log(2), 1.0, 0.1, math.log(2) - 1.1),
        ("silver", 9.0, 4.5, -math.log(2), -0.5, 0.0, 0.5 - math.log(2)),
        ("silver", *[math.nan] * 6),
        ("diversified", 5.0, 10.0, math.log(2), math.log(2), 0.0, 0.0),
        ("pgm", *[math.nan] * 6),
    )
    table = overview.multiple_change_by_sub_group(changes, universe)
    assert table["label"].to_dict() == {"diversified": "Diversified", "silver": "Silver"}
    assert table["n"].tolist() == [1, 2]
    assert table.loc["silver", ["then", "now"]].tolist() == pytest.approx([6.0, 6.0])
    silver = table.loc["silver", ["change", "price", "net_debt", "revisions"]].astype(float)
    assert silver.tolist() == pytest.approx([0.0, 0.25, 0.05, -0.3], abs=1e-12)
    for _, row in table.iterrows():
        assert row["price"] + row["net_debt"] + row["revisions"] == pytest.approx(row["change"])
        assert math.log(row["now"] / row["then"]) == pytest.approx(row["change"])
    assert overview.moved_by_price(table) == (1, 2)


def test_no_multiple_of_a_company_leaves_no_split(universe):
    none = overview.multiple_change_by_sub_group(_changes(("pgm", *[math.nan] * 6)), universe)
    assert none.empty
    assert overview.moved_by_price(none) == (0, 0)


def test_a_fall_counts_as_much_as_a_rise():
    splits = pd.DataFrame({"price": [-0.3, 0.1, 0.2], "revisions": [0.1, -0.3, 0.2]})
    assert overview.moved_by_price(splits) == (1, 3)


def test_only_long_samples_wholly_below_the_bound_count():
    betas = pd.DataFrame(
        {
            "hi": [0.9, 1.1, 0.5, 1.0, 0.2],
            "primary": [True, True, False, True, True],
            "kind": ["fund", "fund", "fund", "sub-group", "london"],
        }
    )
    assert overview.clearly_below(betas, 1.0) == (1, 3)
    assert overview.clearly_below(pd.DataFrame(columns=["hi", "primary", "kind"]), 1.0) == (0, 0)


def test_sources_are_listed_with_what_they_gave():
    prices = pd.DataFrame(
        {
            "source": ["LBMA", "Exchange", "LBMA", "LBMA"],
            "instrument": ["gold", "gdx", "gold", "silver"],
            "date": pd.to_datetime(["2026-01-02", "2026-01-05", "2026-01-06", "2025-12-31"]),
        }
    )
    prices["available_at"] = prices["date"].dt.tz_localize("UTC") + pd.Timedelta(hours=15)
    table = overview.sources_used(prices)
    assert list(table.index) == ["Exchange", "LBMA"]
    lbma = table.loc["LBMA"]
    assert lbma["instruments"] == 2
    assert (lbma["first"], lbma["last"]) == (
        pd.Timestamp("2025-12-31"), pd.Timestamp("2026-01-06"),
    )  # fmt: skip
    assert lbma["known"] == pd.Timestamp("2026-01-06 15:00Z")
    assert overview.sources_used(prices.iloc[:0]).empty


def test_the_week_before_never_leaves_the_source():
    source = SimpleNamespace(first_session=dt.date(2026, 1, 26))
    late = SimpleNamespace(as_of=dt.date(2026, 2, 4), source=source)
    early = SimpleNamespace(as_of=dt.date(2026, 1, 28), source=source)
    assert overview.week_before(late) == dt.date(2026, 1, 28)
    assert overview.week_before(early) == dt.date(2026, 1, 26)


def test_breadth_without_companies_is_empty_and_says_so(make_market, method):
    breadth = overview.breadth_history(make_market({"gold": _line(1, 2)}), method)
    assert (breadth.n, breadth.standing) == (0, "within")
    assert breadth.share.empty
    assert overview.by_week(breadth.share).empty


@pytest.mark.parametrize(("now", "standing"), [(0.95, "above"), (0.1, "below"), (0.9, "within")])
def test_breadth_stands_above_below_or_within_its_band(now, standing):
    share = pd.Series([now], index=DAYS[-1:])
    breadth = overview.BreadthHistory(share=share, now=now, low=0.2, high=0.9, n=30)
    assert breadth.standing == standing


def test_breadth_counts_the_companies_above_their_average(make_market, method):
    levels = {"bhp": _line(50, 100), "vale": _line(20, 10), "rio-tinto": _line(5, 9)}
    breadth = overview.breadth_history(make_market(levels), method)
    assert (breadth.n, breadth.now) == (3, pytest.approx(2 / 3))
    assert breadth.low == breadth.high == pytest.approx(2 / 3)
