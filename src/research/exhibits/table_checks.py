"""What a table refuses to print: rows without keys of their own, columns that are not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from research.exhibits.exhibit import ExhibitError
from research.exhibits.formats import FormatError, is_missing, lookup
from research.exhibits.picture import Picture
from research.exhibits.template import suggestion

if TYPE_CHECKING:
    from research.exhibits.tables import Column


def check(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    groups: pd.Series | None,
    stats: pd.DataFrame | None,
    marks: pd.DataFrame | None,
    fills: pd.DataFrame | None,
    id: str,
) -> None:
    """Raises ExhibitError with all faults of what `tables.table` was given, each with its place."""
    faults = []
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        faults.append(f"rows: {twice!r} occurs more than once; each row needs its own key.")
    for key, column in columns.items():
        if key not in frame:
            near = suggestion(str(key), map(str, frame.columns))
            faults.append(f"columns: the frame has no column {key!r}{near}.")
        elif column.picture:
            faults += [
                f"columns: {key!r} is for pictures, and row {at!r} holds {type(one).__name__}."
                for at, one in frame[key].items()
                if not is_missing(one) and not isinstance(one, Picture)
            ][:1]
        if column.link and column.link not in frame:
            near = suggestion(column.link, map(str, frame.columns))
            faults.append(f"columns: {key!r} links by {column.link!r}, no column of it{near}.")
        elif column.link:
            faults += [
                f"columns: {key!r} links row {at!r} to {one!r}, which is no id."
                for at, one in frame[column.link].items()
                if not re.fullmatch(r"([a-z][a-z0-9-]*)?", anchor(one))
            ][:1]
        try:
            lookup(column.fmt)
        except FormatError as error:
            faults.append(f"columns: {key!r}: {error}")
    if groups is not None and not frame.index.isin(groups.index).all():
        lost = frame.index[~frame.index.isin(groups.index)][0]
        faults.append(f"groups: row {lost!r} has no group.")
    for name, other in (("stats", stats), ("marks", marks), ("fills", fills)):
        strange = [] if other is None else [key for key in other.columns if key not in columns]
        faults += [f"{name}: {key!r} is not among the printed columns." for key in strange]
    if faults:
        raise ExhibitError(
            "\n".join([f"table {id!r} cannot be printed:", *(f"  {f}" for f in faults)])
        )


def anchor(given: Any) -> str:
    """Where a cell leads, as its frame says it; a missing one leads nowhere."""
    return "" if is_missing(given) else str(given)
