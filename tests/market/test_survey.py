"""A market that is looked into in one process and kept in another, and one source of many days."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from research.market import Market, market
from research.market.checks import check
from research.market.sources import COLUMNS
from research.market.survey import hold, keep, look
from research.params import Params, load

DAY = "2026-01-28"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    market._kept.clear()


@pytest.fixture(scope="module")
def params(root: Path) -> Params:
    return load(root / "params" / "mining-rally.yaml")


def layouts(rows: pd.DataFrame) -> list[Any]:
    """How the numbers of a frame lie in memory, by which sums of them can differ."""
    blocks = [block.values for block in rows._mgr.blocks]
    return [
        (one.shape, one.flags.c_contiguous, one.flags.f_contiguous)
        for one in blocks
        if hasattr(one, "flags")
    ]


def test_a_market_handed_over_is_the_market_that_was_looked_into(params: Params) -> None:
    there = look(params.path, DAY, "sample")
    there.market.price_rows(params.universe.instruments[0].id)  # as gates do of receipts
    said = keep(lambda: pickle.loads(pickle.dumps(there, protocol=5)), params.path, DAY, "sample")
    here = Market.open(params, source="sample", as_of=DAY)
    assert here is market._kept[-1][2]
    assert here is not there.market
    assert said == there.said
    assert said["params"] == params.sources
    assert said["as_of"] == DAY
    for dataset in COLUMNS:
        mine, its = here.frame(dataset), there.market.frame(dataset)
        pd.testing.assert_frame_equal(mine, its, check_exact=True)
        assert layouts(mine) == layouts(its)


def test_what_was_checked_is_not_checked_again_by_who_took_it_over(
    params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = pickle.dumps(look(params.path, DAY, "sample"))
    keep(lambda: pickle.loads(handed), params.path, DAY, "sample")
    monkeypatch.setattr("research.market.checks._check", None)
    assert check(Market.open(params, source="sample", as_of=DAY)).results


def test_parameters_are_read_before_another_process_is_waited_for(
    params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    monkeypatch.setattr("research.market.survey.load", lambda _: steps.append("parameters"))

    def waited() -> Any:
        steps.append("market")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        keep(waited, params.path, DAY, "sample")
    assert steps == ["parameters", "market"]


def test_a_source_that_is_held_is_read_once_for_the_markets_of_many_days(
    params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {day: Market.open(params, as_of=day).inputs() for day in ("2026-01-23", DAY)}
    hold(params.path, "sample")
    monkeypatch.setattr("research.market.market.open_source", None)
    monkeypatch.setattr("research.market.market.ordered", None)
    for day, inputs in expected.items():
        assert look(params.path, day, "sample").said["inputs"] == inputs
    assert Market.open(params, as_of=DAY) is not Market.open(params, as_of=DAY), "none is kept"
