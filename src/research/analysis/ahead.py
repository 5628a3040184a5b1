"""What several notebooks of a note compute alike, done once before any of them runs."""

from __future__ import annotations

from research.analysis import arguments
from research.analysis.since import day_of_last
from research.market import Market
from research.params import load


def findings(note: str, as_of: str, source: str) -> None:
    """Keep the market of an edition and that of a week before, with what the tests find in each.

    Named under `ahead` in a note's file. Each notebook opens the market and judges the claims as
    it does anywhere; where it is run by a process that was forked from this one, all are there.
    The day a week before is that of the last edition of a weekly note, or stands in for it.
    """
    params = load(note)
    market = Market.keep(params, source=source, as_of=as_of)
    arguments.keep(params.claims, market, params.method)
    before = Market.keep(params, source=source, as_of=day_of_last(None, market))
    arguments.keep(params.claims, before, params.method)
