"""Labels are measured, broken and spread so that they never stand on each other."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.exhibits.charts import ticks
from research.exhibits.charts.labels import spread, text_width, widest, wrap

places = st.lists(st.floats(0, 200), min_size=1, max_size=8)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([10, 50, 90], [10, 10, 10], 0, 100) == [10, 50, 90]


def test_two_labels_at_one_place_part_evenly() -> None:
    assert spread([50, 50], [10, 10], 0, 100) == [45, 55]


def test_labels_are_pushed_in_from_the_edge() -> None:
    assert spread([1, 2], [10, 10], 0, 100) == [5, 15]
    assert spread([99, 98], [10, 10], 0, 100) == [95, 85]


@given(places, st.floats(1, 20))
def test_no_two_labels_overlap_and_all_stay_inside(wanted: list[float], size: float) -> None:
    placed = spread(wanted, [size] * len(wanted), 0, 200)
    order = sorted(placed)
    assert all(b - a >= size - 1e-6 for a, b in itertools.pairwise(order))
    assert order[0] >= size / 2 - 1e-6
    assert order[-1] <= 200 - size / 2 + 1e-6


@given(places)
def test_labels_keep_their_order(wanted: list[float]) -> None:
    placed = spread(wanted, [12.0] * len(wanted), 0, 200)
    by_wish = [p for _, p in sorted(zip(wanted, placed, strict=True), key=lambda pair: pair[0])]
    distinct = sorted(set(wanted))
    if len(distinct) == len(wanted):
        assert by_wish == sorted(by_wish)


def test_widths_add_up_and_grow_with_size_and_weight() -> None:
    assert text_width("mm") == pytest.approx(2 * text_width("m"), rel=0.02)
    assert text_width("m", 17) == pytest.approx(2 * text_width("m", 8.5), rel=0.02)
    assert text_width("mining", 8.5, 600) > text_width("mining", 8.5)


@pytest.mark.parametrize(
    "text", ["Diversified (PICK, ex gold & silver) 223", "x" * 80, "a b " * 30]
)
def test_a_long_label_is_broken_within_its_limit(text: str) -> None:
    assert widest([wrap(text, 90)]) <= 90


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(80, 450, [80, 100, 150, 200, 300, 400]), (95, 118, [95, 100, 105, 110, 115])],
)
def test_a_log_axis_is_marked_with_plain_round_numbers(
    low: float, high: float, expected: list[float]
) -> None:
    assert ticks.logarithmic(low, high, 200) == expected


def test_marks_of_a_log_axis_keep_their_distance() -> None:
    assert ticks.logarithmic(10, 100_000, 100) == [10, 100, 1000, 10_000, 100_000]


def test_a_linear_axis_has_round_steps() -> None:
    assert ticks.linear(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks.linear(-3.2, 7.1) == [-2.5, 0, 2.5, 5]


def test_an_axis_has_as_many_marks_as_stand_side_by_side() -> None:
    assert ticks.fitting(0.57, 0.66, "pct0", 200)[1][0] == "58\u202f%"
    found = {length: len(ticks.fitting(0.57, 0.66, "pct0", length)[0]) for length in (200, 90, 40)}
    assert found[200] > found[90] > found[40] >= 1
    for length in (200, 90):
        marks, printed = ticks.fitting(0.57, 0.66, "pct0", length)
        assert len(marks) == len(printed)
        assert sum(text_width(text, 7.5) for text in printed) < length


def test_marks_show_as_many_digits_as_tell_them_apart() -> None:
    assert ticks.labels([0, 0.25, 0.5], "num0") == ["0.00", "0.25", "0.50"]
    assert ticks.labels([0, 0.2], "pct2") == ["0\u202f%", "20\u202f%"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024-01-26", "2026-01-28", ["Jul 2024", "Jan 2025", "Jul 2025", "Jan 2026"]),
        ("2001-01-01", "2026-01-28", ["2005", "2010", "2015", "2020", "2025"]),
        ("2026-01-01", "2026-01-28", ["28 Jan", "21 Jan", "14 Jan", "7 Jan"]),
        ("2026-01-28", "2026-01-28", ["28 Jan"]),
    ],
)
def test_date_marks_are_few_and_short(first: str, last: str, expected: list[str]) -> None:
    ends = [ticks.number_of(dt.date.fromisoformat(day)) for day in (first, last)]
    found = ticks.dates(*ends, 250)[1]
    assert [text.replace("\u00a0", " ") for text in found] == expected
