"""The note on the other paper: as long, as whole, nothing cut."""

from __future__ import annotations

import pypdfium2 as pdfium

MARGIN_PT = 18 * 72 / 25.4
LETTER = (612.0, 792.0)


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
