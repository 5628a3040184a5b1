"""A notebook's `parameters` cell, read without running it."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from research.errors import Fault, ParamsError
from research.params.where import spelling


def read_parameters(notebook: str | Path) -> dict[str, Parameter]:
    """The parameters of a notebook, in the order of its cell tagged `parameters`.

    Nothing is run: annotations and defaults are read from the source; a comment at the end of
    the line, or on the lines above, is the parameter's help.
    Raises ParamsError when there is no such notebook or cell, or the cell holds anything else.
    """
    path = Path(notebook)
    source = _cell_source(path)
    try:
        module = ast.parse(source)
    except SyntaxError as error:
        raise _refuse(
            path, f"line {error.lineno} of its parameters cell is not Python: {error.msg}."
        ) from None
    comments = _comments(source)
    found: dict[str, Parameter] = {}
    for statement in module.body:
        parameter = _parameter(path, statement, comments)
        if parameter.name in found:
            raise _refuse(path, f"its parameters cell names `{parameter.name}` twice.")
        found[parameter.name] = parameter
    return found


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""The default of a parameter that has none, and so must be given."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One name of a `parameters` cell: its type as written, default, and comment as help."""

    name: str
    type: str | None
    default: Any = MISSING
    help: str = ""


def _cell_source(path: Path) -> str:
    if not path.is_file():
        near = spelling(path.name, sorted(one.name for one in path.parent.glob("*.ipynb")))
        raise _refuse(path, "does not exist.", near)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [one for one in cells if "parameters" in one.get("metadata", {}).get("tags", [])]
        sources = ["".join(one["source"]) for one in tagged]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _refuse(path, "is not a readable notebook.") from None
    if len(sources) != 1:
        count = "no cell" if not sources else f"{len(sources)} cells"
        raise _refuse(path, f"has {count} tagged `parameters`, expected one.")
    return sources[0]


def _parameter(path: Path, statement: ast.stmt, comments: dict[int, tuple[str, bool]]) -> Parameter:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            kind: str | None = ast.unparse(annotation).replace("'", '"')
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            kind = None
        case _:
            raise _refuse(
                path,
                f"line {statement.lineno} of its parameters cell is no parameter; "
                "expected lines such as `weeks: int = 26`.",
            )
    default: Any = MISSING
    if value is not None:
        try:
            default = ast.literal_eval(value)
        except ValueError:
            raise _refuse(
                path,
                f"parameter `{name}` has `{ast.unparse(value)}` as default; "
                "expected a plain value such as 26 or a text in quotes.",
            ) from None
    return Parameter(name=name, type=kind, default=default, help=_help(statement, comments))


def _help(statement: ast.stmt, comments: dict[int, tuple[str, bool]]) -> str:
    last = statement.end_lineno or statement.lineno
    if last in comments:
        return comments[last][0]
    lines: list[str] = []
    above = statement.lineno - 1
    while above in comments and comments[above][1]:
        lines.insert(0, comments[above][0])
        above -= 1
    return " ".join(lines)


def _comments(source: str) -> dict[int, tuple[str, bool]]:
    """Line → text of its comment, and whether the comment is all there is on the line."""
    return {
        token.start[0]: (
            token.string.lstrip("# ").rstrip(),
            not token.line[: token.start[1]].strip(),
        )
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }


def _refuse(path: Path, problem: str, hint: str = "") -> ParamsError:
    return ParamsError([Fault(file=path.name, line=None, key="", problem=problem, hint=hint)])
