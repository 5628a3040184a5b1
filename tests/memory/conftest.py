"""Rows as editions append them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from research.memory import chain
from research.memory.tables import FORECASTS, OUTCOMES

Row = dict[str, Any]


@pytest.fixture(scope="session")
def forecast() -> Callable[..., Row]:
    def make(edition: str = "2026-W05", **more: Any) -> Row:
        return {
            "edition": edition, "as_of": "2026-01-30", "illustrative": False, "event": "E1",
            "proxy": "pick", "horizon_weeks": 13, "ends_on": "2026-05-01", "above": 0.0,
            "below": None, "p": 0.55, "p0": 0.6, "method": "1", "replayed": False,
            "completed_at": "2026-01-30T22:00:00Z", "code": "0.1.0", "inputs": "ab" * 32,
            "revision": 0, **more,
        }  # fmt: skip

    return make


@pytest.fixture(scope="session")
def outcome() -> Callable[..., Row]:
    def make(edition: str = "2026-W05", **more: Any) -> Row:
        return {
            "edition": edition, "illustrative": False, "event": "E1", "proxy": "pick",
            "ends_on": "2026-05-01", "resolved_in": "2026-W18", "value": -0.0207, "outcome": 0,
            "reason": "", **more,
        }  # fmt: skip

    return make


@pytest.fixture
def three(forecast: Callable[..., Row]) -> bytes:
    """The content of a table with three rows."""
    rows = [forecast(f"2026-W0{n}", p=n / 10) for n in (3, 4, 5)]
    return chain.extend(b"", rows, FORECASTS, name="forecasts.csv")


@pytest.fixture
def tables(forecast: Callable[..., Row], outcome: Callable[..., Row]) -> Callable[..., None]:
    """Writes both tables of a note into its folder."""

    def write(home: Any, forecasts: list[Row], outcomes: list[Row]) -> None:
        folder = home / "memory"
        folder.mkdir(parents=True, exist_ok=True)
        for table, rows in ((FORECASTS, forecasts), (OUTCOMES, outcomes)):
            (folder / table.file).write_bytes(chain.extend(b"", rows, table, name=table.file))

    return write
