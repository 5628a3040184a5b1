r"""Formulas that Jupyter typesets without dollars: `\begin{align}`, `\\[…\\]` and `\\(…\\)`."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_NAMES = (
    "equation|displaymath|math|align|alignat|flalign|gather|multline|eqnarray|aligned|alignedat|"
    "gathered|split|cases|array|matrix|pmatrix|bmatrix|Bmatrix|vmatrix|Vmatrix|smallmatrix"
)
_BEGIN = re.compile(rf"\\begin\{{((?:{_NAMES})\*?)\}}")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


def formulas_plugin(parser: MarkdownIt) -> None:
    """Rules for a block of its own and for a formula within a line; code goes before both.

    The backslashes are two: one alone escapes a bracket in Markdown, in Jupyter too.
    """
    parser.block.ruler.before("fence", "formula_block", _block, {"alt": ["paragraph", "list"]})
    parser.inline.ruler.before("escape", "formula_inline", _inline)


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.is_code_block(first):
        return False
    start = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith(("\\begin{", "\\\\["), start):
        return False
    # An environment between dollars that were opened in the lines above belongs to them.
    if silent and state.src.count("$$", state.bMarks[state.line], state.bMarks[first]) % 2:
        return False
    text = state.getLines(first, last, state.blkIndent, False).lstrip(" ")
    latex, end = _displayed(text, 0)
    # With words behind it on its line, it is read as part of them.
    if not latex or text[end:].partition("\n")[0].strip():
        return False
    after = first + text.count("\n", 0, end) + 1
    if any(state.sCount[line] < state.blkIndent for line in range(first, after)):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block, token.content, token.map = True, latex, [first, after]
        state.line = after
    return True


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "\\":
        return False
    kind = "math_inline_double"
    latex, end = _displayed(state.src, state.pos)
    if not latex:
        kind = "math_inline"
        latex, end = _between(state.src, state.pos, "\\\\(", "\\\\)")
    if not latex:
        return False
    if not silent:
        token = state.push(kind, "math", 0)
        token.content = latex
    state.pos = end
    return True


def _displayed(text: str, at: int) -> tuple[str, int]:
    begin = _BEGIN.match(text, at)
    if begin is None:
        return _between(text, at, "\\\\[", "\\\\]")
    latex, end = _between(text, at, begin[0], f"\\end{{{begin[1]}}}")
    return (text[at:end] if latex else ""), end


def _between(text: str, at: int, opening: str, closing: str) -> tuple[str, int]:
    """What stands between two marks, and where it ends; a blank line ends a formula, as in LaTeX.

    Nothing is found where a mark is lacking: what is left open is words.
    """
    start = at + len(opening)
    end = text.find(closing, start) if text.startswith(opening, at) else -1
    if end < 0 or _BLANK_LINE.search(text, start, end):
        return "", at
    return text[start:end].strip(), end + len(closing)
