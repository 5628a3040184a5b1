"""Claims among themselves, and against the families of the method."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.claim_bounds import check_bounds
from research.params.checks.claim_quotes import check_quotes
from research.params.checks.common import ids, is_day, repeated
from research.params.ledger import BOUNDED_TESTS, SUBJECT_TESTS, TEST_NAMES
from research.params.quotes import Fingerprints
from research.params.sentences import show
from research.params.where import Place, Tree, spelling


def check_claims(
    claims: Tree,
    method: Tree | None,
    universe: Tree | None = None,
    source: Fingerprints | None = None,
) -> list[Fault]:
    """Each claim has a test or a reason for none, and words that stand in the source.

    Mirrors, families and subjects fit together, and bounds are those that a test decides by.
    """
    families = [name for name, _ in method.entries("outlook", "families")] if method else []
    return [
        *repeated(claims, "claims"),
        *(fault for place, one in claims.records("claims") for fault in _claim(claims, place, one)),
        *(
            fault
            for place, one in claims.records("claims")
            for fault in _mirror(claims, place, one, families)
        ),
        *(_families(claims, method) if method else ()),
        *check_bounds(claims, method),
        *(check_quotes(claims, source) if source else ()),
        *(_subjects(claims, universe) if universe else ()),
    ]


def _claim(claims: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    test, reason = one.get("test"), one.get("not_tested_because")
    if not test and not reason:
        problem = "is missing; a claim without a test says why."
        yield claims.fault((*place, "not_tested_because"), problem)
    elif test and reason:
        problem = f"found a reason although the claim has the test {show(test)}."
        yield claims.fault((*place, "not_tested_because"), problem, "Take one of the two away.")
    if test in BOUNDED_TESTS and not one.get("bounds") and not one.get("mirror_of"):
        problem = f"is missing; the test {show(test)} decides by side, support and contradiction."
        yield claims.fault((*place, "bounds"), problem)
    yield from _claimed(claims, place, one)
    short = one.get("short")
    if isinstance(short, str) and len(short.split()) > 12:
        problem = f"found {len(short.split())} words, expected at most twelve."
        yield claims.fault((*place, "short"), problem)
    if one.get("relevance"):
        if not one.get("family"):
            yield claims.fault((*place, "family"), "is missing; a claim that counts has a family.")
        if not one.get("direction"):
            problem = "is missing; a claim that counts points up (1) or down (-1)."
            yield claims.fault((*place, "direction"), problem)
    stated = one.get("horizon_source", "none") != "none"
    if stated != (one.get("horizon_weeks") is not None):
        problem = "and horizon_source must be given together: how long, and who says so."
        yield claims.fault((*place, "horizon_weeks"), problem)
    yield from _words(claims, place, one)


def _claimed(claims: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    test = one.get("test")
    about = [name for _, name in claims.items(*place, "about") if isinstance(name, str)]
    if test in SUBJECT_TESTS and not about:
        problem = f"is missing; the test {show(test)} looks at what the claim names."
        yield claims.fault((*place, "about"), problem, "Name instruments or sub-groups.")
    if test == "record_price":
        if one.get("level") is None:
            problem = f"is missing; the test {show(test)} needs the price that is claimed."
            yield claims.fault((*place, "level"), problem)
        if len(about) > 1:
            problem = f"found {len(about)} names; a claimed price is that of one instrument."
            yield claims.fault((*place, "about"), problem)
    for name, day in claims.entries(*place, "since"):
        if name not in about:
            problem = f"{show(name)} is not in `about`."
            yield claims.fault((*place, "since", name), problem, spelling(name, about))
        if is_day(day) and is_day(one.get("said_on")) and day >= one["said_on"]:
            problem = f"found {day}, which is not before the day it was said, {one['said_on']}."
            yield claims.fault((*place, "since", name), problem)


def _words(claims: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    said, published = one.get("said_on"), claims.at("source", "published")
    if is_day(said) and is_day(published) and said > published:
        problem = f"found {said}, which lies after the day the source was published, {published}."
        yield claims.fault((*place, "said_on"), problem)


def _mirror(
    claims: Tree, place: Place, one: dict[str, Any], families: Collection[str]
) -> Iterator[Fault]:
    name = one.get("mirror_of")
    if not isinstance(name, str):
        return
    where = (*place, "mirror_of")
    others = {str(item.get("id")): (spot, item) for spot, item in claims.records("claims")}
    if name not in others or name == one.get("id"):
        hint = spelling(name, (other for other in others if other != one.get("id")))
        yield claims.fault(where, f"{show(name)} is not another claim.", hint)
        return
    spot, other = others[name]
    known: dict[str, Collection[Any]] = {
        "test": TEST_NAMES, "family": families, "relevance": (0, 0.5, 1)
    }  # fmt: skip
    for key, values in known.items():
        mine, theirs = one.get(key), other.get(key)
        # A value that does not exist is told where it stands; its mirror is not to blame.
        wrong = [value for value in (mine, theirs) if value is not None and value not in values]
        if mine != theirs and not (values and wrong):
            problem = (
                f"found {show(mine)}, but `{name}`, which it mirrors, has {show(theirs)} "
                f"(line {claims.line((*spot, key))})."
            )
            yield claims.fault((*place, key), problem, "Correct whichever of the two is wrong.")
    if other.get("mirror_of"):
        yield claims.fault(where, f"`{name}` is itself a mirror; name the claim that is counted.")


def _subjects(claims: Tree, universe: Tree) -> Iterator[Fault]:
    instruments, groups = ids(universe, "instruments"), ids(universe, "sub_groups")
    known = [*instruments, *groups]
    for place, one in claims.records("claims"):
        for number, name in claims.items(*place, "about"):
            if isinstance(name, str) and name not in known:
                problem = f"{show(name)} is neither an instrument nor a sub-group."
                yield claims.fault((*place, "about", number), problem, spelling(name, known))
            elif one.get("test") == "record_price" and name not in instruments:
                problem = f"{show(name)} is a sub-group; a claimed price is that of one instrument."
                yield claims.fault((*place, "about", number), problem)


def _families(claims: Tree, method: Tree) -> Iterator[Fault]:
    families = {
        family: [one for one in names if isinstance(one, str)]
        for family, names in method.entries("outlook", "families")
        if isinstance(names, list)
    }
    ledger = {str(one.get("id")): one for _, one in claims.records("claims")}
    for family, names in families.items():
        for number, name in enumerate(names):
            place: Place = ("outlook", "families", family, number)
            if name not in ledger:
                hint = spelling(name, ledger)
                yield method.fault(place, f"{show(name)} is not a claim of {claims.shown}.", hint)
            elif ledger[name].get("mirror_of"):
                other = ledger[name]["mirror_of"]
                problem = f"{show(name)} mirrors `{other}` and would be counted twice."
                yield method.fault(place, problem, "Take it away.")
    for where, one in claims.records("claims"):
        name, mine = str(one.get("id")), one.get("family")
        if not isinstance(mine, str) or not families:
            continue
        if mine not in families:
            problem = f"{show(mine)} is not a family of {method.shown}."
            yield claims.fault((*where, "family"), problem, spelling(mine, families))
        elif one.get("relevance") and not one.get("mirror_of") and name not in families[mine]:
            problem = f"{method.shown} does not list `{name}` under {show(mine)}."
            yield claims.fault((*where, "family"), problem, "Add it to outlook.families there.")
        for family, names in families.items():
            if family != mine and name in names:
                problem = f"found {show(mine)}, but {method.shown} lists `{name}` under `{family}`."
                yield claims.fault((*where, "family"), problem)
