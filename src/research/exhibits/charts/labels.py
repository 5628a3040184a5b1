"""Where labels go: measured in points before anything is drawn, and never over each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from research.exhibits.theme import BODY, FALLBACK, FONT

LEADING = 1.18  # line height over font size


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = BODY, weight: int = 400) -> float:
    """Width of one line in points, unhinted, as the SVG will show it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=[FONT, FALLBACK], size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    # Letters written from the right are shaped by whoever shows the drawing, not by matplotlib.
    shaped = any("\u0590" <= letter <= "\u08ff" for letter in text)
    return float(width) * (1.2 if shaped else 1.0)


def widest(texts: Sequence[str], size: float = BODY, weight: int = 400) -> float:
    """Width of the longest line of all `texts`, points; 0 when there are none."""
    lines = [line for text in texts for line in text.split("\n")]
    return max((text_width(line, size, weight) for line in lines), default=0.0)


def wrap(text: str, limit: float, size: float = BODY, weight: int = 400) -> str:
    """`text` broken at spaces into lines of at most `limit` points; a longer word is cut."""
    lines: list[str] = []
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, weight) <= limit:
            lines[-1] = joined
        else:
            lines.append(cut(word, limit, size, weight))
    return "\n".join(lines)


def cut(text: str, limit: float, size: float = BODY, weight: int = 400) -> str:
    """`text` in one line of at most `limit` points, its end given up for an ellipsis."""
    if text_width(text, size, weight) <= limit:
        return text
    while len(text) > 1 and text_width(text.rstrip() + "…", size, weight) > limit:
        text = text[:-1]
    return text.rstrip() + "…"


def height(text: str, size: float = BODY) -> float:
    """Height of a label in points, all its lines."""
    return (text.count("\n") + 1) * size * LEADING


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres nearest to `wanted` (least squares) such that labels of `sizes` do not overlap.

    One dimension, any unit. Labels keep their order and stay within `low` to `high`; when they
    cannot all fit there, they are packed from `low` upward and overrun `high`.
    Pool-adjacent-violators: neighbours that would overlap move as one block.
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    blocks: list[tuple[list[int], float]] = []  # members, start of the block
    for index in order:
        blocks.append(_place([index], wanted, sizes, low, high))
        while len(blocks) > 1 and _end(blocks[-2], sizes) > blocks[-1][1] + 1e-9:
            later = blocks.pop()[0]
            earlier = blocks.pop()[0]
            blocks.append(_place(earlier + later, wanted, sizes, low, high))
    centres = [0.0] * len(wanted)
    for members, start in blocks:
        at = start
        for index in members:
            centres[index] = at + sizes[index] / 2
            at += sizes[index]
    return centres


def _place(
    members: list[int], wanted: Sequence[float], sizes: Sequence[float], low: float, high: float
) -> tuple[list[int], float]:
    offset, starts = 0.0, []
    for index in members:
        starts.append(wanted[index] - sizes[index] / 2 - offset)
        offset += sizes[index]
    best = sum(starts) / len(starts)
    return members, max(low, min(best, high - offset))


def _end(block: tuple[list[int], float], sizes: Sequence[float]) -> float:
    return block[1] + sum(sizes[index] for index in block[0])
