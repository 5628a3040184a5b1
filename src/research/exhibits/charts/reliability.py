"""Forecasts against what came: a dot for each bin of probabilities, near the diagonal if honest."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, finish, finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.formats import lookup
from research.exhibits.numbers import as_csv

_LARGEST, _SMALLEST = 15.0, 5.0  # points across
_GREY = theme.Stroke(colour="#8C8C8C", text=theme.SOFT)


def reliability(
    frame: pd.DataFrame,
    *,
    enough: bool = True,
    words: str = "",
    forecast_label: str = "forecast",
    observed_label: str = "came true",
    **heading: Unpack[Heading],
) -> Exhibit:
    """Dots of observed share over forecast probability, their size and a number telling n.

    Columns: `forecast` and `observed`, fractions from 0 to 1, and `n`, one row a bin. On the
    dashed diagonal as many came true as were forecast. Unless there are `enough`, everything is
    grey; `words` stand beside the plot, such as how many forecasts it would take to judge.
    """
    table = finite(frame[["forecast", "observed", "n"]]).reset_index(drop=True)
    inside = table[["forecast", "observed"]].apply(lambda shares: shares.between(0, 1))
    table = table[inside.all(axis=1) & (table["n"] > 0)]
    if table.empty:
        return nothing_to_draw("forecasts whose time has come", **heading)
    stroke = theme.STROKES["blue"] if enough else _GREY
    sizes = [max(_SMALLEST, _LARGEST * sqrt(n / table["n"].max())) for n in table["n"]]
    with theme.style():
        sheet = _sheet(heading, forecast_label, observed_label)
        sheet.axes.plot([0, 1], [0, 1], color=theme.SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        for row, size in zip(table.itertuples(index=False), sizes, strict=True):
            sheet.axes.plot(
                [row.forecast], [row.observed], marker="o", markersize=size, color=stroke.colour,
                markeredgecolor="#FFFFFF", markeredgewidth=0.7, linestyle="none", clip_on=False,
            )  # fmt: skip
        counts = [lookup("num0")(n) for n in table["n"]]
        places = [(sheet.x_pt(f), sheet.y_pt(o)) for f, o in table[["forecast", "observed"]].values]
        for text, (x, y) in zip(counts, _beside(sheet, places, sizes, counts), strict=True):
            sheet.write(x, y, text, ha="center", fontsize=theme.SMALL, color=stroke.text)
        _say(sheet, words, stroke, enough)
        total = int(table["n"].sum())
        told = "; ".join(
            f"{lookup('pct0')(row.forecast)} forecast, {lookup('pct0')(row.observed)} came true "
            f"(n {lookup('num0')(row.n)})"
            for row in table.itertuples(index=False)
        )
        return finish(
            sheet.figure,
            alt=f"Reliability of {total} forecasts in {len(table)} bins"
            f"{'' if enough else ', too few to judge'}: {told}.",
            csv=as_csv(table, index="bin"),
            facts=[
                canvas.printed(f"n at {lookup('pct0')(row.forecast)}", int(row.n), "num0")
                for row in table.itertuples(index=False)
            ],
            **heading,
        )


def _sheet(heading: Heading, forecast_label: str, observed_label: str) -> Sheet:
    """A square plot; what the axes are stands above and below it, since it is short."""
    width = heading.get("width", "full")
    across, down = (side * canvas.PT for side in canvas.SIZES_IN[width])
    left, bottom, top = 34.0, 32.0, 24.0
    side = down - bottom - top
    sheet = Sheet(width, left=left, right=across - left - side, bottom=bottom, top=top)
    axes = sheet.axes
    marks = [0.0, 0.25, 0.5, 0.75, 1.0]
    said = ticks.labels(marks, "pct0")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks(marks, said)
    axes.set_yticks(marks, said)
    axes.grid(visible=True, axis="both")
    small = {"fontsize": theme.SMALL, "color": theme.SOFT}
    sheet.write(1, sheet.height_pt - 8, observed_label, **small)
    sheet.write(left + side / 2, 6, forecast_label, ha="center", **small)
    return sheet


def _beside(
    sheet: Sheet,
    places: Sequence[tuple[float, float]],
    sizes: Sequence[float],
    texts: Sequence[str],
) -> list[tuple[float, float]]:
    """For each number the place next to its dot that touches no dot and no other number."""
    taken = [
        (x - s / 2, y - s / 2, x + s / 2, y + s / 2)
        for (x, y), s in zip(places, sizes, strict=True)
    ]
    tall = theme.SMALL * labels.LEADING
    found = []
    for (x, y), size, text in zip(places, sizes, texts, strict=True):
        wide = labels.text_width(text, theme.SMALL)
        up, out = size / 2 + tall / 2, size / 2 + wide / 2 + 1.5
        tries = [
            (0, up),
            (out, 0),
            (-out, 0),
            (0, -up),
            (out, up),
            (-out, up),
            (out, -up),
            (-out, -up),
        ]
        spots = [(x + dx, y + dy) for dx, dy in (*tries, *((2 * a, 2 * b) for a, b in tries))]
        boxes = [(a - wide / 2, b - tall / 2, a + wide / 2, b + tall / 2) for a, b in spots]
        free = [n for n, box in enumerate(boxes) if not any(_meet(box, other) for other in taken)]
        best = free[0] if free else 0
        taken.append(boxes[best])
        found.append(spots[best])
    return found


Box = tuple[float, float, float, float]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _say(sheet: Sheet, words: str, stroke: theme.Stroke, enough: bool) -> None:
    """To the right of the plot: what is to be known of it, and how to read it."""
    x = sheet.left + sheet.plot_width_pt + 18
    limit = sheet.width_pt - x - 4
    y = sheet.bottom + sheet.plot_height_pt
    if words:
        text = labels.wrap(words, limit, weight=600)
        ink = theme.INK if enough else stroke.text
        sheet.write(x, y, text, va="top", weight=600, color=ink)
        y -= labels.height(text) + 8
    key = labels.wrap(
        "On the dashed line as many came true as were forecast. The figure beside a dot is the "
        "number of forecasts.",
        limit,
        theme.SMALL,
    )
    sheet.write(x, y, key, va="top", fontsize=theme.SMALL, color=theme.SOFT)
