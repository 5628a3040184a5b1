"""Amounts in order: horizontal bars from zero, each with its name and value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, rows
from research.exhibits.charts.canvas import finish, finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.formats import lookup
from research.exhibits.numbers import as_csv

_FILLED, _PLAIN = theme.STROKES["blue"].colour, theme.PALE


def ordered_bars(
    series: pd.Series,
    *,
    labels: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
    highlight: Collection[str] = (),
    keys: tuple[str, str] | None = None,
    fmt: str = "spct0",
    ordered: bool = True,
    **heading: Unpack[Heading],
) -> Exhibit:
    """Horizontal bars from zero, the highest on top, each with its value.

    `series`: one raw value by key; missing ones come last and say n/a. `labels` and `details`
    (a unit or a remark in small type) go by key. Bars in `highlight` are filled, the others
    pale, and `keys` names the two kinds. `ordered=False` keeps the order given.
    """
    values = finite(series)
    if values.dropna().empty:
        return nothing_to_draw(", ".join((labels or {}).values()) or "the series", **heading)
    if ordered:
        values = values.sort_values(ascending=False, kind="stable", na_position="last")
    names = {key: (labels or {}).get(key, str(key)) for key in values.index}
    printed = {key: lookup(fmt)(value) for key, value in values.items()}
    with theme.style():
        named = [(names[key], (details or {}).get(key, "")) for key in values.index]
        sheet, middles = rows.rows(named, heading, top=20.0 if keys else 4.0)
        rows.span(sheet, values, printed.values())
        for key, y in zip(values.index, middles, strict=True):
            value = 0.0 if pd.isna(values[key]) else float(values[key])
            filled = key in highlight or not highlight
            rows.bar(sheet, y, 0.0, value, _FILLED if filled else _PLAIN)
            rows.beside(sheet, y, value, printed[key], left=value < 0)
        sheet.axes.axvline(0, color=theme.INK, linewidth=0.6)
        if keys:
            rows.key(sheet, [(_FILLED, keys[0]), (_PLAIN, keys[1])])
        return finish(
            sheet.figure,
            alt=_alt(values.dropna(), names, fmt),
            csv=as_csv(values.rename(names).to_frame("value"), index="item"),
            facts=[canvas.printed(str(key), value, fmt) for key, value in values.dropna().items()],
            **heading,
        )


def _alt(values: pd.Series, names: Mapping[Any, str], fmt: str) -> str:
    up, down = int((values > 0).sum()), int((values < 0).sum())
    top, last = values.idxmax(), values.idxmin()
    say = lookup(fmt)
    return (
        f"Bar chart of {len(values)} values, {up} above and {down} below zero: "
        f"from {names[top]} {say(values[top])} to {names[last]} {say(values[last])}; "
        f"median {say(values.median())}."
    )
