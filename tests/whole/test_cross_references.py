"""References across the note: every claim is one step from page one, every quoted fact is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from research.edition.build import build
from research.edition.plan import plan
from research.params import load


def test_each_row_of_the_scorecard_leads_to_its_card(html: str, root: Path) -> None:
    claims = load(root / "params" / "mining-rally.yaml").claims.claims
    board = re.search(r'<figure id="scorecard".*?</figure>', html, re.DOTALL)
    assert board is not None
    led = re.findall(r'<td[^>]*><a href="#(claim-\w+)">', board[0])
    assert led == [f"claim-{claim.id.lower()}" for claim in claims]
    for anchor in led:
        assert f'<article class="card" id="{anchor}"' in html


def test_links_of_the_print_lead_to_pages_of_it(pdf: PdfReader, record: dict[str, Any]) -> None:
    named = set(pdf.named_destinations)
    pages = {page.indirect_reference for page in pdf.pages}
    inside = [one for page in pdf.pages for one in _targets(page)]
    assert len(inside) > 25
    for to in inside:
        assert to in named if isinstance(to, str) else to[0] in pages, to


def _targets(page: Any) -> list[Any]:
    found = []
    for one in page.get("/Annots") or ():
        annotation = one.get_object()
        if annotation["/Subtype"] == "/Link":
            assert annotation.get("/Contents"), "a link has no words for a screen reader"
            to = annotation.get("/Dest") or annotation["/A"].get("/D")
            found.append(str(to) if isinstance(to, str) else list(to))
    return found


def test_each_card_tells_what_kind_of_statement_it_quotes_and_from_where(
    html: str, pdf_pages: list[str], root: Path
) -> None:
    claims = load(root / "params" / "mining-rally.yaml").claims
    cards = re.findall(r'<article class="card" id="claim-(\w+)".*?</article>', html, re.DOTALL)
    shown = re.findall(r'<article class="card".*?</article>', html, re.DOTALL)
    assert len(shown) == len(claims.claims)
    printed = " ".join(pdf_pages)
    for name, card in zip(cards, shown, strict=True):
        kind = claims[name.upper()].type
        tag = {"fact": "Fact", "forecast": "Forecast"}.get(kind, "Opinion")
        assert f'<span class="tag">{tag}</span>' in card, name
        assert ('<p class="estimate">' in card) == ('<span class="tag">Estimate</span>' in card)
        assert f"extract of 28 Jan 2026 from: {claims.source.title}" in card.replace("\xa0", " ")
    assert printed.count("extract of 28 Jan 2026 from") == len(shown)


def test_a_quoted_fact_reads_as_in_the_ledger(
    tmp_path: Path, mini_note: Callable[..., Path]
) -> None:
    quote = (
        "# Head\n\nOf [](#rally), breadth [](fact:rally.share), "
        "gold [](fact:rally.metals.gold-gain)."
    )
    sources = [
        "%load_ext research\nimport pandas as pd\nfrom research.exhibits import Column, table\n"
        "share = 0.9",
        "%%prose\nBreadth is {share:pct1}.",
        "table(pd.DataFrame({'gain': [0.594]}, index=['gold']), title='Gold rose', unit='US$',\n"
        "columns={'gain': Column(header='Gain', fmt='spct0')}, id='metals', source='sample',\n"
        "as_of='2026-01-30')",
    ]
    note = load(mini_note(tmp_path, {"front": [quote], "rally": sources}))
    made = build(plan(note, reports=tmp_path / "reports"), completed_at="2026-01-31T06:00:00Z")
    facts = {one["id"]: one["text"] for one in made.record["facts"]}
    html = (made.folder / "mini.html").read_text(encoding="utf-8")
    assert json.dumps(sorted(facts)) == '["rally.metals.gold-gain", "rally.share"]'
    assert f'breadth <a href="#rally">{facts["rally.share"]}</a>' in html
    assert f'gold <a href="#metals">{facts["rally.metals.gold-gain"]}</a>' in html
