"""From a document to the bytes of a PDF/A-3a that is PDF/UA-1 too, and always the same bytes."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import logging
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from research.errors import RenderError
from research.render import fonts
from research.render.blocks import Heading, Paragraph
from research.render.publication import Document, Ending, Meta, Section
from research.render.typst.flow import settle
from research.render.typst.strings import array, literal, string
from research.render.typst.writer import (
    ASIDE_PT,
    GUTTER_PT,
    MARGIN_PT,
    PAGE_WIDTH_PT,
    Writer,
)

STANDARDS: list[Any] = ["a-3a", "ua-1"]
_HOUSE = '#import "house.typ": *\n'
_ADJUSTED = "(fit, gap) =>"  # the first page is set more tightly where that lets it stand alone
# PDF/A demands a date, and the clock's would make every printing another file: this round one
# stands for "none known", as a notebook does not say when it was completed.
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_REMEMBERED = 10  # printings
_printings = itertools.count()
_LOG = logging.getLogger("research.render")


Project = dict[str, bytes]
"""Name → content of the sources and of the files they name."""


def write_pdf(
    document: Document,
    keep: Callable[[Project], None] | None = None,
    typesetting: Callable[[], None] | None = None,
) -> bytes:
    """The PDF: tagged, bookmarked, fonts embedded, each exhibit's data attached.

    `keep` is given what is printed, for a later `rehearse`, unless pictures in it are bitmaps.
    `typesetting` is called when all else is done: then other threads can compute.

    Signs that no font has are printed as U+FFFD, and a warning is logged that names them; an
    ordinary notebook may first borrow them from the fonts of the machine. Raises RenderError
    naming the section and exhibit that Typst refuses.
    """
    sources, pictures = write_typst(document)
    lacking = set[str]().union(*map(fonts.lacking, sources.values()))
    borrowed = bool(lacking) and not document.meta.edition
    if borrowed:
        if typesetting:
            typesetting()
        try:
            return _compile(_project(sources, pictures), pictures, document.meta, borrowed=True)
        except RenderError:
            pass  # no font of this machine has them either
    sources = {name: _without(text, lacking) for name, text in sources.items()}
    for name, data in pictures.items():
        if name.endswith(".svg") and (gone := fonts.lacking(text := data.decode())):
            pictures[name] = _without(text, gone).encode()
            lacking |= gone
    if lacking:
        _LOG.warning(_told_lacking(lacking))
    project = _project(sources, pictures)
    if keep and pictures.keys() <= project.keys():
        keep(project)
    if typesetting:
        typesetting()
    return _compile(project, pictures, document.meta, borrowed=False)


def project_of(document: Document) -> Project:
    """What is printed of a document, for `rehearse`; without the pictures that are bitmaps."""
    return _project(*write_typst(document))


def rehearse(
    projects: Iterable[Mapping[str, bytes]], *, go_on: Callable[[], bool] = lambda: True
) -> threading.Thread:
    """Lay out in a thread one project after another, for nothing but that it was done.

    Typst remembers it, so that what is printed next in this process is laid out anew only where it
    differs; the bytes are the same either way. A project is left half done where `go_on`, asked
    now and then, says so. Everything is imported by who asks for it.
    """
    import typst  # noqa: F401

    options = {"font_paths": _fonts(False), "ignore_system_fonts": True}
    house = _house()

    def lay_out() -> None:
        for project in projects:
            # What is refused will be told when it is printed.
            with suppress(Exception), tempfile.TemporaryDirectory(prefix="research-print-") as root:
                settle({**project, "house.typ": house}, go_on=go_on, root=root, **options)

    thread = threading.Thread(target=lay_out, name="rehearsal", daemon=True)
    thread.start()
    return thread


def _project(sources: Mapping[str, str], pictures: Mapping[str, bytes]) -> Project:
    texts = {name: data for name, data in pictures.items() if name.endswith((".svg", ".csv"))}
    return {**{name: text.encode() for name, text in sources.items()}, **texts}


def _without(text: str, signs: set[str]) -> str:
    return text.translate({ord(sign): "\ufffd" for sign in signs}) if signs else text


def _told_lacking(signs: set[str]) -> str:
    named = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in sorted(signs)[:10])
    more = f" and {len(signs) - 10} more" if len(signs) > 10 else ""
    return (
        f"PDF: {len(signs)} sign{'s' if len(signs) > 1 else ''} that no font here has, printed as "
        f"\ufffd: {named}{more}. Write them in other letters, or read the page in HTML."
    )


def write_typst(document: Document) -> tuple[dict[str, str], dict[str, bytes]]:
    """The Typst sources, of which `main.typ` includes all others, and the files they name.

    Each section has a file of its own: Typst numbers the code of a whole file, so that in one file
    a change in any section would have all of them laid out anew.
    """
    width = PAGE_WIDTH_PT[document.meta.paper] - 2 * MARGIN_PT
    writer = Writer(document, width_pt=width)
    parts = {
        f"section-{section.id or 'body'}.typ": _section(section, writer, document)
        for section in document.sections
    }
    parts |= {
        f"ending-{ending.id}.typ": _ending(ending, writer) for ending in document.meta.endings
    }
    contents = "" if document.meta.edition or not _long(document) else "contents-list()\n"
    included = "\n".join(f"include {literal(name)}" for name in parts)
    main = (
        f"{_HOUSE}#let meta = {_meta(document.meta)}\n#show: note.with(meta)\n#{{\n"
        f"masthead(meta, {string(document.meta.completed)})\n{contents}{included}\n}}\n"
    )
    written = {name: f"{_HOUSE}#{{\n{body}\n}}\n" for name, body in parts.items()}
    return {"main.typ": main, **written}, writer.files


def _section(section: Section, writer: Writer, document: Document) -> str:
    where = f"// at section {section.id or 'body'}"
    if not section.front:
        head = _chapter(section.title, section.id) if section.title else ""
        return f"{where}\n{head}{writer.blocks(section.main)}"
    full = writer.width_pt
    writer.front = True
    lead = "\n".join(
        f"standfirst({writer.inlines(b.children)})"
        if isinstance(b, Paragraph)
        else writer.blocks([b])
        for b in section.lead
    )
    writer.width_pt = full - ASIDE_PT - GUTTER_PT if section.aside else full
    main = writer.blocks(section.main)
    writer.width_pt = ASIDE_PT
    aside = f"{_ADJUSTED} {{{writer.blocks(section.aside)}}}" if section.aside else "none"
    writer.width_pt = full
    foot = f"{_ADJUSTED} {{{writer.blocks(section.foot)}}}" if section.foot else "none"
    writer.front = False
    entries = [array((literal(s.id), string(s.title))) for s in document.sections[1:]]
    entries += [array((literal(e.id), string(e.title))) for e in document.meta.endings]
    entries_code = array(entries)
    start = f"[#metadata(none)#label({literal(section.id)})]"
    parts = f"{_ADJUSTED} {{{lead}}}, {_ADJUSTED} {{{main}}}, {aside}, {foot}, {entries_code}"
    return f"{where}\n{start}\nfront({parts})"


def _ending(ending: Ending, writer: Writer) -> str:
    items = "\n".join(
        f"par(text(7.8pt, fill: soft, {writer.inlines(line)}))" for line in ending.lines
    )
    head = _chapter(ending.title, ending.id)
    return f"// at {ending.id}\n{head}prose({{set par(spacing: .45em)\n{items}}})"


def _chapter(title: str, anchor: str) -> str:
    """A heading of the first level, below all exhibits of what came before."""
    return f"place.flush()\n[#heading(level: 1, {string(title)})#label({literal(anchor)})]\n"


def _long(document: Document) -> bool:
    count = sum(
        isinstance(block, Heading) and block.level <= 2
        for section in document.sections
        for block in section.main
    )
    return count > 3


def _meta(meta: Meta) -> str:
    footer = "Not investment advice." if meta.edition else meta.title
    if meta.edition and meta.as_of:
        footer += f" Prices as of {meta.as_of} unless stated."
    if meta.illustrative:
        footer = f"Illustrative data, not market data. {footer}"
    line = " · ".join(
        part for part in (meta.series, f"Edition {meta.issue}" if meta.issue else "") if part
    )
    people = [said for label, said in meta.producer if label in ("Author", "Firm")]
    values = {
        "title": string(meta.title),
        "edition": str(meta.edition).lower(),
        "issue": string(meta.issue),
        "line": string(line),
        "question": string(meta.question),
        "as_of": string(meta.as_of),
        "as_of_note": string(meta.as_of_note),
        "illustrative": str(meta.illustrative).lower(),
        "gate": string(meta.gate_badge),
        "footer": string(footer),
        "paper": literal(meta.paper),
        "language": literal(meta.language.partition("-")[0] or "en"),
        "authors": array(literal(name) for name in people),
        "description": literal(meta.question or meta.title),
    }
    return "(" + ", ".join(f"{key}: {value}" for key, value in values.items()) + ")"


def _moment(meta: Meta) -> dt.datetime:
    if not meta.completed_at:
        return _EPOCH
    return dt.datetime.fromisoformat(meta.completed_at.replace("Z", "+00:00")).astimezone(dt.UTC)


def _compile(
    project: Project, pictures: Mapping[str, bytes], meta: Meta, *, borrowed: bool
) -> bytes:
    import typst

    whole: Any = {**project, "house.typ": _house()}
    try:
        # Bitmaps must lie on disk; a folder of their own keeps every other file out of reach.
        with tempfile.TemporaryDirectory(prefix="research-print-") as root:
            for name in pictures.keys() - project.keys():
                (Path(root) / name).write_bytes(pictures[name])
            options: dict[str, Any] = {
                "root": root,
                "font_paths": _fonts(borrowed),
                "ignore_system_fonts": not borrowed,
            }
            if next(_printings):
                _grow_old(options)
            return typst.compile(
                settle(whole, **options),
                **options,
                pdf_standards=STANDARDS,
                timestamp=int(_moment(meta).timestamp()),
            )
    except typst.TypstError as error:
        raise RenderError(_told(project, error)) from error


def _grow_old(options: dict[str, Any]) -> None:
    """Let Typst forget what the printing before the last one was laid out from.

    It remembers what was used in its last ten printings, which of editions one after another is
    150 MB each; empty pages count as printings too. Not for a process that prints once: to look
    through all that is remembered takes a tenth of a second.
    """
    import typst

    for _ in range(_REMEMBERED - 2):
        typst.compile(b" ", **options)


def _told(project: Project, error: Any) -> str:
    """What Typst refused and in which section and exhibit, found by the line it names."""
    sources = "|".join(re.escape(name) for name in project if name.endswith(".typ"))
    place = re.search(rf"({sources}):(\d+)", str(getattr(error, "diagnostic", "")))
    message = getattr(error, "message", str(error))
    where = "the page"
    if place:
        above = project[place[1]].decode().split("\n")[: int(place[2])]
        marks = [line.partition("// at ")[2] for line in above if "// at " in line]
        section = next((m for m in reversed(marks) if m.startswith("section")), "")
        last = marks[-1] if marks else ""
        where = f"{section}, {last}" if section and last != section else section or last or where
    hints = " ".join(getattr(error, "hints", []))
    return f"PDF, {where}: Typst refuses it: {message}. {hints}".strip()


@functools.cache
def _fonts(borrowed: bool) -> Any:
    import typst

    return typst.Fonts(include_system_fonts=borrowed, font_paths=[str(fonts.folder())])


@functools.cache
def _house() -> bytes:
    return (files("research.render.typst") / "house.typ").read_bytes()
