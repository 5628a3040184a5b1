"""The source of an edition, as it is written into it: without a path of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from research.params.models import Params


def source_of(params: Params, given: str = "") -> str:
    """The source that was `given`, or the note's, seen from the folder of the note's file."""
    source, folder = given or params.note.source, Path(params.path).resolve().parent
    kind, _, path = source.partition(":")
    if kind not in ("files", "store") or not Path(path).is_absolute():
        return source
    try:
        return f"{kind}:{Path(os.path.relpath(path, folder)).as_posix()}"
    except ValueError:  # another drive of Windows: there is no way from here to there
        return source
