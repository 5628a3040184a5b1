"""What was printed is laid out again beforehand: no byte depends on it, and no fault leaves it."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from research.edition import rehearsal
from research.edition.rehearsal import Rehearsal
from research.execution.cache.store import Store
from research.render.document import read_document
from research.render.typst import Project, project_of, rehearse, write_pdf, write_typst


@pytest.fixture
def printed(edition: Any) -> tuple[bytes, Project]:
    """An edition's PDF, and what it was printed from."""
    kept: list[Project] = []
    pdf = write_pdf(read_document(edition), kept.append)
    [project] = kept
    return pdf, project


def test_an_edition_printed_after_its_rehearsal_has_the_same_bytes(
    edition: Any, printed: tuple[bytes, Project]
) -> None:
    pdf, project = printed
    rehearse([project]).join()
    assert write_pdf(read_document(edition)) == pdf


def test_what_typst_refuses_ends_a_rehearsal_and_nothing_else(edition: Any) -> None:
    thread = rehearse([{"main.typ": b"#refused("}, {"main.typ": b"not this"}])
    thread.join()
    assert not thread.is_alive()
    assert write_pdf(read_document(edition)).startswith(b"%PDF")


def test_the_moment_of_completion_is_in_the_masthead_alone(edition: Any) -> None:
    """What reaches every page may not differ with each printing, or nothing is remembered."""
    sources, _ = write_typst(read_document(edition))
    edition.metadata.research["completed_at"] = "2026-02-03T04:05:06Z"
    later, _ = write_typst(read_document(edition))
    differ = [
        line
        for name, source in sources.items()
        for line, other in zip(source.split("\n"), later[name].split("\n"), strict=True)
        if line != other
    ]
    assert [line.partition("(")[0] for line in differ] == ["masthead"]


def test_what_a_section_says_is_in_the_source_of_that_section_alone(edition: Any) -> None:
    """In a file with any other it would have that one laid out anew too."""
    sources, files = write_typst(read_document(edition))
    changed = copy.deepcopy(edition)
    own = [cell for cell in changed.cells if cell.metadata["research"]["section"] == "rally"]
    changed.cells.remove(next(cell for cell in own if cell.cell_type == "markdown"))
    changed.cells.remove(next(cell for cell in own if "image/svg+xml" in str(cell)))
    later, fewer = write_typst(read_document(changed))
    assert fewer.keys() < files.keys()
    differ = [name for name in sources if _unnumbered(sources[name]) != _unnumbered(later[name])]
    assert differ == ["section-rally.typ"]


def _unnumbered(source: str) -> str:
    return re.sub(r"Exhibit \d+", "Exhibit", source)


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "_cores", lambda: 2)


def test_what_was_kept_for_a_request_is_laid_out_for_the_same_request(
    tmp_path: Path, printed: tuple[bytes, Project], two_cores: None, monkeypatch: Any
) -> None:
    laid_out: list[Project] = []

    def spy(projects: list[Project]) -> Any:
        laid_out.extend(projects)
        return rehearse(projects)

    monkeypatch.setattr("research.render.typst.rehearse", spy)
    store = Store(tmp_path)
    Rehearsal(store, "note", "code").keep(printed[1])
    again = Rehearsal(store, "note", "code")
    again.begin()
    again.begin()  # once is enough
    again.end()
    assert laid_out == [printed[1]]
    other = Rehearsal(store, "note", "other code")
    other.begin()
    other.end()
    assert len(laid_out) == 1


def test_nothing_is_laid_out_on_one_core_or_without_a_cache(
    tmp_path: Path, printed: tuple[bytes, Project], monkeypatch: Any
) -> None:
    def never(projects: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("research.render.typst.rehearse", never)
    monkeypatch.setattr(rehearsal, "_cores", lambda: 1)
    store = Store(tmp_path)
    Rehearsal(store, "note").keep(printed[1])
    Rehearsal(store, "note").begin()
    without = Rehearsal(None, "note")
    without.keep(printed[1])
    without.begin()
    without.end()


def test_an_edition_printed_after_a_draft_of_it_has_the_same_bytes(
    edition: Any, printed: tuple[bytes, Project]
) -> None:
    part = copy.deepcopy(edition)
    part.cells = [one for one in part.cells if one.metadata["research"]["section"] != "rally"]
    about = part.metadata.research
    about.sections = [one for one in about.sections if one["id"] != "rally"]
    about.left_out = ["rally"]
    rehearsed = Rehearsal(None, "note")
    rehearsed.draft(project_of(read_document(part)))
    rehearsed.end()
    assert write_pdf(read_document(edition)) == printed[0]


def test_of_drafts_that_wait_only_the_last_is_laid_out(monkeypatch: Any) -> None:
    laid_out: Queue[bytes] = Queue()
    later = threading.Event()
    asked: list[bool] = []

    def slowly(project: Any, *, go_on: Callable[[], bool], **options: Any) -> None:
        laid_out.put(project["main.typ"])
        assert later.wait(60)
        asked.append(go_on())

    monkeypatch.setattr("research.render.typst.pdf.settle", slowly)
    rehearsed = Rehearsal(None, "note")
    rehearsed.draft({"main.typ": b"1"})
    assert laid_out.get(timeout=60) == b"1"
    rehearsed.draft({"main.typ": b"2"})
    rehearsed.draft({"main.typ": b"3"})
    later.set()
    assert laid_out.get(timeout=60) == b"3"
    rehearsed.end()
    assert asked[0] is False  # the first was to be left for those that came after it


def test_a_draft_is_wanted_where_nothing_was_kept_and_a_core_is_idle(
    tmp_path: Path, printed: tuple[bytes, Project], two_cores: None
) -> None:
    fresh = Rehearsal(Store(tmp_path), "note")
    fresh.begin()
    assert fresh.wants_draft(1)
    assert not fresh.wants_draft(2)
    fresh.keep(printed[1])
    again = Rehearsal(Store(tmp_path), "note")
    again.begin()
    assert not again.wants_draft(1)
    again.end()
