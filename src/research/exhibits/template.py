"""Reading text that holds `{expression:format}` fields, and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from research.errors import NotebookError

_PAIRS = {"(": ")", "[": "]", "{": "}"}


class ProseError(NotebookError):
    """A sentence whose numbers cannot be filled in."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One `{expression:format}`; `format` is empty when none is written."""

    expression: str
    format: str
    line: int

    @property
    def source(self) -> str:
        """The field as it was typed, without its braces."""
        return f"{self.expression}:{self.format}" if self.format else self.expression


def parse(text: str, *, where: str) -> list[str | Field]:
    """`text` as literal pieces and fields in order; `{{` and `}}` are literal braces.

    An expression may hold brackets, strings and colons of its own; the format is what follows
    the last colon outside them. Raises ProseError on a brace without its partner.
    """
    pieces: list[str | Field] = []
    literal: list[str] = []
    at = 0
    while at < len(text):
        char, line = text[at], text.count("\n", 0, at) + 1
        if text[at : at + 2] in ("{{", "}}"):
            literal.append(char)
            at += 2
        elif char == "}":
            raise ProseError(
                f"{where}: line {line} has a closing brace without an opening one: "
                f"…{_near(text, at)}. Write }}}} for a brace in the text."
            )
        elif char == "{":
            end, colon = _closing(text, at, line, where)
            pieces += ["".join(literal), _field(text[at + 1 : end], colon - at - 1, line, where)]
            literal = []
            at = end + 1
        else:
            literal.append(char)
            at += 1
    pieces.append("".join(literal))
    return [piece for piece in pieces if piece != ""]


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'beta'?` when something like `name` is known, else nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}" if near else ""


def _closing(text: str, start: int, line: int, where: str) -> tuple[int, int]:
    """Where the field that opens at `start` ends, and where its last free colon is (or -1)."""
    open_: list[str] = []
    colon, quote = -1, ""
    for at in range(start + 1, len(text)):
        char = text[at]
        if quote:
            quote = "" if char == quote and text[at - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char in _PAIRS:
            open_.append(_PAIRS[char])
        elif open_ and char == open_[-1]:
            open_.pop()
        elif char == "}" and not open_:
            return at, colon
        elif char == ":" and not open_:
            colon = at
    raise ProseError(
        f"{where}: line {line} has an opening brace without a closing one: "
        f"{_near(text, start)}…. Close it, or write {{{{ for a brace in the text."
    )


def _field(inner: str, colon: int, line: int, where: str) -> Field:
    expression, form = (inner[:colon], inner[colon + 1 :]) if colon >= 0 else (inner, "")
    if form and not form.strip().isidentifier():
        expression, form = inner, ""
    if not expression.strip():
        raise ProseError(
            f"{where}: line {line} has empty braces. Name a value, as in {{beta:num2}}, "
            f"or write {{{{}}}} for braces in the text."
        )
    return Field(expression=expression.strip(), format=form.strip(), line=line)


def _near(text: str, at: int) -> str:
    return text[max(0, at - 12) : at + 20].replace("\n", " ").strip()
