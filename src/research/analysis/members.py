"""Which companies were on the list on each day, and what is said of those that were not dated."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.claims import Statement, state
from research.analysis.histories import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from research.params.models import Universe


def on_list(table: pd.DataFrame, universe: Universe) -> pd.DataFrame:
    """`table` (date × id) with missing values on days on which a company was not on the list.

    The same table where the universe dates nobody; columns of anything else are left as they are.
    """
    if not universe.dated:
        return table
    return table.where(_listed(universe, list(table.columns), table.index))


def absent(universe: Universe, day: pd.Timestamp) -> frozenset[str]:
    """The companies that were not on the list on `day`."""
    if not universe.dated:
        return frozenset()
    ids = [one.id for one in universe.ever()]
    listed = _listed(universe, ids, pd.DatetimeIndex([day])).iloc[0]
    return frozenset(listed.index[~listed])


def size(ids: Sequence[str], universe: Universe, days: pd.Index) -> pd.Series:
    """How many of `ids` were on the list on each of `days`."""
    if not universe.dated:
        return pd.Series(len(ids), index=days)
    return _listed(universe, ids, days).sum(axis=1)


def carried(universe: Universe, what: str = "companies") -> str:
    """Whose past is shown: today's companies', which flatters it, or each day's."""
    if not universe.dated:
        return f"today’s {what}, so the past is flattered"
    return f"each day’s {what}, as far as they have dates"


def survivorship(universe: Universe) -> Statement | None:
    """For the method section: which members came or left, and when; None where none has dates."""
    told: list[str] = []
    days: dict[str, dt.date] = {}
    stays = {one.id for one in universe.companies()}
    for n, one in enumerate(universe.ever()):
        # That it will leave was not known.
        spans = {"from": one.member_from, "to": None if one.id in stays else one.member_to}
        known = {word: day for word, day in spans.items() if day}
        if known:
            told.append(f"{one.label} " + " ".join(f"{w} {{{w}_{n}:date}}" for w in known))
            days |= {f"{word}_{n}": day for word, day in known.items()}
    if not told:
        return None
    return state(
        f"Counts and baskets take the companies of each day: {listed(told)}. The others have no "
        "dates and are carried back, so companies that failed and are not named here are missing.",
        **days,
    )


def _listed(universe: Universe, ids: Sequence[str], days: pd.Index) -> pd.DataFrame:
    listed = pd.DataFrame(True, index=days, columns=list(ids))
    dates = pd.DatetimeIndex(days)
    for one in universe.ever():
        if one.id in listed:
            after = dates >= pd.Timestamp(one.member_from) if one.member_from else True
            before = dates <= pd.Timestamp(one.member_to) if one.member_to else True
            listed[one.id] = np.broadcast_to(after & before, len(dates))
    return listed
