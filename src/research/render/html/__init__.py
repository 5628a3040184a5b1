"""A document as one HTML file that needs nothing else."""

from __future__ import annotations

from research.render.html.page import read_template, write_html

__all__ = ["read_template", "write_html"]
