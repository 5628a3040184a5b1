"""Which exhibits go to the top of the next page, so that no page ends in a hole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

INPUT = "floats"  # as house.typ reads it
PASSES = 12


def settle(project: Mapping[str, bytes], **options: Any) -> dict[str, str]:
    """The inputs of the layout in which every exhibit that ought to float does.

    One that floats lets what follows move up, so later ones are asked again until none changes
    its mind. Any choice is a whole layout: where they never agree the last one is taken.
    """
    import typst

    chosen: list[str] = []
    for _ in range(PASSES if b"flowing(" in project["main.typ"] else 0):
        inputs = {INPUT: ",".join(chosen)}
        try:
            told = typst.query(dict(project), "<flow>", field="value", sys_inputs=inputs, **options)
        except RuntimeError:  # does not say where; the printing that follows does
            break
        wanted = [name for name, floats in json.loads(told) if floats]
        if wanted == chosen:
            break
        chosen = wanted
    return {INPUT: ",".join(chosen)}
