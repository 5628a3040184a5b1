"""Files that a job needs where its own disk is not at hand: packed once, unpacked once a worker."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from research.execution.folder import private_folder
from research.execution.run import Job
from research.execution.warm import Setup
from research.params.models import Params

_unpacked: dict[str, Path] = {}
_lock = threading.Lock()
_folders = ExitStack()  # the worker's own, until its process ends


@dataclass(frozen=True, kw_only=True)
class Luggage:
    """Files by their path under `root`, the folder here that holds them all.

    `digest` tells one luggage from another: SHA-256 over paths and contents.
    """

    root: Path
    files: Mapping[str, bytes] = field(repr=False)
    digest: str


def pack(paths: Iterable[Path]) -> Luggage:
    """The files at `paths` as they are now; raises OSError for one that cannot be read."""
    found = sorted({Path(os.path.normpath(path)) for path in paths})
    root = Path(os.path.commonpath([path.parent for path in found]))
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    told = (f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in files.items())
    digest = hashlib.sha256("".join(told).encode()).hexdigest()
    return Luggage(root=root, files=files, digest=digest)


def unpacked(digest: str, files: Mapping[str, bytes] | None) -> Path | None:
    """The folder of this process where the luggage of `digest` lies; None when it is not here.

    With `files` it is laid out first, once, in a private folder that goes with the process.
    """
    with _lock:
        if digest not in _unpacked and files is not None:
            folder = _folders.enter_context(private_folder())
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            _unpacked[digest] = folder
        return _unpacked.get(digest)


def moved(value: Any, old: Path, new: Path) -> Any:
    """`value` with the paths of a job, a set-up or parameters under `new` that were under `old`."""
    if isinstance(value, Setup):
        ahead = tuple((name, _all_moved(given, old, new)) for name, given in value.preload)
        return replace(value, preload=ahead)
    if isinstance(value, Job):
        return replace(
            value,
            notebook=Path(_moved(str(value.notebook), old, new)),
            env=_all_moved(value.env, old, new),
            setup=moved(value.setup, old, new),
        )
    if isinstance(value, Params):
        return value.model_copy(update={"path": _moved(value.path, old, new)})
    return value


def _all_moved(given: Mapping[str, Any], old: Path, new: Path) -> dict[str, Any]:
    return {
        name: _moved(one, old, new) if isinstance(one, str) else one for name, one in given.items()
    }


def _moved(path: str, old: Path, new: Path) -> str:
    whole = Path(path)
    return str(new / whole.relative_to(old)) if whole.is_relative_to(old) else path
