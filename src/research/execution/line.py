"""Tasks in line for the slots of a pool: the lowest rank first, results handed out one by one."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass
from typing import Any

from research.errors import ResearchError
from research.execution.executors import Pool


class WorkerDiedError(ResearchError):
    """A process that did the work is gone."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A call to be made elsewhere; one of `receive` and `fail` is told here how it ended.

    A task that is not `wanted` any more is not begun, or its end is told to nobody.
    """

    call: Callable[[], Future[Any]]
    receive: Callable[[Any], None]
    fail: Callable[[ResearchError], None]
    wanted: Callable[[], bool]


class Line:
    """As many tasks at a time as the `pool` has slots."""

    def __init__(self, pool: Pool) -> None:
        self._slots = pool.slots
        self._waiting: list[tuple[int, int, Task]] = []
        self._running: dict[Future[Any], Task] = {}
        self._apart: dict[Future[Any], Task] = {}
        self._numbers = itertools.count()

    def put(self, rank: int, task: Task) -> None:
        """Begin the task when a slot is free and none of a lower rank waits."""
        heapq.heappush(self._waiting, (rank, next(self._numbers), task))

    def begin(self, task: Task) -> None:
        """Begin the task now, in no slot."""
        self._apart[task.call()] = task

    def turn(self) -> None:
        """Fill the slots, wait until a task ends, and tell of all that have ended.

        What goes wrong becomes the ResearchError of its task. Raises WorkerDiedError when the pool
        itself is broken.
        """
        while self._waiting and len(self._running) < self._slots:
            _, _, task = heapq.heappop(self._waiting)
            if task.wanted():
                self._running[task.call()] = task
        if not self._running and not self._apart:
            return
        done, _ = wait([*self._running, *self._apart], return_when=FIRST_COMPLETED)
        for future in done:
            task = (self._running if future in self._running else self._apart).pop(future)
            if task.wanted():
                self._tell(task, future)

    def _tell(self, task: Task, future: Future[Any]) -> None:
        try:
            task.receive(future.result())
        except BrokenExecutor as error:
            raise WorkerDiedError(
                "a worker process died, often for want of memory. What is published stays; run "
                "the same command again to go on, with fewer --jobs."
            ) from error
        except ResearchError as error:
            task.fail(error)
        except Exception as error:  # one edition must not end a night's work
            task.fail(ResearchError(f"{type(error).__name__}: {error}"))
