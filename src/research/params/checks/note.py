"""Sections of the note, its source, and what is computed ahead of its notebooks."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path
from typing import Any

from research.errors import Fault
from research.params.checks.common import repeated
from research.params.sentences import show
from research.params.where import Tree, spelling

_WITH_A_PATH = ("files:", "store:")


def check_note(note: Tree) -> list[Fault]:
    """Sections have ids of their own; the source and the functions named are ones there are."""
    faults = list(repeated(note, "sections"))
    source = note.at("source")
    forms = ("sample", "store")
    if isinstance(source, str) and source not in forms and not source.startswith(_WITH_A_PATH):
        near = spelling(source, ["sample", "store", "files:"])
        problem = (
            f'found {show(source)}, expected "sample", "store", or "files:" and the path of a '
            "catalogue."
        )
        faults.append(note.fault(("source",), problem, near if near.startswith("Did") else ""))
    for place, name in enumerate(note.at("ahead") or ()):
        known = _functions_beside(name)
        if known is not None and name not in known:
            problem = f"found {show(name)}, which is no function of this package."
            faults.append(note.fault(("ahead", place), problem, spelling(name, known)))
    return faults


def _functions_beside(name: Any) -> list[str] | None:
    """The functions of the module that `name` names, all modules' where there is none."""
    if not isinstance(name, str) or ":" not in name:
        return None  # its form is told as a fault of its own
    module = name.partition(":")[0]
    root = Path(str(files("research")))
    # Read and not imported, for that would load all that the module computes with.
    paths = [root.parent / f"{module.replace('.', '/')}.py"]
    if not paths[0].is_file():
        paths = sorted((root / module.split(".")[1]).glob("*.py")) if "." in module else []
    found = []
    for path in paths:
        dotted = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        body = ast.parse(path.read_text(encoding="utf-8")).body
        found += [f"{dotted}:{one.name}" for one in body if isinstance(one, ast.FunctionDef)]
    return found
