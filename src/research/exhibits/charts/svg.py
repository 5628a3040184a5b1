"""A matplotlib figure as SVG fit to stand in a document: small, stable, ids its own, with alt."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from typing import Any

from matplotlib.backends.backend_svg import FigureCanvasSVG

from research.exhibits.theme import FALLBACK, FONT

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
_FAMILY = re.compile(rf"font-family: '{FONT}', '{FALLBACK}'(; )?")
_WIDTH_PT = re.compile(r"^([\d.]+)pt$")


def to_svg(figure: Any, *, id: str, alt: str) -> str:
    """`figure` as one `<svg>` element without prolog, metadata, style sheet or foreign ids.

    Coordinates are rounded to 0.01 pt. Ids that are referred to begin with `id`, so several
    drawings can stand in one page. `alt` becomes the `<title>`.
    """
    buffer = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    root = ET.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith("}metadata") or child.find(f"{{{_SVG}}}style") is not None:
                parent.remove(child)
    _rename(root, id)
    for element in root.iter():
        _tidy(element)
    # What the style sheet said, said once where it is inherited and cannot touch the page.
    root.set("stroke-linejoin", "round")
    root.set("font-family", f"'{FONT}', 'Source Sans 3', sans-serif")
    root.set("role", "img")
    title = ET.Element(f"{{{_SVG}}}title")
    title.text = alt
    root.insert(0, title)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _rename(root: ET.Element, prefix: str) -> None:
    used: dict[str, str] = {}
    for element in root.iter():
        target = element.attrib.pop(_XLINK, "")
        clip = re.match(r"url\(#(.+)\)", element.get("clip-path", ""))
        if target:
            used.setdefault(target[1:], f"{prefix}-{len(used) + 1}")
            element.set("href", f"#{used[target[1:]]}")
        if clip:
            used.setdefault(clip[1], f"{prefix}-{len(used) + 1}")
            element.set("clip-path", f"url(#{used[clip[1]]})")
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in used:
            element.set("id", used[old])


def _tidy(element: ET.Element) -> None:
    if not element.tag.endswith(("}text", "}tspan", "}title")):
        element.text = None
    element.tail = None
    for key in ("x", "y", "width", "height", "viewBox", "transform"):
        if key in element.attrib and not _WIDTH_PT.match(element.attrib[key]):
            element.set(key, _NUMBER.sub(_short, element.attrib[key]))
    if element.get("transform", "").startswith("rotate(0 "):
        del element.attrib["transform"]
    if "d" in element.attrib:
        rounded = _NUMBER.sub(_short, " ".join(element.attrib["d"].split()))
        element.set("d", re.sub(r" ?([A-Za-z]) ?", r"\1", rounded))
    if "style" in element.attrib:
        style = _FAMILY.sub("", element.attrib["style"]).strip("; ")
        element.set("style", _NUMBER.sub(_short, style) if "#" not in style else style)


def _short(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
