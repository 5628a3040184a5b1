"""Pages set while notebooks run: drafts of what is there, of which nothing shows in an edition."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from research.edition import rehearsal
from research.edition.galley import set_pages
from research.edition.plan import Plan, plan
from research.edition.rehearsal import Rehearsal
from research.execution.run import CellFailure, Outcome
from research.params import load

pytestmark = pytest.mark.usefixtures("no_data_no_pages")


class Watched(Rehearsal):
    """Notes the sections of each draft, and lays out none."""

    def __init__(self) -> None:
        super().__init__(None, "mini")
        self.drafts: list[list[str]] = []

    def draft(self, project: Any) -> None:
        named = (name for name in project if name.startswith("section-"))
        self.drafts.append([name.removeprefix("section-").removesuffix(".typ") for name in named])


@pytest.fixture
def planned(tmp_path: Path, mini_note: Callable[..., Path], monkeypatch: Any) -> Plan:
    monkeypatch.setattr(rehearsal, "_cores", lambda: 3)
    return plan(load(mini_note(tmp_path, {one: ["1"] for one in ("front", "rally", "end")})))


def outcome(section: str, words: str = "Words.", *, failed: bool = False) -> Outcome:
    failure = CellFailure(
        section=section, notebook="n.ipynb", cell=1, source="1/0", error="ZeroDivisionError",
        message="division by zero", traceback="",
    )  # fmt: skip
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words)])
    return Outcome(section=section, notebook=made, failure=failure if failed else None, seconds=0.0)


def drafts_of(planned: Plan, held: list[Outcome], ended: list[Outcome]) -> list[list[str]]:
    watched = Watched()
    set_pages(planned, lambda: held, ended, completed_at="2026-01-30T17:00:00Z", rehearsal=watched)
    return watched.drafts


def test_what_is_there_is_laid_out_in_its_order_from_the_front_page_on(planned: Plan) -> None:
    ended = [outcome("rally"), outcome("front"), outcome("end")]
    assert drafts_of(planned, [], ended) == [["front", "rally"]]


def test_what_the_cache_holds_is_there_first(planned: Plan) -> None:
    assert drafts_of(planned, [outcome("front")], [outcome("end"), outcome("rally")]) == [
        ["front"],
        ["front", "end"],
    ]


def test_a_core_that_a_notebook_needs_is_left_to_it(planned: Plan, monkeypatch: Any) -> None:
    monkeypatch.setattr(rehearsal, "_cores", lambda: 2)
    ended = [outcome("front"), outcome("rally"), outcome("end")]
    assert drafts_of(planned, [], ended) == [["front", "rally"]]


@pytest.mark.parametrize(
    "first", [outcome("front", failed=True), outcome("front", "![gone](attachment:gone.png)")]
)
def test_what_cannot_be_an_edition_is_left_to_who_tells_of_it(
    planned: Plan, first: Outcome
) -> None:
    assert drafts_of(planned, [], [first, outcome("rally"), outcome("end")]) == []
