"""What a code cell showed, as blocks: of each output the richest form that can be printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from research.errors import RenderError
from research.exhibits.mime import BLOCK, EXHIBIT
from research.render.blocks import (
    Block,
    Callout,
    Card,
    Cell,
    CodeBlock,
    Definitions,
    Entry,
    Exhibit,
    Heading,
    Image,
    MathBlock,
    Panel,
    Paragraph,
    Row,
    Table,
    Text,
)
from research.render.fragments import read_html
from research.render.markdown import read_markdown
from research.render.pictures import read_bitmap, read_svg
from research.render.scope import Scope, fold, slug

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[@-Z\\-_]")
# What Python says of a drawing when nothing else is shown: no reader wants it.
_DRAWING = re.compile(r"^(\[?<(matplotlib|Axes|Figure|seaborn)|Text\(|<IPython|<pandas\.io)")
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
_VERDICT_MARKS = ("▲", "●", "▼", "○")
_WIDTHS = ("full", "column", "main")
_BARE = re.compile(r"^<[\w.]+[^<>]*>$")


def read_output(
    output: Mapping[str, Any], scope: Scope, *, edition: bool, cell: int
) -> tuple[Block, ...]:
    """The blocks of one output. Streams and errors never reach an edition's reader."""
    kind = output["output_type"]
    if kind in ("display_data", "execute_result"):
        return _bundle(output["data"], output.get("metadata", {}), scope, edition, cell)
    if edition:
        return ()
    if kind == "stream":
        text = plain(_joined(output["text"]))
        return (CodeBlock(text),) if text.strip() else ()
    if kind == "error":
        return (Callout(plain(f"{output['ename']}: {output['evalue']}".splitlines()[0])),)
    return ()


def read_ahead(nb: Any) -> None:
    """Read the drawings and tables of a notebook that is not all of a document yet.

    They are remembered, so that reading the document takes less time; nothing else comes of it.
    """
    alone = Scope(load_image=lambda source: None)
    for output in (one for cell in nb.cells for one in cell.get("outputs", [])):
        for kind in (EXHIBIT, BLOCK):
            record = output.get("data", {}).get(kind) or {}
            with suppress(Exception):  # it will be told by who reads the document
                if record.get("svg"):
                    read_svg(record["svg"])
                if record.get("html"):
                    read_html(record["html"], alone, house=True)


def plain(text: str) -> str:
    """Terminal output without colours; a line written over shows only its last state."""
    lines = _ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    kept = [line.rstrip("\r").rpartition("\r")[2] for line in lines]
    return "\n".join(kept).rstrip("\n").expandtabs(4)


def _bundle(
    data: Mapping[str, Any], meta: Mapping[str, Any], scope: Scope, edition: bool, cell: int
) -> tuple[Block, ...]:
    if EXHIBIT in data:
        return (_exhibit(data[EXHIBIT], scope),)
    if BLOCK in data:
        return _block(data[BLOCK], scope)
    if "text/markdown" in data:
        return read_markdown(_joined(data["text/markdown"]), scope)
    html = _joined(data.get("text/html", ""))
    if re.search(r"<table\b", html, re.IGNORECASE):
        return read_html(html, scope, house=edition)
    picture = _picture(data, meta, cell)
    if picture:
        return (picture,)
    if "text/latex" in data:
        return (MathBlock(_unwrapped(_joined(data["text/latex"]))),)
    broken = next((mime for mime in _PICTURES if mime in data), "")
    if broken and edition:
        raise RenderError(
            f"{scope.where}: the picture ({broken}) cannot be read: it is cut off or is not what "
            f"it says it is. Run the cell again."
        )
    if broken:
        return (Callout(f"The picture of code cell {cell} cannot be read. Run the cell again."),)
    text = plain(_joined(data.get("text/plain", "")))
    if html and (not text or _DRAWING.match(text) or _BARE.match(text)):
        return read_html(html, scope)
    if not text or _DRAWING.match(text) or (edition and _BARE.match(text)):
        return ()
    return (CodeBlock(text),)


def _picture(data: Mapping[str, Any], meta: Mapping[str, Any], cell: int) -> Image | None:
    for mime in _PICTURES:
        if mime not in data:
            continue
        said = meta.get(mime, meta)
        source = _joined(data[mime])
        width = said.get("width") if isinstance(said.get("width"), int | float) else None
        media = read_svg(source) if mime == "image/svg+xml" else read_bitmap(source, width_px=width)
        if media:
            words = plain(_joined(data.get("text/plain", "")))
            told = said.get("alt") or ("" if _DRAWING.match(words) or _BARE.match(words) else words)
            return Image(media=media, alt=fold(told) or f"Picture shown by code cell {cell}")
    return None


def _exhibit(record: Mapping[str, Any], scope: Scope) -> Exhibit:
    """An exhibit without its number, which the document gives it."""
    figure = read_svg(record["svg"]) if record.get("svg") else None
    blocks = read_html(record["html"], scope, house=True) if record.get("html") else ()
    tables = tuple(block for block in blocks if isinstance(block, Table))
    missing = fold(record.get("reason", "")) if record["kind"] == "missing" else ""
    if not figure and not tables and not missing:
        missing = "The exhibit holds nothing that can be printed."
    return Exhibit(
        id=slug(record["id"]),
        number=0,
        title=fold(record["title"]),
        unit=fold(record.get("unit", "")),
        source=fold(record.get("source", "")),
        notes=tuple(fold(line) for line in record.get("note", "").splitlines() if line.strip()),
        alt=fold(record.get("alt", "")),
        as_of=record.get("as_of", ""),
        illustrative=bool(record.get("illustrative")),
        width=record["width"] if record.get("width") in _WIDTHS else "full",
        landscape=bool(record.get("landscape")),
        figure=figure,
        tables=tables,
        missing=missing,
        csv=record.get("csv", ""),
    )


def _block(record: Mapping[str, Any], scope: Scope) -> tuple[Block, ...]:
    kind, title = record["kind"], fold(record.get("title", ""))
    items = record.get("items", [])
    if kind == "record":  # for the manifest alone: not even air is left for it
        return ()
    if kind == "card":
        return (_card(record, scope),)
    head: tuple[Block, ...] = ()
    if title:
        head = (Heading(2, (Text(title),), scope.anchor(title, title)),)
    if kind == "checklist":
        return (*head, _checklist(items))
    if kind == "definition-list":
        terms = [((Text(fold(i["label"])),), (Paragraph((Text(fold(i["text"])),)),)) for i in items]
        return (*head, Definitions(tuple(terms)))
    panel: Literal["band", "calls", "strip"] = (
        kind if kind in ("band", "calls", "strip") else "strip"
    )
    return (*head, Panel(kind=panel, items=tuple(_entry(item, scope) for item in items)))


def _entry(item: Mapping[str, Any], scope: Scope) -> Entry:
    label, to = fold(item.get("label") or item.get("lead") or ""), item.get("link")
    return Entry(
        label=label,
        link=scope.link(f"#{to}", (Text(label),)) if to and label else (),
        text=fold(item.get("value") or item.get("text") or ""),
        detail=fold(item.get("detail") or ""),
        strong=bool(item.get("strong")),
        beside=bool(item.get("beside")),
    )


def _card(record: Mapping[str, Any], scope: Scope) -> Card:
    title = fold(record.get("title", ""))
    verdict = fold(record.get("verdict_text", "") or record.get("verdict", ""))
    mark = verdict[:1] if verdict[:1] in _VERDICT_MARKS else ""
    return Card(
        id=scope.anchor(record.get("id") or title, fold(record.get("name", "")) or title),
        title=title,
        tag=fold(record.get("tag", "")),
        origin=fold(record.get("origin", "")),
        eyebrow=fold(record.get("eyebrow", "")),
        verdict=fold(record.get("verdict", "")),
        mark=mark,
        verdict_text=verdict.removeprefix(mark).strip(),
        grade=fold(record.get("grade", "")),
        items=tuple(_entry(item, scope) for item in record.get("items", [])),
        figure=read_svg(record["svg"]) if record.get("svg") else None,
        alt=fold(record.get("alt", "")),
        estimate=fold(record.get("estimate", "")),
        formula=fold(record.get("formula", "")),
        csv=record.get("csv", ""),
        rows_behind=int(record.get("rows", 0)),
        note=fold(record.get("note", "")),
    )


def _checklist(items: list[Mapping[str, Any]]) -> Table:
    def row(*words: str, header: bool = False) -> Row:
        cells = [
            Cell(children=(Text(fold(w)),), column=at, header=header or at == 0)
            for at, w in enumerate(words)
        ]
        return Row(cells=tuple(cells))

    return Table(
        head=(row("Requirement", "Status", "Where", header=True),),
        body=tuple(row(i["label"], i.get("status", ""), i.get("where", "")) for i in items),
        columns=3,
        index=1,
        house=True,
        dense=True,
    )


def _unwrapped(latex: str) -> str:
    latex = latex.strip()
    for fence in ("$$", "$"):
        if latex.startswith(fence) and latex.endswith(fence) and len(latex) > 2 * len(fence):
            return latex[len(fence) : -len(fence)].strip()
    inside = re.fullmatch(r"\\begin\{(equation\*?|displaymath)\}(.*)\\end\{\1\}", latex, re.DOTALL)
    return inside[2].strip() if inside else latex.replace(r"\displaystyle", "").strip()


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text)
