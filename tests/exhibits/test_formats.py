"""Formats give known answers."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from research.exhibits.formats import REGISTRY, FormatError, fmt, lookup


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (5306.95, "num2", "5,306.95"),
        (1234567, "num0", "1,234,567"),
        (-0.6, "snum1", "−0.6"),
        (9.9, "snum1", "+9.9"),
        (0.0, "snum1", "0.0"),
        (0.5, "pct0", "50\u202f%"),
        (0.285, "pct0", "29\u202f%"),
        (-0.0004, "spct1", "0.0\u202f%"),
        (0.59, "spct0", "+59\u202f%"),
        (-0.041, "pp1", "−4.1\u202fpp"),
        (0.033, "spp1", "+3.3\u202fpp"),
        (4.2, "x1", "4.2×"),
        (3210, "usd0", "US$3,210"),
        (-3.5, "usd2", "−US$3.50"),
        (0.093, "scolpct1", "+9.3"),
        (2.5, "num0", "3"),
        (0.125, "num2", "0.13"),
        (1e-9, "num1", "0.0"),
        (-1e-9, "num1", "0.0"),
        (9, "word", "nine"),
        (9, "Word", "Nine"),
        (13, "word", "13"),
        (93, "ord", "93rd"),
        (112, "ord", "112th"),
        (1, "ord", "1st"),
        (22, "ord", "22nd"),
        (0.93, "pctl", "93rd"),
        (-12.34, "acc1", "(12.3)"),
        (0, "acc1", "–"),
        (0.04, "acc1", "0.0"),
        (-0.5, "accx1", "(0.5×)"),
        (-0.12, "accpct0", "(12)"),
        (dt.date(2026, 1, 28), "date", "28\u00a0Jan\u00a02026"),
        ("2026-01-28", "day", "28\u00a0Jan"),
        (pd.Timestamp("2026-01-28"), "month", "Jan\u00a02026"),
        ("SUPPORTED", "verdict", "▲\u00a0Supported"),
        ("NOT TESTED", "verdict", "○\u00a0Not\u00a0tested"),
    ],
)
def test_a_format_gives_the_known_answer(value: object, name: str, text: str) -> None:
    assert fmt(value, name) == text


@pytest.mark.parametrize("name", sorted(set(REGISTRY) - {"text", "verdict"}))
@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf"), pd.NaT])
def test_what_is_missing_is_never_printed_as_a_number(value: object, name: str) -> None:
    assert fmt(value, name) == "n/a"
    assert fmt(value, name, missing="NA") == "NA"


@pytest.mark.parametrize("name", [n for n in REGISTRY if n[-1].isdigit()])
def test_a_small_negative_number_never_prints_minus_zero(name: str) -> None:
    assert "−" not in fmt(-1e-12, name)
    assert "(" not in fmt(-1e-12, name)


def test_an_unknown_format_is_refused_with_a_suggestion() -> None:
    with pytest.raises(FormatError, match=r"no format 'pcto'.*Did you mean 'pct"):
        lookup("pcto")


@pytest.mark.parametrize(
    ("value", "name"), [("x", "num1"), (True, "num0"), (1.5, "word"), (3, "date")]
)
def test_a_format_refuses_what_it_is_not_for(value: object, name: str) -> None:
    with pytest.raises(FormatError, match=f"the format '{name}' cannot print"):
        fmt(value, name)


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(FormatError, match="verdict"):
        fmt("PROVEN", "verdict")
