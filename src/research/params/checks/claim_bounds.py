"""Bounds of claims: in order, those that the test decides by, and mirrored where a claim is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.common import is_number, ordered
from research.params.ledger import BOUNDED_TESTS, METHOD_BOUNDS, TEST_NAMES
from research.params.sentences import show
from research.params.where import Place, Tree


def check_bounds(claims: Tree, method: Tree | None) -> Iterator[Fault]:
    """No claim shows other bounds than those it is decided by."""
    ledger = {str(one.get("id")): one for _, one in claims.records("claims")}
    for place, one in claims.records("claims"):
        bounds, original = one.get("bounds"), one.get("mirror_of")
        yield from _ordered(claims, (*place, "bounds"), bounds)
        if original is None and method and isinstance(bounds, dict):
            yield from _of_method(claims, place, one, method)
        other = ledger.get(original, one) if isinstance(original, str) else one
        if other is not one and not other.get("mirror_of"):
            yield from _of_mirror(claims, place, one, other)


def _of_method(claims: Tree, place: Place, one: dict[str, Any], method: Tree) -> Iterator[Fault]:
    test, bounds = one.get("test"), one["bounds"]
    if test in BOUNDED_TESTS or test not in TEST_NAMES:
        return
    if test not in METHOD_BOUNDS:
        problem = f"is given, but the test {show(test)} decides by {method.shown} alone."
        yield claims.fault((*place, "bounds"), problem, "Take it away.")
        return
    if bounds.get("side") == "low":
        problem = f'found "low", but in the test {show(test)} large values support.'
        yield claims.fault((*place, "bounds", "side"), problem, 'Write "high".')
    keys = METHOD_BOUNDS[str(test)]
    support, contradiction = (method.at(str(test), name) for name in keys)
    if not _in_order({"side": "high", "support": support, "contradiction": contradiction}):
        return  # told where it stands in the method
    decides = {"support": (keys[0], support), "contradiction": (keys[1], contradiction)}
    for key, (name, theirs) in decides.items():
        mine = bounds.get(key)
        if is_number(mine) and mine != theirs:
            problem = (
                f"found {mine:g}, but the test {show(test)} decides by {test}.{name} of "
                f"{method.shown}, {theirs:g}."
            )
            hint = "Write the same number in both."
            yield claims.fault((*place, "bounds", key), problem, hint)


def _of_mirror(
    claims: Tree, place: Place, one: dict[str, Any], other: dict[str, Any]
) -> Iterator[Fault]:
    where, mine, theirs = (*place, "bounds"), one.get("bounds"), other.get("bounds")
    name = one["mirror_of"]
    if theirs is None:
        if mine is not None and other.get("test") not in BOUNDED_TESTS:
            problem = f"is given, but `{name}`, which it mirrors, has none."
            yield claims.fault(where, problem, "Take it away.")
        return
    if not _in_order(theirs) or not (mine is None or _in_form(mine)):
        return  # told where it stands; its mirror is not to blame
    expected = {
        "side": "high" if theirs["side"] == "low" else "low",
        "support": theirs["contradiction"],
        "contradiction": theirs["support"],
    }
    if mine is None or any(mine[key] != value for key, value in expected.items()):
        problem = (
            f"{'is missing' if mine is None else f'found {_told(mine)}'}, expected the mirror "
            f"image of `{name}`: {_told(expected)}."
        )
        yield claims.fault(where, problem, "Correct whichever of the two is wrong.")


def _in_form(bounds: Any) -> bool:
    return (
        isinstance(bounds, dict)
        and bounds.get("side") in ("low", "high")
        and is_number(bounds.get("support"))
        and is_number(bounds.get("contradiction"))
    )


def _in_order(bounds: Any) -> bool:
    if not _in_form(bounds) or bounds["support"] == bounds["contradiction"]:
        return False
    return (bounds["support"] < bounds["contradiction"]) == (bounds["side"] == "low")


def _told(bounds: dict[str, Any]) -> str:
    return (
        f"side {bounds['side']}, support {bounds['support']:g}, "
        f"contradiction {bounds['contradiction']:g}"
    )


def _ordered(claims: Tree, place: Place, bounds: Any) -> Iterator[Fault]:
    if isinstance(bounds, dict) and bounds.get("side") in ("low", "high"):
        order = ("support", "contradiction")
        yield from ordered(claims, place, *(order if bounds["side"] == "low" else order[::-1]))
