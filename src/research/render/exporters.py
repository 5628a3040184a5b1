"""nbconvert exporters: any notebook as one HTML file or as a PDF by Typst."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter
from traitlets import Bool, Unicode, default

from research.render.document import read_document
from research.render.html import write_html
from research.render.publication import Document
from research.render.typst import write_pdf


class _ResearchExporter(Exporter):
    exclude_input = Bool(False, help="Leave out the code of an ordinary notebook.").tag(config=True)

    def read(self, nb: Any, resources: Any) -> Document:
        """The document of a notebook; an edition never shows its code."""
        return read_document(nb, resources=resources, exclude_input=self.exclude_input or None)


class ResearchHTMLExporter(_ResearchExporter):
    """One HTML page that opens from disk: no script, no request, fonts and data inside."""

    export_from_notebook = "Research page (HTML)"
    output_mimetype = "text/html"
    file_extension = Unicode(".html").tag(config=True)

    def from_notebook_node(
        self, nb: Any, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page's text, and nbconvert's resources."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        return write_html(self.read(nb, resources)), resources


class ResearchPDFExporter(_ResearchExporter):
    """A PDF/A-3a and PDF/UA-1 by Typst: no LaTeX, no browser."""

    export_from_notebook = "Research note (PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(
        self, nb: Any, resources: Any = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """The PDF's bytes, and nbconvert's resources."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        return write_pdf(self.read(nb, resources)), resources
