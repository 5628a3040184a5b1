"""A notebook read into one document: sections, numbered exhibits, anchors, what it says of itself.

Reads only what the notebook holds (and pictures its Markdown names); prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from research.errors import RenderError
from research.render.blocks import Block, CodeBlock, Exhibit, Heading, Pair
from research.render.images import loader
from research.render.markdown import read_markdown
from research.render.meta import day, read_meta
from research.render.outputs import read_output
from research.render.publication import Document, Section
from research.render.references import Told, facts_in, resolve
from research.render.scope import Scope

_BODY = "body"
# nbconvert's own words are spelt with either sign, as its documents and its users do.
_REMOVED = {"remove", "remove-cell", "remove_cell"}
_NO_INPUT = {"remove-input", "remove_input", "hide-input", "hide_input"}
_NO_OUTPUT = {"remove-output", "remove_output", "hide-output", "hide_output"}


def read_document(
    nb: Any, *, resources: Mapping[str, Any] | None = None, exclude_input: bool | None = None
) -> Document:
    """The document that a notebook (`NotebookNode`) holds.

    With `metadata.research` it is an edition: no code, no streams, no errors, sections as listed
    there, the first one laid out as the front page. Any other notebook is one section, its code
    shown unless `exclude_input`. `resources` is nbconvert's: `metadata.path` is the folder of
    local pictures, `metadata.name` the title of last resort. Raises RenderError on an output that
    cannot be read, and, in an edition, on a picture or a reference by id that does not exist;
    where the edition leaves sections out, what refers to them keeps its words.
    """
    about = (resources or {}).get("metadata", {})
    edition = "research" in nb.metadata
    hide = edition if exclude_input is None else exclude_input
    names = nb.metadata["research"].get("sections", []) if edition else []
    scope = Scope(load_image=lambda source: None)
    name = str(about.get("name", ""))
    if edition:  # what every edition ends with has its anchors before anything is named like it
        for ending in read_meta(nb.metadata, name=name, heading=None).endings:
            scope.anchor(ending.id, ending.title)
    wanted = [(str(s["id"]), str(s["title"])) for s in names] or [(_BODY, "")]
    anchors = {key: scope.anchor(key, title) if title else "" for key, title in wanted}
    facts: dict[str, Told] = {}
    parts: dict[str, dict[str, list[Block]]] = {
        key: {"lead": [], "main": [], "aside": [], "foot": []} for key, _ in wanted
    }
    number = 0
    for at, cell in enumerate(nb.cells, start=1):
        tags = set(cell.metadata.get("tags", []))
        section = str(cell.metadata.get("research", {}).get("section", wanted[0][0]))
        if tags & _REMOVED or cell.cell_type == "raw":
            continue
        if section not in parts:
            raise RenderError(
                f"cell {at} belongs to section {section!r}, which the edition does not list. "
                f"Known sections: {', '.join(parts)}."
            )
        scope.where = f"section {section}, cell {at}" if edition else f"cell {at}"
        scope.load_image = loader(cell, about.get("path", ""), scope, edition)
        place = next((tag for tag in ("lead", "aside", "foot") if tag in tags), "main")
        if section != wanted[0][0] or not edition:
            place = "main"
        if _shows_output(cell, tags):
            for key_of, told in facts_in(cell.get("outputs", []), section, anchors[section]):
                facts.setdefault(key_of, told)
        for block in _read_cell(cell, scope, edition=edition, hide=hide, at=at):
            if isinstance(block, Exhibit):
                number += 1
                anchor = scope.anchor(block.id, f"Exhibit {number}")
                block = replace(block, number=number, id=anchor, as_of=day(block.as_of))
            parts[section][place].append(block)
    meta = read_meta(nb.metadata, name=name, heading=_first_title(parts))
    sections = [
        _section(anchors[key], title, parts[key], edition=edition, first=not n, scope=scope)
        for n, (key, title) in enumerate(wanted)
    ]
    complete = edition and not nb.metadata["research"].get("left_out")
    settled = resolve(tuple(sections), scope, facts, complete=complete)
    return Document(meta=meta, sections=settled, anchors=dict(scope.anchors))


def _shows_output(cell: Any, tags: set[str]) -> bool:
    hidden = cell.metadata.get("jupyter", {}).get("outputs_hidden")
    return not hidden and not tags & {*_NO_OUTPUT, "injected-parameters"}


def _read_cell(cell: Any, scope: Scope, *, edition: bool, hide: bool, at: int) -> list[Block]:
    try:
        if cell.cell_type == "markdown":
            return list(read_markdown(cell.source, scope))
        tags = set(cell.metadata.get("tags", []))
        jupyter = cell.metadata.get("jupyter", {})
        hidden = hide or jupyter.get("source_hidden") or tags & _NO_INPUT
        found: list[Block] = []
        if not hidden and cell.source.strip():
            found.append(CodeBlock(cell.source.strip("\n"), "python"))
        if not _shows_output(cell, tags):
            return found
        for output in cell.get("outputs", []):
            found += read_output(output, scope, edition=edition, cell=at)
        return _streams_joined(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RenderError(
            f"{scope.where}: the output cannot be read ({type(error).__name__}: {error}). "
            f"Run the notebook again with this version of the package."
        ) from error


def _streams_joined(blocks: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        plain = isinstance(block, CodeBlock) and not block.language
        if plain and isinstance(last, CodeBlock) and not last.language:
            joined[-1] = CodeBlock(f"{last.text}\n{block.text}")  # type: ignore[union-attr]
        else:
            joined.append(block)
    return joined


def _first_title(parts: Mapping[str, Mapping[str, list[Block]]]) -> Heading | None:
    blocks = parts.get(_BODY, {}).get("main", [])
    return next((b for b in blocks if isinstance(b, Heading) and b.level == 1), None)


def _section(
    anchor: str,
    title: str,
    parts: Mapping[str, list[Block]],
    *,
    edition: bool,
    first: bool,
    scope: Scope,
) -> Section:
    """Blocks with levels that begin where the section's title leaves off and never skip."""
    front = edition and first
    everything = [block for place in ("lead", "main", "aside", "foot") for block in parts[place]]
    top = next((b for b in everything if isinstance(b, Heading)), None)
    dropped = top if top is not None and top.level == 1 else None
    if dropped is not None:
        scope.anchors.pop(dropped.anchor, None)
    headings = [b for b in everything if isinstance(b, Heading) and b is not dropped]
    base = min((b.level for b in headings), default=1)
    lowest = 2 if edition and not front else 1
    level = lowest - 1

    def levelled(blocks: Iterable[Block]) -> list[Block]:
        nonlocal level
        made: list[Block] = []
        for block in blocks:
            if block is dropped:
                continue
            if isinstance(block, Heading):
                level = min(block.level - base + lowest, level + 1)
                block = replace(block, level=level)
            made.append(block)
        return made

    lead, main = levelled(parts["lead"]), levelled(parts["main"])
    aside, foot = levelled(parts["aside"]), levelled(parts["foot"])
    return Section(
        id=anchor,
        title=title,
        lead=tuple(lead),
        main=tuple(main if front else _paired(main)),
        aside=tuple(aside),
        foot=tuple(foot),
        front=front,
    )


def _paired(blocks: list[Block]) -> list[Block]:
    """Column-wide figures that follow one another share a row."""
    made: list[Block] = []
    for block in blocks:
        last = made[-1] if made else None
        if _narrow(block) and last is not None and _narrow(last):
            made[-1] = Pair(exhibits=(last, block))  # type: ignore[arg-type]
        else:
            made.append(block)
    return made


def _narrow(block: Block) -> bool:
    return isinstance(block, Exhibit) and block.width == "column" and not block.landscape
