"""A store of many instruments, of which a universe of 40 is opened.

Each way reads in a process of its own and tells its seconds (wall, and of the processor) and the
most memory it held above what its imports took.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Goal, Row, Sample, faster
from tests.benchmarks.measure import interleave
from tests.benchmarks.workshop import ROOT, Workshop

INSTRUMENTS, YEARS, UNIVERSE, PIECES, WEEKS = 3_000, 25, 40, 10, 8


def fill(folder: Path) -> None:
    """Daily prices of all instruments: a first fetch in pieces of the list, then a few weeks."""
    import numpy as np
    import pandas as pd

    from research.market.store import Store

    store = Store(folder)
    every = pd.bdate_range("2001-01-01", periods=YEARS * 252 + WEEKS * 5)
    names = np.array([f"i{n:04}" for n in range(INSTRUMENTS)])
    drawn = np.random.default_rng(6)
    days = every[: -WEEKS * 5]
    spans = [(part, days) for part in np.array_split(names, PIECES)]
    spans += [(names, every[-5 * (n + 1) :][:5]) for n in reversed(range(WEEKS))]
    for number, (part, span) in enumerate(spans):
        date = np.tile(span.to_numpy(), len(part))
        frame = pd.DataFrame({"instrument": np.repeat(part, len(span)), "date": date})
        close = np.round(drawn.uniform(5, 500, len(frame)), 2)
        frame = frame.assign(
            close=close, adj_close=close * 0.9, unit="USD", price_type="close", source="S",
            available_at=pd.DatetimeIndex(date).tz_localize("UTC"),
        )  # fmt: skip
        moment = dt.datetime(2027, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number)
        store.add("s", "prices", frame, fetched_at=moment, address="x", licence="y")


def read(folder: Path, count: int) -> None:
    """Read `count` instruments, all when it is 0, and tell what it took."""
    from research.market.store import Store

    store = Store(folder)
    step = INSTRUMENTS // (count or 1)
    keys = {f"i{n * step:04}" for n in range(count)} or None
    held, before = _most_mb(), resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    store.read("s", "prices", keys=keys)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mb = _most_mb() - held
    sys.stdout.write(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mb": mb}))


def _most_mb() -> float:
    # Not ru_maxrss, in which Linux counts the parent of a process that it was forked from.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def store_rows(shop: Workshop) -> Iterator[Row]:
    """A universe of a large store against all of it: time, and memory above the imports'."""
    folder = shop.fresh("store")
    fill(folder)
    ours, theirs = interleave(
        [lambda: _read_apart(folder, UNIVERSE), lambda: _read_apart(folder, 0)], shop.repetitions
    )
    whole = f"all {INSTRUMENTS:,} × {YEARS} years"
    yield Row(
        group="store", work=f"{UNIVERSE} instruments opened", against=whole, ours=ours,
        theirs=theirs, value=faster(ours, theirs), goal=Goal(kind="at least", limit=10),
    )  # fmt: skip
    for work, told in ((f"{UNIVERSE} instruments", ours), (whole, theirs)):
        yield Row(
            group="store", work=f"memory of {work}", unit="MB",
            value=statistics.median(one.peak_mb for one in told),
        )  # fmt: skip


def _read_apart(folder: Path, count: int) -> Sample:
    command = [sys.executable, "-m", __name__, str(folder), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return Sample(**json.loads(done.stdout))


if __name__ == "__main__":
    read(Path(sys.argv[1]), int(sys.argv[2]))
