"""What is computed once for all notebooks: the same as each would compute, and theirs to find."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from research.analysis import arguments
from research.analysis.ahead import findings, week_before
from research.analysis.since import day_of_last
from research.market import Market, market
from research.params import Params, load


@pytest.fixture
def params(root: Path) -> Params:
    return load(root / "params" / "mining-rally.yaml")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    market._kept.clear()
    arguments._kept.clear()


def told(found: tuple[Any, ...]) -> list[Any]:
    return [(one.claim.id, one.verdict, one.estimate, one.ci, one.p_holm) for one in found]


def test_findings_of_a_day_are_found_again_and_are_those_of_a_market_opened_anew(
    params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Market.open(params, as_of="2026-01-30")
    expected = arguments.judge(params.claims, alone, params.method)
    findings(params.path, "latest", "")
    shared = Market.open(load(params.path), as_of="2026-01-30")
    assert shared is Market.open(params) is Market.open(params, source="sample")
    monkeypatch.setattr(arguments, "_tested", None)  # none is tested once more
    again = load(params.path)
    assert told(arguments.judge(again.claims, shared, again.method)) == told(expected)
    assert shared.inputs() == alone.inputs()


def test_another_day_other_parameters_and_other_markets_are_not_taken_for_it(
    params: Params,
) -> None:
    findings(params.path, "2026-01-30", "")
    kept = Market.open(params, as_of="2026-01-30")
    assert Market.open(params, as_of="2026-01-23") is not kept
    assert Market.open(params) is not kept, "nobody has said that this day is the latest"
    other = params.model_copy(update={"sources": {**params.sources, "params/x.yaml": "0" * 64}})
    assert Market.open(other, as_of="2026-01-30") is not kept
    fewer = params.claims.model_copy(update={"claims": params.claims.claims[:1]})
    assert len(arguments.judge(fewer, kept, params.method)) == 1


def test_a_notebook_that_changes_what_it_was_given_changes_nobody_elses(params: Params) -> None:
    findings(params.path, "2026-01-30", "")
    mine = Market.open(params, as_of="2026-01-30").frame("prices")
    before = mine["close"].copy()
    mine.loc[:, "close"] = 0.0
    again = Market.open(params, as_of="2026-01-30").frame("prices")
    pd.testing.assert_series_equal(again["close"], before)


@pytest.mark.parametrize("last", [None, {"as_of": "2026-01-23"}], ids=["first", "weekly"])
def test_the_week_before_is_found_as_well_with_and_without_an_edition_of_that_day(
    params: Params, monkeypatch: pytest.MonkeyPatch, last: dict[str, str] | None
) -> None:
    findings(params.path, "2026-01-30", "")
    week_before(params.path, "2026-01-30", "")
    market = Market.open(params, as_of="2026-01-30")
    week_ago = Market.open(params, as_of=day_of_last(last, market))
    assert week_ago.as_of == dt.date(2026, 1, 23)
    assert week_ago is Market.open(params, as_of=day_of_last(last, market))
    assert week_ago.source is market.source, "files are read once for all days"
    monkeypatch.setattr(arguments, "_tested", None)  # none is tested once more
    assert len(arguments.judge(params.claims, week_ago, params.method)) == len(params.claims.claims)
