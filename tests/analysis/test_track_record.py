"""What was foretold is judged by what was written then, once, and scored with known answers."""

from __future__ import annotations

import datetime as dt
from math import isnan, nan
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from research.analysis import track_record as tr
from research.analysis.scoring import brier, brier_skill, murphy, rps
from research.analysis.speakers import league, speakers
from research.edition.remember import check_rows
from research.exhibits.facts import say

FIRST = dt.date(2024, 1, 5)
QUARTER = dt.timedelta(weeks=13)
FRIDAYS = [FIRST + n * dt.timedelta(weeks=1) for n in range(120)]


def forecast(start=FIRST, *, event="E1", weeks=13, above=0.0, below=None, **more):
    """A forecast of the edition of `start`, as the table holds it."""
    year, week, _ = start.isocalendar()
    return {
        "edition": f"{year}-W{week:02d}", "as_of": start.isoformat(), "illustrative": False,
        "event": event, "proxy": "pick", "horizon_weeks": weeks,
        "ends_on": (start + dt.timedelta(weeks=weeks)).isoformat(), "above": above, "below": below,
        "p": 0.6, "p0": 0.58, "method": "1", "replayed": False, "revision": 0, **more,
    }  # fmt: skip


def ended(row, outcome, value=0.0, reason=""):
    """The outcome of a forecast."""
    about = {key: row[key] for key in ("edition", "event", "proxy", "ends_on")}
    return {**about, "value": value, "outcome": outcome, "reason": reason}


def scenarios(start=FIRST, shares=(0.3, 0.4, 0.3)):
    """The three forecasts of an edition's scenarios."""
    ends = [(None, -0.1), (-0.1, 0.1), (0.1, None)]
    return [
        forecast(start, event=event, weeks=26, above=above, below=below, p=p, p0=None)
        for event, (above, below), p in zip(tr.CLASSES, ends, shares, strict=True)
    ]


def levels(values):
    """Levels by day: `{"2024-01-05": 100}`."""
    return pd.Series(list(values.values()), index=pd.DatetimeIndex(values), dtype=float)


@pytest.fixture
def resolved(make_market, method):
    """What is resolved of some forecasts in a market of PICK levels known by `as_of`."""

    def run(rows, values, as_of, known=()):
        day = dt.date.fromisoformat(as_of)
        series = levels(values).loc[:as_of]
        return tr.resolve(rows, known, make_market({"pick": series}, as_of=day), method)

    return run


@pytest.fixture
def score(method):
    """The record of quarters that do not overlap, of probabilities and what came."""

    def run(p, came, p0=0.58):
        rows = [forecast(FIRST + n * QUARTER, p=one, p0=p0) for n, one in enumerate(p)]
        ends = [ended(row, one) for row, one in zip(rows, came, strict=True)]
        return tr.track_record(rows, ends, method, proxy="pick")

    return run


# ── known answers ──────────────────────────────────────────────────────────────────────────────


def test_the_score_and_its_skill_are_those_of_the_oracle(score, oracles):
    known = oracles["brier"]
    found = score(known["f"], known["o"], p0=known["ref_p"])
    assert found.brier == pytest.approx(known["BS"], abs=1e-9)
    assert found.reference == pytest.approx(known["BS_ref"], abs=1e-9)
    assert found.skill == pytest.approx(known["BSS"], abs=1e-7)
    assert brier(known["f"], known["o"]) == pytest.approx(known["BS"])
    skill = brier_skill(known["f"], known["ref_p"], known["o"])
    assert skill == pytest.approx(known["BSS"], abs=1e-7)


def test_the_parts_of_the_score_are_those_of_the_oracle_and_add_up(score, oracles):
    known = oracles["brier_decomp"]
    p = [0.2] * 5 + [0.8] * 5
    found = score(p, known["o"])
    assert found.parts == pytest.approx((known["REL"], known["RES"], known["UNC"]), abs=1e-9)
    assert found.brier_printed == pytest.approx(known["BS"])
    assert murphy(p, known["o"]) == found.parts
    points = found.reliability.set_index("forecast")
    assert points["observed"].to_dict() == pytest.approx({0.2: 0.2, 0.8: 0.8})
    assert points["n"].to_dict() == {0.2: 5, 0.8: 5}


def test_the_ranked_score_of_the_scenarios_is_that_of_the_oracle(method, oracles):
    known = oracles["rps3"]
    rows = scenarios(shares=known["f"])
    ends = [ended(row, int(row["event"] == "extends"), 0.2) for row in rows]
    found = tr.track_record(rows, ends, method, proxy="pick")
    assert found.scenarios == 1
    assert found.rps == pytest.approx(known["RPS"])
    assert rps(known["f"], 2) == pytest.approx(known["RPS"])
    # Counted by the definition: squared distances of the cumulated shares, over the bounds.
    assert known["RPS"] == pytest.approx((0.3**2 + 0.7**2) / 2)


def test_the_parts_are_of_the_printed_forecasts_and_add_up_to_their_score(score, random):
    p = random.uniform(0.15, 0.85, 40)
    came = (random.uniform(size=40) < p).astype(int)
    found = score(p, came)
    reliability, resolution, uncertainty = found.parts
    assert reliability - resolution + uncertainty == pytest.approx(found.brier_printed, abs=1e-12)
    assert found.brier_printed == pytest.approx(np.mean((np.round(20 * p) / 20 - came) ** 2))
    assert found.brier == pytest.approx(np.mean((p - came) ** 2))
    assert found.reliability["n"].sum() == 40


# ── what counts ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("quarters", "enough"), [(7, False), (8, True)])
def test_below_eight_horizons_there_is_too_little_to_judge(score, method, quarters, enough):
    found = score([0.6] * quarters, [1] * quarters)
    assert method.track_record.n_eff_min == 8
    assert (found.n_eff, found.enough) == (quarters, enough)


def test_editions_of_neighbouring_weeks_share_most_of_their_future(method):
    rows = [forecast(day) for day in FRIDAYS[:27]]
    ends = [ended(row, 1) for row in rows]
    found = tr.track_record(rows, ends, method, proxy="pick")
    assert found.resolved == 27
    assert found.n_eff == pytest.approx((26 + 13) / 13)  # from the first start to the last end
    assert not found.enough
    shuffled = tr.track_record(rows[::-1], ends[::-1], method, proxy="pick")
    assert (shuffled.n_eff, shuffled.brier) == (found.n_eff, found.brier)


def test_without_an_outcome_nothing_is_scored(method):
    for rows in ([], [forecast()]):
        found = tr.track_record(rows, [], method, proxy="pick")
        assert (found.forecasts, found.resolved, found.scenarios) == (len(rows), 0, 0)
        assert (found.n_eff, found.enough) == (0.0, False)
        unknown = (
            found.brier, found.reference, found.skill, found.rps, found.replayed,
            found.brier_printed, *found.parts,
        )  # fmt: skip
        assert all(map(isnan, unknown))
        assert found.table["status"].tolist() == ["open"] * len(rows)
        assert found.reliability.columns.tolist() == ["forecast", "observed", "n"]
        assert found.reliability.empty


def test_revisions_other_proxies_and_void_outcomes_are_not_scored(method):
    first, gone = forecast(), forecast(FIRST + QUARTER, replayed=True)
    revised = {**first, "p": 0.1, "revision": 1}
    miners = {**first, "proxy": "gdx", "p": 0.2}
    ends = [ended(first, 1), ended(gone, "void", None, "no price"), ended(miners, 0)]
    found = tr.track_record([first, revised, miners, gone], ends, method, proxy="pick")
    assert (found.forecasts, found.resolved, found.void) == (2, 1, 1)
    assert found.brier == pytest.approx(0.16)
    assert found.replayed == 0.0
    assert found.table["status"].tolist() == ["came", "void"]
    assert found.table["reason"].tolist() == ["", "no price"]
    assert isnan(found.table["value"][1])


def test_the_share_written_in_hindsight_is_told(method):
    rows = [forecast(FIRST + n * QUARTER, replayed=n < 3) for n in range(4)]
    found = tr.track_record(rows, [ended(row, 0) for row in rows], method, proxy="pick")
    assert found.replayed == 0.75


def test_the_first_outcome_of_a_forecast_stays(method):
    row = forecast()
    found = tr.track_record([row], [ended(row, 1), ended(row, 0)], method, proxy="pick")
    assert found.table["status"].tolist() == ["came"]


def test_scenarios_are_ranked_only_when_all_three_have_an_outcome(method):
    whole, part = scenarios(), scenarios(FIRST + QUARTER)
    ends = [ended(row, int(row["event"] == "consolidates")) for row in [*whole, *part[:2]]]
    found = tr.track_record([*whole, *part], ends, method, proxy="pick")
    assert found.scenarios == 1
    assert found.rps == pytest.approx((0.3**2 + 0.3**2) / 2)
    assert found.forecasts == 0
    assert found.table["status"].tolist() == [
        "did not", "came", "did not", "did not", "came", "open",
    ]  # fmt: skip


# ── forecasts as rows ──────────────────────────────────────────────────────────────────────────


def test_an_edition_foretells_each_proxy_and_three_scenarios(make_market, method):
    lines = {
        "diversified": SimpleNamespace(p=0.55, p0=0.58),
        "gold_miners": SimpleNamespace(p=0.5, p0=0.52),
    }
    shares = {"extends": 0.3, "consolidates": 0.5, "reverses": 0.2}
    market = make_market({}, as_of=dt.date(2026, 1, 30))
    rows = tr.forecasts(
        SimpleNamespace(lines=lines), SimpleNamespace(shares=shares), market, method
    )
    columns = ("event", "proxy", "above", "below", "p", "p0", "ends_on")
    told = [tuple(row[column] for column in columns) for row in rows]
    assert told == [
        ("E1", "pick", 0.0, None, 0.55, 0.58, "2026-05-01"),
        ("E1", "gdx", 0.0, None, 0.5, 0.52, "2026-05-01"),
        ("reverses", "pick", None, -0.1, 0.2, None, "2026-07-31"),
        ("consolidates", "pick", -0.1, 0.1, 0.5, None, "2026-07-31"),
        ("extends", "pick", 0.1, None, 0.3, None, "2026-07-31"),
    ]
    assert {row["method"] for row in rows} == {method.version}


def test_rows_are_what_an_edition_takes(make_market, method):
    lines = {"diversified": SimpleNamespace(p=0.55, p0=0.58)}
    shares = {"extends": 0.3, "consolidates": 0.5, "reverses": 0.2}
    told = tr.forecasts(
        SimpleNamespace(lines=lines), SimpleNamespace(shares=shares), make_market({}), method
    )
    over = make_market({"pick": levels({"2024-01-05": 100, "2024-04-05": 104})})
    found = tr.resolve([forecast(), forecast(proxy="gone")], [], over, method)
    assert [row["outcome"] for row in found] == [1, "void"]
    check_rows({
        "edition": "2026-W05", "as_of": "2026-01-30", "completed_at": "2026-01-30T22:00:00Z",
        "illustrative": True, "versions": {"research": "0"}, "inputs": {}, "forecasts": told,
        "outcomes": found,
    })  # fmt: skip


def test_nothing_is_foretold_where_data_are_missing(make_market, method):
    lines = {part: SimpleNamespace(p=nan, p0=nan) for part in ("diversified", "gold_miners")}
    shares = dict.fromkeys(tr.CLASSES, nan)
    told = tr.forecasts(
        SimpleNamespace(lines=lines), SimpleNamespace(shares=shares), make_market({}), method
    )
    assert told == []


# ── outcomes ───────────────────────────────────────────────────────────────────────────────────

END = (FIRST + QUARTER).isoformat()  # 2024-04-05


@pytest.mark.parametrize(("last", "outcome"), [(104, 1), (96, 0)])
def test_a_forecast_that_is_over_is_judged_by_its_total_return(resolved, last, outcome):
    [found] = resolved([forecast()], {"2024-01-05": 100, END: last}, END)
    assert found == {
        "edition": "2024-W01", "event": "E1", "proxy": "pick", "ends_on": END,
        "value": pytest.approx(last / 100 - 1), "outcome": outcome, "reason": "",
    }  # fmt: skip


def test_a_forecast_is_judged_by_its_own_bounds_and_not_by_the_methods_of_today(resolved):
    values = {"2024-01-05": 100, "2024-07-05": 105}
    found = resolved(scenarios(), values, "2024-07-05")
    assert [(row["event"], row["outcome"]) for row in found] == [
        ("reverses", 0), ("consolidates", 1), ("extends", 0),
    ]  # fmt: skip
    narrow = [{**row, "above": row["above"] and 0.04} for row in scenarios()[2:]]
    assert [row["outcome"] for row in resolved(narrow, values, "2024-07-05")] == [1]


def test_nothing_is_resolved_before_its_day_or_twice(resolved):
    values = {"2024-01-05": 100, "2024-04-04": 103, END: 104}
    rows = [forecast(), forecast(revision=1, p=0.1)]
    assert resolved(rows, values, "2024-04-04") == []
    found = resolved(rows, values, END)
    assert len(found) == 1
    assert resolved(rows, values, END, known=found) == []


def test_an_end_on_a_holiday_takes_the_level_before_it_once_a_later_one_is_known(resolved):
    values = {"2024-01-05": 100, "2024-04-04": 103, "2024-04-08": 90}
    assert resolved([forecast()], values, END) == []
    [found] = resolved([forecast()], values, "2024-04-08")
    assert (found["value"], found["outcome"]) == (pytest.approx(0.03), 1)


def test_a_price_that_comes_no_more_is_waited_for_and_then_the_last_one_stands(resolved, method):
    values = {"2024-01-05": 100, "2024-04-04": 103}
    over = FIRST + QUARTER + dt.timedelta(days=method.sampling.fresh_days)
    assert resolved([forecast()], values, over.isoformat()) == []
    [found] = resolved([forecast()], values, (over + dt.timedelta(days=1)).isoformat())
    assert (found["value"], found["outcome"]) == (pytest.approx(0.03), 1)


@pytest.mark.parametrize(
    ("values", "row", "reason"),
    [
        ({"2024-01-05": 100, END: 100}, forecast(), "the return lies exactly on a bound"),
        ({"2024-01-05": 100, "2024-02-01": 101, "2024-05-01": 99}, forecast(),
         f"no price of pick near 2024-01-05 or near {END}"),
        ({"2024-03-05": 100, "2024-05-01": 101}, forecast(),
         f"no price of pick near 2024-01-05 or near {END}"),
        ({"2024-01-05": 100, "2024-05-01": 101}, forecast(proxy="gone"),
         f"no price of gone near 2024-01-05 or near {END}"),
        ({}, forecast(), f"no price of pick near 2024-01-05 or near {END}"),
    ],
)  # fmt: skip
def test_a_return_on_a_bound_and_a_missing_price_are_void(resolved, values, row, reason):
    values = values or {"2020-01-03": 1}
    [found] = resolved([row], values, "2024-05-01")
    assert (found["outcome"], found["reason"]) == ("void", reason)
    assert (found["value"] is None) == reason.startswith("no price")


@pytest.mark.parametrize(
    ("last", "outcomes"), [(90, ["void", "void", 0]), (110, [0, "void", "void"]), (89, [1, 0, 0])]
)
def test_a_return_on_a_bound_is_void_for_the_scenarios_on_both_sides(
    resolved, method, last, outcomes
):
    rows = scenarios()
    found = resolved(rows, {"2024-01-05": 100, "2024-07-05": last}, "2024-07-05")
    assert [row["outcome"] for row in found] == outcomes
    ranked = tr.track_record(rows, found, method, proxy="pick").scenarios
    assert ranked == int("void" not in outcomes)


def test_the_future_changes_no_outcome_that_was_written(make_market, method, random):
    """Week by week with only what was known, and at once with hindsight: the same outcomes."""
    days = pd.bdate_range(FIRST, FRIDAYS[-1])
    series = pd.Series(100 * np.exp(np.cumsum(random.normal(0, 0.02, len(days)))), index=days)
    series = series[random.uniform(size=len(days)) > 0.1]  # holidays of all sorts
    rows = [one for day in FRIDAYS[:100] for one in (forecast(day), *scenarios(day))]
    written = []
    for day in FRIDAYS:
        market = make_market({"pick": series.loc[: day.isoformat()]}, as_of=day)
        before = [row for row in rows if row["as_of"] < day.isoformat()]
        written += tr.resolve(before, written, market, method)
    at_once = tr.resolve(rows, [], make_market({"pick": series}, as_of=FRIDAYS[-1]), method)
    assert len(written) > 300

    def told(found):
        return {(row["edition"], row["event"]): (row["outcome"], row["value"]) for row in found}

    assert told(written) == told(at_once)
    # Other prices after the day they were written in touch none of them either.
    crash = pd.concat([series, series.iloc[-1:].set_axis([days[-1] + pd.Timedelta(days=3)]) / 9])
    later = make_market({"pick": crash}, as_of=FRIDAYS[-1] + dt.timedelta(days=3))
    assert told(tr.resolve(rows, [], later, method)).items() >= told(written).items()


# ── the speakers ───────────────────────────────────────────────────────────────────────────────

SAID, DUE = "2026-01-28", "2026-04-29"


@pytest.fixture
def called(make_market, ledger, method):
    """The speakers' calls, as of a day, in a market of these levels up to then."""

    def run(as_of, **values):
        series = {one: levels(told).loc[:as_of] for one, told in values.items()}
        market = make_market(series, as_of=dt.date.fromisoformat(as_of), units={"gold": "USD/oz"})
        table = speakers(ledger, market, method)
        for one in table["statement"]:
            assert str(say(one.template, **one.values)).endswith(".")
        return table

    return run


def test_each_call_says_who_what_of_what_and_until_when(called, method):
    table = called("2026-01-30", pick={SAID: 100, "2026-01-30": 95})
    target, doubt = table.loc["C4"], table.loc["K2"]
    view = method.metal_view
    assert (target["call"], target["about"], target["target"]) == ("target", "gold", 5000)
    assert (target["said_on"], target["due"]) == (view.said_on, view.expires_on)
    assert (target["horizon"], target["unit"], target["implied"]) == ("stated", "USD/oz", False)
    assert (doubt["speaker"], doubt["call"], doubt["about"]) == ("Joachim Klement", "down", "gdx")
    assert (doubt["due"].isoformat(), doubt["weeks"]) == (DUE, 13)
    assert (doubt["horizon"], doubt["implied"]) == ("assumed", False)
    implied = table[table["implied"]]
    assert implied["call"].to_dict() == {
        "M1": "up", "M2": "up", "J1": "down", "J2": "up", "J3": "up", "J4": "up", "C1": "down",
        "C2": "down", "C6": "down", "K1": "down",
    }  # fmt: skip
    assert set(implied["about"]) == {"pick"}
    assert set(implied["horizon"]) == {"assumed"}


def test_before_its_day_a_call_is_open_and_shown_as_it_stands(called):
    values = {"gdx": {SAID: 100, "2026-01-30": 90}, "gold": {"2026-01-30": 4895}}
    table = called("2026-01-30", **values)
    assert set(table["status"]) == {"open"}
    assert table.loc["K2", "value"] == pytest.approx(-0.1)
    assert table.loc["C4", "value"] == 4895
    told = {one: table.loc[one, "statement"] for one in ("K2", "C4", "J2")}
    said = {
        one: str(say(it.template, **it.values)).replace("\xa0", " ").replace("\u202f", "")
        for one, it in told.items()
    }
    assert said["K2"].endswith("lower on 29 Apr 2026: −10.0% so far.")
    assert said["C4"].endswith("at 5,000 USD/oz or more on 13 Apr 2026: it stands at 4,895.")
    assert said["J2"].endswith("higher on 29 Apr 2026: no later price so far.")


@pytest.mark.parametrize(
    ("last", "doubt", "breadth"), [(90, "hit", "miss"), (110, "miss", "hit"), (100, "void", "void")]
)
def test_a_call_is_settled_by_the_total_return_of_its_horizon(called, last, doubt, breadth):
    values = {SAID: 100, DUE: last}
    table = called(DUE, gdx=values, pick=values)
    assert table.loc[["K2", "J2", "C2"], "status"].tolist() == [doubt, breadth, doubt]
    assert table.loc["K2", "value"] == pytest.approx(last / 100 - 1)


@pytest.mark.parametrize(("price", "status"), [(4999, "miss"), (5000, "hit"), (5200, "hit")])
def test_a_target_is_settled_by_the_price_of_its_last_day(called, price, status):
    known = {SAID: 5400, "2026-04-13": price}
    assert called("2026-04-13", gold=known).loc["C4", "status"] == status
    later = called("2026-04-20", gold={**known, "2026-04-20": 5100 if status == "miss" else 1})
    assert later.loc["C4", ["status", "value"]].tolist() == [status, price]


def test_a_call_waits_for_its_last_price_and_is_void_without_any(called):
    waiting = called(DUE, gdx={SAID: 100, "2026-04-27": 90})
    assert waiting.loc["K2", "status"] == "open"
    missing = called("2026-05-29", gdx={SAID: 100}, gold={SAID: 5400})
    assert missing.loc[["K2", "C4", "J2"], "status"].tolist() == ["void"] * 3
    assert missing["value"].isna().all()


def test_a_call_that_was_not_made_yet_is_not_told(called):
    assert called("2026-01-12").empty
    assert called("2026-01-13").index.tolist() == ["C4"]


def test_later_prices_change_no_call_that_was_settled(called):
    values = {SAID: 100, DUE: 90}
    before = called(DUE, gdx=values, pick=values)
    crash = {**values, "2026-05-29": 300}
    after = called("2026-05-29", gdx=crash, pick=crash)
    settled = before["status"].isin(["hit", "miss"])
    columns = ["status", "value"]
    pd.testing.assert_frame_equal(before.loc[settled, columns], after.loc[settled, columns])
    assert settled.sum() > 8


def test_there_is_no_league_table_of_anecdotes(called, method):
    values = {SAID: 100, DUE: 110}
    table = league(called(DUE, gdx=values, pick=values, gold={"2026-04-13": 5100}), method)
    assert table.loc["Joachim Klement", ["calls", "resolved", "hits"]].tolist() == [2, 2, 0]
    assert table.loc["Jon Mills", ["calls", "resolved", "hits"]].tolist() == [4, 4, 3]
    assert table["share"].isna().all()
    assert not table["enough"].any()


def test_with_enough_resolved_calls_a_share_is_told(method):
    least = method.track_record.calls_min
    calls = pd.DataFrame(
        {
            "speaker": ["A"] * (least + 1) + ["B"] * least,
            "status": ["hit"] * 3 + ["miss"] * (least - 3) + ["void"] + ["open"] + ["hit"] * 9,
        }
    )
    table = league(calls, method)
    assert table.index.tolist() == ["A", "B"]
    assert table["enough"].tolist() == [True, False]
    assert table.loc["A", "share"] == pytest.approx(3 / least)
    assert isnan(table.loc["B", "share"])
