"""Putting an edition into `reports/`: whole or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_STAGING = ".staging-"
_OLD = ".old-"
_count = itertools.count()


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` hold exactly `files` (relative name → content).

    All is written and flushed beside it first, then renamed into place. An edition that was
    there is moved aside for the moment between two renames and deleted last; whoever is killed
    in between is put right by the next `recover`. Of two builds of one edition the later wins.
    """
    home = folder.parent
    home.mkdir(parents=True, exist_ok=True)
    staging = home / f"{_STAGING}{folder.name}-{os.getpid()}-{next(_count)}"
    shutil.rmtree(staging, ignore_errors=True)  # of a dead process that had our number
    try:
        _write(staging, files)
        with _alone(home):
            recover(home)
            _swap(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def recover(home: Path) -> None:
    """Undo what killed builds left in a note's folder: put old editions back, drop their scraps."""
    if not home.is_dir():
        return
    for old in sorted(home.glob(f"{_OLD}*")):
        folder = home / old.name.removeprefix(_OLD)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)
    for staging in home.glob(f"{_STAGING}*"):
        if not _is_alive(int(staging.name.rsplit("-", 2)[1])):
            shutil.rmtree(staging, ignore_errors=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write one file so that a reader finds the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}-{os.getpid()}-{next(_count)}")
    try:
        _write_flushed(fresh, content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _write(staging: Path, files: Mapping[str, bytes]) -> None:
    staging.mkdir()
    for name, content in files.items():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_flushed(path, content)
    for inner in [staging, *(path for path in staging.rglob("*") if path.is_dir())]:
        _flush_folder(inner)


def _swap(staging: Path, folder: Path) -> None:
    old = folder.with_name(f"{_OLD}{folder.name}")
    if folder.exists():
        folder.rename(old)
    try:
        staging.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    _flush_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    # The lock is the kernel's, so that it ends with its process however that ends. Windows has
    # none of the kind; there a rename onto a folder in use fails aloud.
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (home / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        return True
    return False
