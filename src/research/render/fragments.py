"""HTML fragments as blocks: their tables, pictures and words; nothing that acts or loads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html.parser import HTMLParser

from research.render.blocks import Block, Break, Inlines, Text
from research.render.images import read_image, read_inset
from research.render.line import SKIPPED
from research.render.nest import PARTS, Nest
from research.render.scope import Scope, fold, tidy, words
from research.render.stylesheet import declarations, rules
from research.render.tables import Draft, place

_TOLD_TO_SCOPE = re.compile(r"<(a|img|h[1-6])\b", re.IGNORECASE)  # anchors, links and pictures
_VOID = {"br", "img", "hr", "input", "meta", "link", "wbr", "col"}


def read_html(html: str, scope: Scope, *, house: bool = False) -> tuple[Block, ...]:
    """Blocks of an HTML fragment, in order: lists, headings, tables, pictures, code and words.

    Colours and weights that a Styler gives by cell id are kept. `house` marks the tables of an
    exhibit, whose classes (num, mark, group, stat, units) decide alignment and rules.
    """
    if house and not _TOLD_TO_SCOPE.search(html):
        return _read_alone(html)
    return _read(html, scope, house)


@lru_cache(maxsize=64)
def _read_alone(html: str) -> tuple[Block, ...]:
    """A table of an exhibit, which is the same wherever it stands: it can be read ahead."""
    return _read(html, Scope(load_image=lambda source: None), house=True)


def _read(html: str, scope: Scope, house: bool) -> tuple[Block, ...]:
    reader = _Html(scope, house, rules(html))
    reader.feed(html)
    reader.close()
    return reader.nest.take()


@dataclass
class _Open:
    """A table being read."""

    rows: list[tuple[bool, str, list[Draft]]] = field(default_factory=list)
    head: bool = False
    caption: str = ""
    draft: Draft | None = None
    dense: bool = False


class _Html(HTMLParser):
    def __init__(self, scope: Scope, house: bool, rules: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(convert_charrefs=True)
        self.scope, self.house, self.rules = scope, house, rules
        self.nest = Nest(scope)
        self.line = self.nest.line
        self.table: _Open | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if self.line.skipping or tag in SKIPPED:
            self.line.open(tag, given)
        elif self.nest.in_code:
            language = re.search(r"\blanguage-([\w+-]+)", given.get("class", ""))
            self.nest.code("\n" if tag == "br" else "", language[1] if language else "")
        elif self.table is not None:
            self.in_table(self.table, tag, given)
        elif tag == "table":
            self.nest.flush()
            self.table = _Open(dense="dense" in given.get("class", "").split())
        elif tag == "img":
            self.nest.flush()
            self.nest.add(read_image(self.scope, given))
        elif tag in PARTS:
            self.nest.open(tag, given)
        else:
            self.line.open(tag, given)

    def in_table(self, table: _Open, tag: str, given: Mapping[str, str]) -> None:
        if tag in ("thead", "tbody", "tfoot"):
            table.head = tag == "thead"
        elif tag == "tr":
            self.end_cell()
            table.rows.append((table.head, given.get("class", ""), []))
        elif tag in ("td", "th"):
            self.start_cell(table, tag, given)
        elif tag == "caption":
            self.line.take()
        elif tag == "img" and (inset := read_inset(self.scope, given)):
            self.line.add(inset)
        elif tag in PARTS:
            if not self.line.blank():
                self.line.add(Break())
        else:
            self.line.open(tag, given, in_cell=True)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self.line.skipping or tag in SKIPPED:
            self.line.close(tag)
        elif self.nest.in_code:
            if tag == "pre":
                self.nest.close(tag)
        elif self.table is not None:
            self.end_in_table(self.table, tag)
        elif tag in PARTS:
            self.nest.close(tag)
        else:
            self.line.close(tag)

    def end_in_table(self, table: _Open, tag: str) -> None:
        if tag == "table":
            self.end_cell()
            if any(cells for _, _, cells in table.rows):
                made = place(table.rows, self.house, table.caption)
                self.nest.add(replace(made, dense=table.dense and self.house))
            self.table = None
            self.line.take()
        elif tag == "caption":
            table.caption = words(self.taken())
        elif tag in ("td", "th", "tr"):
            self.end_cell()
        else:
            self.line.close(tag)

    def handle_data(self, data: str) -> None:
        if self.line.skipping:
            return
        if self.nest.in_code:
            self.nest.code(data)
        else:
            self.line.add(Text(fold(data)))

    def taken(self) -> Inlines:
        return tidy(self.line.take())

    def start_cell(self, table: _Open, tag: str, given: Mapping[str, str]) -> None:
        self.end_cell()
        if not table.rows:
            table.rows.append((table.head, "", []))
        self.line.take()
        style = {**self.rules.get(given.get("id", ""), {}), **declarations(given.get("style", ""))}
        table.draft = Draft(
            header=tag == "th",
            css=given.get("class", ""),
            align=style.get("text-align", ""),
            colspan=_span(given.get("colspan")),
            rowspan=_span(given.get("rowspan")),
            style=style,
        )

    def end_cell(self) -> None:
        if self.table is not None and self.table.draft is not None:
            self.table.draft.children = self.taken()
            self.table.rows[-1][2].append(self.table.draft)
            self.table.draft = None


def _span(text: str | None) -> int:
    return min(max(int(text), 1), 1000) if text and text.isdigit() else 1
