"""Keeping a process on standby: it imports once, and forks a child for each command handed to it.

It starts no thread and runs no command itself, so that nothing crosses from one to another. Each
child gets a zygote of its own for its kernels, forked from one that has imported too.
"""

from __future__ import annotations

import gc
import hashlib
import io
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from research.errors import UsageError
from research.execution.reach import everything
from research.execution.run import KERNEL_ENV
from research.execution.standby.handed import now_inside
from research.execution.standby.place import is_mine, socket_path
from research.execution.warm import wire
from research.execution.warm.branch import Branch
from research.execution.warm.life import die_with
from research.execution.warm.load import files_of_modules
from research.execution.warm.setup import MODULES
from research.execution.warm.zygotes import Zygote, adopt, end_zygotes, zygote_for

_HEAR_WITHIN_S = 2.0
# More threads than one could not be forked; each is read when its library is first imported.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A command that was handed over: its arguments and surroundings.

    `files` are its stdin, stdout and stderr, `kernels` the control of the zygote of its kernels.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    umask: int
    files: tuple[int, ...]
    kernels: socket.socket


def stand_by(
    import_all: Callable[[], None], *, ready: Callable[[], None], modules: Sequence[str] = MODULES
) -> list[str] | None:
    """Serve commands until what was imported has changed: then None, so that one may start anew.

    In each forked child it gives the arguments of the command to be run there. `ready` is called
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
                errand = keeper.serve()
            finally:
                if os.getpid() == me:
                    path.unlink(missing_ok=True)
    if errand is None:
        end_zygotes()
        return None
    _become(errand, modules)
    return errand.argv


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


class _Keeper:
    """Hears of commands on `listener`, of their ends, and of the ends of those who asked."""

    def __init__(self, listener: socket.socket, root: Zygote | None, code: str) -> None:
        self.listener, self.root = listener, root
        self.imported = (files_of_modules(), code)
        self.children: dict[int, tuple[int, socket.socket]] = {}  # pidfd → number, who asked
        self.asking: dict[int, int] = {}  # the socket's number of who asked → number of its child

    def serve(self) -> Errand | None:
        """Fork until what is in memory has changed; gives, in a child, what it has to run."""
        gc.collect()
        gc.freeze()  # the collector of a child would else write to, and so copy, every page
        watched = select.poll()
        door = self.listener.fileno()
        watched.register(door, select.POLLIN)
        while door >= 0 or self.children:
            # One at a time, for what is done about one may close another and use its number anew.
            ready = watched.poll()[0][0]
            if ready in self.children:
                self._bury(ready, watched)
            elif ready in self.asking:  # has ended, and with it goes what it asked for
                watched.unregister(ready)
                os.kill(self.asking.pop(ready), signal.SIGKILL)
            elif self._is_stale():
                watched.unregister(door)
                self.listener.close()  # whoever waits there runs the command itself
                door = -1
            else:
                errand = self._admit(self.listener.accept()[0], watched)
                if errand is not None:
                    return errand
        return None

    def _is_stale(self) -> bool:
        """Whether a command would load something else than what is here, were it to start anew."""
        lost = self.root is not None and self.root.has_ended()
        return lost or self.imported != (files_of_modules(self.imported[0]), _code())

    def _admit(self, asker: socket.socket, watched: Any) -> Errand | None:
        asker.settimeout(_HEAR_WITHIN_S)
        heard = None
        with suppress(OSError, ValueError):
            heard = wire.receive(asker) if is_mine(asker) else None
        if heard is None:
            asker.close()
            return None
        message, files = heard
        ours, theirs = socket.socketpair()
        keeper = os.getpid()
        child = os.fork()
        if child == 0:
            die_with(keeper)
            for one in (asker, ours, *(asker for _, asker in self.children.values())):
                one.close()
            return Errand(**message, files=tuple(files), kernels=theirs)
        theirs.close()
        pidfd = os.pidfd_open(child)
        if self.root is not None:
            with suppress(OSError):  # then its kernels are started ordinarily
                self.root.branch(ours.fileno(), pidfd)
        ours.close()
        for number in files:
            os.close(number)
        with suppress(OSError):  # who asked has gone again, as will be heard next
            wire.send(asker, {"pid": child})
        self.children[pidfd] = (child, asker)
        self.asking[asker.fileno()] = child
        watched.register(pidfd, select.POLLIN)
        watched.register(asker.fileno(), select.POLLIN)
        return None

    def _bury(self, pidfd: int, watched: Any) -> None:
        child, asker = self.children.pop(pidfd)
        _, status = os.waitpid(child, 0)
        watched.unregister(pidfd)
        os.close(pidfd)
        if self.asking.pop(asker.fileno(), None) is not None:
            watched.unregister(asker.fileno())
            with suppress(OSError):
                wire.send(asker, {"code": os.waitstatus_to_exitcode(status)})
        asker.close()


def _become(errand: Errand, modules: Sequence[str]) -> None:
    """Be as if this process had been started by who handed the command over."""
    os.setsid()
    for number, source in enumerate(errand.files):
        os.dup2(source, number)
    kernels = errand.kernels.fileno()
    os.closerange(3, kernels)
    os.closerange(kernels + 1, os.sysconf("SC_OPEN_MAX"))
    os.umask(errand.umask)
    os.chdir(errand.cwd)
    os.environ.clear()
    os.environ.update(errand.env)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=stream is sys.stderr or stream.isatty())
    now_inside()
    adopt((sys.executable,), {**os.environ, **KERNEL_ENV}, modules, Branch(errand.kernels))


def _code() -> str:
    """The hash of all that this package consists of; no file's time is trusted."""
    told = hashlib.sha256()
    for name, path in everything().items():
        with suppress(OSError):  # gone since it was listed
            told.update(b"%s %s\n" % (name.encode(), hashlib.sha256(path.read_bytes()).digest()))
    return told.hexdigest()
