"""The note on the other paper: as long, as whole, nothing cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pypdfium2 as pdfium
import pytest

from research.params import load
from research.render.document import read_document
from research.render.typst import write_pdf

MARGIN_PT = 18 * 72 / 25.4
LETTER = (612.0, 792.0)


@pytest.fixture(scope="module")
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


def test_the_note_on_letter_is_as_long_and_nothing_is_cut(letter: bytes) -> None:
    with pdfium.PdfDocument(letter) as document:
        assert 8 <= len(document) <= 17
        for number, page in enumerate(document, start=1):
            across, down = page.get_size()
            assert (min(across, down), max(across, down)) == LETTER
            text = page.get_textpage()
            for at in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(at)
                if right > left and text.get_text_range(at, 1).strip():
                    said = (number, text.get_text_range(max(0, at - 20), 40))
                    assert MARGIN_PT - 1.5 < left < right < across - MARGIN_PT + 1.5, said
                    assert 12 < bottom < top < down - 12, said
            text.close()
            page.close()
