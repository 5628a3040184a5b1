"""Gates: each thing that may be wrong with data, its status and its sentence."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from research.market.checks import GateResult, Gates, check
from research.market.market import Market
from research.market.sources import BESIDES, COLUMNS, conform, empty
from research.params.models import Gates as Thresholds
from research.params.models import Universe

AS_OF = dt.date(2026, 1, 28)
THRESHOLDS = Thresholds.model_validate(
    {
        "stale_sessions": 2,
        "stale_days_by_dataset": {"fundamentals": 270, "consensus": 21, "ratings": 35,
                                  "ownership": 120},
        "jump_ratio": 50,
        "leap_ratio": 3.2,
        "split_ratios": [1.5, 2, 3],
        "split_tolerance": 0.02,
        "split_sd": 12,
        "frozen_sessions": 15,
        "spacing_rows": 8,
        "last_row_ratio": 1.5,
        "range_by_kind": {"rate": [-5, 30], "volatility": [3, 200]},
        "coverage_min": 0.8,
        "fill_days": 5,
        "adr_gap": 0.03,
        "adr_sessions": 5,
        "market_value_gap": 0.2,
    }
)  # fmt: skip
UNIVERSE = Universe.model_validate(
    {
        "sub_groups": [{"id": "gold-senior", "label": "Gold"}],
        "roles": {},
        "basket": [],
        "instruments": [
            {"id": "gold", "name": "Gold", "label": "Gold", "kind": "metal", "unit": "USD/oz"},
            {"id": "us3m", "name": "Bill", "label": "Bill", "kind": "rate", "unit": "%"},
            *(
                {"id": one, "name": one, "label": one, "kind": "company",
                 "sub_group": "gold-senior",
                 "listings": [{"ticker": "X", "exchange": "XNYS", "unit": "USD"}]}
                for one in ("vale", "barrick")
            ),
        ],
    }
)  # fmt: skip


class Fake:
    """A source of frames made in a test."""

    title = "Test data"
    illustrative = False
    first_session = dt.date(2026, 1, 2)
    last_session = AS_OF
    columns = COLUMNS

    def __init__(self, frames: dict[str, pd.DataFrame]) -> None:
        self.frames = frames

    def read(self, dataset: str) -> pd.DataFrame:
        return self.frames.get(dataset, empty(dataset))

    def inputs(self) -> dict[str, str]:
        return {}


def prices(last: dict[str, str] | None = None, **values: list[float]) -> pd.DataFrame:
    """A row each session of January for every instrument, to 28 January or to `last`."""
    rows = []
    for one in UNIVERSE.instruments:
        sessions = pd.bdate_range("2026-01-20", (last or {}).get(one.id, "2026-01-28"))
        usual = 4.0 if one.kind == "rate" else 100.0
        given = values.get(one.id, [usual] * len(sessions))
        rows += [
            {"instrument": one.id, "date": day, "close": value, "adj_close": float("nan")}
            for day, value in zip(sessions, given, strict=False)
        ]
    return priced(rows)


def priced(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).assign(unit="USD", price_type="close", source="test")
    frame["available_at"] = frame["date"].dt.tz_localize("UTC") + pd.Timedelta(hours=21)
    return conform("prices", frame)


def fundamentals(companies: tuple[str, ...] = ("vale", "barrick")) -> pd.DataFrame:
    day = pd.Timestamp("2025-10-30")
    rows = [
        {"instrument": one, "item": "ebitda", "period_end": pd.Timestamp("2025-09-30"),
         "value": 1.0, "unit": "USD m", "published_at": day, "source": "test",
         "available_at": day.tz_localize("UTC")}
        for one in companies
    ]  # fmt: skip
    return conform("fundamentals", pd.DataFrame(rows))


def consensus(day: str = "2026-01-23") -> pd.DataFrame:
    rows = [
        {"instrument": one, "item": "eps", "fiscal_year_end": pd.Timestamp("2026-12-31"),
         "value": 1.0, "unit": "USD", "source": "test",
         "available_at": pd.Timestamp(day, tz="UTC")}
        for one in ("vale", "barrick")
    ]  # fmt: skip
    return conform("consensus", pd.DataFrame(rows))


def ratings() -> pd.DataFrame:
    rows = [
        {"analyst": "a", "broker": "b", "instrument": one, "date": pd.Timestamp("2026-01-20"),
         "rating": "Buy", "source": "test", "available_at": pd.Timestamp("2026-01-20", tz="UTC")}
        for one in ("vale", "barrick")
    ]  # fmt: skip
    return conform("ratings", pd.DataFrame(rows))


def ownership() -> pd.DataFrame:
    day = pd.Timestamp("2025-12-31")
    row = {"fund": "f", "group": "uk-miners", "date": day, "weight": 0.01,
           "benchmark_weight": 0.02, "source": "test",
           "available_at": day.tz_localize("UTC")}  # fmt: skip
    return conform("ownership", pd.DataFrame([row]))


def gates(**frames: pd.DataFrame) -> Gates:
    return check(market(**frames))


def market(**frames: pd.DataFrame) -> Market:
    whole = {
        "prices": prices(),
        "fundamentals": fundamentals(),
        "consensus": consensus(),
        "ratings": ratings(),
        "ownership": ownership(),
    }
    params = SimpleNamespace(
        universe=UNIVERSE,
        method=SimpleNamespace(
            gates=THRESHOLDS,
            sampling=SimpleNamespace(average_fresh_days=70),
            valuation=SimpleNamespace(reported_days_max=550),
        ),
        note=SimpleNamespace(calendar="NYSE"),
        corrections=None,
    )
    return Market(params, Fake(whole | frames), AS_OF)  # type: ignore[arg-type]


def only(found: Gates) -> GateResult:
    """The one result that does not pass."""
    (result,) = (one for one in found.results if one.status != "PASS")
    return result


def test_whole_and_fresh_data_pass_dataset_by_dataset() -> None:
    found = gates()
    assert found.status == "PASS"
    assert found.messages == ()
    assert [one.dataset for one in found.results] == [one for one in COLUMNS if one not in BESIDES]
    assert "28 rows to 2026-01-28" in found.results[0].message


def test_a_market_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = market()
    first = check(opened)
    monkeypatch.setattr(Market, "frame", lambda *_: pytest.fail("it was checked before"))
    assert check(opened) is first


def test_a_stale_price_is_named_with_its_date_and_age() -> None:
    found = gates(prices=prices(last={"vale": "2026-01-22"}))
    stale = next(one for one in found.results if one.subject == "vale")
    assert stale.status == "DEGRADED"
    assert stale.message == (
        "prices: vale last price is 2026-01-22, 4 sessions before as_of 2026-01-28; at most 2 are "
        "allowed. Bring newer data, or drop it in the universe."
    )


def test_prices_that_ended_together_are_told_together() -> None:
    found = gates(prices=prices(last={"vale": "2026-01-22", "barrick": "2026-01-22"}))
    told = next(one for one in found.results if one.subject == "vale, barrick")
    assert "vale, barrick last price is 2026-01-22, 4 sessions before" in told.message


def test_a_price_two_sessions_old_is_not_stale() -> None:
    assert gates(prices=prices(last={"gold": "2026-01-26"})).status == "PASS"


@pytest.mark.parametrize(("month", "status"), [("2025-12-01", "PASS"), ("2025-11-01", "DEGRADED")])
def test_a_monthly_average_is_old_when_the_next_is_overdue(month: str, status: str) -> None:
    frame = prices()
    average = frame[frame["instrument"] == "gold"].head(1)
    average = average.assign(date=pd.Timestamp(month), price_type="average")
    found = gates(prices=pd.concat([average, frame[frame["instrument"] != "gold"]]))
    assert found.status == status
    if status == "DEGRADED":
        assert only(found).message == (
            "prices: gold last monthly average is that of 2025-11, 88 days before as_of "
            "2026-01-28; at most 70 are allowed. Bring newer data, or drop it in the universe."
        )


def test_an_instrument_that_stands_in_for_another_is_missed_only_without_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in = UNIVERSE["gold"].model_copy(update={"id": "gold-too", "stands_in_for": "gold"})
    wider = UNIVERSE.model_copy(update={"instruments": (*UNIVERSE.instruments, stand_in)})
    frame = prices()
    monkeypatch.setitem(globals(), "UNIVERSE", wider)
    assert gates(prices=frame).status == "PASS"
    without = gates(prices=frame[frame["instrument"] != "gold"])
    assert "nothing for 2 of 5 instruments: gold, gold-too" in (only(without).message)


def test_stale_companies_count_against_coverage() -> None:
    found = gates(prices=prices(last={"vale": "2026-01-22"}))
    told = next(one for one in found.results if one.subject == "companies")
    assert told.message == (
        "prices: 1 of 2 companies have a current price (50%); at least 80% are wanted. "
        "Breadth is measured on those that have one."
    )


def test_instruments_without_any_price_are_listed_in_one_message() -> None:
    frame = prices()
    found = gates(prices=frame[~frame["instrument"].isin(["gold", "us3m"])])
    assert only(found).message == (
        "prices: nothing for 2 of 4 instruments: gold, us3m. They are shown as not available."
    )


def test_prices_known_only_adjusted_are_returns_and_no_prices() -> None:
    frame = prices()
    vale = frame["instrument"] == "vale"
    frame.loc[vale, "adj_close"] = frame.loc[vale, "close"]
    frame.loc[vale, "close"] = float("nan")
    assert only(gates(prices=frame)).message == (
        "prices: only adjusted closes on the last day for 1 instrument: vale. "
        "Their returns are shown; their prices are NA."
    )


@pytest.mark.parametrize("column", ["close", "adj_close"])
def test_a_unit_that_flips_blocks(column: str) -> None:
    frame = prices()
    rows = frame.index[frame["instrument"] == "vale"]
    frame.loc[rows, "adj_close"] = 100.0
    frame.loc[rows[3:], column] = 1.0
    found = only(gates(prices=frame))
    assert found.status == "BLOCKED"
    assert f"vale {column} goes from 100 on 2026-01-22 to 1 on 2026-01-23" in found.message
    assert "a factor above 50 is taken for a change of unit" in found.message


def test_a_move_by_less_than_the_jump_ratio_passes() -> None:
    assert gates(prices=prices(vale=[100, 32, 100, 100, 100, 100, 100])).status == "PASS"


@pytest.mark.parametrize("value", [0.0, -37.63])
def test_a_price_that_is_not_above_zero_blocks(value: float) -> None:
    found = only(gates(prices=prices(gold=[100, 100, value, 100, 100, 100, 100])))
    assert found.status == "BLOCKED"
    assert f"gold close is {value:g} on 2026-01-22 (1 such row)" in found.message


def test_a_yield_may_be_zero_negative_and_jump() -> None:
    assert gates(prices=prices(us3m=[5.0, 0.0, -0.1, 0.01, 4, 4, 4])).status == "PASS"


def test_a_row_from_after_the_cutoff_blocks() -> None:
    late = prices()
    late["available_at"] = late["available_at"] + pd.Timedelta(days=1)
    market = SimpleNamespace(
        frame=lambda dataset: late if dataset == "prices" else empty(dataset),
        universe=UNIVERSE,
        method=SimpleNamespace(gates=THRESHOLDS),
        calendar=SimpleNamespace(sessions_between=lambda first, last: 0),
        as_of=AS_OF,
        source_name="Test data",
        repeated=lambda _: late.iloc[:0],
        corrections=tuple,
        once=lambda _, compute: compute(),
    )  # a Market would not let such rows out, and the gate does not rely on it
    found = check(market)  # type: ignore[arg-type]
    assert found.status == "BLOCKED"
    assert found.messages[0].startswith(
        "prices: 4 rows became public after 2026-01-28, the first at 2026-01-29 21:00 UTC"
    )


@pytest.mark.parametrize(
    ("dataset", "loss"),
    [
        ("fundamentals", "the comps table shows NA"),
        ("consensus", "forward multiples show NA"),
        ("ratings", "claims on analysts’ ratings are NOT TESTED"),
        ("ownership", "claims on ownership are NOT TESTED"),
    ],
)
def test_a_missing_dataset_degrades_and_says_what_is_lost(dataset: str, loss: str) -> None:
    found = only(gates(**{dataset: empty(dataset)}))
    assert found.status == "DEGRADED"
    assert found.message.startswith(f"{dataset}: none is known by ")
    assert loss in found.message


def test_an_old_vintage_degrades() -> None:
    assert only(gates(consensus=consensus("2026-01-02"))).message == (
        "consensus: newest row is of 2026-01-02, 26 days before as_of 2026-01-28; at most 21 are "
        "allowed. Bring newer data."
    )


def test_companies_without_fundamentals_are_named() -> None:
    assert only(gates(fundamentals=fundamentals(("vale",)))).message == (
        "fundamentals: nothing for 1 of 2 companies: barrick. They are shown as NA."
    )


def test_the_worst_status_wins_and_is_told_first() -> None:
    found = gates(prices=prices(gold=[100, -1, 100, 100, 100, 100, 100]), ratings=empty("ratings"))
    assert found.status == "BLOCKED"
    assert ["gold close" in found.messages[0], "ratings" in found.messages[1]] == [True, True]


def test_results_are_plain_data_for_the_manifest() -> None:
    missing = next(one for one in gates(ratings=empty("ratings")).results if one.values)
    record = missing.record()
    assert list(record) == ["dataset", "subject", "status", "message"]
    assert record["message"] == missing.message
