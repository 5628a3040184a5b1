"""Where a process on standby listens: one socket for each interpreter, package and surroundings."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from research.execution.folder import is_short
from research.execution.warm.setup import read_at_start
from research.execution.warm.zygotes import can_fork

_FOLDER = "research-standby"


def socket_path() -> Path | None:
    """Where it listens that could stand in for this process; None where there can be none.

    Whose interpreter, path, package or variables read at start are others is found elsewhere. The
    folder is this user's and nobody else's; one that others could write to is none.
    """
    if not can_fork():
        return None
    told = [
        sys.executable, sys.version, str(sys.flags), sys.path, __file__, os.getuid(),
        sorted(read_at_start(os.environ).items()),
    ]  # fmt: skip
    name = f"{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]}.sock"
    folder = _folder()
    if folder is None or not is_short(folder / name):
        return None
    return folder / name


def is_mine(connection: socket.socket) -> bool:
    """Whether the process at the other end is of this user."""
    size = struct.calcsize("3i")
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return struct.unpack("3i", told)[1] == os.getuid()


def _folder() -> Path | None:
    """A folder that only this user can look into, made if need be."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere")
    if runtime.is_dir():
        folder = runtime / _FOLDER
    else:
        folder = Path(tempfile.gettempdir()) / f"{_FOLDER}-{os.getuid()}"
    with suppress(FileExistsError):
        try:
            folder.mkdir(mode=0o700)
        except (FileNotFoundError, PermissionError):
            return None
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return folder if private and found.st_uid == os.getuid() else None
