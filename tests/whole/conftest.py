"""The whole note, built once from the committed parameters, notebooks and sample market."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from pypdf import PdfReader

from research.params import load
from research.render.document import read_document
from research.render.typst import write_pdf


class Page(HTMLParser):
    """What a browser would show of a page, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "head")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "head")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return plain(" ".join(self.words))

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.tags if "id" in attrs]


def plain(text: str) -> str:
    """Text with every kind of blank as one space, so that two artefacts can be compared."""
    return re.sub(r"\s+", " ", text.replace("\u00ad", ""))


@pytest.fixture(scope="session")
def folder(sample_edition: Path) -> Path:
    """A published edition of the sample market."""
    return sample_edition


@pytest.fixture(scope="session")
def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "edition.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def html(folder: Path) -> str:
    return (folder / "mining-rally.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="session")
def pdf(folder: Path) -> PdfReader:
    return PdfReader(io.BytesIO((folder / "mining-rally.pdf").read_bytes()))


@pytest.fixture(scope="session")
def pdf_pages(pdf: PdfReader) -> list[str]:
    return [plain(page.extract_text()) for page in pdf.pages]


@pytest.fixture(scope="session")
def letter(folder: Path, record: dict[str, Any], root: Path) -> bytes:
    """The sample edition's own notebooks, printed again on Letter."""
    note = load(root / "params" / "mining-rally.yaml").note
    nb = nbformat.v4.new_notebook()
    for section in note.sections:
        for cell in nbformat.read(folder / "notebooks" / f"{section.id}.ipynb", 4).cells:
            cell.metadata["research"] = {"section": section.id}
            nb.cells.append(cell)
    same = ("edition", "as_of", "as_of_note", "completed_at", "source", "illustrative")
    about = {key: record[key] for key in same}
    about |= {"title": note.title, "series": note.series, "question": note.question}
    about |= {"sections": [{"id": one.id, "title": one.title} for one in note.sections]}
    about |= {"disclosures": list(note.disclosures), "paper": "us-letter"}
    nb.metadata["research"] = nbformat.from_dict(about)
    return write_pdf(read_document(nb))
