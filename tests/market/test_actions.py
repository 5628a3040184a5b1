"""Dividends and splits that do not fit their prices, by hand and in pairs around a repair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from research.market.actions import faults_of_actions
from research.market.checks.jumps import check_jumps, check_leaps
from research.market.checks.splits import check_splits
from research.market.market import Market

# file → unit errors, splits left in, and faults of dividends; all clean ones have none of them.
# NVT was repaired for its dividends alone: four flips of its unit stand in both of its files.
PAIRS = {
    "AET-L-1d-100x-error": (1, 0, 0), "AET-L-1d-100x-error-fixed": (0, 0, 0),
    "ASAI-L-1h-bad-unit": (1, 0, 0), "ASAI-L-1h-bad-unit-fixed": (0, 0, 0),
    "4063-T-1d-bad-stock-split": (0, 1, 1), "4063-T-1d-bad-stock-split-fixed": (0, 0, 0),
    "8TRA-DE-1d-missing-div-adjust": (0, 0, 1), "8TRA-DE-1d-missing-div-adjust-fixed": (0, 0, 0),
    "ELCO-L-1d-bad-div": (0, 0, 5), "ELCO-L-1d-bad-div-fixed": (0, 0, 0),
    "NVT-L-1d-bad-div": (1, 0, 1), "NVT-L-1d-bad-div-fixed": (1, 0, 0),
    "CALM-1d-no-bad-divs": (0, 0, 0),
}  # fmt: skip


def read(path: Path) -> pd.DataFrame:
    """Bars, oldest first, each as of a session of its own: hourly ones too."""
    bars = pd.read_csv(path)
    bars.columns = pd.Index(["date", *bars.columns[1:].str.lower().str.replace(" ", "_")])
    bars = bars.rename(columns={"dividends": "dividend", "stock_splits": "split"})
    bars = bars.sort_values("date", key=lambda days: pd.to_datetime(days, utc=True))
    return bars.assign(date=pd.bdate_range("2020-01-02", periods=len(bars)))


@pytest.mark.parametrize("name", PAIRS)
def test_errors_are_found_before_a_repair_and_none_after(
    name: str, shared: Path, market_of: Callable[..., Market]
) -> None:
    bars = read(shared / "wire" / "yfinance-repair" / f"{name}.csv")
    rows = [("newmont", f"{day:%Y-%m-%d}", close, "USD")
            for day, close in zip(bars["date"], bars["close"], strict=True)]  # fmt: skip
    market = market_of(*rows)
    prices = market.frame("prices")
    units = list(check_jumps(market, "prices", prices))
    splits = [*check_leaps(market, "prices", prices), *check_splits(market, "prices", prices)]
    assert (len(units), len(splits), len(faults_of_actions(bars))) == PAIRS[name]


def test_every_pair_is_in_the_table(shared: Path) -> None:
    folder = shared / "wire" / "yfinance-repair"
    assert {path.stem for path in folder.glob("*.csv")} == set(PAIRS)


def bars(**columns: list[float]) -> pd.DataFrame:
    usual = {"close": [100.0, 100, 98, 98], "adj_close": [98.0, 98, 98, 98],
             "dividend": [0.0, 0, 2, 0]}  # fmt: skip
    days = pd.bdate_range("2026-01-05", periods=4)
    return pd.DataFrame({"date": days, **usual, **columns})


def test_a_dividend_that_lowers_the_factor_by_its_share_passes() -> None:
    assert faults_of_actions(bars()) == []
    assert faults_of_actions(bars().iloc[::-1]) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (
            {"adj_close": [100.0, 100, 98, 98]},
            "the dividend of 2 on a close of 100 is 2.00% of it, but adjusted closes step by "
            "0.00%; it was not adjusted for.",
        ),
        (
            {"dividend": [0.0, 0, 200, 0]},
            "the dividend of 200 on a close of 100 is 200.00% of it, but adjusted closes step by "
            "2.00%; it is a hundredfold: pence for pounds.",
        ),
        (
            {"dividend": [0.0, 0, 4, 0]},
            "the dividend of 4 on a close of 100 is 4.00% of it, but adjusted closes step by "
            "2.00%; one of the two is wrong.",
        ),
        (
            {"dividend": [0.0, 0, 50, 0], "adj_close": [49.0, 49, 98, 98], "close": [98.0] * 4},
            "the dividend of 50 on a close of 98 is 51.02% of it, and the price lost 0; it is "
            "taken for another unit.",
        ),
        (
            {"dividend": [0.0, 0, 0, 0]},
            "adjusted closes step by 2.00% against closes, and no dividend is told.",
        ),
        (
            {"close": [500.0, 500, 100, 100], "adj_close": [500.0, 500, 100, 100],
             "dividend": [0.0] * 4, "split": [0.0, 0, 0, 5]},
            "the close goes from 500 to 100 beside the split 5:1 of 2026-01-08; earlier closes "
            "were not adjusted for it.",
        ),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_day(columns: dict[str, list[float]], words: str) -> None:
    (fault,) = faults_of_actions(bars(**columns))
    assert (fault.day, str(fault)) == (pd.Timestamp("2026-01-07"), words)


def test_a_dividend_in_pounds_among_those_in_pence_is_a_hundredth() -> None:
    close, paid = [100.0], [0.0]
    for dividend in (2, 2, 0.02, 2, 2):
        close += [close[-1] - 2, close[-1] - 2]
        paid += [dividend, 0.0]
    factor = [1.0]
    for n in range(len(close) - 1, 0, -1):
        factor.insert(0, factor[0] * (1 - paid[n] / close[n - 1]))
    days = pd.bdate_range("2026-01-05", periods=len(close))
    adjusted = [a * b for a, b in zip(close, factor, strict=True)]
    found = faults_of_actions(
        pd.DataFrame({"date": days, "close": close, "adj_close": adjusted, "dividend": paid})
    )
    assert [str(fault) for fault in found] == [
        "the dividend of 0.02 on a close of 96 is 0.02% of it, others are about 2 and the price "
        "lost 2; it is a hundredth: pounds for pence."
    ]
