"""Corrections: what each does, what it leaves alone, and how it ends when the source heals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from research.errors import DataError
from research.market.checks import check
from research.market.market import Market
from research.params.corrections import Correction, Corrections
from research.params.models import Params

ROWS = [
    ("newmont", "2026-01-26", 100.0, "USD"), ("newmont", "2026-01-27", 1.01, "USD"),
    ("newmont", "2026-01-28", 102.0, "USD"), ("barrick", "2026-01-27", 1.02, "USD"),
]  # fmt: skip


def correction(**given: Any) -> Correction:
    usual = {
        "id": "one-bar", "instrument": "newmont", "rows_of": "Exchange", "first": "2026-01-27",
        "last": "2026-01-27", "action": "multiply", "factor": 100.0,
        "expect": {"low": 0.5, "high": 5}, "reason": "one bar in hundreds",
        "source": "the exchange's list",
    }  # fmt: skip
    whole = {**usual, **given}
    return Correction.model_validate({key: x for key, x in whole.items() if x is not None})


@pytest.fixture
def market(market_of: Callable[..., Market], market_from: Callable[..., Market], params: Params):  # type: ignore[no-untyped-def]
    """A market of ROWS with corrections, as of a day."""

    def make(*corrections: Correction, as_of: str = "latest", source: str = "Exchange") -> Market:
        frames = {"prices": market_of(*ROWS, source=source).frame("prices")}
        with_ = params.model_copy(update={"corrections": Corrections(corrections=corrections)})
        return market_from(frames, as_of, params=with_)

    return make


def newmont(market: Market) -> list[float]:
    rows = market.frame("prices")
    return [round(x, 6) for x in rows.loc[rows["instrument"] == "newmont", "close"]]


@pytest.mark.parametrize(
    ("given", "closes"),
    [
        ({}, [100, 101, 102]),
        ({"action": "drop", "factor": None}, [100, 102]),
        ({"action": "replace", "factor": None, "value": 101.5}, [100, 101.5, 102]),
    ],
)
def test_each_action_changes_its_rows_and_no_others(
    market: Callable[..., Market], given: dict[str, Any], closes: list[float]
) -> None:
    made = market(correction(**given))
    assert newmont(made) == closes
    assert made.latest("barrick").value == 1.02  # type: ignore[union-attr]


def test_a_unit_is_set_and_prices_are_converted_by_it(market: Callable[..., Market]) -> None:
    expect = {"low": 0.5, "high": 5, "unit": "USD"}
    made = market(correction(action="set-unit", factor=None, unit="USc", expect=expect))
    rows = made.frame("prices").set_index(["instrument", "date"])["unit"]
    assert rows.tolist() == ["USD", "USD", "USc", "USD"]


def test_what_was_done_is_told_by_the_gates(market: Callable[..., Market]) -> None:
    told = [one for one in check(market(correction())).results if one.subject == "newmont"]
    assert [(one.status, one.message) for one in told] == [
        (
            "PASS",
            "prices: newmont, 2026-01-27: 1 row of Exchange close multiplied by 100.0 by "
            "correction one-bar. one bar in hundreds. Found in: the exchange's list.",
        )
    ]
    assert check(market()).status == "BLOCKED"  # the flip of unit, uncorrected


def test_other_sources_and_days_not_yet_seen_are_left_alone(market: Callable[..., Market]) -> None:
    assert newmont(market(correction(), source="Another")) == [100, 1.01, 102]
    early = market(correction(), as_of="2026-01-26")
    assert newmont(early) == [100]
    assert early.corrections() == ()


def test_a_source_that_healed_ends_its_corrections_all_at_once(
    market: Callable[..., Market],
) -> None:
    made = market(
        correction(expect={"low": 2, "high": 5}),
        correction(id="gone", first="2026-01-25", last="2026-01-25"),
        correction(id="unit", expect={"low": 0.5, "high": 5, "unit": "USc"}),
        correction(id="fits"),
    )
    with pytest.raises(DataError) as caught:
        made.frame("prices")
    assert str(caught.value) == (
        "3 corrections no longer fit the source; nothing was corrected. Look at the rows and "
        "delete what is mended, or mend `expect`.\n"
        "  one-bar (newmont, 2026-01-27 to 2026-01-27): close of 2026-01-27 is 1.01, outside "
        "`expect`, 2 to 5.\n"
        "  gone (newmont, 2026-01-25 to 2026-01-25): no row of Exchange is left there.\n"
        "  unit (newmont, 2026-01-27 to 2026-01-27): its unit is USD, no longer USc."
    )
