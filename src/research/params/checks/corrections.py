"""Corrections against the universe, and each action with what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.common import ids, ordered, repeated
from research.params.where import Place, Tree, spelling

NEEDS = {"multiply": "factor", "replace": "value", "set-unit": "unit"}


def check_corrections(corrections: Tree, universe: Tree | None = None) -> list[Fault]:
    """Each has what its action needs and no more, days in order, and names an instrument."""
    known = ids(universe, "instruments") if universe else []
    return [
        *repeated(corrections, "corrections"),
        *(
            fault
            for place, one in corrections.records("corrections")
            for fault in (
                *ordered(corrections, place, "first", "last"),
                *ordered(corrections, (*place, "expect"), "low", "high"),
                *_needs(corrections, place, one),
                *(_known(corrections, place, one, known) if known else ()),
            )
        ),
    ]


def _needs(corrections: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    action = one.get("action")
    if action not in (*NEEDS, "drop"):
        return  # told with the other faults of form
    for key in NEEDS.values():
        due = NEEDS.get(str(action)) == key
        if due and one.get(key) is None:
            yield corrections.fault((*place, key), f"is missing; `{action}` needs it.")
        elif not due and one.get(key) is not None:
            problem = f"is given, but `{action}` takes none."
            yield corrections.fault((*place, key), problem, "Leave it out, or mend `action`.")


def _known(
    corrections: Tree, place: Place, one: dict[str, Any], known: list[str]
) -> Iterator[Fault]:
    name = one.get("instrument")
    if isinstance(name, str) and name not in known:
        problem = f"{name} is no instrument of the universe."
        yield corrections.fault((*place, "instrument"), problem, spelling(name, known))
