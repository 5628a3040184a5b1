"""Tall exhibits on paper: where one does not fit, the text goes on and it opens the next page."""

from __future__ import annotations

import io
import logging
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from research.exhibits.mime import EXHIBIT
from research.render.document import read_document
from research.render.typst import flow, pdf, write_pdf

Make = Callable[..., NotebookNode]
FILL = "\n\n".join(
    f"Paragraph {n}. " + "Words that fill the page go on and on. " * 6 for n in range(12)
)
AFTER = "Text after the exhibit tells what follows from it."


def drawing(name: str, height_pt: int = 400) -> dict[str, Any]:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="480pt" height="{height_pt}pt" '
        f'viewBox="0 0 480 {height_pt}"><rect width="480" height="{height_pt}"/></svg>'
    )
    record = {
        "id": name, "kind": "figure", "title": f"Exhibit called {name}", "unit": "index",
        "source": "test", "note": "", "alt": "A box", "as_of": "2026-01-28", "illustrative": False,
        "width": "full", "landscape": False, "csv": "", "facts": [], "svg": svg,
    }  # fmt: skip
    return {EXHIBIT: record}


def pages(nb: NotebookNode) -> list[str]:
    reader = PdfReader(io.BytesIO(write_pdf(read_document(nb, exclude_input=True))))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def page_of(told: list[str], words: str) -> int:
    (found,) = [at for at, text in enumerate(told, start=1) if words in text]
    return found


def test_text_fills_the_page_that_an_exhibit_does_not_fit_on(notebook: Make) -> None:
    told = pages(notebook("# Note", FILL, [drawing("tall")], AFTER))
    assert (page_of(told, AFTER), page_of(told, "Exhibit called tall")) == (1, 2)


def test_an_exhibit_that_fits_stands_where_it_was_put(notebook: Make) -> None:
    (told,) = pages(notebook("# Note", FILL, [drawing("low", 120)], AFTER))
    assert told.index("Exhibit called low") < told.index(AFTER)


def test_words_that_lead_to_a_formula_stay_on_its_page(notebook: Make) -> None:
    lines = [f"Line {n}." for n in range(60)]

    def parted(told: list[str]) -> bool:
        return page_of(told, "It is this:") != page_of(told, "98765")

    told = [
        pages(notebook("# Note", "\n\n".join([*lines[:n], "It is this:", "$$x = 98765$$"])))
        for n in range(36, 56)
    ]
    assert {len(one) for one in told} == {1, 2}
    assert not any(map(parted, told))


def test_an_exhibit_that_fits_with_less_air_above_it_is_not_put_off(
    notebook: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put_off(height_pt: int) -> bool:
        told = pages(notebook("# Note", FILL, [drawing("low", height_pt)], "# Next"))
        return page_of(told, "Exhibit called low") > 1

    tallest = bisect_left(range(400), True, key=put_off)
    generous = pdf._house().replace(b"closest = 9pt", b"closest = 15pt")
    monkeypatch.setattr(pdf, "_house", lambda: generous)
    assert put_off(tallest - 1)
    assert not put_off(tallest - 8)


def test_a_heading_stays_with_the_text_that_is_left_to_it(notebook: Make) -> None:
    told = pages(notebook("# Note", FILL, "## Drawn", [drawing("tall")], AFTER))
    assert page_of(told, "Drawn") == page_of(told, AFTER) == 1


@pytest.mark.parametrize("rest", [[], ["## Next", AFTER]])
def test_a_heading_of_nothing_but_the_exhibit_goes_with_it(notebook: Make, rest: list[str]) -> None:
    told = pages(notebook("# Note", FILL, "## Drawn", [drawing("tall")], *rest))
    assert page_of(told, "Drawn") == page_of(told, "Exhibit called tall") == 2


def test_no_exhibit_lands_below_the_heading_of_the_next_section(notebook: Make) -> None:
    told = pages(notebook("# Note", FILL, [drawing("tall")], AFTER, "# Next section", "Its text."))
    assert page_of(told, AFTER) == 1
    opening = told[1]
    assert opening.index("Exhibit called tall") < opening.index("Next section")


def test_a_heading_of_nothing_but_the_exhibit_is_not_overtaken(notebook: Make) -> None:
    cells = [FILL, "## Drawn", [drawing("tall")], "## Next", AFTER]
    told = pages(notebook("# Note", *cells))
    assert page_of(told, "Drawn") == page_of(told, AFTER) == 2
    assert told[1].index("Exhibit called tall") < told[1].index("Next")


def test_exhibits_keep_their_order(notebook: Make) -> None:
    cells: list[Any] = ["# Note"]
    for n in range(6):
        cells += [FILL, [drawing(f"number-{n}", 200 + 60 * n)]]
    told = " ".join(pages(notebook(*cells, FILL)))
    found = [told.index(f"Exhibit called number-{n}") for n in range(6)]
    assert found == sorted(found)


def test_a_small_exhibit_does_not_overtake_a_tall_one(notebook: Make) -> None:
    cells = [FILL, [drawing("tall")], AFTER, [drawing("low", 60)], "Last words."]
    told = pages(notebook("# Note", *cells))
    assert (page_of(told, "Exhibit called tall"), page_of(told, "Exhibit called low")) == (2, 2)
    assert told[1].index("Exhibit called tall") < told[1].index("Exhibit called low")
    assert page_of(told, AFTER) == page_of(told, "Last words.") == 1


def test_where_no_layout_settles_the_last_one_is_printed(
    notebook: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(flow, "PASSES", 1)
    with caplog.at_level(logging.WARNING):
        told = pages(notebook("# Note", FILL, [drawing("tall")], AFTER))
    assert page_of(told, "Exhibit called tall") == 2
    assert not caplog.records
