"""Every word in every drawing can be read on paper: as printed, not as drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LEAST_PT = 7.0
Read = Callable[[bytes], dict[str, list[tuple[str, float]]]]


def too_small(found: dict[str, list[tuple[str, float]]]) -> dict[str, float]:
    """By what a drawing is told as, its smallest size of type where that is too small to read."""
    smallest = {told: min(size for _, size in words) for told, words in found.items() if words}
    return {told: size for told, size in smallest.items() if size < LEAST_PT}


def charts(record: dict[str, Any]) -> set[str]:
    return {one["alt"] for one in record["exhibits"] if one["kind"] == "figure"}


def test_words_in_charts_are_printed_at_seven_points_or_more(
    folder: Path, record: dict[str, Any], words_drawn: Read
) -> None:
    found = words_drawn((folder / "mining-rally.pdf").read_bytes())
    worded = {told for told, words in found.items() if words}
    assert charts(record) <= worded  # every chart, and the drawings of cards besides
    assert len(worded) > len(charts(record)) >= 12
    assert too_small(found) == {}


def test_they_are_on_letter_too(letter: bytes, record: dict[str, Any], words_drawn: Read) -> None:
    found = words_drawn(letter)
    assert charts(record) <= {told for told, words in found.items() if words}
    assert too_small(found) == {}
