"""Instruments that other lines of the universe name, and listings in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.common import ids, ordered, repeated
from research.params.sentences import show
from research.params.where import Place, Tree, spelling

COMPANY = ("isin", "sub_group", "reporting_currency", "fiscal_year_end", "listings")
"""What every company must have."""


def check_universe(universe: Tree) -> list[Fault]:
    """Parts, basket and groups name what exists; each ticker meant one thing at a time."""
    return [
        *repeated(universe, "sub_groups"),
        *repeated(universe, "instruments"),
        *_parts(universe),
        *(
            fault
            for place, one in universe.records("instruments")
            for fault in _instrument(universe, place, one)
        ),
        *_shared_isins(universe),
        *_overlaps(universe),
    ]


def _parts(universe: Tree) -> Iterator[Fault]:
    known = ids(universe, "instruments")
    metals = ids(universe, "instruments", kind="metal")
    for part, name in universe.entries("roles"):
        if isinstance(name, str) and name not in known:
            yield universe.fault(
                ("roles", part), f"{show(name)} is not an instrument.", spelling(name, known)
            )
    for place, one in universe.records("sub_groups"):
        for number, name in enumerate(one.get("metals") or ()):
            if isinstance(name, str) and name not in metals:
                problem = f"{show(name)} is not a metal."
                yield universe.fault((*place, "metals", number), problem, spelling(name, metals))
    seen: set[str] = set()
    for number, name in universe.items("basket"):
        if not isinstance(name, str):
            continue
        place = ("basket", number)
        if name not in metals:
            yield universe.fault(place, f"{show(name)} is not a metal.", spelling(name, metals))
        elif name in seen:
            yield universe.fault(place, f"{show(name)} is in the basket twice.", "Take one away.")
        seen.add(name)


def _instrument(universe: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    listings = [item for _, item in universe.records(*place, "listings")]
    if one.get("kind") == "company":
        for name in COMPANY:
            if not one.get(name):
                yield universe.fault((*place, name), "is missing; every company needs it.")
    elif not listings and not one.get("unit"):
        problem = "is missing; an instrument without listings needs a unit."
        yield universe.fault((*place, "unit"), problem, "Such as USD/oz, index or %.")
    primary = sum(item.get("primary") is True for item in listings)
    if listings and primary != 1:
        problem = f"found {primary} listings with `primary: true`, expected exactly one."
        yield universe.fault((*place, "listings"), problem)
    other = one.get("stands_in_for")
    if isinstance(other, str):
        others = [name for name in ids(universe, "instruments") if name != one.get("id")]
        if other not in others:
            problem = f"{show(other)} is not another instrument."
            yield universe.fault((*place, "stands_in_for"), problem, spelling(other, others))
    yield from ordered(universe, place, "member_from", "member_to")
    for name in ("member_from", "member_to"):
        if one.get(name) and one.get("kind") != "company":
            yield universe.fault((*place, name), "is told of companies only.", "Take it away.")
    if one.get("kind") == "line":
        yield from _line(universe, place, one, listings)
    yield from _group(universe, place, one)
    for where, _ in universe.records(*place, "listings"):
        yield from ordered(universe, where, "valid_from", "valid_to")
    for window, _ in universe.records(*place, "deal_windows"):
        yield from ordered(universe, window, "first", "last")


def _line(
    universe: Tree, place: Place, one: dict[str, Any], listings: list[dict[str, Any]]
) -> Iterator[Fault]:
    """A line of a company repeats the company's own listing, so that the ratio is written once."""
    of = one.get("stands_in_for")
    found = [row for _, row in universe.records("instruments") if row.get("id") == of]
    if not found or found[0].get("kind") != "company":
        problem = "is missing; a line is another listing of a company."
        yield universe.fault((*place, "stands_in_for"), problem, "Name the company's id.")
        return
    known = [dict(item) for item in found[0].get("listings") or () if isinstance(item, dict)]
    for number, listing in enumerate(listings):
        if all(_terms(listing) != _terms(item) for item in known):
            problem = f"is no listing of {show(of)} with the same ticker, exchange, unit and ratio."
            hint = "Repeat one of the company's listings."
            yield universe.fault((*place, "listings", number), problem, hint)
    if not listings:
        yield universe.fault((*place, "listings"), "is missing; a line needs its listing.")


def _terms(listing: dict[str, Any]) -> tuple[object, ...]:
    return (
        *(listing.get(name) for name in ("ticker", "exchange", "unit", "valid_from", "valid_to")),
        float(listing.get("ordinary_per_share") or 1),
    )


def _group(universe: Tree, place: Place, one: dict[str, Any]) -> Iterator[Fault]:
    name = one.get("sub_group")
    groups = {str(item.get("id")): item for _, item in universe.records("sub_groups")}
    if not isinstance(name, str):
        return
    if name not in groups:
        hint = spelling(name, ids(universe, "sub_groups"))
        yield universe.fault((*place, "sub_group"), f"{show(name)} is not a sub-group.", hint)
        return
    mine, theirs = one.get("precious", False), groups[name].get("precious", False)
    if isinstance(mine, bool) and isinstance(theirs, bool) and mine != theirs:
        problem = f"found {show(mine)}, but its sub-group {show(name)} says {show(theirs)}."
        yield universe.fault((*place, "precious"), problem, "Make them agree.")


def _shared_isins(universe: Tree) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for place, one in universe.records("instruments"):
        isin, name = one.get("isin"), str(one.get("id"))
        if isinstance(isin, str) and first.setdefault(isin, name) != name:
            yield universe.fault(
                (*place, "isin"), f"{show(isin)} is also the ISIN of `{first[isin]}`."
            )


def _overlaps(universe: Tree) -> Iterator[Fault]:
    lines: dict[tuple[str, str], list[tuple[str, str, Place, str]]] = {}
    for place, one in universe.records("instruments"):
        if one.get("kind") == "line":  # a ticker of its company, on purpose
            continue
        for where, item in universe.records(*place, "listings"):
            ticker, exchange = item.get("ticker"), item.get("exchange")
            if isinstance(ticker, str) and isinstance(exchange, str):
                # ISO dates sort as text.
                span = (str(item.get("valid_from") or ""), str(item.get("valid_to") or "9999"))
                lines.setdefault((ticker, exchange), []).append((*span, where, str(one.get("id"))))
    for (ticker, exchange), spans in lines.items():
        spans.sort()
        last, earlier = spans[0][1], spans[0][3]
        for first, until, where, name in spans[1:]:
            if first <= last:
                problem = f"{ticker} on {exchange} overlaps with its listing under `{earlier}`."
                hint = "A ticker means one instrument at a time: set valid_from and valid_to."
                yield universe.fault(where, problem, hint)
            if until > last:
                last, earlier = until, name
