"""Price decks and discount rates against the universe."""

from __future__ import annotations

from research.errors import Fault
from research.params.checks.common import ids, repeated
from research.params.where import Tree, spelling


def check_decks(decks: Tree, universe: Tree | None) -> list[Fault]:
    """Decks price metals that exist; discount rates cover every group of companies."""
    faults = list(repeated(decks, "decks"))
    if universe is None:
        return faults
    metals = ids(universe, "instruments", kind="metal")
    for place, _ in decks.records("decks"):
        for name, _ in decks.entries(*place, "prices"):
            if name not in metals:
                problem = f"is not a metal of {universe.shown}."
                faults.append(
                    decks.fault((*place, "prices", name), problem, spelling(name, metals))
                )
    groups = ids(universe, "sub_groups")
    rates = dict(decks.entries("discount_rates"))
    for name in rates:
        if name not in groups:
            problem = f"is not a sub-group of {universe.shown}."
            faults.append(decks.fault(("discount_rates", name), problem, spelling(name, groups)))
    for name in groups:
        if rates and name not in rates:
            place = ("discount_rates", name)
            faults.append(
                decks.fault(place, f"is missing: the rate of a sub-group of {universe.shown}.")
            )
    return faults
