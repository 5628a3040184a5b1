"""The HTML page: complete in itself, inert, accessible, and always the same."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from nbformat import NotebookNode

from research.render.document import read_document
from research.render.html import write_html

Make = Callable[..., NotebookNode]
VOID = {"meta", "br", "img", "hr", "link", "input", "col", "wbr"}


class Tree(HTMLParser):
    """Tags with attributes; fails on tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(tag)


@pytest.fixture(scope="module")
def page(edition: NotebookNode) -> str:
    return write_html(read_document(edition))


@pytest.fixture(scope="module")
def tree(page: str) -> Tree:
    return Tree(page)


def test_the_page_acts_on_nothing_and_asks_for_nothing(page: str, tree: Tree) -> None:
    names = {tag for tag, _ in tree.tags}
    assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "audio"}
    for _, attributes in tree.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "srcset", "poster"):
            if name in attributes:
                assert attributes[name].startswith(("#", "data:")), attributes
    assert not re.search(r"@import|url\((?!data:|#)", page)
    assert "default-src 'none'" in unescape(page)


def test_tags_nest_and_ids_are_unique(tree: Tree) -> None:
    assert tree.faults == []
    assert tree.open == []
    ids = [a["id"] for _, a in tree.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_every_inner_link_has_a_target(tree: Tree) -> None:
    ids = {a["id"] for _, a in tree.tags if "id" in a}
    inner = {a["href"][1:] for t, a in tree.tags if t == "a" and a.get("href", "").startswith("#")}
    assert len(inner) > 10
    assert inner <= ids


def test_language_title_landmarks_and_skip_link_are_there(page: str, tree: Tree) -> None:
    assert '<html lang="en">' in page
    assert "<title>Can the mining rally last? · 28 Jan 2026</title>" in page
    names = [tag for tag, _ in tree.tags]
    for landmark in ("header", "nav", "main", "footer"):
        assert names.count(landmark) == 1
    assert names.count("h1") == 1
    assert 'class="skip" href="#_content"' in page


def test_whoever_is_sent_the_page_sees_its_title_finding_and_date(tree: Tree) -> None:
    told = {
        a.get("property") or a.get("name"): a["content"]
        for t, a in tree.tags
        if t == "meta" and "content" in a
    }
    finding = "Miners have run further than the metal; the arguments for and against now nearly "
    finding += "cancel out. Data as of 28 Jan 2026."
    for name in ("description", "og:description", "twitter:description"):
        assert told[name] == finding
    assert told["og:title"] == told["twitter:title"] == "Can the mining rally last?"
    assert (told["og:type"], told["twitter:card"]) == ("article", "summary")
    assert not [value for value in told.values() if "://" in value]


def test_sections_exhibits_and_claims_link_to_themselves(tree: Tree) -> None:
    own = {a["href"] for tag, a in tree.tags if tag == "a" and a.get("href", "").startswith("#")}
    parts = {
        a["id"] for tag, a in tree.tags if tag in ("section", "figure", "article") and "id" in a
    }
    assert len(parts) > 8
    assert {f"#{part}" for part in parts} <= own


def test_heading_levels_never_skip(tree: Tree) -> None:
    levels = [int(tag[1]) for tag, _ in tree.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_pictures_have_words_and_table_headers_a_scope(tree: Tree) -> None:
    pictures = [a for tag, a in tree.tags if tag == "svg"]
    assert pictures
    assert all(a.get("role") == "img" and a.get("aria-label") for a in pictures)
    assert all(a.get("scope") for tag, a in tree.tags if tag == "th")
    regions = [a for _, a in tree.tags if a.get("class") == "table"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_each_exhibits_data_can_be_taken_out_of_the_file(tree: Tree) -> None:
    links = {a["download"]: a["href"] for tag, a in tree.tags if tag == "a" and "download" in a}
    assert set(links) >= {"rally-moves.csv", "comps.csv"}
    text = unquote(links["rally-moves.csv"].partition(",")[2])
    assert text.startswith("date,pick,gdx\n")


def test_illustrative_data_and_a_degraded_gate_are_seen_at_the_top(page: str) -> None:
    top = page[page.index("<body") : page.index("<main")]
    assert "Illustrative data, not market data" in top
    assert '<a href="#data-quality">Data checks: DEGRADED, 1 finding</a>' in top


def test_the_findings_of_the_data_checks_stand_at_the_end_and_not_on_the_first_page(
    page: str,
) -> None:
    assert page.count("VALE is 9 sessions old") == 1
    assert page.index('id="_data-quality-title"') < page.index("VALE is 9 sessions old")
    assert page.index("VALE is 9 sessions old") < page.index('id="_disclosures-title"')
    assert page.count('class="stamp">Illustrative data') == 6


def test_fonts_are_inside_and_the_page_is_small(page: str) -> None:
    assert page.count("@font-face") == 5
    assert len(page.encode()) < 600_000


def test_two_writings_are_equal(edition: NotebookNode, page: str) -> None:
    assert write_html(read_document(edition)) == page


def test_two_pictures_with_the_same_ids_do_not_mix(notebook: Make) -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs><clipPath id="c">'
        '<path d="M0 0"/></clipPath></defs><g clip-path="url(#c)"/></svg>'
    )
    html = write_html(read_document(notebook([{"image/svg+xml": svg}, {"image/svg+xml": svg}])))
    assert 'id="p1-c"' in html
    assert "url(#p2-c)" in html
    assert not re.search(r'id="c"|url\(#c\)', html)
