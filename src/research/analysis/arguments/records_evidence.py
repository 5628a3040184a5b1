"""What the history of one subject says of its high, in price and in total return."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.arguments.rows import week_and_before
from research.analysis.histories import (
    at_high,
    known_share,
    own_history,
    quoted_in,
    span_start,
    weeks_parted,
)
from research.calendar import written
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Instrument, Method


_SIDES = {"close": "price", "total": "total return"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """What one measure of one subject says: the week's highest against the highest before."""

    label: str
    column: str
    margin: float  # of the week's highest over the highest before (fraction)
    is_high: bool
    before: dt.date  # the day of the highest before
    first: dt.date
    known: float  # share of the span
    enough: bool
    rows: pd.DataFrame

    @property
    def name(self) -> str:
        """What was measured, in words."""
        return _SIDES[self.column]

    @property
    def told(self) -> bool:
        """Whether it can be told: one higher day refutes, a high needs a history."""
        return not self.is_high or self.enough


@dataclass(frozen=True, kw_only=True, eq=False)
class Peak:
    """One subject: the measures with a level in the week, price first, and what is missing."""

    id: str
    label: str
    unit: str
    since: dt.date | None
    sides: tuple[Side, ...]
    hole: str

    @property
    def told(self) -> bool:
        """Whether either measure can be told."""
        return any(side.told for side in self.sides)

    @property
    def holds(self) -> bool:
        """A high in all that is asked, in a history without holes."""
        return not self.hole and all(side.is_high for side in self.sides)

    @property
    def fails(self) -> bool:
        """No high in anything that is known."""
        return self.told and not any(side.is_high for side in self.sides)


def peak(claim: Claim, one: Instrument, market: Market, method: Method) -> Peak:
    """What is known of one subject from the start of its span to `said_on`, week against before."""
    levels, unit = own_history(market, one, until=claim.said_on)
    since = span_start(claim, one)
    found = (_side(claim, one.label, levels[column], since, method) for column in _SIDES)
    sides = tuple(side for side in found if side)
    hole = _hole(one.label, since, sides)
    if sides and Unit(unit).currency != Unit(quoted_in(one)).currency:
        hole += f" {one.label}: of the line in {unit}, not of that in {quoted_in(one)}."
    return Peak(id=one.id, label=one.label, unit=unit, since=since, sides=sides, hole=hole.strip())


def rows(peaks: Iterable[Peak]) -> pd.DataFrame | None:
    """The days of the week and the highest of each month before, in price and in total return.

    Index `date`; columns `subject`, `measure`, `part`, `level` and its `unit`. None without levels.
    """
    found = [
        side.rows.assign(subject=one.id, measure=side.name, unit=one.unit)
        for one in peaks
        for side in one.sides
    ]
    columns = ["subject", "measure", "part", "level", "unit"]
    return pd.concat(found)[columns] if found else None


def _side(
    claim: Claim, label: str, levels: pd.Series, since: dt.date | None, method: Method
) -> Side | None:
    known = levels.dropna()
    known = known[known.index >= pd.Timestamp(since)] if since else known
    parted = weeks_parted(known, claim.said_on, stale_sessions=method.gates.stale_sessions)
    if parted is None:
        return None
    week, before = parted
    start = since or known.index[0].date()
    share = known_share(known.index, start, claim.said_on, fresh_days=method.sampling.fresh_days)
    return Side(
        label=label,
        column=str(levels.name),
        margin=float(week.max() / before.max() - 1),
        is_high=bool(at_high(known)[week.index].any()),
        before=before.idxmax().date(),
        first=known.index[0].date(),
        known=share,
        enough=share >= method.inference.coverage_to_test,
        rows=week_and_before(week, before, "level"),
    )


def _hole(label: str, since: dt.date | None, sides: tuple[Side, ...]) -> str:
    """What keeps the subject's record from being shown, in sentences; empty when nothing does."""
    gaps = [
        f"{label}: no {name} in the week."
        for column, name in _SIDES.items()
        if column not in [side.column for side in sides]
    ]
    if since is None and sides:
        gaps.append(
            f"{label}: known since {written(sides[0].first)}; nothing says since when it trades."
        )
    gaps += [
        f"{label}: {side.name} known since {written(side.first)}, "
        f"{100 * side.known:.0f}\u202f% of the days since {written(since) if since else ''}."
        for side in sides
        if side.known < 1
    ]
    return " ".join(gaps)
