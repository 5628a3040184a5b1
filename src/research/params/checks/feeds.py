"""Live sources against the universe: what they feed exists, and is fed once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from research.errors import Fault
from research.params.checks.common import ids, repeated
from research.params.feeds import PRICED, WITH_COMPANIES, WITH_CURRENCY, WITHOUT_UNITS
from research.params.sentences import show
from research.params.units import NoUnitError, quoted_alike
from research.params.where import Place, Tree, spelling


def check_feeds(feeds: Tree, universe: Tree | None) -> list[Fault]:
    """Ids and symbols stand once; an instrument has one source of prices, in a unit it has.

    So it is with accounts and with ratings, which only some sources know.
    """
    faults = list(repeated(feeds, "feeds"))
    known = ids(universe, "instruments") if universe else []
    units = _units(universe) if universe else {}
    owners = _owners(universe) if universe else {}
    ended = _ended(universe) if universe else {}
    told: dict[tuple[str, str], str] = {}
    for at, feed in feeds.records("feeds"):
        symbols: dict[str, tuple[int | None, dict[str, Any]]] = {}
        for place, line in feeds.records(*at, "lines"):
            faults += _twice(feeds, (*place, "symbol"), line, symbols, owners)
            name = line.get("instrument")
            if not isinstance(name, str):
                continue
            here = (*place, "instrument")
            if known and name not in known:
                problem = f"{show(name)} is not an instrument."
                faults.append(feeds.fault(here, problem, spelling(name, known)))
            elif feed.get("id") in PRICED:
                faults += _told_twice(feeds, here, feed, line, told)
            if line.get("tells") and feed.get("id") not in WITH_COMPANIES:
                problem = f"{feed.get('id')} tells nothing but one thing of each line."
                faults.append(feeds.fault((*place, "tells"), problem, "Take it away."))
            if feed.get("id") in WITH_COMPANIES:
                faults += _ticker(feeds, place, line, ended)
            faults += _unit(feeds, place, feed, line, units.get(name))
    return faults


def _units(universe: Tree) -> dict[str, str]:
    return {
        str(one.get("id")): one["unit"]
        for _, one in universe.records("instruments")
        if isinstance(one.get("unit"), str)
    }


def _ended(universe: Tree) -> dict[str, dict[str, str]]:
    """Instrument → ticker that meant it once and does no more → the last day of that."""
    found: dict[str, dict[str, str]] = {}
    for _, one in universe.records("instruments"):
        listings = [it for it in one.get("listings") or () if isinstance(it, dict)]
        today = {it.get("ticker") for it in listings if not it.get("valid_to")}
        found[str(one.get("id"))] = {
            str(it["ticker"]).replace("-", "."): str(it["valid_to"])
            for it in listings
            if it.get("valid_to") and it.get("ticker") not in today
        }
    return found


def _ticker(
    feeds: Tree, place: Place, line: dict[str, Any], ended: dict[str, dict[str, str]]
) -> Iterator[Fault]:
    """Whether a symbol's ticker, without the exchange behind it, has stopped to mean this."""
    symbol, name = line.get("symbol"), str(line.get("instrument"))
    if not isinstance(symbol, str):
        return
    ticker = (symbol.rpartition(".")[0] or symbol).replace("-", ".")
    if last := ended.get(name, {}).get(ticker):
        problem = f"{show(symbol)} stopped to mean `{name}` on {last}."
        yield feeds.fault((*place, "symbol"), problem, "Tickers are reused: take that of today.")


def _owners(universe: Tree) -> dict[str, str]:
    """Instrument → the company that it is a line of, or itself; "" for a line of none."""
    every = [one for _, one in universe.records("instruments")]
    companies = {one.get("id") for one in every if one.get("kind") == "company"}
    owners = {}
    for one in every:
        other = one.get("stands_in_for") if one.get("kind") == "line" else one.get("id")
        is_known = one.get("kind") != "line" or other in companies
        owners[str(one.get("id"))] = str(other) if is_known else ""
    return owners


def _told_twice(
    feeds: Tree,
    place: Place,
    feed: dict[str, Any],
    line: dict[str, Any],
    told: dict[tuple[str, str], str],
) -> Iterator[Fault]:
    """Whether an earlier line tells the same of the same instrument; `told` is added to."""
    name = line["instrument"]
    for kind in line.get("tells") or ["prices"]:
        if first := told.get((name, str(kind))):
            problem = f"the {kind} of {show(name)} come from {first} already."
            hint = f"{str(kind).capitalize()} of two origins are never mixed: take one line away."
            yield feeds.fault(place, problem, hint)
        else:
            told[name, str(kind)] = str(feed.get("id"))


def _twice(
    feeds: Tree,
    place: Place,
    line: dict[str, Any],
    first: dict[str, tuple[int | None, dict[str, Any]]],
    owners: dict[str, str],
) -> Iterator[Fault]:
    """Whether a symbol stands before, but for a company's ratings and its second line's prices."""
    symbol = line.get("symbol")
    if not isinstance(symbol, str):
        return
    if symbol not in first:
        first[symbol] = feeds.line(place), line
        return
    number, other = first[symbol]
    names = [str(one.get("instrument")) for one in (line, other)]
    shared = set(line.get("tells") or ["prices"]) & set(other.get("tells") or ["prices"])
    companies = {owners.get(one, "") for one in names}  # what is not known is told elsewhere
    if shared or names[0] == names[1] or ("" not in companies and len(companies) > 1):
        problem = f"{show(symbol)} is taken; the first is on line {number}."
        yield feeds.fault(place, problem, "A symbol feeds one instrument.")


def _unit(
    feeds: Tree, place: Place, feed: dict[str, Any], line: dict[str, Any], wanted: str | None
) -> Iterator[Fault]:
    unit, silent = line.get("unit"), feed.get("id") in WITHOUT_UNITS
    if unit is None and silent:
        yield feeds.fault(
            (*place, "unit"), f"is missing: answers of {feed['id']} do not say it.", "Such as %."
        )
    if unit is not None and not silent and feed.get("id") not in (None, *WITH_CURRENCY):
        problem = f"found {show(unit)}, but {feed['id']} says the unit of its numbers itself."
        yield feeds.fault((*place, "unit"), problem, "Take it away.")
    elif isinstance(unit, str) and wanted:
        base, _, other = unit.partition(" per ")
        found = f"{other} per {base}" if line.get("invert") is True and other else unit
        try:
            alike = found == wanted or quoted_alike(found, wanted)
        except NoUnitError:
            return  # told with the file's other faults of form
        if not alike:
            problem = f"found {show(unit)}, but `{line['instrument']}` is quoted in {wanted}."
            yield feeds.fault(
                (*place, "unit"), problem, "See `invert` for a rate the other way up."
            )
