"""What the gates found, in the words of a reader: names for ids, dates written out, no advice."""

from __future__ import annotations

import datetime as dt
import re

from research.calendar import written
from research.params.models import Universe

# What to do about it is for who makes the note; the manifest and the terminal keep it.
_ADVICE = re.compile(r" Bring newer data(, or drop (it|them) in the universe)?\.")
_LAST = ((" last price is ", ": the last price is of "), (" last monthly", ": the last monthly"))
_DATE = re.compile(r"(?<![\w-])\d{4}-\d\d(-\d\d)?(?![\w-])")


def plainly(message: str, universe: Universe) -> str:
    """A gate's `message` for the page: `Prices: Vale last price is 14 Jan 2026, …`."""
    names = {one.id: one.label for one in universe.instruments}
    ids = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    said = _ADVICE.sub("", message).replace("as_of ", "").replace("NOT TESTED", "not tested")
    if ids:
        said = re.sub(rf"(?<![\w-])({ids})(?![\w-])", lambda found: names[found[0]], said)
    said = _DATE.sub(_in_words, said)
    said = re.sub(r"(?<=\d)%", "\u202f%", said)
    for short, full in _LAST:
        said = said.replace(short, full)
    return said[:1].upper() + said[1:]


def _in_words(found: re.Match[str]) -> str:
    """A day, or a month without one."""
    if found[1]:
        return written(dt.date.fromisoformat(found[0]))
    return written(dt.date.fromisoformat(f"{found[0]}-01")).partition("\u00a0")[2]
