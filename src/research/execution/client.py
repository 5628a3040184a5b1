"""How the engine talks to one kernel: private sockets, limits in time, failures as outputs."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from research.execution.folder import is_short
from research.execution.ready import ReadyClient
from research.execution.warm.setup import Setup
from research.execution.warm.specs import OwnKernel

_IOPUB_TIMEOUT_S = 120

# Without a handler of its own Python would print the log's warnings to stderr.
_log = logging.getLogger("papermill")
_log.addHandler(logging.NullHandler())

_live: set[int] = set()


class KernelStartError(RuntimeError):
    """No kernel could be started for a notebook."""


class Manager(NotebookExecutionManager):
    """Papermill's record of a run, without its writing of the file before and after each cell."""

    watch: Any = None

    def save(self, **kwargs: Any) -> None:
        """Write when the notebook is done, or when the last write is long past."""
        age = (self.now() - self.last_save_time).total_seconds()
        if self.end_time is not None or 0 < self.autosave_cell_every <= age:
            super().save(**kwargs)

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note the end of a cell and tell who watches."""
        super().cell_complete(cell, cell_index=cell_index, **kwargs)
        if self.watch is not None and cell_index is not None:
            self.watch(self.nb, cell_index + 1, len(self.nb.cells))


class Client(PapermillNotebookClient):
    """Runs the cells; a timeout or a dead kernel becomes the error output of its cell."""

    def __init__(
        self,
        manager: Manager,
        *,
        folder: Path,
        notebook_limit_s: float | None,
        cell_limit_s: float | None,
        setup: Setup,
        **traits: Any,
    ) -> None:
        super().__init__(
            manager,
            log=_log,
            shutdown_kernel="immediate",
            iopub_timeout=_IOPUB_TIMEOUT_S,
            timeout_func=self._seconds_left,
            **traits,
        )
        self._folder = folder
        self._notebook_limit_s = notebook_limit_s
        self._cell_limit_s = cell_limit_s
        self._setup = setup
        self._deadline: float | None = None
        self._pid = 0
        self._process: Any = None

    def execute(self, *, cwd: str | None, env: Mapping[str, str]) -> Any:
        """Start a kernel, run the cells, kill the kernel."""
        self.reset_execution_trackers()
        with (self._folder / "kernel.log").open("wb") as log:
            environment = {**os.environ, "IPYTHONDIR": str(self._folder / "ipython"), **env}
            starting = True
            try:
                with self.setup_kernel(cwd=cwd, env=environment, stdout=log, stderr=log):
                    starting = False
                    # From here on, for the first kernel of a zygote waits for its imports.
                    if self._notebook_limit_s is not None:
                        self._deadline = monotonic() + self._notebook_limit_s
                    self.papermill_execute_cells()
                    self.set_widgets_metadata()
            except RuntimeError as error:
                if not starting:
                    raise
                ended = f", {self._end()}" if "died" in str(error) else ""
                raise KernelStartError(
                    f"kernel {self.kernel_name!r} did not start: {error}{ended}\n"
                    f"{self._last_words()}"
                ) from error
            finally:
                _live.discard(self._pid)
        return self.nb

    def create_kernel_manager(self) -> Any:
        """A manager of one kernel whose sockets are files in the private folder."""
        own = self.kernel_name == NATIVE_KERNEL_NAME
        specs = OwnKernel(self._setup) if own else KernelSpecManager()
        transport = "ipc" if hasattr(socket, "AF_UNIX") and is_short(self._folder) else "tcp"
        self.km = AsyncKernelManager(
            kernel_name=self.kernel_name,
            kernel_spec_manager=specs,
            client_factory=ReadyClient,
            transport=transport,
            connection_file=str(self._folder / "k.json"),
        )
        return self.km

    def start_new_kernel(self, **kwargs: Any) -> None:
        """Start the kernel, and remember its process so that `kill_kernels` finds it."""
        super().start_new_kernel(**kwargs)
        self._pid = getattr(self.km.provisioner, "pid", None) or 0
        self._process = getattr(self.km.provisioner, "process", None)
        _live.add(self._pid)

    def papermill_execute_cells(self) -> None:
        """Run cells in order and stop at the first that fails."""
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            try:
                if cell.cell_type == "code":
                    self.execute_cell(cell, index)
            except CellExecutionError as error:
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                break
            except (CellTimeoutError, DeadKernelError) as error:
                cell.outputs.append(self._as_output(error))
                self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                break
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)

    def _seconds_left(self, cell: Any) -> float | None:
        if self._deadline is None:
            return self._cell_limit_s
        left = max(0.01, self._deadline - monotonic())
        return left if self._cell_limit_s is None else min(left, self._cell_limit_s)

    def _as_output(self, error: Exception) -> Any:
        if isinstance(error, DeadKernelError):
            name, message = "DeadKernelError", f"the kernel died in this cell, {self._end()}."
        elif "IOPub" in str(error):
            name = "CellTimeoutError"
            message = f"the cell ended, but its output did not arrive in {_IOPUB_TIMEOUT_S} s."
        elif self._deadline is not None and monotonic() >= self._deadline:
            name = "CellTimeoutError"
            message = (
                f"the notebook ran longer than {self._notebook_limit_s:g} s and was stopped "
                "in this cell; make it faster or raise `timeout_s` of its section."
            )
        else:
            name = "CellTimeoutError"
            message = f"the cell ran longer than {self._cell_limit_s:g} s and was stopped."
        lines = [f"{name}: {message}", *self._last_words().splitlines()]
        return new_output("error", ename=name, evalue=message, traceback=lines)

    def _end(self) -> str:
        """How the process of the kernel ended."""
        code = self._process.poll() if self._process is not None else None
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            hint = " (often: the machine ran out of memory)" if name == "SIGKILL" else ""
            return f"killed by {name}{hint}"
        return f"with exit code {code}"

    def _last_words(self) -> str:
        text = (self._folder / "kernel.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-20:])


def kill_kernels() -> None:
    """Kill every kernel this process has started, so that an interrupted run ends at once."""
    for pid in _live - {0}:
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
