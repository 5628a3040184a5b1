"""The MIME types by which a notebook's outputs say what they are to whoever prints them."""

from __future__ import annotations

EXHIBIT = "application/vnd.research.exhibit.v1+json"
PROSE = "application/vnd.research.prose.v1+json"
BLOCK = "application/vnd.research.block.v1+json"
