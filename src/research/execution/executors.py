"""Where work is done: threads or processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

from research.errors import ResearchError, UsageError
from research.execution.lean import import_nbformat
from research.execution.luggage import Luggage
from research.execution.run import ask, execute
from research.execution.travel import Travelling

KNOWN = "threads, processes, or a Dask scheduler such as dask://desk-server:8786"
_CONNECT_S = 20


class LostWorkersError(ResearchError):
    """The workers that were to do the work are gone, again and again."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """An executor, and how many tasks it can do at once."""

    executor: Executor
    slots: int


@contextmanager
def open_executor(
    where: str = "processes", *, workers: int | None = None, luggage: Luggage | None = None
) -> Iterator[Pool]:
    """The executor called `where`: `threads`, `processes`, or `dask://host:port`.

    By `processes` a notebook is still driven by a thread of this one: its kernel is a process
    already, and all kernels of an edition share what was computed ahead of them.

    `workers` (default: one a core) bounds those of this machine; a cluster has its own. To a
    cluster goes `luggage`, the files that jobs and parameters name. What still runs when an error
    leaves the block is stopped, kernels included; a cluster finishes what it has begun. Raises
    UsageError for any other name, and for a cluster that does not answer, has no workers or runs
    another version of this package.
    """
    count = workers or os.cpu_count() or 1
    if where == "threads":
        with _threads(count) as executor:
            yield Pool(executor=executor, slots=count)
    elif where == "processes":
        with _threads(count) as threads, _processes(count) as processes:
            yield Pool(executor=_Apart(threads, processes), slots=count)
    else:
        address = urlsplit(where)
        if address.scheme != "dask" or not _has_host_and_port(where) or luggage is None:
            raise UsageError(f"--on {where!r} is no place to run on; expected {KNOWN}.")
        with _dask(address.netloc, luggage) as pool:
            yield pool


def _has_host_and_port(where: str) -> bool:
    address = urlsplit(where)
    try:
        return bool(address.hostname and address.port and address.path in ("", "/"))
    except ValueError:
        return False


@contextmanager
def _threads(count: int) -> Iterator[Executor]:
    # Loaded here, for threads that import the same modules at once can meet half-made ones.
    from research.execution.client import kill_kernels

    submitted: set[Future[Any]] = set()
    with _Noting(count, submitted) as executor:
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            while running := [one for one in submitted if not one.done()]:
                kill_kernels()
                wait(running, timeout=0.2)
            raise


class _Noting(ThreadPoolExecutor):
    """Threads that know what still runs in them."""

    def __init__(self, count: int, running: set[Future[Any]]) -> None:
        super().__init__(max_workers=count, thread_name_prefix="task")
        self._noted = running

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = super().submit(fn, *args, **kwargs)
        self._noted.add(future)
        future.add_done_callback(self._noted.discard)
        return future


class _Apart(Executor):
    """Drives kernels, and asks ahead of them, by threads; has all else done by processes."""

    def __init__(self, threads: Executor, processes: Executor) -> None:
        self._threads, self._processes = threads, processes

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        place = self._threads if fn in (ask, execute) else self._processes
        return place.submit(fn, *args, **kwargs)


@contextmanager
def _processes(count: int) -> Iterator[Executor]:
    spawn = multiprocessing.get_context("spawn")
    theirs, ours = spawn.Pipe(duplex=False)
    executor = ProcessPoolExecutor(
        max_workers=count, mp_context=spawn, initializer=_hang_on, initargs=(theirs,)
    )
    try:
        yield executor
    except BaseException:
        ours.close()
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    finally:
        executor.shutdown(wait=True)
        ours.close()
        theirs.close()


def _hang_on(lifeline: Connection) -> None:
    """End this worker, and the kernels it runs, when the other end of `lifeline` is gone.

    So it is when this run is over or interrupted, and however its process dies.
    """
    # Ctrl-C reaches the whole group of processes; only the one that was started decides. A
    # handler, since kernels would inherit that a signal is ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    threading.Thread(target=_wait_for_the_end, args=(lifeline,), daemon=True).start()
    import_nbformat()


def _wait_for_the_end(lifeline: Connection) -> None:
    try:
        lifeline.recv()
    except (EOFError, OSError):
        from research.execution.client import kill_kernels

        kill_kernels()
        os._exit(1)


@contextmanager
def _dask(address: str, luggage: Luggage) -> Iterator[Pool]:
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise UsageError(
            f"--on dask://{address} needs Dask, which is not installed here. Run: "
            "pip install -e '.[dask]'"
        ) from error
    try:
        client = Client(f"tcp://{address}", timeout=_CONNECT_S, set_as_default=False)
    except OSError as error:
        raise UsageError(
            f"no Dask scheduler answers at {address} ({error}). Start one with "
            f"`dask scheduler --port {address.rpartition(':')[2]}`, or correct --on."
        ) from error
    with client:
        slots = sum(client.nthreads().values())
        if not slots:
            raise UsageError(
                f"the Dask scheduler at {address} has no workers. Start some with "
                f"`dask worker tcp://{address} --nthreads 1`."
            )
        executor = Travelling(
            client.get_executor(pure=False), luggage, lost={KilledWorker: _lost(address)}
        )
        try:
            yield Pool(executor=executor, slots=slots)
        except BaseException:
            executor.shutdown(wait=False)
            raise


def _lost(address: str) -> Callable[[BaseException], ResearchError]:
    def told(error: BaseException) -> ResearchError:
        return LostWorkersError(
            f"the workers of {address} died, one after another, each while it did the same task: "
            f"{error} Look into their logs, often for too little memory, and run it again."
        )

    return told
