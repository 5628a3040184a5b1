"""Running the notebooks of a note: jobs in, outcomes out, in parallel and in order."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from research.execution.folder import laid_out
from research.execution.normalise import normalise
from research.execution.warm import Setup, at_hand, prestart, told_ahead
from research.execution.where import failing_line

# What a kernel is given besides its parent's environment: nothing of the machine's locale, time
# zone or hash seed may show in a number, and notebooks that run side by side share the cores.
KERNEL_ENV = {
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
}
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One section to run: which notebook, with which parameters, environment, limit and set-up.

    `files` are handed to the kernel alone: environment variable → content of the file it names.
    """

    section: str
    notebook: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    timeout_s: int = 600
    setup: Setup = field(default_factory=Setup)


@dataclass(frozen=True, kw_only=True)
class CellFailure:
    """Where and why a notebook stopped.

    `cell` counts code cells from 1 as a reader does, without the one papermill injects;
    0 means that no cell of the notebook was reached. `source` is the line of it that failed.
    """

    section: str
    notebook: str
    cell: int
    source: str
    error: str
    message: str
    traceback: str

    def __str__(self) -> str:
        where = f"code cell {self.cell}, `{self.source}`" if self.cell else "before its first cell"
        return f"section {self.section} ({self.notebook}), {where}: {self.error}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job; after a failure the notebook is as far as it got."""

    section: str
    notebook: Any
    failure: CellFailure | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Event:
    """A step forward; `done` of `total` cells. What is `reused` was not run."""

    kind: Literal["started", "cell", "finished", "failed", "reused"]
    section: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0


Listener = Callable[[Event], None]


def run(
    jobs: Sequence[Job],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    on_event: Listener | None = None,
    meanwhile: Callable[[Iterator[Outcome]], None] | None = None,
) -> list[Outcome]:
    """Run all `jobs` and give their outcomes in the same order.

    A failing notebook stops none of the others. Without an `executor`, up to `workers` threads
    (default: one more than there are cores) each drive one kernel and tell cell by cell; any other
    executor of `concurrent.futures` is told of only as jobs end. `on_event` is never called twice
    at once, and no more once the run is interrupted: what is killed then has not failed.
    `meanwhile` is called once, in this thread, while the kernels work; it is given the outcomes as
    they come, which it may leave.
    """
    if not jobs:
        return []
    stopped = threading.Event()
    tell = _in_turn(on_event, stopped)
    if executor is not None:
        futures = [executor.submit(execute, job) for job in jobs]
        if meanwhile is not None:
            meanwhile(_as_they_come(futures))
        outcomes = []
        for future in futures:
            outcomes.append(future.result())
            tell(_ended(outcomes[-1]))
        return outcomes
    last = max(jobs, key=lambda job: len(job.setup.preload))
    prepare(last.setup, env=last.env)
    # Loaded here, for threads that import the same modules at once can meet half-made ones.
    import research.execution.client  # noqa: F401

    # One more than there are cores, for each waits now and then: for a cell to come, or to be told.
    threads = min(len(jobs), workers or (os.cpu_count() or 1) + 1)
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="section") as pool:
        # First those that wait for least to be computed ahead of them.
        order = sorted(range(len(jobs)), key=lambda n: len(jobs[n].setup.preload))
        given = {n: pool.submit(execute, jobs[n], tell) for n in order}
        futures = [given[n] for n in range(len(jobs))]
        try:
            if meanwhile is not None:
                meanwhile(_as_they_come(futures))
            return [future.result() for future in futures]
        except BaseException:
            stopped.set()
            _stop(futures)
            raise


def prepare(setup: Setup | None = None, *, env: Mapping[str, str] | None = None) -> None:
    """Let what kernels need be imported by a process of its own, from now on.

    Called as early as possible, by who will `run` jobs of this set-up in this process.
    """
    prestart(setup, env={**KERNEL_ENV, **(env or {})})


def ask(setup: Setup) -> Any:
    """What the first function gives of those by which `setup` is asked, in plain values.

    None where it cannot be called so, or fails; then who asks has to call it.
    """
    return told_ahead(setup, env=KERNEL_ENV)


def said_before(setup: Setup) -> Any:
    """What the first function gave where all that `setup` calls ahead were called before.

    Before this command, that is, by the process on standby; None where they were not. `take_up` has
    kernels forked from there; who does has to know that nothing the functions read has changed.
    """
    return at_hand.said(setup)


def take_up(setup: Setup) -> None:
    """Have kernels of `setup` forked from where its functions were called before this command."""
    at_hand.take(setup, env=KERNEL_ENV)


def execute(job: Job, tell: Listener | None = None) -> Outcome:
    """Run one job in a kernel of its own, here and now."""
    import nbformat
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import execute_notebook, raise_for_execution_errors

    from research.execution.client import KernelStartError

    seen = nbformat.v4.new_notebook()
    failure: CellFailure | None = None
    start = monotonic()

    def watch(notebook: Any, done: int, total: int) -> None:
        nonlocal seen
        seen = notebook
        if tell is not None:
            tell(Event(kind="cell", section=job.section, done=done, total=total))

    if tell is not None:
        tell(Event(kind="started", section=job.section))
    given = ExitStack()
    try:
        # Prepared first, then run: to do both in one papermill writes all that was shown as JSON,
        # for no file.
        prepared = execute_notebook(
            str(job.notebook).replace("{", "{{").replace("}", "}}"),
            None,
            parameters=dict(job.parameters),
            engine_name="research",
            kernel_name="python3",
            language="python",
            prepare_only=True,
        )
        seen = papermill_engines.execute_notebook_with_engine(
            "research",
            prepared,
            kernel_name="python3",
            start_timeout=60,
            timeout_s=job.timeout_s,
            kernel_cwd=str(job.notebook.parent),
            kernel_env={**KERNEL_ENV, **job.env, **given.enter_context(laid_out(job.files))},
            kernel_setup=job.setup,
            watch=watch,
        )
        raise_for_execution_errors(seen, None)
    except PapermillExecutionError as error:
        failure = _failure(job, seen, error)
    except KernelStartError as error:
        failure = _not_started(job, error)
    finally:
        given.close()
        _close_event_loop()
    outcome = Outcome(
        section=job.section,
        notebook=normalise(seen, prefix=job.section),
        failure=failure,
        seconds=monotonic() - start,
    )
    if tell is not None:
        tell(_ended(outcome))
    return outcome


def _as_they_come(futures: Iterable[Future[Outcome]]) -> Iterator[Outcome]:
    return (future.result() for future in as_completed(futures))


def _failure(job: Job, notebook: Any, error: Any) -> CellFailure:
    cells = [
        cell
        for cell in normalise(notebook, prefix=job.section).cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]
    failing = [n for n, cell in enumerate(cells, start=1) if _has_failed(cell)]
    traceback = _ANSI.sub("", "\n".join(error.traceback))
    return CellFailure(
        section=job.section,
        notebook=job.notebook.name,
        cell=failing[0] if failing else 0,
        source=failing_line(error.source, traceback),
        error=error.ename,
        message=_ANSI.sub("", error.evalue),
        traceback=traceback,
    )


def _has_failed(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)


def _not_started(job: Job, error: Exception) -> CellFailure:
    first, _, rest = str(error).partition("\n")
    return CellFailure(
        section=job.section,
        notebook=job.notebook.name,
        cell=0,
        source="",
        error=type(error).__name__,
        message=first,
        traceback=rest,
    )


def _ended(outcome: Outcome) -> Event:
    total = len(outcome.notebook.cells)
    return Event(
        kind="failed" if outcome.failure else "finished",
        section=outcome.section,
        done=total,
        total=total,
        seconds=outcome.seconds,
    )


def _stop(futures: Sequence[Future[Outcome]]) -> None:
    from research.execution.client import kill_kernels

    for future in futures:
        future.cancel()
    # Again and again, for a kernel that is only just starting is not yet there to be killed.
    while running := [future for future in futures if not future.done()]:
        kill_kernels()
        wait(running, timeout=0.2)


def _in_turn(listener: Listener | None, stopped: threading.Event) -> Listener:
    lock = threading.Lock()

    def tell(event: Event) -> None:
        with lock:
            if listener is not None and not stopped.is_set():
                listener(event)

    return tell


def _close_event_loop() -> None:
    # jupyter_core opens a loop for each thread and leaves it, and what still waits on it, open.
    import asyncio

    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    if loop.is_running():
        return
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    if waiting:
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.close()
