"""What a notebook can reach is never less than what it imports when it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from research.execution.reach import everything, files, named, reached, reached_by
from research.execution.run import Job, execute
from research.execution.warm import Setup

PACKAGE = {
    "__init__": "",
    "plain": "import json\nfrom pkg.deep import bottom",
    "late": "def f():\n    from pkg import lonely",
    "lonely": "",
    "deep/__init__": "",
    "deep/bottom": "from .beside import x",
    "deep/beside": "x = 1",
    "shop/__init__": "def __getattr__(name):\n    ...",
    "shop/ware": "from pkg.deep import beside",
    "shop/price": "",
    "front/__init__": "from pkg.lonely import word",
}
PLAIN = {"pkg", "pkg.plain", "pkg.deep", "pkg.deep.bottom", "pkg.deep.beside"}
SHOP = {"pkg", "pkg.shop", "pkg.shop.ware", "pkg.shop.price", "pkg.deep", "pkg.deep.beside"}
ALL = SHOP | PLAIN | {"pkg.late", "pkg.lonely", "pkg.front"}

LONG = ("01-verdict", "02-rally", "03-valuation", "04-arguments", "05-outlook")
BOOKS = ["06-method", *(pytest.param(one, marks=pytest.mark.slow) for one in LONG)]


def notebook(file: Path, *sources: str) -> Path:
    cells = [{"cell_type": "code", "source": one.splitlines(keepends=True)} for one in sources]
    words = {"cell_type": "markdown", "source": "import pkg.lonely"}
    file.write_text(json.dumps({"cells": [*cells, words]}), encoding="utf-8")
    return file


@pytest.fixture
def pkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pkg"
    for name, source in PACKAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    for data in ("deep/rates.csv", "shop/words/list.toml", "root.css", "shop/.hidden"):
        (folder / data).parent.mkdir(exist_ok=True)
        (folder / data).write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1 + 1"], set()),
        (["from pkg.plain import x"], PLAIN),
        (["import pkg.plain as p"], PLAIN),
        (["if x:\n    def f():\n        import pkg.plain"], PLAIN),
        (["from pkg.late import f"], {"pkg", "pkg.late", "pkg.lonely"}),
        (["from pkg.front import word"], {"pkg", "pkg.front", "pkg.lonely"}),
        (["import pkg"], {"pkg"}),
        (["from pkg import shop"], SHOP),
        (["from pkg.shop import anything"], SHOP),
        (["from pkg.shop import *"], SHOP),
        (["import pkg.shop"], SHOP),
        (["from pkg.shop.price import x"], {"pkg", "pkg.shop", "pkg.shop.price"}),
        (["%load_ext pkg.lonely\nimport json"], {"pkg", "pkg.lonely"}),
        (["%matplotlib inline\nx = %time f()\nfrom pkg.plain import x\nx?"], PLAIN),
        (["x = !ls"], ALL),
        (["if x:\n    %time f()\nimport pkg.plain"], PLAIN),
        (["%%prose\nHere one would import pkg.plain, {x}"], set()),
        (["%%time\nimport pkg.plain"], PLAIN),
        (["%%bash\nimport pkg"], ALL),
        (["import pkgother", "from other import pkg"], set()),
        (["def broken(:", "import pkg.lonely"], ALL),
        (["from importlib import import_module\nimport_module(name)"], ALL),
        (["__import__(name)"], ALL),
        (["import pkg.lonely", "import pkg.front"], {"pkg", "pkg.lonely", "pkg.front"}),
    ],
)
def test_all_that_code_cells_import_is_reached(
    pkg: Path, tmp_path: Path, cells: Sequence[str], expected: set[str]
) -> None:
    assert reached(notebook(tmp_path / "n.ipynb", *cells), "pkg") == expected


def test_a_module_that_changes_its_imports_is_read_again(pkg: Path, tmp_path: Path) -> None:
    book = notebook(tmp_path / "n.ipynb", "import pkg.lonely")
    assert reached(book, "pkg") == {"pkg", "pkg.lonely"}
    (pkg / "lonely.py").write_text("import pkg.front", encoding="utf-8")
    assert reached(book, "pkg") == {"pkg", "pkg.lonely", "pkg.front"}


def test_data_belong_to_the_package_they_lie_in(pkg: Path) -> None:
    known = everything("pkg")
    assert files(["pkg.lonely"], known) == ["pkg/lonely.py", "pkg/root.css"]
    assert files(["pkg.shop.price"], known) == ["pkg/shop/price.py", "pkg/shop/words/list.toml"]
    assert "pkg/deep/rates.csv" in files(["pkg.deep.beside"], known)
    assert known["pkg/deep/rates.csv"] == pkg / "deep" / "rates.csv"
    assert "pkg/shop/.hidden" not in known


def test_a_package_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="nowhere is not installed as a package"):
        reached(notebook(tmp_path / "n.ipynb", "import nowhere"), "nowhere")


def test_only_the_notebooks_that_look_back_reach_the_memory(root: Path) -> None:
    books = sorted((root / "notebooks").glob("*.ipynb"))
    assert len(books) == 6
    look_back = [book.name[:2] for book in books if "research.memory" in reached(book)]
    assert look_back == ["01", "05"]


@pytest.mark.parametrize("name", BOOKS)
def test_what_a_run_imports_was_within_reach(root: Path, tmp_path: Path, name: str) -> None:
    book = root / "notebooks" / f"{name}.ipynb"
    content = json.loads(book.read_text(encoding="utf-8"))
    ask = (
        "import sys\nprint(*sorted(one for one in sys.modules if one.split('.')[0] == 'research'))"
    )
    asking = {**content["cells"][0], "cell_type": "code", "source": ask, "outputs": [],
              "execution_count": None, "metadata": {}, "id": "asking"}  # fmt: skip
    copy = tmp_path / book.name
    copy.write_text(json.dumps({**content, "cells": [*content["cells"], asking]}), encoding="utf-8")
    note = root / "params" / "mining-rally.yaml"
    alone = Setup(modules=())  # a kernel that has in memory what it imports itself
    job = Job(section="s", notebook=copy, env={"RESEARCH_PARAMS": str(note)}, setup=alone)
    outcome = execute(job)
    assert outcome.failure is None
    told = outcome.notebook.cells[-1].outputs[0].text.split()
    # The process that a kernel is forked from has been run by `execution`, which is no notebook's.
    imported = {one for one in told if not one.startswith("research.execution")}
    assert "research.market.market" in imported
    assert imported <= reached(book)


@pytest.mark.parametrize(
    "source",
    [
        "import helper",
        "from helper import show",
        "from . import helper",
        "import shelf.one",
        "%run helper.py",
        "shown = %run helper.py",
        "%%time\n%run other.ipynb",
        "%%bash\npython helper.py",
        "!python helper.py",
        "import importlib",
        "from importlib import import_module as load\nload('pkg.shop')",
        "get_ipython().run_line_magic('run', 'helper.py')",
        "value = eval('1')",
    ],
)
def test_what_runs_more_than_it_names_reaches_all(tmp_path: Path, pkg: Path, source: str) -> None:
    (tmp_path / "books").mkdir()
    book = notebook(tmp_path / "books" / "n.ipynb", source)
    (book.parent / "helper.py").write_text("", encoding="utf-8")
    (book.parent / "shelf").mkdir()
    assert named(book, "pkg") is None
    assert reached(book, "pkg") == reached_by(None, "pkg") != frozenset()


def test_words_and_harmless_magics_reach_nothing(tmp_path: Path, pkg: Path) -> None:
    source = "%matplotlib inline\n%time 1 + 1\nimport math"
    book = notebook(tmp_path / "n.ipynb", source, "%%prose\nIt is {math.pi}.", "%%time\n1 + 1")
    assert named(book, "pkg") == frozenset()
