"""Pieces of one instrument's history into one line: levels as paid, returns chained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

_COMMON_MIN = 3  # common days without which nothing can be said about two vendors' agreement
_DISAGREE_MAX = 0.05  # share of common days: single venues and bad prints differ now and then


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What one file says of one instrument, and the days it is used for.

    `rows` in the columns of `prices`, oldest first, from end to end of the file: the days beyond
    `first` and `last` show whether the next piece agrees.
    """

    name: str
    rows: pd.DataFrame
    first: dt.date | None
    last: dt.date | None
    tolerance: float
    frequency: str

    @cached_property
    def level(self) -> pd.Series:
        """What its returns are computed from, by day: adjusted prices where it has them."""
        rows = self.rows.set_index("date")
        return (rows["adj_close"] if rows["adj_close"].notna().any() else rows["close"]).dropna()

    @cached_property
    def used(self) -> pd.DataFrame:
        """The rows of the days it is used for."""
        days = self.rows["date"]
        use = np.ones(len(days), dtype=bool)
        if self.first is not None:
            use &= (days >= pd.Timestamp(self.first)).to_numpy()
        if self.last is not None:
            use &= (days <= pd.Timestamp(self.last)).to_numpy()
        return self.rows[use]


def splice(instrument: str, pieces: Sequence[Piece]) -> tuple[pd.DataFrame, list[str]]:
    """One row a day of `instrument` from `pieces` in their order, and what stands against it.

    `close` is what the piece used on that day has, so NaN where a vendor has only adjusted
    prices. `adj_close` is chained: each later piece is scaled by its ratio to the line so far on
    their last common day up to the switch, so returns are each vendor's own and rows added at the
    end change nothing before. It serves returns only; its level means nothing. A piece without
    adjusted prices lends its closes to the chain. All NaN when no piece has adjusted prices.
    """
    pieces, faults = _windows(instrument, pieces)
    if not faults:
        faults = [
            fault
            for before, after in pairwise(pieces)
            for fault in _disagreements(instrument, before, after)
        ]
    if faults:
        return pieces[0].rows.iloc[:0], faults
    chained = any(piece.rows["adj_close"].notna().any() for piece in pieces)
    scale, used = 1.0, []
    for n, piece in enumerate(pieces):
        if n:
            day = _switch_day(pieces[n - 1], piece)
            scale *= float(pieces[n - 1].level[day] / piece.level[day])
        rows = piece.used
        level = piece.level.reindex(rows["date"]).to_numpy() * scale
        used.append(rows.assign(adj_close=level if chained else np.nan))
    return pd.concat(used, ignore_index=True), []


def _windows(instrument: str, pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """The pieces with every inner border known: a border may be declared on either side."""
    day = dt.timedelta(days=1)
    done = [pieces[0]]
    faults = []
    for after in pieces[1:]:
        before = done[-1]
        if before.last is None and after.first is None:
            faults.append(
                f"{instrument}: both {before.name} and {after.name} give it. "
                "Declare `last` of the earlier or `first` of the later."
            )
        if before.last is None and after.first is not None:
            done[-1] = before = replace(before, last=after.first - day)
        elif before.last is not None and after.first is None:
            after = replace(after, first=before.last + day)
        if before.last and after.first and after.first <= before.last:
            faults.append(
                f"{instrument}: {after.name} begins on {after.first}, but {before.name}, declared "
                f"before it, is used to {before.last}. Let the pieces follow each other."
            )
        done.append(after)
    faults += [
        f"{instrument}: {piece.name} has no row from {piece.first or 'its beginning'} to "
        f"{piece.last or 'its end'}. Take it out, or mend `first` and `last`."
        for piece in done
        if not faults and piece.used.empty
    ]
    return done, faults


def _disagreements(instrument: str, before: Piece, after: Piece) -> list[str]:
    pair = f"{instrument}: {before.name} and {after.name}"
    for column, word in (("unit", "unit"), ("price_type", "price type")):
        ours, theirs = before.rows[column].iloc[0], after.rows[column].iloc[0]
        if ours != theirs:
            return [f"{pair} differ in {word} ({ours}, {theirs}); one line cannot hold both."]
    if before.frequency != after.frequency:
        return [f"{pair} are {before.frequency} and {after.frequency}; one line cannot hold both."]
    ours, theirs = before.level, after.level
    common = ours.index.intersection(theirs.index)
    if len(common) < _COMMON_MIN:
        return [
            f"{pair} have {len(common)} common days, and {_COMMON_MIN} are needed to chain their "
            f"returns ({before.name} ends on {ours.index[-1]:%Y-%m-%d}, {after.name} begins on "
            f"{theirs.index[0]:%Y-%m-%d}). Bring a file that covers the gap, or leave one out."
        ]
    gap = (ours[common].pct_change() - theirs[common].pct_change()).abs().dropna()
    tolerance = max(before.tolerance, after.tolerance)
    if (gap > tolerance).mean() > _DISAGREE_MAX:
        worst = gap.idxmax()
        return [
            f"{pair} disagree: on {(gap > tolerance).sum()} of {len(gap)} common days their "
            f"returns differ by more than {tolerance:.2%}, on {worst:%Y-%m-%d} by {gap[worst]:.2%}."
            " Are both this instrument, unadjusted alike? If so, raise `tolerance`."
        ]
    paid = [piece.rows.set_index("date")["close"].dropna() for piece in (before, after)]
    both = paid[0].index.intersection(paid[1].index)
    ratio = float((paid[1][both] / paid[0][both]).median()) if len(both) else 1.0
    if abs(ratio - 1) > tolerance:
        return [
            f"{pair} disagree: closes of the later are {ratio:.4g} times those of the earlier on "
            f"{len(both)} common days. Is the unit the same, and is one adjusted for a split?"
        ]
    return []


def _switch_day(before: Piece, after: Piece) -> pd.Timestamp:
    common = before.level.index.intersection(after.level.index)
    earlier = common[common <= pd.Timestamp(before.last)]
    return earlier[-1] if len(earlier) else common[0]
