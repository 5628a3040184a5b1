"""A document as Typst source, and through it as PDF."""

from __future__ import annotations

from research.render.typst.pdf import Project, project_of, rehearse, write_pdf, write_typst

__all__ = ["Project", "project_of", "rehearse", "write_pdf", "write_typst"]
