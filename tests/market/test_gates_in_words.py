"""One result of a gate, told to who makes the note and to who reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from research.gates import GateResult
from research.market.checks import check
from research.market.market import Market

LABELS = {"anglo-american": "Anglo American", "vale": "Vale", "oil": "Oil"}


def result(text: str, **more: Any) -> GateResult:
    return GateResult(dataset="prices", subject="all", status="DEGRADED", text=text, **more)


@pytest.mark.parametrize(
    ("text", "value", "maker", "reader"),
    [
        ("of {it:id}", "vale", "of vale", "Of Vale"),
        ("of {it:id}", "no-id", "of no-id", "Of no-id"),
        ("{it:ids}.", ["vale", "oil"], "vale, oil.", "Vale, Oil."),
        ("of {it:ids}", [f"n{n}" for n in range(14)],
         "of n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 2 more",
         "Of n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11 and 2 more"),
        ("by {it:day}", "2024-03-02", "by 2024-03-02", "By 2\u00a0Mar\u00a02024"),
        ("of {it:month}", "2026-02-28", "of 2026-02", "Of Feb\u00a02026"),
        ("is {it:verdict}", "NOT TESTED", "is NOT TESTED", "Is not tested"),
        ("{it:.0%} are", 0.743, "74% are", "74\u202f% are"),
        ("{it:+.2%} off", -0.5, "-50.00% off", "-50.00\u202f% off"),
        ("{it:,.1f} m", 1200, "1,200.0 m", "1,200.0 m"),
        ("on {it:said} Mend", [
            {"text": "{a:day}, {b:.0%}", "values": {"a": "2026-01-28", "b": 0.5}},
            {"text": "{a:id}.", "values": {"a": "vale"}},
         ], "on 2026-01-28, 50%; vale. Mend", "On 28\u00a0Jan\u00a02026, 50\u202f%; Vale. Mend"),
    ],
)  # fmt: skip
def test_each_kind_of_value_is_told_to_both(text: str, value: Any, maker: str, reader: str) -> None:
    one = result(text, values={"it": value})
    assert (one.message, one.plainly(LABELS)) == (maker, reader)


def test_words_that_happen_to_be_ids_or_dates_stay_as_they_are() -> None:
    one = result("section “{title}” of 2026-W05", values={"title": "Oil, as_of 2026-01-28 {oil}"})
    assert one.plainly({"oil": "Crude"}) == "Section “Oil, as_of 2026-01-28 {oil}” of 2026-W05"
    assert one.message == "section “Oil, as_of 2026-01-28 {oil}” of 2026-W05"


def test_advice_is_for_who_makes_the_note() -> None:
    one = result("prices: too old.", advice="Fetch them.")
    assert (one.message, one.plainly({})) == ("prices: too old. Fetch them.", "Prices: too old.")


def test_a_reader_may_be_told_it_otherwise() -> None:
    one = result("{it:id}: {error}", plain="{it:id} fails.", values={"it": "vale", "error": "x"})
    assert (one.message, one.plainly(LABELS)) == ("vale: x", "Vale fails.")


def test_a_result_is_the_same_after_it_was_told_to_another_process() -> None:
    one = result("{it:ids} {day:day}", plain="{it:ids}", values={"it": ["vale"], "day": "x"})
    assert GateResult(**json.loads(json.dumps(vars(one)))) == one


def page(market: Market) -> list[str]:
    labels = {one.id: one.label for one in market.universe.instruments}
    return [one.plainly(labels) for one in check(market).results if one.status != "PASS"]


def test_old_and_missing_data_are_told_a_reader_by_names_and_written_dates(
    market_of: Callable[..., Market],
) -> None:
    said = page(
        market_of(
            ("gold", "2026-01-28", 5100.0, "USD/oz"),
            ("anglo-american", "2024-03-12", 1800.0, "GBp"),
            ("first-majestic", "2024-03-12", 5.0, "USD"),
        )
    )
    assert said[0] == (
        "Prices: Anglo American, First Majestic: the last price is of 12\u00a0Mar\u00a02024, "
        "471 sessions before 28\u00a0Jan\u00a02026; at most 2 are allowed."
    )
    assert (
        "Prices: 0 of 35 companies have a current price (0\u202f%); at least 80\u202f% are wanted. "
        "Breadth is measured on those that have one."
    ) in said
    assert (
        "Ratings: none is known by 28\u00a0Jan\u00a02026: claims on analysts’ ratings are not "
        "tested."
    ) in said


def test_an_overdue_average_is_told_a_reader_by_its_month(
    market_of: Callable[..., Market],
) -> None:
    market = market_of(
        ("iron-ore-cfr", "2026-02-01", 100.0, "USD/t"),
        ("gold", "2026-04-29", 4500.0, "USD/oz"),
        price_type="average",
    )
    assert page(market)[0] == (
        "Prices: Iron ore (import): the last monthly average is that of Feb\u00a02026, 87 days "
        "before 29\u00a0Apr\u00a02026; at most 70 are allowed."
    )
