"""Figures typed by hand into words, where they are to be computed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_FENCED = r"(?ms)^(```|~~~).*?^\1"
_NOT_COUNTED = (
    r"(?s)<!--.*?-->|\$\$.+?\$\$|<[^>\n]*>",
    r"`[^`\n]*`|\$[^$\n]+\$",
    r"\]\([^)\s]*[^)]*\)|\[\^[^\]]+\]|(?m:^\[[^\]]+\]:.*$)",
    r"https?://\S+",
    r"(?m)^[^\S\n]*\d+[.)](?=\s)",
)
_FIGURE = re.compile(r"(?<![\w.,])(?<![A-Za-z][-/+])[+\-−]?\d[\d.,]*(?<![.,])")


class Figure(NamedTuple):
    """One figure as it was typed, the line it stands in, and the format that would print it."""

    line: int
    text: str
    format: str


def figures_in(text: str, *, names: Iterable[str] = (), first: int = 1) -> list[Figure]:
    """Figures typed by hand into Markdown outside `{…}`; its first line has the number `first`.

    Not counted: code, mathematics, link targets, comments, list numbers, footnote marks, names with
    a digit in them such as `M1` or `PDF/A-3a`, and `names`.
    """
    text = re.sub(r"\{\{|\}\}", "  ", re.sub(_FENCED, _blank, text))
    while (bare := re.sub(r"\{[^{}]*\}", _blank, text)) != text:
        text = bare
    for pattern in (*_NOT_COUNTED, *(rf"(?<!\w){re.escape(one)}(?!\w)" for one in names)):
        text = re.sub(pattern, _blank, text)
    return [
        Figure(first + text.count("\n", 0, found.start()), found[0], _format(found))
        for found in _FIGURE.finditer(text)
    ]


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _format(found: re.Match[str]) -> str:
    text, after = found[0], found.string[found.end() :].lstrip(" \u00a0\u202f")
    places = min(len(text.partition(".")[2]), 2)
    kind = {"%": "pct", "×": "x"}.get(after[:1]) or ("pp" if after.startswith("pp") else "num")
    return f"{'s' if text[0] in '+-−' and kind != 'x' else ''}{kind}{places}"
