"""MathML trees to Typst mathematics; every sign is written by its number."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from research.render.maths import tree
from research.render.typst.strings import literal, string

_ACCENTS = {
    "^": "\u0302",
    "¯": "\u0304",
    "―": "\u0304",
    "‾": "\u0304",
    "~": "\u0303",
    "˜": "\u0303",
    "˙": "\u0307",
    ".": "\u0307",
    "¨": "\u0308",
    "→": "\u20d7",
    "⃗": "\u20d7",
    "ˇ": "\u030c",
    "˘": "\u0306",
    "`": "\u0300",
    "´": "\u0301",
}
_LIMITS = set("∑∏∐⋃⋂⋁⋀⨁⨂⨆")
_OPENING, _CLOSING = set("([{⟨⌊⌈|‖∣∥"), set(")]}⟩⌋⌉|‖∣∥")


def equation(latex: str, *, block: bool) -> str:
    """A Typst expression for a formula, its source as alternative text; code where unreadable."""
    root = tree(latex)
    if root is None:
        return f"raw({string(latex)}, block: {str(block).lower()})"
    body = _aligned(root) or _row(root)
    kind = str(block).lower()
    return f"math.equation(block: {kind}, alt: {literal(latex)}, ${body}$)"


def _aligned(root: ET.Element) -> str:
    """Lines of one formula, aligned at their relation, when the formula is nothing else."""
    inner = root
    while len(inner) == 1 and inner[0].tag in ("mrow", "mstyle"):
        inner = inner[0]
    first = inner[0].find("mtr/mtd") if len(inner) == 1 and inner[0].tag == "mtable" else None
    if first is None or first.get("columnalign") != "right":
        return ""
    rows = [[_row(cell) for cell in row if cell.tag == "mtd"] for row in inner[0]]
    return " \\ ".join(" & ".join(row) for row in rows)


def _row(parent: ET.Element) -> str:
    return " ".join(_run(list(parent)))


def _run(children: list[ET.Element]) -> list[str]:
    """Elements in order; upright letters one after another are one word."""
    out: list[str] = []
    at = 0
    while at < len(children):
        if _upright(children[at]):
            word = ""
            while at < len(children) and _upright(children[at]):
                word += children[at].text or ""
                at += 1
            out.append(f"upright({literal(word)})")
        elif at + 1 < len(children) and _stacked(children[at + 1]):
            closed = at + 2 < len(children) and _fence(children[at + 2], _CLOSING)
            if _fence(children[at], _OPENING):
                parts = children[at : at + (3 if closed else 2)]
                out.append(f"lr({' '.join(_node(part) for part in parts)})")
                at += len(parts)
            else:
                out.append(_node(children[at]))
                at += 1
        else:
            out.append(_node(children[at]))
            at += 1
    return out


def _upright(element: ET.Element) -> bool:
    return element.tag == "mi" and element.get("mathvariant") == "normal"


def _stacked(element: ET.Element) -> bool:
    """A matrix, or the two numbers of a binomial coefficient."""
    return element.tag == "mtable" or (
        element.tag == "mfrac" and element.get("linethickness", "") in ("0", "0px", "0pt")
    )


def _node(element: ET.Element) -> str:
    tag, parts = element.tag, list(element)
    if tag in ("mi", "mn", "mo", "mtext"):
        return _leaf(element)
    if tag == "mspace":
        width = element.get("width", "")
        return f"#h({width[:-2]}em)" if width.endswith("em") and _is_number(width[:-2]) else ""
    if tag == "mfrac":
        if _stacked(element):
            return f"mat(delim: #none, {_arg(parts[0])}; {_arg(parts[1])})"
        return f"frac({_arg(parts[0])}, {_arg(parts[1])})"
    if tag == "msqrt":
        return f"sqrt({_row(element) or '#none'})"
    if tag == "mroot":
        return f"root({_arg(parts[1])}, {_arg(parts[0])})"
    if tag in ("msup", "msub", "msubsup", "mover", "munder", "munderover"):
        return _attached(element)
    if tag == "mtable":
        return _table(element, "#none")
    if tag == "mphantom":
        return f"#hide(${_row(element)}$)"
    return _fenced(element)


def _fenced(element: ET.Element) -> str:
    """A row; stretchy fences around it grow with it."""
    parts = list(element)
    if len(parts) >= 2 and _fence(parts[0], _OPENING) and _fence(parts[-1], _CLOSING):
        return f"lr({' '.join([_leaf(parts[0]), *_run(parts[1:-1]), _leaf(parts[-1])])})"
    return " ".join(_run(parts))


def _fence(element: ET.Element, signs: set[str]) -> bool:
    return (
        element.tag == "mo"
        and (element.text or "").strip() in signs
        and element.get("stretchy") != "false"
    )


def _leaf(element: ET.Element) -> str:
    text = (element.text or "").strip("\n")
    if element.tag == "mtext":
        return string(text.replace("\u00a0", " ")) if text else ""
    text = text.strip()
    if not text:
        return ""
    if len(text) == 1:
        return f"\\u{{{ord(text):x}}}"
    if element.tag == "mn":
        return literal(text)
    return f"op({literal(text)})"


def _attached(element: ET.Element) -> str:
    base, *rest = list(element)
    tag = element.tag
    if tag in ("mover", "munder") and len(rest) == 1:
        sign = (rest[0].text or "").strip()
        if tag == "mover" and rest[0].tag == "mo" and sign in _ACCENTS:
            wide = len("".join(base.itertext()).strip()) > 1 and sign in "¯―‾"
            return (
                f"overline({_arg(base)})"
                if wide
                else f"accent({_arg(base)}, \\u{{{ord(_ACCENTS[sign]):x}}})"
            )
        if sign in ("⏞", "⏟"):
            return f"{'overbrace' if sign == '⏞' else 'underbrace'}({_arg(base)})"
    below = tag in ("msub", "munder")
    low = rest[0] if below or len(rest) == 2 else None
    high = rest[-1] if not below else None
    name = (base.text or "").strip()
    core = _arg(base)
    if tag.startswith(("mover", "munder")) or name in _LIMITS or name in ("lim", "max", "min"):
        core = f"limits({core})"
    attach = [
        f"b: {_arg(low)}" if low is not None else "",
        f"t: {_arg(high)}" if high is not None else "",
    ]
    return f"attach({', '.join([core, *(part for part in attach if part)])})"


def _table(element: ET.Element, delim: str) -> str:
    rows = [
        ", ".join(_arg(cell) for cell in row if cell.tag == "mtd")
        for row in element
        if row.tag == "mtr"
    ]
    return f"mat(delim: {delim}, {'; '.join(rows)})"


def _arg(element: ET.Element) -> str:
    """An argument in mathematics mode: commas and semicolons in it are signs, not separators."""
    return (_node(element) if element.tag not in ("mtd",) else _row(element)) or '""'


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < 20
    except ValueError:
        return False
