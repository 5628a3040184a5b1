"""The process that will run the next command: it makes itself ready, and waits for it."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from research.execution.run import KERNEL_ENV
from research.execution.standby.handed import now_inside
from research.execution.warm import at_hand, wire
from research.execution.warm.branch import Branch
from research.execution.warm.zygotes import adopt


@dataclass(frozen=True, kw_only=True)
class Next:
    """What a command has left for the one after it, in plain values.

    `ahead` is called for its kernels, anew where `made_of` differs; `rehearse` is what it does
    itself before it is asked for.
    """

    ahead: list[Any] = field(default_factory=list)
    made_of: str = ""
    rehearse: Any = None


@dataclass(frozen=True)
class Understudy:
    """A forked process, with the line to its keeper and what it has to be ready for.

    `kernels` and `called` are the controls of two zygotes; the second calls what is `next`.
    """

    next: Next
    line: socket.socket
    kernels: socket.socket
    called: socket.socket

    def command(self, modules: Sequence[str], rehearse: Callable[[Any], None] | None) -> list[str]:
        """The arguments of the command that came, as if this process had been started for it.

        It ends where none comes any more. `modules` are what kernels share.
        """
        os.setsid()  # Ctrl-C at the keeper is none of its business
        self._close_others()
        if rehearse is not None and self.next.rehearse is not None:
            with suppress(Exception):  # whatever it is, the command itself will meet it
                rehearse(self.next.rehearse)
        heard = wire.receive(self.line)
        if heard is None:
            sys.exit(0)
        errand, files = heard
        _take_the_place(errand, files)
        now_inside(self.line)
        surroundings = {**os.environ, **KERNEL_ENV}
        adopt((sys.executable,), surroundings, modules, Branch(self.kernels))
        if self.next.ahead:
            at_hand.offer(Branch(self.called), self.next.ahead)
        return list(errand["argv"])

    def _close_others(self) -> None:
        """Close all files but the usual three and our own, while nothing else uses any."""
        if not self.next.ahead:
            self.called.close()
        ours = sorted(one.fileno() for one in (self.line, self.kernels, self.called))
        first = 3
        for number in (*(one for one in ours if one >= 0), os.sysconf("SC_OPEN_MAX")):
            os.closerange(first, number)
            first = number + 1


def _take_the_place(errand: dict[str, Any], files: Sequence[int]) -> None:
    """Have files, folder and environment of who handed the command over."""
    for number, source in enumerate(files):
        os.dup2(source, number)
        os.close(source)
    os.umask(errand["umask"])
    os.chdir(errand["cwd"])
    # Only what differs: a rehearsal may read it in its own thread, beside Python's lock.
    for name in os.environ.keys() - errand["env"].keys():
        del os.environ[name]
    for name, value in errand["env"].items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=stream is sys.stderr or stream.isatty())
