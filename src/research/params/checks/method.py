"""Thresholds in their order, and the datasets they name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from research.errors import Fault
from research.params.checks.common import is_number, ordered
from research.params.where import Tree, spelling

DATASETS = ("prices", "fundamentals", "consensus", "ratings", "ownership")


def check_method(method: Tree) -> list[Fault]:
    """Bounds and dates are in order; gates name datasets that exist."""
    return [
        *ordered(method, ("outlook",), "p_min", "p_max"),
        *ordered(method, ("outlook",), "reverses_below", "extends_above"),
        *ordered(method, ("gains",), "low", "high"),
        *ordered(method, ("breadth",), "contradiction_share", "support_share"),
        *ordered(method, ("metal_view",), "said_on", "expires_on"),
        *(
            fault
            for place, _ in method.records("crises")
            for fault in ordered(method, place, "first", "last")
        ),
        *_words(method),
        *_crash_steps(method),
        *_datasets(method),
    ]


def _words(method: Tree) -> Iterator[Fault]:
    lowest = [
        (number, one[0])
        for number, one in method.items("outlook", "words")
        if isinstance(one, list) and one and is_number(one[0])
    ]
    for (_, above), (number, here) in pairwise(lowest):
        if here >= above:
            problem = f"found {here:g} after {above:g}, expected falling probabilities."
            yield method.fault(("outlook", "words", number), problem)
    if lowest and lowest[-1][1] > 0:
        number, here = lowest[-1]
        problem = f"found {here:g} as the lowest, expected 0, so that every p has its words."
        yield method.fault(("outlook", "words", number), problem)


def _crash_steps(method: Tree) -> Iterator[Fault]:
    records = [
        (place, one)
        for place, one in method.records("run_ups", "crash_steps")
        if is_number(one.get("run_up")) and is_number(one.get("p"))
    ]
    for (_, before), (place, here) in pairwise(records):
        for key in ("run_up", "p"):
            if here[key] <= before[key]:
                problem = f"found {here[key]:g} after {before[key]:g}, expected rising steps."
                yield method.fault((*place, key), problem)


def _datasets(method: Tree) -> Iterator[Fault]:
    place = ("gates", "stale_days_by_dataset")
    for name, _ in method.entries(*place):
        if name not in DATASETS:
            yield method.fault((*place, name), "is not a dataset.", spelling(name, DATASETS))
