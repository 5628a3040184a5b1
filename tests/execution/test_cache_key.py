"""A key changes with each thing that outputs follow from, with nothing else, and can say which."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from research.execution.cache.key import Key, beside, cells_of, rooms, values_of, versions

Notebook = dict[str, Any]


def notebook() -> Notebook:
    def cell(kind: str, id: str, source: str) -> Notebook:
        return {"cell_type": kind, "id": id, "metadata": {}, "source": source}

    cells = [
        cell("markdown", "words", "# Words"),
        cell("code", "first", "a = 1"),
        cell("code", "told", "%%prose\nOne is {a}."),
        cell("raw", "raw", "raw"),
        cell("code", "last", "a + 1"),
    ]
    return {"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4}


def key_of(folder: Path, content: Notebook, **parts: Any) -> Key:
    file = folder / "n.ipynb"
    file.write_text(json.dumps(content), encoding="utf-8")
    return Key(parts={"code cells": cells_of(file), **parts})


def put(cell: int, source: str) -> Callable[[Notebook], None]:
    return lambda content: content["cells"][cell].update(source=source)


SILENT = {
    "a Markdown cell": put(0, "# Other words"),
    "a raw cell": put(3, "other"),
    "a Markdown cell more": lambda content: content["cells"].insert(0, content["cells"][0]),
    "a Markdown cell less": lambda content: content["cells"].pop(0),
    "lines as a list": lambda content: content["cells"][1].update(source=["a ", "= 1"]),
    "outputs": lambda content: content["cells"][1].update(outputs=[], execution_count=3),
}
TOLD = {
    "code cells changed (cell 1 `first`)": put(1, "a = 2"),
    "code cells changed (cell 2 `told`)": put(2, "%%prose\nOne is {a}!"),
    "code cells changed (cell 3 `last`)": lambda one: one["cells"][4]["metadata"].update(tags=[1]),
    "code cells changed (cell `last` is gone)": lambda one: one["cells"].pop(),
    "code cells changed (cell 2 `more` is new)": lambda one: one["cells"].insert(
        2, {**one["cells"][1], "id": "more"}
    ),
    "code cells changed (their order)": lambda one: one["cells"].reverse(),
    "code cells changed (the notebook's metadata)": lambda one: one["metadata"].update(x=1),
}


@pytest.mark.parametrize("change", SILENT.values(), ids=list(SILENT))
def test_what_is_no_code_changes_nothing(
    tmp_path: Path, change: Callable[[Notebook], None]
) -> None:
    before, content = key_of(tmp_path, notebook()), notebook()
    change(content)
    after = key_of(tmp_path, content)
    assert after.digest == before.digest
    assert after.changes(before) == []


@pytest.mark.parametrize(("told", "change"), TOLD.items(), ids=list(TOLD))
def test_each_change_of_code_changes_the_key_and_is_named(
    tmp_path: Path, told: str, change: Callable[[Notebook], None]
) -> None:
    before, content = key_of(tmp_path, notebook()), notebook()
    change(content)
    after = key_of(tmp_path, content)
    assert after.digest != before.digest
    assert after.changes(before) == [told]


@pytest.mark.parametrize(
    ("part", "old", "new", "told"),
    [
        ("parameters", {"weeks": "26"}, {"weeks": "13"}, "parameters changed (weeks 26 → 13)"),
        ("versions", {"numpy": "2.0"}, {"numpy": "2.1"}, "versions changed (numpy 2.0 → 2.1)"),
        ("market data", {"s:prices": "ab"}, {"s:prices": "cd"}, "market data changed (s:prices)"),
        ("memory", {}, {"earlier editions": "ab"}, "memory changed (earlier editions is new)"),
        ("package", dict.fromkeys("uvwxy", "a"), dict.fromkeys("uvwxy", "b"),
         "package changed (u, v, w, and 2 more)"),
    ],
)  # fmt: skip
def test_each_other_part_changes_the_key_and_is_named(
    part: str, old: dict[str, str], new: dict[str, str], told: str
) -> None:
    before, after = Key(parts={part: old}), Key(parts={part: new})
    assert after.digest != before.digest
    assert after.changes(before) == [told]
    assert after.changes(Key(parts={part: dict(new)})) == []
    assert Key(parts={part: dict(new)}).digest == after.digest


def test_values_of_one_look_and_another_type_differ() -> None:
    told = [values_of({"x": value})["x"] for value in (1, "1", 1.0, True, None, "None", [1])]
    assert len(set(told)) == len(told)


def test_what_lies_beside_a_notebook_counts_but_for_the_notebooks_named(tmp_path: Path) -> None:
    names = ("n.ipynb", "other.ipynb", "helper.py", "data/extra.csv", ".hidden/x")
    for name in (*names, "__pycache__/y.pyc", ".ipynb_checkpoints/n.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    but = [tmp_path / "n.ipynb"]
    first = beside(tmp_path, but)
    assert list(first) == [".hidden/x", "data/extra.csv", "helper.py", "other.ipynb"]
    (tmp_path / "helper.py").write_text("22", encoding="utf-8")
    assert beside(tmp_path, but)["helper.py"] != first["helper.py"]
    assert beside(tmp_path, but)["data/extra.csv"] == first["data/extra.csv"]


def test_rooms_of_the_package_are_told_apart() -> None:
    market = rooms("market", "errors")
    assert "research/errors.py" in market
    assert "research/market/sources/sample_data/series.toml" in market
    assert {name.split("/")[1] for name in market} == {"market", "errors.py"}
    assert "research/cli.py" in rooms()


def test_all_that_computes_is_named_with_its_version() -> None:
    assert {
        "python", "machine", "numpy", "pandas", "scipy", "matplotlib", "ipython", "ipykernel",
        "pyarrow", "font-source-sans-pro",
    } <= set(versions())  # fmt: skip
