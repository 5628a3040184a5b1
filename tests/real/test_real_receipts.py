"""Real receipts and home shares of one company, held against each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from research.calendar import Calendar
from research.market.checks.adr import check_adr
from research.market.checks.result import GateResult
from research.market.market import Market
from research.market.sources.files import FilesSource
from research.params.models import Instrument, Listing, Params

CATALOGUE = """
title: two lines
entries:
  - source: New York
    licence: Unlicense
    folder: {market}/miners-ohlcv-2000-2024
    files: {{ bhp: BHP.csv, rio-tinto: RIO.csv }}
    columns: {{ date: Date, close: Close }}
    unit: USD
    available: date + 0 days at 16:00 America/New_York
    first: 2023-01-03
    repairs: []
  - source: London
    licence: not for redistribution
    folder: {market}/london-daily-2023-2024
    files: {{ bhp-london: BHP.L.csv, rio-london: RIO.L.csv }}
    columns: {{ date: Date, close: Close }}
    unit: GBp
    available: date + 0 days at 16:30 Europe/London
    last: 2024-03-11     # the last row is of a running session
  - source: FX
    licence: not for redistribution
    folder: {market}/futures-ohlcv-2019-2026
    files: {{ gbpusd: GBPUSD=X.csv }}
    columns: {{ date: Date, close: close }}
    unit: USD per GBP
    available: date + 0 days at 22:00 Europe/London
"""


@pytest.fixture
def held(tmp_path: Path, shared: Path, params: Params) -> Callable[[float], list[GateResult]]:
    """What the gate says of BHP and Rio Tinto when BHP's receipt is taken for so many shares."""

    def at(ratio: float) -> list[GateResult]:
        ones = []
        for one in params.universe.instruments:
            if one.id == "bhp":
                listings = [
                    line.model_copy(update={"ordinary_per_share": ratio})
                    if line.exchange == "XNYS"
                    else line
                    for line in one.listings
                ]
                one = one.model_copy(update={"listings": tuple(listings)})
            ones.append(one)
        for name, of, ticker in (("bhp-london", "bhp", "BHP"), ("rio-london", "rio-tinto", "RIO")):
            listing = Listing(ticker=ticker, exchange="XLON", unit="GBp", primary=True)
            ones.append(
                Instrument(
                    id=name,
                    name=name,
                    label=name,
                    kind="line",
                    stands_in_for=of,
                    listings=(listing,),
                )
            )
        universe = params.universe.model_copy(update={"instruments": tuple(ones)})
        path = tmp_path / "catalogue.yaml"
        path.write_text(CATALOGUE.format(market=shared / "market"), encoding="utf-8")
        source = FilesSource(path, universe, Calendar("NYSE"))
        market = Market(params.model_copy(update={"universe": universe}), source, "2024-03-08")
        return list(check_adr(market, "prices", market.frame("prices")))

    return at


def test_a_year_of_two_companies_two_lines_is_within_the_gap(
    held: Callable[[float], list[GateResult]],
) -> None:
    assert held(2.0) == []


def test_a_receipt_taken_for_one_share_is_told_with_its_factor(
    held: Callable[[float], list[GateResult]],
) -> None:
    (found,) = held(1.0)
    assert (found.status, found.subject) == ("DEGRADED", "bhp-london")
    assert (
        "bhp-london is 0.499 times bhp by the ordinary share on 245 sessions in a row"
        in found.message
    )
