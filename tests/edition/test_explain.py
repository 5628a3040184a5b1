"""What stands behind a fact, an exhibit or a claim, read from a published edition alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from research.edition.explain import card_of, explain
from research.edition.shelf import newest
from research.errors import UsageError
from research.exhibits.mime import BLOCK, EXHIBIT, PROSE


def fact(id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "value": 0.45, "unit": "ratio", "text": "45 %", "as_of": "2026-01-30",
        "source": "Sample", "section": "front", "cell": "front-003", **more,
    }  # fmt: skip


EXHIBITS = [
    {"id": "rally", "number": 4, "kind": "figure", "title": "Gold leads", "unit": "index",
     "source": "Sample", "alt": "Lines", "data": "data/rally.csv", "section": "front"},
]  # fmt: skip
CLAIMS = [
    {"id": "M1", "quote": "Defensive", "speaker": "R. M.", "estimate": 1.1, "ci": [1.0, 1.2]},
    {"id": "M9", "quote": "Nowhere"},
]
RECORD = {
    "edition": "2026-W05",
    "params": {"front": {}},
    "facts": [
        fact("front.p"),
        fact("front.rally.gold", cell="front-004"),
        fact("front.claim-m1.estimate", cell="front-005"),
        fact("front.lost"),
    ],
    "exhibits": EXHIBITS,
    "claims": CLAIMS,
    "inputs": {"market/sample:prices": "aa", "memory": "bb", "notebooks/front.ipynb": "cc",
               "notebooks/rally.ipynb": "dd", "params/mini.yaml": "ee"},
}  # fmt: skip


def cell(name: str, source: str, mime: str = "", **bundle: Any) -> dict[str, Any]:
    outputs = [{"data": {mime: bundle}}] if mime else []
    return {"id": name, "cell_type": "code", "source": source, "outputs": outputs}


CELLS = [
    cell("front-001", "from research.analysis.outlook import outlook"),
    cell("front-002", "view = outlook()"),
    cell("front-003", "%%prose\n{view.p:pct0}", PROSE, facts=[{"id": "p", "expression": "view.p"}]),
    cell("front-004", "draw(view)", EXHIBIT, id="rally", facts=[{"id": "rally.gold"}]),
    cell("front-005", "cards", BLOCK, kind="card", id="claim-m1", formula="up / down", csv="a\n",
         facts=[{"id": "claim-m1.estimate", "expression": "estimate"}]),
]  # fmt: skip


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    folder = tmp_path / "mini" / "2026-W05"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "edition.json").write_text(json.dumps(RECORD), encoding="utf-8")
    notebook = json.dumps({"cells": CELLS})
    (folder / "notebooks" / "front.ipynb").write_text(notebook, encoding="utf-8")
    return folder


def test_a_fact_is_told_with_place_cell_expression_functions_and_inputs(edition: Path) -> None:
    found = explain(edition, "front.p")
    assert (found.kind, found.id, found.edition) == ("fact", "front.p", "2026-W05")
    assert found.told == {
        "value": 0.45, "unit": "ratio", "text": "45 %", "as_of": "2026-01-30", "source": "Sample",
    }  # fmt: skip
    assert found.where == "section front, prose"
    assert (found.notebook, found.cell, found.index) == ("notebooks/front.ipynb", "front-003", 2)
    assert found.expression == "view.p"
    assert [one.name for one in found.trace.functions] == ["research.analysis.outlook.outlook"]
    assert found.inputs == {
        "market/sample:prices": "aa", "notebooks/front.ipynb": "cc", "params/mini.yaml": "ee",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("front.rally.gold", "section front, Exhibit 4 (rally)"),
        ("front.claim-m1.estimate", "section front, card claim-m1"),
    ],
)
def test_a_fact_of_an_exhibit_or_a_card_says_of_which(edition: Path, name: str, where: str) -> None:
    assert explain(edition, name).where == where


def test_an_exhibit_is_told_with_its_facts(edition: Path) -> None:
    found = explain(edition, "rally")
    assert (found.kind, found.cell, found.where) == (
        "exhibit", "front-004", "section front, Exhibit 4",
    )  # fmt: skip
    assert found.told["title"] == "Gold leads"
    assert found.facts == ("front.rally.gold",)


@pytest.mark.parametrize("name", ["M1", "claim-m1"])
def test_a_claim_is_told_with_quote_formula_and_rows(edition: Path, name: str) -> None:
    found = explain(edition, name)
    assert (found.kind, found.id) == ("claim", "M1")
    assert found.told == {
        "quote": "Defensive", "speaker": "R. M.", "estimate": 1.1, "ci": [1.0, 1.2],
        "formula": "up / down", "rows": "data/claim-m1.csv",
    }  # fmt: skip
    assert found.where == "section front, card claim-m1"
    assert found.facts == ("front.claim-m1.estimate",)
    assert card_of("M1") == "claim-m1"


def test_a_claim_on_no_card_says_so(edition: Path) -> None:
    found = explain(edition, "M9")
    assert (found.where, found.cell, found.index) == ("on no card of the edition", "", None)
    assert "notebooks/front.ipynb" not in found.inputs


def test_it_is_plain_json(edition: Path) -> None:
    told = json.loads(explain(edition, "front.p").as_json())
    assert told["told"]["value"] == 0.45
    assert told["trace"]["functions"][0]["name"] == "research.analysis.outlook.outlook"


def test_an_edition_of_before_facts_knew_their_cell_is_explained_too(edition: Path) -> None:
    file = edition / "edition.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    del record["facts"][0]["cell"]
    file.write_text(json.dumps(record), encoding="utf-8")
    assert explain(edition, "front.p").cell == "front-003"


@pytest.mark.parametrize(
    ("name", "meant"),
    [("raly", "'rally'"), ("m1", "'M1'"), ("FRONT.P", "'front.p'"),
     ("estimate", "'front.claim-m1.estimate'")],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_what_is_like_it(
    edition: Path, name: str, meant: str
) -> None:
    with pytest.raises(UsageError) as caught:
        explain(edition, name)
    told = str(caught.value)
    assert told.startswith(
        f"{name!r} is no fact, exhibit, claim or section of edition 2026-W05, which has 4 facts, "
        f"1 exhibits, 2 claims and 1 sections; {edition / 'edition.json'} lists them. Did you mean "
    )
    assert meant in told


def test_a_name_like_nothing_gets_no_suggestion(edition: Path) -> None:
    with pytest.raises(UsageError, match=r"lists them\.$"):
        explain(edition, "zzzzzzzz")


def test_a_fact_that_no_cell_says_is_refused(edition: Path) -> None:
    with pytest.raises(UsageError) as caught:
        explain(edition, "front.lost")
    assert str(caught.value) == (
        f"{edition / 'edition.json'} lists front.lost, but no cell of notebooks/front.ipynb says "
        "it. The edition was altered, or is of an older version: build it again."
    )


def test_an_edition_without_its_notebook_is_refused(edition: Path) -> None:
    (edition / "notebooks" / "front.ipynb").unlink()
    with pytest.raises(UsageError) as caught:
        explain(edition, "front.p")
    assert str(caught.value) == (
        f"{edition / 'notebooks' / 'front.ipynb'} cannot be read, so that nobody can say what the "
        "edition came from (FileNotFoundError). Build the edition again."
    )


def test_the_newest_edition_is_found_and_none_is_refused(edition: Path, tmp_path: Path) -> None:
    older = tmp_path / "mini" / "2025-W52"
    older.mkdir()
    (older / "edition.json").write_text(json.dumps(RECORD), encoding="utf-8")
    assert newest(tmp_path) == edition
    with pytest.raises(UsageError) as caught:
        newest(tmp_path / "empty")
    assert str(caught.value) == (
        f"{tmp_path / 'empty'} holds no edition yet. Build one with `research build`."
    )
