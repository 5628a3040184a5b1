"""A zygote that was forked from one which another process keeps."""

from __future__ import annotations

import socket
import threading

from research.execution.warm.zygotes import Zygote


class Branch(Zygote):
    """A zygote that was forked from another process's; it ends with this one, as all do."""

    def __init__(self, control: socket.socket) -> None:
        self.refusal = ""
        self.has_served = False
        self._sending = threading.Lock()
        self._control = control

    def has_ended(self) -> bool:
        """Whether to forget it once it is replaced: it needs nobody to wait for its end."""
        return True

    def end(self) -> None:
        """Leave it to end with its last kernel, or with this process."""
        self._control.close()

    def leave(self) -> None:
        """Leave it to the process that this one was forked from."""
        self._control.close()
