"""Futures contracts of a file, from the catalogue to the market: rolled, labelled, recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from research.analysis.key_numbers import key_numbers
from research.calendar import Calendar
from research.errors import DataError, ParamsError
from research.market.checks import check
from research.market.market import Market
from research.market.sources.files import FilesSource
from research.params.models import Params

# The far contract stands 10 % above the near one all along; both rise by 1 % a day.
CLOSED = pd.DatetimeIndex(["2025-12-25", "2026-01-01", "2026-01-19"])
DAYS = pd.bdate_range("2025-12-01", "2026-01-30").difference(CLOSED)
NEAR = 4000 * 1.01 ** np.arange(len(DAYS))
ROLLED = 20  # first row on which the far one is held

CATALOGUE = """\
title: Contracts
entries:
  - source: COMEX settlements
    licence: not for redistribution
    file: gold.csv
    instrument: gold-future
    columns: { date: date, contract: contract, close: settle%(column)s }
    unit: USD/oz
    price_type: %(price_type)s
    available: date + 0 days at 17:00 America/New_York
%(more)s
"""

Open = Callable[..., FilesSource]


def contracts(days: pd.DatetimeIndex = DAYS) -> str:
    rows = ["date,contract,settle,volume"]
    for n, day in enumerate(days):
        near, far = (9, 1) if n < ROLLED - 1 else (1, 9)
        rows.append(f"{day:%Y-%m-%d},GCG26,{NEAR[n]:.6f},{near}")
        rows.append(f"{day:%Y-%m-%d},GCJ26,{1.1 * NEAR[n]:.6f},{far}")
    return "\n".join(rows)


@pytest.fixture
def desk(tmp_path: Path, params: Params) -> Open:
    """Opens a catalogue of one file of contracts."""

    def open_(
        data: str = "",
        *,
        roll: str = "    roll: volume",
        column: str = ", volume: volume",
        price_type: str = "settlement",
        more: str = "",
    ) -> FilesSource:
        (tmp_path / "gold.csv").write_text(data or contracts(), encoding="utf-8")
        terms = {"column": column, "price_type": price_type, "more": f"{roll}\n{more}"}
        path = tmp_path / "catalogue.yaml"
        path.write_text(CATALOGUE % terms, encoding="utf-8")
        return FilesSource(path, params.universe, Calendar("NYSE"))

    return open_


@pytest.mark.parametrize(
    ("roll", "column"),
    [
        ("    roll: volume", ", volume: volume"),
        (f"    roll: {{ GCG26: 2025-12-01, GCJ26: {DAYS[ROLLED]:%Y-%m-%d} }}", ""),
    ],
)
def test_contracts_become_one_line_of_raw_settlements(desk: Open, roll: str, column: str) -> None:
    rows = desk(roll=roll, column=column).read("prices")
    held = np.where(np.arange(len(DAYS)) < ROLLED, NEAR, 1.1 * NEAR)
    np.testing.assert_allclose(rows["close"], held, rtol=1e-9)
    assert set(rows["price_type"]) == {"settlement"}
    assert set(rows["source"]) == {"COMEX settlements, returns ratio-adjusted"}
    assert set(rows["unit"]) == {"USD/oz"}
    np.testing.assert_allclose(rows["adj_close"].pct_change().iloc[1:], 0.01, rtol=1e-6)


def test_the_note_shows_raw_levels_and_the_changes_of_the_contract_held(
    desk: Open, params: Params
) -> None:
    market = Market(params, desk())
    numbers = key_numbers(market, params.method, ["gold-future"]).loc["gold-future"]
    assert numbers["level"] == pytest.approx(1.1 * NEAR[-1], rel=1e-9)
    assert numbers["change_1w"] == pytest.approx(1.01**5 - 1, rel=1e-6)
    assert numbers["change_ytd"] == pytest.approx(1.01 ** (len(DAYS) - 22) - 1, rel=1e-6)
    raw = market.closes(["gold-future"]).frame["gold-future"]
    assert raw.max() / raw.min() == pytest.approx(1.1 * NEAR[-1] / NEAR[0], rel=1e-6)
    total = market.total_return(["gold-future"])["gold-future"]
    np.testing.assert_allclose(total.pct_change().dropna(), 0.01, rtol=1e-6)
    rolled = market.closes(["gold-future"], rolled=True).frame["gold-future"]
    assert rolled.iloc[-1] == pytest.approx(raw.iloc[-1])


def test_the_gates_record_each_roll(desk: Open, params: Params) -> None:
    told = [one for one in check(Market(params, desk())).results if "roll" in one.message]
    assert [(one.status, one.message) for one in told] == [
        (
            "PASS",
            "prices: gold-future has 1 roll of contracts: returns are ratio-adjusted "
            f"({DAYS[ROLLED - 1]:%Y-%m-%d} × 1.1000), levels are as settled.",
        )
    ]


@pytest.mark.parametrize("cut", [ROLLED - 1, ROLLED, ROLLED + 1, ROLLED + 8])
def test_later_settlements_change_nothing_that_was_known(
    desk: Open, params: Params, cut: int
) -> None:
    late = Market(params, desk(), f"{DAYS[cut]:%Y-%m-%d}").frame("prices")
    early = Market(params, desk(contracts(DAYS[: cut + 1]))).frame("prices")
    pd.testing.assert_frame_equal(late, early)


# ── refusals ────────────────────────────────────────────────────────────────


def test_one_contract_twice_on_a_day_is_refused(desk: Open) -> None:
    with pytest.raises(DataError) as caught:
        desk(contracts() + f"\n{DAYS[-1]:%Y-%m-%d},GCJ26,1,1")
    assert f"are both gold-future {DAYS[-1]:%Y-%m-%d} GCJ26" in str(caught.value)


def test_a_contract_of_no_month_is_refused_with_the_file(desk: Open) -> None:
    with pytest.raises(DataError) as caught:
        desk(contracts().replace("GCJ26", "front"))
    assert "gold.csv: gold-future: contract 'front' does not tell its month" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roll": ""}, "and a column `contract` go together"),
        ({"column": ""}, "does not say which header is `volume`."),
        ({"price_type": "close"}, "of contracts is `settlement`, in a column `close`"),
    ],
)
def test_a_catalogue_that_rolls_what_it_cannot_is_refused(
    desk: Open, change: dict[str, str], words: str
) -> None:
    with pytest.raises(ParamsError) as caught:
        desk(**change)
    assert words in str(caught.value)
