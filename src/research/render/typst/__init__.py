"""A document as Typst source, and through it as PDF."""

from __future__ import annotations

from research.render.typst.pdf import Project, rehearse, write_pdf, write_typst

__all__ = ["Project", "rehearse", "write_pdf", "write_typst"]
