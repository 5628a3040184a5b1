"""Tables as Typst code: repeated headers, ruled the way the house rules, split where too wide."""

from __future__ import annotations

from collections.abc import Callable

from research.render.blocks import Cell, Inlines, Row, Table
from research.render.typst.strings import array, string
from research.render.typst.widths import Layout, plan

LONG = 34  # rows; a table with more may run over pages


def runs_on(block: Table, available_pt: float) -> bool:
    """Whether the table is too tall to be kept on one page for certain."""
    layouts = plan(block, available_pt)
    most = LONG if not layouts[0].wrapped else 24 if block.dense else 12
    return len(layouts) > 1 or len(block.body) > most


def table(block: Table, inlines: Callable[[Inlines], str], available_pt: float) -> str:
    """One Typst table, or several below one another when the columns do not fit."""
    layouts = plan(block, available_pt)
    parts = [_part(block, layout, inlines) for layout in layouts]
    if len(parts) == 1:
        return parts[0]
    labelled = []
    for layout, part in zip(layouts, parts, strict=True):
        own = [at for at in layout.columns if at >= block.index]
        first, last = own[0] - block.index + 1, own[-1] - block.index + 1
        words = f"Columns {first} to {last} of {block.columns - block.index}"
        labelled.append(
            f"block(above: 9pt, below: 4pt, sticky: true, caps({string(words)}))\n{part}"
        )
    return "{" + "\n".join(labelled) + "}"


def _part(block: Table, layout: Layout, inlines: Callable[[Inlines], str]) -> str:
    top = len(block.head)
    last: Row | None = None
    head: list[str] = []
    body: list[str] = []
    for y, row in enumerate((*block.head, *block.body)):
        if last is not None and y > top and (layout.wrapped or _ruled(last, row)):
            body.append(f"table.hline(y: {y}, stroke: .3pt + hair)")
        cells = _row(row, y, layout, inlines, head=y < top)
        if 0 < top <= y and row.kind == "group" and cells:
            # tagged as a header of the rows below it, not as one more cell of data
            cells = [f"table.header(level: 2, repeat: false, {', '.join(cells)})"]
        (head if y < top else body).extend(cells)
        last = row
    widths = array(f"{width:.2f}pt" for width in layout.widths_pt)
    rows = top + len(block.body)
    return (
        f"ruled(size: {layout.size_pt}pt, pad: {layout.pad_pt}pt, "
        f"low: {str(block.dense).lower()}, columns: {widths}, "
        f"rows: {rows}, head-rows: {top},\nhead: {array(head)},\nbody: {array(body)})"
    )


def _ruled(row: Row, following: Row) -> bool:
    return following.kind == "group" or (following.kind == "stat") != (row.kind == "stat")


def _row(
    row: Row, y: int, layout: Layout, inlines: Callable[[Inlines], str], *, head: bool
) -> list[str]:
    """The row's cells that stand in this part, each with its place."""
    place = {column: at for at, column in enumerate(layout.columns)}
    codes: list[str] = []
    for cell in row.cells:
        shown = [place[c] for c in range(cell.column, cell.column + cell.colspan) if c in place]
        if shown:
            given = [f"x: {shown[0]}", f"y: {y}"]
            given += [f"colspan: {len(shown)}"] if len(shown) > 1 else []
            codes.append(_cell(cell, row, given, inlines, head=head))
    return codes


def _cell(
    cell: Cell, row: Row, given: list[str], inlines: Callable[[Inlines], str], *, head: bool
) -> str:
    given.append(f"align: {cell.align} + {'bottom' if head else 'top'}")
    if cell.rowspan > 1:
        given.append(f"rowspan: {cell.rowspan}")
    if cell.fill:
        given.append(f'fill: rgb("{cell.fill}")')
    if head and cell.colspan > 1:
        given.append("stroke: (bottom: .4pt + hair)")
    said = inlines(cell.children)
    looks = []
    if head or row.kind == "group" or cell.bold:
        looks.append('weight: "semibold"' if row.kind != "units" else 'weight: "regular"')
    if cell.ink:
        looks.append(f'fill: rgb("{cell.ink}")')
    elif head or row.kind == "stat" or cell.mark:
        looks.append("fill: soft")
    if row.kind == "stat":
        looks.append('style: "italic"')
    if row.kind == "units":
        looks.append("size: .88em")
    if looks:
        said = f"text({', '.join(looks)}, {said})"
    return f"table.cell({', '.join(given)}, {said})"
