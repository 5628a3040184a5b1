"""What several notebooks of a note compute alike, done once before any of them runs.

Named under `ahead` in a note's file. Each notebook opens the market and judges the claims as it
does anywhere; where it is run by a process that was forked from this one, all are there.
"""

from __future__ import annotations

import datetime as dt

from research.analysis import arguments
from research.analysis.key_numbers import key_numbers
from research.analysis.since import day_of_last
from research.market import Market
from research.params import Params, load


def findings(note: str, as_of: str, source: str) -> None:
    """Keep what the tests of the claims find, and the key numbers."""
    params = load(note)
    _keep(params, source, as_of)


def week_before(note: str, as_of: str, source: str) -> None:
    """Keep the same as it was a week before.

    That day is the one of the last edition of a weekly note, or stands in for it.
    """
    params = load(note)
    now = Market.open(params, source=source, as_of=as_of)
    _keep(params, source, day_of_last(None, now))


def _keep(params: Params, source: str, as_of: str | dt.date) -> None:
    market = Market.open(params, source=source, as_of=as_of)
    market.keep(source=source, as_of=as_of)
    arguments.keep(params.claims, market, params.method)
    key_numbers(market, params.method)
