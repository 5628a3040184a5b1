"""A kernel's client that waits for the kernel and not for the clock."""

from __future__ import annotations

from queue import Empty
from time import monotonic
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type, default

# Until the kernel listens, zmq tries again, by default every 100 ms.
_TRY_AGAIN_MS = 5
_REPLY_WITHIN_S = 1.0
_IOPUB_WITHIN_S = 0.2


class Channel(AsyncZMQSocketChannel):
    """Takes a message that is waited for without end as it comes, and does not ask for it first."""

    async def get_msg(self, timeout: float | None = None) -> Any:
        """The next message; Empty after `timeout` s."""
        if timeout is None:
            return await self._recv()
        return await super().get_msg(timeout)


class ReadyClient(AsyncKernelClient):
    """Knows the kernel for ready by the reply to one question and by what iopub says of it.

    The library's own client then listens for another 0.2 s, in case of more that nobody reads:
    what belongs to no cell is passed over when cells run.
    """

    iopub_channel_class = Type(Channel)

    @default("context")
    def _context_default(self) -> Any:
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RECONNECT_IVL, _TRY_AGAIN_MS)
        self._created_context = True
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until both channels answer; RuntimeError after `timeout` s or if the kernel dies."""
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            asked = self.kernel_info()
            reply = await _answer(self.shell_channel, asked, _REPLY_WITHIN_S)
            if reply and await _answer(self.iopub_channel, asked, _IOPUB_WITHIN_S):
                self._handle_kernel_info_reply(reply)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if deadline is not None and monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")


async def _answer(channel: Any, asked: str, within_s: float) -> Any:
    """The first message on `channel` that answers `asked`, None if none comes in time."""
    deadline = monotonic() + within_s
    while (left := deadline - monotonic()) > 0:
        try:
            message = await channel.get_msg(timeout=left)
        except Empty:
            return None
        if message["parent_header"].get("msg_id") == asked:
            return message
    return None
