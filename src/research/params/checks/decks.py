"""Price decks and discount rates against the universe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.common import ids, repeated
from research.params.sentences import show
from research.params.units import NoUnitError, quoted_alike
from research.params.where import Place, Tree, spelling


def check_decks(decks: Tree, universe: Tree | None) -> list[Fault]:
    """Decks price metals that exist, one is the base; discount rates cover every group."""
    faults = list(repeated(decks, "decks"))
    names, base = ids(decks, "decks"), decks.at("base")
    if isinstance(base, str) and base not in names:
        problem = f"{show(base)} is not one of the decks below."
        faults.append(decks.fault(("base",), problem, spelling(base, names)))
    if universe is None:
        return faults
    metals = ids(universe, "instruments", kind="metal")
    quoted = {str(one.get("id")): one.get("unit") for _, one in universe.records("instruments")}
    for place, _ in decks.records("decks"):
        for name, price in decks.entries(*place, "prices"):
            faults += _unit(decks, (*place, "prices", name, "unit"), price, name, quoted.get(name))
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


def _unit(decks: Tree, place: Place, price: Any, name: str, quoted: Any) -> Iterator[Fault]:
    unit = price.get("unit") if isinstance(price, dict) else None
    if not isinstance(unit, str) or not isinstance(quoted, str):
        return
    try:
        alike = quoted_alike(unit, quoted)
    except NoUnitError:
        return  # told with the file's other faults of form
    if not alike:
        problem = f"found {show(unit)}, but `{name}` is quoted in {quoted}."
        hint = f"Did you mean `{quoted}`? A price in another currency or weight is converted first."
        yield decks.fault(place, problem, hint)
