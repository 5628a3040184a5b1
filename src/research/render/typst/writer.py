"""Blocks and inlines as Typst code; every word goes through `strings.string`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from research.render.blocks import (
    Block,
    Break,
    Callout,
    Card,
    CodeBlock,
    CodeSpan,
    Definitions,
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
from research.render.publication import Document
from research.render.typst.maths import equation
from research.render.typst.strings import array, join, literal, string
from research.render.typst.tables import runs_on, table

MM = 72 / 25.4
PAGE_WIDTH_PT = {"a4": 210 * MM, "us-letter": 612.0}
PAGE_HEIGHT_PT = {"a4": 297 * MM, "us-letter": 792.0}
MARGIN_PT = 18 * MM
ASIDE_PT, GUTTER_PT = 56 * MM, 7 * MM
_ROLES = {
    "strong": "strong({})",
    "emph": "emph({})",
    "strike": "strike({})",
    "small": "{{linebreak();text(.84em, fill: soft, {})}}",
    "sup": "super({})",
    "sub": "sub({})",
}


class Writer:
    """Writes blocks; gathers the files that the Typst source names."""

    def __init__(self, document: Document, *, width_pt: float) -> None:
        self.document = document
        self.width_pt = width_pt
        self.files: dict[str, bytes] = {}
        self.front = False
        self.inside = 0
        self.writers: dict[type, Callable[[Any], str]] = {
            Heading: self.heading,
            Paragraph: lambda b: self.prose(f"par({self.inlines(b.children)})"),
            ListBlock: lambda b: self.prose(self.list(b)),
            Definitions: lambda b: self.prose(self.definitions(b)),
            Quote: lambda b: self.prose(f"quote(block: true, {self.nested(b.blocks)})"),
            CodeBlock: self.code,
            MathBlock: lambda b: self.prose(equation(b.latex, block=True)),
            Rule: lambda b: (
                "block(above: 12pt, below: 12pt, line(length: 100%, stroke: .4pt + hair))"
            ),
            Callout: lambda b: f"callout({string(b.text)})",
            Image: self.image,
            Table: self.table,
            Exhibit: self.exhibit,
            Pair: self.pair,
            Panel: self.panel,
            Card: self.card,
        }

    def blocks(self, blocks: Sequence[Block]) -> str:
        """Statements, one block a line; an exhibit takes the headings before it along.

        A turned one takes them onto its page; one that may float, out of a page too short for it,
        stays with them when no text of theirs would be left.
        """
        codes: list[str] = []
        heads = 0
        for at, block in enumerate(blocks):
            code = self.writers[type(block)](block)
            following = blocks[at + 1] if at + 1 < len(blocks) else None
            if isinstance(block, Paragraph) and isinstance(following, MathBlock):
                code = f"introducing({code})"
            start = len(codes) - heads
            before = "\n".join(codes[start:])
            if self.turned(block):
                codes[start:] = [f"page(flipped: true, {{{before}\n{code}}})"]
            elif name := self.floats_as(block):
                alone = following is None or isinstance(following, Heading | Exhibit | Pair)
                codes[start:] = [
                    f"flowing({literal(name)}, head: {{{before}}}, "
                    f"together: {_flag(alone and heads > 0)}, "
                    f"{'air: 0pt, ' if isinstance(block, Pair) else ''}{{{code}}})"
                ]
            else:
                # One that runs over pages cannot float, and none that does may land within it.
                runs_on = isinstance(block, Exhibit) and not self.front and not self.inside
                codes.append(f"place.flush()\n{code}" if runs_on else code)
            heads = heads + 1 if isinstance(block, Heading) else 0
        return "\n".join(codes)

    def floats_as(self, block: Block) -> str:
        """The name of a block that is whole and may leave a hole behind it; empty for others."""
        if self.front or self.inside:
            return ""
        if isinstance(block, Pair):
            return block.exhibits[0].id
        return block.id if isinstance(block, Exhibit) and self.whole(block) else ""

    def above(self, block: Exhibit) -> str:
        """How an exhibit begins; `flowing` leaves the air above those that may float."""
        if self.front:
            return "gap: gap, lined: false"
        return "over: 0pt" if self.floats_as(block) else "gap: 15pt"

    def whole(self, block: Exhibit) -> bool:
        """Whether an exhibit is kept on one page."""
        tables = block.tables
        return len(tables) < 2 and not any(runs_on(one, self.width_pt) for one in tables)

    def turned(self, block: Block) -> bool:
        """Whether a block needs a page on its side; page one, laid out as a whole, has none."""
        return isinstance(block, Exhibit) and block.landscape and not self.front

    def nested(self, blocks: Sequence[Block]) -> str:
        """Blocks as one expression, without the measure of running text."""
        self.inside += 1
        code = "{" + self.blocks(blocks) + "}"
        self.inside -= 1
        return code

    def prose(self, code: str) -> str:
        if self.inside:
            return code
        return f"prose({code})" if self.front else f"measured({code})"

    def inlines(self, inlines: Inlines) -> str:
        return join(self.inline(part) for part in inlines)

    def inline(self, part: Any) -> str:
        if isinstance(part, Text):
            return string(part.text) if part.text else ""
        if isinstance(part, Styled):
            return _ROLES[part.role].format(self.inlines(part.children))
        if isinstance(part, CodeSpan):
            return f"raw({string(part.text)})"
        if isinstance(part, MathSpan):
            return equation(part.latex, block=False)
        if isinstance(part, Link):
            return self.link(part)
        if isinstance(part, FootnoteRef):
            return self.footnote(part)
        if isinstance(part, Inset):
            drawn = self.picture(part.media, part.alt, most_pt=self.width_pt)
            return f"inset({drawn})"
        return "linebreak()" if isinstance(part, Break) else ""

    def link(self, link: Link) -> str:
        if not link.target.startswith("#"):
            return f"link({literal(link.target)}, {self.inlines(link.children)})"
        label = self.document.anchors.get(link.target[1:])
        said = self.inlines(link.children) if link.children else string(label or "")
        return said if label is None else f"link(label({literal(link.target[1:])}), {said})"

    def footnote(self, ref: FootnoteRef) -> str:
        name = literal(f"note-{ref.number}")
        if not ref.note:
            return f"link(label({name}), super({string(str(ref.number))}))"
        match ref.note:
            case (Paragraph(children=children),):
                body = self.inlines(children)
            case _:
                body = self.nested(ref.note)
        return f"[#footnote({body})#label({name})]"

    def heading(self, block: Heading) -> str:
        code = f"heading(level: {block.level}, {self.inlines(block.children)})"
        code = f"[#{code}#label({literal(block.anchor)})]" if block.anchor else code
        # A shorter page has no room to keep exhibits within their subsection, too.
        lowest = 2 if self.document.meta.paper == "a4" else 1
        if block.level > lowest or self.front or self.inside:
            return code
        return f"place.flush()\n{code}"  # no exhibit of what came before lands below it

    def list(self, block: ListBlock) -> str:
        items = ", ".join(self.nested(item) for item in block.items)
        if block.start is None:
            return f"list({items})"
        return f"enum(start: {block.start}, {items})"

    def definitions(self, block: Definitions) -> str:
        items = ", ".join(
            f"terms.item({self.inlines(term)}, {self.nested(said)})" for term, said in block.items
        )
        return f"terms({items})"

    def code(self, block: CodeBlock) -> str:
        language = f", lang: {literal(block.language)}" if block.language else ""
        return f"raw({string(block.text)}, block: true{language})"

    def file(self, name: str, data: bytes) -> str:
        self.files[name] = data
        return literal("/" + name)

    def picture(
        self, media: Media, alt: str, *, most_pt: float, grow: float = 1.0, by: str = ""
    ) -> str:
        """An image at its own size, smaller where the column is narrower."""
        # By what it shows and not by a number, which the pictures of other sections would change.
        shown = hashlib.sha256(media.data).hexdigest()[:16]
        name = self.file(f"picture-{shown}.{media.format}", media.data)
        width = f"{min((media.width_pt or most_pt) * grow, most_pt):.2f}pt"
        if media.width_pt is None:
            return f"image({name}, alt: {literal(alt)}, format: {_format(media)})"
        return f"image({name}, width: {width}{by}, alt: {literal(alt)}, format: {_format(media)})"

    def image(self, block: Image) -> str:
        tall = PAGE_HEIGHT_PT["us-letter"] - 50 * MM
        media = block.media
        most = self.width_pt
        if media.width_pt and media.height_pt and media.height_pt > 0:
            most = min(most, tall * media.width_pt / media.height_pt)
        drawn = self.picture(media, block.alt, most_pt=most)
        return f"block(above: 9pt, below: 9pt, breakable: false, {drawn})"

    def table(self, block: Table) -> str:
        code = table(block, self.inlines, self.width_pt)
        if block.caption:
            code = "{" + f"block(sticky: true, strong({string(block.caption)}))\n{code}" + "}"
        whole = _flag(len(block.body) <= 20)
        return f"block(above: 9pt, below: 10pt, breakable: not {whole}, {code})"

    def exhibit(self, block: Exhibit) -> str:
        """One numbered exhibit, its data attached to the file."""
        full = PAGE_HEIGHT_PT[self.document.meta.paper] - 2 * MARGIN_PT
        width, self.width_pt = self.width_pt, full if self.turned(block) else self.width_pt
        source = string(block.source_line)
        attached = self.attached(block.csv_name, block.csv, f"{block.label}: {block.title}")
        if block.csv:
            # A file's name is never broken over two lines.
            source = join(
                (string(f"{block.source_line} Data: ".lstrip()), f"box({string(block.csv_name)})")
            )
        code = (
            f"exhibit(anchor: {literal(block.id)}, number: {string(block.label)}, "
            f"heading: {string(block.title)}, unit: {string(block.unit)}, "
            f"source: {source}, notes: {array(string(n) for n in block.notes)}, "
            f"stamped: {str(block.illustrative).lower()}, whole: {str(self.whole(block)).lower()}, "
            f"{self.above(block)}, {self.body(block)})"
        )
        self.width_pt = width
        return f"// at {block.label}, {block.id}\n{attached}{code}"

    def attached(self, name: str, csv: str, of: str) -> str:
        """The statement that puts the rows behind something into the file; empty without any."""
        if not csv:
            return ""
        return (
            f'pdf.attach({self.file(name, csv.encode())}, relationship: "data", '
            f'mime-type: "text/csv", description: {literal(f"Data of {of}")})\n'
        )

    def body(self, block: Exhibit) -> str:
        if block.missing:
            known = f"Not available as of {block.as_of}." if block.as_of else "Not available."
            return f"missing({string(known)}, {string(block.missing)})"
        if block.figure:
            alt = block.alt or block.title
            shrink = " * fit" if self.front else ""
            return self.picture(block.figure, alt, most_pt=self.width_pt, grow=1.06, by=shrink)
        codes = [table(part, self.inlines, self.width_pt) for part in block.tables]
        return "{" + "\n".join(codes) + "}"

    def pair(self, block: Pair) -> str:
        width, self.width_pt = self.width_pt, (self.width_pt - 8 * MM) / 2
        left, right = ("{" + self.exhibit(one) + "}" for one in block.exhibits)
        self.width_pt = width
        return f"pair({left}, {right})"

    def panel(self, block: Panel) -> str:
        if block.kind == "band":
            items = (
                array(
                    (*(string(said, 14) for said in (i.label, i.text, i.detail)), _flag(i.strong))
                )
                for i in block.items
            )
        else:
            items = (
                array((self.inlines(i.lead) if i.label else '""', string(i.text), string(i.detail)))
                for i in block.items
            )
        code = f"{block.kind}({array(items)})"
        return code if block.kind == "band" else self.prose(code)

    def card(self, block: Card) -> str:
        drawn = "none"
        if block.figure:
            drawn = self.picture(block.figure, block.alt or block.title, most_pt=54 * MM)
        rows = array(
            array(array((string(i.label), string(i.text), string(i.detail))) for i in row)
            for row in block.rows
        )
        return (
            f"// at card {block.id}\n"
            f"{self.attached(block.csv_name, block.csv, f'{block.eyebrow}: {block.title}')}"
            f"card(anchor: {literal(block.id)}, eyebrow: {string(block.eyebrow)}, "
            f"kind: {string(block.tag)}, origin: {string(block.origin)}, "
            f"heading: {string(block.title)}, verdict: {literal(block.verdict)}, "
            f"mark: {string(block.mark)}, said: {string(block.verdict_text)}, "
            f"grade: {string(block.grade)}, estimate: {string(block.estimate)}, "
            f"rows: {rows}, note: {string(block.note)}, drawing: {drawn}, "
            f"formula: {string(block.formula)}, behind: {string(block.data_line)})"
        )


def _flag(on: bool) -> str:
    return str(on).lower()


def _format(media: Media) -> str:
    return literal(media.format)
