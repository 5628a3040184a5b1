"""An executed notebook without the traces of its run: same results, same bytes."""

from __future__ import annotations

import copy
import re
from typing import Any

_ERROR_MARKER = "papermill-error-cell-tag"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def normalise(notebook: Any, *, prefix: str) -> Any:
    """A copy of `notebook` that depends on its source, parameters and results alone.

    Gone are papermill's paths and times, execution times, stderr (where warnings go), memory
    addresses in plain text, widget state and the interpreter's version; adjacent pieces of
    stdout, whose split depends on timing, are joined. Sources, tags and outputs are kept. Cell
    ids become `<prefix>-<position>`, so that they are unique among the sections of an edition.
    """
    clean = copy.deepcopy(notebook)
    clean.nbformat, clean.nbformat_minor = 4, 5
    for key in ("papermill", "widgets"):
        clean.metadata.pop(key, None)
    if "language_info" in clean.metadata:
        clean.metadata["language_info"].pop("version", None)
    clean.cells = [
        cell for cell in clean.cells if _ERROR_MARKER not in cell.metadata.get("tags", [])
    ]
    for position, cell in enumerate(clean.cells, start=1):
        cell.id = f"{prefix[:58]}-{position:03d}"
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if cell.cell_type == "code":
            cell.outputs = _clean_outputs(cell.outputs)
    return clean


def _clean_outputs(outputs: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            if kept and kept[-1].output_type == "stream":
                kept[-1].text += output.text
                continue
        elif "data" in output and "text/plain" in output.data:
            output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
        kept.append(output)
    return kept
