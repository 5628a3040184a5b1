"""Handing this command over to the process on standby, if there is one that fits."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from research.execution.standby.place import is_mine, socket_path
from research.execution.warm import wire

_ANSWER_WITHIN_S = 2.0

_line: socket.socket | None = None  # to the process on standby, where this was forked from it


def hand_over(arguments: Sequence[str]) -> int | None:
    """Have `research` with these `arguments` run, with our files, folder and environment.

    Gives its exit code; None when nobody did it, and this process has to. It ends with us, however
    we end, and Ctrl-C is handed on.
    """
    path = None if _line or not _has_plain_files() else socket_path()
    if path is None or not path.exists():
        return None
    # A Ctrl-C waits until it is known to whom it belongs.
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with socket.socket(socket.AF_UNIX) as to:
            pid = _ask(to, path, arguments)
            if pid is None:
                return None
            with _handing_on(pid):
                signal.pthread_sigmask(signal.SIG_SETMASK, masked)
                code = _hear(to).get("code")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)
    return None if code is None else code if code >= 0 else 128 - code


def now_inside(line: socket.socket) -> None:
    """Note that this process is forked from one on standby, which hands nothing on."""
    global _line
    _line = line


def make_ready(*, ahead: Sequence[Any], made_of: str, rehearse: Any) -> None:
    """Have the process on standby make ready for a command like this one; nothing without one.

    It has the functions `ahead` called for kernels, anew where `made_of` is another than before,
    and the next command's process rehearse `rehearse`. All are plain values.
    """
    if _line is not None:
        with suppress(OSError):
            wire.send(_line, {"ahead": ahead, "made_of": made_of, "rehearse": rehearse})


def _ask(to: socket.socket, path: Path, arguments: Sequence[str]) -> int | None:
    """The number of the process that runs the command, None when there is none."""
    to.settimeout(_ANSWER_WITHIN_S)  # one that was stopped by Ctrl-Z says nothing
    try:
        to.connect(str(path))
        if not is_mine(to):
            return None
        wire.send(to, _errand(arguments), (0, 1, 2))
        answer = _hear(to)
    except OSError:
        return None
    to.settimeout(None)
    return answer.get("pid")


def _errand(arguments: Sequence[str]) -> dict[str, Any]:
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "argv": list(arguments),
        "env": dict(os.environ),
        "cwd": str(Path.cwd()),
        "umask": mask,
    }


def _hear(source: socket.socket) -> dict[str, Any]:
    """What it says; nothing when it has gone."""
    heard = wire.receive(source)
    return heard[0] if heard else {}


@contextmanager
def _handing_on(pid: int) -> Iterator[None]:
    def hand_on(number: int, _frame: object) -> None:
        with suppress(OSError):
            os.kill(pid, number)

    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, hand_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _has_plain_files() -> bool:
    """Whether what is read and printed goes by the three files that can be handed on."""
    try:
        return [one.fileno() for one in (sys.stdin, sys.stdout, sys.stderr)] == [0, 1, 2]
    except (AttributeError, OSError, ValueError):
        return False
