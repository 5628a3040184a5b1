"""A small drawing inside something else: it has words for those who cannot see it, no heading."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import Any

from research.exhibits.facts import Fact


@dataclass(frozen=True, kw_only=True)
class Picture:
    """SVG, the sentence that stands for it, and the facts of the numbers written in it."""

    svg: str
    alt: str
    facts: tuple[Fact, ...] = ()

    @property
    def img(self) -> str:
        """The drawing as one `<img>` that brings its bytes with it."""
        return image(self.svg, self.alt)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.svg, "text/plain": self.alt}


def image(svg: str, alt: str) -> str:
    """An `<img>` of `svg`: Jupyter strips drawings from a notebook somebody else has run."""
    data = b64encode(svg.encode()).decode("ascii")
    return f'<img class="drawing" src="data:image/svg+xml;base64,{data}" alt="{escape(alt)}">'
