"""What a plan asks of the market, in plain values that can be told to another process."""

from __future__ import annotations

from typing import Any

from research.params.load import load


def survey(note: str, as_of: str, source: str) -> dict[str, Any]:
    """Look into the market of the note in the file `note`, and keep it; names its `params` too.

    For a process that the kernels of its notebooks are forked from: they find what it has read and
    checked. Raises what opening the market raises.
    """
    from research.market.market import Market

    params = load(note)
    seen = look_into(Market.keep(params, source=source, as_of=as_of))
    return {**seen, "params": dict(params.sources)}


def look_into(market: Any) -> dict[str, Any]:
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
