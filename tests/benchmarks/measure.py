"""Running a command and measuring it: wall, CPU of all its processes, peak memory of its tree."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from tests.benchmarks.figures import Sample

_SET_CHILD_SUBREAPER = 36  # prctl, Linux
_LOOK_S = 0.2


class CommandError(RuntimeError):
    """A command that was to be measured failed, so that its time means nothing."""


def adopt_orphans() -> None:
    """Become the parent of processes that a command leaves behind, so that their CPU is counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    memory: bool = False,
    look: Callable[[float], None] | None = None,
) -> tuple[Sample, str]:
    """Run `command` to its end; gives what it took and what it printed.

    With `memory` the tree is looked at five times a second, which takes CPU itself; each look is
    told to `look` (MB). Raises CommandError when the command fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = perf_counter()
    process = subprocess.Popen(
        command, env=dict(env), cwd=cwd, text=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    peak = _Peak(process.pid, look) if memory else None
    out, err = process.communicate()
    wall = perf_counter() - start
    peak_mb = peak.end() if peak else 0.0
    _reap()
    if process.returncode:
        told = "\n".join((err or out).strip().splitlines()[-8:])
        raise CommandError(f"{' '.join(command[:4])} … ended with {process.returncode}:\n{told}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Sample(wall_s=wall, cpu_s=cpu, peak_mb=peak_mb), out


def interleave(works: Sequence[Callable[[], Sample]], repetitions: int) -> list[list[Sample]]:
    """Run `works` in turn, A B A B …; gives the samples of each in the order of `works`."""
    samples: list[list[Sample]] = [[] for _ in works]
    for _ in range(repetitions):
        for own, work in zip(samples, works, strict=True):
            own.append(work())
    return samples


class _Peak:
    """Looks at a tree of processes from a thread and keeps the largest sum of its memory."""

    def __init__(self, pid: int, look: Callable[[float], None] | None) -> None:
        self._pid, self._look = pid, look
        self._largest = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Stop looking; the peak in MB."""
        self._done.set()
        self._thread.join()
        return self._largest

    def _watch(self) -> None:
        while not self._done.wait(_LOOK_S):
            now = tree_mb(self._pid)
            self._largest = max(self._largest, now)
            if self._look is not None and now:
                self._look(now)


def tree_mb(pid: int) -> float:
    """Memory of a process and all below it (MB); pages that forks share are counted once."""
    import psutil

    total = 0
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        for one in (top, *top.children(recursive=True)):
            with suppress(psutil.Error):
                told = one.memory_full_info()
                total += getattr(told, "pss", 0) or told.rss
    return total / 1e6


def _reap() -> None:
    # A command may end a moment before the processes it has started.
    deadline = perf_counter() + 5
    while perf_counter() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                threading.Event().wait(0.02)
        except ChildProcessError:
            return
