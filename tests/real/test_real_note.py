"""The whole note from the real vendor files, on the three dates, as it would be published."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pypdf import PdfReader

from research.edition.build import build
from research.edition.plan import plan
from research.params import load

DATES = ("2026-01-28", "2026-02-04", "2026-04-29")
FIXES = {"2026-01-28": "5,306.95", "2026-02-04": "4,985.10", "2026-04-29": "4,522.10"}


@pytest.fixture(scope="module", params=DATES)
def note(
    request: pytest.FixtureRequest,
    shared: Path,
    root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """The published edition of one date: its record, and its two pages as text."""
    assert (shared / "market").is_dir()
    planned = plan(
        load(root / "params" / "mining-rally.yaml"),
        as_of=request.param,
        source="files:../tests/real/catalogue.yaml",
        reports=tmp_path_factory.mktemp("reports"),
    )
    published = build(planned, completed_at="2026-06-01T12:00:00Z")
    page = (published.folder / "mining-rally.html").read_text(encoding="utf-8")
    body = re.sub(r"(?s)<(style|head)\b.*?</\1>", " ", page)
    pages = PdfReader(io.BytesIO((published.folder / "mining-rally.pdf").read_bytes())).pages
    return SimpleNamespace(
        as_of=request.param,
        record=json.loads((published.folder / "edition.json").read_text(encoding="utf-8")),
        html=_plain(html.unescape(re.sub(r"<[^>]+>", " ", body))),
        pdf=_plain(" ".join(one.extract_text() for one in pages)),
        pages=len(pages),
        claims={one["id"]: one for one in published.record["claims"]},
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_gold_on_the_page_is_the_lbma_fix_of_the_day_and_named_as_such(note: Any) -> None:
    fix = FIXES[note.as_of]
    for text in (note.html, note.pdf):
        assert re.search(rf"Gold, USD/oz {re.escape(fix)}", text)
        assert "LBMA PM fix (Gold)" in text


def test_the_edition_is_published_with_its_gaps_named(note: Any) -> None:
    assert (note.record["as_of"], note.record["illustrative"]) == (note.as_of, False)
    assert note.record["gates"]["status"] == "DEGRADED"
    for text in (note.html, note.pdf):
        assert "Ratings: none is known by" in text
        assert "Exhibits left out: " in text
        assert "Illustrative data" not in text
        assert "CC BY 4.0" not in text


def test_claims_without_data_are_not_tested_and_say_why(note: Any) -> None:
    for claim in ("M2", "C1", "C2", "K1", "C6"):
        assert note.claims[claim]["verdict"] == "NOT TESTED"
        assert note.claims[claim]["estimate"] is None
    tested = {name for name, one in note.claims.items() if one["verdict"] != "NOT TESTED"}
    expected = {"F1", "F2", "M1", "J1", "J2", "J4", "C3", "K2"}
    # Iron ore in dollars is a monthly average, which ends; gold's target runs to 13 April.
    assert tested == expected | ({"C4"} if note.as_of > "2026-04-13" else {"J3"})
    for text in (note.html, note.pdf):
        assert "Ownership data are not free" in text
        assert "At least 26 weekly snapshots of ratings are needed" in text


def test_what_the_files_do_not_hold_is_said_to_be_not_available(note: Any) -> None:
    for text in (note.html, note.pdf):
        assert "The sources hold no plain closes, accounts or estimates of companies" in text
        assert "No producer’s output and costs are known" in text
        assert "No company has both estimates and revenue by metal" in text


def test_pick_is_never_named_without_what_it_leaves_out(note: Any) -> None:
    for text in (note.html, note.pdf):
        named = re.findall(r"PICK(?! leaves| excludes).{0,22}", text)
        assert named
        assert {one for one in named if not one.startswith("PICK (ex gold & silver)")} == set()


def test_no_missing_value_shows_through(note: Any) -> None:
    for text in (note.html, note.pdf):
        assert not re.search(r"\b(nan|NaN|NaT|inf|undefined)\b", text)
        assert not re.search(r"\bNone\b(?! of)", text)
    assert 8 <= note.pages <= 16
