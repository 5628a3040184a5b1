"""Blocks and inlines as HTML; every word is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any

from research.render import maths
from research.render.blocks import (
    Block,
    Break,
    Callout,
    Card,
    CodeBlock,
    CodeSpan,
    Definitions,
    Entry,
    Exhibit,
    FootnoteRef,
    Heading,
    Image,
    Inlines,
    Inset,
    Link,
    ListBlock,
    MathBlock,
    MathSpan,
    Media,
    Pair,
    Panel,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Text,
)
from research.render.html.data import disclosure
from research.render.html.tables import table
from research.render.pictures import data_uri, inline_svg
from research.render.publication import Document, Section
from research.render.scope import slug

_TAGS = {
    "strong": "strong",
    "emph": "em",
    "strike": "s",
    "small": 'span class="small"',
    "sup": "sup",
    "sub": "sub",
}


class Writer:
    """Writes one document; keeps the footnotes met on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.footnotes: list[tuple[int, tuple[Block, ...]]] = []
        self.pictures = 0
        self.level = 1  # of the heading above, so that a card's own is one below it
        self.writers: dict[type, Callable[[Any], str]] = {
            Heading: self.heading,
            Paragraph: lambda b: f"<p>{self.inlines(b.children)}</p>",
            ListBlock: self.list,
            Definitions: self.definitions,
            Quote: lambda b: f"<blockquote>{self.blocks(b.blocks)}</blockquote>",
            CodeBlock: self.code,
            MathBlock: self.math_block,
            Rule: lambda b: "<hr>",
            Callout: lambda b: f'<p class="callout">{escape(b.text)}</p>',
            Image: lambda b: f'<div class="picture">{self.picture(b.media, b.alt)}</div>',
            Table: lambda b: table(b, self.inlines, b.caption or "Table"),
            Exhibit: self.exhibit,
            Pair: lambda b: f'<div class="pair">{self.blocks(b.exhibits)}</div>',
            Panel: self.panel,
            Card: self.card,
        }

    def section(self, section: Section) -> Iterator[tuple[str, str]]:
        """The parts of a section by name, in the order in which a reader meets them."""
        for part in ("lead", "main", "aside", "foot"):
            self.level = 2 if section.title and not section.front else 1
            yield part, self.blocks(getattr(section, part))

    def blocks(self, blocks: Iterable[Block]) -> str:
        """Blocks one after another."""
        return "\n".join(self.writers[type(block)](block) for block in blocks)

    def notes(self) -> str:
        """The footnotes met so far, each with a way back."""
        items = []
        for number, note in self.footnotes:
            back = f'<a href="#note-ref-{number}" aria-label="Back to reference {number}">↩</a>'
            items.append(f'<li id="note-{number}">{self.blocks(note)} {back}</li>')
        return "\n".join(items)

    def inlines(self, inlines: Inlines) -> str:
        return "".join(self.inline(part) for part in inlines)

    def inline(self, part: Any) -> str:
        if isinstance(part, Text):
            return escape(part.text)
        if isinstance(part, Styled):
            tag = _TAGS[part.role]
            return f"<{tag}>{self.inlines(part.children)}</{tag.split()[0]}>"
        if isinstance(part, CodeSpan):
            return f"<code>{escape(part.text)}</code>"
        if isinstance(part, MathSpan):
            code = maths.mathml(part.latex, block=False)
            return code or f"<code>{escape(part.latex)}</code>"
        if isinstance(part, Link):
            return self.link(part)
        if isinstance(part, FootnoteRef):
            return self.footnote(part)
        if isinstance(part, Inset):
            return f'<span class="inset">{self.picture(part.media, part.alt)}</span>'
        return "<br>" if isinstance(part, Break) else ""

    def link(self, link: Link) -> str:
        inside = link.target.startswith("#")
        label = self.document.anchors.get(link.target[1:]) if inside else None
        said = self.inlines(link.children) or escape(label or "")
        if inside and label is None:
            return said
        rel = "" if inside else ' rel="noopener noreferrer"'
        return f'<a href="{escape(link.target)}"{rel}>{said}</a>'

    def footnote(self, ref: FootnoteRef) -> str:
        n = ref.number
        first = bool(ref.note)
        if first:
            self.footnotes.append((n, ref.note))
        mark = f' id="note-ref-{n}"' if first else ""
        return f'<sup><a{mark} href="#note-{n}" aria-label="Note {n}">{n}</a></sup>'

    def heading(self, block: Heading) -> str:
        self.level = min(block.level + 1, 6)
        anchor = f' id="{block.anchor}"' if block.anchor else ""
        return f"<h{self.level}{anchor}>{self.inlines(block.children)}</h{self.level}>"

    def list(self, block: ListBlock) -> str:
        tag = "ul" if block.start is None else "ol"
        start = f' start="{block.start}"' if block.start not in (None, 1) else ""
        items = "".join(f"<li>{self.tight(item)}</li>" for item in block.items)
        return f"<{tag}{start}>{items}</{tag}>"

    def tight(self, blocks: tuple[Block, ...]) -> str:
        """The first paragraph of an item without paragraph tags."""
        if blocks and isinstance(blocks[0], Paragraph):
            return self.inlines(blocks[0].children) + self.blocks(blocks[1:])
        return self.blocks(blocks)

    def definitions(self, block: Definitions) -> str:
        items = "".join(
            f"<dt>{self.inlines(term)}</dt><dd>{self.tight(said)}</dd>"
            for term, said in block.items
        )
        return f"<dl>{items}</dl>"

    def code(self, block: CodeBlock) -> str:
        label = "Code" if block.language else "Output"
        inner = highlighted(block) or escape(block.text)
        return (
            f'<pre class="{label.lower()}" tabindex="0" role="region" aria-label="{label}">'
            f"<code>{inner}</code></pre>"
        )

    def math_block(self, block: MathBlock) -> str:
        code = maths.mathml(block.latex, block=True)
        return (
            f'<div class="math" tabindex="0">{code}</div>'
            if code
            else (f"<pre><code>{escape(block.latex)}</code></pre>")
        )

    def picture(self, media: Media, alt: str) -> str:
        if media.format != "svg":
            width = f' width="{round((media.width_pt or 0) / 0.75)}"' if media.width_pt else ""
            return f'<img src="{data_uri(media)}" alt="{escape(alt)}"{width}>'
        self.pictures += 1
        return inline_svg(media, prefix=f"p{self.pictures}", alt=alt)

    def exhibit(self, block: Exhibit) -> str:
        """Number, finding and unit above; source, notes and data below."""
        stamp = ' <span class="stamp">Illustrative data</span>' if block.illustrative else ""
        unit = f'<p class="unit">{escape(block.unit)}</p>' if block.unit else ""
        notes = "".join(f"<br>{escape(note)}" for note in block.notes)
        source = f'<p class="source">{escape(block.source_line)}{notes}</p>'
        return (
            f'<figure id="{block.id}" class="exhibit {block.width}" '
            f'aria-labelledby="_{block.id}-title">'
            f'<figcaption><p class="eyebrow"><a href="#{block.id}">{block.label}</a>{stamp}</p>'
            f'<p class="title" id="_{block.id}-title">{escape(block.title)}</p>{unit}</figcaption>'
            f"{self.body(block)}{source}{self.data(block)}</figure>"
        )

    def body(self, block: Exhibit) -> str:
        if block.missing:
            known = f"Not available as of {block.as_of}." if block.as_of else "Not available."
            return f'<p class="missing"><strong>{known}</strong> {escape(block.missing)}</p>'
        if block.figure:
            drawn = self.picture(block.figure, block.alt or block.title)
            width = round((block.figure.width_pt or 480) / 0.75)
            return (
                f'<div class="plot" tabindex="0" role="group" aria-label="{block.label}, chart" '
                f'style="--w:{width}px">{drawn}</div>'
            )
        return "".join(
            table(part, self.inlines, f"{block.label}: {block.title}") for part in block.tables
        )

    def data(self, block: Exhibit) -> str:
        """The numbers behind an exhibit; those of a table stand in it already."""
        label = f"{block.label}, data" if block.figure else ""
        return disclosure(block.csv_name, block.csv, label=label)

    def panel(self, block: Panel) -> str:
        if block.kind == "band":
            items = "".join(
                f"<div{' class=strong' if i.strong else ''}><dt>{escape(i.label)}</dt>"
                f'<dd><span class="value">{escape(i.text)}</span>'
                f'<span class="detail">{escape(i.detail)}</span></dd></div>'
                for i in block.items
            )
            return f'<dl class="band">{items}</dl>'
        items = "".join(
            "<li>"
            + (f"<strong>{self.inlines(i.lead)}</strong> " if i.label else "")
            + escape(i.text)
            + (f' <span class="detail">{escape(i.detail)}</span>' if i.detail else "")
            + "</li>"
            for i in block.items
        )
        return f'<ul class="{block.kind}">{items}</ul>'

    def card(self, block: Card) -> str:
        grade = f' <span class="grade">{escape(block.grade)}</span>' if block.grade else ""
        verdict = (
            f'<p class="verdict {slug(block.verdict)}"><span class="mark" aria-hidden="true">'
            f"{escape(block.mark)}</span> {escape(block.verdict_text)}{grade}</p>"
            if block.verdict_text
            else ""
        )
        drawn = self.picture(block.figure, block.alt) if block.figure else ""
        drawn = f'<div class="drawing">{drawn}</div>' if drawn else ""
        told = (
            f'<p class="estimate">{tag("Estimate")}{escape(block.estimate)}</p>'
            if block.estimate
            else ""
        )
        origin = f'<p class="origin">{escape(block.origin)}</p>' if block.origin else ""
        formula = f'<p class="formula">{escape(block.formula)}</p>' if block.formula else ""
        behind = disclosure(block.csv_name, block.csv)
        note = f'<p class="note">{escape(block.note)}</p>' if block.note else ""
        rows = "".join(self.row(row) for row in block.rows)
        head = f"h{min(self.level + 1, 6)}"
        who = f'<a href="#{block.id}">{escape(block.eyebrow)}</a>' if block.eyebrow else ""
        return (
            f'<article class="card" id="{block.id}" aria-labelledby="_{block.id}-title">'
            f'<div class="claim"><p class="eyebrow">{tag(block.tag)}{who}</p>'
            f'<{head} class="title" id="_{block.id}-title">{escape(block.title)}</{head}>'
            f"{verdict}{drawn}{told}{formula}{behind}</div>"
            f'<div class="case">{rows}{origin}{note}</div></article>'
        )

    def row(self, items: Iterable[Entry]) -> str:
        """One row of a card: labelled lines, side by side where there are several."""
        lines = "".join(
            f"<div><dt>{escape(i.label)}</dt><dd>{escape(i.text)}"
            + (f' <span class="detail">{escape(i.detail)}</span>' if i.detail else "")
            + "</dd></div>"
            for i in items
        )
        return f"<dl>{lines}</dl>"


def tag(kind: str) -> str:
    """The small word that tells what kind of statement follows; nothing without any."""
    return f'<span class="tag">{escape(kind)}</span> ' if kind else ""


def highlighted(block: CodeBlock) -> str:
    """Python code with its parts marked by class; nothing for other text."""
    if block.language.lower() not in ("python", "py", "ipython3"):
        return ""
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

    return str(highlight(block.text, PythonLexer(), HtmlFormatter(nowrap=True))).rstrip("\n")
