"""The papermill engine `research`: one notebook, one fresh kernel over IPC sockets, no noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from research.execution.warm import Setup, prestart

Watch = Callable[[Any, int, int], None]


class ResearchEngine:
    """What `papermill --engine research` runs notebooks with.

    Papermill asks three class methods of an engine. Its own base class is not inherited:
    papermill loads engines while it is itself being imported, so that importing it here
    would close a circle.
    """

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        *,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        start_timeout: int = 120,
        execution_timeout: int | None = None,
        stdout_file: Any = None,
        stderr_file: Any = None,
        timeout_s: float | None = None,
        kernel_cwd: str | None = None,
        kernel_env: Mapping[str, str] | None = None,
        kernel_setup: Setup | None = None,
        watch: Watch | None = None,
        **_ignored: Any,
    ) -> Any:
        """Run the cells of `nb` in place, up to one that fails; why becomes that cell's output.

        `timeout_s` limits the whole notebook, papermill's `execution_timeout` one cell (seconds).
        `kernel_env` is laid over this process's environment for the kernel alone; `kernel_setup`
        says what is in the memory of Python's own kernel before it starts.
        `watch(nb, done, total)` is called as each cell ends. The output file is written at most
        every `autosave_cell_every` seconds and at the end; progress bars are never shown.
        """
        setup = kernel_setup or Setup()
        if kernel_name == "python3":
            prestart(setup, env=kernel_env)

        from research.execution.client import Client, Manager
        from research.execution.folder import private_folder

        manager = Manager(nb, output_path, log_output, False, autosave_cell_every)
        manager.watch = watch
        manager.notebook_start()
        try:
            with private_folder() as folder:
                Client(
                    manager,
                    folder=folder,
                    notebook_limit_s=timeout_s,
                    cell_limit_s=execution_timeout,
                    setup=setup,
                    kernel_name=kernel_name,
                    startup_timeout=start_timeout,
                    log_output=log_output,
                    stdout_file=stdout_file,
                    stderr_file=stderr_file,
                ).execute(cwd=kernel_cwd, env=kernel_env or {})
        finally:
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """The kernel asked for, else the notebook's own, else this Python."""
        return name or nb.metadata.get("kernelspec", {}).get("name") or "python3"

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """The language asked for, else the notebook's own, else Python."""
        return language or nb.metadata.get("language_info", {}).get("name") or "python"
