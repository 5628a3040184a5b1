"""Tables: placed on a grid, the same in both writers, never wider than the page."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from research.render.blocks import Cell, Row, Table, Text
from research.render.fragments import read_html
from research.render.publication import Document, Meta, Section
from research.render.scope import Scope, words
from research.render.typst import write_pdf
from research.render.typst.widths import plan


def only_table(html: str, *, house: bool = False) -> Table:
    """The one table of a fragment."""
    (table,) = [
        b
        for b in read_html(html, Scope(load_image=lambda s: None), house=house)
        if isinstance(b, Table)
    ]
    return table


def test_a_frame_has_its_index_and_right_aligned_numbers() -> None:
    table = only_table(pd.DataFrame({"n": [1.5, -2.0], "t": ["a", "b"]}).to_html())
    assert table.index == 1
    assert [c.align for c in table.body[0].cells] == ["left", "right", "left"]
    assert [c.align for c in table.head[0].cells][1:] == ["right", "left"]


def test_column_levels_span_and_row_levels_reach_down() -> None:
    columns = pd.MultiIndex.from_product([["gold", "silver"], ["open", "close"]])
    rows = pd.MultiIndex.from_product([["2024", "2025"], ["H1", "H2"]])
    table = only_table(pd.DataFrame(np.eye(4), index=rows, columns=columns).to_html())
    assert (table.columns, table.index) == (6, 2)
    assert [(c.column, c.colspan) for c in table.head[0].cells if c.colspan == 2][-2:] == [
        (2, 2),
        (4, 2),
    ]
    assert [c.rowspan for row in table.body for c in row.cells if c.column == 0] == [2, 2]
    assert [c.column for c in table.body[1].cells] == [1, 2, 3, 4, 5]


def test_a_stylers_colours_are_kept_and_its_random_ids_are_not() -> None:
    styler = pd.DataFrame({"a": [1, 2]}).style.highlight_max(color="#ffee00").set_caption("C")
    table = only_table(styler.to_html())
    assert table.caption == "C"
    assert [row.cells[-1].fill for row in table.body] == ["", "#ffee00"]


@pytest.mark.parametrize("value", ["url(x)", "expression(1)", "red;}", "#12", "var(--x)"])
def test_only_plain_colours_pass(value: str) -> None:
    table = only_table(f'<table><tr><td style="background-color:{value}">1</td></tr></table>')
    assert table.body[0].cells[0].fill in ("", "#ff0000")


def test_house_classes_decide_rows_and_alignment() -> None:
    table = only_table(
        '<table><thead><tr><th>a</th><th>b</th></tr><tr class="units"><th></th><th>×</th></tr>'
        '</thead><tbody><tr class="group"><th colspan="2">G</th></tr>'
        '<tr><th>x</th><td class="num">NM</td></tr>'
        '<tr class="stat"><th>Median</th><td class="num">1.0</td></tr></tbody></table>',
        house=True,
    )
    assert [row.kind for row in (*table.head, *table.body)] == [
        "plain",
        "units",
        "group",
        "plain",
        "stat",
    ]
    assert table.head[0].cells[1].align == "right"


def test_script_and_style_inside_a_cell_vanish() -> None:
    table = only_table("<table><tr><td>a<script>bad()</script><style>b{}</style></td></tr></table>")
    assert words(table.body[0].cells[0].children) == "a"


def make(rows: int, columns: int, text: str = "") -> Table:
    """A table of numbers behind one index column."""
    head = Row(
        cells=tuple(
            Cell(children=(Text(f"col {c}"),), column=c, header=True) for c in range(columns)
        )
    )
    body = tuple(
        Row(
            cells=tuple(
                Cell(
                    children=(Text(f"r{r} {text}" if c == 0 else f"{r * 100 + c}.{c:02}"),),
                    column=c,
                    header=c == 0,
                    align="left" if c == 0 else "right",
                )
                for c in range(columns)
            )
        )
        for r in range(rows)
    )
    return Table(head=(head,), body=body, columns=columns, index=1)


def pdf_of(*tables: Table) -> PdfReader:
    """A PDF that holds only these tables."""
    section = Section(id="", title="", main=tables)
    return PdfReader(io.BytesIO(write_pdf(Document(meta=Meta(title="T"), sections=(section,)))))


@settings(max_examples=60)
@given(
    columns=st.integers(1, 40),
    text=st.text(max_size=300),
    available=st.floats(120, 800),
)
def test_no_part_is_wider_than_the_page_and_every_column_is_printed_once(
    columns: int, text: str, available: float
) -> None:
    parts = plan(make(2, columns, text), available)
    for part in parts:
        assert sum(part.widths_pt) <= available + 0.01
        assert part.size_pt >= 6
    shown = [at for part in parts for at in part.columns if at > 0]
    assert shown == list(range(1, columns))
    assert all(0 in part.columns for part in parts)


def test_thirty_columns_and_three_hundred_rows_are_printed_whole() -> None:
    reader = pdf_of(make(300, 30, "name"))
    text = " ".join(page.extract_text() for page in reader.pages)
    tokens = text.split()
    found = set(tokens)
    assert not {f"{r * 100 + c}.{c:02}" for r in range(300) for c in range(1, 30)} - found
    parts = len({t for t in text.splitlines() if t.startswith("Columns")})
    assert parts > 1
    heads = tokens.count("col") / 30
    assert heads > parts / 2, "the header is repeated on following pages"


def test_no_text_of_a_wide_table_leaves_the_page() -> None:
    reader = pdf_of(make(3, 30, "w" * 90), make(3, 12, "long words " * 30))
    width = float(reader.pages[0].mediabox.width)
    places: list[float] = []

    def visit(text: str, cm: Any, tm: Any, *rest: Any) -> None:
        if text.strip():
            places.append(tm[4] * cm[0] + cm[4])

    for page in reader.pages:
        page.extract_text(visitor_text=visit)
    assert len(places) > 100
    assert min(places) >= 50
    assert max(places) <= width - 51
