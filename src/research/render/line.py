"""A line of words being read while tags of HTML open and close in it."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

from research.render.blocks import Break, CodeSpan, Inline, Inlines, Styled, Text
from research.render.scope import Scope, fold, words

SKIPPED = {"script", "style", "template", "head", "title", "svg", "iframe", "object"}
_ROLES = {
    "b": "strong",
    "strong": "strong",
    "i": "emph",
    "em": "emph",
    "sup": "sup",
    "sub": "sub",
    "s": "strike",
    "strike": "strike",
    "del": "strike",
}
_CODE = {"code", "kbd", "samp", "tt"}
_INLINE = {*_ROLES, *_CODE, "a", "span", "small"}
_DEEPEST = 30  # a thousand tags inside one another say no more, and would exhaust the writers


class Line:
    """Inlines in the making; what is still open when they are taken is closed there."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.skipping = 0
        self._stack: list[tuple[str, str, list[Inline]]] = [("", "", [])]

    def add(self, *parts: Inline) -> None:
        """Words and marks, unless they stand in a script or a style sheet."""
        if not self.skipping:
            self._stack[-1][2].extend(parts)

    def open(self, tag: str, given: Mapping[str, str], *, in_cell: bool = False) -> None:
        """A start tag; one that is not known leaves its words as they are."""
        if tag in SKIPPED:
            self.skipping += 1
        elif tag == "br":
            self.add(Break())
        elif tag == "img":
            said = Text(fold(given.get("alt", "")) or "picture")
            self.add(*self.scope.link(given.get("src", ""), (said,)))
        elif tag in _INLINE and not self.skipping and len(self._stack) < _DEEPEST:
            self._stack.append((tag, _how(tag, given, in_cell), []))

    def close(self, tag: str) -> None:
        """An end tag, closing what is still open inside it; a stray one means nothing."""
        if tag in SKIPPED:
            self.skipping = max(0, self.skipping - 1)
        elif not self.skipping and any(name == tag for name, _, _ in self._stack[1:]):
            while self._shut() != tag:
                pass

    def tag(self, html: str) -> None:
        """One tag as it stands in a text."""
        name, given = read_tag(html)
        if given is None:
            self.close(name)
        else:
            self.open(name, given)

    def take(self) -> Inlines:
        """The line so far; the next begins empty."""
        while len(self._stack) > 1:
            self._shut()
        parts = tuple(self._stack[0][2])
        self._stack = [("", "", [])]
        return parts

    def blank(self) -> bool:
        """Whether nothing has been read since the last tag or take."""
        return not self._stack[-1][2]

    def _shut(self) -> str:
        tag, how, parts = self._stack.pop()
        children = tuple(parts)
        into = self._stack[-1][2]
        if tag == "a":
            into.extend(self.scope.link(how, children))
        elif tag in _CODE:
            into.append(CodeSpan(words(children)))
        elif how and children:
            into.append(Styled(how, children))  # type: ignore[arg-type]
        else:
            into.extend(children)
        return tag


def read_tag(html: str) -> tuple[str, dict[str, str] | None]:
    """Name and attributes of one tag, no attributes for an end tag; neither for a comment."""
    reader = _Tag()
    reader.feed(html)
    return reader.name, reader.given


class _Tag(HTMLParser):
    name = ""
    given: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name, self.given = tag, {key: value or "" for key, value in attrs}

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.name = tag


def _how(tag: str, given: Mapping[str, str], in_cell: bool) -> str:
    if tag == "a":
        return given.get("href", "")
    if tag in ("span", "small"):
        # Small words are the second line of a cell; in running text they are words like others.
        soft = {"sub", "soft", "unit", "detail"} & set(given.get("class", "").split())
        return "small" if in_cell and (soft or tag == "small") else ""
    return _ROLES.get(tag, "")
