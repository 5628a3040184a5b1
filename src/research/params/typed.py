"""The words of a note's notebooks, held against the rule that every figure in them is computed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from research.errors import Fault, ResearchError
from research.params.figures import Figure, figures_in
from research.params.models import Params

# Keywords and keys whose text a reader sees, wherever they are given, and those that choose how
# something is drawn and are not printed.
_HEADINGS = frozenset({"title", "unit", "note", "reason", "header"})
_SILENT = frozenset({"id", "fmt", "stat_fmts", "width"})
_MAGIC = re.compile(r"(?m)^[ \t]*[%!].*$")


class FiguresError(ResearchError):
    """Every figure that was typed by hand in the notebooks of a note."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        told = "1 figure is" if len(faults) == 1 else f"{len(faults)} figures are"
        listed = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"{told} typed by hand in the notebooks, and no reader could tell where from.\n"
            f"{listed}\nA figure that belongs to a name, such as S&P 500, is listed with it under "
            "`names` of the note's file."
        )


def check_figures(params: Params) -> None:
    """Raise FiguresError when a notebook of the note has a figure that is not computed.

    Looked at are cells of Markdown, cells of `%%prose` outside their expressions, and in code the
    strings that a reader sees: what exhibits and sentences are made from, and texts given as
    title, unit, note, reason or header. The note's own `names` may hold figures.
    """
    folder = Path(params.path).parent
    notebooks = dict.fromkeys(section.notebook for section in params.note.sections)
    faults = [one for name in notebooks for one in typed_in(folder / name, params.note.names)]
    if faults:
        raise FiguresError(faults)


def typed_in(notebook: Path, names: Iterable[str] = ()) -> list[Fault]:
    """Each figure typed by hand in one notebook, in the order of its cells."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    strings, known = _strings(cells), tuple(names)
    faults = []
    for cell in cells:
        source = "".join(cell["source"])
        texts = strings.get(cell["id"], [])
        if cell["cell_type"] == "markdown":
            texts = [(1, source)]
        elif source.startswith("%%prose"):
            texts = [(2, source.partition("\n")[2])]
        for line, text in texts:
            faults += [
                Fault(
                    file=notebook.name,
                    line=one.line,
                    key=f"cell {cell['id']}",
                    problem=f"{one.text} is typed by hand.",
                    hint=_hint(cell["cell_type"], source, one),
                )
                for one in figures_in(text, names=known, first=line)
            ]
    return faults


def _hint(kind: str, source: str, one: Figure) -> str:
    field = f"{{expression:{one.format}}}"
    if kind == "markdown":
        return f"Make it a cell of %%prose and write {field}."
    if source.startswith("%%prose"):
        return f"Write {field}."
    return f'Write say("… {{x:{one.format}}} …", x=expression).'


def _strings(cells: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, str]]]:
    """By cell of code, the strings that readers see and the lines they begin in."""
    trees = {
        cell["id"]: _tree("".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", [])
    }
    tellers = {
        alias.asname or alias.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("research.exhibits")
        for alias in node.names
    }
    made: dict[str, list[tuple[str, ast.expr]]] = {}
    waiting: list[tuple[str, ast.expr]] = []
    for id_, tree in trees.items():
        for node in ast.walk(tree):
            waiting += [(id_, one) for one in _seen(node, tellers)]
            for name, value in _made(node):
                made.setdefault(name, []).append((id_, value))
    told = [name for cell in cells for name in _told("".join(cell["source"]))]
    waiting += [one for name in told for one in made.get(name, [])]
    found: dict[str, dict[tuple[int, int], str]] = {}
    followed: set[str] = set()
    while waiting:
        id_, value = waiting.pop()
        for part in _words(value, tellers):
            if isinstance(part, ast.Constant):
                found.setdefault(id_, {})[part.lineno, part.col_offset] = str(part.value)
            elif isinstance(part, ast.Name) and part.id not in followed:
                followed.add(part.id)
                waiting += made.get(part.id, [])
    return {
        id_: [(line, text) for (line, _), text in sorted(texts.items())]
        for id_, texts in found.items()
    }


def _told(source: str) -> Iterator[str]:
    """Names that a cell of prose tells whole."""
    for inner in re.findall(r"\{([^{}]*)\}", source if source.startswith("%%prose") else ""):
        for statement in _tree(f"({inner})").body:
            if isinstance(statement, ast.Expr):
                parts = _words(statement.value, set())
                yield from (part.id for part in parts if isinstance(part, ast.Name))


def _tree(source: str) -> ast.Module:
    """A cell as Python; one of a magic, or that is none, says nothing here."""
    try:
        return ast.parse("" if source.startswith("%%") else _MAGIC.sub("", source))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _seen(node: ast.AST, tellers: set[str]) -> Iterator[ast.expr]:
    """What of `node` is given to a reader."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in tellers:
            yield node
        case ast.keyword(arg=str(name), value=value) if name in _HEADINGS:
            yield value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _HEADINGS:
                    yield value
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=name))], value=value):
            if name in _HEADINGS:
                yield value


def _made(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement gives a value, or adds one to."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Name):
                    yield name.id, value
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
            yield name, value


def _words(value: ast.expr | None, tellers: set[str]) -> Iterator[ast.Constant | ast.Name]:
    """The strings in an expression that come out of it, and the names that may hold some."""
    inner: Iterable[ast.expr | None] = ()
    match value:
        case ast.Constant(value=str()) | ast.Name():
            yield value
        case ast.List(elts=inner) | ast.Tuple(elts=inner) | ast.JoinedStr(values=inner):
            pass
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            inner = [one for key, one in pairs if getattr(key, "value", "") not in _SILENT]
        case ast.IfExp(body=body, orelse=orelse):
            inner = [body, orelse]
        case ast.BinOp(left=left, right=right):
            inner = [left, right]
        case ast.ListComp(elt=one) | ast.GeneratorExp(elt=one) | ast.DictComp(value=one):
            inner = [one]
        case ast.Subscript(value=one) | ast.Starred(value=one):
            inner = [one]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in tellers:
            inner = [*args, *(one.value for one in keywords if one.arg not in _SILENT)]
        case ast.Call(func=ast.Attribute(value=ast.Constant() as joint), args=args):
            inner = [joint, *args]
        case ast.Call(func=ast.Attribute(value=one)):
            inner = [one]
    for part in inner:
        yield from _words(part, tellers)
