"""The helper process that imports what kernels need, once, and forks one for each request.

It runs no cell and starts no thread, so that nothing can cross from one notebook to another and a
fork copies all that there is. It ends, and its kernels with it, as soon as its parent has.
"""

from __future__ import annotations

import gc
import os
import select
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from research.execution.warm import wire
from research.execution.warm.load import Loaded, load


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


def main(control: int, parent: int, setup: str) -> None:
    """Serve on the socket `control` until the process `parent` has gone; then end.

    In each forked child it is a kernel that runs instead, to the end of the process.
    """
    # `-c` has put the working folder first in the path, which a kernel does not.
    del sys.path[0]
    try:
        watch = os.pidfd_open(parent)
    except ProcessLookupError:
        return
    if os.getppid() != parent:
        return
    request = _serve(socket.socket(fileno=control), watch, setup)
    if request is not None:
        from research.execution.warm.kernel import run_kernel

        run_kernel(request)


def _serve(control: socket.socket, parent: int, setup: str) -> Request | None:
    loaded = load(setup)
    gc.collect()
    gc.freeze()  # the collector of a child would else write to, and so copy, every page
    watched = select.poll()  # unlike epoll it is no file that children would have to close
    for one in (control.fileno(), parent):
        watched.register(one, select.POLLIN)
    kernels: dict[int, tuple[int, int]] = {}
    asked = True
    while asked or kernels:
        for ready, _ in watched.poll():
            if ready == parent:
                return None
            if ready in kernels:
                watched.unregister(ready)
                _bury(ready, *kernels.pop(ready))
                continue
            heard = wire.receive(control)
            if heard is None:  # there will be no more requests, but kernels still run
                watched.unregister(control.fileno())
                asked = False
                continue
            message, files = heard
            message["env"] = {**loaded.environment, **message["env"]}
            request = Request(**message, files=(files[0], files[1], files[2]), zygote=os.getpid())
            child = _fork(request, loaded)
            if child == 0:
                control.detach()
                return request
            if child is not None:
                pidfd = os.pidfd_open(child)
                watched.register(pidfd, select.POLLIN)
                kernels[pidfd] = (child, files[2])
    return None


def _fork(request: Request, loaded: Loaded) -> int | None:
    """The child's number, 0 in the child itself, None where none may be forked."""
    out, err, channel = request.files
    always = loaded.refusal or _threads()
    refusal = always or loaded.differs(request.cwd)
    stale = not refusal and loaded.is_stale()
    child = None
    if refusal or stale:
        _tell(channel, {"refused": refusal, "stale": stale, "always": bool(always)})
        os.close(channel)
    else:
        child = os.fork()
        if child == 0:
            return 0
        _tell(channel, {"pid": child})
    os.close(out)
    os.close(err)
    return child


def _bury(pidfd: int, child: int, channel: int) -> None:
    _, status = os.waitpid(child, 0)
    _tell(channel, {"code": os.waitstatus_to_exitcode(status)})
    os.close(channel)
    os.close(pidfd)


def _tell(channel: int, message: dict[str, Any]) -> None:
    with socket.socket(fileno=os.dup(channel)) as to, suppress(OSError):  # who asked may be gone
        to.send(wire.encode(message), socket.MSG_NOSIGNAL)


def _threads() -> str:
    """Why a fork would not be safe, "" where it is."""
    running = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if running > 1 or threading.active_count() > 1:
        return f"{running} threads run in the zygote, so that a fork would not copy all."
    return ""
