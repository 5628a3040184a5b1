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
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from research.execution.warm import wire
from research.execution.warm.aside import Aside, can_begin, name_of
from research.execution.warm.life import die_with
from research.execution.warm.load import Given, Loaded, call, load
from research.execution.warm.request import Request, bury, fork, say, threads

# As many days as a back-fill has under way: two more than there are cores.
_MOST_AHEAD = (os.cpu_count() or 1) + 2


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
    server = _Server(socket.socket(fileno=control), watch)
    request = server.serve(load(json.loads(modules), server.overhear))
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
        self.heard: deque[tuple[Any, list[int]]] = deque()  # before all was imported
        self.aside: Aside | None = None

    def overhear(self) -> Iterator[int]:
        """Hear, while modules are imported, what is asked for, and begin what can be begun aside.

        Gives the files that are open for it.
        """
        waiting = select.poll()
        waiting.register(self.control, select.POLLIN)
        while waiting.poll(0):
            heard = wire.receive(self.control)
            if heard is None:  # as it will be heard again
                break
            self.heard.append(heard)
            yield from heard[1]
        for first in (one for message, _ in self.heard for one in message.get("ahead", ())[:1]):
            if self.aside is None and can_begin(first[0]) and not threads():
                with suppress(OSError):  # without it the call is made later
                    self.aside = Aside(first)
                    yield self.aside.source

    def serve(self, loaded: Loaded) -> Request | None:
        """Fork until there is nobody left to fork for; gives, in a child, what it has to run."""
        # The collector of a child would else write to, and so copy, every page. What is garbage by
        # now stays, for to look for it takes a twentieth of a second in each of three in a row.
        gc.freeze()
        watched = select.poll()  # unlike epoll it is no file that children would have to close
        for one in (self.control.fileno(), self.parent):
            watched.register(one, select.POLLIN)
        if self.aside:
            self._watch(self.aside.pid, None, watched)
            if loaded.refusal or threads():
                self._drop_aside()
        asked = True
        while asked or self.children:
            for ready, _ in [(self.control.fileno(), 0)] if self.heard else watched.poll():
                if ready == self.parent:
                    return None
                if ready in self.children:
                    watched.unregister(ready)
                    bury(ready, *self.children.pop(ready))
                    continue
                heard = self.heard.popleft() if self.heard else wire.receive(self.control)
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
                        called = call(loaded, first, self._given(first))
                        self._drop_aside()
                        return helper.serve(called)
                    self._pass_on(first, {**message, "ahead": rest}, files)
                elif message.pop("branch", False):
                    branch = self._branch(files, loaded, watched)
                    if branch is not None:
                        return branch.serve(loaded)
                elif message.get("tell"):
                    say(files[0], loaded)
                elif message:
                    child, request = fork(message, files, loaded)
                    if child == 0:
                        self._detach()
                        return request
                    if child is not None:
                        self._watch(child, files[2], watched)
        return None

    def _helper(self, first: Any, loaded: Loaded, watched: Any) -> _Server | None:
        """Make sure there is a zygote that has called `first`; in it, gives its server."""
        name = name_of(first)
        if name in self.ahead:
            self.ahead[name] = self.ahead.pop(name)  # the last one used
            return None
        if loaded.refusal or threads():
            return None
        mine, theirs = socket.socketpair()
        zygote = os.getpid()
        child = os.fork()
        if child == 0:
            die_with(zygote)
            mine.close()
            self._leave(name)
            return _Server(theirs, self.parent, called=(*self.called, first))
        theirs.close()
        self.ahead[name] = mine
        self._watch(child, None, watched)
        self._retire(keep=_MOST_AHEAD)
        if self.aside and self.aside.name == name:
            self._drop_aside()
        return None

    def _given(self, first: Any) -> Callable[[], Given | None]:
        """What waits for what was begun aside, in the zygote that was forked to make this call."""
        if self.aside and self.aside.name == name_of(first):
            return self.aside.take
        return lambda: None

    def _drop_aside(self) -> None:
        if self.aside:
            self.aside.drop()
            self.aside = None

    def _branch(self, files: list[int], loaded: Loaded, watched: Any) -> _Server | None:
        """A zygote like this one for another process; in it, gives its server.

        `files` are its control and the pidfd of that process.
        """
        zygote = os.getpid()
        refused = loaded.refusal or threads()
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
        helper = self.ahead.pop(name_of(ahead[0]), None)
        if helper is not None:
            helper.close()

    def _leave(self, name: str = "") -> None:
        """In a zygote forked from this one, to make the call `name`: close what is the other's."""
        if self.aside and self.aside.name != name:
            self._drop_aside()
        for pidfd, (_, channel) in self.children.items():
            os.close(pidfd)
            if channel is not None:
                os.close(channel)
        for _, files in self.heard:
            for file in files:
                os.close(file)
        for one in (self.control, *self.ahead.values()):
            one.close()

    def _pass_on(self, first: Any, message: Any, files: list[int]) -> None:
        """Have the zygote that has called `first` go on; a channel that closes says it cannot."""
        helper = self.ahead.get(name_of(first))
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
