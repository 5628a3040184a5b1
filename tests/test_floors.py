"""Imports point down only: every import of every module, lazy ones too, against one table."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOOR_0 = {"errors", "note_file", "calendar", "gates", "params"}
# room → rooms it may import, beside itself; `exhibits.mime` alone of exhibits where so written
ALLOWED = {
    "errors": set(),
    "note_file": set(),
    "calendar": {"errors"},
    "gates": {"calendar"},
    "params": {"errors", "note_file", "calendar"},
    "market": FLOOR_0,
    "memory": FLOOR_0,
    "analysis": FLOOR_0 | {"market"},
    "exhibits": FLOOR_0,
    "execution": FLOOR_0,
    "render": FLOOR_0 | {"exhibits.mime"},
    "edition": FLOOR_0 | {"market", "memory", "exhibits.mime", "execution", "render"},
    "terminal": FLOOR_0 | {"edition", "execution"},
    "doctor": FLOOR_0 | {"edition", "execution", "render"},
    "cli": FLOOR_0 | {"edition", "execution", "terminal", "doctor"},
}
HEAVY = {
    "pandas", "numpy", "scipy", "matplotlib", "nbconvert", "papermill", "nbformat", "nbclient",
    "pyarrow", "typst", "IPython", "jupyter_client", "rich",
}  # fmt: skip
LIGHT_ROOMS = {
    "errors", "note_file", "calendar", "gates", "params", "memory", "cli", "terminal", "doctor",
}  # fmt: skip


def modules() -> list[Path]:
    package = Path(__file__).resolve().parents[1] / "src" / "research"
    return sorted(package.rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    parts = parts[len(parts) - parts[::-1].index("research") :]
    return ".".join(part for part in parts if part != "__init__")


def imports(tree: ast.AST, *, lazy: bool = True) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and not lazy:
            continue
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imports(node, lazy=lazy)


def crossings(source: str, room: str) -> list[str]:
    """Imports of `source`, a module of `room`, that its floor does not allow."""
    found = []
    for name in imports(ast.parse(source)):
        parts = name.split(".")
        if parts[0] != "research" or parts[1] == room or parts[1] == "__version__":
            continue
        if not {parts[1], ".".join(parts[1:3])} & ALLOWED[room]:
            found.append(name)
    return found


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_point_down_only(path: Path) -> None:
    room = dotted(path).split(".")[0]
    if not room:
        assert not list(imports(ast.parse(path.read_text(encoding="utf-8")), lazy=False))[2:]
        return
    assert room in ALLOWED, f"{path.name} is in no room that the table of floors knows"
    assert crossings(path.read_text(encoding="utf-8"), room) == []


@pytest.mark.parametrize(
    ("room", "source", "caught"),
    [
        ("market", "from research.analysis import risk", ["research.analysis.risk"]),
        ("market", "def f():\n    import research.cli", ["research.cli"]),
        ("analysis", "from research.exhibits.facts import say", ["research.exhibits.facts.say"]),
        ("render", "from research.exhibits.facts import say", ["research.exhibits.facts.say"]),
        ("render", "from research.exhibits.mime import BLOCK", []),
        ("edition", "from research.market.market import Market", []),
        ("edition", "from research import analysis", ["research.analysis"]),
        ("execution", "from research.render import x", ["research.render.x"]),
        ("cli", "from research.edition.plan import plan", []),
    ],
)
def test_the_check_of_floors_sees_what_it_must(room: str, source: str, caught: list[str]) -> None:
    assert crossings(source, room) == caught


def test_the_table_of_floors_has_no_circle() -> None:
    def below(room: str, path: tuple[str, ...] = ()) -> None:
        assert room not in path, f"circle: {' → '.join((*path, room))}"
        for other in ALLOWED[room]:
            below(other.split(".")[0], (*path, room))

    for room in ALLOWED:
        below(room)


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_the_lowest_and_the_highest_floor_import_nothing_heavy_at_the_start(path: Path) -> None:
    if dotted(path).split(".")[0] in LIGHT_ROOMS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        heavy = {name.split(".")[0] for name in imports(tree, lazy=False)} & HEAVY
        assert heavy == set()


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, research.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & (HEAVY | {"pydantic", "yaml"})
