"""The sheet a chart is drawn on: its size in points, its margins, and its way into an exhibit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from research.exhibits import theme
from research.exhibits.charts import labels
from research.exhibits.charts.svg import to_svg
from research.exhibits.exhibit import Exhibit, Heading, shorten, unavailable
from research.exhibits.facts import Fact, slug
from research.exhibits.formats import is_missing, lookup

# As printed, so that the sizes of the theme's words hold: the text, half of it, and the main column
# of page one; then what stands in a card and in the cell of a table.
SIZES_IN = {
    "full": (6.7, 3.3),
    "column": (3.25, 2.0),
    "main": (4.1, 2.4),
    "card": (2.1, 0.47),
    "cell": (0.95, 0.11),
}
PT = 72.0
BELOW = 16.0  # points that the marks of an axis and their labels take
_MARGINS = 0.85  # of the width, at most


class Sheet:
    """A figure and its one pair of axes; `left`, `right`, `bottom`, `top` are margins in points.

    Margins that long names would make wider than the sheet are narrowed, so that a plot is left.
    """

    def __init__(
        self,
        width: str,
        *,
        left: float,
        right: float,
        bottom: float = BELOW,
        top: float = 8.0,
        height_pt: float | None = None,
    ) -> None:
        across, down = SIZES_IN[width]
        self.width_pt = across * PT
        self.height_pt = height_pt or down * PT
        narrowed = min(1.0, _MARGINS * self.width_pt / max(left + right, 1.0))
        self.left, self.right = left * narrowed, right * narrowed
        self.bottom, self.top = bottom, top
        left, right = self.left, self.right
        self.plot_width_pt = self.width_pt - left - right
        self.plot_height_pt = self.height_pt - bottom - top
        self.figure = Figure(figsize=(across, self.height_pt / PT))
        self.axes = self.figure.add_axes(
            (
                left / self.width_pt,
                bottom / self.height_pt,
                self.plot_width_pt / self.width_pt,
                self.plot_height_pt / self.height_pt,
            )
        )

    def write(self, x: float, y: float, text: str, **how: Any) -> Any:
        """Text at a place of the sheet, points from its lower left corner, cut at its edge."""
        settings = {"va": "center", "fontsize": theme.BODY, "linespacing": 1.1, **how}
        sides = {"left": self.width_pt - x, "right": x, "center": 2 * min(x, self.width_pt - x)}
        room = sides[settings.get("ha", "left")] + 1.0
        look = settings["fontsize"], settings.get("weight", 400)
        text = "\n".join(labels.cut(line, room, *look) for line in text.split("\n"))
        return self.figure.text(x / self.width_pt, y / self.height_pt, text, **settings)

    def line(self, xs: Iterable[float], ys: Iterable[float], **how: Any) -> None:
        """A line on the sheet outside the axes, points from its lower left corner."""
        across = [x / self.width_pt for x in xs]
        down = [y / self.height_pt for y in ys]
        self.figure.add_artist(Line2D(across, down, **how))

    def wipe(self) -> None:
        """Take off all that was drawn, so that the sheet is as it was made."""
        axes = self.axes
        for one in (*axes.lines, *axes.patches, *axes.collections, *axes.texts, *self.figure.texts):
            one.remove()

    def x_pt(self, value: float) -> float:
        """Where a value of the x axis stands on the sheet."""
        return float(self.axes.transData.transform((value, self.axes.get_ylim()[0]))[0])

    def y_pt(self, value: float) -> float:
        """Where a value of the y axis stands on the sheet."""
        return float(self.axes.transData.transform((self.axes.get_xlim()[0], value))[1])


def finish(
    figure: Any, *, alt: str, csv: str, facts: Iterable[Fact] = (), **heading: Unpack[Heading]
) -> Exhibit:
    """The drawn figure as an exhibit."""
    short = shorten(alt)
    svg = to_svg(figure, id=heading["id"], alt=short)
    return Exhibit(
        kind="figure",
        svg=svg,
        alt=short,
        csv=csv,
        data_facts=tuple(facts),
        figure=figure,
        **heading,
    )


def nothing_to_draw(what: str, **heading: Unpack[Heading]) -> Exhibit:
    """The card that stands for a chart without data."""
    return unavailable(reason=f"the data hold no value of {what}.", **heading)


def printed(key: str, value: Any, form: str) -> Fact:
    """The fact of one value that is printed in a chart under the name `key`."""
    return Fact(
        id=slug(key),
        value=lookup(form).raw(value),
        unit=lookup(form).unit,
        text=lookup(form)(value),
        expression=key,
    )


def finite(frame: Any) -> Any:
    """A float copy of a frame or series with infinities as gaps."""
    numbers = frame.astype(float)
    return numbers.where(~numbers.map(is_missing))


def dated(frame: Any) -> Any:
    """`frame` in order of its dates, its index days since 1970."""
    days = pd.DatetimeIndex(frame.index).values.astype("datetime64[D]").astype(float)
    return frame.set_axis(days, axis=0).sort_index()
