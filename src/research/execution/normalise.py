"""An executed notebook without the traces of its run: same results, same bytes."""

from __future__ import annotations

import re
from typing import Any

_ERROR_MARKER = "papermill-error-cell-tag"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def normalise(notebook: Any, *, prefix: str) -> Any:
    """`notebook` as it depends on its source, parameters and results alone.

    What was given stays as it is; what is not changed of it is shared, not copied.

    Gone are papermill's paths and times, execution times, stderr (where warnings go), memory
    addresses in plain text, widget state and the interpreter's version; adjacent pieces of
    stdout, whose split depends on timing, are joined. Sources, tags and outputs are kept. Cell
    ids become `<prefix>-<position>`, so that they are unique among the sections of an edition.
    """
    clean = _shallow(notebook)
    clean.metadata = _shallow(notebook.metadata)
    clean.nbformat, clean.nbformat_minor = 4, 5
    for key in ("papermill", "widgets"):
        clean.metadata.pop(key, None)
    if "language_info" in clean.metadata:
        clean.metadata["language_info"] = _shallow(clean.metadata["language_info"])
        clean.metadata["language_info"].pop("version", None)
    cells = [cell for cell in notebook.cells if _ERROR_MARKER not in cell.metadata.get("tags", [])]
    clean.cells = [
        _clean_cell(cell, f"{prefix[:58]}-{position:03d}")
        for position, cell in enumerate(cells, start=1)
    ]
    return clean


def _clean_cell(cell: Any, name: str) -> Any:
    clean = _shallow(cell)
    clean.id = name
    clean.metadata = _shallow(cell.metadata)
    for key in ("papermill", "execution"):
        clean.metadata.pop(key, None)
    if not clean.metadata.get("tags", True):
        del clean.metadata["tags"]
    if clean.cell_type == "code":
        clean.outputs = _clean_outputs(cell.outputs)
    return clean


def _clean_outputs(outputs: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for given in outputs:
        output = _shallow(given)
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
                continue
        elif "data" in output and "text/plain" in output.data:
            output.data = _shallow(output.data)
            output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
        kept.append(output)
    return kept


def _shallow(node: Any) -> Any:
    return type(node)(node)
