"""What a plan asks of the market, and the market as another process may keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from research.params.load import load

if TYPE_CHECKING:
    from research.market.market import Market


@dataclass(frozen=True, kw_only=True)
class Look:
    """The market of one edition, all of it read, and what it says.

    It can be pickled, so that another process than the one that read it may keep it.
    """

    market: Market
    said: dict[str, Any]


def hold(note: str, source: str) -> None:
    """Read all that a source gives, for the markets of many days.

    This and the next two are for a process that the kernels of notebooks are forked from: they find
    what was read and checked. They raise what opening the market raises.
    """
    from research.market.market import Market

    Market.hold(load(note), source=source)


def look(note: str, as_of: str, source: str) -> Look:
    """Look into the market of the note in the file `note`; what it says names its `params` too."""
    from research.market.market import Market

    params = load(note)
    market = Market.open(params, source=source, as_of=as_of)
    return Look(market=market, said={**look_into(market), "params": dict(params.sources)})


def keep(looked: Callable[[], Look], note: str, as_of: str, source: str) -> dict[str, Any]:
    """Keep the market that was looked into, as parameters and sessions are, and give what it says.

    `looked` waits for the look, if another process takes it.
    """
    load(note)
    seen = looked()
    seen.market.keep(source=source, as_of=as_of)
    return seen.said


def look_into(market: Market) -> dict[str, Any]:
    """Date, name, gates and inputs of a `market`, as `research.edition.found` has them."""
    from research.market.checks import check

    return {
        "as_of": market.as_of.isoformat(),
        "as_of_note": market.as_of_note,
        "source_name": market.source_name,
        "illustrative": market.illustrative,
        "gates": [dict(vars(one)) for one in check(market).results],
        "inputs": dict(market.inputs()),
        "about": {
            "title": market.source.title,
            "kind": "illustrative" if market.illustrative else "real",
            "first session": market.source.first_session.isoformat(),
        },
        "files": market.files(),
    }  # fmt: skip
