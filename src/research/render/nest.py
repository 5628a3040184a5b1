"""Blocks of an HTML fragment in the making: lists, headings, quotes, terms within one another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from research.render.blocks import (
    Block,
    Break,
    CodeBlock,
    Definitions,
    Heading,
    Inlines,
    ListBlock,
    Paragraph,
    Quote,
    Rule,
    Styled,
)
from research.render.line import Line
from research.render.scope import Scope, tidy, words

_LISTS = {"ul", "ol", "menu"}
_HOLDERS = {*_LISTS, "dl", "blockquote"}
_OWNERS = {"li": _LISTS, "dt": {"dl"}, "dd": {"dl"}}
_LINES = {"h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"}
_FRAMED = {*_HOLDERS, *_OWNERS, *_LINES}
PARTS = _FRAMED | {
    *("address", "article", "aside", "body", "center", "details", "div", "fieldset", "figcaption"),
    *("figure", "footer", "form", "header", "hr", "html", "legend", "main", "nav", "option", "p"),
    *("pre", "section", "select", "tr"),
}
_DEEPEST = 20  # as Markdown's own reader


@dataclass
class _Frame:
    """A block still open: what stands in it, and its items where it is a list or terms."""

    tag: str
    start: int | None = None
    blocks: list[Block] = field(default_factory=list)
    items: list[tuple[Inlines, tuple[Block, ...]]] = field(default_factory=list)


class Nest:
    """Takes block tags in order; tags that are never closed end with what holds them."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.line = Line(scope)
        self._frames = [_Frame("")]
        self._code: list[str] | None = None
        self._language = ""

    @property
    def in_code(self) -> bool:
        """Whether a `<pre>` is open, in which blanks and line ends count."""
        return self._code is not None

    def code(self, text: str, language: str = "") -> None:
        """Program text inside a `<pre>`."""
        assert self._code is not None
        self._code.append(text)
        self._language = language or self._language

    def add(self, block: Block) -> None:
        """A finished block, to the item that is being read."""
        frame = self._frames[-1]
        if frame.items:
            term, said = frame.items[-1]
            frame.items[-1] = (term, (*said, block))
        else:
            frame.blocks.append(block)

    def flush(self) -> None:
        """End the paragraph."""
        children = tidy(self.line.take())
        if children:
            self.add(Paragraph(children))

    def open(self, tag: str, given: Mapping[str, str]) -> None:
        """A start tag of a block: ends the paragraph, and the item before a new item."""
        self.flush()
        if tag == "pre":
            self._code, self._language = [], ""
        elif tag == "hr":
            self.add(Rule())
        if tag in _OWNERS and not self._item_begins(tag):
            return
        if tag in _FRAMED and len(self._frames) < _DEEPEST:
            first = given.get("start", "")
            start = int(first) if re.fullmatch(r"\d{1,9}", first) else 1
            self._frames.append(_Frame(tag, start if tag == "ol" else None))

    def close(self, tag: str) -> None:
        """An end tag of a block; a stray one only ends the paragraph."""
        if tag == "pre":
            self._end_code()
            return
        self.flush()
        stops = _OWNERS.get(tag, set())
        at = len(self._frames) - 1
        while at > 0 and self._frames[at].tag != tag and self._frames[at].tag not in stops:
            at -= 1
        if at > 0 and self._frames[at].tag == tag:
            self._shut_above(at - 1)

    def take(self) -> tuple[Block, ...]:
        """All blocks, with everything closed."""
        self._end_code()
        self.flush()
        self._shut_above(0)
        return tuple(self._frames[0].blocks)

    def _item_begins(self, tag: str) -> bool:
        """Close the item before; a lone `<li>` begins a list, a lone term is a paragraph."""
        owners = _OWNERS[tag]
        at = len(self._frames) - 1
        while at > 0 and self._frames[at].tag not in _HOLDERS:
            at -= 1
        if self._frames[at].tag in owners:
            self._shut_above(at)
        elif tag == "li":
            self._frames.append(_Frame("ul"))
        else:
            return False
        return True

    def _end_code(self) -> None:
        if self._code is not None:
            text = "".join(self._code).replace("\r\n", "\n").removeprefix("\n").rstrip()
            self._code = None
            if text:
                self.add(CodeBlock(text.expandtabs(4), self._language))

    def _shut_above(self, at: int) -> None:
        while len(self._frames) > at + 1:
            self._shut(self._frames.pop())

    def _shut(self, frame: _Frame) -> None:
        tag, above = frame.tag, self._frames[-1]
        if tag == "li":
            if frame.blocks:
                above.items.append(((), tuple(frame.blocks)))
            return
        said, blocks = _parted(frame.blocks) if tag in _LINES else ((), frame.blocks)
        if tag == "dt":
            above.items.append((said, tuple(blocks)))
            return
        if said:
            self.add(self._line(tag, said))
        if tag == "blockquote" and blocks:
            self.add(Quote(tuple(blocks)))
        else:
            for block in blocks:
                self.add(block)
        if tag in _LISTS and frame.items:
            self.add(ListBlock(tuple(item for _, item in frame.items), frame.start))
        elif tag == "dl" and frame.items:
            self.add(Definitions(tuple(frame.items)))

    def _line(self, tag: str, said: Inlines) -> Block:
        if tag == "summary" or len(self._frames) > 1:
            return Paragraph((Styled("strong", said),))
        return Heading(int(tag[1]), said, self.scope.anchor(words(said), words(said)))


def _parted(blocks: list[Block]) -> tuple[Inlines, list[Block]]:
    """The words of a heading or term in one line, and what else stood in it."""
    lines = [block.children for block in blocks if isinstance(block, Paragraph)]
    said = tuple(part for line in lines for part in (Break(), *line))[1:]
    return said, [block for block in blocks if not isinstance(block, Paragraph)]
