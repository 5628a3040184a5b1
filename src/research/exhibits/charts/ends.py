"""Direct labels of lines: series at their ends, events above the plot, none over another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from research.exhibits import theme
from research.exhibits.charts import labels, ticks
from research.exhibits.charts.canvas import Sheet
from research.exhibits.formats import lookup

GAP = 9.0  # points between the end of a line and its label


@dataclass(frozen=True, kw_only=True)
class End:
    """The last point of a series, in data units, and what stands beside it."""

    x: float
    y: float
    text: str
    stroke: theme.Stroke


def label_limit(width_pt: float) -> float:
    """The widest a label beside the plot may be, points."""
    return 0.34 * width_pt


def label_ends(sheet: Sheet, ends: Sequence[End]) -> None:
    """Mark each end and write its label to the right of the plot, level where there is room."""
    right = sheet.left + sheet.plot_width_pt
    wanted = [sheet.y_pt(end.y) for end in ends]
    sizes = [labels.height(end.text) for end in ends]
    placed = labels.spread(wanted, sizes, 1.0, sheet.height_pt - 1.0)
    for end, level, at in zip(ends, wanted, placed, strict=True):
        sheet.axes.plot(
            [end.x],
            [end.y],
            marker=end.stroke.marker,
            markersize=4.2,
            color=end.stroke.colour,
            markeredgewidth=0,
            clip_on=False,
        )
        x = sheet.x_pt(end.x)
        early = right - x > 6
        if early or abs(at - level) > 2.5:
            turn = right + 2.0 if early else x + 3.2
            sheet.line(
                [x + 3.2, turn, right + GAP - 1.5],
                [level, level, at],
                color=end.stroke.colour,
                linewidth=0.5,
            )
        sheet.write(right + GAP, at, end.text, color=end.stroke.text)


@dataclass(frozen=True, kw_only=True)
class Events:
    """Dates to mark, with a strip above the plot that holds their labels.

    When the labels do not fit side by side the lines are numbered and `note` is the key.
    """

    at: tuple[float, ...]
    texts: tuple[str, ...]
    note: str = ""

    @property
    def strip_pt(self) -> float:
        """Height the labels need above the plot, points."""
        return 15.0 if self.at else 0.0

    def draw(self, sheet: Sheet) -> None:
        """Lines in the plot, labels above it."""
        top = sheet.bottom + sheet.plot_height_pt
        wanted = [sheet.x_pt(x) for x in self.at]
        sizes = [labels.text_width(text, theme.SMALL) + 6 for text in self.texts]
        placed = labels.spread(wanted, sizes, 1.0, sheet.width_pt - 1.0)
        for x, level, at, text in zip(self.at, wanted, placed, self.texts, strict=True):
            sheet.axes.axvline(x, color=theme.SOFT, linewidth=0.6, linestyle=(0, (1.5, 1.5)))
            sheet.line([level, at], [top, top + 5.0], color=theme.SOFT, linewidth=0.6)
            sheet.write(at, top + 10.0, text, ha="center", fontsize=theme.SMALL, color=theme.SOFT)


def plan_events(
    events: Mapping[dt.date | str, str] | None, first: float, last: float, width_pt: float
) -> Events:
    """The events that fall within the plot, labelled by name or, where too many, by number."""
    days = {ticks.number_of(_day(day)): text for day, text in (events or {}).items()}
    inside = sorted((day, text) for day, text in days.items() if first <= day <= last)
    at, texts = tuple(day for day, _ in inside), tuple(text for _, text in inside)
    if sum(labels.text_width(text, theme.SMALL) + 6 for text in texts) <= width_pt - 2:
        return Events(at=at, texts=texts)
    shown = [lookup("date")(ticks.day_of(day)) for day in at]
    key = "; ".join(
        f"{n}: {day}, {t}" for n, (day, t) in enumerate(zip(shown, texts, strict=True), 1)
    )
    return Events(at=at, texts=tuple(str(n + 1) for n in range(len(at))), note=f"Events: {key}")


def _day(day: dt.date | str) -> dt.date:
    return dt.date.fromisoformat(day) if isinstance(day, str) else day
