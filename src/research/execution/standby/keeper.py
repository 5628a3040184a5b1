"""Keeping a process on standby: it imports once, and forks a child for each command handed to it.

It starts no thread and runs no command itself, so that nothing crosses from one to another. Each
child is forked before its command comes, and has zygotes of its own for kernels, forked from one
that has imported too: one that has called nothing, and one that calls ahead what the command before
it needed.
"""

from __future__ import annotations

import gc
import hashlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from research.errors import UsageError
from research.execution.reach import everything
from research.execution.run import KERNEL_ENV
from research.execution.standby.place import is_mine, socket_path
from research.execution.standby.understudy import Next, Understudy
from research.execution.warm import wire
from research.execution.warm.life import die_with
from research.execution.warm.load import files_of_modules
from research.execution.warm.setup import MODULES
from research.execution.warm.zygotes import Zygote, end_zygotes, zygote_for

_HEAR_WITHIN_S = 2.0
# More threads than one could not be forked; each is read when its library is first imported.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


def stand_by(
    import_all: Callable[[], None],
    *,
    ready: Callable[[], None],
    rehearse: Callable[[Any], None] | None = None,
    modules: Sequence[str] = MODULES,
) -> list[str] | None:
    """Serve commands until what was imported has changed: then None, so that one may start anew.

    In each forked child it gives the arguments of the command to be run there; before that comes,
    `rehearse` is called with what the last one left for it (`handed.make_ready`). `ready` is called
    once all is imported; `modules` are what kernels share. Raises UsageError where nothing can be
    forked or one serves already.
    """
    path = socket_path()
    if path is None:
        raise UsageError(
            "no process can stand by here: that takes Linux 5.3 or newer and a folder that is this "
            "user's alone, in XDG_RUNTIME_DIR or else the temporary folder. Commands work without."
        )
    import fcntl  # not to be had where nothing can be forked

    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                "a process stands by already for this environment; one is enough. Commands find it "
                "by themselves."
            ) from None
        code = _code()  # before it is imported, for it may change meanwhile
        root = zygote_for((sys.executable,), {**os.environ, **KERNEL_ENV}, modules)
        _import_in_one_thread(import_all)
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            me = os.getpid()
            keeper = _Keeper(listener, root, code)
            try:
                ready()
                understudy = keeper.serve()
            finally:
                if os.getpid() == me:
                    path.unlink(missing_ok=True)
    if understudy is None:
        end_zygotes()
        return None
    return understudy.command(modules, rehearse)


def _import_in_one_thread(import_all: Callable[[], None]) -> None:
    before = dict(os.environ)
    os.environ.update(_ONE_THREAD)
    try:
        import_all()
    finally:
        os.environ.clear()
        os.environ.update(before)
    running = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if running > 1:
        raise UsageError(
            f"importing has started {running - 1} threads, which no forked process would have; "
            "commands work without one on standby."
        )


@dataclass
class _Child:
    """A forked process: its number, the line to it, and who asked for its command, once one has."""

    pid: int
    line: socket.socket
    asker: socket.socket | None = None


class _Keeper:
    """Hears of commands on `listener`, of their ends, and of the ends of those who asked."""

    def __init__(self, listener: socket.socket, root: Zygote | None, code: str) -> None:
        self.listener, self.root = listener, root
        self.imported = (files_of_modules(), code)
        self.children: dict[int, _Child] = {}  # by pidfd
        self.asking: dict[int, int] = {}  # the socket's number of who asked → number of its child
        self.lines: dict[int, socket.socket] = {}  # by its number
        self.waiting: int | None = None  # the pidfd of the child that has no command yet
        self.next = Next()
        self.watched = select.poll()

    def serve(self) -> Understudy | None:
        """Fork until what is in memory has changed; gives, in a child, what it is to wait for."""
        gc.collect()
        gc.freeze()  # the collector of a child would else write to, and so copy, every page
        door = self.listener.fileno()
        self.watched.register(door, select.POLLIN)
        while door >= 0 or self.children:
            # Not while a command runs: the cores are its own, and it may leave something to do.
            if door >= 0 and self.waiting is None and not self.asking:
                understudy = self._fork()
                if understudy is not None:
                    return understudy
            # One at a time, for what is done about one may close another and use its number anew.
            ready = self.watched.poll()[0][0]
            if ready in self.children:
                self._bury(ready)
            elif ready in self.asking:  # has ended, and with it goes what it asked for
                self.watched.unregister(ready)
                os.kill(self.asking.pop(ready), signal.SIGKILL)
            elif ready in self.lines:
                self._hear(ready)
            elif self._is_stale():
                self.watched.unregister(door)
                self.listener.close()  # whoever waits there runs the command itself
                door = -1
                if self.waiting is not None:  # it ends as its line does
                    self._hang_up(self.children[self.waiting].line)
            else:
                understudy = self._admit(self.listener.accept()[0])
                if understudy is not None:
                    return understudy
        return None

    def _is_stale(self) -> bool:
        """Whether a command would load something else than what is here, were it to start anew."""
        lost = self.root is not None and self.root.has_ended()
        return lost or self.imported != (files_of_modules(self.imported[0]), _code())

    def _fork(self) -> Understudy | None:
        """A child that waits for a command, with zygotes of its own; given in the child alone."""
        ours, theirs = zip(*(socket.socketpair() for _ in range(3)), strict=True)
        line, kernels, called = ours
        line.settimeout(_HEAR_WITHIN_S)
        keeper = os.getpid()
        child = os.fork()
        if child == 0:
            die_with(keeper)
            askers = (one.asker for one in self.children.values() if one.asker)
            for one in (*ours, *askers, *self.lines.values()):
                one.close()
            return Understudy(self.next, *theirs)
        for one in theirs:
            one.close()
        pidfd = os.pidfd_open(child)
        if self.root is not None:
            with suppress(OSError):  # then its kernels are started ordinarily
                self.root.branch(kernels.fileno(), pidfd)
                if self.next.ahead:
                    self.root.branch(called.fileno(), pidfd, self.next.ahead)
        kernels.close()
        called.close()
        self.children[pidfd] = _Child(pid=child, line=line)
        self.lines[line.fileno()] = line
        self.watched.register(pidfd, select.POLLIN)
        self.watched.register(line.fileno(), select.POLLIN)
        self.waiting = pidfd
        return None

    def _admit(self, asker: socket.socket) -> Understudy | None:
        asker.settimeout(_HEAR_WITHIN_S)
        heard = None
        with suppress(OSError, ValueError):
            heard = wire.receive(asker) if is_mine(asker) else None
        if heard is None:
            asker.close()
            return None
        message, files = heard
        if self.waiting is None:
            understudy = self._fork()
            if understudy is not None:
                asker.close()
                return understudy
        assert self.waiting is not None
        child = self.children[self.waiting]
        self.waiting = None
        try:
            wire.send(asker, {"pid": child.pid})
            wire.send(child.line, message, files)
        except OSError:  # one of the two has gone; who asked runs it, and nobody else does
            asker.close()
            os.kill(child.pid, signal.SIGKILL)
        else:
            child.asker = asker
            self.asking[asker.fileno()] = child.pid
            self.watched.register(asker.fileno(), select.POLLIN)
        for number in files:
            os.close(number)
        return None

    def _hear(self, line: int) -> None:
        """What a command has left for the next one."""
        heard = None
        with suppress(OSError):  # it was stopped in the midst of it
            heard = wire.receive(self.lines[line])
        if heard is None:
            self._hang_up(self.lines[line])
            return
        before, self.next = self.next, Next(**heard[0])
        is_there = (before.ahead, before.made_of) == (self.next.ahead, self.next.made_of)
        if self.root is None or is_there:
            return
        if before.ahead:
            self.root.forget(before.ahead)
        if self.next.ahead:
            self.root.prepare(self.next.ahead)

    def _hang_up(self, line: socket.socket) -> None:
        if self.lines.pop(line.fileno(), None) is not None:
            self.watched.unregister(line.fileno())
            line.close()

    def _bury(self, pidfd: int) -> None:
        child = self.children.pop(pidfd)
        _, status = os.waitpid(child.pid, 0)
        self.watched.unregister(pidfd)
        os.close(pidfd)
        while child.line.fileno() in self.lines:  # it may have left something as it ended
            self._hear(child.line.fileno())
        if self.waiting == pidfd:
            self.waiting = None
            self.next = replace(self.next, rehearse=None)  # that was its end, or it did no harm
        if child.asker is None:
            return
        if self.asking.pop(child.asker.fileno(), None) is not None:
            self.watched.unregister(child.asker.fileno())
            with suppress(OSError):
                wire.send(child.asker, {"code": os.waitstatus_to_exitcode(status)})
        child.asker.close()


def _code() -> str:
    """The hash of all that this package consists of; no file's time is trusted."""
    told = hashlib.sha256()
    for name, path in everything().items():
        with suppress(OSError):  # gone since it was listed
            told.update(b"%s %s\n" % (name.encode(), hashlib.sha256(path.read_bytes()).digest()))
    return told.hexdigest()
