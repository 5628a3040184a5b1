"""A table whose cells are shaded by the sign and size of what they say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts.canvas import finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading, shorten
from research.exhibits.facts import join, say
from research.exhibits.formats import MISSING, is_missing, lookup
from research.exhibits.tables import Column, table

_ABOVE, _BELOW = theme.STROKES["blue"].colour, theme.STROKES["vermillion"].colour
_LEAST, _MOST = 0.06, 0.62  # share of the colour; at more, dark words could not be read


def heat_table(
    frame: pd.DataFrame,
    *,
    columns: Mapping[Any, Column] | None = None,
    labels: Mapping[Any, str] | None = None,
    sublabels: Mapping[Any, str] | None = None,
    groups: pd.Series | None = None,
    plain: Collection[Any] = (),
    centre: float = 0.0,
    reach: float | None = None,
    fmt: str = "spct0",
    row_header: str = "",
    footnotes: Sequence[str] = (),
    landscape: bool = False,
    dense: bool = False,
    **heading: Unpack[Heading],
) -> Exhibit:
    """A real table, its numbers printed on blue above `centre` and on orange below it.

    `frame`: raw values, rows by columns. `columns` describes them as in `tables.table` (by
    default each under its own name in the format `fmt`); those in `plain` are not shaded, as are
    columns of words; `dense` is as there. The colour is strongest at `reach` from the centre, by
    default the largest distance there is. Missing values say n/a on no colour.
    """
    given = columns or {key: Column(header=str(key), fmt=fmt) for key in frame.columns}
    shaded = [key for key in given if key not in plain and _counts(given[key])]
    values = finite(frame[shaded])
    if values.stack().dropna().empty:
        wanted = ", ".join(" ".join(given[key].header.split()) for key in shaded)
        return nothing_to_draw(wanted or "the table", **heading)
    far = reach or float((values - centre).abs().max().max()) or 1.0
    fills = values.map(lambda value: _shade((value - centre) / far))
    key = next(given[one].fmt for one in shaded)
    said = heading.get("note", ""), *footnotes
    level = "zero" if centre == 0 else say(f"{{centre:{key}}}", centre=centre)
    told = say(
        "Blue is above {level}, orange below; the stronger the colour, the farther.", level=level
    )
    noted: Heading = {**heading, "note": join(" ", [one for one in (*said, told) if one])}
    marks = frame[list(given)].map(lambda value: MISSING if is_missing(value) else "")
    made = table(
        frame,
        columns=given,
        labels=labels,
        sublabels=sublabels,
        groups=groups,
        marks=marks,
        fills=fills,
        row_header=row_header,
        landscape=landscape,
        dense=dense,
        **noted,
    )
    return replace(made, alt=_alt(values, given, labels or {}))


def _counts(column: Column) -> bool:
    return not column.picture and not lookup(column.fmt).takes_text


def _shade(distance: float) -> str:
    """The ground of a cell that is so far from the centre, 1 or −1 for the strongest."""
    if is_missing(distance) or distance == 0:
        return ""
    share = _LEAST + (_MOST - _LEAST) * min(abs(distance), 1.0)
    return theme.tint(_ABOVE if distance > 0 else _BELOW, share)


def _alt(values: pd.DataFrame, columns: Mapping[Any, Column], labels: Mapping[Any, str]) -> str:
    known = values.stack().dropna()
    gaps = values.size - len(known)

    def told(at: Any) -> str:
        row, column = at
        head = " ".join(columns[column].header.split())
        return f"{lookup(columns[column].fmt)(known[at])} ({labels.get(row, row)}, {head})"

    lacking = f"; {gaps} without a value" if gaps else ""
    return shorten(
        f"Heat table of {len(values)} rows and {len(values.columns)} columns: from "
        f"{told(known.idxmin())} to {told(known.idxmax())}{lacking}."
    )
