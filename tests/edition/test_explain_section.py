"""`explain SECTION` says which part of its key made it run, or that none changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from research.cli import main
from research.edition.build import build
from research.edition.explain_section import SectionExplanation, explain_section
from research.edition.plan import plan
from research.execution.cache.store import Store
from research.params import load


class Desk:
    """A note of one section, built and explained with one cache."""

    def __init__(self, note: Path, cache: Store) -> None:
        self.note = note
        self.cache = cache
        self.book = note.parents[1] / "notebooks" / "front.ipynb"

    def build(self, *, cached: bool = True, **told: Any) -> None:
        planned = plan(load(self.note), **told)
        cache = self.cache if cached else None
        build(planned, completed_at="2026-01-31T06:00:00Z", cache=cache)

    def edit(self, cell: int, source: str) -> None:
        content = json.loads(self.book.read_text(encoding="utf-8"))
        content["cells"][cell]["source"] = source
        self.book.write_text(json.dumps(content), encoding="utf-8")

    def explain(self, edition: str = "2026-W05") -> SectionExplanation:
        folder = self.note.parents[1] / "reports" / "mini" / edition
        return explain_section(folder, "front", self.cache, load(self.note))


@pytest.fixture
def desk(tmp_path: Path, mini_note: Callable[..., Path], no_data_no_pages: Any) -> Desk:
    note = mini_note(tmp_path / "desk", {"front": ["# Words", "x = 1", "x + 1"]})
    return Desk(note, Store(tmp_path / "cache"))


def test_each_kind_of_build_is_told(desk: Desk) -> None:
    desk.build()
    first = desk.explain()
    assert first.last == "front ran: the cache knew of no build of it before"
    assert first.now == "nothing has changed since"
    assert set(first.parts) >= {"code cells", "parameters", "package", "versions"}

    desk.build()
    assert desk.explain().last == "nothing changed: taken from the cache"
    assert desk.explain().key == first.key

    desk.edit(2, "x = 2")
    assert desk.explain().now == "it would run: code cells changed (cell 2 `c1`)"
    desk.build()
    assert desk.explain().last == "front ran again: code cells changed (cell 2 `c1`)"
    assert desk.explain().now == "nothing has changed since"

    desk.edit(2, "x = 1")
    desk.build()
    assert desk.explain().last == (
        "taken from the cache, where the same was run before: code cells changed (cell 2 `c1`)"
    )
    assert desk.explain().key == first.key


def test_words_that_changed_are_no_reason(desk: Desk) -> None:
    desk.build()
    desk.edit(1, "# Other words")
    assert desk.explain().now == "nothing has changed since"


def test_the_edition_before_is_named_where_it_was_another(desk: Desk) -> None:
    desk.build(as_of="2026-01-23")
    desk.build()
    assert desk.explain().last == (
        'front ran again: since 2026-W04, parameters changed (as_of "2026-01-23" → "2026-01-30")'
    )
    assert desk.explain("2026-W04").last == "front ran: the cache knew of no build of it before"


def test_an_entry_that_is_gone_is_told_as_the_reason(desk: Desk) -> None:
    desk.build()
    for path in (desk.cache.folder / "outputs").glob("*/*"):
        path.unlink()
    desk.build()
    assert desk.explain().last == (
        "front ran again, though nothing changed: the cache did not hold what it showed"
    )


def test_a_build_without_the_cache_is_not_known(desk: Desk) -> None:
    desk.build(cached=False)
    found = desk.explain()
    assert found.last == "the cache knows of no build of front"
    assert found.now == "it would run"


def test_the_command_takes_a_section_where_it_takes_a_fact(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESEARCH_CACHE", str(desk.cache.folder))
    desk.build()
    reports = str(desk.note.parents[1] / "reports")
    told = CliRunner().invoke(main, ["explain", "front", "--reports", reports])
    assert told.exit_code == 0
    assert told.stdout.splitlines()[:3] == [
        "section front · edition 2026-W05",
        "  last build  front ran: the cache knew of no build of it before",
        "  now         nothing has changed since",
    ]
    assert "     3  code cells" in told.stdout
    found = CliRunner().invoke(main, ["explain", "front", "--json", "--reports", reports])
    assert json.loads(found.stdout)["parts"]["parameters"]["as_of"] == '"2026-01-30"'
