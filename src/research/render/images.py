"""Pictures that Markdown and HTML name: found beside the notebook or in it, at the width asked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from research.errors import RenderError
from research.render.blocks import Block, Callout, Image, Inset, Media, Paragraph, Text
from research.render.pictures import read_bitmap, read_svg, resized
from research.render.scope import Scope, fold

_INSET_PT = (120.0, 24.0)  # wider or higher, a picture is no part of a line


def read_image(scope: Scope, given: Mapping[str, str]) -> Block:
    """The picture of an `<img>`: `src`, `alt` and `width` in pixels; one elsewhere is a link.

    A width in other units is left to the picture, a width of nothing too.
    """
    source, alt = given.get("src", ""), fold(given.get("alt", ""))
    if re.match(r"(https?:)?//", source, re.IGNORECASE):
        return Paragraph(scope.link(source, (Text(alt or source),)))
    media = scope.load_image(source)
    if media is None:
        return Callout(f"Picture not found or not readable: {fold(source)}")
    width = re.fullmatch(r"\s*([1-9]\d{0,4})(\.\d+)?\s*(px)?\s*", given.get("width", ""))
    if width:
        media = resized(media, float(width[1]))
    return Image(media=media, alt=alt or "Picture without a description")


def read_inset(scope: Scope, given: Mapping[str, str]) -> Inset | None:
    """The drawing of an `<img>` within a line, where it is small and in the page itself."""
    source = given.get("src", "")
    if not source.startswith("data:image/svg+xml"):
        return None
    media = scope.load_image(source)
    if media is None or not media.width_pt or not media.height_pt:
        return None
    if media.width_pt > _INSET_PT[0] or media.height_pt > _INSET_PT[1]:
        return None
    return Inset(media, fold(given.get("alt", "")) or "Picture without a description")


def loader(
    cell: Mapping[str, Any], path: str, scope: Scope, edition: bool
) -> Callable[[str], Media | None]:
    """How the words of one cell find their pictures: attachments, then files beside it."""

    def load(source: str) -> Media | None:
        media = _read(cell, path, source)
        if media is None and edition:
            raise RenderError(
                f"{scope.where}: picture {source[:80]!r} is not there, or is no whole SVG, PNG, "
                f"JPEG, GIF or WebP. Paths are relative to the notebook."
            )
        return media

    return load


def _read(cell: Mapping[str, Any], path: str, source: str) -> Media | None:
    if source.startswith("attachment:"):
        bundle = cell.get("attachments", {}).get(unquote(source.removeprefix("attachment:")), {})
        return next((_media(mime, data) for mime, data in sorted(bundle.items())), None)
    if source.startswith("data:"):
        head, _, data = source.partition(",")
        text = data if ";base64" in head else unquote(data)
        return _media(head.removeprefix("data:").partition(";")[0], text)
    file = Path(path) / unquote(source.partition("?")[0].partition("#")[0])
    # An absolute path would show one machine's files and break on the next.
    if Path(unquote(source)).is_absolute() or not file.is_file():
        return None
    content = file.read_bytes()
    if file.suffix.lower() == ".svg":
        return read_svg(content.decode("utf-8", "replace"))
    return read_bitmap(content)


def _media(mime: str, data: Any) -> Media | None:
    text = "".join(data) if isinstance(data, list) else str(data)
    if mime != "image/svg+xml":
        return read_bitmap(text)
    if "<" not in text:
        try:
            text = base64.b64decode(text).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
    return read_svg(text)
