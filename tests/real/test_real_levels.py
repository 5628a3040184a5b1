"""Iron ore and lithium of the real files: which price is used, and what it says of the claims."""

from __future__ import annotations

from collections.abc import Callable

import openpyxl
import pandas as pd
import pytest

from research.analysis.arguments import TESTS
from research.analysis.claims import Verdict
from research.analysis.earnings import earnings_links
from research.market.market import Market

At = Callable[[str], Market]


def judged(market: Market, name: str):
    claim = market.params.claims[name]
    return TESTS[claim.test or ""](claim, market, market.method)


@pytest.mark.parametrize(
    ("day", "month", "level", "change"),
    [
        ("2025-10-15", "2025-09", 103.28, 103.28 / 92.83 - 1),
        ("2026-01-28", "2025-12", 104.59, 104.59 / 102.21 - 1),
        ("2026-02-04", "2025-12", 104.59, 104.59 / 102.21 - 1),
        ("2026-02-11", "2026-01", 105.53, 105.53 / 99.58 - 1),
    ],
)
def test_iron_ore_is_the_import_price_of_the_last_month_published(
    market: At, day: str, month: str, level: float, change: float
) -> None:
    found = judged(market(day), "J3")
    assert (found.verdict, found.grade, found.unit) == (Verdict.SUPPORTED, "B", "USD/t")
    assert found.measure.endswith(f"monthly average, {month}")
    assert found.estimate == pytest.approx(level)
    assert found.details["change_12m"] == pytest.approx(change)
    assert found.details["high"] == pytest.approx(214.43)


def test_an_overdue_average_leaves_iron_ore_untested_and_the_future_does_not_step_in(
    market: At,
) -> None:
    found = judged(market("2026-04-29"), "J3")
    assert found.verdict is Verdict.NOT_TESTED
    assert "comes in CNY/t" in found.reason
    assert "is that of 28\u00a0Feb\u00a02026" in found.reason


def test_no_accounts_are_said_to_be_missing(market: At) -> None:
    held = market("2026-01-28")
    assert earnings_links(held, "iron-ore", held.method).empty
    assert "no accounts" in judged(held, "J3").reason


def test_lithium_had_not_recovered_in_october_and_had_by_january(market: At) -> None:
    before, after = (judged(market(day), "J4") for day in ("2025-10-15", "2026-01-28"))
    assert (before.verdict, after.verdict) == (Verdict.CONTRADICTED, Verdict.SUPPORTED)
    assert before.estimate == pytest.approx(72_940 / 58_860 - 1)
    assert after.grade == "C"
    assert after.best_against is not None
    assert f"{after.best_against.values['since']:%Y-%m}" == "2023-07"  # the peak was in 2022


def test_the_releases_of_the_pink_sheet_do_not_revise_iron_ore(shared) -> None:
    def read(release: str) -> pd.Series:
        path = shared / f"market/pink-sheet/CMO-Historical-Data-Monthly-{release}.xlsx"
        book = openpyxl.load_workbook(path, read_only=True)
        rows = list(book["Monthly Prices"].iter_rows(min_row=5, values_only=True))
        book.close()
        place = rows[0].index("Iron ore, cfr spot")
        known = {row[0]: row[place] for row in rows[2:] if str(row[0])[4:5] == "M"}
        return pd.Series(known, dtype=float)["2008M12":]

    new = read("2026-03")
    for release in ("2021-09", "2025-12"):
        old = read(release)
        assert (old - new[old.index]).abs().max() < 1e-9
