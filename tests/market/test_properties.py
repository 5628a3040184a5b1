"""What must not matter: the order of rows, how a source is cut, and the currency of a multiple."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from research.analysis.multiples import ev_ebitda_history
from research.market.checks import check
from research.market.market import Market
from research.market.sources import COLUMNS, Source, conform, open_source
from research.params.models import Params

AS_OF = "2026-01-28"
FEW = ("newmont", "fresnillo", "gbpusd", "gold", "us10y")
SLOW = settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Recast:
    """The sample market's last three years of a few instruments, each dataset recast."""

    title, illustrative, columns = "Sample", True, COLUMNS

    def __init__(self, whole: Source, recast: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        self.first_session, self.last_session = whole.first_session, whole.last_session
        self._frames = {name: conform(name, recast(small(whole, name))) for name in COLUMNS}

    def read(self, dataset: str) -> pd.DataFrame:
        return self._frames[dataset]

    def inputs(self) -> dict[str, str]:
        return {}


@cache
def small(whole: Source, dataset: str) -> pd.DataFrame:
    rows = whole.read(dataset)
    if "instrument" in rows:
        rows = rows[rows["instrument"].isin(FEW)]
    since = pd.Timestamp("2023-01-01", tz="UTC")
    kept = rows if dataset == "fundamentals" else rows[rows["available_at"] >= since]
    return kept.reset_index(drop=True)


@pytest.fixture(scope="module")
def whole(params: Params) -> Source:
    return open_source("sample", params)


def market(whole: Source, params: Params, recast: Callable[[pd.DataFrame], pd.DataFrame]) -> Market:
    return Market(params, Recast(whole, recast), AS_OF)


def same(one: Market, other: Market) -> bool:
    """Rows and gates are the same."""
    return one.inputs() == other.inputs() and check(one).results == check(other).results


@SLOW
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(seed: int, whole: Source, params: Params) -> None:
    usual = market(whole, params, lambda rows: rows)
    shuffled = market(whole, params, lambda rows: rows.sample(frac=1, random_state=seed))
    assert same(shuffled, usual)


@SLOW
@given(cut=st.floats(0, 1), overlap=st.integers(0, 50))
def test_a_source_in_two_pieces_that_overlap_is_the_whole(
    cut: float, overlap: int, whole: Source, params: Params
) -> None:
    def halves(rows: pd.DataFrame) -> pd.DataFrame:
        n = int(cut * len(rows))
        return pd.concat([rows.iloc[n:], rows.iloc[: n + overlap]])

    twice = market(whole, params, halves)
    once = market(whole, params, lambda rows: rows)
    pd.testing.assert_frame_equal(twice.frame("prices"), once.frame("prices"))
    for dataset in ("fundamentals", "consensus"):  # of these all vintages are kept, and their rows
        frames = (one.frame(dataset).drop_duplicates(ignore_index=True) for one in (twice, once))
        pd.testing.assert_frame_equal(*frames)
    assert check(twice).status == check(once).status


@SLOW
@given(rate=st.floats(0.1, 10), pence=st.booleans())
def test_price_and_accounts_at_the_same_rate_give_the_same_multiples(
    rate: float, pence: bool, whole: Source, params: Params
) -> None:
    def priced(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
        """A pound costs `rate` dollars; Newmont is told in `currency`."""
        value = "close" if "close" in rows else "value"
        if value not in rows:
            return rows
        rows = rows.assign(**{value: rows[value].mask(rows["instrument"] == "gbpusd", rate)})
        own = (rows["instrument"] == "newmont") & rows["unit"].str.startswith("USD")
        if currency == "USD":
            return rows
        pounds = rows["unit"].str.replace("USD", "GBP")
        many = 100 if pence and value == "close" else 1
        if many == 100:
            pounds = rows["unit"].str.replace("USD", "GBp")
        return rows.assign(
            **{value: rows[value].mask(own, rows[value] / rate * many)},
            unit=rows["unit"].mask(own, pounds),
        )

    dollars, pounds = (
        ev_ebitda_history(market(whole, params, partial(priced, currency=one)), params.method,
                          ["newmont"])
        for one in ("USD", "GBP")
    )  # fmt: skip
    assert dollars["newmont"].notna().sum() > 12
    pd.testing.assert_frame_equal(pounds, dollars, rtol=1e-9)


@SLOW
@given(price=st.floats(0.01, 1e4))
def test_pence_and_pounds_are_the_same_dollars(
    price: float, market_of: Callable[..., Market]
) -> None:
    def dollars(value: float, unit: str) -> float:
        made = market_of(
            ("fresnillo", "2026-01-28", value, unit), ("gbpusd", "2026-01-28", 1.37, "USD per GBP")
        )
        return float(made.closes(["fresnillo"], unit="USD").frame["fresnillo"].iloc[-1])

    assert dollars(100 * price, "GBp") == pytest.approx(dollars(price, "GBP"), rel=1e-12)
    assert dollars(price, "GBP") == pytest.approx(1.37 * price, rel=1e-12)
