"""A table as HTML: scoped headers, aligned figures, in a region that scrolls by itself."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from research.render.blocks import Cell, Inlines, Row, Table
from research.render.scope import words

MANY = 6  # columns; with more a table scrolls in itself, with twice as many it prints landscape


def table(block: Table, inlines: Callable[[Inlines], str], label: str) -> str:
    """The table and, around it, a scrolling region named `label`."""
    caption = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
    labels = _labels(block) if _stacks(block) else {}
    head = "".join(_row(row, inlines, {}, head=True) for row in block.head)
    body = "".join(_row(row, inlines, labels, head=False) for row in block.body)
    head = f"<thead>{head}</thead>" if head else ""
    names = " ".join(
        ("house",) * block.house
        + ("dense",) * block.dense
        + ("wide",) * (block.columns > MANY and not labels)
        + ("broad",) * (block.columns > MANY * 2)
        + ("stacks",) * bool(labels)
    )
    css = f' class="{names}"' if names else ""
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table{css}>{caption}{head}<tbody>{body}</tbody></table></div>"
    )


def _stacks(block: Table) -> bool:
    """Whether a narrow screen shows each row as a card: most columns hold words, none spans.

    Columns of figures stay columns however narrow the screen: they are there to be compared.
    """
    plain = [row for row in block.body if row.kind == "plain"]
    told = [cell for row in plain for cell in row.cells if cell.column >= block.index]
    said = sum(cell.align == "left" for cell in told)
    spanned = any(cell.colspan > 1 or cell.rowspan > 1 for row in plain for cell in row.cells)
    return bool(block.head) and block.columns > 3 and 2 * said > len(told) and not spanned


def _labels(block: Table) -> dict[int, str]:
    """What a column is called, by its place."""
    named = next((row for row in reversed(block.head) if row.kind == "plain"), block.head[0])
    return {cell.column: words(cell.children).strip() for cell in named.cells}


def _row(row: Row, inlines: Callable[[Inlines], str], labels: dict[int, str], *, head: bool) -> str:
    cells = "".join(
        _cell(cell, row, inlines(cell.children), labels.get(cell.column, ""), head=head)
        for cell in row.cells
    )
    return f'<tr class="{row.kind}">{cells}</tr>' if row.kind != "plain" else f"<tr>{cells}</tr>"


def _cell(cell: Cell, row: Row, said: str, label: str, *, head: bool) -> str:
    empty = not said.replace("\u00a0", " ").strip()
    named = (head or cell.header) and not empty
    tag = "th" if named else "td"
    scope = ""
    if named and head:
        scope = ' scope="colgroup"' if cell.colspan > 1 else ' scope="col"'
    elif named:
        group = row.kind == "group" or cell.rowspan > 1
        scope = ' scope="rowgroup"' if group else ' scope="row"'
    classes = [{"right": "r", "center": "c", "left": ""}[cell.align], "mark" if cell.mark else ""]
    css = " ".join(name for name in classes if name)
    style = ";".join(
        f"{key}:{value}"
        for key, value in (
            ("background-color", cell.fill),
            ("color", cell.ink),
            ("font-weight", "600" if cell.bold else ""),
        )
        if value
    )
    attributes = "".join(
        (
            scope,
            f' class="{css}"' if css else "",
            f' colspan="{cell.colspan}"' if cell.colspan > 1 else "",
            f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else "",
            f' style="{style}"' if style else "",
            f' data-label="{escape(label)}"' if label and tag == "td" and not empty else "",
        )
    )
    if row.kind == "group":
        said = f"<span>{said}</span>"  # so that it stays in sight while the table scrolls sideways
    return f"<{tag}{attributes}>{said}</{tag}>"
