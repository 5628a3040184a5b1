"""Hostile content: it is shown as it stands, and nothing of it acts."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from pypdf import PdfReader

from research.exhibits.mime import EXHIBIT
from research.render.blocks import Paragraph, Text
from research.render.document import read_document
from research.render.html import write_html
from research.render.pictures import read_svg
from research.render.publication import Document, Meta, Section
from research.render.typst import write_pdf
from research.render.typst.strings import string

Make = Callable[..., NotebookNode]
HOSTILE = [
    '#import "evil.typ": *',
    '"); #panic("out"); ("',
    "$x$ @ref <label> #{1+1} \\\\ \\u{41} ] [ } {",
    "*bold* _emph_ `raw` // comment /* c */ = head",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "javascript:alert(1) & &amp; &lt;",
    "'single' \"double\" `back`",
    "A very long company name without end " * 3,
    "W" * 120,
    "\u202eright to left\u202c שלום مرحبا",
    "nul\x00 escape\x1b[31m bell\x07",
    "-- --- ... ~ 1/2 (c)",
]


def text_of(pdf: bytes) -> str:
    """All words of a PDF without blanks."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"[\s\u200b]+", "", "".join(page.extract_text() for page in pages))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_title_prints_as_it_stands(edition: NotebookNode, hostile: str) -> None:
    nb = nbformat.from_dict(edition)
    nb.cells = nb.cells[:5]
    record = nb.cells[4].outputs[0].data[EXHIBIT]
    for key in ("title", "unit", "source", "note", "alt"):
        record[key] = hostile
    nb.metadata["research"]["title"] = hostile
    nb.metadata["research"]["series"] = hostile
    document = read_document(nb)
    html = write_html(document)
    body = html[html.index("<body") :]
    tags = re.sub(r'"[^"]*"', '""', " ".join(re.findall(r"<[^>]+>", body)))
    assert not re.search(r"<script|<img|\son\w+=", tags)
    printed = text_of(write_pdf(document))
    letters = re.sub(r"[^A-Za-z0-9#$@{}\"]", "", document.meta.title)
    assert letters in re.sub(r"[^A-Za-z0-9#$@{}\"]", "", printed)


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=80))
def test_any_latin_text_comes_out_of_the_pdf_as_it_went_in(text: str) -> None:
    section = Section(id="", title="", main=(Paragraph((Text("<" + text + ">"),)),))
    printed = text_of(write_pdf(Document(meta=Meta(title="T"), sections=(section,))))
    plain = re.sub(r"[^!-~]", "", "<" + text + ">")
    assert plain in re.sub(r"[^!-~]", "", printed)


@given(st.text())
def test_a_typst_string_ends_only_where_it_should(text: str) -> None:
    code = string(text)
    inner = re.sub(r"\\.", "", code[1:-1], flags=re.DOTALL)
    assert code[0] == code[-1] == '"'
    assert '"' not in inner
    assert "\\" not in inner
    assert "\n" not in code


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "[x](file:///etc/passwd)",
        '<iframe src="https://example.org"></iframe>',
        "<style>body{display:none}</style>",
        "![x](https://example.org/x.png)",
        "![x](/etc/hostname)",
    ],
)
def test_markdown_cannot_act_or_load(notebook: Make, source: str) -> None:
    html = write_html(read_document(notebook(f"before\n\n{source}\n\nafter")))
    body = html[html.index("<body") :]
    assert "before" in body
    assert "after" in body
    assert not re.search(r"<(script|iframe|img|style)\b|\sonerror", body)
    assert not re.search(r"src=\"|href=\"(javascript|file|data)", body)


@pytest.mark.parametrize(
    "part",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)" width="1" height="1"/>',
        '<image href="https://example.org/a.png"/>',
        '<image xlink:href="file:///etc/passwd"/>',
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>x</body></foreignObject>",
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<rect style="fill:url(https://example.org/x)" width="1" height="1"/>',
        "<style>@import url(https://example.org/x.css);</style>",
        '<animate attributeName="href" values="javascript:alert(1)"/>',
    ],
)
def test_an_svg_keeps_nothing_that_acts_or_reaches_out(part: str) -> None:
    media = read_svg(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="10" height="10">{part}<path d="M0 0"/></svg>'
    )
    assert media is not None
    kept = media.data.decode()
    assert "<path" in kept
    assert not re.search(r"script|onload|example|passwd|foreignObject|import", kept)


def test_an_svg_with_entities_is_refused() -> None:
    bomb = '<!DOCTYPE s [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
    assert read_svg(bomb) is None


def test_a_styled_foreign_svg_cannot_restyle_the_page(notebook: Make) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><style>.elsewhere{display:none}</style></svg>'
    html = write_html(read_document(notebook([{"image/svg+xml": svg, "text/plain": "x"}])))
    assert ".elsewhere" not in html
    assert '<img src="data:image/svg+xml;base64,' in html
