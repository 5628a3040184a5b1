"""Pictures made safe and measured: SVG without scripts or outside references, bitmaps by header."""

from __future__ import annotations

import base64
import binascii
import io
import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import lru_cache

from research.render.blocks import Media

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_DROPPED = {
    "script",
    "foreignObject",
    "metadata",
    "animate",
    "animateMotion",
    "animateTransform",
    "set",
    "handler",
    "iframe",
}
_POINTS = {
    "": 0.75,
    "px": 0.75,
    "pt": 1.0,
    "in": 72.0,
    "cm": 72 / 2.54,
    "mm": 72 / 25.4,
    "pc": 12.0,
}
# matplotlib's own sheet; as a rule for `*` it would reach beyond its picture in a page.
_MATPLOTLIB_SHEET = re.compile(r"^\s*\*\s*\{([^{}]*)\}\s*$")
_INSIDE = re.compile(r"#|data:image/(png|jpeg|gif|webp);base64,")
_REACHES = re.compile(r"url\s*\(\s*['\"]?(?!#)|@import|expression\(", re.IGNORECASE)
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
)

ET.register_namespace("", _SVG)
ET.register_namespace("xlink", _XLINK)


@lru_cache(maxsize=64)
def read_svg(text: str) -> Media | None:
    """An SVG without anything that acts or reaches outside; None when it is no SVG.

    Its size in points is kept on `Media`; metadata (dates, creators) are left out.
    """
    if "<!ENTITY" in text:
        return None
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return None
    if _local(root.tag) != "svg":
        return None
    _clean(root)
    for name in ("role", "aria-label", "aria-labelledby", "aria-describedby", "aria-hidden"):
        root.attrib.pop(name, None)  # the page names its pictures itself
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) == "style":
                sheet = _MATPLOTLIB_SHEET.match(child.text or "")
                if sheet:
                    parent.remove(child)
                    root.set("style", f"{sheet[1].strip()};{root.get('style', '')}".rstrip(";"))
                elif re.search(r"@import|url\s*\(\s*['\"]?(?!#)", child.text or ""):
                    parent.remove(child)
    width, height = _size(root)
    data = ET.tostring(root, encoding="unicode").encode()
    return Media(format="svg", data=data, width_pt=width, height_pt=height)


def read_bitmap(data: bytes | str, *, width_px: float | None = None) -> Media | None:
    """A PNG, JPEG, GIF or WebP (bytes or base64); None when it is none of these, whole.

    `width_px` is the width at which a notebook shows it; a bitmap prints at 100 pixels an inch.
    """
    if isinstance(data, str):
        try:
            data = base64.b64decode(data, validate=False)
        except (binascii.Error, ValueError):
            return None
    name = next((name for sign, name in _SIGNS if data.startswith(sign)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        name = "webp"
    if not name or not _whole(data):
        return None
    if name == "png":
        wide, high = struct.unpack(">II", data[16:24])
        shown = width_px or wide
        return Media(
            format="png", data=data, width_pt=shown * 0.72, height_pt=shown * 0.72 * high / wide
        )
    return Media(
        format=name,  # type: ignore[arg-type]
        data=data,
        width_pt=width_px * 0.72 if width_px else None,
    )


def _whole(data: bytes) -> bool:
    """Whether every sign of a bitmap decodes: a header alone would stop the whole PDF."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except Exception:  # its decoders raise errors of many kinds, of their own and Python's
        return False
    return True


def resized(media: Media, width_px: float) -> Media:
    """The picture at another width (CSS pixels), its proportions kept."""
    width = width_px * 0.75
    high = media.height_pt * width / media.width_pt if media.height_pt and media.width_pt else None
    data = media.data
    if media.format == "svg":
        root = ET.fromstring(data)
        root.attrib.pop("height", None)
        root.set("width", f"{width_px:g}")
        if high:
            root.set("height", f"{high / 0.75:g}")
        data = ET.tostring(root, encoding="unicode").encode()
    return replace(media, data=data, width_pt=width, height_pt=high)


def inline_svg(media: Media, *, prefix: str, alt: str) -> str:
    """The SVG as part of an HTML page: ids made the picture's own, named for who cannot see it.

    A picture with a style sheet of its own would restyle the page; it becomes an `<img>`.
    """
    text = media.data.decode()
    label = _attribute(alt)
    if "<style" in text:
        code = base64.b64encode(media.data).decode()
        return f'<img src="data:image/svg+xml;base64,{code}" alt="{label}">'
    text = re.sub(r' id="([^"]*)"', rf' id="{prefix}-\1"', text)
    text = re.sub(r'href="#', f'href="#{prefix}-', text)
    text = re.sub(r"url\(\s*['\"]?#", f"url(#{prefix}-", text)
    text = re.sub(r"(url\(#[^)'\"]*)['\"]\)", r"\1)", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def data_uri(media: Media) -> str:
    """A picture as a `data:` address."""
    kind = {"svg": "svg+xml", "jpg": "jpeg"}.get(media.format, media.format)
    return f"data:image/{kind};base64,{base64.b64encode(media.data).decode()}"


def _clean(element: ET.Element) -> None:
    for child in list(element):
        if (
            not isinstance(child.tag, str)
            or _local(child.tag) in _DROPPED
            or not child.tag.startswith(f"{{{_SVG}}}")
        ):
            element.remove(child)
        else:
            _clean(child)
    for name, value in list(element.attrib.items()):
        local = _local(name)
        outside = local == "href" and not _INSIDE.match(value.strip())
        reaches = ("(" in value or "@" in value) and _REACHES.search(value)
        foreign = name.startswith("{") and not name.startswith(f"{{{_XLINK}}}")
        if local.lower().startswith("on") or outside or reaches or foreign:
            del element.attrib[name]


def _size(root: ET.Element) -> tuple[float | None, float | None]:
    sizes = [_points(root.get(side, "")) for side in ("width", "height")]
    box = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", root.get("viewBox", ""))]
    if len(box) == 4 and None in sizes and box[2] > 0 and box[3] > 0:
        if sizes[0] is None and sizes[1] is None:
            sizes = [box[2] * 0.75, box[3] * 0.75]
        elif sizes[0] is None and sizes[1] is not None:
            sizes[0] = sizes[1] * box[2] / box[3]
        elif sizes[0] is not None:
            sizes[1] = sizes[0] * box[3] / box[2]
    if not root.get("viewBox") and None not in sizes:
        width, height = (float(size or 0) / 0.75 for size in sizes)
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    return sizes[0], sizes[1]


def _points(length: str) -> float | None:
    match = re.fullmatch(r"\s*([\d.]+)\s*(px|pt|in|cm|mm|pc|)\s*", length)
    return float(match[1]) * _POINTS[match[2]] if match else None


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
