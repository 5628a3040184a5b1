"""Drawings without a heading: an interval between its bounds for a card, a gauge for a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from research.exhibits import theme
from research.exhibits.charts import canvas, labels
from research.exhibits.charts.canvas import Sheet
from research.exhibits.charts.intervals import mark, told
from research.exhibits.charts.svg import to_svg
from research.exhibits.exhibit import shorten
from research.exhibits.formats import is_missing, lookup
from research.exhibits.picture import Picture

GAUGE_KEY = (
    "In the small charts the right third supports the claim and the left third contradicts it; "
    "each has its own scale, and an arrow points at what lies beyond it."
)
_FOR, _AGAINST = theme.STROKES["blue"], theme.STROKES["vermillion"]
_GROUNDS = {"supports": theme.tint(_FOR.colour, 0.2), "contradicts": theme.tint("#D55E00", 0.2)}
_INKS = {"supports": _FOR.text, "contradicts": _AGAINST.text}
_ROOM = 0.2  # of the span, beyond the outermost mark


def interval(
    estimate: float | None,
    lo: float | None,
    hi: float | None,
    *,
    id: str,
    bounds: tuple[float, float],
    fmt: str = "num2",
    what: str = "Estimate",
    low: bool = False,
) -> Picture | None:
    """A dot with its interval on the two sides of a verdict, for a card; None without a value.

    `bounds` are (support, contradiction), so that their order tells which side is which; both
    are marked with their values, and the ground beyond them says what it means. Where both are
    one level, it is said once, and more than it supports, or with `low` less. Without `lo` or
    `hi` there is a dot alone.
    """
    if is_missing(estimate) or any(is_missing(bound) for bound in bounds):
        return None
    middle = float(estimate or 0.0)
    ends = _ends(lo, hi)
    least, most = sorted(bounds)
    known = [middle, least, most, *(end for end in ends if end == end)]
    left, right = _sides(bounds, low)
    say = lookup(fmt)
    with theme.style(), _bare("card", bottom=11, top=10) as sheet:
        axes = sheet.axes
        room = _ROOM * ((max(known) - min(known)) or abs(middle) or 1.0)
        start, end = min(known) - room, max(known) + room
        axes.set_xlim(start, end)
        axes.axvspan(start, least, color=_GROUNDS[left], linewidth=0)
        axes.axvspan(least, most, color=theme.BAND, linewidth=0)
        axes.axvspan(most, end, color=_GROUNDS[right], linewidth=0)
        axes.vlines([least, most], 0, 1, color=theme.SOFT, linewidth=0.6)
        mark(sheet, 0.5, middle, *ends, stroke=theme.STROKES["black"], filled=True)
        _name(sheet, left, right)
        _value(sheet, (least, most), [say(least), say(most)])
        upper = "it" if least == most else say(most)
        alt = shorten(
            f"{what} {told(fmt, middle, *ends)}; below {say(least)} {left}, "
            f"above {upper} {right} the claim."
        )
        names = ("bound",) if least == most else ("support bound", "contradiction bound")
        facts = [
            canvas.printed(name, bound, fmt) for name, bound in zip(names, bounds, strict=False)
        ]
        return Picture(svg=to_svg(sheet.figure, id=id, alt=alt), alt=alt, facts=tuple(facts))


def gauge(
    estimate: float | None,
    lo: float | None,
    hi: float | None,
    *,
    id: str,
    bounds: tuple[float, float],
    fmt: str = "num2",
    what: str = "Estimate",
) -> Picture | None:
    """The same without words, for a cell of a table: the right third always supports.

    `bounds` are (support, contradiction). Each drawing has its own scale, on which the bounds
    stand at one and two thirds; what lies outside it is an arrow at the edge. None without a
    value, or when both bounds are one. `GAUGE_KEY` explains it below the table.
    """
    support, contradiction = bounds
    if any(is_missing(value) for value in (estimate, *bounds)) or support == contradiction:
        return None
    middle, ends = float(estimate or 0.0), _ends(lo, hi)
    scaled = [1 + (value - contradiction) / (support - contradiction) for value in (middle, *ends)]
    at, *reach = (min(max(value, 0.08), 2.92) for value in scaled)
    with theme.style(), _bare("cell", bottom=0.5, top=0.5) as sheet:
        sheet.axes.set_xlim(0, 3)
        for n, ground in enumerate((_GROUNDS["contradicts"], theme.BAND, _GROUNDS["supports"])):
            sheet.axes.axvspan(n, n + 1, color=ground, linewidth=0)
        ink = theme.STROKES["black"].colour
        if all(end == end for end in ends):
            sheet.axes.plot(reach, [0.5, 0.5], color=ink, linewidth=1.1)
        shape = "o" if at == scaled[0] else "<" if at < 1 else ">"
        sheet.axes.plot([at], [0.5], marker=shape, markersize=4.4, color=ink, linestyle="none")
        where = "between the bounds"
        if not 1 < scaled[0] < 2:
            where = "on the supporting side" if scaled[0] >= 2 else "on the contradicting side"
        alt = shorten(f"{what} {told(fmt, middle, *ends)}, {where}.")
        return Picture(svg=to_svg(sheet.figure, id=id, alt=alt), alt=alt)


def _ends(lo: float | None, hi: float | None) -> tuple[float, float]:
    """Both ends of an interval, or neither."""
    if lo is None or hi is None or is_missing(lo) or is_missing(hi):
        return float("nan"), float("nan")
    return float(lo), float(hi)


def _sides(bounds: tuple[float, float], low: bool = False) -> tuple[str, str]:
    """What lies below the lower bound and above the upper one; `low` decides between equals."""
    support, contradiction = bounds
    if support < contradiction or (low and support == contradiction):
        return "supports", "contradicts"
    return "contradicts", "supports"


@contextmanager
def _bare(width: str, *, bottom: float, top: float) -> Iterator[Sheet]:
    """A sheet without axes, the same for each drawing: to make one takes longer than to draw."""
    sheet = _made(width, bottom, top)
    try:
        yield sheet
    finally:
        sheet.wipe()


@lru_cache(maxsize=2)
def _made(width: str, bottom: float, top: float) -> Sheet:
    sheet = Sheet(width, left=0.5, right=0.5, bottom=bottom, top=top)
    sheet.axes.set_ylim(0, 1)
    sheet.axes.set_axis_off()
    return sheet


def _name(sheet: Sheet, left: str, right: str) -> None:
    y = sheet.height_pt - 7.4
    for x, align, side in ((1.0, "left", left), (sheet.width_pt - 1.0, "right", right)):
        sheet.write(x, y, side, ha=align, va="baseline", fontsize=theme.SMALL, color=_INKS[side])


def _value(sheet: Sheet, bounds: Sequence[float], words: Sequence[str]) -> None:
    """The value of each bound under it; of two bounds that are one, once."""
    shown = dict(zip(bounds, words, strict=True))
    sizes = [labels.text_width(word, theme.SMALL) + 5 for word in shown.values()]
    wanted = [sheet.x_pt(bound) for bound in shown]
    for x, word in zip(
        labels.spread(wanted, sizes, 0, sheet.width_pt), shown.values(), strict=True
    ):
        sheet.write(x, 5, word, ha="center", fontsize=theme.SMALL, color=theme.SOFT)
