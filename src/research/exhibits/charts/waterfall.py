"""How one level becomes another: a row for each step, the two levels as dots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, rows
from research.exhibits.charts.canvas import Sheet, finish, finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.formats import is_missing, lookup
from research.exhibits.numbers import as_csv

_UP, _DOWN = theme.STROKES["blue"].colour, "#FFFFFF"


def waterfall(
    steps: pd.Series,
    *,
    start: float,
    start_label: str,
    end_label: str,
    labels: Mapping[str, str] | None = None,
    reach: tuple[float, float] | None = None,
    reach_label: str = "",
    fmt: str = "pct0",
    step_fmt: str = "spp1",
    **heading: Unpack[Heading],
) -> Exhibit:
    """From `start`, by each step, to `start` plus their sum.

    `steps`: signed change by key, in the unit of `start`, drawn in the order given; a missing
    step moves nothing and says n/a. Rises are filled, falls hollow. `reach` draws a whisker
    through the end, such as the range with one step left out, and `reach_label` names it.
    The levels are dots, so the axis need not hold zero.
    """
    moves = finite(steps)
    reach = None if reach is None or any(map(is_missing, reach)) else reach
    if moves.empty or is_missing(start):
        return nothing_to_draw(f"{start_label} and its steps", **heading)
    names = [(labels or {}).get(key, str(key)) for key in moves.index]
    levels = [float(start), *(start + moves.fillna(0.0).cumsum())]
    printed = [lookup(step_fmt)(move) for move in moves]
    first, last = lookup(fmt)(start), lookup(fmt)(levels[-1])
    with theme.style():
        named = [(start_label, ""), *((name, "") for name in names), (end_label, reach_label)]
        sheet, middles = rows.rows(named, heading, bottom=canvas.BELOW, bold=(0, len(named) - 1))
        rows.span(sheet, [*levels, *(reach or ())], [*printed, first, last], fmt=fmt, zero=False)
        sheet.axes.grid(visible=True, axis="x")
        _joints(sheet, levels, middles)
        for n, text in enumerate(printed):
            a, b = levels[n], levels[n + 1]
            rows.bar(sheet, middles[n + 1], a, b, _UP if b > a else _DOWN)
            rows.beside(sheet, middles[n + 1], max(a, b), text)
        if reach:
            sheet.axes.plot(
                reach, [middles[-1]] * 2, color=theme.INK, linewidth=1.1, marker="|", markersize=7
            )
        for level, y, text in ((levels[0], middles[0], first), (levels[-1], middles[-1], last)):
            sheet.axes.plot([level], [y], marker="o", markersize=7, color=theme.INK)
            far = max([level, *(reach or ())]) if y == middles[-1] else level
            rows.beside(sheet, y, far, text, weight=600, gap=7.0)
        told = ", ".join(f"{name} {text}" for name, text in zip(names, printed, strict=True))
        facts = [
            canvas.printed(start_label, start, fmt),
            canvas.printed(end_label, levels[-1], fmt),
        ]
        facts += [canvas.printed(str(key), move, step_fmt) for key, move in moves.dropna().items()]
        return finish(
            sheet.figure,
            alt=f"Waterfall from {start_label} {first} to {end_label} {last}: {told}.",
            csv=_csv([row[0] for row in named], moves, levels),
            facts=facts,
            **heading,
        )


def _joints(sheet: Sheet, levels: list[float], middles: list[float]) -> None:
    for level, above, below in zip([*levels], middles, [*middles[1:]], strict=False):
        sheet.axes.plot([level, level], [above, below], color=theme.SOFT, linewidth=0.5, zorder=0.8)


def _csv(names: list[str], moves: pd.Series, levels: list[float]) -> str:
    changes: list[Any] = [None, *moves, None]
    frame = pd.DataFrame({"change": changes, "level": [*levels, levels[-1]]}, index=names)
    return as_csv(frame.astype(float), index="step")
