"""HTML and PDF tell the same: every paragraph, every exhibit, every number."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from research.render.blocks import Exhibit, Heading, MathSpan, Panel, Paragraph, Table
from research.render.document import read_document
from research.render.html import write_html
from research.render.publication import Document
from research.render.scope import words
from research.render.typst import write_pdf

Every = Callable[[Document, type], list[Any]]
NUMBER = re.compile(r"\d[\d,.]*\d|\d")


class Visible(HTMLParser):
    """The words a reader of <main> sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.skipped = 0
        self.feed(html[html.index("<main") : html.index("</main>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in ("details", "math")

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in ("details", "math")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.parts.append(data)


def dense(text: str) -> str:
    """Without blanks of any kind, so that line breaks do not count."""
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def document(edition: NotebookNode) -> Document:
    return read_document(edition)


@pytest.fixture(scope="module")
def html(document: Document) -> str:
    return " ".join(Visible(write_html(document)).parts)


@pytest.fixture(scope="module")
def pdf(document: Document) -> str:
    reader = PdfReader(io.BytesIO(write_pdf(document)))
    return "\n".join(page.extract_text() for page in reader.pages)


def test_every_paragraph_and_heading_stands_in_both(
    document: Document, html: str, pdf: str, every: Every
) -> None:
    blocks = [b for kind in (Paragraph, Heading) for b in every(document, kind)]
    # Formulas are set, not spelt, and a link without words takes the label of its target.
    bare = [b for b in blocks if any(isinstance(c, MathSpan) for c in b.children)]
    assert len(bare) == 1
    said = [dense(words(block.children)) for block in blocks if block not in bare]
    assert len(said) > 10
    for text in filter(None, said):
        assert text in dense(html), text
        # A note's mark stands inside the line in the PDF's text.
        assert text in dense(re.sub(r"(?<=brings)1(?=\.)", "", pdf)), text


def test_every_exhibit_stands_in_both_with_number_title_unit_source_and_notes(
    document: Document, html: str, pdf: str, every: Every
) -> None:
    for exhibit in every(document, Exhibit):
        for said in (
            exhibit.label,
            exhibit.title,
            exhibit.unit,
            exhibit.source_line,
            exhibit.missing,
            *exhibit.notes,
        ):
            assert dense(said) in dense(html), said
            assert dense(said) in dense(pdf), said


def test_every_cell_and_every_entry_stands_in_both(
    document: Document, html: str, pdf: str, every: Every
) -> None:
    cells = [
        c.children for t in every(document, Table) for r in (*t.head, *t.body) for c in r.cells
    ]
    said = [dense(words(children)) for children in cells]
    said += [
        dense(text)
        for panel in every(document, Panel)
        for item in panel.items
        for text in (item.label, item.text, item.detail)
    ]
    assert len(said) > 200
    for text in said:
        assert text in dense(html)
        assert text in dense(pdf), text


def test_numbers_of_the_page_are_numbers_of_the_print(html: str, pdf: str) -> None:
    shown, printed = (set(NUMBER.findall(unicodedata.normalize("NFKC", t))) for t in (html, pdf))
    furniture = {"2026", "05", "28", "21", "40", "2026-01-31", "31", "01", "30", "9", "14"}
    pages = {str(n) for n in range(1, 10)}
    assert not shown - printed
    assert not printed - shown - furniture - pages
