"""What several notebooks of a note compute alike, done once before any of them runs.

Named under `ahead` in a note's file. Each notebook opens the market and judges the claims as it
does anywhere; where it is run by a process that was forked from this one, all are there.
"""

from __future__ import annotations

from research.analysis import arguments
from research.analysis.key_numbers import key_numbers
from research.analysis.since import day_of_last
from research.market import Market
from research.params import load


def market(note: str, as_of: str, source: str) -> None:
    """Keep the market of an edition."""
    Market.keep(load(note), source=source, as_of=as_of)


def findings(note: str, as_of: str, source: str) -> None:
    """Keep what the tests of the claims find, and the key numbers: now and a week before.

    The day a week before is that of the last edition of a weekly note, or stands in for it.
    """
    params = load(note)
    now = Market.keep(params, source=source, as_of=as_of)
    arguments.keep(params.claims, now, params.method)
    before = Market.keep(params, source=source, as_of=day_of_last(None, now))
    arguments.keep(params.claims, before, params.method)
    for one in (now, before):
        key_numbers(one, params.method)
