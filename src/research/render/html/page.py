"""The whole page: template, style sheet, fonts; no script, no request, nothing from outside."""

from __future__ import annotations

import functools
import re
from html import unescape
from typing import Any

from research.render import fonts
from research.render.blocks import Block, Heading, Paragraph
from research.render.html.writer import Writer
from research.render.publication import Document
from research.render.scope import words

_PAGE = "page.html.j2"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


def write_html(document: Document) -> str:
    """One self-contained HTML5 page; the same document always gives the same text."""
    from markupsafe import Markup

    writer = Writer(document)
    sections = [
        {"section": section, **{part: Markup(said) for part, said in writer.section(section)}}
        for section in document.sections
    ]
    # Taken after the sections: the notes are collected while they are written.
    notes = Markup(writer.notes())
    endings = [
        {
            "id": one.id,
            "title": one.title,
            "lines": [Markup(writer.inlines(line)) for line in one.lines],
        }
        for one in document.meta.endings
    ]
    template = _template(_PAGE)
    page = template.render(
        meta=document.meta,
        policy=POLICY,
        description=_description(document),
        contents=_contents(document),
        sections=sections,
        endings=endings,
        notes=notes,
        style=Markup("@@STYLE@@"),
    )
    return page.replace("@@STYLE@@", _fonts(page) + _sheet(), 1)


def read_template() -> None:
    """Read and compile what all pages are made by; the first page would else do it."""
    _template(_PAGE)
    _sheet()


@functools.cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("research.render", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Any:
    return _environment().get_template(name)


@functools.cache
def _sheet() -> str:
    from importlib.resources import files

    text = (files("research.render.html") / "page.css").read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/|\n\s*", "", text, flags=re.DOTALL)


def _fonts(page: str) -> str:
    shown = unescape(re.sub(r"""data:[^"')\s]+""", "", page))
    headings = "".join(re.findall(r"<h[12][^>]*>(.*?)</h[12]>", shown, re.DOTALL)) + "0123456789"
    rules = []
    for face, code, codes in fonts.screen_faces(shown, headings):
        style = "italic" if face.italic else "normal"
        rules.append(
            f"@font-face{{font-family:'{face.family}';font-weight:{face.weight};"
            f"font-style:{style};src:url(data:font/woff;base64,{code}) format('woff')"
            f"{';unicode-range:' + codes if codes else ''}}}"
        )
    return "".join(rules)


def _contents(document: Document) -> list[tuple[str, str, int]]:
    """Anchor, words and depth of what the contents list: sections, else an ordinary's headings."""
    if document.meta.edition:
        found = [(s.id, s.title, 1) for s in document.sections]
        return [*found, *((ending.id, ending.title, 1) for ending in document.meta.endings)]
    headings = [
        (block.anchor, words(block.children), block.level)
        for section in document.sections
        for block in section.main
        if isinstance(block, Heading) and block.level <= 2
    ]
    return headings if len(headings) > 3 else []


def _description(document: Document) -> str:
    meta = document.meta
    first = next((b for s in document.sections for b in (*s.lead, *s.main) if _says(b)), None)
    text = meta.question if meta.question != meta.title else ""
    if not text and isinstance(first, Paragraph):
        text = words(first.children)
    text = text or meta.title
    dated = f" Data as of {meta.as_of}." if meta.as_of else ""
    return (text if len(text) < 250 else text[:247].rsplit(" ", 1)[0] + "…") + dated


def _says(block: Block) -> bool:
    return isinstance(block, Paragraph) and bool(words(block.children).strip())
