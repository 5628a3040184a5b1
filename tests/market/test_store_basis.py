"""Prices keep one basis of adjustment over all fetches: no return is made between two of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from research.market.store import Store

DAYS = pd.bdate_range("2026-01-05", "2026-01-30")
FIRST = dt.datetime(2026, 1, 23, 23, tzinfo=dt.UTC)
SATURDAY = dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC)
Told = Callable[..., pd.DataFrame]


def prices(close: np.ndarray, adjusted: np.ndarray, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    return pd.DataFrame(
        {"instrument": "hecla", "date": days, "close": close, "adj_close": adjusted, "unit": "USD",
         "price_type": "close", "source": "Vendor",
         "available_at": (days + pd.Timedelta(hours=22)).tz_localize("UTC")}
    )  # fmt: skip


@pytest.fixture
def fetched(tmp_path: Path) -> Told:
    """What the store says after a fetch of `before`, to 23 January, and one of all `after`."""

    def told(before: pd.DataFrame, after: pd.DataFrame, as_of: str) -> pd.DataFrame:
        store = Store(tmp_path / "data")
        early = before[before["date"] <= "2026-01-23"]
        store.add("s", "prices", early, fetched_at=FIRST, address="x", licence="y")
        store.add("s", "prices", after, fetched_at=SATURDAY, address="x", licence="y")
        rows = store.read("s", "prices", keys={"hecla"})
        known = rows["available_at"] <= pd.Timestamp(f"{as_of}T23:59:59Z")
        newest = rows[known].sort_values(["date", "available_at"], kind="stable")
        return newest.drop_duplicates("date", keep="last").set_index("date")

    return told


CLOSE = 100.0 + np.arange(len(DAYS))
PAID = np.where(pd.Timestamp("2026-01-29") > DAYS, 0.93, 1.0)  # 7 % on the 29th


@pytest.mark.parametrize("as_of", ["2026-01-28", "2026-01-30", "2026-02-02"])
def test_a_dividend_between_two_fetches_makes_no_return(fetched: Told, as_of: str) -> None:
    found = fetched(prices(CLOSE, CLOSE), prices(CLOSE, CLOSE * PAID), as_of)
    true = pd.Series(CLOSE * PAID, index=DAYS).pct_change().loc[: found.index[-1]]
    pd.testing.assert_series_equal(
        found["adj_close"].pct_change(), true, check_names=False, check_freq=False
    )


def test_a_history_that_is_adjusted_anew_is_no_revision(tmp_path: Path) -> None:
    store = Store(tmp_path)
    early = prices(CLOSE, CLOSE)[:15]
    store.add("s", "prices", early, fetched_at=FIRST, address="x", licence="y")
    noise = 1 + 1e-7 * np.sin(CLOSE)
    after = prices(CLOSE, CLOSE * PAID * noise)
    vintage = store.add("s", "prices", after, fetched_at=SATURDAY, address="x", licence="y")
    assert vintage is not None
    assert (vintage.rows, vintage.revised) == (5, 0)


@pytest.mark.parametrize("as_of", ["2026-01-27", "2026-01-30", "2026-02-02"])
def test_a_split_between_two_fetches_makes_no_fall(fetched: Told, as_of: str) -> None:
    found = fetched(prices(CLOSE, CLOSE), prices(CLOSE / 10, CLOSE / 10), as_of)
    true = pd.Series(CLOSE, index=DAYS).pct_change().loc[: found.index[-1]]
    for column in ("close", "adj_close"):
        pd.testing.assert_series_equal(
            found[column].pct_change(), true, check_names=False, check_freq=False
        )
    assert found["close"].iloc[-1] == CLOSE[len(found) - 1] / 10  # as it is quoted now


def test_before_the_first_new_row_all_is_seen_as_it_was(fetched: Told) -> None:
    found = fetched(prices(CLOSE, CLOSE), prices(CLOSE / 10, CLOSE / 10), "2026-01-23")
    assert list(found["close"]) == list(CLOSE[:15])


@pytest.mark.parametrize(("as_of", "seen"), [("2026-01-30", 500), ("2026-01-31", CLOSE[3])])
def test_one_price_that_is_corrected_is_known_since_the_fetch(
    fetched: Told, as_of: str, seen: float
) -> None:
    wrong = CLOSE.copy()
    wrong[3] = 500
    assert fetched(prices(wrong, wrong), prices(CLOSE, CLOSE), as_of)["close"].iloc[3] == seen
