"""References by id: sections, exhibits, claims and facts become links in both artefacts."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from research.errors import RenderError
from research.exhibits import Column, calls, card, say, strip, table
from research.exhibits.mime import PROSE
from research.render.blocks import Card, Link
from research.render.document import read_document
from research.render.html import write_html
from research.render.publication import Document
from research.render.scope import words
from research.render.typst import write_pdf

Make = Callable[..., NotebookNode]
Every = Callable[[Document, type], list[Any]]
HEAD = {"unit": "Beta", "source": "sample", "as_of": "2026-01-28"}


def prose(text: str, **facts: str) -> dict[str, Any]:
    """A prose cell that tells facts: their ids, with dots as underscores, and their texts."""
    told = [{"id": key.replace("_", "."), "value": 1, "text": said} for key, said in facts.items()]
    return {"text/markdown": text, PROSE: {"facts": told}}


def metals(**more: Any) -> Any:
    frame = pd.DataFrame({"gain": [0.59]}, index=["gold"])
    columns = {"gain": Column(header="Gain", fmt="spct0")}
    return table(frame, columns=columns, id="rally-metals", title="Gold rose", **HEAD)


def claim(id: str = "claim-m1", name: str = "M1") -> Any:
    return card(id=id, name=name, title="“a defensive play”", items=[("Test", "Beta.")])


def scorecard(*leads: Any) -> Any:
    frame = pd.DataFrame({"says": ["Safe <i>", "Cyclical"][: len(leads)], "card": leads})
    columns = {"says": Column(header="Says", link="card")}
    return table(frame, columns=columns, id="scorecard", title="None holds", **HEAD)


def front(text: str) -> dict[str, list[Any]]:
    return {
        "front": [text],
        "rally": [metals(), prose("Breadth is 90 %.", breadth_share="90\u202f%")],
        "outlook": ["What may come.", claim()],
    }


def linked(document: Document, every: Every) -> dict[str, str]:
    return {link.target: words(link.children) for link in every(document, Link)}


def destinations(pdf: bytes) -> list[str]:
    """Where the link annotations of all pages lead, within the file."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for one in page.get("/Annots") or ():
            to = one.get_object().get("/Dest") or one.get_object().get("/A", {}).get("/D")
            found.append(str(to))
    return found


@pytest.mark.parametrize(
    ("reference", "target", "reads"),
    [
        ("[](#outlook)", "#outlook", "Outlook"),
        ("[](#rally-metals)", "#rally-metals", "Exhibit 1"),
        ("[](#claim-m1)", "#claim-m1", "M1"),
        ("[](fact:rally.breadth.share)", "#rally", "90\u202f%"),
        ("[](fact:rally.rally-metals.gold-gain)", "#rally-metals", "+59\u202f%"),
        ("[of McPherson](#claim-m1)", "#claim-m1", "of McPherson"),
        ("[nine in ten](fact:rally.breadth.share)", "#rally", "nine in ten"),
    ],
)
def test_a_reference_reads_as_what_it_names_and_leads_there(
    assembled: Make, every: Every, reference: str, target: str, reads: str
) -> None:
    document = read_document(assembled(front(f"See {reference}.")))
    assert linked(document, every) == {target: reads}
    html = write_html(document)
    assert f'See <a href="{target}">{reads}</a>.' in html
    assert f'id="{target[1:]}"' in html
    bare = len(destinations(write_pdf(read_document(assembled(front("See nothing."))))))
    assert len(destinations(write_pdf(document))) == bare + 1


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (
            "[](#outlok)",
            r"section front, cell 1: the link #outlok leads nowhere; did you mean #outl",
        ),
        ("[](#claim-m2)", r"#claim-m2 leads nowhere; did you mean #claim-m1\?"),
        ("[](#zzzz)", r"the link #zzzz leads nowhere\.$"),
        (
            "[](fact:rally.breadth.shar)",
            r"section front, cell 1: no section tells the fact rally\.breadth\.shar; "
            r"did you mean fact:rally\.breadth\.share\?",
        ),
        ("[](fact:rally.zzzz) [](#zzzz)", r"(?s)fact rally\.zzzz.*\n.*#zzzz leads nowhere"),
    ],
)
def test_an_unknown_id_is_refused_with_where_and_close_ones(
    assembled: Make, reference: str, told: str
) -> None:
    with pytest.raises(RenderError, match=told):
        read_document(assembled(front(f"See {reference}.")))


def test_the_first_telling_of_a_fact_is_quoted_as_in_the_ledger(assembled: Make) -> None:
    cells = [prose("90 %", a="90 %"), prose("0.9", a="0.9"), "Again [](fact:rally.a)."]
    html = write_html(read_document(assembled({"rally": cells})))
    assert 'Again <a href="#rally">90\u202f%</a>.' in html


def test_a_fact_of_a_cell_that_is_not_shown_cannot_be_quoted(assembled: Make) -> None:
    nb = assembled({"rally": [prose("90 %", a="90 %"), "Again [](fact:rally.a)."]})
    nb.cells[0].metadata["tags"] = ["remove-output"]
    with pytest.raises(RenderError, match=r"no section tells the fact rally\.a"):
        read_document(nb)


def test_where_a_section_is_left_out_what_refers_to_it_keeps_its_words(assembled: Make) -> None:
    text = "See [the case](#claim-m1), [](#claim-m1) and [](fact:outlook.p)."
    parts = {"front": [text, scorecard("claim-m1")]}
    html = write_html(read_document(assembled(parts, left_out=["outlook"])))
    assert "See the case, [left out] and [left out]." in html
    assert "Safe &lt;i&gt;" in html
    assert "claim-m1" not in html[html.index("<main") :]


def test_a_cell_of_a_table_leads_to_its_card_in_both(assembled: Make, every: Every) -> None:
    parts = {"front": [scorecard("claim-m1", "")], "arguments": [claim()]}
    document = read_document(assembled(parts))
    assert linked(document, every) == {"#claim-m1": "Safe <i>"}
    html = write_html(document)
    assert re.search(r'<td[^>]*><a href="#claim-m1">Safe &lt;i&gt;</a></td>', html)
    assert re.search(r"<td[^>]*>Cyclical</td>", html)
    assert len(destinations(write_pdf(document))) == 2  # and that of the contents


def test_a_table_that_leads_nowhere_is_refused_too(assembled: Make) -> None:
    parts = {"front": [scorecard("claim-m2")], "arguments": [claim()]}
    with pytest.raises(RenderError, match=r"#claim-m2 leads nowhere; did you mean #claim-m1\?"):
        read_document(assembled(parts))


def test_calls_and_strips_lead_to_what_they_speak_of(assembled: Make, every: Every) -> None:
    told = calls([("Broad.", say("Up {x:pct0}.", x=0.9), "claim-m1"), ("Dear.", "Very.")])
    aside = strip([("Gold", "+9 %", "a week", "rally-metals")], title="Moves")
    parts = {"front": [told, aside], "rally": [metals(), claim()]}
    document = read_document(assembled(parts))
    assert linked(document, every) == {"#claim-m1": "Broad.", "#rally-metals": "Gold"}
    html = write_html(document)
    assert '<strong><a href="#claim-m1">Broad.</a></strong> Up 90\u202f%.' in html
    assert "<strong>Dear.</strong> Very." in html
    assert len(destinations(write_pdf(document))) == 3
    assert "claim-m1" not in told._repr_mimebundle_()["text/html"]
    assert "claim-m1" not in told._repr_mimebundle_()["text/plain"]


def test_an_ordinary_notebook_keeps_the_words_of_a_lost_reference(notebook: Make) -> None:
    html = write_html(read_document(notebook("See [that](fact:a.b), [this](#nowhere) and more.")))
    assert "See that, this and more." in html


def test_a_card_without_a_name_is_called_by_its_title(assembled: Make, every: Every) -> None:
    document = read_document(assembled({"front": ["[](#claim-x)", claim("claim-x", "")]}))
    assert linked(document, every) == {"#claim-x": "“a defensive play”"}


def test_what_kind_of_statement_it_is_stands_on_a_card_in_words(
    assembled: Make, every: Every
) -> None:
    tagged = card(
        id="m1",
        title="“Gold will rise”",
        tag="Forecast",
        origin="Extract of 28 Jan 2026 from: The Paper",
        estimate="1.08",
        items=[("Test", "Beta.")],
    )
    document = read_document(assembled({"front": [tagged]}))
    (one,) = every(document, Card)
    assert (one.tag, one.origin) == ("Forecast", "Extract of 28 Jan 2026 from: The Paper")
    html = write_html(document)
    assert '<span class="tag">Forecast</span>' in html
    assert '<span class="tag">Estimate</span> 1.08' in html
    printed = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(write_pdf(document))).pages
    )
    for said in ("Forecast", "Estimate", "Extract of 28 Jan 2026 from: The Paper"):
        assert said in html
        assert said in printed
    shown = tagged._repr_mimebundle_()["text/html"]
    assert "Forecast" in shown
    assert "The Paper" in shown
