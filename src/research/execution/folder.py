"""The private folder of one run: its sockets, its log, and nothing left of it afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

# A socket's path may have 107 bytes on Linux and 103 on macOS, "/k-ipc-5" included; longer
# temporary folders are common in CI.
_LONGEST = 90
_PREFIX = "rk-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of one run, gone afterwards, whose path is short enough for sockets if any is.

    It carries the number of its process; what processes that were killed have left is removed.
    """
    bases = [Path(tempfile.gettempdir()), Path("/tmp")]
    longest = f"{_PREFIX}1234567-12345678"
    base = next((one for one in bases if is_short(one / longest) and one.is_dir()), bases[0])
    _sweep(base)
    # What a notebook has started may outlive its kernel for a moment and still write here.
    with tempfile.TemporaryDirectory(
        prefix=f"{_PREFIX}{os.getpid()}-", dir=base, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    """The paths of `files` (name → content), written into a private folder of their own."""
    if not files:
        yield {}
        return
    with private_folder() as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        yield {name: str(folder / name) for name in files}


def is_short(path: Path) -> bool:
    """Whether sockets in the folder `path` can be opened."""
    return len(os.fsencode(path)) <= _LONGEST


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs, whosever it is."""
    with suppress(ProcessLookupError):
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        return True
    return False


def _sweep(base: Path) -> None:
    # Windows has neither owners nor a way to ask after a process without disturbing it.
    if os.name == "nt":
        return
    for one in base.glob(f"{_PREFIX}*-*"):
        pid = one.name.removeprefix(_PREFIX).partition("-")[0]
        with suppress(OSError):
            mine = one.lstat().st_uid == os.getuid() and not one.is_symlink()
            if mine and pid.isdecimal() and not is_alive(int(pid)):
                shutil.rmtree(one, ignore_errors=True)
