"""Questions that the checks of several files ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.sentences import show
from research.params.where import Place, Tree


def ids(tree: Tree, list_: str, kind: str | None = None) -> list[str]:
    """Ids of the records in a list, of one kind or of all."""
    found = (one for _, one in tree.records(list_) if kind in (None, one.get("kind")))
    return [one["id"] for one in found if isinstance(one.get("id"), str)]


def repeated(tree: Tree, list_: str) -> Iterator[Fault]:
    """Ids that are given a second time."""
    first: dict[str, int | None] = {}
    for place, one in tree.records(list_):
        name = one.get("id")
        if not isinstance(name, str):
            continue
        if name in first:
            problem = f"{show(name)} is taken; the first is on line {first[name]}."
            yield tree.fault((*place, "id"), problem, "Ids are given once.")
        else:
            first[name] = tree.line((*place, "id"))


def ordered(tree: Tree, place: Place, lower: str, upper: str) -> Iterator[Fault]:
    """Two numbers that do not rise, or two dates that fall."""
    low, high = tree.at(*place, lower), tree.at(*place, upper)
    if is_day(low) and is_day(high) and high < low:
        problem = f"found {high}, which lies before `{lower}`, {low}."
        yield tree.fault((*place, upper), problem)
    if is_number(low) and is_number(high) and high <= low:
        problem = f"found {high:g}, which is not above `{lower}`, {low:g}."
        yield tree.fault((*place, upper), problem)


def is_number(value: Any) -> bool:
    """True for whole numbers and fractions, not for true and false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_day(value: Any) -> bool:
    """True for a date as text, such as "2026-01-28"; these sort as dates do."""
    try:
        return isinstance(value, str) and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False
