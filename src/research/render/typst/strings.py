"""Values as Typst code: whatever a string holds, it stays a string."""

from __future__ import annotations

import re
from collections.abc import Iterable


def string(text: str, longest: int = 40) -> str:
    """A Typst string literal; no content can end it, and no control sign passes.

    Words of more characters than `longest` get places to break, so that no column is overrun.
    """
    kept = text
    if not text.isprintable():
        kept = "".join(c for c in text if c in "\n\t" or (c >= " " and not 0x7F <= ord(c) < 0xA0))
    if len(kept) <= longest:
        return literal(kept)
    long = rf"[^\s\u200b]{{{longest + 1},}}"
    kept = re.sub(long, lambda m: "\u200b".join(re.findall(r".{1,12}", m[0])), kept)
    return literal(kept)


def literal(text: str) -> str:
    """A Typst string literal without any places to break (paths, labels, addresses)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def join(parts: Iterable[str]) -> str:
    """Pieces of content one after another, as one expression."""
    found = [part for part in parts if part]
    if not found:
        return "[]"
    return found[0] if len(found) == 1 else "{" + ";".join(found) + "}"


def array(parts: Iterable[str]) -> str:
    """A Typst array, also of one or no item."""
    return "(" + "".join(f"{part}, " for part in parts).rstrip(" ") + ")"
