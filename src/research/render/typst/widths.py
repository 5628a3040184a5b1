"""How wide the columns of a table are, how small its type, and where it is split when too wide."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from research.render.blocks import (
    Break,
    Cell,
    CodeSpan,
    Inlines,
    Inset,
    Link,
    MathSpan,
    Styled,
    Table,
    Text,
)
from research.render.fonts import width

SIZES = (8.0, 7.5, 7.0, 6.5, 6.0)
DENSE = (7.5, 7.0)
_PAD = {8.0: 4.0, 7.5: 3.5, 7.0: 2.9, 6.5: 2.4, 6.0: 2.0}
_COMFORT = 150.0  # a column of words may be set narrower than its longest line, from here on
_HEAD = 56.0
_SLACK = 1.2  # rounding of the type setter


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One printed table: which columns of the grid, how wide in points, at which size."""

    columns: tuple[int, ...]
    widths_pt: tuple[float, ...]
    size_pt: float
    pad_pt: float
    wrapped: bool = False


@functools.lru_cache(maxsize=64)  # asked once for whether it runs on, then for how it is set
def plan(table: Table, available_pt: float) -> tuple[Layout, ...]:
    """The table as one layout, smaller in type where needed, or as several side parts.

    Each part repeats the index columns. Nothing is ever wider than `available_pt` unless one
    column alone is.
    """
    # Small type keeps a table of many rows on few pages.
    for size in DENSE if table.dense else SIZES[2:] if len(table.body) > 45 else SIZES:
        natural, least = _extents(table, size)
        pad = _PAD[size]
        eased = [
            max(low, min(nat, _COMFORT * size / 8)) for nat, low in zip(natural, least, strict=True)
        ]
        if sum(natural) <= available_pt:
            widths = _stretched(table, natural, available_pt) if table.house else natural
            return (_layout(range(table.columns), widths, size, pad),)
        if sum(eased) <= available_pt:
            widths = _shared(eased, natural, available_pt)
            return (_layout(range(table.columns), widths, size, pad, wrapped=True),)
    if sum(least) <= available_pt:
        widths = _shared(least, natural, available_pt)
        return (_layout(range(table.columns), widths, size, pad, wrapped=True),)
    return _parts(table, available_pt)


def _parts(table: Table, available_pt: float) -> tuple[Layout, ...]:
    size = 7.0
    natural, least = _extents(table, size)
    eased = [max(low, min(nat, 90.0)) for nat, low in zip(natural, least, strict=True)]
    index = list(range(table.index))
    if sum(eased[at] for at in index) > available_pt / 2:
        eased = [
            min(w, available_pt / 2 / max(len(index), 1)) if at in index else w
            for at, w in enumerate(eased)
        ]
    room = available_pt - sum(eased[at] for at in index)
    found: list[list[int]] = []
    used = room + 1
    for at in range(table.index, table.columns):
        if used + eased[at] > room or not found:
            found.append([])
            used = 0.0
        found[-1].append(at)
        used += eased[at]
    layouts = []
    for part in found or [[]]:
        columns = [*index, *part]
        widths = [min(eased[at], available_pt) for at in columns]
        layouts.append(_layout(columns, widths, size, _PAD[size]))
    return tuple(layouts)


def _layout(
    columns: Iterable[int],
    widths: Sequence[float],
    size: float,
    pad: float,
    *,
    wrapped: bool = False,
) -> Layout:
    return Layout(
        columns=tuple(columns),
        widths_pt=tuple(widths),
        size_pt=size,
        pad_pt=pad,
        wrapped=wrapped,
    )


def _stretched(table: Table, natural: list[float], available: float) -> list[float]:
    """A table of the house fills the measure; in a narrow one the words get the room left."""
    spare = available - sum(natural)
    right = {c.column for row in table.body for c in row.cells if c.align == "right"}
    loose = [at for at in range(table.columns) if at not in right]
    if not loose or spare > available / 4:
        loose = list(range(table.columns))
    return [w + spare / len(loose) if at in loose else w for at, w in enumerate(natural)]


def _shared(least: list[float], natural: list[float], available: float) -> list[float]:
    """What is left above the least goes to the columns that lack most."""
    spare = available - sum(least)
    wants = [nat - low for nat, low in zip(natural, least, strict=True)]
    total = sum(wants) or 1.0
    return [low + spare * min(want / total, 1.0) for low, want in zip(least, wants, strict=True)]


def _extents(table: Table, size: float) -> tuple[list[float], list[float]]:
    """For each column its width without any break, and with every break there may be."""
    natural, least = [0.0] * table.columns, [0.0] * table.columns
    wide: list[tuple[Cell, float, float]] = []
    for head, rows in ((True, table.head), (False, table.body)):
        for row in rows:
            for cell in row.cells:
                bold = head or row.kind == "group" or cell.bold
                line, word = measure(cell.children, size, bold=bold)
                if cell.align == "right" and not head:
                    word = line
                elif head and cell.align == "right":
                    # A long name over short figures stands in two or three lines.
                    line = max(word, min(line, _HEAD * size / 8))
                if cell.colspan > 1:
                    wide.append((cell, line, word))
                else:
                    natural[cell.column] = max(natural[cell.column], line)
                    least[cell.column] = max(least[cell.column], word)
    pad = 2 * _PAD[size] + _SLACK
    natural, least = [w + pad for w in natural], [w + pad for w in least]
    for cell, line, word in wide:
        columns = range(cell.column, min(cell.column + cell.colspan, table.columns))
        for sizes, need in ((natural, line + pad), (least, word + pad)):
            lack = need - sum(sizes[at] for at in columns)
            if lack > 0 and cell.colspan < table.columns:
                for at in columns:
                    sizes[at] += lack / len(columns)
    return natural, least


def measure(inlines: Inlines, size: float, *, bold: bool) -> tuple[float, float]:
    """Widest line and widest word of a cell, in points."""
    line = word = 0.0
    for pieces in _lines(inlines, 1.0, bold):
        sizes = [width(p.text, size=size * p.scale, bold=p.bold) + p.own_pt for p in pieces]
        line = max(line, sum(sizes))
        for piece in pieces:
            word = max(word, piece.own_pt)
            for part in re.split(r"[ \u200b]|(?<=[-/–—])", piece.text):
                # `strings.string` lets longer words break after every twelve letters.
                unbroken = part if len(part) <= 40 else part[:13]
                word = max(word, width(unbroken, size=size * piece.scale, bold=piece.bold))
    return line, word


@dataclass(frozen=True)
class _Piece:
    text: str
    scale: float
    bold: bool
    own_pt: float = 0.0


def _lines(inlines: Inlines, scale: float, bold: bool) -> list[list[_Piece]]:
    """The pieces of text on each line, as far as line breaks are forced."""
    lines: list[list[_Piece]] = [[]]
    for part in inlines:
        if isinstance(part, Text):
            lines[-1].append(_Piece(part.text, scale, bold))
        elif isinstance(part, CodeSpan):
            lines[-1].append(_Piece(part.text, 1.15 * scale, bold))
        elif isinstance(part, MathSpan):
            lines[-1].append(_Piece(part.latex, scale, bold))
        elif isinstance(part, Inset):
            lines[-1].append(_Piece("", scale, bold, part.media.width_pt or 0.0))
        elif isinstance(part, Break):
            lines.append([])
        elif isinstance(part, Link):
            first, *rest = _lines(part.children, scale, bold)
            lines[-1] += first
            lines += rest
        elif isinstance(part, Styled):
            less = 0.85 if part.role in ("small", "sup", "sub") else 1.0
            first, *rest = _lines(part.children, scale * less, bold or part.role == "strong")
            if part.role == "small":
                lines += [first, *rest, []]
            else:
                lines[-1] += first
                lines += rest
    return lines
