"""The sample edition's PDF through the eyes of a second reader: tags, fonts, files and links."""

from __future__ import annotations

import collections
import io
import itertools
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from research.render.document import read_document
from research.render.typst import write_pdf


@pytest.fixture(scope="module")
def reader(sample_edition: Path) -> PdfReader:
    return PdfReader(io.BytesIO((sample_edition / "mining-rally.pdf").read_bytes()))


@pytest.fixture(scope="module")
def html(sample_edition: Path) -> str:
    return (sample_edition / "mining-rally.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree(reader: PdfReader) -> list[Any]:
    """Every element of the structure tree, in reading order."""
    return list(elements(reader.trailer["/Root"]["/StructTreeRoot"]["/K"]))


@pytest.fixture(scope="module")
def text(reader: PdfReader) -> str:
    return dense(" ".join(page.extract_text() for page in reader.pages))


def elements(node: Any) -> Iterator[Any]:
    """A structure element and all below it."""
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from elements(one)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def attributes(element: Any) -> dict[str, Any]:
    """An element's attributes, whoever owns them."""
    found = element.get("/A", {}).get_object() if "/A" in element else {}
    parts = found if isinstance(found, list) else [found]
    return {key: value for part in parts for key, value in part.get_object().items()}


def dense(words: str) -> str:
    """Without blanks, so that the breaks of lines do not count."""
    return re.sub(r"[\s\u00ad\u200b]+", "", unicodedata.normalize("NFKC", words))


def kind(tree: list[Any], *names: str) -> list[Any]:
    return [one for one in tree if one["/S"] in names]


def test_the_structure_has_every_kind_of_part_a_note_has(tree: list[Any]) -> None:
    kinds = collections.Counter(str(one["/S"]) for one in tree)
    assert {"/Title", "/H1", "/H2", "/P", "/L", "/LI", "/Figure", "/Caption", "/Formula"} <= set(
        kinds
    )
    assert {"/Table", "/THead", "/TBody", "/TR", "/TH", "/TD"} <= set(kinds)
    assert kinds["/Document"] == kinds["/Title"] == 1
    assert kinds["/THead"] == kinds["/Table"]


def test_headings_never_skip_a_level(tree: list[Any]) -> None:
    levels = [int(one["/S"][2:]) for one in tree if re.fullmatch(r"/H[1-6]", one["/S"])]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_drawings_are_told_in_the_same_words_in_print_and_page(tree: list[Any], html: str) -> None:
    printed = collections.Counter(dense(one["/Alt"]) for one in kind(tree, "/Figure"))
    shown = collections.Counter(
        dense(unescape(told)) for told in re.findall(r'<svg role="img" aria-label="([^"]*)"', html)
    )
    assert printed == shown
    assert "" not in printed
    assert all(len(one) > 8 for one in printed)


def test_every_formula_has_words(tree: list[Any]) -> None:
    formulas = kind(tree, "/Formula")
    assert len(formulas) > 5
    assert all(str(one["/Alt"]).strip() for one in formulas)


def test_heads_of_columns_and_of_groups_are_tagged_as_such(tree: list[Any], html: str) -> None:
    named = kind(tree, "/TH")
    assert {attributes(one)["/Scope"] for one in named} == {"/Column"}
    # The name of a group spans its table; heads of columns span two or three at most.
    groups = [one for one in named if attributes(one).get("/ColSpan", 1) > 3]
    broad = r'<tr class="group"><th[^>]* colspan="(?:[4-9]|\d\d)"'
    assert len(groups) >= len(re.findall(broad, html)) > 5
    for table in kind(tree, "/Table"):
        (head,) = (part for part in elements(table["/K"]) if part["/S"] == "/THead")
        cells = [one["/S"] for one in elements(head["/K"]) if one["/S"] in ("/TH", "/TD")]
        assert cells
        assert set(cells) == {"/TH"}


def test_every_cell_names_the_heads_it_stands_under(tree: list[Any]) -> None:
    known = {str(one["/ID"]) for one in kind(tree, "/TH") if "/ID" in one}
    cells = kind(tree, "/TD")
    assert len(cells) > 1000
    named = [{str(head) for head in attributes(one).get("/Headers", [])} for one in cells]
    assert all(named)
    assert set().union(*named) <= known


def test_a_window_shows_the_title_and_not_the_name_of_the_file(reader: PdfReader) -> None:
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]


def test_the_metadata_say_which_standards_are_kept(reader: PdfReader) -> None:
    said = ET.fromstring(reader.trailer["/Root"]["/Metadata"].get_object().get_data())
    told = {one.tag: one.text for one in said.iter()}
    assert told["{http://www.aiim.org/pdfa/ns/id/}part"] == "3"
    assert told["{http://www.aiim.org/pdfa/ns/id/}conformance"] == "A"
    assert told["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"


def test_every_section_has_a_bookmark_that_leads_to_it(reader: PdfReader, html: str) -> None:
    titles = re.findall(r'<h2 class="section"[^>]*>(?:<a[^>]*>)?([^<]+)<', html)
    assert len(titles) > 5
    marks = [one for one in reader.outline if not isinstance(one, list)]
    pages = {one.title: reader.get_destination_page_number(one) for one in marks}
    assert [unescape(title) for title in titles] == [
        one.title for one in marks if one.title in map(unescape, titles)
    ]
    for title, at in pages.items():
        assert at is not None
        assert dense(title).lower() in dense(reader.pages[at].extract_text()).lower()


def test_every_font_is_inside_and_holds_only_the_signs_in_use(reader: PdfReader) -> None:
    fonts = [one.get_object() for one in resources(reader, "/Font")]
    assert len(fonts) > 4
    for font in fonts:
        assert re.match(r"/[A-Z]{6}\+", font["/BaseFont"]), font["/BaseFont"]
        inner = font.get("/DescendantFonts", [font])[0].get_object()
        described = inner["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described), font["/BaseFont"]
        assert "/ToUnicode" in font, font["/BaseFont"]


def resources(reader: PdfReader, name: str) -> Iterator[Any]:
    """The entries of one kind in the resources of all pages, and of what is drawn on them."""
    waiting = [page["/Resources"].get_object() for page in reader.pages]
    while waiting:
        here = waiting.pop()
        if name in here:
            yield from here[name].get_object().values()
        drawn = here["/XObject"].get_object().values() if "/XObject" in here else ()
        inner = [one.get_object() for one in drawn]
        waiting += [one["/Resources"].get_object() for one in inner if "/Resources" in one]


def test_each_attached_file_opens_as_a_table_and_is_named_where_its_exhibit_stands(
    reader: PdfReader, text: str
) -> None:
    files = [one.get_object() for one in reader.trailer["/Root"]["/AF"]]
    assert len(files) > 10
    for file in files:
        name = str(file["/UF"])
        assert file["/AFRelationship"] == "/Data", name
        assert file["/Desc"], name
        content = file["/EF"]["/F"].get_object()
        assert content["/Subtype"] == "/text/csv", name
        rows = pd.read_csv(io.BytesIO(content.get_data()))
        assert rows.shape[0] > 0, name
        assert rows.shape[1] > 1, name
        assert dense(f"Data: {name}") in text, name


def test_links_inside_a_print_arrive_and_say_where(edition: NotebookNode) -> None:
    reader = PdfReader(io.BytesIO(write_pdf(read_document(edition))))
    pages = {page.indirect_reference.idnum for page in reader.pages}
    links = [
        one.get_object()
        for page in reader.pages
        for one in page.get("/Annots", [])
        if one.get_object()["/Subtype"] == "/Link"
    ]
    inside = [one for one in links if not one.get("/A", {}).get("/URI")]
    assert inside
    for link in inside:
        target = link.get("/Dest") or link["/A"]["/D"]
        if isinstance(target, str):
            target = reader.named_destinations[target].dest_array
        assert target[0].idnum in pages
        assert link["/Contents"]  # what a screen reader says of it


def test_words_inside_drawings_can_be_found(html: str, text: str) -> None:
    drawings = re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL)
    said = [
        dense(unescape(re.sub(r"<[^>]+>", "", one)))
        for drawing in drawings
        for one in re.findall(r"<text[^>]*>(.*?)</text>", drawing, flags=re.DOTALL)
    ]
    assert len(said) > 300
    assert [one for one in said if one not in text] == []
