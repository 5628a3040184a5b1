"""What a zygote is asked for: a kernel, or what a call has given; and what it tells of them."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from research.execution.warm import wire
from research.execution.warm.load import Loaded


@dataclass(frozen=True, kw_only=True)
class Request:
    """A kernel that was asked for: its command line after `ipykernel_launcher`, its surroundings.

    `files` are its stdout, its stderr and the channel to who asked, `zygote` its parent's number.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str | None
    files: tuple[int, int, int]
    zygote: int


def fork(message: Any, files: list[int], loaded: Loaded) -> tuple[int | None, Request]:
    """The child's number, 0 in the child itself, None where none may be forked."""
    out, err, channel = files
    message["env"] = {**loaded.environment, **message["env"]}
    request = Request(**message, files=(out, err, channel), zygote=os.getpid())
    always = loaded.refusal or threads()
    refusal = always or loaded.differs(request.cwd)
    stale = not refusal and loaded.is_stale()
    child = None
    if refusal or stale:
        tell(channel, {"refused": refusal, "stale": stale, "always": bool(always)})
        os.close(channel)
    else:
        child = os.fork()
        if child == 0:
            return 0, request
        tell(channel, {"pid": child})
    os.close(out)
    os.close(err)
    return child, request


def say(channel: int, loaded: Loaded) -> None:
    """Tell what the function that was called here gave, if it is plain; else the channel closes."""
    with socket.socket(fileno=channel) as to, suppress(OSError, TypeError, ValueError):
        if not loaded.refusal:
            wire.send(to, loaded.said)


def bury(pidfd: int, child: int, channel: int | None) -> None:
    _, status = os.waitpid(child, 0)
    if channel is not None:
        tell(channel, {"code": os.waitstatus_to_exitcode(status)})
        os.close(channel)
    os.close(pidfd)


def tell(channel: int, message: dict[str, Any]) -> None:
    with socket.socket(fileno=os.dup(channel)) as to, suppress(OSError):  # who asked may be gone
        to.send(wire.encode(message), socket.MSG_NOSIGNAL)


def threads() -> str:
    """Why a fork would not be safe, "" where it is."""
    running = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if running > 1 or threading.active_count() > 1:
        return f"{running} threads run in the zygote, so that a fork would not copy all."
    return ""
