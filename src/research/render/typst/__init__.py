"""A document as Typst source, and through it as PDF."""

from __future__ import annotations

from research.render.typst.pdf import write_pdf, write_typst

__all__ = ["write_pdf", "write_typst"]
