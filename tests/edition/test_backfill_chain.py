"""Editions made at once are those made one by one: same bytes, in order, kept when whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from research.edition import backfill as backfilling
from research.edition import build as build_module
from research.edition import chain
from research.edition import plan as plan_module
from research.edition.backfill import backfill, editions
from research.edition.build import Published, StoppedError, build
from research.edition.clock import completed_at
from research.edition.plan import plan
from research.edition.receipts import Kept
from research.errors import NotebookError, UsageError
from research.execution.warm import Setup
from research.market.survey import look_into
from research.memory.recall import decode
from research.params import load

pytestmark = pytest.mark.usefixtures("no_data_no_pages", "fixed_stamp")
Write = Callable[..., Path]
STAMP = "1770000000"
REMEMBER = """
import datetime as dt
from IPython.display import display
from research.memory import Memory
from research.params import load
memory = Memory.open(load(note), as_of=as_of, illustrative=True)
last = memory.last["edition"] if memory.last else "nothing"
print("after", last, "with", len(memory.forecasts), "and", len(memory.outcomes))
def record(name, value):
    block = {"kind": "record", "name": name, "value": value}
    display({"application/vnd.research.block.v1+json": block}, raw=True)
ends_on = dt.date.fromisoformat(as_of) + dt.timedelta(weeks=1)
record("forecasts", [{"event": "E1", "proxy": "pick", "horizon_weeks": 1, "above": 0.0,
    "below": None, "ends_on": ends_on.isoformat(), "p": 0.5 + ends_on.day / 100, "p0": 0.6,
    "method": "1"}])
"""
ALONE = "print('as of', as_of)"
WEEKS = ("2026-01-16", "2026-01-23", "2026-01-30")


@pytest.fixture
def fixed_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", STAMP)


def fill(note: Path, *, workers: int = 2, **options: Any) -> dict[str, Any]:
    params = load(note)
    days = editions(params, first=WEEKS[0], last=WEEKS[-1])
    told = backfill(params, days, on="threads", workers=workers, **options)
    found = {}
    for day, result in told:
        found[day.isoformat()] = result
    return found


def files(reports: Path) -> dict[str, bytes]:
    """All that readers and later editions see: receipts and locks aside."""
    return {
        path.relative_to(reports).as_posix(): path.read_bytes()
        for path in sorted(reports.rglob("*"))
        if path.is_file() and path.name != ".lock" and ".made-from" not in path.parts
    }


def one_by_one(note: Path, reports: Path) -> dict[str, bytes]:
    for day in WEEKS:
        build(plan(load(note), as_of=day, reports=reports), completed_at=completed_at())
    return files(reports)


@pytest.fixture
def note(tmp_path: Path, mini_note: Write) -> Path:
    return mini_note(tmp_path, {"front": [REMEMBER], "rally": [ALONE]})


def test_editions_made_at_once_are_the_bytes_of_single_builds(note: Path, tmp_path: Path) -> None:
    expected = one_by_one(note, tmp_path / "single")
    found = fill(note, workers=3)
    assert list(found) == list(WEEKS)
    assert {type(one) for one in found.values()} == {Published}
    assert files(tmp_path / "reports") == expected


def test_what_the_process_of_kernels_found_in_the_market_is_not_looked_for_again(
    note: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_data_no_pages: Any
) -> None:
    expected = one_by_one(note, tmp_path / "single")
    asked = []

    def ask(setup: Setup) -> Any:
        [(name, given)] = setup.preload
        asked.append((name, given["as_of"]))
        if given["as_of"] == WEEKS[1]:
            return None  # as where nothing can be forked
        market = no_data_no_pages.open(load(note), source="sample", as_of=given["as_of"])
        return {**look_into(market), "params": dict(load(note).sources)}

    surveyed = []

    def survey(params: Any, as_of: Any, source: str) -> Any:
        surveyed.append(str(as_of))
        return plan_module.survey(params, as_of=as_of, source=source)

    monkeypatch.setattr(chain, "ask", ask)
    monkeypatch.setattr(chain, "survey", survey)
    call = "research.market.survey:look|keep"
    monkeypatch.setattr(
        chain,
        "ahead_of",
        lambda _, as_of, **__: Setup(preload=((call, {"as_of": str(as_of)}),), asked=1),
    )
    found = fill(note)
    assert {type(one) for one in found.values()} == {Published}
    assert sorted(asked) == [(call, week) for week in WEEKS]
    assert surveyed == [WEEKS[1]]
    assert files(tmp_path / "reports") == expected


def test_what_is_there_is_kept_and_what_changed_is_made_again(note: Path, tmp_path: Path) -> None:
    fill(note)
    before = files(tmp_path / "reports")
    assert {type(one) for one in fill(note).values()} == {Kept}
    (tmp_path / "reports" / "mini" / "2026-W03" / "mini.pdf").write_bytes(b"torn")
    again = fill(note)
    assert [day for day, one in again.items() if isinstance(one, Published)] == ["2026-01-16"]
    assert files(tmp_path / "reports") == before


@pytest.mark.parametrize("where", ["survey", "draft", "pages", "release"])
def test_after_an_edition_that_fails_the_next_knows_the_last_there_is(
    where: str, note: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(true: Callable[..., Any], day: Callable[..., str]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if day(*args, **options) == WEEKS[1]:
                raise UsageError("no such week")
            return true(*args, **options)

        return call

    name, owner, day = {
        "survey": ("survey", chain, lambda params, as_of, source: str(as_of)),
        "draft": ("drafted", chain, lambda plan, outcomes, completed_at: str(plan.as_of)),
        "pages": ("render", build_module, lambda notebook, *_: notebook.metadata.research.as_of),
        "release": ("release", chain, lambda plan, made: str(plan.as_of)),
    }[where]
    monkeypatch.setattr(owner, name, failing(getattr(owner, name), day))
    found = fill(note)
    assert [type(one) for one in found.values()] == [Published, UsageError, Published]
    home = tmp_path / "reports" / "mini"
    known = decode((home / "2026-W05" / "memory.json").read_bytes())
    assert known.last is not None
    assert known.last["edition"] == "2026-W03"
    assert [row["edition"] for row in known.forecasts] == ["2026-W03"]
    text = (home / "2026-W05" / "notebooks" / "front.ipynb").read_text("utf-8")
    assert "after 2026-W03 with 1 and 0" in text
    monkeypatch.undo()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", STAMP)
    again = fill(note)
    assert [type(one) for one in again.values()] == [Kept, Published, Published]
    assert "after 2026-W04 with 2" in (
        (home / "2026-W05" / "notebooks" / "front.ipynb").read_text("utf-8")
    )


def test_a_notebook_that_imports_no_memory_does_not_wait_and_gets_none(
    tmp_path: Path, mini_note: Write
) -> None:
    sly = "import os\nopen(os.environ['RESEARCH_MEMORY'])"
    note = mini_note(tmp_path, {"front": [ALONE], "sly": [sly]})
    found = fill(note)
    for one in found.values():
        assert isinstance(one, NotebookError)
        assert "a notebook that cannot import research.memory was given no memory" in str(one)


def test_an_interruption_ends_a_backfill_with_a_word_on_how_to_go_on(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(chain, "finished", interrupted)
    with pytest.raises(StoppedError, match=r"^interrupted; 0 of 3 editions are"):
        fill(note)


def test_what_is_held_at_a_time_does_not_grow_with_the_number_of_editions(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    class Counting(chain.Chain):
        def _advance(self) -> Any:
            yield from super()._advance()
            held.append(sum(way.plan is not None for way in self._ways))

    monkeypatch.setattr(backfilling, "Chain", Counting)
    monkeypatch.setattr(chain, "execute", lambda job: 1 / 0)
    params = load(note)
    days = editions(params, first="2025-01-01", last="2025-12-31")
    told = backfill(params, days, on="threads", workers=2)
    assert {str(result) for _, result in told} == {"ZeroDivisionError: division by zero"}
    assert len(days) == 53
    assert 0 < max(held) <= 4
