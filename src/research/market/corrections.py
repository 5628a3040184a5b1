"""Corrections applied: rows of prices as they should have been, and what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from research.errors import DataError
from research.params.corrections import Correction


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A correction that changed rows, and how many."""

    correction: Correction
    rows: int

    def __str__(self) -> str:
        one = self.correction
        does = {
            "drop": "left out",
            "multiply": f"{one.column} multiplied by {one.factor}",
            "replace": f"{one.column} replaced by {one.value}",
            "set-unit": f"unit set to {one.unit}",
        }[one.action]
        span = f"{one.first}" if one.first == one.last else f"{one.first} to {one.last}"
        return (
            f"{one.instrument}, {span}: {self.rows} row{'s' * (self.rows > 1)} of {one.rows_of} "
            f"{does} by correction {one.id}. {one.reason.rstrip('.')}. Found in: {one.source}."
        )


def corrected(
    rows: pd.DataFrame, corrections: Sequence[Correction]
) -> tuple[pd.DataFrame, tuple[Applied, ...]]:
    """Visible `rows` of prices with `corrections` done in their order, and those that did anything.

    A correction touches rows of its source, its instrument and its days alone. One whose days are
    not yet visible, or whose source is not this one, does nothing. Raises one DataError with every
    correction whose rows are no longer what it expects, or no longer there while the source goes
    on after them: the source has healed.
    """
    applied, healed = [], []
    for one in corrections:
        own = (rows["instrument"] == one.instrument) & (rows["source"] == one.rows_of)
        days = rows.loc[own, "date"].dt.date
        if days.empty or days.max() < one.first:
            continue
        where = own & (rows["date"].dt.date >= one.first) & (rows["date"].dt.date <= one.last)
        found = rows[where]
        if found.empty:
            healed.append(f"{_of(one)}: no row of {one.rows_of} is left there.")
            continue
        fault = _unexpected(found, one)
        if fault:
            healed.append(f"{_of(one)}: {fault}")
            continue
        rows = _changed(rows, where, one)
        applied.append(Applied(correction=one, rows=len(found)))
    if healed:
        raise DataError(
            f"{len(healed)} correction{'s' * (len(healed) > 1)} no longer fit the source; nothing "
            "was corrected. Look at the rows and delete what is mended, or mend `expect`.\n"
            + "\n".join(f"  {one}" for one in healed)
        )
    return rows, tuple(applied)


def _of(one: Correction) -> str:
    return f"{one.id} ({one.instrument}, {one.first} to {one.last})"


def _unexpected(found: pd.DataFrame, one: Correction) -> str:
    values = found[one.column]
    outside = found[~values.between(one.expect.low, one.expect.high)]
    if len(outside):
        row = outside.iloc[0]
        return (
            f"{one.column} of {row['date']:%Y-%m-%d} is {row[one.column]:g}, outside `expect`, "
            f"{one.expect.low:g} to {one.expect.high:g}."
        )
    if one.expect.unit is not None and (found["unit"] != one.expect.unit).any():
        return f"its unit is {found['unit'].iloc[0]}, no longer {one.expect.unit}."
    return ""


def _changed(rows: pd.DataFrame, where: pd.Series, one: Correction) -> pd.DataFrame:
    if one.action == "drop":
        return rows[~where].reset_index(drop=True)
    if one.action == "set-unit":
        return rows.assign(unit=rows["unit"].mask(where, one.unit))
    column = rows[one.column]
    new = column * one.factor if one.action == "multiply" else one.value
    return rows.assign(**{one.column: column.mask(where, new)})
