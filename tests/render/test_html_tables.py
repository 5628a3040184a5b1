"""Tables of the page: which become cards on a narrow screen, and what names their entries."""

from __future__ import annotations

import re

import pytest

from research.render.blocks import Align, Cell, Row, Table, Text
from research.render.html.tables import table

WORDS: tuple[Align, ...] = ("left", "left", "left", "left")
FIGURES: tuple[Align, ...] = ("left", "right", "right", "right")


def made(
    aligned: tuple[Align, ...], *, head: bool = True, span: int = 1, kind: str = "plain"
) -> str:
    """A table of two rows whose columns are aligned so."""
    names = [
        Cell(children=(Text(f"N<{at}>" if at else ""),), column=at, header=True)
        for at in range(len(aligned))
    ]
    cells = [
        Cell(
            children=(Text(f"v{at}"),),
            column=at,
            header=at == 0,
            align=align,
            colspan=span if at == len(aligned) - 1 else 1,
        )
        for at, align in enumerate(aligned)
    ]
    units = [Cell(children=(Text("%"),), column=at, header=True) for at in range(len(aligned))]
    rows = (Row(cells=tuple(names)), Row(cells=tuple(units), kind="units")) if head else ()
    body = (Row(cells=tuple(cells)), Row(cells=tuple(cells), kind=kind))  # type: ignore[arg-type]
    block = Table(head=rows, body=body, columns=len(aligned), index=1)
    return table(block, lambda parts: "".join(p.text for p in parts), "T")  # type: ignore[union-attr]


def test_a_table_of_words_stacks_and_each_entry_carries_the_name_of_its_column() -> None:
    html = made(WORDS)
    assert '<table class="stacks">' in html
    assert re.findall(r'<td data-label="([^"]*)">v(\d)', html)[:3] == [
        ("N&lt;1&gt;", "1"),
        ("N&lt;2&gt;", "2"),
        ("N&lt;3&gt;", "3"),
    ]
    assert '<th scope="row">v0</th>' in html


@pytest.mark.parametrize(
    "html",
    [made(FIGURES), made(WORDS, head=False), made(WORDS, span=2), made(WORDS[:3])],
    ids=["figures", "no names", "spans", "narrow"],
)
def test_figures_stay_in_columns_and_so_do_tables_that_names_cannot_be_given_to(html: str) -> None:
    assert "stacks" not in html
    assert "data-label" not in html


@pytest.mark.parametrize(
    ("columns", "tag"),
    [
        (6, "<table>"),
        (7, '<table class="wide">'),
        (12, '<table class="wide">'),
        (13, '<table class="wide broad">'),
    ],
)
def test_a_table_is_wide_by_its_number_of_columns(columns: int, tag: str) -> None:
    assert tag in made(("left", *["right"] * (columns - 1)))  # type: ignore[arg-type]


def test_the_name_of_a_group_can_stay_in_sight_while_the_table_scrolls() -> None:
    assert '<th scope="rowgroup"><span>v0</span></th>' in made(FIGURES, kind="group")
