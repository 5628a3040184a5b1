"""LaTeX formulas to MathML, checked; both writers print from the same tree."""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ET

_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "msup",
    "msub",
    "msubsup",
    "mfrac",
    "msqrt",
    "mroot",
    "mover",
    "munder",
    "munderover",
    "mtable",
    "mtr",
    "mtd",
    "mstyle",
    "mpadded",
    "mphantom",
    "menclose",
}
_ARITY = {
    "msup": 2,
    "msub": 2,
    "msubsup": 3,
    "mfrac": 2,
    "mroot": 2,
    "mover": 2,
    "munder": 2,
    "munderover": 3,
}
_ATTRIBUTES = {
    "mathvariant",
    "stretchy",
    "fence",
    "form",
    "accent",
    "linethickness",
    "columnalign",
    "displaystyle",
    "width",
    "separator",
    "movablelimits",
    "lspace",
    "rspace",
}


# The converter reads arrays only; the columns of these alternate about the relation.
_ROWS = re.compile(
    r"\\(begin|end)\{(aligned|alignedat|align|alignat|split|gathered|gather|multline|flalign"
    r"|eqnarray)\*?\}(?:(?<=at\})\{\d\}|(?<=at\*\})\{\d\})?"
)
_WRAPPER = re.compile(r"\\(?:begin|end)\{(?:equation|displaymath|math)\*?\}")


@functools.lru_cache(maxsize=512)
def tree(latex: str) -> ET.Element | None:
    """The formula as a MathML tree without namespaces; None where it cannot be read whole.

    The caller then prints the source as code: a formula half understood would be a wrong one.
    """
    from latex2mathml.converter import convert

    latex = _WRAPPER.sub("", _ROWS.sub(_array, latex))
    latex = re.sub(r"\\\\\s*\[-?[\d.]+\s*(pt|em|ex|mm|cm|in)\]", r"\\\\", latex)
    latex = re.sub(r"\\(tag|label)\*?\{[^{}]*\}|\\(nonumber|notag)\b", "", latex)
    latex = latex.replace(r"\operatorname*", r"\operatorname").replace(r"\not=", r"\neq")
    try:
        root = ET.fromstring(convert(latex))
    except Exception:  # the converter raises errors of many kinds, of its own and Python's
        return None
    return root if _check(root) else None


def _array(found: re.Match[str]) -> str:
    if found[1] == "end":
        return r"\end{array}"
    return r"\begin{array}" + ("{rcl}" if found[2] == "eqnarray" else "{rlrlrlrl}")


def mathml(latex: str, *, block: bool) -> str | None:
    """MathML for an HTML page, or None where the formula cannot be read whole."""
    root = tree(latex)
    if root is None:
        return None
    root = ET.fromstring(ET.tostring(root))
    root.set("display", "block" if block else "inline")
    root.set("alttext", latex)
    return ET.tostring(root, encoding="unicode")


def _check(element: ET.Element) -> bool:
    """Strip namespaces and unknown attributes; false on what is unknown or incomplete."""
    name = str(element.tag).removeprefix(_NAMESPACE)
    if name not in _ELEMENTS or len(element) != _ARITY.get(name, len(element)):
        return False
    element.tag = name
    for key in set(element.attrib) - _ATTRIBUTES:
        del element.attrib[key]
    if name in ("mi", "mo", "mn", "mtext"):
        text = element.text or ""
        if "\\" in text or (name == "mi" and text.strip() in ("&", "{", "}")):
            return False
    return all(_check(child) for child in element)
