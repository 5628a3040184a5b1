"""Figures typed by hand are found wherever a reader would see them, and told all at once."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from research.params.figures import Figure, figures_in
from research.params.typed import FiguresError, check_figures, typed_in


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("Gold rose 9 % to 5,306.95 in 2026.", ["9", "5,306.95", "2026"]),
        ("It fell −3.2 points", ["−3.2"]),
        ("1. first\n2. second", []),
        ("`x = 3` and $\\beta = 1$ and\n```\n4\n```\n", []),
        ("Claim M1, PDF/A-3a, CO2, CY+1", []),
        ("[a link](https://x.test/2026/1) and [^3]", []),
        ("## Nine of ten metals", []),
        ("Up {share[2026]:pct0} and {len({1: 2}):num0}, {{3}} apart", ["3"]),
    ],
)
def test_figures_typed_by_hand_are_found(markdown: str, found: list[str]) -> None:
    assert [one.text for one in figures_in(markdown)] == found


def test_a_name_may_hold_figures_and_what_is_like_it_may_not() -> None:
    names = ("S&P 500", "13 January 2026")
    assert figures_in("The S&P 500 of 13 January 2026", names=names) == []
    told = [one.text for one in figures_in("The S&P 5000 of 113 January 2026", names=names)]
    assert told == ["5000", "113", "2026"]


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("9 %", "pct0"), ("+9.5\u202f%", "spct1"), ("5.3×", "x1"), ("−2 pp", "spp0"),
        ("5,306.95", "num2"), ("−3", "snum0"), ("0.12345", "num2"),
    ],
)  # fmt: skip
def test_the_format_that_would_print_it_is_named(text: str, format_: str) -> None:
    assert [one.format for one in figures_in(text)] == [format_]


def test_lines_are_counted_over_what_is_not_looked_at() -> None:
    text = "one\n```\n1\n```\n<!-- 2\n3 -->\n{a +\n1:num0} rose 4"
    assert figures_in(text, first=2) == [Figure(9, "4", "num0")]


def cell(id: str, source: str, kind: str = "code", tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"id": id, "cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}


def written(folder: Path, *cells: dict[str, Any]) -> Path:
    file = folder / "n.ipynb"
    file.write_text(json.dumps({"cells": list(cells)}), encoding="utf-8")
    return file


IMPORTS = cell("imports", "%load_ext research\nfrom research.exhibits import say, table, strip")


def told(folder: Path, *cells: dict[str, Any]) -> list[str]:
    return [str(one) for one in typed_in(written(folder, IMPORTS, *cells))]


def test_each_figure_is_told_with_cell_line_and_what_to_write(tmp_path: Path) -> None:
    assert told(
        tmp_path,
        cell("words", "# Gold\n\nIt rose 9 %.", "markdown"),
        cell("prose", "%%prose\nUp {x:pct0}\nand 3.5× more"),
        cell("code", 'about = {}\nabout["title"] = "Miners rose 40 %"'),
    ) == [
        "n.ipynb, line 3: cell words: 9 is typed by hand. Make it a cell of %%prose and write "
        "{expression:pct0}.",
        "n.ipynb, line 3: cell prose: 3.5 is typed by hand. Write {expression:x1}.",
        'n.ipynb, line 2: cell code: 40 is typed by hand. Write say("… {x:pct0} …", x=expression).',
    ]


@pytest.mark.parametrize(
    "source",
    [
        'say("Up 7 %")',
        'template = "Up {x} of 7"\nsay(template, x=1)',
        'template = "Up"\ntemplate += " by 7"\nsay(template)',
        'finding = "Up 7" if 1 else "Down"\nabout = {"title": finding}\ntable(frame, **about)',
        'f(unit="in 7 parts")',
        'about = {"note": f"{x} of 7"}',
        'told = [("Odds", "7 in all")]\nstrip(told, title="Odds")',
        'strip([" ".join(["seven", "7"])], title="Odds")',
        'a, told = 1, "7 in all"\nstrip([told], title="Odds")',
    ],
)
def test_a_string_is_followed_to_what_a_reader_sees(tmp_path: Path, source: str) -> None:
    (one,) = told(tmp_path, cell("code", source))
    assert "cell code: 7 is typed by hand" in one


def test_a_string_told_in_prose_is_followed_across_cells(tmp_path: Path) -> None:
    cells = cell("code", 'credit = "of 7 August"'), cell("prose", "%%prose\n{credit if x else y}")
    assert len(told(tmp_path, *cells)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'table(frame.loc["2026-01-28"], id="q-7", fmt="7", **{"stat_fmts": {"n": "7"}})',
        'frame = prices["7"].query("x > 7")\ntable(frame, title="Up")',
        'say("Up {x:pct0} in $7$", x=7)',
        'date = "7 August"',
        "%%bash\necho 7",
        "not python 7",
    ],
)
def test_what_no_reader_sees_may_hold_figures(tmp_path: Path, source: str) -> None:
    assert told(tmp_path, cell("code", source)) == []


def test_the_parameters_of_a_notebook_are_figures_by_right(tmp_path: Path) -> None:
    source = 'title: str = "7 metals"\nsay(title)'
    assert told(tmp_path, cell("parameters", source, tags=("parameters",))) == []


def test_all_notebooks_of_a_note_are_told_at_once_and_names_are_spared(tmp_path: Path) -> None:
    written(tmp_path, cell("a", "The S&P 500 rose 9 %, then 8.", "markdown"))
    sections = [SimpleNamespace(notebook="n.ipynb"), SimpleNamespace(notebook="n.ipynb")]
    note = SimpleNamespace(sections=sections, names=("S&P 500",))
    params: Any = SimpleNamespace(path=str(tmp_path / "note.yaml"), note=note)
    with pytest.raises(FiguresError) as caught:
        check_figures(params)
    assert caught.value.exit_code == 2
    lines = str(caught.value).splitlines()
    assert lines[0] == (
        "2 figures are typed by hand in the notebooks, and no reader could tell where from."
    )
    assert [line.strip().partition(" is")[0] for line in lines[1:3]] == [
        "n.ipynb, line 1: cell a: 9", "n.ipynb, line 1: cell a: 8",
    ]  # fmt: skip
    assert lines[3] == (
        "A figure that belongs to a name, such as S&P 500, is listed with it under `names` of the "
        "note's file."
    )
    note.names = ("S&P 500", "9 %", "then 8")
    check_figures(params)
