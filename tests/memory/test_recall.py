"""An edition knows what was said before its week, of its own kind of data, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from research.errors import UsageError
from research.memory import ENVIRONMENT, Memory, reports_beside
from research.memory.chain import ChainError
from research.memory.recall import decode, recall

AS_OF = dt.date(2026, 2, 6)  # of week 2026-W06


def published(home: Path, edition: str, **more: Any) -> None:
    record = {
        "edition": edition, "as_of": "2026-01-30", "completed_at": "2026-01-30T22:00:00Z",
        "illustrative": False, "method": "2", "gates": {"status": "PASS"},
        "inputs": {"params/mini.yaml": "aa", "market/sample": "bb", "notebooks/front.ipynb": "cc"},
        "outlook": {"p": 0.55},
        "claims": [{"id": "J2", "verdict": "MIXED", "estimate": 0.6, "quote": "…", "vote": 0}],
        "exhibits": [{"id": "rally", "title": "Gold leads", "number": 1}],
        "records": {"key_numbers": [1, 2]}, "facts": [], **more,
    }  # fmt: skip
    (home / edition).mkdir(parents=True)
    (home / edition / "edition.json").write_text(json.dumps(record), encoding="utf-8")


def test_a_first_edition_remembers_nothing(tmp_path: Path) -> None:
    memory = recall(tmp_path / "nowhere", AS_OF, illustrative=False)
    assert memory == Memory(as_of="2026-02-06", illustrative=False)
    assert (memory.last, memory.forecasts, memory.outcomes) == (None, (), ())


def test_the_last_edition_is_told_in_short(tmp_path: Path) -> None:
    published(tmp_path, "2026-W05")
    last = recall(tmp_path, AS_OF, illustrative=False).last
    assert last is not None
    assert len(last.pop("params")) == 64
    assert last == {
        "edition": "2026-W05", "as_of": "2026-01-30", "completed_at": "2026-01-30T22:00:00Z",
        "method": "2", "gate": "PASS", "outlook": {"p": 0.55}, "exhibits": {"rally": "Gold leads"},
        "claims": {
            "J2": {"verdict": "MIXED", "grade": None, "estimate": 0.6, "ci": None, "unit": None,
                   "vote": 0, "fired": None},
        },
        "records": {"key_numbers": [1, 2]},
    }  # fmt: skip


def test_the_parameters_hash_moves_with_the_parameters_alone(tmp_path: Path) -> None:
    def of(edition: str, **inputs: str) -> str:
        published(tmp_path, edition, inputs={"desk/mini.yaml": "aa", "market/x": "bb", **inputs})
        last = recall(tmp_path, AS_OF, illustrative=False).last
        assert last is not None
        assert last["edition"] == edition
        return str(last["params"])

    first = of("2026-W01")
    assert of("2026-W02", **{"market/x": "zz", "notebooks/a.ipynb": "yy", "memory": "xx"}) == first
    assert of("2026-W03", **{"desk/mini.yaml": "ab"}) != first


def test_the_last_edition_is_the_newest_of_an_earlier_week_that_can_be_read(
    tmp_path: Path,
) -> None:
    for edition in ("2025-W52", "2026-W04", "2026-W06", "2026-W07"):
        published(tmp_path, edition)
    published(tmp_path, "2026-W05", illustrative=True)
    (tmp_path / "2026-W03").mkdir()
    (tmp_path / "2026-W03" / "edition.json").write_text("{", encoding="utf-8")

    def last(day: str, *, illustrative: bool = False) -> str | None:
        found = recall(tmp_path, day, illustrative=illustrative).last
        return None if found is None else str(found["edition"])

    assert last("2026-02-06") == "2026-W04"
    assert last("2026-02-04") == "2026-W04"
    assert last("2026-01-20") == "2025-W52"
    assert last("2025-12-26") is None
    assert last("2026-02-06", illustrative=True) == "2026-W05"
    assert last("2026-01-30", illustrative=True) is None


def test_rows_of_this_week_of_later_ones_and_of_other_data_are_not_known(
    tmp_path: Path,
    tables: Callable[..., None],
    forecast: Callable[..., Any],
    outcome: Callable[..., Any],
) -> None:
    weeks = ("2026-W04", "2026-W06", "2026-W05", "2026-W07")
    tables(
        tmp_path,
        [*map(forecast, weeks), forecast("2026-W04", illustrative=True)],
        [outcome(proxy=week, resolved_in=week) for week in weeks],
    )
    memory = recall(tmp_path, AS_OF, illustrative=False)
    assert [row["edition"] for row in memory.forecasts] == ["2026-W04", "2026-W05"]
    assert [row["resolved_in"] for row in memory.outcomes] == ["2026-W04", "2026-W05"]
    made_up = recall(tmp_path, AS_OF, illustrative=True)
    assert [row["illustrative"] for row in made_up.forecasts] == [True]
    assert made_up.outcomes == ()


def test_a_memory_that_was_tampered_with_is_refused(
    tmp_path: Path, tables: Callable[..., None], forecast: Callable[..., Any]
) -> None:
    tables(tmp_path, [forecast()], [])
    file = tmp_path / "memory" / "forecasts.csv"
    file.write_bytes(file.read_bytes().replace(b",0.55,", b",0.45,"))
    with pytest.raises(ChainError) as caught:
        recall(tmp_path, AS_OF, illustrative=False)
    assert str(caught.value).startswith(f"{file}, row 1: `hash` is ")


def test_a_memory_travels_as_json_and_comes_back_whole(
    tmp_path: Path,
    tables: Callable[..., None],
    forecast: Callable[..., Any],
    outcome: Callable[..., Any],
) -> None:
    published(tmp_path, "2026-W05")
    tables(tmp_path, [forecast()], [outcome(resolved_in="2026-W05", outcome="void", value=None)])
    memory = recall(tmp_path, AS_OF, illustrative=False)
    assert len(memory.forecasts) == len(memory.outcomes) == 1
    assert decode(memory.encode()) == memory
    assert decode(memory.encode()).encode() == memory.encode()


@pytest.fixture
def params(tmp_path: Path) -> Any:
    note = SimpleNamespace(note="mini", source="files:desk.yaml")
    return SimpleNamespace(path=str(tmp_path / "params" / "mini.yaml"), note=note)


def test_outside_a_build_the_memory_is_recalled_from_the_reports_beside(
    params: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    published(tmp_path / "reports" / "mini", "2026-W05")
    memory = Memory.open(params, as_of=AS_OF, illustrative=False)
    assert memory.last is not None
    assert memory.last["edition"] == "2026-W05"
    assert reports_beside(tmp_path / "mini.yaml") == tmp_path / "reports"


def test_in_a_build_the_memory_is_the_file_that_the_environment_names(
    params: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forecast: Callable[..., Any]
) -> None:
    published(tmp_path / "reports" / "mini", "2026-W05")
    given = Memory(as_of="2026-02-06", illustrative=False, forecasts=(forecast(),))
    (tmp_path / "memory.json").write_bytes(given.encode())
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "memory.json"))
    assert Memory.open(params, as_of=AS_OF, illustrative=False) == given
    assert Memory.open(params, as_of="2026-02-06", illustrative=False) == given


def test_without_a_word_the_kind_is_that_of_the_build_or_else_of_the_notes_source(
    params: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert not Memory.open(params, as_of=AS_OF).illustrative
    params.note.source = "sample"
    assert Memory.open(params, as_of=AS_OF).illustrative
    given = Memory(as_of="2026-02-06", illustrative=False)
    (tmp_path / "memory.json").write_bytes(given.encode())
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "memory.json"))
    assert Memory.open(params, as_of=AS_OF) == given


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"as_of": "2026-01-30", "illustrative": False}, "asked for was 2026-01-30 (real data)"),
     ({"as_of": AS_OF, "illustrative": True}, "asked for was 2026-02-06 (illustrative data)")],
)  # fmt: skip
def test_the_memory_of_another_day_is_refused(
    params: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Any, told: str
) -> None:
    (tmp_path / "memory.json").write_bytes(Memory(as_of="2026-02-06", illustrative=False).encode())
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "memory.json"))
    with pytest.raises(UsageError) as caught:
        Memory.open(params, **asked)
    assert str(caught.value) == (
        f"the memory at hand is that of 2026-02-06 (real data); {told}. Ask with the market's own "
        "`as_of` and `illustrative`, or unset RESEARCH_MEMORY."
    )


def test_remembering_loads_nothing_heavy() -> None:
    code = "import sys, research.memory; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"pandas", "numpy", "pydantic", "yaml", "nbformat"}
