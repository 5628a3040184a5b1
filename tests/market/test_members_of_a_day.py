"""A market has the companies that were on the list on its day, and misses no others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from research.market.checks.coverage import check_coverage
from research.market.checks.freshness import check_freshness
from research.market.market import Market
from research.params.models import Params

MarketOf = Callable[..., Market]
At = Callable[[str], Market]


@pytest.fixture
def at(market_of: MarketOf, params: Params) -> At:
    """Two companies' prices at a date; Kinross left on 20 January 2026 and then had none."""
    days = pd.bdate_range("2026-01-12", "2026-01-28").difference(pd.DatetimeIndex(["2026-01-19"]))
    rows = [("newmont", f"{day:%Y-%m-%d}", 100.0, "USD") for day in days]
    rows += [("kinross", f"{day:%Y-%m-%d}", 30.0, "USD") for day in days[days <= "2026-01-20"]]
    ones = [
        one.model_copy(update={"member_to": dt.date(2026, 1, 20)}) if one.id == "kinross" else one
        for one in params.universe.instruments
    ]
    universe = params.universe.model_copy(update={"instruments": tuple(ones)})
    source = market_of(*rows).source

    def opened(as_of: str) -> Market:
        return Market(params.model_copy(update={"universe": universe}), source, as_of)

    return opened


def test_a_market_takes_the_members_of_its_day(at: At) -> None:
    assert "kinross" in {one.id for one in at("2026-01-20").universe.companies()}
    late = at("2026-01-28")
    assert "kinross" not in {one.id for one in late.universe.companies()}
    past = late.closes(["kinross"], fill_days=0).frame["kinross"].dropna()
    assert past.index[-1] == pd.Timestamp("2026-01-20")


def test_who_left_is_neither_stale_nor_missing(at: At) -> None:
    late = at("2026-01-28")
    rows = late.frame("prices")
    told = [*check_freshness(late, "prices", rows), *check_coverage(late, "prices", rows)]
    assert not any("kinross" in one.message for one in told)
    companies = len(late.universe.companies())
    assert any(f"1 of {companies} companies have a current price" in one.message for one in told)
