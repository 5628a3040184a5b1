"""Nothing that becomes public after `as_of` changes anything that the Market says."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from research.calendar import cutoff
from research.market import Market
from research.market.checks import check
from research.market.sources import BESIDES, COLUMNS, DAY, conform
from research.market.sources.sample import SampleSource
from research.market.sources.sample_tables import load_calibration
from research.params.models import Params

IDS = ("acwi", "copper", "gbpusd", "gold", "silver", "us3m", "fresnillo", "freeport")


@pytest.fixture(scope="module")
def small() -> SampleSource:
    """The sample market of a few instruments, so that many dates can be tried."""
    whole = load_calibration()
    return SampleSource(
        dataclasses.replace(
            whole,
            paths={key: whole.paths[key] for key in IDS},
            companies=tuple(one for one in whole.companies if one.id in IDS),
        )
    )


class Longer:
    """A source with rows appended to one dataset, and so with a later last session."""

    def __init__(self, source: SampleSource, dataset: str, rows: pd.DataFrame) -> None:
        self.title, self.illustrative = source.title, source.illustrative
        self.first_session, self.last_session = source.first_session, dt.date(2030, 1, 2)
        self.columns = source.columns
        self._source, self._dataset, self._rows = source, dataset, rows

    def read(self, dataset: str) -> pd.DataFrame:
        frame = self._source.read(dataset)
        if dataset != self._dataset:
            return frame
        return conform(dataset, pd.concat([self._rows, frame], ignore_index=True))

    def inputs(self) -> dict[str, str]:
        return {**self._source.inputs(), "appended": self._dataset}


def _said(market: Market) -> dict[str, Any]:
    quotes = {key: market.latest(key) for key in IDS}
    ids = ["fresnillo", "freeport"]
    return {
        **{dataset: market.frame(dataset) for dataset in COLUMNS},
        **{f"has {dataset}": market.has(dataset) for dataset in COLUMNS},
        "closes": market.closes(["gold", "silver"]).frame,
        "closes in dollars": market.closes(ids, unit="USD").frame,
        "total return": market.total_return([*ids, "acwi", "gold"]),
        "consensus": market.consensus("ebitda"),
        "reported": market.reported("net_debt"),
        "quotes": quotes,
        "sources": market.sources(["gold"]),
        "inputs": market.inputs(),
        "gates": check(market),
        "as_of": (market.as_of, market.as_of_note),
    }


def _invent(draw: Any, source: SampleSource, dataset: str, as_of: dt.date) -> pd.DataFrame:
    """Rows like those of the dataset, wildly wrong, of any day, public after `as_of`."""
    rows = source.read(dataset)
    if rows.empty:
        rows = _one_of(dataset)
    picked = draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=5))
    frame = rows.iloc[picked].reset_index(drop=True)
    late = draw(st.integers(1, 10**15))
    frame["available_at"] = pd.Timestamp(cutoff(as_of)) + pd.Timedelta(microseconds=late)
    for column, kind in COLUMNS[dataset].items():
        if kind == "float64":
            frame[column] = draw(st.floats(-1e9, 1e9))
        elif column == "date" and draw(st.booleans()):
            frame[column] = pd.Timestamp(as_of) + pd.Timedelta(days=draw(st.integers(1, 900)))
    if "unit" in frame:
        frame["unit"] = "ZAc"
    return frame


def _one_of(dataset: str) -> pd.DataFrame:
    """A row of a dataset that the sample does not have."""
    usual = {"str": "newmont", "float64": 1.0, DAY: pd.Timestamp("2020-01-01")}
    now = pd.Timestamp("2020-01-01", tz="UTC")
    return pd.DataFrame({name: [usual.get(kind, now)] for name, kind in COLUMNS[dataset].items()})


@given(data=st.data())
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.parametrize("dataset", COLUMNS)
def test_appending_the_future_changes_no_output(
    params: Params, small: SampleSource, dataset: str, data: st.DataObject
) -> None:
    day = data.draw(st.dates(dt.date(2018, 1, 2), dt.date(2026, 1, 30)))
    known = Market(params, small, day, name="sample")
    longer = Longer(small, dataset, _invent(data.draw, small, dataset, day))
    told = Market(params, longer, day, name="sample")
    expected, found = _said(known), _said(told)
    for name, value in expected.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(found[name], value)
        else:
            assert found[name] == value, name


def test_no_row_is_seen_before_it_is_public(params: Params, small: SampleSource) -> None:
    market = Market(params, small, "2024-09-06")
    for dataset in (one for one in COLUMNS if one not in BESIDES):
        rows = market.frame(dataset)
        assert not rows.empty
        assert (rows["available_at"] <= pd.Timestamp(cutoff(market.as_of))).all()
        assert len(rows) < len(small.read(dataset))


def test_a_row_is_seen_from_the_day_on_that_it_became_public(
    params: Params, small: SampleSource
) -> None:
    annual = pd.Timestamp("2024-12-31")
    before = Market(params, small, "2025-02-28").reported("ebitda")
    after = Market(params, small, "2025-03-03").reported("ebitda")
    assert annual not in set(before["period_end"])
    assert set(after[after["period_end"] == annual]["instrument"]) == {"freeport", "fresnillo"}
