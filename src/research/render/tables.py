"""Drafts of rows placed on one grid: alignment by content, headers, spans, index columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from research.render.blocks import (
    Align,
    Cell,
    Inlines,
    Row,
    Table,
)
from research.render.scope import words

_NUMBER = re.compile(
    r"[(<>≈~]?\s*[+\-−]?\s*(US|A|C)?[$£€¥]?\s*\d[\d,.\s\u202f\u00a0']*([eE][+\-−]?\d+)?\s*"
    r"(%|pp|×|x|bn|m|k|st|nd|rd|th)?\)?[*†‡]?$"
)
_BLANK = {"", "NaN", "nan", "NaT", "None", "<NA>", "NA", "NM", "n/a", "–", "—", "-", "…", "..."}


def from_markdown(node: Any, inlines: Callable[[Iterable[Any]], Inlines]) -> Table:
    """The table of a Markdown syntax tree; alignment is as written, else by content."""
    rows: list[tuple[bool, list[Draft]]] = []
    for part in node.children:
        for row in part.children:
            drafts = []
            for cell in row.children:
                style = str(cell.attrs.get("style", ""))
                align = style.partition("text-align:")[2].strip()
                drafts.append(
                    Draft(children=inlines(cell.children), header=cell.tag == "th", align=align)
                )
            rows.append((part.type == "thead", drafts))
    return place([(head, "plain", cells) for head, cells in rows], house=False, caption="")


@dataclass
class Draft:
    """A cell before it has a place in the grid."""

    children: Inlines = ()
    header: bool = False
    align: str = ""
    css: str = ""
    colspan: int = 1
    rowspan: int = 1
    style: Mapping[str, str] = field(default_factory=dict)


def place(rows: list[tuple[bool, str, list[Draft]]], house: bool, caption: str) -> Table:
    """Cells on the grid, numbers told from words, header alignment taken from the body."""
    if not any(head for head, _, _ in rows) and all(c.header for c in rows[0][2]):
        rows = [(True, rows[0][1], rows[0][2]), *rows[1:]]
    taken: dict[int, int] = {}
    placed: list[tuple[bool, str, list[tuple[int, Draft]]]] = []
    width = 0
    for head, css, drafts in rows:
        taken = {column: left - 1 for column, left in taken.items() if left > 1}
        at, cells = 0, []
        for draft in drafts:
            while at in taken:
                at += 1
            cells.append((at, draft))
            for column in range(at, at + draft.colspan):
                if draft.rowspan > 1:
                    taken[column] = draft.rowspan
            at += draft.colspan
        width = max(width, at, *(c + 1 for c in taken)) if taken else max(width, at)
        placed.append((head, css, cells))
    numeric = _numeric_columns(placed, width)
    body = [row for row in placed if not row[0]]
    index = _index_columns(body)
    made = [
        (head, Row(kind=_kind(css), cells=tuple(_cell(a, d, head, numeric, index) for a, d in row)))
        for head, css, row in placed
    ]
    return Table(
        head=tuple(row for head, row in made if head),
        body=_clip(tuple(row for head, row in made if not head)),
        columns=width,
        index=index,
        caption=caption,
        house=house,
    )


def _cell(at: int, draft: Draft, head: bool, numeric: set[int], index: int) -> Cell:
    classes = set(draft.css.split())
    align: Align = "left"
    if draft.align in ("left", "right", "center"):
        align = draft.align  # type: ignore[assignment]
    elif classes & {"num", "mark"} or (
        at in numeric and not classes & {"text"} and (head or not draft.header or not index)
    ):
        align = "right"
    if head and draft.colspan > 1:
        align = "center"
    return Cell(
        children=draft.children,
        column=at,
        header=draft.header,
        align=align,
        mark="mark" in classes,
        colspan=draft.colspan,
        rowspan=draft.rowspan,
        fill=draft.style.get("background-color", ""),
        ink=draft.style.get("color", ""),
        bold=draft.style.get("font-weight", "") in ("bold", "600", "700", "800", "900"),
    )


def _clip(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """No cell reaches below the last row."""
    count = len(rows)
    return tuple(
        row
        if all(cell.rowspan <= count - at for cell in row.cells)
        else replace(
            row,
            cells=tuple(replace(c, rowspan=min(c.rowspan, count - at)) for c in row.cells),
        )
        for at, row in enumerate(rows)
    )


def _numeric_columns(rows: list[tuple[bool, str, list[tuple[int, Draft]]]], width: int) -> set[int]:
    seen: dict[int, list[str]] = {column: [] for column in range(width)}
    marked: set[int] = set()
    for head, _, cells in rows:
        for at, draft in cells:
            if not head and draft.colspan == 1:
                seen[at].append(words(draft.children).strip())
                if "num" in draft.css.split():
                    marked.add(at)
    return marked | {
        column
        for column, texts in seen.items()
        if any(text not in _BLANK for text in texts)
        and all(text in _BLANK or _NUMBER.match(text) for text in texts)
    }


def _index_columns(body: list[tuple[bool, str, list[tuple[int, Draft]]]]) -> int:
    spans = [
        max((at + d.colspan for at, d in cells if d.header), default=0)
        for _, _, cells in body
        if not all(d.header for _, d in cells)
    ]
    return max(spans, default=0)


def _kind(css: str) -> Literal["plain", "group", "stat", "units"]:
    for kind in ("group", "stat", "units"):
        if kind in css.split():
            return kind
    return "plain"
