"""What is done ahead, where kernels will be forked, of any notebook; and which of them wait for it.

The market of the edition is looked into, and what several notebooks share is computed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from research.edition.source import source_of
from research.execution.warm import Setup
from research.params.models import Params, Section

_HOLD = "research.market.survey:hold"
_LOOK = "research.market.survey:look|keep"


def ahead_of(
    params: Params, *, as_of: str | dt.date = "", source: str = "", of_many: bool = False
) -> Setup:
    """What is computed ahead of the notebooks of an edition that is asked for so; nothing if none.

    In the words of who asks, so that it can begin before anybody has looked into the data. Editions
    `of_many` days have what their source gives read once for all of them.
    """
    if not params.note.ahead:
        return Setup()
    about = {"note": str(Path(params.path).resolve()), "source": source_of(params, source)}
    given = {**about, "as_of": str(as_of or params.note.as_of)}
    look: list[tuple[str, Mapping[str, Any]]] = [(_HOLD, about)] if of_many else []
    look.append((_LOOK, given))
    functions = ((name, given) for name in params.note.ahead)
    return Setup(preload=(*look, *functions), asked=len(look))


def awaited(section: Section, ahead: Setup) -> Setup:
    """Of what is computed `ahead` as much as a section's notebook waits for."""
    functions = ahead.preload[ahead.asked :]
    return replace(ahead, preload=ahead.preload[: ahead.asked] + functions[: section.ahead])
