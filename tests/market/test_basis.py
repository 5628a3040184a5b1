"""The gate of the basis: what is told when costs and outputs do not stand on one basis."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from research.market.basis import common_basis, split
from research.market.checks.basis import check_basis
from research.market.market import Market
from research.market.sources import conform

MarketFrom = Callable[..., Market]
Told = Callable[..., list[str]]


@pytest.fixture
def told(market_from: MarketFrom) -> Told:
    """What the gate says of items `company=(item, value)`, all of one year."""

    def tell(*items: tuple[str, str, float], available: str = "2025-03-01") -> list[str]:
        rows = pd.DataFrame(items, columns=["instrument", "item", "value"]).assign(
            period_end=pd.Timestamp("2024-12-31"),
            unit="USD/oz",
            published_at=pd.Timestamp(available),
            source="reports",
            available_at=pd.Timestamp(available, tz="UTC"),
        )
        days = pd.bdate_range("2026-01-26", "2026-01-28")
        prices = pd.DataFrame(
            {
                "instrument": "gold",
                "date": days,
                "close": 5000.0,
                "adj_close": float("nan"),
                "unit": "USD/oz",
                "price_type": "fix",
                "source": "LBMA",
                "available_at": (days + pd.Timedelta(hours=16)).tz_localize("UTC"),
            }
        )
        frames = {
            "prices": conform("prices", prices),
            "fundamentals": conform("fundamentals", rows),
        }
        market = market_from(frames)
        found = list(check_basis(market, "fundamentals", market.frame("fundamentals")))
        assert {one.status for one in found} <= {"DEGRADED"}
        return [one.message for one in found]

    return tell


def test_costs_on_one_basis_and_output_of_all_are_told_nothing_of(told: Told) -> None:
    assert (
        told(
            ("newmont", "aisc_usd_oz@by-product", 1600),
            ("barrick", "aisc_usd_oz@by-product", 1500),
            ("barrick", "aisc_usd_oz@co-product", 1700),
            ("barrick", "production_moz", 4),
            ("barrick", "nci", 900),
        )
        == []
    )


def test_another_basis_than_that_of_most_is_told_as_left_out(told: Told) -> None:
    assert told(
        ("newmont", "aisc_usd_oz@by-product", 1600),
        ("barrick", "aisc_usd_oz@by-product", 1500),
        ("kinross", "aisc_usd_oz@co-product", 1700),
        ("alamos", "aisc_usd_oz", 1700),
    ) == [
        "fundamentals: aisc_usd_oz stands on several bases; most producers report by-product, so "
        "those of alamos, kinross are left out, and so are the prices that their shares imply. "
        "Bring aisc_usd_oz@by-product of them."
    ]


def test_costs_that_do_not_tell_their_basis_are_told(told: Told) -> None:
    (said,) = told(("newmont", "aisc_usd_oz", 1600), ("barrick", "aisc_usd_oz", 1500))
    assert said == (
        "fundamentals: aisc_usd_oz of 2 producers does not tell its basis, so by-product and "
        "co-product costs may stand side by side. Say it: aisc_usd_oz@by-product or "
        "aisc_usd_oz@co-product."
    )


def test_output_by_share_beside_minorities_is_told(told: Told) -> None:
    rows = [("newmont", "production_moz@attributable", 6.0), ("newmont", "nci", 200.0)]
    assert told(*rows) == [
        "fundamentals: production_moz of newmont is attributable, while enterprise value has the "
        "minorities in it; no price is implied from the two. Bring output of 100 %."
    ]
    assert told(rows[0], ("newmont", "nci", 0.0)) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("aisc_usd_oz@byproduct", "aisc_usd_oz@by-product, aisc_usd_oz@co-product"),
        ("net_debt@attributable", "net_debt"),
    ],
)
def test_a_basis_nobody_knows_is_told_and_not_used(told: Told, item: str, expected: str) -> None:
    assert told(("newmont", item, 1.0)) == [
        f"fundamentals: {item} stands on a basis that is not known; expected {expected}. It is "
        "not used. Mend the item."
    ]


def test_old_reports_decide_no_basis(told: Told) -> None:
    assert told(("newmont", "aisc_usd_oz", 1600), available="2023-03-01") == []


def test_as_many_on_either_basis_are_by_product() -> None:
    items = ["aisc_usd_oz@co-product", "aisc_usd_oz@by-product"]
    rows = pd.DataFrame({"instrument": ["a", "b"], "item": items})
    assert common_basis(rows, "aisc_usd_oz") == "by-product"
    assert common_basis(rows.iloc[:1], "aisc_usd_oz") == "co-product"
    assert common_basis(rows.iloc[:0], "aisc_usd_oz") == ""
    assert split("aisc_usd_oz") == ("aisc_usd_oz", "")
