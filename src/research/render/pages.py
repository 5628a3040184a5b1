"""An edition's pages: its notebook read once, and written in each format at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from research.render import fonts
from research.render.document import read_document
from research.render.html import read_template, write_html
from research.render.publication import Document
from research.render.typst import Project, write_pdf


def write_pages(
    nb: Any,
    formats: Sequence[str] = ("pdf", "html"),
    *,
    keep: Callable[[Project], None] | None = None,
    rehearsed: Callable[[], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> dict[str, bytes]:
    """The notebook `nb` in each of `formats`, by format: the bytes that nbconvert's exporters give.

    `keep` is that of `write_pdf`; `rehearsed` is waited for before Typst begins; `meanwhile` is
    called once, in this thread, while the pages are written.
    Raises RenderError as reading and writing do; of two formats that fail the first is told.
    """
    prepare()
    document = read_document(nb)
    # Typst takes longest and lets other threads compute, so all of them wait until it has begun.
    typesetting = Event()
    kept: list[Project] = []

    def begin() -> None:
        typesetting.set()
        if rehearsed:
            rehearsed()

    def pdf() -> bytes:
        try:
            return write_pdf(document, kept.append, begin)
        finally:
            typesetting.set()

    def html() -> bytes:
        typesetting.wait()
        return _html(document)

    if "pdf" not in formats:
        typesetting.set()
    write: Mapping[str, Callable[[], bytes]] = {"pdf": pdf, "html": html}
    with ThreadPoolExecutor(len(formats), thread_name_prefix="page") as pool:
        written = {one: pool.submit(write[one]) for one in formats}
        typesetting.wait()
        if meanwhile:
            meanwhile()
        if keep:
            for project in kept:
                keep(project)
    return {one: page.result() for one, page in written.items()}


def prepare() -> None:
    """Import and read what every page is written by; whoever waits for a notebook can do it then.

    Always in one thread, for threads that import the same at once can meet half-made modules.
    """
    import fontTools.subset  # noqa: F401
    import jinja2  # noqa: F401
    import latex2mathml.converter  # noqa: F401
    import typst  # noqa: F401

    fonts.lacking("\u2192")
    for bold in (False, True):
        fonts.width("0", size=1.0, bold=bold)
    read_template()


def _html(document: Document) -> bytes:
    return write_html(document).encode()
