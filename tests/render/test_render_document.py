"""Reading a notebook: sections, numbering, links, and what never reaches a reader."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from research.errors import RenderError
from research.exhibits.mime import BLOCK, EXHIBIT
from research.render import fragments, pictures
from research.render.blocks import (
    Callout,
    CodeBlock,
    Definitions,
    Exhibit,
    FootnoteRef,
    Heading,
    Image,
    Link,
    ListBlock,
    MathBlock,
    MathSpan,
    Pair,
    Panel,
    Paragraph,
    Quote,
    Table,
    Text,
)
from research.render.document import read_document
from research.render.fragments import read_html
from research.render.html import write_html
from research.render.outputs import read_ahead
from research.render.publication import Document
from research.render.scope import Scope, fold, slug, words
from research.render.typst import write_pdf, write_typst

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
Make = Callable[..., NotebookNode]
Every = Callable[[Document, type], list[Any]]


def test_exhibits_of_both_kinds_are_numbered_in_one_sequence(
    edition: NotebookNode, every: Every
) -> None:
    found = every(read_document(edition), Exhibit)
    assert [e.number for e in found] == [1, 2, 3, 4, 5, 6]
    assert [bool(e.tables) for e in found] == [False, False, False, False, True, False]
    assert found[5].missing == "No net asset values were given."


def test_an_edition_shows_no_code_no_stream_and_no_error(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    cell = new_code_cell("password = 1")
    cell.outputs = [
        new_output("stream", name="stdout", text="printed"),
        new_output("stream", name="stderr", text="warned"),
        new_output("error", ename="E", evalue="failed", traceback=["t"]),
        new_output("execute_result", data={"text/plain": "<research.Thing at 0x7f>"}),
    ]
    nb.cells = [*nb.cells, cell]
    text = repr(read_document(nb))
    for leaked in ("password", "secret_function", "printed", "warned", "failed", "Thing"):
        assert leaked not in text


def test_the_front_page_takes_lead_and_aside_and_other_sections_do_not(
    edition: NotebookNode,
) -> None:
    front, *others = read_document(edition).sections
    assert front.front
    assert [type(b) for b in front.lead] == [Paragraph, Panel]
    assert [type(b) for b in front.aside] == [Heading, Table, Heading, Panel]
    assert not any(s.lead or s.aside or s.front for s in others)


def test_a_sections_own_title_is_not_printed_twice(edition: NotebookNode) -> None:
    document = read_document(edition)
    titles = {section.title for section in document.sections}
    for section in document.sections[1:]:
        shown = [words(b.children) for b in section.main if isinstance(b, Heading)]
        assert not titles & set(shown)


def test_heading_levels_begin_right_and_never_skip(notebook: Make) -> None:
    document = read_document(notebook("# Title", "### Deep", "##### Deeper", "## Less"))
    levels = [b.level for b in document.sections[0].main if isinstance(b, Heading)]
    assert levels == [1, 2, 1]
    assert document.meta.title == "Title"


def test_two_narrow_exhibits_share_a_row(edition: NotebookNode, every: Every) -> None:
    pairs = every(read_document(edition), Pair)
    assert [[e.id for e in pair.exhibits] for pair in pairs] == [["breadth-a", "breadth-b"]]


def test_a_link_to_an_exhibit_is_checked_in_an_edition(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    nb.cells[10].source = "See [](#no-such-exhibit)."
    with pytest.raises(RenderError, match=r"section rally, cell 11: the link #no-such-exhibit"):
        read_document(nb)


def test_a_cell_of_an_unlisted_section_is_refused(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    nb.cells[3].metadata["research"]["section"] = "weather"
    with pytest.raises(RenderError, match="'weather', which the edition does not list"):
        read_document(nb)


def test_a_record_without_its_kind_is_refused_by_cell(edition: NotebookNode) -> None:
    nb = nbformat.from_dict(edition)
    bundle = nb.cells[4].outputs[0].data
    del bundle["application/vnd.research.exhibit.v1+json"]["kind"]
    with pytest.raises(RenderError, match=r"section verdict, cell 5: the output cannot be read"):
        read_document(nb)


def test_a_missing_picture_stops_an_edition_and_is_told_in_a_notebook(
    edition: NotebookNode, notebook: Make, every: Every
) -> None:
    nb = nbformat.from_dict(edition)
    nb.cells[10].source = "![alt](gone.png)"
    with pytest.raises(RenderError, match=r"picture 'gone.png' is not there"):
        read_document(nb)
    found = every(read_document(notebook("![alt](gone.png)")), Callout)
    assert found == [Callout("Picture not found or not readable: gone.png")]


def test_markdown_of_every_kind_is_read(notebook: Make, every: Every) -> None:
    text = (
        "# T\n\n1. one\n2. two\n   - in\n\n> said\n\nTerm\n: meaning\n\n|a|b|\n|-|-:|\n|x|1|\n\n"
        "```python\nx\n```\n\n$$x^2$$\n\nA $y$ for $5 and $6.\n\nNote[^1] and[^1].\n\n[^1]: Said."
    )
    document = read_document(notebook(text))
    for kind in (ListBlock, Quote, Definitions, Table, CodeBlock, MathBlock):
        assert every(document, kind), kind
    assert [m.latex for m in every(document, MathSpan)] == ["y"]
    refs = every(document, FootnoteRef)
    assert [(r.number, bool(r.note)) for r in refs] == [(1, True), (1, False)]


def test_money_in_a_sentence_is_not_mathematics(notebook: Make, every: Every) -> None:
    document = read_document(notebook("It fell from $5,100 to $4,745 in a day."))
    assert every(document, MathSpan) == []


def test_output_is_taken_by_richness(notebook: Make) -> None:
    frame = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    png = base64.b64encode(PNG).decode()
    cases: list[tuple[dict[str, Any], type]] = [
        ({"text/html": frame, "text/plain": "x"}, Table),
        ({"text/html": "<div id=p></div>", "image/png": png, "text/plain": "x"}, Image),
        ({"text/latex": "$$x$$", "text/plain": "x"}, MathBlock),
        ({"text/plain": "{'a': 1}"}, CodeBlock),
        ({"text/html": "<b>only</b> words", "text/plain": "<IPython.HTML>"}, Paragraph),
    ]
    for data, kind in cases:
        nb = new_notebook(cells=[new_code_cell("")])
        nb.cells[0].outputs = [new_output("display_data", data=nbformat.from_dict(data))]
        assert [type(b) for b in read_document(nb).sections[0].main] == [kind]


def test_terminal_colours_and_overwritten_lines_are_cleaned(notebook: Make) -> None:
    nb = new_notebook(cells=[new_code_cell("")])
    nb.cells[0].outputs = [
        new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m\n10%\r100%\n"),
        new_output("error", ename="ValueError", evalue="\x1b[1mbad\x1b[0m", traceback=[]),
    ]
    assert read_document(nb).sections[0].main == (
        CodeBlock("red\n100%"),
        Callout("ValueError: bad"),
    )


def test_pictures_come_from_attachments_and_from_beside_the_notebook(
    notebook: Make, tmp_path: Any, every: Every
) -> None:
    (tmp_path / "f.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
    )
    nb = notebook("![from file](f.svg)\n\n![attached](attachment:a.svg)")
    nb.cells[0]["attachments"] = {
        "a.svg": {"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"/>'}
    }
    document = read_document(nb, resources={"metadata": {"path": str(tmp_path)}})
    assert [i.alt for i in every(document, Image)] == ["from file", "attached"]


def test_the_title_is_taken_from_metadata_then_heading_then_file(notebook: Make) -> None:
    about = {"metadata": {"name": "my-file"}}
    assert read_document(notebook("# H", title="M"), resources=about).meta.title == "M"
    assert read_document(notebook("# H"), resources=about).meta.title == "H"
    assert read_document(notebook("text"), resources=about).meta.title == "my-file"


def test_slugs_are_anchors_and_folding_drops_control_signs() -> None:
    assert slug("The Rally: how far?") == "the-rally-how-far"
    assert slug("2026") == "n-2026"
    assert slug("中") == "part"
    assert fold("a\n  b\u202f%\x00\x1b") == "a b\u202f%"


@pytest.mark.parametrize("name", ["data-quality", "disclosures"])
def test_an_exhibit_named_like_the_end_of_an_edition_keeps_both_findable(
    edition: NotebookNode, name: str
) -> None:
    nb = copy.deepcopy(edition)
    bundle = next(
        output.data[EXHIBIT]
        for cell in nb.cells
        for output in cell.get("outputs", [])
        if EXHIBIT in output.get("data", {})
    )
    bundle["id"] = name
    document = read_document(nb)
    assert f"{name}-2" in document.anchors
    assert write_pdf(document).startswith(b"%PDF")
    ids = re.findall(r'\bid="([^"]+)"', write_html(document))
    assert len(ids) == len(set(ids))


def test_an_edition_ends_with_the_findings_that_changed(edition: NotebookNode) -> None:
    made = copy.deepcopy(edition)
    changed = [{"id": "comps", "title": "Copper leads", "before": "Gold *leads*"}]
    made.metadata.research |= {"since": "2026-W04", "changed": changed}
    document = read_document(made)
    first = document.meta.endings[0]
    assert (first.id, first.title) == (
        "changed-findings",
        "Findings that changed since edition 2026-W04",
    )
    assert first.lines == ((Link("#comps", ()), Text(": Copper leads; was: Gold *leads*")),)
    html = write_html(document)
    assert f'<a href="#comps">{document.anchors["comps"]}</a>: Copper leads; was: Gold *' in html
    ending = write_typst(document)[0]["ending-changed-findings.typ"]
    assert 'link(label("comps"), ' in ending
    assert "changed-findings" not in write_html(read_document(edition))


def test_what_was_read_ahead_is_read_once(
    edition: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragments._read_alone.cache_clear()
    pictures.read_svg.cache_clear()
    before = read_document(edition)
    fragments._read_alone.cache_clear()
    pictures.read_svg.cache_clear()
    read_ahead(edition)
    drawn, tables = pictures.read_svg.cache_info(), fragments._read_alone.cache_info()
    assert drawn.misses
    assert tables.misses
    assert read_document(edition) == before
    assert pictures.read_svg.cache_info().misses == drawn.misses
    assert fragments._read_alone.cache_info().hits == tables.hits + tables.misses


@pytest.mark.parametrize("inner", ['<a href="#later">x</a>', '<IMG src="a.svg">', "<h2>x</h2>"])
def test_a_table_with_links_pictures_or_headings_is_read_where_it_stands(inner: str) -> None:
    fragments._read_alone.cache_clear()
    scope = Scope(load_image=lambda source: None)
    read_html(f"<table><tr><td>{inner}</td></tr></table>", scope, house=True)
    assert fragments._read_alone.cache_info().misses == 0


def test_what_is_recorded_for_the_manifest_leaves_no_trace_on_the_page(notebook: Make) -> None:
    recorded = {BLOCK: {"kind": "record", "name": "claims", "items": []}}
    told = read_document(notebook("Text.", [recorded]), exclude_input=True)
    assert [type(one) for one in told.sections[0].main] == [Paragraph]
