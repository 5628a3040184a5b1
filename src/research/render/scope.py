"""What one reading of a notebook keeps track of: anchors, footnote numbers, links, pictures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from research.render.blocks import (
    Break,
    CodeSpan,
    Inline,
    Inlines,
    Link,
    MathSpan,
    Media,
    Styled,
    Text,
)

FACT = "fact:"  # begins the target of a link to a fact, which reads as the fact was printed


@dataclass
class Scope:
    """Shared by all readers of one notebook; the only mutable thing in this room."""

    load_image: Callable[[str], Media | None]
    where: str = ""
    footnotes: int = 0
    anchors: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)

    def anchor(self, wanted: str, words: str) -> str:
        """A target for links, made unique; the same notebook always gives the same."""
        base = slug(wanted)
        name, count = base, 1
        while name in self.anchors:
            count += 1
            name = f"{base}-{count}"
        self.anchors[name] = words
        return name

    def footnote(self) -> int:
        """The next footnote's number."""
        self.footnotes += 1
        return self.footnotes

    def link(self, target: str, children: Inlines) -> Inlines:
        """A link where the target is safe, else its words alone."""
        if target.startswith("#"):
            target = "#" + slug(target[1:])
            self.links.append((target[1:], self.where))
            return (Link(target, children),)
        if target.startswith(FACT):
            self.links.append((target, self.where))
            return (Link(target, children),)
        if re.match(r"(https?://|mailto:)[^\s]+$", target, re.IGNORECASE):
            return (Link(target, children or (Text(target),)),)
        return children


def slug(words: str) -> str:
    """Small letters, digits and hyphens, beginning with a letter."""
    flat = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", flat.lower()).strip("-")
    if not name:
        return "part"
    return name if name[0].isalpha() else f"n-{name}"


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


_APART = re.compile(r"(?<=\d) (?=%)")
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")


def fold(text: str) -> str:
    """Line ends and runs of blanks as one blank; no-break spaces stay; control signs go.

    The blank between a figure and its % becomes one at which no line ends.

    So do signs that turn the direction of writing: they make a line read as what it is not.
    """
    text = _BLANKS.sub(" ", text)
    if " %" in text:
        text = _APART.sub("\u202f", text)
    if text.isprintable():  # as nearly all is, then nothing goes
        return text
    return "".join(c for c in text if c >= " " and not 0x7F <= ord(c) < 0xA0 and c not in _TURNING)


def words(inlines: Inlines) -> str:
    """Inlines as plain words."""
    parts = []
    for item in inlines:
        if isinstance(item, (Text, CodeSpan)):
            parts.append(item.text)
        elif isinstance(item, MathSpan):
            parts.append(item.latex)
        elif isinstance(item, (Styled, Link)):
            parts.append(words(item.children))
        else:
            parts.append(" ")
    return "".join(parts)


def tidy(inlines: Iterable[Inline]) -> Inlines:
    """Without blanks and line breaks at either end."""
    parts = list(inlines)
    while parts and (
        isinstance(parts[0], Break) or (isinstance(parts[0], Text) and not parts[0].text.strip(" "))
    ):
        parts.pop(0)
    while parts and (
        isinstance(parts[-1], Break)
        or (isinstance(parts[-1], Text) and not parts[-1].text.strip(" "))
    ):
        parts.pop()
    if parts and isinstance(parts[0], Text):
        parts[0] = Text(parts[0].text.lstrip(" "))
    if parts and isinstance(parts[-1], Text):
        parts[-1] = Text(parts[-1].text.rstrip(" "))
    return tuple(parts)
