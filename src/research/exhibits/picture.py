"""A small drawing inside something else: it has words for those who cannot see it, no heading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Picture:
    """SVG and the sentence that stands for it."""

    svg: str
    alt: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.svg, "text/plain": self.alt}
