"""Charts that read like a list: a sheet as high as its rows, names at the left, words at marks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet
from research.exhibits.exhibit import Heading

ROW = 14.5  # points from one row to the next, at least


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

    Heights are in points from the lower edge of the axes, whose y axis they are.
    """
    width = heading.get("width", "full")
    limit = 0.36 * canvas.SIZES_IN[width][0] * canvas.PT
    names = [
        labels.wrap(name, limit, weight=600 if n in bold else 400)
        for n, (name, _) in enumerate(named)
    ]
    details = [labels.wrap(detail, limit, theme.SMALL) if detail else "" for _, detail in named]
    tall = [
        max(ROW, labels.height(name) + _height(detail) + 4)
        for name, detail in zip(names, details, strict=True)
    ]
    weight = 600 if bold else 400
    left = max(labels.widest(names, weight=weight), labels.widest(details, theme.SMALL)) + 10
    plot = sum(tall) + 4
    sheet = Sheet(
        width, left=left, right=right, bottom=bottom, top=top, height_pt=plot + top + bottom
    )
    sheet.axes.set_ylim(0, plot)
    sheet.axes.set_yticks([])
    sheet.axes.grid(visible=False)
    middles, below = [], plot - 2
    for n, (name, detail, height) in enumerate(zip(names, details, tall, strict=True)):
        middle = below - height / 2
        _name(sheet, middle + bottom, name, detail, weight=600 if n in bold else 400)
        middles.append(middle)
        below -= height
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
    marks = [] if zero else ticks.linear(low, high, 5)
    sheet.axes.set_xticks(marks, ticks.labels(marks, fmt) if marks else [])


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
        y, end - start, left=start, height=10.5, color=face, edgecolor=theme.SOFT, linewidth=0.6
    )


def key(sheet: Sheet, entries: Sequence[tuple[str, str]], *, marker: str = "s") -> None:
    """What filled and plain marks mean, in one line at the top of the sheet."""
    x, y = sheet.left, sheet.height_pt - 8.0
    limit = (sheet.width_pt - sheet.left) / len(entries) - 25
    for face, text in entries:
        text = labels.cut(text, limit, theme.SMALL)
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
        x += 11 + labels.text_width(text, theme.SMALL) + 14


def _name(sheet: Sheet, y: float, name: str, detail: str, *, weight: int) -> None:
    sheet.write(1, y + _height(detail) / 2, name, weight=weight)
    if detail:
        below = y - labels.height(name) / 2
        sheet.write(1, below, detail, fontsize=theme.SMALL, color=theme.SOFT)


def _height(detail: str) -> float:
    return labels.height(detail, theme.SMALL) if detail else 0.0
