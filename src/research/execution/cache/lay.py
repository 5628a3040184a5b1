"""What the code cells of a section put out, laid into its notebook as it reads now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from research.execution.normalise import normalise

_INJECTED = "injected-parameters"


def keep(executed: Any) -> bytes:
    """The code cells of an `executed`, normalised notebook, and its metadata, as bytes."""
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    return json.dumps({"metadata": executed.metadata, "cells": cells}).encode()


def lay(kept: bytes, notebook: Path, *, prefix: str) -> Any:
    """The executed notebook that running `notebook` would give: its words, and the code cells kept.

    The code cells are those it was run with, the one with parameters added where papermill adds it.
    """
    import nbformat

    held = json.loads(kept, object_hook=nbformat.NotebookNode)
    current = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)
    current = nbformat.v4.upgrade(current)
    code = held["cells"]
    added = [cell for cell in code if _is_injected(cell)]
    if any(_is_injected(cell) for cell in current.cells):
        added = []
    code = [cell for cell in code if cell not in added][::-1]
    first = next((n for n, cell in enumerate(current.cells) if "parameters" in _tags(cell)), -1)
    cells = [code.pop() if cell.cell_type == "code" else cell for cell in current.cells]
    current.cells = [*cells[: first + 1], *added, *cells[first + 1 :]]
    current.metadata = held["metadata"]
    return normalise(current, prefix=prefix)


def _is_injected(cell: Any) -> bool:
    return _INJECTED in _tags(cell)


def _tags(cell: Any) -> list[str]:
    return cell.metadata.get("tags", [])
