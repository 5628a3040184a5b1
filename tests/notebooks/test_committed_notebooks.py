"""The six notebooks as they are committed: short cells, no outputs, no figure typed by hand."""

from __future__ import annotations

import ast
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from research.params import load
from research.params.cell import EDITION, MISSING, read_parameters
from research.params.figures import figures_in
from research.params.typed import check_figures

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _cells(path: Path, kind: str) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _code(path: Path) -> Iterator[tuple[str, ast.Module]]:
    """Each cell of Python, without its magics, by the cell's id."""
    for cell in _cells(path, "code"):
        source = _source(cell)
        if not source.startswith("%%"):
            lines = (line for line in source.splitlines() if not line.startswith("%"))
            yield cell["id"], ast.parse("\n".join(lines))


def test_there_is_a_notebook_for_each_section_of_the_note() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01-verdict", "02-rally", "03-valuation", "04-arguments", "05-outlook", "06-method",
    ]  # fmt: skip


@every_notebook
def test_nothing_that_a_run_leaves_behind_is_committed(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    for cell in _cells(path, "code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None), cell["id"]
    assert all(set(cell["metadata"]) <= {"tags"} for cell in notebook["cells"])
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)


@every_notebook
def test_the_parameters_cell_offers_what_an_edition_gives(path: Path) -> None:
    parameters = read_parameters(path)
    assert {name: parameters[name].default for name in EDITION} == EDITION
    assert all(one.default is not MISSING and one.help for one in parameters.values())


@every_notebook
def test_cells_are_short(path: Path) -> None:
    lengths = [len(_source(cell).splitlines()) for cell in _cells(path, "code")]
    assert max(lengths) <= 10
    assert statistics.median(lengths) <= 5


@every_notebook
def test_a_notebook_tells_and_the_package_computes(path: Path) -> None:
    for cell_id, tree in _code(path):
        for node in ast.walk(tree):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), cell_id
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or node.names[0].name]
                assert names[0].split(".")[0] in {"research", "pandas"}, (cell_id, names)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"\.\./|^/|\.(ya?ml|csv|parquet|xlsx|ipynb)\b", node.value), (
                    cell_id
                )


def test_no_figure_that_a_reader_sees_is_typed_by_hand(root: Path) -> None:
    check_figures(load(root / "params" / "mining-rally.yaml"))


@every_notebook
def test_no_string_at_all_holds_a_figure_but_those_that_belong_to_a_name(
    path: Path, root: Path
) -> None:
    names = load(root / "params" / "mining-rally.yaml").note.names
    for cell_id, tree in _code(path):
        if cell_id == "parameters":
            continue
        for node in ast.walk(tree):
            text = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
            if isinstance(text, str):
                assert figures_in(text, names=names) == [], (cell_id, text)
