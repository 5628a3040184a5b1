"""Opening a market on a desk's own files and reading every close of it.

Run as `read_catalogue.py PARAMS CATALOGUE`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from research.market import Market
from research.params import load


def main(params: str, catalogue: Path) -> None:
    """Open, read the rows, lay the closes of all instruments side by side."""
    market = Market.open(load(params), source=f"files:{catalogue}")
    prices = market.frame("prices")
    market.closes(sorted(set(prices["instrument"])), unit="USD")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
