"""HTML fragments as blocks: their tables, pictures and words; nothing that acts or loads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from research.render.blocks import (
    Block,
    Break,
    Callout,
    CodeSpan,
    Image,
    Inline,
    Inlines,
    Paragraph,
    Styled,
    Text,
)
from research.render.scope import Scope, fold, tidy, words
from research.render.stylesheet import declarations, rules
from research.render.tables import Draft, place

_SKIP = {"script", "style", "template", "head", "title", "svg", "iframe", "object"}
_ROLE = {
    "b": "strong",
    "strong": "strong",
    "i": "emph",
    "em": "emph",
    "small": "small",
    "sup": "sup",
    "sub": "sub",
    "s": "strike",
    "del": "strike",
}
_PARTS = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "ul", "ol", "section", "pre"}
_VOID = {"br", "img", "hr", "input", "meta", "link", "wbr", "col"}


def read_html(html: str, scope: Scope, *, house: bool = False) -> tuple[Block, ...]:
    """Tables, pictures and words of an HTML fragment, in order; nothing else passes.

    Colours and weights that a Styler gives by cell id are kept. `house` marks the tables of an
    exhibit, whose classes (num, mark, group, stat, units) decide alignment and rules.
    """
    reader = _Html(scope, house, rules(html))
    reader.feed(html)
    reader.close()
    reader.flush()
    return tuple(reader.found)


@dataclass
class _Open:
    """A table being read."""

    rows: list[tuple[bool, str, list[Draft]]] = field(default_factory=list)
    head: bool = False
    caption: str = ""
    draft: Draft | None = None


class _Html(HTMLParser):
    def __init__(self, scope: Scope, house: bool, rules: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(convert_charrefs=True)
        self.scope, self.house, self.rules = scope, house, rules
        self.found: list[Block] = []
        self.table: _Open | None = None
        self.stack: list[tuple[str, str, list[Inline]]] = [("", "", [])]
        self.skipping = 0

    @property
    def line(self) -> list[Inline]:
        return self.stack[-1][2]

    def take(self) -> Inlines:
        """The line so far, with all that is still open in it closed."""
        while len(self.stack) > 1:
            self.shut(self.stack[-1][0])
        parts = tidy(self.stack[0][2])
        self.stack = [("", "", [])]
        return parts

    def flush(self) -> None:
        children = self.take()
        if children:
            self.found.append(Paragraph(children))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag in _SKIP:
            self.skipping += 1
        elif self.skipping:
            return
        elif tag == "table" and self.table is None:
            self.flush()
            self.table = _Open()
        elif self.table is not None and tag in ("thead", "tbody", "tfoot"):
            self.table.head = tag == "thead"
        elif self.table is not None and tag == "tr":
            self.end_cell()
            self.table.rows.append((self.table.head, given.get("class", ""), []))
        elif self.table is not None and tag in ("td", "th"):
            self.start_cell(tag, given)
        elif self.table is not None and tag == "caption":
            self.take()
        elif tag == "br":
            self.line.append(Break())
        elif tag == "img":
            self.image(given)
        elif tag in _ROLE or tag in ("code", "a", "span"):
            self.stack.append((tag, self.opening(tag, given), []))
        elif tag in _PARTS and self.table is None:
            self.flush()
        elif tag in _PARTS and self.line:
            self.line.append(Break())

    def opening(self, tag: str, given: Mapping[str, str]) -> str:
        if tag == "a":
            return given.get("href", "")
        if tag == "span":
            soft = {"sub", "soft", "unit", "detail"} & set(given.get("class", "").split())
            return "small" if soft else ""
        return _ROLE.get(tag, "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIP:
            self.skipping = max(0, self.skipping - 1)
        elif self.skipping or tag in _VOID:
            return
        elif tag == "table" and self.table is not None:
            self.end_cell()
            if any(cells for _, _, cells in self.table.rows):
                self.found.append(place(self.table.rows, self.house, self.table.caption))
            self.table = None
            self.take()
        elif tag == "caption" and self.table is not None:
            self.table.caption = words(self.take())
        elif tag in ("td", "th", "tr"):
            self.end_cell()
        elif any(name == tag for name, _, _ in self.stack[1:]):
            while self.shut(self.stack[-1][0]) != tag:
                pass
        elif tag in _PARTS and self.table is None:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.line.append(Text(fold(data)))

    def shut(self, tag: str) -> str:
        _, how, parts = self.stack.pop()
        children = tuple(parts)
        if tag == "a":
            self.line.extend(self.scope.link(how, children))
        elif tag == "code":
            self.line.append(CodeSpan(words(children)))
        elif how:
            self.line.append(Styled(how, children))  # type: ignore[arg-type]
        else:
            self.line.extend(children)
        return tag

    def start_cell(self, tag: str, given: Mapping[str, str]) -> None:
        assert self.table is not None
        self.end_cell()
        if not self.table.rows:
            self.table.rows.append((self.table.head, "", []))
        self.take()
        style = {**self.rules.get(given.get("id", ""), {}), **declarations(given.get("style", ""))}
        self.table.draft = Draft(
            header=tag == "th",
            css=given.get("class", ""),
            align=style.get("text-align", ""),
            colspan=_span(given.get("colspan")),
            rowspan=_span(given.get("rowspan")),
            style=style,
        )

    def end_cell(self) -> None:
        if self.table is not None and self.table.draft is not None:
            self.table.draft.children = self.take()
            self.table.rows[-1][2].append(self.table.draft)
            self.table.draft = None

    def image(self, given: Mapping[str, str]) -> None:
        source, alt = given.get("src", ""), fold(given.get("alt", ""))
        if self.table is not None or re.match(r"(https?:)?//", source, re.IGNORECASE):
            self.line.extend(self.scope.link(source, (Text(alt or "picture"),)))
            return
        self.flush()
        media = self.scope.load_image(source)
        missing = Callout(f"Picture not found: {fold(source)}")
        alt = alt or "Picture without a description"
        self.found.append(missing if media is None else Image(media=media, alt=alt))


def _span(text: str | None) -> int:
    return min(max(int(text), 1), 1000) if text and text.isdigit() else 1
