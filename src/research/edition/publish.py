"""Putting an edition into `reports/`: whole or not at all."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from research.errors import UsageError
from research.execution.folder import is_alive

_STAGING = ".staging-"
_OLD = ".old-"
_count = itertools.count()


def probe(folder: Path) -> None:
    """Make sure, before anything is run, that `folder` can be made in its place and written.

    Raises UsageError naming what is in the way; its parent is made if it was missing.
    """
    home = folder.parent
    fresh = home / f".probe-{os.getpid()}-{next(_count)}"
    with _refusing(home, "nothing was run, for the result could not be written to"):
        if folder.exists() and not folder.is_dir():
            raise FileExistsError(17, "File exists", str(folder))
        home.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(b"")
        finally:
            fresh.unlink(missing_ok=True)


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` hold exactly `files` (relative name → content).

    All is written and flushed beside it first, then renamed into place. An edition that was
    there is moved aside for the moment between two renames and deleted last; whoever is killed
    in between is put right by the next `recover`. Of two builds of one edition the later wins.
    Raises UsageError, with the folder as it was, when it cannot be written.
    """
    home = folder.parent
    staging = home / f"{_STAGING}{folder.name}-{os.getpid()}-{next(_count)}"
    with _refusing(
        home, f"edition {folder.name} was not published, for it could not be written to"
    ):
        home.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staging, ignore_errors=True)  # of a dead process that had our number
        try:
            _write(staging, files)
            with _alone(home):
                _recover(home)
                _swap(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def recover(home: Path) -> None:
    """Undo what killed builds left in a note's folder: put old editions back, drop their scraps."""
    with _refusing(home, "what a killed build has left could not be put right in"):
        if any(home.glob(f"{_OLD}*")) or any(home.glob(f"{_STAGING}*")):
            with _alone(home):
                _recover(home)


def _recover(home: Path) -> None:
    for old in sorted(home.glob(f"{_OLD}*")):
        folder = home / old.name.removeprefix(_OLD)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)
    for staging in home.glob(f"{_STAGING}*-*-*"):
        pid = staging.name.rsplit("-", 2)[1]
        if os.name != "nt" and pid.isdecimal() and not is_alive(int(pid)):
            shutil.rmtree(staging, ignore_errors=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write one file so that a reader finds the old content or the new, never a part.

    Raises UsageError, with the file as it was, when it cannot be written.
    """
    fresh = path.with_name(f".{path.name}-{os.getpid()}-{next(_count)}")
    with _refusing(path.parent, f"{path.name} could not be written to"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_flushed(fresh, content)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


def amend(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace one file by what `change` makes of its content, b"" where it is missing.

    Builds that come at the same time wait for each other. Raises UsageError, with the file as it
    was, when it cannot be written; what `change` raises goes through.
    """
    with _refusing(path.parent, f"{path.name} could not be written to"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.parent):
            before = path.read_bytes() if path.exists() else b""
            after = change(before)
            if after != before:
                replace_file(path, after)


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
def _refusing(folder: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{what} {folder}: {_in_the_way(folder, error)}. Put that right, or name another "
            "folder with --reports."
        ) from error


def _in_the_way(folder: Path, error: OSError) -> str:
    for one in (folder, *folder.parents):
        if os.path.lexists(one) and not one.is_dir():
            return f"{one} is not a folder"
    if isinstance(error, FileExistsError) and error.filename:
        return f"{error.filename} is not a folder"
    there = next(one for one in (folder, *folder.parents) if one.exists())
    told = error.strerror or str(error)
    return told if there == folder else f"nothing can be made in {there} ({told})"


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
