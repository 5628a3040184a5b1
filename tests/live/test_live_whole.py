"""From live sources to a note: everything fetched, stored, opened, checked and built."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from research.edition.build import build
from research.edition.fetch import fetching
from research.edition.plan import plan
from research.params import load
from research.params.feeds import FEED_IDS
from tests.live.conftest import Replayed
from tests.live.world import World

MOMENT = dt.datetime(2026, 1, 30, 23, 30, tzinfo=dt.UTC)
PATHS = {
    "world-bank": "/CMO-Historical-Data-Monthly.xlsx",
    "ishares": "/get-product-data",
}
NOWHERE = "http://127.0.0.1:9"
# What no source here feeds, and so is missing from every note of live sources alone.
NEVER = "prices: nothing for 3 of 65 instruments: iron-ore, lithium, leading-indicator."
# Exhibits that need accounts by date, output, or revenue by metal, which Yahoo does not know.
ALWAYS = {"implied-gold", "multiple-change", "sensitivity", "decks"}

Fetch = Callable[..., tuple[Path, list[str]]]


@pytest.fixture
def fetch(
    server: Replayed, root: Path, tmp_path: Path, waits: list[float], monkeypatch: Any
) -> Any:
    """Makes a desk and fetches all, while the named sources are down → its note, what failed."""
    note = tmp_path / "desk" / "params" / "mining-rally.yaml"
    for folder in ("params", "notebooks"):
        shutil.copytree(root / folder, tmp_path / "desk" / folder)
    params = load(note)
    world = World(params, MOMENT)
    for feed in params.feeds.feeds:
        for path, body in world.answers(feed):
            server.at(path, body)
    monkeypatch.setattr("time.sleep", waits.append)  # of clients whose source is down

    def fetched(*down: str) -> tuple[Path, list[str]]:
        environ = {
            f"RESEARCH_{one.upper().replace('-', '_')}_ADDRESS": (
                NOWHERE if one in down else server.address + PATHS.get(one, "")
            )
            for one in FEED_IDS
        }
        asked = fetching(params, moment=MOMENT.isoformat(), environ=environ)
        failures = [failure for outcome in asked.run() for failure in outcome.failures]
        monkeypatch.undo()
        return note, failures

    return fetched


def built(note: Path, tmp_path: Path) -> tuple[Mapping[str, Any], Path]:
    planned = plan(load(note), source="store", reports=tmp_path / "reports")
    edition = build(planned, completed_at="2026-01-31T06:00:00Z", workers=2)
    return edition.record, edition.folder


def told(record: Mapping[str, Any], dataset: str) -> list[str]:
    results = record["gates"]["results"]
    return [one["message"] for one in results if one["dataset"] == dataset]


def left_out(record: Mapping[str, Any]) -> set[str]:
    return {
        one["subject"]
        for one in record["gates"]["results"]
        if one["dataset"] == "exhibit" and "is left out" in one["message"]
    }


def test_all_sources_make_a_note_with_accounts_estimates_and_ratings(
    fetch: Fetch, tmp_path: Path
) -> None:
    note, failures = fetch()
    assert failures == []
    record, folder = built(note, tmp_path)
    status = {one["dataset"]: one["status"] for one in record["gates"]["results"]}
    assert {name: status[name] for name in ("fundamentals", "consensus", "ratings")} == {
        "fundamentals": "PASS", "consensus": "PASS", "ratings": "PASS",
    }  # fmt: skip
    assert told(record, "prices")[0].startswith(NEVER)
    assert left_out(record) == ALWAYS
    tables = {name: pd.read_csv(folder / "data" / f"{name}.csv") for name in ("comps", "returns")}
    known = {name: table.notna().sum() for name, table in tables.items()}
    valued = ("Price (local)", "Market value (USD bn)", "EV (USD bn)", "P/E 2026 (×)")
    assert all(known["comps"][column] >= 30 for column in valued), known
    rated = ("Buy (analysts)", "Hold (analysts)", "Sell (analysts)")
    assert all(known["returns"][column] >= 30 for column in rated), known
    page = next(folder.glob("*.html")).read_text(encoding="utf-8")
    assert "Exhibits left out: 9, 10, 11, 12. Exhibits with gaps: " in page
    assert any("is left out: No producer’s output" in one for one in told(record, "exhibit"))


LOST = {
    "lbma": ("Exhibit 1 is without a current price of Gold.", "own-history"),
    "yahoo": ("", "comps"),
    "fred": ("", "own-history"),
    "world-bank": ("Aluminium, Zinc, Nickel", ""),
    "cftc": ("", ""),
    "ishares": ("", ""),
}


@pytest.mark.parametrize(
    "source",
    [one if one in ("lbma", "yahoo") else pytest.param(one, marks=pytest.mark.slow)
     for one in FEED_IDS],
)  # fmt: skip
def test_a_source_that_is_down_costs_its_own_exhibits_and_they_are_named(
    fetch: Fetch, tmp_path: Path, source: str
) -> None:
    note, failures = fetch(source)
    assert all(failure.startswith(source) for failure in failures)
    assert "could not be reached, 4 times" in failures[0]
    record, _ = built(note, tmp_path)
    assert record["gates"]["status"] == "DEGRADED"
    words, gone = LOST[source]
    assert words in "\n".join(told(record, "exhibit"))
    assert left_out(record) >= ALWAYS | ({gone} if gone else set())
