"""A market made of what a test puts into it, with the parameters of the real note."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import yaml

from research.market.units import Panel, Unit
from research.params.models import Claim, Claims, Decks, Method, Universe

AS_OF = dt.date(2026, 1, 30)
COLUMNS = {
    "prices": ["instrument", "date", "close", "adj_close", "unit", "price_type", "available_at"],
    "fundamentals": [
        "instrument",
        "item",
        "period_end",
        "value",
        "unit",
        "published_at",
        "available_at",
    ],
    "consensus": ["instrument", "item", "fiscal_year_end", "value", "unit", "available_at"],
    "ratings": ["analyst", "broker", "instrument", "date", "rating", "available_at"],
    "ownership": ["fund", "group", "date", "weight", "benchmark_weight", "available_at"],
    "rating_counts": ["instrument", "date", "rating", "count", "available_at"],
}


class FakeQuote(NamedTuple):
    id: str
    value: float
    unit: Unit
    date: dt.date
    price_type: str
    source: str
    stale: bool


@dataclass
class FakeMarket:
    """Daily levels by id, each in its own unit; adjusted levels are the closes unless given."""

    levels: dict[str, pd.Series]
    universe: Universe
    method: Method
    as_of: dt.date = AS_OF
    adjusted: dict[str, pd.Series] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    datasets: dict[str, pd.DataFrame] = field(default_factory=dict)

    def _unit(self, id: str) -> str:
        one = self.universe[id]
        primary = next((line.unit for line in one.listings if line.primary), None)
        return self.units.get(id) or one.unit or primary or "USD"

    def has(self, dataset: str) -> bool:
        return not self.frame(dataset).empty

    def once(self, key: object, compute: Callable[[], Any]) -> Any:
        return compute()  # a test may change what it has put in

    def frame(self, dataset: str) -> pd.DataFrame:
        if dataset != "prices":
            return self.datasets.get(dataset, pd.DataFrame(columns=COLUMNS[dataset]))
        rows = [
            pd.DataFrame(
                {
                    "instrument": one,
                    "date": series.index,
                    "close": series.to_numpy(),
                    "adj_close": self.adjusted.get(one, series).to_numpy(),
                    "unit": self._unit(one),
                    "price_type": self.types.get(one, "close"),
                }
            )
            for one, series in self.levels.items()
        ]
        return pd.concat(rows) if rows else pd.DataFrame(columns=COLUMNS["prices"])

    def price_rows(self, id: str) -> pd.DataFrame:
        rows = self.frame("prices")
        return rows[rows["instrument"] == id]

    def closes(
        self,
        ids: list[str],
        *,
        unit: str | None = None,
        fill_days: int | None = None,
        rolled: bool = False,
    ) -> Panel:
        table = pd.DataFrame({one: self.levels.get(one, pd.Series(dtype=float)) for one in ids})
        table.index = pd.DatetimeIndex(table.index)
        if unit == "USD":
            for one in ids:
                quoted = Unit(self._unit(one))
                rate = 1.0 if quoted.currency == "USD" else self._rate(quoted.currency)
                table[one] = table[one] * quoted.scale * rate
        return Panel(table, Unit(unit or self._unit(ids[0])))

    def _rate(self, currency: str | None) -> float:
        pair = self.levels.get(f"{currency}usd".lower())
        return float("nan") if pair is None else float(pair.iloc[-1])

    def total_return(
        self, ids: list[str], *, currency: str = "USD", fill_days: int | None = None
    ) -> pd.DataFrame:
        empty = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
        levels = pd.DataFrame(
            {one: self.adjusted.get(one, self.levels.get(one, empty)) for one in ids}
        )
        if currency == "USD":
            return levels
        return levels.div(self.levels.get(f"{currency}usd".lower(), empty), axis=0)

    def latest(self, id: str) -> FakeQuote | None:
        series = self.levels.get(id, pd.Series(dtype=float)).dropna()
        if series.empty:
            return None
        day = series.index[-1].date()
        stale = (self.as_of - day).days > 5
        return FakeQuote(
            id, float(series.iloc[-1]), Unit(self._unit(id)), day,
            self.types.get(id, "close"), "a test", stale,
        )  # fmt: skip

    def consensus(self, item: str) -> pd.DataFrame:
        rows = self.frame("consensus")
        rows = rows[rows["item"] == item].sort_values("available_at")
        return rows.drop_duplicates(["instrument", "fiscal_year_end"], keep="last")

    def reported(self, item: str) -> pd.DataFrame:
        rows = self.frame("fundamentals")
        rows = rows[rows["item"] == item].sort_values(["instrument", "period_end", "available_at"])
        return rows.drop_duplicates(["instrument", "period_end"], keep="last")


def _yaml(root: Path, name: str) -> Any:
    return yaml.safe_load((root / "params" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def method(root: Path) -> Method:
    return Method.model_validate(_yaml(root, "method.yaml"))


@pytest.fixture(scope="session")
def universe(root: Path) -> Universe:
    return Universe.model_validate(_yaml(root, "universe.yaml"))


@pytest.fixture(scope="session")
def ledger(root: Path) -> Claims:
    return Claims.model_validate(_yaml(root, "claims.yaml"))


@pytest.fixture(scope="session")
def decks(root: Path) -> Decks:
    return Decks.model_validate(_yaml(root, "decks.yaml"))


@pytest.fixture
def make_market(universe: Universe, method: Method) -> Callable[..., FakeMarket]:
    """A market of the given series, by id."""

    def make(levels: dict[str, pd.Series], **more: Any) -> FakeMarket:
        return FakeMarket(levels, universe, method, **more)

    return make


@pytest.fixture
def weekdays() -> pd.DatetimeIndex:
    """Twelve years of weekdays that end at `as_of`."""
    return pd.bdate_range(end=AS_OF, periods=12 * 261)


@pytest.fixture
def claim(ledger: Claims) -> Callable[[str], Claim]:
    return ledger.__getitem__


@pytest.fixture(scope="session")
def oracles(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "oracles.json").read_text(encoding="utf-8"))


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20260130)
