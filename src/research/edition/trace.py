"""Where a number in a notebook comes from, read from the cells' source and never by running it."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from research.edition.functions import Function, function

# What shows a number or reads parameters computes none of it.
_NOT_FOLLOWED = ("research.exhibits", "research.params")
_MAGIC = re.compile(r"(?m)^[ \t]*[%!].*$")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One statement on the way: the cell's id, the line in it, and the source."""

    cell: str
    line: int
    source: str


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Statements and functions behind a number, those nearest to it first."""

    steps: tuple[Step, ...] = ()
    functions: tuple[Function, ...] = ()


def trace(cells: Sequence[Any], at: int, said: str = "") -> Trace:
    """What the output of cell `at` of a notebook comes from; of it, the number told as `said`.

    `said` is an expression of a `%%prose` cell, or a name that a template was filled with, as in
    `say("{p:pct0}", p=view.p)`. Where it is neither, the data are followed that the cell draws, or
    else all that it shows: from each name to the assignments that made it, in both branches of an
    `if`, and to the calls of functions imported from `research`.
    """
    known = _Notebook()
    for n, cell in enumerate(cells[: at + 1]):
        if cell["cell_type"] == "code":
            known.read(n, str(cell["id"]), "".join(cell["source"]))
    end = (at, 1 << 30)
    roots = [(one, end) for one in _shown("".join(cells[at]["source"]))]
    alone = [root for root in roots if ast.unparse(root[0]) == said.strip()]
    drawn = [one for root in roots for one in known.drawn(*root)]
    found = Trace()
    for begin in (alone, known.told_as(said, roots), drawn, roots):
        if not found.functions:
            found = _follow(known, begin)
    return found


def _follow(known: _Notebook, roots: Iterable[tuple[ast.expr, Place]]) -> Trace:
    steps: dict[Step, None] = {}
    calls: dict[str, None] = {}
    for node, _, step in known.visit(roots):
        if step:
            steps[step] = None
        if isinstance(node, ast.Call) and (name := known.imported(node.func)):
            calls[name] = None
    wanted = (name for name in calls if not name.startswith(_NOT_FOLLOWED))
    functions = dict.fromkeys(one for one in map(function, wanted) if one)
    return Trace(steps=tuple(steps), functions=tuple(functions))


Place = tuple[int, int]  # number of the cell, line in it


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A statement that makes a name, or (not `whole`) changes what it holds."""

    place: Place
    value: ast.expr
    whole: bool
    step: Step


class _Notebook:
    """What the names of a notebook were made by, in the order of its cells."""

    def __init__(self) -> None:
        self._imports: dict[str, str] = {}
        self._made: dict[str, list[_Made]] = {}
        self._cell: tuple[int, str] = (0, "")

    def read(self, number: int, id: str, source: str) -> None:
        """Take in a cell of code; one of another magic, or that is no Python, makes no name."""
        self._cell = (number, id)
        for statement in _statements(source):
            self._take(statement, whole=True)

    def imported(self, function: ast.expr) -> str:
        """The full name of an imported function of this package, "" for any other."""
        attributes: list[str] = []
        while isinstance(function, ast.Attribute):
            attributes.insert(0, function.attr)
            function = function.value
        home = self._imports.get(function.id, "") if isinstance(function, ast.Name) else ""
        return ".".join([home, *attributes]) if home.startswith("research.") else ""

    def visit(
        self, roots: Iterable[tuple[ast.expr, Place]]
    ) -> Iterator[tuple[ast.AST, Place, Step | None]]:
        """Every part of `roots`, then of what their names were made by, and so on."""
        waiting: deque[tuple[ast.expr, Place, Step | None]] = deque((*one, None) for one in roots)
        seen: set[int] = set()
        while waiting:
            root, place, step = waiting.popleft()
            yield root, place, step
            own = {
                name.id
                for part in ast.walk(root)
                if isinstance(part, ast.comprehension)
                for name in ast.walk(part.target)
                if isinstance(name, ast.Name)
            }
            for part in ast.walk(root):
                if part is not root:
                    yield part, place, None
                if isinstance(part, ast.Name) and part.id not in own:
                    for made in self._last(part.id, place):
                        if id(made) not in seen:
                            seen.add(id(made))
                            waiting.append((made.value, made.place, made.step))

    def told_as(
        self, name: str, roots: Iterable[tuple[ast.expr, Place]]
    ) -> Iterator[tuple[ast.expr, Place]]:
        """The values that are handed on under `name`, as a keyword or in a dictionary."""
        for node, place, _ in self.visit(roots):
            if isinstance(node, ast.Call):
                yield from ((one.value, place) for one in node.keywords if one.arg == name)
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == name:
                        yield value, place

    def drawn(self, root: ast.expr, place: Place) -> Iterator[tuple[ast.expr, Place]]:
        """The data of the chart or table that `root` is: what it is given without a keyword."""
        match root:
            case ast.Name(id=name):
                for made in self._last(name, place):
                    yield from self.drawn(made.value, made.place)
            case ast.Call(func=ast.Name(id="display"), args=args):
                for one in args:
                    yield from self.drawn(one, place)
            case ast.Call(func=called, args=args):
                if self.imported(called).startswith("research.exhibits."):
                    yield from ((one, place) for one in args)

    def _last(self, name: str, before: Place) -> Iterator[_Made]:
        for made in reversed(self._made.get(name, [])):
            if made.place < before:
                yield made
                if made.whole:
                    return

    def _take(self, statement: ast.stmt, *, whole: bool) -> None:
        match statement:
            case ast.ImportFrom(module=str(module), names=names):
                self._imports |= {one.asname or one.name: f"{module}.{one.name}" for one in names}
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, value, statement, whole=whole)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value, statement, whole=whole)
            case ast.AugAssign(target=target, value=value):
                self._bind(target, value, statement, whole=False)
            case ast.For(target=target, iter=value):
                self._bind(target, value, statement, whole=False)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=target)) as value):
                self._bind(target, value, statement, whole=False)
            case ast.If(body=body, orelse=orelse):
                # What both branches make holds nothing of before; the first stands for both.
                both = _names(body) & _names(orelse)
                for inner in (*body, *orelse):
                    self._take(inner, whole=inner in body and _names([inner]) <= both)
                return
        for inner in getattr(statement, "body", []):
            self._take(inner, whole=whole)

    def _bind(self, target: ast.expr, value: ast.expr, statement: ast.stmt, *, whole: bool) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            same = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
            values = value.elts if same and isinstance(value, ast.Tuple) else None
            for n, one in enumerate(target.elts):
                self._bind(one, values[n] if values else value, statement, whole=whole)
            return
        whole = whole and isinstance(target, ast.Name)
        while isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
            target = target.value
        if isinstance(target, ast.Name):
            source = " ".join(ast.unparse(statement).split("\n", 1)[0].split())
            step = Step(cell=self._cell[1], line=statement.lineno, source=source)
            place = (self._cell[0], statement.lineno)
            made = _Made(place=place, value=value, whole=whole, step=step)
            self._made.setdefault(target.id, []).append(made)


def _names(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that these statements, those in inner branches apart, give a new value."""
    made = [target for one in statements if isinstance(one, ast.Assign) for target in one.targets]
    return {name.id for one in made for name in ast.walk(one) if isinstance(name, ast.Name)}


def _statements(source: str) -> list[ast.stmt]:
    if source.lstrip().startswith("%%"):
        return []
    try:
        return ast.parse(_MAGIC.sub("", source)).body
    except SyntaxError:
        return []


def _shown(source: str) -> list[ast.expr]:
    """What a cell shows: the fields of its prose, or its statements that are expressions."""
    if source.startswith("%%prose"):
        return list(_fields(source))
    inner = (part for one in _statements(source) for part in ast.walk(one))
    return [one.value for one in inner if isinstance(one, ast.Expr)]


def _fields(prose: str) -> Iterator[ast.expr]:
    text = prose.replace("{{", "").replace("}}", "")
    depth, start = 0, 0
    for at, char in enumerate(text):
        start = at + 1 if char == "{" and not depth else start
        depth += (char == "{") - (char == "}")
        if char == "}" and not depth:
            inner = text[start:at]
            for written in (inner, inner.rpartition(":")[0]):
                try:
                    yield ast.parse(written.strip(), mode="eval").body
                except SyntaxError:
                    continue
                break
