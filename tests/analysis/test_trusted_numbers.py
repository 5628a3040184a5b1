"""Traps that once gave a believable wrong number: each on the real Market, with its cure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from research.analysis.accounts import accounts, ordinary_per_share
from research.analysis.arguments.breadth import commodity_moves
from research.analysis.key_numbers import key_numbers
from research.analysis.multiples import ev_ebitda_history
from research.analysis.outlook import rounded, word
from research.analysis.returns import total_return
from research.market import Market, Unit
from research.market.sources.sample import SampleSource
from research.params import load
from research.params.models import Params

AS_OF = dt.date(2026, 1, 28)
Edit = Callable[[str, pd.DataFrame], pd.DataFrame]


class Edited(SampleSource):
    """The sample market with rows changed on their way out."""

    edit: Edit

    def read(self, dataset: str) -> pd.DataFrame:
        return self.edit(dataset, super().read(dataset))


@pytest.fixture(scope="module")
def params() -> Params:
    return load("mining-rally")


@pytest.fixture(scope="module")
def plain(params: Params) -> Market:
    return Market.open(params, source="sample", as_of=AS_OF)


def edited(params: Params, edit: Edit) -> Market:
    source = Edited()
    source.edit = edit
    return Market(params, source, AS_OF)


def prices(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Edit:
    return lambda dataset, frame: change(frame) if dataset == "prices" else frame


def without(id: str, after: str) -> Edit:
    return prices(lambda f: f[~((f["instrument"] == id) & (f["date"] > after))])


def test_a_depositary_receipt_is_worth_the_shares_behind_it(params: Params, plain: Market) -> None:
    rate = plain.latest("audusd")
    assert rate is not None

    def as_receipts(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        bhp = frame["instrument"] == "bhp"
        frame.loc[bhp, ["close", "adj_close"]] *= 2 * rate.value
        frame.loc[bhp, "unit"] = "USD"
        return frame

    receipts = edited(params, prices(as_receipts))
    mine, theirs = accounts(plain).loc["bhp"], accounts(receipts).loc["bhp"]
    for key in ("price_usd", "market_cap_usd", "ev_usd"):
        assert theirs[key] == pytest.approx(mine[key], rel=1e-9)
    now = [ev_ebitda_history(one, params.method)["bhp"].iloc[-1] for one in (plain, receipts)]
    assert now[0] == pytest.approx(now[1], rel=1e-9)


def test_lines_of_one_currency_that_disagree_give_no_price(params: Params) -> None:
    bhp = params.universe["bhp"]
    assert ordinary_per_share(bhp, Unit("USD"), AS_OF) == 2
    assert ordinary_per_share(bhp, Unit("AUD"), AS_OF) == 1
    receipt = next(one for one in bhp.listings if one.unit == "USD")
    other = receipt.model_copy(update={"ticker": "BHPX", "ordinary_per_share": 5.0})
    two = bhp.model_copy(update={"listings": (*bhp.listings, other)})
    assert np.isnan(ordinary_per_share(two, Unit("USD"), AS_OF))


def test_a_price_that_stood_still_because_it_is_old_is_no_move_of_nil(params: Params) -> None:
    market = edited(params, without("silver", "2026-01-16"))
    row = key_numbers(market, params.method).loc["silver"]
    assert np.isnan(row["change_1w"])
    market = edited(params, without("silver", "2026-01-14"))
    assert np.isnan(commodity_moves(market, params.method).loc["silver", "change_6m"])


def test_one_and_the_same_level_is_no_return() -> None:
    days = pd.to_datetime(["2026-01-16", "2026-01-20"])
    levels = pd.Series([100.0, 110.0], index=days)
    assert total_return(levels, dt.date(2026, 1, 16), dt.date(2026, 1, 20), fresh_days=10) == (
        pytest.approx(0.1)
    )
    assert np.isnan(total_return(levels, dt.date(2026, 1, 21), AS_OF, fresh_days=10))


def test_a_week_without_a_price_is_missing_from_total_returns_that_are_not_filled(
    params: Params,
) -> None:
    gap = ("2025-06-07", "2025-06-14")
    market = edited(
        params,
        prices(lambda f: f[~((f["instrument"] == "pick") & f["date"].between(*gap))]),
    )
    assert market.total_return(["pick"], fill_days=0)["pick"].loc[slice(*gap)].isna().all()
    assert market.total_return(["pick"])["pick"].loc[slice(*gap)].notna().all()


def test_a_rate_of_long_ago_converts_nothing(params: Params) -> None:
    market = edited(params, without("gbpusd", "2015-01-02"))
    assert np.isnan(accounts(market).loc["glencore", "market_cap_usd"])


def test_a_restated_old_year_is_not_the_newest_balance_sheet(params: Params, plain: Market) -> None:
    def restate(dataset: str, frame: pd.DataFrame) -> pd.DataFrame:
        if dataset != "fundamentals":
            return frame
        mine = frame[(frame["instrument"] == "rio-tinto") & (frame["item"] == "net_debt")]
        old = mine.iloc[[0]].assign(
            value=mine["value"].iloc[0] + 40_000,
            available_at=pd.Timestamp("2026-01-15", tz="UTC"),
        )
        return pd.concat([frame, old], ignore_index=True)

    both = [
        ev_ebitda_history(one, params.method)["rio-tinto"].iloc[-1]
        for one in (plain, edited(params, restate))
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-12)


def test_half_a_year_of_earnings_is_not_taken_for_a_year(params: Params, plain: Market) -> None:
    def with_half(dataset: str, frame: pd.DataFrame) -> pd.DataFrame:
        if dataset != "fundamentals":
            return frame
        mine = frame[(frame["instrument"] == "rio-tinto") & (frame["item"] == "ebitda")]
        half = mine.iloc[[-1]].assign(
            value=mine["value"].iloc[-1] / 2,
            period_end=pd.Timestamp("2025-06-30"),
            available_at=pd.Timestamp("2025-08-01", tz="UTC"),
        )
        return pd.concat([frame, half], ignore_index=True)

    mine, theirs = (accounts(one).loc["rio-tinto"] for one in (plain, edited(params, with_half)))
    assert theirs["ebitda_usd"] == mine["ebitda_usd"]


def test_estimates_that_nobody_renews_are_not_current(params: Params, plain: Market) -> None:
    def frozen(dataset: str, frame: pd.DataFrame) -> pd.DataFrame:
        if dataset != "consensus":
            return frame
        late = frame["available_at"] > pd.Timestamp("2025-02-01", tz="UTC")
        return frame[~((frame["instrument"] == "glencore") & late)]

    assert np.isfinite(accounts(plain).loc["glencore", "ebitda_1_usd"])
    assert np.isnan(accounts(edited(params, frozen)).loc["glencore", "ebitda_1_usd"])


@pytest.mark.parametrize(
    ("p", "printed", "said"),
    [
        (0.53, 0.55, "slight lean to extend"),
        (0.64, 0.65, "more likely than not to extend"),
        (0.34, 0.35, "slight lean to fade"),
        (0.51, 0.50, "no edge"),
    ],
)
def test_the_word_is_that_of_the_probability_that_is_printed(
    params: Params, p: float, printed: float, said: str
) -> None:
    assert rounded(p) == pytest.approx(printed)
    assert word(rounded(p), params.method.outlook.words) == said
