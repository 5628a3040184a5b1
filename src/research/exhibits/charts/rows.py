"""Charts that read like a list: a sheet as high as its rows, names at the left, words at marks."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet
from research.exhibits.exhibit import Heading

ROW = 13.5  # points from one row to the next, at least
_LOW = 12.0  # the same where the rows have small words alone
_MARK = 25.0  # points of a key's entry beside its words
_APART = 5.0  # points between a name and what is told of it beside it


def rows(
    named: Sequence[tuple[str, str]],
    heading: Heading,
    *,
    top: float = 6.0,
    bottom: float = 5.0,
    right: float = 8.0,
    bold: Collection[int] = (),
) -> tuple[Sheet, list[float]]:
    """A sheet for rows of (name, detail in small type) and the height of each row's middle.

    A name stands once above neighbours that share it and differ in detail. Of other rows the
    detail is beside the name where there is room for it in all of them, else below. Heights are in
    points from the lower edge of the axes, whose y axis they are.
    """
    width = heading.get("width", "full")
    wide = canvas.SIZES_IN[width][0] * canvas.PT
    listed = _listed(named, 0.43 * wide, bold)
    level = all(row.shared or row.side_by_side <= 0.36 * wide for row in listed)
    left = max(row.side_by_side if level else row.widest for row in listed) + 10
    plot = sum(row.above + row.height(level) for row in listed) + 4
    sheet = Sheet(
        width, left=left, right=right, bottom=bottom, top=top, height_pt=plot + top + bottom
    )
    sheet.axes.set_ylim(0, plot)
    sheet.axes.set_yticks([])
    sheet.axes.grid(visible=False)
    middles, below = [], plot - 2
    for row in listed:
        row.write(sheet, below + bottom, level)
        below -= row.above + row.height(level)
        middles.append(below + row.height(level) / 2)
    return sheet, middles


def span(
    sheet: Sheet, values: Iterable[float], words: Iterable[str], *, fmt: str = "", zero: bool = True
) -> None:
    """Limits of the value axis that leave room for `words` beside the marks.

    With `zero` the axis holds zero and is not drawn; else it is marked in the format `fmt`.
    """
    known = [value for value in values if value == value] + ([0.0] if zero else [])
    low, high = min(known), max(known)
    word = labels.widest(list(words), weight=600) + 9
    after = word if high > 0 or not zero else 4.0
    before = word if low < 0 and zero else 6.0
    scale = ((high - low) or 1.0) / max(sheet.plot_width_pt - after - before, 40.0)
    sheet.axes.set_xlim(low - before * scale, high + after * scale)
    sheet.axes.spines["bottom"].set_visible(not zero)
    sheet.axes.set_xticks(*([], []) if zero else ticks.fitting(low, high, fmt, sheet.plot_width_pt))


def beside(
    sheet: Sheet,
    y: float,
    x: float,
    text: str,
    *,
    left: bool = False,
    weight: int = 400,
    gap: float = 5.0,
) -> None:
    """A word next to a mark, on its right or on its `left`, `gap` points away."""
    sheet.axes.annotate(
        text,
        (x, y),
        xytext=(-gap if left else gap, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        weight=weight,
    )


def bar(sheet: Sheet, y: float, start: float, end: float, face: str) -> None:
    """A bar from `start` to `end`, outlined so that a pale one is seen."""
    sheet.axes.barh(
        y, end - start, left=start, height=9.5, color=face, edgecolor=theme.SOFT, linewidth=0.6
    )


def key(sheet: Sheet, entries: Sequence[tuple[str, str]], *, marker: str = "s") -> None:
    """What filled and plain marks mean, in one line at the top of the sheet."""
    y = sheet.height_pt - 8.0
    placed = places(sheet, [text for _, text in entries])
    for (face, _), (x, text) in zip(entries, placed, strict=True):
        sheet.line(
            [x + 4],
            [y],
            marker=marker,
            markersize=6.5,
            color=theme.SOFT,
            markerfacecolor=face,
            markeredgewidth=0.8,
        )
        sheet.write(x + 11, y, text, fontsize=theme.SMALL, color=theme.SOFT)


def places(sheet: Sheet, words: Sequence[str]) -> list[tuple[float, str]]:
    """Where each mark of a key begins and its words, cut where all of them have no room.

    From where the plot begins, or as far left of it as it takes.
    """
    limit = sheet.width_pt / len(words) - _MARK
    cut = [labels.cut(text, limit, theme.SMALL) for text in words]
    sizes = [labels.text_width(text, theme.SMALL) + _MARK for text in cut]
    start = max(0.0, min(sheet.left, sheet.width_pt - sum(sizes)))
    return [(start + sum(sizes[:n]), text) for n, text in enumerate(cut)]


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A row's words, broken into lines; where its name is shared, the first row bears it."""

    name: str
    detail: str
    weight: int
    shared: bool
    first: bool

    @property
    def widest(self) -> float:
        return max(self._name_pt, labels.widest([self.detail], theme.SMALL))

    @property
    def side_by_side(self) -> float:
        """Width of the name with the detail beside it; infinite where one of them is broken."""
        if self.shared:
            return self.widest
        if "\n" in self.name + self.detail:
            return math.inf
        detail = labels.widest([self.detail], theme.SMALL)
        return self._name_pt + (_APART + detail if self.detail else 0.0)

    @property
    def above(self) -> float:
        """Height that a shared name takes above the first of its rows."""
        return labels.height(self.name) + 3 if self.shared and self.first else 0.0

    def height(self, level: bool) -> float:
        if self.shared:
            return max(_LOW, _height(self.detail) + 2)
        lower = 0.0 if level else _height(self.detail)
        return max(ROW, labels.height(self.name) + lower + 4)

    def write(self, sheet: Sheet, top: float, level: bool) -> None:
        small = {"fontsize": theme.SMALL, "color": theme.SOFT}
        middle = top - self.above - self.height(level) / 2
        if self.shared:
            if self.first:
                sheet.write(1, top - self.above / 2 - 1, self.name, weight=self.weight)
            sheet.write(1, middle, self.detail, **small)
            return
        lower = 0.0 if level else _height(self.detail)
        sheet.write(1, middle + lower / 2, self.name, weight=self.weight)
        if self.detail and level:
            sheet.write(1 + self._name_pt + _APART, middle - 0.4, self.detail, **small)
        elif self.detail:
            sheet.write(1, middle - labels.height(self.name) / 2, self.detail, **small)

    @property
    def _name_pt(self) -> float:
        return labels.widest([self.name], weight=self.weight)


def _listed(named: Sequence[tuple[str, str]], limit: float, bold: Collection[int]) -> list[_Row]:
    alike = [a[0] == b[0] and bool(a[1] and b[1]) for a, b in pairwise(named)]
    made = []
    for n, (name, detail) in enumerate(named):
        weight = 600 if n in bold else 400
        before, after = n > 0 and alike[n - 1], n < len(alike) and alike[n]
        made.append(
            _Row(
                name=labels.wrap(name, limit, weight=weight),
                detail=labels.wrap(detail, limit, theme.SMALL) if detail else "",
                weight=weight,
                shared=before or after,
                first=not before,
            )
        )
    return made


def _height(detail: str) -> float:
    return labels.height(detail, theme.SMALL) if detail else 0.0
