"""A store of many instruments against a universe of 40: `python tests/benchmarks/store_reading.py`.

Each way reads in a process of its own and tells its seconds (wall, and of the processor) and the
most memory it held above what its imports took.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
    rows = len(store.read("s", "prices", keys=keys))
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mb = _most_mb() - held
    told = {"rows": rows, "wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "mb": round(mb)}
    sys.stdout.write(json.dumps(told))


def _most_mb() -> float:
    # Not ru_maxrss, in which Linux counts the parent of a process that it was forked from.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Fill a store, read a universe of it and the whole of it, and print both."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet")) / 2**20
        told = {}
        for count in (UNIVERSE, 0):
            command = [sys.executable, __file__, folder, str(count)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            told[count] = json.loads(done.stdout)
        share = told[UNIVERSE]["cpu_s"] / told[0]["cpu_s"]
        sys.stdout.write(
            f"store of {INSTRUMENTS:,} instruments × {YEARS} years, {size:,.0f} MB, "
            f"{PIECES + WEEKS} vintages\n  {UNIVERSE} of them: {told[UNIVERSE]}\n"
            f"  all: {told[0]}\n  share of the processor's time: {share:.1%}\n"
        )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        read(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
