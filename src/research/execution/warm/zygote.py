"""The helper process that imports what kernels need, once, and forks one for each request.

It runs no cell and starts no thread, so that nothing can cross from one notebook to another and a
fork copies all that there is. It ends, and its kernels with it, as soon as its parent has.
"""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from research.execution.warm import wire
from research.execution.warm.life import die_with
from research.execution.warm.load import Loaded, call, load

# As many days as a back-fill has under way: two more than there are cores.
_MOST_AHEAD = (os.cpu_count() or 1) + 2


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


def main(control: int, parent: int, modules: str) -> None:
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
    request = _Server(socket.socket(fileno=control), watch).serve(load(json.loads(modules)))
    if request is not None:
        from research.execution.warm.kernel import run_kernel

        run_kernel(request)


class _Server:
    """Hears requests on `control`, and of the end of `parent` (a pidfd).

    What a request wants called ahead is called in a zygote of its own, forked from this one and
    served likewise, one call after another: kernels that want only the first of two calls are
    forked while the second goes on, and nothing of it reaches them. What was `called` before is not
    called again.
    """

    def __init__(self, control: socket.socket, parent: int, *, called: Sequence[Any] = ()) -> None:
        self.control = control
        self.parent = parent
        self.called = called  # here, and in those that this one was forked from
        self.children: dict[int, tuple[int, int | None]] = {}  # pidfd → number, channel
        self.ahead: dict[str, socket.socket] = {}  # what was called ahead → control

    def serve(self, loaded: Loaded) -> Request | None:
        """Fork until there is nobody left to fork for; gives, in a child, what it has to run."""
        # The collector of a child would else write to, and so copy, every page. What is garbage by
        # now stays, for to look for it takes a twentieth of a second in each of three in a row.
        gc.freeze()
        watched = select.poll()  # unlike epoll it is no file that children would have to close
        for one in (self.control.fileno(), self.parent):
            watched.register(one, select.POLLIN)
        asked = True
        while asked or self.children:
            for ready, _ in watched.poll():
                if ready == self.parent:
                    return None
                if ready in self.children:
                    watched.unregister(ready)
                    _bury(ready, *self.children.pop(ready))
                    continue
                heard = wire.receive(self.control)
                if heard is None:  # there will be no more requests, but kernels still run
                    watched.unregister(self.control.fileno())
                    asked = False
                    self._retire(keep=0)
                    continue
                message, files = heard
                if gone := message.pop("forget", None):
                    self._forget(gone)
                    continue
                ahead = [one for one in message.pop("ahead") if one not in self.called]
                if ahead:
                    first, rest = ahead[0], ahead[1:]
                    helper = self._helper(first, loaded, watched)
                    if helper is not None:
                        for one in files:  # they come again, with the request passed on
                            os.close(one)
                        return helper.serve(call(loaded, [first]))
                    self._pass_on(first, {**message, "ahead": rest}, files)
                elif message.pop("branch", False):
                    branch = self._branch(files, loaded, watched)
                    if branch is not None:
                        return branch.serve(loaded)
                elif message.get("tell"):
                    _say(files[0], loaded)
                elif message:
                    child, request = _fork(message, files, loaded)
                    if child == 0:
                        self._detach()
                        return request
                    if child is not None:
                        self._watch(child, files[2], watched)
        return None

    def _helper(self, first: Any, loaded: Loaded, watched: Any) -> _Server | None:
        """Make sure there is a zygote that has called `first`; in it, gives its server."""
        name = json.dumps(first, sort_keys=True)
        if name in self.ahead:
            self.ahead[name] = self.ahead.pop(name)  # the last one used
            return None
        if loaded.refusal or _threads():
            return None
        mine, theirs = socket.socketpair()
        zygote = os.getpid()
        child = os.fork()
        if child == 0:
            die_with(zygote)
            mine.close()
            self._leave()
            return _Server(theirs, self.parent, called=(*self.called, first))
        theirs.close()
        self.ahead[name] = mine
        self._watch(child, None, watched)
        self._retire(keep=_MOST_AHEAD)
        return None

    def _branch(self, files: list[int], loaded: Loaded, watched: Any) -> _Server | None:
        """A zygote like this one for another process; in it, gives its server.

        `files` are its control and the pidfd of that process.
        """
        zygote = os.getpid()
        refused = loaded.refusal or _threads()
        child = -1 if refused else os.fork()
        if child == 0:
            die_with(zygote)
            os.close(self.parent)
            self._leave()
            return _Server(socket.socket(fileno=files[0]), files[1], called=self.called)
        for one in files:  # a control that closes says that there is none
            os.close(one)
        if not refused:
            self._watch(child, None, watched)
        return None

    def _forget(self, ahead: Sequence[Any]) -> None:
        """Let the zygote that has made the first of these calls end with its last kernel."""
        helper = self.ahead.pop(json.dumps(ahead[0], sort_keys=True), None)
        if helper is not None:
            helper.close()

    def _leave(self) -> None:
        """In a zygote forked from this one: close what is the other's."""
        for pidfd, (_, channel) in self.children.items():
            os.close(pidfd)
            if channel is not None:
                os.close(channel)
        for one in (self.control, *self.ahead.values()):
            one.close()

    def _pass_on(self, first: Any, message: Any, files: list[int]) -> None:
        """Have the zygote that has called `first` go on; a channel that closes says it cannot."""
        helper = self.ahead.get(json.dumps(first, sort_keys=True))
        if helper is not None:
            with suppress(OSError):
                wire.send(helper, message, files)
        for one in files:
            os.close(one)

    def _watch(self, child: int, channel: int | None, watched: Any) -> None:
        pidfd = os.pidfd_open(child)
        watched.register(pidfd, select.POLLIN)
        self.children[pidfd] = (child, channel)

    def _retire(self, *, keep: int) -> None:
        """Let those used longest ago end with their last kernel."""
        for name in [*self.ahead][: len(self.ahead) - keep]:
            self.ahead.pop(name).close()

    def _detach(self) -> None:
        # A kernel closes all files by number; these objects must not close others in their place.
        for one in (self.control, *self.ahead.values()):
            one.detach()


def _fork(message: Any, files: list[int], loaded: Loaded) -> tuple[int | None, Request]:
    """The child's number, 0 in the child itself, None where none may be forked."""
    out, err, channel = files
    message["env"] = {**loaded.environment, **message["env"]}
    request = Request(**message, files=(out, err, channel), zygote=os.getpid())
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
            return 0, request
        _tell(channel, {"pid": child})
    os.close(out)
    os.close(err)
    return child, request


def _say(channel: int, loaded: Loaded) -> None:
    """Tell what the function that was called here gave, if it is plain; else the channel closes."""
    with socket.socket(fileno=channel) as to, suppress(OSError, TypeError, ValueError):
        if not loaded.refusal:
            wire.send(to, loaded.said)


def _bury(pidfd: int, child: int, channel: int | None) -> None:
    _, status = os.waitpid(child, 0)
    if channel is not None:
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
