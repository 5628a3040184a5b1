"""Cards in HTML and PDF: the same words on both, side by side where they are a pair."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from research.exhibits import Column, card, gauge, interval, say, table
from research.render.blocks import Card, Inset, Table
from research.render.document import read_document
from research.render.html import write_html
from research.render.publication import Document
from research.render.typst import write_pdf, write_typst

Make = Callable[..., NotebookNode]
Every = Callable[[Document, type], list[Any]]
HEAD = {
    "id": "t",
    "title": "At a glance",
    "unit": "Beta",
    "source": "sample",
    "as_of": "2026-01-28",
}


def claim(number: int = 1, *, weak: bool = True) -> Any:
    """A card of ordinary length."""
    return card(
        id=f"claim-{number}",
        eyebrow="M1 · McPherson, Wren Sterling · 28 Jan 2026",
        title="“a defensive play in a political storm”",
        verdict="CONTRADICTED",
        grade="A",
        weak=weak,
        picture=interval(1.08, 0.94, 1.22, id=f"p{number}", bounds=(0.8, 1.0)),
        estimate=say("{x:num2} (interval {l:num2} to {h:num2})", x=1.08, l=0.94, h=1.22),
        items=[
            (
                "Test",
                say(
                    "Downside beta to world equities over {n:num0} weekly returns; below "
                    "{a:num2} supports the claim, above {b:num2} contradicts it, ends counted.",
                    n=520, a=0.8, b=1.0,
                ),
            ),
            (
                "Falsifier",
                "The downside beta stays above one for two quarters in a row on weekly data.",
                say("The estimate is {x:num3} beyond the level at which it fires.", x=0.085),
            ),
        ],
        pair=(
            (
                "For",
                say(
                    "In {k:word} of the last {n:word} sell-offs of more than a tenth the miners "
                    "fell less than world equities did, on average over the weeks.", k=2, n=9,
                ),
            ),
            (
                "Against",
                say(
                    "When world equities fall the miners have fallen {p:pct0} more than the "
                    "market does, and the interval lies wholly above the bound.", p=0.08,
                ),
            ),
        ),
    )  # fmt: skip


def bundle(shown: Any) -> dict[str, Any]:
    made = shown._repr_mimebundle_()
    return json.loads(json.dumps(made))


def glance() -> dict[str, Any]:
    """A dense table with a gauge in one of its rows."""
    drawn = gauge(1.08, 0.94, 1.22, id="g", bounds=(0.8, 1.0))
    frame = pd.DataFrame({"b": [1.08, 0.5], "g": [drawn, None]}, index=["M1", "M2"])
    columns = {"b": Column(header="Beta", fmt="num2"), "g": Column(header="Chart", picture=True)}
    return bundle(table(frame, columns=columns, dense=True, **HEAD))


def dense(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFKC", text))


@pytest.fixture
def document(notebook: Make) -> Document:
    return read_document(notebook("# Arguments", [bundle(claim())], [glance()]))


@pytest.fixture
def html(document: Document) -> str:
    return write_html(document)


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def test_a_card_keeps_its_rows(document: Document, every: Every) -> None:
    (one,) = every(document, Card)
    assert [[item.label for item in row] for row in one.rows] == [
        ["Test"],
        ["For", "Against"],
        ["Falsifier"],
    ]
    assert one.verdict_text.endswith("Contradicted†")


def test_every_word_and_every_fact_of_a_card_stands_in_both(document: Document, html: str) -> None:
    seen = dense(unescape(re.sub(r"<[^>]+>", " ", html)))
    printed = dense(" ".join(pages(write_pdf(document))))
    record = claim().as_json()
    said = [record[key] for key in ("eyebrow", "title", "grade", "estimate", "note")]
    said += [item[key] for item in record["items"] for key in ("label", "text", "detail")]
    said += [fact["text"] for fact in record["facts"]]
    assert len(record["facts"]) >= 9
    for text in filter(None, said):
        assert dense(text).lower() in seen.lower(), text
        assert dense(text).lower() in printed.lower(), text


def test_the_verdict_has_its_dagger_in_both(document: Document, html: str) -> None:
    assert "Contradicted†" in html
    assert "Contradicted†" in "".join(pages(write_pdf(document)))


def test_the_pair_shares_a_row_in_both(document: Document, html: str) -> None:
    rows = re.findall(r"<dl>(.*?)</dl>", html)
    labels = [re.findall(r"<dt>(.*?)</dt>", row) for row in rows]
    assert ["For", "Against"] in labels
    heights: dict[str, float] = {}

    def seen(text: str, matrix: Any, *rest: Any) -> None:
        heights.setdefault(text.strip(), matrix[5])

    for page in PdfReader(io.BytesIO(write_pdf(document))).pages:
        page.extract_text(visitor_text=seen)
    assert heights["For"] == heights["Against"]
    assert heights["For"] != heights["Test"]


def test_the_distance_is_a_detail_of_the_falsifier(html: str) -> None:
    assert re.search(r'weekly data\. <span class="detail">The estimate is 0\.085 beyond', html)


def test_the_picture_has_its_words_in_both(document: Document, html: str) -> None:
    said = "Estimate 1.08 (0.94–1.22); below 0.80 supports, above 1.00 contradicts the claim."
    assert said in html
    assert said in str(write_typst(document))


def test_a_gauge_in_a_cell_is_drawn_within_its_line(
    document: Document, html: str, every: Every
) -> None:
    (made,) = every(document, Table)
    assert made.dense
    (drawn,) = every(document, Inset)
    assert drawn.alt == "Estimate 1.08 (0.94–1.22), on the contradicting side."
    assert '<span class="inset">' in html
    assert drawn.alt in str(write_typst(document))


def test_the_rows_behind_a_card_are_in_both_files_and_named_there(notebook: Make) -> None:
    rows = pd.DataFrame({"r": [0.1, 0.2]}, index=pd.Index(["a", "b"], name="week"))
    shown = card(id="m1", title="“Safe”", items=[("Test", "x")], data=rows, formula="β = r / m")
    document = read_document(notebook("# Arguments", [bundle(shown)]))
    printed = PdfReader(io.BytesIO(write_pdf(document)))
    assert printed.attachments["m1.csv"] == [b"week,r\na,0.1\nb,0.2\n"]
    text = dense(" ".join(page.extract_text() for page in printed.pages))
    assert dense("β = r / m") in text
    assert dense("Data: m1.csv, 2 rows") in text
    html = write_html(document)
    code = re.search(r'<a download="m1\.csv" href="data:text/csv;[^,]*,(.*?)">', html)
    assert code is not None
    assert unquote(code[1]) == "week,r\na,0.1\nb,0.2\n"
    assert '<p class="formula">β = r / m</p>' in html


def test_six_cards_of_ordinary_length_fit_a_page(notebook: Make) -> None:
    made = notebook("# Arguments", [bundle(claim(n, weak=False)) for n in range(1, 7)])
    printed = pages(write_pdf(read_document(made)))
    assert max(text.count("a defensive play in") for text in printed) == 6


def test_the_print_with_cards_keeps_both_standards(document: Document) -> None:
    reader = PdfReader(io.BytesIO(write_pdf(document)))
    said = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in said
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in said
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
