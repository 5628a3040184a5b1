"""Opening a market on a desk's own files and reading every close of it.

Run as `read_catalogue.py PARAMS CATALOGUE`; prints its CPU and wall seconds without those of
imports, which would hide how the rest grows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from research.market import Market
from research.params import load


def main(params: str, catalogue: Path) -> None:
    """Open, read the rows, lay the closes of all instruments side by side."""
    loaded = load(params)
    Market.open(loaded, source="sample").frame("prices")  # what is imported when it is needed
    wall, cpu = perf_counter(), process_time()
    market = Market.open(loaded, source=f"files:{catalogue}")
    prices = market.frame("prices")
    market.closes(sorted(set(prices["instrument"])), unit="USD")
    told = {"wall_s": perf_counter() - wall, "cpu_s": process_time() - cpu}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
