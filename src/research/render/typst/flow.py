"""Which exhibits go to the top of the next page, so that no page ends in a hole."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

FLOATS = "floats.json"  # as house.typ reads it
PASSES = 12


def settle(
    project: Mapping[str, bytes], *, go_on: Callable[[], bool] = lambda: True, **options: Any
) -> dict[str, bytes]:
    """`project` with the choice of floats in which every exhibit that ought to float does.

    One that floats lets what follows move up, so later ones are asked again until none changes
    its mind; what follows it before it has landed floats too, so that their order is kept. Where
    they never agree, or nobody waits for it any more (`go_on`), the last choice is taken.
    """
    import typst

    chosen: list[str] = []
    for _ in range(PASSES):
        tried = _with(project, chosen)
        try:
            told = typst.query(tried, "<flow>", field="value", **options)
        except RuntimeError:  # does not say where; the printing that follows does
            break
        wanted = _in_order(json.loads(told), chosen)
        if wanted == chosen or not go_on():
            break
        chosen = wanted
    return _with(project, chosen)


def _with(project: Mapping[str, bytes], chosen: list[str]) -> dict[str, bytes]:
    # A file that is read where an exhibit is laid out: what Typst has laid out of all else is
    # kept from one choice to the next, which it is not when an input of the whole changes.
    return {**project, FLOATS: json.dumps(chosen).encode()}


def _in_order(told: list[tuple[str, bool, int, int]], chosen: list[str]) -> list[str]:
    """Those that ought to float, of exhibits told as name, need, page of the text, page landed."""
    found, awaited = [], 0
    for name, needs, page, landed in told:
        if needs or page < awaited:
            found.append(name)
            awaited = max(awaited, landed if name in chosen else page + 1)
    return found
