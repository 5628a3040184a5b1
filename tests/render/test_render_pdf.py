"""The PDF: accessible and archival by its standards, with data inside, and always the same."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from research.errors import RenderError
from research.exhibits.charts import indexed_lines
from research.exhibits.mime import EXHIBIT
from research.render.document import read_document
from research.render.typst import pdf as printing
from research.render.typst import write_pdf, write_typst

Make = Callable[..., NotebookNode]


@pytest.fixture(scope="module")
def printed(edition: NotebookNode) -> bytes:
    return write_pdf(read_document(edition))


@pytest.fixture(scope="module")
def reader(printed: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(printed))


def structure(node: Any) -> Iterator[DictionaryObject]:
    """Every element of a PDF's structure tree."""
    node = node.get_object() if isinstance(node, IndirectObject) else node
    if isinstance(node, ArrayObject):
        for item in node:
            yield from structure(item)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from structure(node["/K"])


def test_title_language_tags_and_date_are_set(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    assert reader.metadata.title == "Can the mining rally last?"
    assert reader.metadata.author == "A. Analyst, The desk"
    assert str(reader.metadata.creation_date) == "2026-01-28 21:40:00+00:00"
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]


def test_it_declares_both_standards(printed: bytes, reader: PdfReader) -> None:
    said = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in said
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in said
    assert "<pdfuaid:part>1</pdfuaid:part>" in said


def test_every_figure_and_formula_has_words(reader: PdfReader) -> None:
    tree = list(structure(reader.trailer["/Root"]["/StructTreeRoot"]["/K"]))
    drawn = [e for e in tree if e["/S"] in ("/Figure", "/Formula")]
    assert len(drawn) >= 6
    assert all(str(e.get("/Alt", "")).strip() for e in drawn)
    kinds = {str(e["/S"]) for e in tree}
    assert {"/Table", "/TH", "/TD", "/H1", "/H2", "/L", "/Note", "/Caption"} <= kinds


def test_bookmarks_follow_the_sections(reader: PdfReader) -> None:
    top = [item["/Title"] for item in reader.outline if isinstance(item, dict)]
    for title in ("The rally", "Valuation", "The arguments, tested", "Disclosures"):
        assert title in top


def test_every_exhibits_data_are_attached(reader: PdfReader) -> None:
    names = set(reader.attachments)
    assert {"rally-moves.csv", "comps.csv", "front-indexed.csv"} <= names
    assert reader.attachments["comps.csv"][0].startswith(b"date,pick,gdx\n")


def test_every_page_says_that_the_data_are_illustrative_and_how_old(reader: PdfReader) -> None:
    assert 3 <= len(reader.pages) <= 6
    for page in reader.pages:
        text = page.extract_text()
        assert "Illustrative data" in text
        assert "28 Jan 2026" in text
        assert "Not investment advice" in text


def test_without_illustrative_data_nothing_says_so(edition: NotebookNode) -> None:
    document = read_document(edition)
    document = replace(
        document, meta=replace(document.meta, illustrative=False), sections=document.sections[3:]
    )
    text = PdfReader(io.BytesIO(write_pdf(document))).pages[0].extract_text()
    assert "llustrative" not in text


def test_page_one_stands_alone(reader: PdfReader) -> None:
    first = reader.pages[0].extract_text()
    for said in ("Can the mining rally last?", "No edge", "Exhibit 1", "5,306.95", "In this note"):
        assert said in first
    assert "Exhibit 2" not in first


def test_letter_paper_is_a_parameter(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    nb.metadata["research"]["paper"] = "us-letter"
    page = PdfReader(io.BytesIO(write_pdf(read_document(nb)))).pages[0]
    assert [round(float(x)) for x in page.mediabox[2:]] == [612, 792]


def test_a_landscape_exhibit_turns_its_page_only(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    bundles = [cell.outputs[0].data for cell in nb.cells if cell.cell_type == "code"]
    (comps,) = [b[EXHIBIT] for b in bundles if b.get(EXHIBIT, {}).get("id") == "comps"]
    comps["landscape"] = True
    pages = PdfReader(io.BytesIO(write_pdf(read_document(nb)))).pages
    wide = [p for p in pages if p.mediabox.width > p.mediabox.height]
    assert len(wide) == 1
    assert "Company 00 plc" in wide[0].extract_text()


def test_two_printings_are_the_same_bytes(edition: NotebookNode, printed: bytes) -> None:
    printing._fonts.cache_clear()
    assert write_pdf(read_document(edition)) == printed


def test_what_typst_refuses_is_told_by_section_and_exhibit(
    edition: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = read_document(edition)
    sources, files = write_typst(document)
    rally = sources["section-rally.typ"].replace('"Nine of ten metals are up', 'nothing + "Nine')
    broken = {**sources, "section-rally.typ": rally}
    monkeypatch.setattr(printing, "write_typst", lambda d: (broken, files))
    with pytest.raises(RenderError, match=r"PDF, section rally, Exhibit 2, rally-moves: Typst ref"):
        write_pdf(document)


def test_signs_no_font_has_are_replaced_not_fatal(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    nb.cells[10].source = "Name 中国 \U0001f389 and ▲ ● ▼ ○ β⁻ − × ≤ עברית"
    text = "".join(
        p.extract_text() for p in PdfReader(io.BytesIO(write_pdf(read_document(nb)))).pages
    )
    assert "▲ ● ▼ ○" in text
    assert "\ufffd\ufffd" in text
    assert "中" not in text


def test_an_empty_notebook_still_prints(notebook: Make) -> None:
    assert write_pdf(read_document(notebook())).startswith(b"%PDF-1.7")


def _turned(edition: NotebookNode, section: str) -> NotebookNode:
    """The edition with its first exhibit of `section` in landscape, under a heading of its own."""
    nb = copy.deepcopy(edition)
    for at, cell in enumerate(nb.cells):
        if cell.metadata.get("research", {}).get("section") != section:
            continue
        for output in cell.get("outputs", []):
            if EXHIBIT in output.data:
                output.data[EXHIBIT]["landscape"] = True
                heading = nbformat.v4.new_markdown_cell("## Turned with its exhibit")
                heading.metadata["research"] = {"section": section}
                nb.cells.insert(at, heading)
                return nb
    raise AssertionError(f"section {section} has no exhibit")


def test_a_heading_goes_with_the_landscape_exhibit_it_introduces(edition: NotebookNode) -> None:
    pages = PdfReader(io.BytesIO(write_pdf(read_document(_turned(edition, "valuation"))))).pages
    turned = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert turned
    assert "Turned with its exhibit" in turned[0].extract_text()


def test_page_one_stays_upright_whatever_its_exhibits_ask_for(edition: NotebookNode) -> None:
    pages = PdfReader(io.BytesIO(write_pdf(read_document(_turned(edition, "verdict"))))).pages
    assert pages[0].mediabox.width < pages[0].mediabox.height


def test_a_drawing_that_shrinks_to_keep_page_one_whole_can_still_be_read(
    edition: NotebookNode, words_drawn: Callable[..., Any]
) -> None:
    days = pd.date_range("2024-01-31", periods=25, freq="ME")
    frame = pd.DataFrame({"gdx": range(100, 125), "pick": range(100, 75, -1)}, index=days)
    about = {"title": "GDX rose", "unit": "index", "source": "test", "as_of": "2026-01-28"}
    drawn = indexed_lines(frame, id="front-indexed", width="main", **about).as_json()
    nb = nbformat.from_dict(edition)
    bundles = [cell.outputs[0].data for cell in nb.cells if cell.cell_type == "code"]
    (chart,) = [b[EXHIBIT] for b in bundles if b.get(EXHIBIT, {}).get("id") == "front-indexed"]
    chart.update(drawn)
    (told,) = [c for c in nb.cells if c.source == "## The arguments, tested"]
    sizes = []
    for paragraphs in range(14, 18):
        told.source = "## The arguments, tested\n\n" + "Words that fill the page.\n\n" * paragraphs
        words = words_drawn(write_pdf(read_document(nb)))[drawn["alt"]]
        sizes.append(min(size for _, size in words))
    assert min(sizes) < max(sizes)  # it did shrink
    assert min(sizes) >= 7
