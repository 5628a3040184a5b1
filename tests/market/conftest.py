"""The note's own parameters without its notebooks, and markets made of a few rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from research.market import Market
from research.market.sources import COLUMNS, conform, empty
from research.params.models import Claims, Decks, Method, Note, Params, Universe

FOLDER = Path(__file__).parents[2] / "params"


@pytest.fixture(scope="session")
def params() -> Params:
    """The note's parameters as they stand in the repository, source `sample`."""

    def read(name: str) -> Any:
        return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))

    own = {**read("mining-rally.yaml"), "source": "sample", "as_of": "latest", "calendar": "NYSE"}
    return Params(
        note=Note.model_validate(own),
        universe=Universe.model_validate(read("universe.yaml")),
        claims=Claims.model_validate(read("claims.yaml")),
        method=Method.model_validate(read("method.yaml")),
        decks=Decks.model_validate(read("decks.yaml")),
        path=str(FOLDER / "mining-rally.yaml"),
        sources={},
    )


class TableSource:
    """A source of the frames it is given."""

    title = "Two rows"
    illustrative = False
    columns: Mapping[str, Mapping[str, str]] = COLUMNS

    def __init__(self, frames: Mapping[str, pd.DataFrame], first: dt.date, last: dt.date) -> None:
        self.frames = dict(frames)
        self.first_session, self.last_session = first, last
        self.reads: list[str] = []

    def read(self, dataset: str) -> pd.DataFrame:
        self.reads.append(dataset)
        return self.frames.get(dataset, empty(dataset))

    def inputs(self) -> dict[str, str]:
        return {}


@pytest.fixture
def market_of(params: Params) -> Callable[..., Market]:
    """A market of price rows `(instrument, date, close, unit)`, each public at 21:00 UTC."""

    def make(
        *rows: tuple[str, str, float, str],
        as_of: str = "latest",
        source: str = "Exchange",
        **more: Any,
    ) -> Market:
        frame = pd.DataFrame(rows, columns=["instrument", "date", "close", "unit"])
        frame["date"] = pd.to_datetime(frame["date"])
        frame["available_at"] = (frame["date"] + pd.Timedelta(hours=21)).dt.tz_localize("UTC")
        frame = frame.assign(adj_close=float("nan"), price_type="close", source=source)
        first, last = frame["date"].min().date(), frame["date"].max().date()
        frames = {"prices": conform("prices", frame.assign(**more))}
        return Market(params, TableSource(frames, first, last), as_of)

    return make


@pytest.fixture
def market_from(params: Params) -> Callable[..., Market]:
    """A market of whole frames by dataset, from the first to the last day of their prices."""
    usual = params

    def make(
        frames: Mapping[str, pd.DataFrame], as_of: str = "latest", *, params: Params = usual
    ) -> Market:
        days = frames["prices"]["date"]
        source = TableSource(frames, days.min().date(), days.max().date())
        return Market(params, source, as_of)

    return make
