"""Each gate of prices by itself: data that must fire, with its whole message, and data that not."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from research.market.checks import check
from research.market.checks.actions import check_actions
from research.market.checks.adr import check_adr
from research.market.checks.coverage import check_coverage
from research.market.checks.frozen import check_frozen
from research.market.checks.jumps import check_jumps, check_leaps
from research.market.checks.last_row import check_last_row
from research.market.checks.lookahead import check_lookahead
from research.market.checks.market_value import check_market_value
from research.market.checks.ranges import check_ranges
from research.market.checks.repeats import check_repeats
from research.market.checks.result import GateResult
from research.market.checks.spacing import check_spacing
from research.market.checks.splits import check_splits, split_like
from research.market.lines import ratios
from research.market.market import Market
from research.market.sources import conform
from research.market.units import Unit
from research.params.models import Params

MarketOf = Callable[..., Market]
Check = Callable[[Market, str, pd.DataFrame], Iterator[GateResult]]
SESSIONS = pd.bdate_range("2025-10-01", "2026-01-28")


def walk(n: int = len(SESSIONS), seed: int = 1, sd: float = 0.01) -> np.ndarray:
    """Prices about 100 that move by about 1 % a day."""
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, sd, n)))


def line(
    values: Sequence[float] | np.ndarray, id: str = "newmont", unit: str = "USD", **days: Any
) -> list[tuple[str, str, float, str]]:
    dates = days.get("dates", SESSIONS[-len(values) :])
    return [(id, f"{day:%Y-%m-%d}", float(x), unit) for day, x in zip(dates, values, strict=True)]


def told(gate: Check, market: Market, dataset: str = "prices") -> list[GateResult]:
    found = list(gate(market, dataset, market.frame(dataset)))
    labels = {one.id: one.label for one in market.universe.instruments}
    for one in found:
        again = GateResult(**json.loads(json.dumps(vars(one), allow_nan=False)))
        assert again == one, "a result is told to other processes"
        page = again.plainly(labels)
        assert not re.search(r"\d{4}-\d\d|\d%", page), "a reader is told days and shares in words"
        assert not one.advice or one.advice not in page
    return found


@pytest.mark.parametrize(
    "gate",
    [check_adr, check_frozen, check_jumps, check_leaps, check_last_row, check_lookahead,
     check_ranges, check_repeats, check_spacing, check_splits],
)  # fmt: skip
def test_a_usual_line_fires_no_gate(gate: Check, market_of: MarketOf) -> None:
    assert told(gate, market_of(*line(walk()), *line(walk(seed=2) / 20, "us10y", "%"))) == []


# ── two lines of one company ────────────────────────────────────────────────


def two_lines(
    receipt: np.ndarray, home: np.ndarray, *, unit: str = "USD", home_unit: str = "AUD"
) -> list[tuple[str, str, float, str]]:
    rate = np.full(len(home), 0.65)
    return [
        *line(home, "bhp", home_unit),
        *line(receipt, "bhp-receipt", unit),
        *line(rate, "audusd", "USD per AUD"),
    ]


def test_a_receipt_at_its_ratio_and_the_days_rate_is_told_nothing_of(market_of: MarketOf) -> None:
    home = walk()
    noise = 1 + np.random.default_rng(3).normal(0, 0.008, len(home))
    assert told(check_adr, market_of(*two_lines(home * 0.65 * 2 * noise, home))) == []


def test_a_receipt_at_another_ratio_is_doubted_with_what_to_look_at(market_of: MarketOf) -> None:
    home = walk()
    receipt = home * 0.65 * 2
    receipt[20:30] /= 2
    (found,) = told(check_adr, market_of(*two_lines(receipt, home)))
    assert (found.status, found.subject) == ("DEGRADED", "bhp-receipt")
    assert found.message == (
        "prices: bhp-receipt is 0.5 times bhp by the ordinary share on 10 sessions in a row, from "
        "2025-10-29 to 2025-11-11; two lines of one company are within 3%. The note values BHP "
        "Group Limited at bhp. Look at `ordinary_per_share`, 2 for bhp-receipt and 1 for bhp, at "
        "the units, USD and AUD, and at the rate between them."
    )


def test_a_gap_of_fewer_sessions_in_a_row_is_the_hour_of_the_close(market_of: MarketOf) -> None:
    home = walk()
    receipt = home * 0.65 * 2
    for n in (20, 40, 60):
        receipt[n : n + 4] *= 1.05
    assert told(check_adr, market_of(*two_lines(receipt, home))) == []


def test_a_line_in_pence_for_pounds_blocks(market_of: MarketOf) -> None:
    home = walk()
    rows = two_lines(home * 0.65 * 2 * 100, home)
    (found,) = told(check_adr, market_of(*rows))
    assert found.status == "BLOCKED"
    assert "is 100 times bhp by the ordinary share" in found.message


def test_a_line_alone_is_held_against_nothing_and_missed_by_nobody(market_of: MarketOf) -> None:
    alone = market_of(*line(walk(), "bhp-receipt", "USD"), *line(walk(), "rio-tinto", "GBp"))
    assert told(check_adr, alone) == []
    said = " ".join(result.message for result in told(check_coverage, alone))
    assert "receipt" not in said


def test_a_line_whose_rate_no_pair_gives_is_told(market_of: MarketOf, params: Params) -> None:
    market = market_of(*two_lines(walk(), walk()))
    others = tuple(one for one in params.universe.instruments if one.id != "audusd")
    market.universe = params.universe.model_copy(update={"instruments": others})
    rows = market.frame("prices")
    (found,) = check_adr(market, "prices", rows[rows["instrument"] != "audusd"])
    assert found.status == "DEGRADED"
    assert "bhp-receipt cannot be held against bhp: " in found.message
    assert "Add audusd to universe.yaml" in found.message


def test_each_day_has_the_ratio_of_its_listing(params: Params) -> None:
    bhp = params.universe["bhp-receipt"]
    (now,) = bhp.listings
    then = now.model_copy(update={"ordinary_per_share": 4.0, "valid_to": dt.date(2025, 12, 31)})
    changed = bhp.model_copy(
        update={"listings": (then, now.model_copy(update={"valid_from": dt.date(2026, 1, 1)}))}
    )
    days = pd.DatetimeIndex(["2025-12-30", "2025-12-31", "2026-01-02"])
    assert ratios(changed, Unit("USD"), days).tolist() == [4, 4, 2]
    assert ratios(bhp, Unit("USD"), days).tolist() == [2, 2, 2]


# ── units and splits ────────────────────────────────────────────────────────


@pytest.mark.parametrize("factor", [100, 1 / 100, 2204.62])
def test_a_bar_in_another_unit_blocks_though_it_heals_the_next_day(
    factor: float, market_of: MarketOf
) -> None:
    values = walk()
    values[40] *= factor
    (found,) = told(check_jumps, market_of(*line(values)))
    assert (found.status, found.subject) == ("BLOCKED", "newmont")
    assert f"on 2025-11-25 to {values[40]:g} on 2025-11-26 (and 1 more such moves)" in found.message


@pytest.mark.parametrize(
    ("ratio", "word"),
    [(2, "rises 2:1"), (1 / 2, "falls 2:1"), (1.5, "rises 3:2"), (1 / 3, "falls 3:1")],
)
def test_a_split_left_in_is_told_with_its_ratio_and_day(
    ratio: float, word: str, market_of: MarketOf
) -> None:
    values = walk()
    values[50:] *= ratio * values[49] / values[50]
    (found,) = told(check_splits, market_of(*line(values)))
    assert found.status == "DEGRADED"
    assert found.message == (
        f"prices: newmont close {word} from {values[49]:g} on 2025-12-09 to {values[50]:g} on "
        "2025-12-10 and stays there; no such move is usual for it, so a split is taken to be "
        "left in. Its returns across that day are wrong. Bring adjusted prices, or "
        "multiply the earlier rows with a correction."
    )


def test_a_split_in_the_last_row_is_told(market_of: MarketOf) -> None:
    values = walk()
    values[-1] = values[-2] / 2
    assert [one.subject for one in told(check_splits, market_of(*line(values)))] == ["newmont"]


@pytest.mark.parametrize("factor", [1 / 10, 7.42, 5])
def test_a_first_row_of_another_size_is_told_of_a_metal_too(
    factor: float, market_of: MarketOf
) -> None:
    values = walk()
    values[0] = values[1] * factor
    (found,) = told(check_leaps, market_of(*line(values, "nickel", "USD/t")))
    assert found.status == "DEGRADED"
    size = max(factor, 1 / factor)
    assert found.message == (
        f"prices: nickel close goes from {values[0]:g} on 2025-10-01 to {values[1]:g} on "
        f"2025-10-02, {size:.3g} times as much or as little; above 3.2 a split, a misplaced point "
        "or a row of another line is taken for the cause. Its returns across that day are wrong. "
        "Bring adjusted prices, or multiply or drop the rows on one side with a correction."
    )


def test_moves_that_are_no_splits_pass() -> None:
    wild = walk(90, sd=0.08)
    wild[60:] *= 0.5 * wild[59] / wild[60]  # halves, where ±8 % a day is usual
    assert split_like(wild, (1.5, 2.0), 0.02, 12) == []
    bar = walk()
    bar[40] *= 2 * bar[39] / bar[40]  # one bar, back the next day
    assert split_like(bar, (1.5, 2.0), 0.02, 12) == []
    fall = walk()
    fall[40:] *= 0.6865 * fall[39] / fall[40]  # silver on 30 January 2026, near 2:3 and no split
    assert split_like(fall, (1.5, 2.0), 0.02, 12) == []


def test_a_metal_may_halve_and_a_volatility_may_do_as_it_will(market_of: MarketOf) -> None:
    values = walk()
    values[50:] /= 2 * values[50] / values[49]
    assert told(check_splits, market_of(*line(values, "silver", "USD/oz"))) == []
    values[50:] *= 5
    assert told(check_leaps, market_of(*line(values, "vix", "index"))) == []


# ── lines that are not what they seem ───────────────────────────────────────


def test_a_line_that_stands_still_is_told_with_its_longest_stretch(market_of: MarketOf) -> None:
    values = walk()
    values[5:20], values[40:60] = 0.81, 0.82
    (found,) = told(check_frozen, market_of(*line(values)))
    assert found.message == (
        "prices: newmont stands at 0.82 in 20 rows from 2025-11-26 to 2025-12-23, the longest of 2 "
        "such stretches; 15 or more are taken for a line that is not traded. Its risk is shown too "
        "low. Drop the rows with a correction, or the instrument in the universe."
    )


def test_a_holiday_or_a_rate_that_is_set_may_stand_still(market_of: MarketOf) -> None:
    values = walk()
    values[5:19] = 100
    rates = line([4.33] * len(SESSIONS), "us3m", "%")
    assert told(check_frozen, market_of(*line(values), *rates)) == []


def test_weekly_bars_among_daily_ones_are_told(market_of: MarketOf) -> None:
    weekly = pd.date_range("2025-10-03", "2025-12-26", freq="7D")
    dates = [*weekly, *pd.bdate_range("2025-12-29", "2026-01-28")]
    (found,) = told(check_spacing, market_of(*line(walk(len(dates)), dates=dates)))
    assert found.message == (
        "prices: newmont has a row every 7 days from 2025-10-03 to 2025-12-26 (12 steps); daily "
        "prices are expected, and longer bars would pass for days. Averages and highs of that "
        "stretch are NA or coarse. Bring daily prices, or begin after it."
    )


def test_monthly_averages_and_gaps_of_a_holiday_are_no_weekly_bars(market_of: MarketOf) -> None:
    months = pd.date_range("2024-01-01", "2025-12-01", freq="MS")
    averages = line(walk(len(months)), "iron-ore-cfr", "USD/t", dates=months)
    assert told(check_spacing, market_of(*averages, price_type="average")) == []
    sessions = SESSIONS[(SESSIONS < "2025-10-06") | (SESSIONS > "2025-10-17")]
    assert told(check_spacing, market_of(*line(walk(len(sessions)), dates=sessions))) == []


# ── the last row ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("factor", [2.2, 0.4])
def test_a_last_row_far_from_the_one_before_is_doubtful(factor: float, market_of: MarketOf) -> None:
    values = [100.0, 101.0, 101.0 * factor]
    (found,) = told(check_last_row, market_of(*line(values, "silver", "USD/oz")))
    assert found.status == "DEGRADED"
    assert f"silver close is {101 * factor:g} on 2026-01-28, its last row, after 101" in (
        found.message
    )


def test_the_same_move_with_a_row_after_it_is_confirmed(market_of: MarketOf) -> None:
    assert told(check_last_row, market_of(*line([100.0, 222.0, 221.0]))) == []
    assert told(check_last_row, market_of(*line([100.0, 101.0, 69.0]))) == []
    assert told(check_last_row, market_of(*line([15.0, 38.0], "vix", "index"))) == []


def test_a_last_row_without_a_price_is_told(market_of: MarketOf) -> None:
    (found,) = told(check_last_row, market_of(*line([100.0, float("nan")])))
    assert found.message == (
        "prices: newmont has a row of 2026-01-28, its last, and no price in it; the price before "
        "stands in for it. Fetch it again."
    )


# ── sign, range and time ────────────────────────────────────────────────────


@pytest.mark.parametrize(("value", "n"), [(475.0, 1), (-6.0, 1), (-0.5, 0), (0.0, 0)])
def test_a_yield_may_be_negative_and_not_in_basis_points(
    value: float, n: int, market_of: MarketOf
) -> None:
    found = told(check_ranges, market_of(*line([4.1, value, 4.2], "us10y", "%")))
    assert [one.status for one in found] == ["BLOCKED"] * n
    if n:
        assert found[0].message == (
            f"prices: us10y close is {value:g} % on 2026-01-27 (1 such row); expected -5 to 30 of "
            "a rate. Is it a fraction, a percentage or in basis points? Mend the unit, or leave "
            "the row out with a repair."
        )


def test_a_row_known_before_its_own_day_blocks(market_of: MarketOf) -> None:
    early = pd.Timestamp("2026-01-25 21:00", tz="UTC")
    (found,) = told(check_lookahead, market_of(*line([100.0, 101.0]), available_at=early))
    assert found.status == "BLOCKED"
    assert "2 rows say they were public before their own day, the first newmont of 2026-01-27" in (
        found.message
    )


def test_one_day_with_two_prices_in_one_vintage_blocks(market_of: MarketOf) -> None:
    rows = line([100.0, 101.0])
    other = ("newmont", "2026-01-28", 55.0, "USD")
    (found,) = told(check_repeats, market_of(*rows, other))
    assert (found.status, found.subject) == ("BLOCKED", "newmont")
    assert "1 row twice, the first of 2026-01-28, with close 55 and 101" in found.message
    assert told(check_repeats, market_of(*rows, rows[1])) == []


def test_a_revision_is_no_repeat(market_of: MarketOf, market_from: MarketOf) -> None:
    frame = market_of(*line([100.0, 101.0])).frame("prices")
    later = frame.assign(
        close=102.0, available_at=frame["available_at"] + pd.Timedelta(hours=1)
    ).tail(1)
    market = market_from({"prices": pd.concat([frame, later])})
    assert told(check_repeats, market) == []
    assert market.frame("prices")["close"].tolist() == [100, 102]


# ── market value ────────────────────────────────────────────────────────────


def valued(
    market_of: MarketOf,
    market_from: MarketOf,
    cap: float,
    unit: str,
    id: str = "newmont",
    **more: Any,
) -> Market:
    """1,000 m shares at 100 USD (at 4,448 GBp of a London line), and a vendor's market value."""
    london = id == "fresnillo"
    prices = line([4448.0 if london else 100.0] * 2, id, "GBp" if london else "USD")
    frame = market_of(*prices).frame("prices")
    day = pd.Timestamp("2026-01-28")
    facts = pd.DataFrame(
        {"instrument": id, "item": ["shares_m", "market_cap"], "period_end": day,
         "value": [1000.0, cap], "unit": ["m", unit], "published_at": day, "source": "Vendor",
         "available_at": day.tz_localize("UTC")}
    )  # fmt: skip
    frames = {"prices": frame, "fundamentals": conform("fundamentals", facts)}
    return market_from(frames, **more)


@pytest.mark.parametrize("cap", [100_000, 119_000, 81_000])
def test_a_market_value_near_shares_times_price_passes(
    cap: float, market_of: MarketOf, market_from: MarketOf
) -> None:
    market = valued(market_of, market_from, cap, "USD m")
    assert told(check_market_value, market, "fundamentals") == []


def test_one_line_of_two_taken_for_the_company_degrades(
    market_of: MarketOf, market_from: MarketOf
) -> None:
    market = valued(market_of, market_from, 50_000, "USD m")
    (found,) = told(check_market_value, market, "fundamentals")
    assert found.status == "DEGRADED"
    assert found.message == (
        "fundamentals: newmont market_cap is 50,000 USD m on 2026-01-28, but 1,000.0 m shares at "
        "100.00 USD are 100,000 USD m (-50%); at most 20% apart are expected. Pence for pounds, "
        "one line of a dual listing, or both twice? Multiples use shares × price. Mend the unit or "
        "the shares."
    )


def test_a_market_value_of_pence_taken_for_pounds_blocks(
    market_of: MarketOf, market_from: MarketOf
) -> None:
    right = valued(market_of, market_from, 44_480, "GBP m", "fresnillo")
    assert told(check_market_value, right, "fundamentals") == []
    wrong = valued(market_of, market_from, 4_448_000, "GBP m", "fresnillo")
    (found,) = told(check_market_value, wrong, "fundamentals")
    assert found.status == "BLOCKED"
    assert "1,000.0 m shares at 44.48 GBP are 44,480 GBP m (+9900%)" in found.message


def test_a_market_value_without_a_rate_is_told_as_unchecked(
    market_of: MarketOf, market_from: MarketOf, params: Params
) -> None:
    few = tuple(one for one in params.universe.instruments if one.id != "gbpusd")
    bare = params.model_copy(
        update={"universe": params.universe.model_copy(update={"instruments": few})}
    )
    market = valued(market_of, market_from, 60_000, "USD m", "fresnillo", params=bare)
    (found,) = told(check_market_value, market, "fundamentals")
    assert "fresnillo market_cap cannot be checked: GBP cannot be converted to USD" in found.message


@pytest.mark.parametrize("as_of", ["2026-01-28", "latest"])
def test_the_sample_market_has_nothing_against_it(params: Params, as_of: str) -> None:
    assert check(Market.open(params, source="sample", as_of=as_of)).status == "PASS"


# ── distributions ───────────────────────────────────────────────────────────


def paying(
    market_of: MarketOf, market_from: MarketOf, *, paid: float, unit: str = "GBp", adjusted: bool
) -> Market:
    """A London line at 1,000 GBp that pays on its 40th day, and what is told of it."""
    prices = market_of(*line([1000.0] * len(SESSIONS), "fresnillo", "GBp")).frame("prices")
    before = prices.index < 40
    prices["adj_close"] = prices["close"].where(~(before & adjusted), 980.0)
    rows = pd.DataFrame(
        {"instrument": "fresnillo", "date": [SESSIONS[40]], "item": "dividend", "value": paid,
         "unit": unit, "source": "Vendor", "available_at": SESSIONS[40].tz_localize("UTC")}
    )  # fmt: skip
    return market_from({"prices": prices, "actions": conform("actions", rows)})


@pytest.mark.parametrize(("paid", "unit"), [(20.0, "GBp"), (0.2, "GBP"), (0.27, "USD")])
def test_a_dividend_in_any_unit_of_its_money_fits(
    paid: float, unit: str, market_of: MarketOf, market_from: MarketOf
) -> None:
    market = paying(market_of, market_from, paid=paid, unit=unit, adjusted=unit != "USD")
    assert told(check_actions, market, "actions") == []
    (found,) = (one for one in check(market).results if one.dataset == "actions")
    assert found.status == "PASS"


def test_a_dividend_of_pounds_told_in_pence_degrades(
    market_of: MarketOf, market_from: MarketOf
) -> None:
    market = paying(market_of, market_from, paid=0.2, adjusted=True)
    (found,) = told(check_actions, market, "actions")
    assert (found.status, found.subject) == ("DEGRADED", "fresnillo")
    assert found.message == (
        "actions: 1 distribution of fresnillo against its prices: 2025-11-26, the dividend of 0.2 "
        "on a close of 1000 is 0.02% of it, but adjusted closes step by 2.00%; one of the two is "
        "wrong. Total returns over those days are doubtful. Look at the vendor, and correct the "
        "days in corrections.yaml."
    )
