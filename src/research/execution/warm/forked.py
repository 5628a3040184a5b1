"""One forked kernel as its manager sees it: what a `Popen` offers, and an end that is told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
from contextlib import suppress
from select import select
from typing import Any

from research.execution.warm import wire

_ABANDONED_WITHIN_S = 30.0


class RefusedError(Exception):
    """The zygote forks no kernel; `stale` because its modules are of yesterday, else why."""

    def __init__(self, why: str, *, stale: bool = False, always: bool = False) -> None:
        super().__init__(why)
        self.stale = stale
        self.always = always


class ForkedKernel:
    """A process whose parent is the zygote, which tells on `channel` how it ended."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._channel = channel

    @classmethod
    async def born(cls, channel: socket.socket) -> ForkedKernel:
        """The kernel asked for on `channel`, once it lives; raises RefusedError if it will not."""
        channel.setblocking(False)
        try:
            told = await asyncio.get_running_loop().sock_recv(channel, wire.MOST)
        except BaseException:
            _abandon(channel)
            raise
        answer: dict[str, Any] = json.loads(told) if told else {"refused": "", "gone": True}
        if "pid" in answer:
            return cls(channel, answer["pid"])
        channel.close()
        if "gone" in answer:
            raise RefusedError("the zygote ended before it could fork.", always=True)
        raise RefusedError(answer["refused"], stale=answer["stale"], always=answer["always"])

    def poll(self) -> int | None:
        """The exit code, below nil the signal, of a kernel that has ended."""
        if self.returncode is None:
            try:
                self._hear(self._channel.recv(wire.MOST, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired after `timeout` seconds."""
        if self.poll() is None:
            select([self._channel], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("research-warm", timeout or 0)
        return code

    async def ended(self) -> None:
        """Wait for its end and let others go on meanwhile."""
        loop = asyncio.get_running_loop()
        while self.poll() is None:
            # A socket of its own, for a loop watches one for one waiter only.
            with self._channel.dup() as ear:
                ear.setblocking(False)
                self._hear(await loop.sock_recv(ear, wire.MOST))

    def send_signal(self, number: int) -> None:
        """Send a signal to a kernel that lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _hear(self, told: bytes) -> None:
        if self.returncode is None:
            # Of a zygote that is gone all kernels are killed.
            self.returncode = json.loads(told)["code"] if told else -signal.SIGKILL
            self._channel.close()


def _abandon(channel: socket.socket) -> None:
    """End a kernel that is no longer wanted before it is born; nobody else knows of it."""
    with channel, suppress(OSError, ValueError, KeyError):
        channel.settimeout(_ABANDONED_WITHIN_S)
        os.kill(json.loads(channel.recv(wire.MOST))["pid"], signal.SIGKILL)
