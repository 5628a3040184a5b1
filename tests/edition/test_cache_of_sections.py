"""A build from the cache is the build without it, and runs what changed alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from research.edition import build
from research.edition.build import make
from research.edition.plan import plan
from research.edition.reuse import record_of, section_key
from research.errors import NotebookError, RenderError
from research.execution.cache.store import Store
from research.execution.reach import reached_by
from research.execution.run import Event, Job, Outcome, run
from research.execution.warm import Setup
from research.params import load

COMPLETED_AT = "2026-01-31T06:00:00Z"
FRONT = ["# Question", "from random import random\nx = random()", "# Answer", "print(x)\nx"]
BACK = ["# Back", "from research.params import load", "load(note).note.title"]


@dataclass
class Desk:
    """A miniature note, its cache, and which sections the last build ran."""

    file: Path
    cache: Store
    ran: list[str] = field(default_factory=list)

    def build(self, *, cached: bool = True, **told: Any) -> dict[str, bytes]:
        self.ran.clear()

        def listen(event: Event) -> None:
            if event.kind == "finished":
                self.ran.append(event.section)

        planned = plan(load(self.file), **told)
        cache = self.cache if cached else None
        edition = make(planned, completed_at=COMPLETED_AT, workers=1, on_event=listen, cache=cache)
        return dict(edition.files)

    def edit(self, section: str, cell: int, source: str) -> None:
        book = self.file.parents[1] / "notebooks" / f"{section}.ipynb"
        content = json.loads(book.read_text(encoding="utf-8"))
        content["cells"][cell]["source"] = source
        book.write_text(json.dumps(content), encoding="utf-8")

    def told(self, section: str) -> dict[str, Any]:
        planned = plan(load(self.file))
        home = str(planned.folder.parent.resolve())
        found = record_of(self.cache, home, planned.edition, section)
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path, mini_note: Callable[..., Path], no_data_no_pages: Any) -> Desk:
    note = mini_note(tmp_path / "desk", {"front": FRONT, "back": BACK})
    return Desk(file=note, cache=Store(tmp_path / "cache"))


def test_nothing_runs_twice_and_the_files_are_the_same_bytes(desk: Desk) -> None:
    first = desk.build()
    assert sorted(desk.ran) == ["back", "front"]
    assert desk.told("front")["ran"]
    again = desk.build()
    assert desk.ran == []
    assert again == first  # though each run of `front` draws another number
    assert desk.told("front") | {"parts": 0} == {
        "edition": "2026-W05", "ran": False, "before": "2026-W05", "changes": [], "parts": 0,
        "digest": desk.told("front")["digest"],
    }  # fmt: skip


def test_words_that_change_are_laid_around_the_same_outputs(desk: Desk) -> None:
    first = desk.build()
    desk.edit("front", 1, "# Another question\n\nwith more words")
    second = desk.build()
    assert desk.ran == []
    old, new = (json.loads(files["notebooks/front.ipynb"]) for files in (first, second))
    assert new["cells"][2]["source"] == ["# Another question\n", "\n", "with more words"]
    assert [cell.get("outputs") for cell in new["cells"]] == [
        cell.get("outputs") for cell in old["cells"]
    ]
    assert b"Another question" in second["mini.html"]


def test_only_the_section_whose_code_changed_runs(desk: Desk) -> None:
    desk.build()
    desk.edit("front", 4, "print(x, x)")
    desk.build()
    assert desk.ran == ["front"]
    assert desk.told("front")["changes"] == ["code cells changed (cell 3 `c3`)"]
    assert desk.told("back")["changes"] == []


def test_the_package_is_read_again_only_for_code_with_other_imports(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.build()
    read: list[Any] = []

    def noted(names: Any) -> frozenset[str]:
        read.append(names)
        return reached_by(names)

    monkeypatch.setattr("research.edition.reuse.reached_by", noted)
    desk.edit("front", 4, "print(x, x)")
    desk.build()
    assert (desk.ran, read) == (["front"], [])
    desk.edit("front", 4, "import research.errors")
    desk.build()
    assert read == [{"research.errors"}]


def test_what_notebooks_share_is_computed_ahead_of_several_and_not_of_one(
    tmp_path: Path, mini_note: Callable[..., Path], no_data_no_pages: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    named = "research.analysis.ahead:findings"
    note = mini_note(tmp_path / "desk", {"front": FRONT, "back": BACK}, ahead=[named])
    desk = Desk(file=note, cache=Store(tmp_path / "cache"))
    asked: list[list[str]] = []

    def noted(jobs: Sequence[Job], **told: Any) -> list[Outcome]:
        asked.append([name for job in jobs for name, _ in job.setup.preload])
        light = [replace(job, setup=Setup()) for job in jobs]
        return run(light, **told)

    monkeypatch.setattr("research.edition.build.run", noted)
    desk.build()
    desk.edit("front", 4, "print(x, x)")
    desk.build()
    assert desk.ran == ["front"]
    look = "research.market.survey:look|keep"
    assert asked == [[look, named, look, named], []]


def test_a_parameter_file_counts_where_it_can_be_read(desk: Desk) -> None:
    desk.build()
    text = desk.file.read_text(encoding="utf-8")
    desk.file.write_text(text.replace("Does it work?", "Does it still work?"), encoding="utf-8")
    desk.build()
    assert desk.ran == ["back"]
    assert desk.told("back")["changes"] == ["parameter files changed (params/mini.yaml)"]


def test_another_day_runs_all_and_going_back_runs_nothing(desk: Desk) -> None:
    desk.build()
    desk.build(as_of="2026-01-28")
    assert sorted(desk.ran) == ["back", "front"]
    desk.build()
    assert desk.ran == []


def test_without_the_cache_all_runs_and_nothing_is_kept(desk: Desk) -> None:
    desk.build(cached=False)
    assert len(desk.ran) == 2
    assert not desk.cache.folder.exists()
    desk.build()
    desk.build(cached=False)
    assert len(desk.ran) == 2


def test_a_damaged_entry_is_told_and_its_section_runs_again(desk: Desk) -> None:
    desk.edit("front", 2, "x = 1")
    first = desk.build()
    for path in (desk.cache.folder / "outputs").glob("*/*"):
        path.write_bytes(path.read_bytes()[:-7])
    assert desk.build() == first
    assert sorted(desk.ran) == ["back", "front"]
    assert len(desk.cache.complaints) == 2
    desk.build()
    assert desk.ran == []


def test_a_section_that_fails_is_not_kept_and_the_others_are(desk: Desk) -> None:
    desk.edit("front", 2, "1 / 0")
    for _ in range(2):
        with pytest.raises(NotebookError, match="ZeroDivisionError"):
            desk.build()
    assert desk.ran == []  # neither ran to its end: one failed again, the other was kept


def test_what_has_run_is_kept_where_pages_fail(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> dict[str, bytes]:
        raise RenderError("no page")

    working = build.render
    monkeypatch.setattr(build, "render", refuse)
    with pytest.raises(RenderError, match="no page"):
        desk.build()
    monkeypatch.setattr(build, "render", working)
    desk.build()
    assert desk.ran == []


def test_what_changes_while_it_runs_is_not_kept(desk: Desk, tmp_path: Path) -> None:
    helper = desk.file.parents[1] / "notebooks" / "helper.csv"
    helper.write_text("1", encoding="utf-8")
    desk.edit("front", 2, f"x = open({str(helper)!r}, 'a').write('1')")
    desk.build()
    desk.build()
    assert "front" in desk.ran


def test_the_memory_counts_only_where_it_can_be_read(desk: Desk) -> None:
    desk.edit("back", 2, "from research.memory import Memory")
    planned = plan(load(desk.file))
    parts = {job.section: section_key(planned, job, desk.cache).parts for job in planned.jobs}
    assert "memory" in parts["back"]
    assert "memory" not in parts["front"]
    assert "market data" not in parts["back"]


@pytest.mark.parametrize("cell", ["import helper", "%run helper.py", "%run common.ipynb"])
def test_a_notebook_that_runs_what_lies_beside_it_depends_on_all(desk: Desk, cell: str) -> None:
    folder = desk.file.parents[1] / "notebooks"
    (folder / "helper.py").write_text("import research.memory.recall", encoding="utf-8")
    (folder / "common.ipynb").write_text("{}", encoding="utf-8")
    desk.edit("back", 2, cell)
    planned = plan(load(desk.file))
    parts = section_key(planned, planned.jobs[1], desk.cache).parts
    assert {"market data", "parameter files", "memory"} <= parts.keys()
    assert {"helper.py", "common.ipynb", "front.ipynb"} <= parts["files beside the notebook"].keys()
    others = section_key(planned, planned.jobs[0], desk.cache).parts["files beside the notebook"]
    assert "back.ipynb" not in others
    assert "common.ipynb" in others


def test_the_market_counts_with_its_rows_and_its_name(desk: Desk) -> None:
    desk.edit("back", 2, "from research.market import Market")
    planned = plan(load(desk.file))
    part = section_key(planned, planned.jobs[1], desk.cache).parts["market data"]
    assert part == {
        "sample:1": "ab" * 32, "title": "Made up", "kind": "illustrative",
        "first session": "2001-01-01",
    }  # fmt: skip


@pytest.mark.slow
def test_the_note_from_the_cache_is_the_note_without_it(root: Path, tmp_path: Path) -> None:
    cache, events = Store(tmp_path / "cache"), list[Event]()
    planned = plan(load(root / "params" / "mining-rally.yaml"), reports=tmp_path / "reports")
    plain = make(planned, completed_at=COMPLETED_AT)
    for _ in range(2):
        again = plan(
            load(root / "params" / "mining-rally.yaml"), reports=tmp_path / "reports", cache=cache
        )
        assert again == planned
        made = make(again, completed_at=COMPLETED_AT, cache=cache, on_event=events.append)
        assert made.files == plain.files
    assert sum(event.kind == "finished" for event in events) == 6
    assert sum(event.kind == "reused" for event in events) == 6
