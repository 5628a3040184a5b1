"""The note as its readers get it: whole, stamped, the same in both artefacts, and honest."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from research.edition.verify import verify
from research.params import load

# words that a reader of a note must never see: what computers say when they have no answer
UNSPOKEN = re.compile(r"\b(nan|NaN|NaT|None|null|inf|Traceback|Warning|Error)\b")
LIMIT = 1_500_000


def test_the_edition_holds_what_the_house_promises(folder: Path, record: dict[str, Any]) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {*record["outputs"], "edition.json"}
    assert {"mining-rally.pdf", "mining-rally.html"} <= files
    assert sum(name.startswith("notebooks/") for name in files) == 6
    assert {f"data/{one['id']}.csv" for one in record["exhibits"] if one["data"]} <= files


def test_every_file_is_the_one_that_the_manifest_names(
    folder: Path, record: dict[str, Any]
) -> None:
    for name, digest in record["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_both_artefacts_are_small_enough_to_mail(folder: Path) -> None:
    for name in ("mining-rally.pdf", "mining-rally.html"):
        assert (folder / name).stat().st_size < LIMIT


def test_the_manifest_keeps_the_contract(record: dict[str, Any]) -> None:
    assert {
        "note", "edition", "as_of", "completed_at", "source", "illustrative", "gates", "params",
        "inputs", "outputs", "versions", "facts", "exhibits", "claims", "outlook",
    } <= record.keys()  # fmt: skip
    assert (record["edition"], record["as_of"]) == ("2026-W05", "2026-01-30")
    assert record["illustrative"] is True
    assert len(record["claims"]) == 20
    assert {"p", "base_rate", "score", "horizon_weeks"} <= record["outlook"].keys()
    for fact in record["facts"]:
        assert {"id", "value", "unit", "as_of", "source", "section", "cell", "text"} <= fact.keys()
        assert fact["as_of"]
        assert fact["source"]


def test_the_page_runs_nothing_and_fetches_nothing(html: str, page: Any) -> None:
    assert "<script" not in html
    for tag, attrs in page.tags:
        assert not [name for name in attrs if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            target = attrs.get(name) or ""
            assert not re.match(r"(https?:)?//", target) or tag == "a", (tag, target)
    assert not re.search(r"url\((?!data:|#|\"data:)", html)


def test_ids_on_the_page_are_unique_and_links_inside_it_arrive(page: Any) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = {
        str(attrs["href"])[1:]
        for tag, attrs in page.tags
        if tag == "a" and str(attrs.get("href", "")).startswith("#")
    }
    assert targets <= set(ids)


def test_what_the_checklist_calls_met_is_met_at_a_place_of_the_note(root: Path, page: Any) -> None:
    checklist = load(root / "params" / "mining-rally.yaml").checklist
    assert checklist is not None
    places = {one.anchor for one in checklist.requirements if one.anchor}
    assert places - {"masthead"} <= set(page.ids())
    for one in checklist.requirements:
        assert _squeezed(one.requirement) in _squeezed(page.text)


def test_no_reader_sees_what_only_a_computer_says(page: Any, pdf_pages: list[str]) -> None:
    assert not UNSPOKEN.findall(page.text)
    assert not UNSPOKEN.findall(" ".join(pdf_pages))


def test_no_path_of_the_machine_that_built_it_is_in_an_edition(folder: Path, root: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".pdf":
            text = path.read_text(encoding="utf-8")
            assert str(root) not in text, path.name
            assert str(folder.parents[1]) not in text, path.name


def test_made_up_data_are_stamped_on_every_page_and_every_exhibit(
    page: Any, pdf_pages: list[str], record: dict[str, Any]
) -> None:
    assert all("Illustrative data" in text for text in pdf_pages)
    told = page.text.count("Illustrative data")
    assert told >= len(record["exhibits"])


def test_every_page_says_of_which_day_its_data_are(pdf_pages: list[str]) -> None:
    assert all("30 Jan 2026" in text for text in pdf_pages)


def test_page_one_stands_alone(pdf_pages: list[str]) -> None:
    first = pdf_pages[0]
    for said in (
        "Can the mining rally last?", "Our forecast", "Base rate", "Key calls", "Key numbers",
        "Exhibit 1", "What changed in a week", "What would change our mind", "Rory McPherson",
        "Joachim Klement", "completed 31 Jan 2026", "Not investment advice",
    ):  # fmt: skip
        assert said.lower() in first.lower(), said


def test_the_note_has_the_length_of_a_sector_note(pdf: PdfReader) -> None:
    assert 8 <= len(pdf.pages) <= 16


def test_where_the_comparables_are_known_prose_points_to_them(page: Any) -> None:
    assert "stand side by side in the table that ends this section." in page.text
    assert "The middle column is the table of comparables at the end of this section." in page.text


def test_exhibits_are_the_same_in_page_print_and_manifest(
    page: Any, pdf_pages: list[str], record: dict[str, Any]
) -> None:
    printed = " ".join(pdf_pages)
    for one in record["exhibits"]:
        assert one["id"] in page.ids()
        for text in (page.text, printed):
            assert re.search(rf"exhibit {one['number']}\b", text, re.IGNORECASE)
        assert _squeezed(one["title"]) in _squeezed(page.text)
        assert _squeezed(one["title"]) in _squeezed(printed)
    numbers = [one["number"] for one in record["exhibits"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_fact_is_printed_in_both_artefacts(
    page: Any, pdf_pages: list[str], record: dict[str, Any]
) -> None:
    shown, printed = _squeezed(page.text), _squeezed(" ".join(pdf_pages))
    for fact in record["facts"]:
        text = _squeezed(fact["text"])
        assert text in shown, fact
        assert text in printed, fact


def test_quotes_are_printed_to_the_letter(root: Path, page: Any, pdf_pages: list[str]) -> None:
    shown, printed = _squeezed(page.text), _squeezed(" ".join(pdf_pages))
    for claim in load(root / "params" / "mining-rally.yaml").claims.claims:
        for quote in claim.quotes:
            assert _squeezed(quote) in shown, claim.id
            assert _squeezed(quote) in printed, claim.id


def test_the_print_says_what_it_is_to_a_screen_reader(pdf: PdfReader) -> None:
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Can the mining rally last?"
    assert str(pdf.trailer["/Root"]["/Lang"]) == "en"
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert len(pdf.outline) >= 5


def test_each_exhibit_has_its_data_in_the_print(pdf: PdfReader, record: dict[str, Any]) -> None:
    for one in record["exhibits"]:
        if not one["data"]:
            continue
        (attached,) = pdf.attachments[f"{one['id']}.csv"]
        rows = list(csv.reader(io.StringIO(attached.decode("utf-8"))))
        assert len(rows) > 1, one["id"]
        assert {len(row) for row in rows} == {len(rows[0])}, one["id"]


def test_pick_is_never_named_without_what_it_leaves_out(page: Any) -> None:
    assert "PICK (ex gold & silver)" in page.text
    bare = re.findall(r"PICK(?! \(ex gold & silver\)).{0,50}", page.text)
    # a note may say in its own words what the fund leaves out
    assert all("leaves gold and silver" in said or "excludes gold" in said for said in bare), bare


@pytest.mark.parametrize("kind", ["notebooks", "data"])
def test_executed_notebooks_and_data_are_text_with_unix_line_ends(folder: Path, kind: str) -> None:
    for path in (folder / kind).iterdir():
        assert b"\r" not in path.read_bytes(), path.name


def test_the_edition_is_rebuilt_byte_for_byte(folder: Path, root: Path) -> None:
    found = verify(folder, load(root / "params" / "mining-rally.yaml"), workers=2)
    assert found.differences == ()
    assert found.files >= 20


def _squeezed(text: str) -> str:
    # print breaks lines inside words of tables, and sets some words in small capitals
    return re.sub(r"[\s\u00ad]+", "", text).lower()
