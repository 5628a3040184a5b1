"""The whole note, built once from the committed parameters, notebooks and sample market."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader


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
