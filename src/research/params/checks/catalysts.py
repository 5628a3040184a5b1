"""Events and risks against the ledger of claims and the universe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.common import ids, ordered, repeated
from research.params.sentences import show
from research.params.where import Place, Tree, spelling

LEAST = 2
MID_CYCLE = "above_mid_cycle"


def check_catalysts(
    catalysts: Tree, claims: Tree | None = None, universe: Tree | None = None
) -> list[Fault]:
    """Each event has days of one kind; risks go both ways; what they name exists."""
    ledger = ids(claims, "claims") if claims else []
    events = list(catalysts.records("catalysts"))
    risks = list(catalysts.records("risks"))
    return [
        *repeated(catalysts, "catalysts"),
        *repeated(catalysts, "risks"),
        *(fault for place, one in events for fault in _days(catalysts, place, one)),
        *(_both_ways(catalysts, [one.get("side") for _, one in risks])),
        *(fault for place, one in risks for fault in _bears(catalysts, place, one)),
        *(
            fault
            for place, _ in (*events, *risks)
            for fault in (_claims(catalysts, place, ledger) if claims else ())
        ),
        *(
            fault
            for place, one in risks
            for fault in (_reading(catalysts, place, one, universe) if universe else ())
        ),
    ]


def _days(catalysts: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    ways = {"days": "days", "first": "first and last", "last": "first and last", "every": "every"}
    given = list(dict.fromkeys(ways[key] for key in ways if one.get(key)))
    if not given:
        hint = "Give `days`, a span (`first` and `last`) or a rule (`every`)."
        yield catalysts.fault((*place, "days"), "is missing; an event has a date.", hint)
    elif len(given) > 1:
        problem = f"has days given in {len(given)} ways: {', '.join(given)}."
        yield catalysts.fault(place, problem, "Keep one of them.")
    for key, other in (("first", "last"), ("last", "first")):
        if one.get(key) and not one.get(other):
            problem = f"is missing; a span that has `{key}` has both."
            yield catalysts.fault((*place, other), problem)
    yield from ordered(catalysts, place, "first", "last")


def _both_ways(catalysts: Tree, sides: list[Any]) -> Iterator[Fault]:
    for side in ("up", "down"):
        if sides and sides.count(side) < LEAST:
            problem = f"found {sides.count(side)} with `side: {side}`, expected at least {LEAST}."
            yield catalysts.fault(("risks",), problem, "A note tells the risks of both sides.")


def _bears(catalysts: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    if not one.get("claims") and not one.get("reading"):
        hint = "Name `claims`, a `reading`, or both."
        yield catalysts.fault((*place, "claims"), "is missing; a risk bears on something.", hint)


def _claims(catalysts: Tree, place: Place, ledger: list[str]) -> Iterator[Fault]:
    for number, name in catalysts.items(*place, "claims"):
        if isinstance(name, str) and name not in ledger:
            problem = f"{show(name)} is not a claim."
            yield catalysts.fault((*place, "claims", number), problem, spelling(name, ledger))


def _reading(catalysts: Tree, place: Place, one: dict[str, Any], universe: Tree) -> Iterator[Fault]:
    known = ids(universe, "instruments")
    stands = {row.get("id"): row.get("stands_in_for") for _, row in universe.records("instruments")}
    iron_ore = universe.at("roles", "iron_ore")
    reading = one.get("reading")
    measure = reading.get("measure") if isinstance(reading, dict) else None
    for number, name in catalysts.items(*place, "reading", "of"):
        where = (*place, "reading", "of", number)
        if not isinstance(name, str):
            continue
        if name not in known:
            yield catalysts.fault(
                where, f"{show(name)} is not an instrument.", spelling(name, known)
            )
        elif measure == MID_CYCLE and iron_ore not in (name, stands[name]):
            if stands[name] not in (None, *known) or stands[name] == name:
                continue  # told where it stands
            problem = f"{show(name)} has no mid-cycle price; the method has that of iron ore."
            yield catalysts.fault(where, problem)
