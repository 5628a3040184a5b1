"""Which file a note is meant by, found without reading any: a path, or a name."""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT = "RESEARCH_PARAMS"


def find_note(note: str | Path) -> Path:
    """The file of `note`, which need not exist.

    A name is the file of RESEARCH_PARAMS, or else `params/<name>.yaml` in the working directory or
    the nearest folder above it.
    """
    text = str(note)
    if isinstance(note, Path) or text.endswith((".yaml", ".yml")) or "/" in text or os.sep in text:
        return Path(note)
    given = os.environ.get(ENVIRONMENT)
    if given:
        return Path(given)
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / "params" / f"{text}.yaml"
        if path.is_file():
            return path
    return Path("params") / f"{text}.yaml"
