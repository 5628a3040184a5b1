"""The kernel provisioner `research-warm`: Python's own kernel forked, any other launched."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Any as AnyTrait
from traitlets import List, Unicode

from research.execution.warm.forked import ForkedKernel, RefusedError
from research.execution.warm.setup import MODULES, Ahead
from research.execution.warm.zygotes import Launch, Zygote, replace, zygote_for

_KNOWN = {"env", "cwd", "stdout", "stderr", "stdin", "independent", "kernel_id", "extra_arguments"}
_LAUNCHER = ["-m", "ipykernel_launcher"]
_KILLED_WITHIN_S = 2.0


class WarmProvisioner(LocalProvisioner):
    """Has a zygote fork the kernel; where it cannot, launches it as ever, with the same results."""

    modules = List(Unicode(), list(MODULES), config=True, help="Modules the zygote imports.")
    preload = List(AnyTrait(), [], config=True, help="Pairs of `module:function`, arguments.")

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel of the command line `cmd`."""
        forked = await self._fork(cmd, kwargs)
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked
        self.pid = self.pgid = forked.pid  # it leads a session of its own
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the end of the kernel."""
        if isinstance(self.process, ForkedKernel):
            await self.process.ended()
        return await super().wait()

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel; it is gone when this returns, so that nobody has to poll."""
        await super().kill(restart=restart)
        if isinstance(self.process, ForkedKernel):
            with suppress(TimeoutError):
                await asyncio.wait_for(self.process.ended(), _KILLED_WITHIN_S)

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group, unless the kernel has ended."""
        if not isinstance(self.process, ForkedKernel) or self.process.poll() is None:
            await super().send_signal(signum)

    async def _fork(self, cmd: list[str], kwargs: dict[str, Any]) -> ForkedKernel | None:
        launch = _as_launch(cmd, kwargs)
        if launch is None:
            return None
        ahead: Ahead = [(target, arguments) for target, arguments in self.preload]
        # A second time, for the first zygote may be stale, or gone since its last kernel; and one
        # more, since what cannot be preloaded is left to the notebook, which says what is wrong.
        for _ in range(3):
            zygote = zygote_for(launch.python, launch.env, self.modules)
            if zygote is None:
                return None
            try:
                kernel = await ForkedKernel.born(zygote.ask(launch, ahead))
            except (OSError, RefusedError) as error:
                if ahead and getattr(error, "always", False):
                    self.log.debug("research-warm: nothing is preloaded, for %s", error)
                    ahead = ()
                elif not self._try_again(zygote, error):
                    return None
            else:
                zygote.has_served = True
                return kernel
        return None

    def _try_again(self, zygote: Zygote, error: Exception) -> bool:
        self.log.debug("research-warm: %s; the kernel is launched without it.", error)
        if zygote.has_served or getattr(error, "stale", False):
            replace(zygote)
            return True
        if getattr(error, "always", True):
            zygote.refusal = str(error)
            zygote.end()
        return False


def _as_launch(cmd: list[str], kwargs: dict[str, Any]) -> Launch | None:
    """What a zygote can do in place of `cmd`, None where it must be launched."""
    if kwargs.get("independent") or kwargs.get("stdin") is not None or set(kwargs) - _KNOWN:
        return None
    place = next((n for n in range(1, len(cmd)) if cmd[n : n + 2] == _LAUNCHER), 0)
    out, err = _file(kwargs.get("stdout"), 1), _file(kwargs.get("stderr"), 2)
    if not place or out is None or err is None:
        return None
    cwd = kwargs.get("cwd")
    return Launch(
        python=(os.path.expanduser(cmd[0]), *cmd[1:place]),  # noqa: PTH111 - as launch_kernel
        argv=cmd[place + 2 :],
        env={**kwargs.get("env", os.environ), "JPY_PARENT_PID": str(os.getpid())},
        cwd=str(Path(cwd or "").absolute()),
        stdout=out,
        stderr=err,
    )


def _file(given: Any, ours: int) -> int | None:
    """The descriptor of a `Popen` argument, `ours` for None; None if it is none of ours to give."""
    if given is None:
        try:
            os.fstat(ours)
        except OSError:
            return None
        return ours
    try:
        number = int(given if isinstance(given, int) else given.fileno())
    except (AttributeError, OSError, ValueError):
        return None
    return number if number >= 0 else None  # subprocess.PIPE and its like are below nil
