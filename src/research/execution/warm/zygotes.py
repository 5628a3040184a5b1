"""The zygotes of this process: started when first needed, shared by its kernels, gone with it."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from research.execution.warm import wire
from research.execution.warm.setup import Ahead, Setup, read_at_start

# Of surroundings that differ; each holds some 150 MB. What comes after is started ordinarily.
_MOST = 4
# Arrow's second allocator starts a thread for its own tidying as pyarrow is imported.
_ONE_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
_CODE = (
    "from research.execution.warm.zygote import main; import sys; "
    "main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])"
)

_zygotes: dict[tuple[Any, ...], Zygote] = {}
_replaced: list[Zygote] = []
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A kernel to be: interpreter with its options, arguments of the kernel, and surroundings."""

    python: tuple[str, ...]
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str | None
    stdout: int
    stderr: int


class Zygote:
    """One helper process, which imports while nobody waits and then forks kernels on request.

    `refusal` says why it forks none, once that is known.
    """

    def __init__(
        self, python: Sequence[str], env: Mapping[str, str], modules: Sequence[str]
    ) -> None:
        self.refusal = ""
        self.has_served = False
        self._sending = threading.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            number = str(theirs.fileno())
            command = [*python, "-c", _CODE, number, str(os.getpid()), json.dumps(modules)]
            try:
                self._process = subprocess.Popen(
                    command,
                    cwd="/",
                    env={**env, **_ONE_THREAD},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except OSError:
                self._control.close()
                raise
        self.pid = self._process.pid

    def prepare(self, ahead: Ahead) -> None:
        """Have the functions of `ahead` called now, for kernels to come."""
        with suppress(OSError), self._sending:  # who asks for a kernel will see it gone
            wire.send(self._control, {"ahead": ahead})

    def ask(self, launch: Launch, ahead: Ahead = ()) -> socket.socket:
        """Ask for a kernel; what becomes of it is told on the channel that is given back.

        Raises OSError when the zygote has gone.
        """
        mine, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        request = {
            "argv": list(launch.argv), "env": dict(launch.env), "cwd": launch.cwd, "ahead": ahead,
        }  # fmt: skip
        try:
            with theirs, self._sending:
                files = (launch.stdout, launch.stderr, theirs.fileno())
                wire.send(self._control, request, files)
        except OSError:
            mine.close()
            raise
        return mine

    def told(self, ahead: Ahead) -> Any:
        """What the first function of `ahead` that gives anything gives, once all were called.

        In plain values; None when one failed, and when the zygote has gone.
        """
        with self.telling(ahead) as channel:
            heard = wire.receive(channel)
        return heard[0] if heard else None

    def telling(self, ahead: Ahead) -> socket.socket:
        """Where what `told` gives will be heard; nothing is, where the zygote has gone."""
        mine, theirs = socket.socketpair()
        with theirs, self._sending, suppress(OSError):
            wire.send(self._control, {"ahead": ahead, "tell": True}, (theirs.fileno(),))
        return mine

    def branch(self, control: int, parent: int, ahead: Ahead = ()) -> None:
        """Have another forked from it: one that hears on `control` and ends with `parent`, a pidfd.

        It has called the functions of `ahead` before it hears. Raises OSError when the zygote has
        gone.
        """
        with self._sending:
            wire.send(self._control, {"ahead": ahead, "branch": True}, (control, parent))

    def forget(self, ahead: Ahead) -> None:
        """Have what was called ahead ended, once its kernels have; called again it is made anew."""
        with suppress(OSError), self._sending:
            wire.send(self._control, {"forget": ahead})

    def retire(self) -> None:
        """Ask for no more kernels; it ends with the last that it has."""
        self._control.close()

    def has_ended(self) -> bool:
        """Whether the process is no more."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it at once, and its kernels with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        """Leave it to the process that this one was forked from."""
        self._control.close()
        self._process.returncode = 0  # so that nobody warns of a child that is not ours


def prestart(
    setup: Setup | None = None,
    *,
    env: Mapping[str, str] | None = None,
    python: Sequence[str] = (),
) -> bool:
    """Let a zygote start and import while this process does something else.

    `env` is laid over this process's environment and must be the kernels' as far as
    `setup.read_at_start` goes; `python` is their interpreter, by default this one. False where
    there are no zygotes, and kernels are started ordinarily.
    """
    setup = setup or Setup()
    surroundings = {**os.environ, **(env or {})}
    zygote = zygote_for(tuple(python) or (sys.executable,), surroundings, setup.modules)
    if zygote is not None and setup.preload:
        zygote.prepare(setup.preload)
    return zygote is not None


def told_ahead(setup: Setup, *, env: Mapping[str, str]) -> Any:
    """What the first function gives of those by which `setup` is asked; None where none can be.

    They are called where kernels of this set-up will find what they left, and so are the others.
    """
    if not setup.asked or not prestart(setup, env=env):
        return None
    zygote = zygote_for((sys.executable,), {**os.environ, **env}, setup.modules)
    return None if zygote is None else zygote.told(setup.preload[: setup.asked])


def zygote_for(
    python: tuple[str, ...], env: Mapping[str, str], modules: Sequence[str]
) -> Zygote | None:
    """The zygote for such kernels, started if need be; None where there can be none."""
    if not can_fork():
        return None
    key = (python, tuple(sorted(read_at_start(env).items())), tuple(modules))
    with _lock:
        known = _zygotes.get(key)
        if known is None:
            if len(_zygotes) >= _MOST:
                return None
            try:
                known = _zygotes[key] = Zygote(python, env, modules)
            except OSError:  # no such interpreter, or no process more
                return None
        return None if known.refusal else known


def adopt(
    python: tuple[str, ...], env: Mapping[str, str], modules: Sequence[str], zygote: Zygote
) -> None:
    """Have such kernels forked by `zygote`, which has imported `modules` already."""
    with _lock:
        _zygotes[python, tuple(sorted(read_at_start(env).items())), tuple(modules)] = zygote


def replace(zygote: Zygote) -> None:
    """Have the next kernel forked from a new zygote; kernels of this one live on."""
    with _lock:
        zygote.retire()
        _replaced[:] = [one for one in _replaced if not one.has_ended()]
        _replaced.extend(_zygotes.pop(key) for key in [*_zygotes] if _zygotes[key] is zygote)


def can_fork() -> bool:
    """Whether this system has all that zygotes are made of (Linux 5.3 or newer)."""
    return sys.platform == "linux" and hasattr(socket, "AF_UNIX") and hasattr(os, "pidfd_open")


@atexit.register
def end_zygotes() -> None:
    """End all zygotes of this process, and their kernels with them."""
    with _lock:
        ending = [*_zygotes.values(), *_replaced]
        _zygotes.clear()
        _replaced.clear()
    for one in ending:
        one.end()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    for one in (*_zygotes.values(), *_replaced):
        one.leave()
    _zygotes.clear()
    _replaced.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
