"""The functions of this package as their source tells of them, found without importing them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of this package by its full name, and the first sentence of its docstring."""

    name: str
    about: str


@cache
def function(name: str) -> Function | None:
    """The function called `research.market.Market.open`, named by where it is defined.

    None for a name that is no function or class of the package.
    """
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        file = _PACKAGE.joinpath(*parts[1:end])
        file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
        if file.is_file():
            return _defined(file, parts[:end], parts[end:])
    return None


def _defined(file: Path, home: list[str], names: list[str]) -> Function | None:
    found: ast.AST = ast.parse(file.read_text(encoding="utf-8"))
    for n, name in enumerate(names):
        for one in ast.iter_child_nodes(found):
            if isinstance(one, ast.ImportFrom) and n == 0:
                for alias in one.names:
                    if name == (alias.asname or alias.name):
                        return function(".".join([str(one.module), alias.name, *names[1:]]))
            elif isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == name:
                found = one
                break
        else:
            return None
    if not isinstance(found, ast.FunctionDef | ast.ClassDef):
        return None
    about = " ".join((ast.get_docstring(found) or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.!?])\s", about, maxsplit=1)[0]
    return Function(name=".".join([*home, *names]), about=sentence)
