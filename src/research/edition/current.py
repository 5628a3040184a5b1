"""Whether a published edition is still what a build would make, decided by hashes alone.

Nothing heavy is imported here: who only asks pays for hashing, not for pandas.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from research.edition.clock import completed_at
from research.edition.vintages import records_in, store_of
from research.errors import ResearchError
from research.execution.cache.key import cells_of, hash_of, others_in, rooms, versions
from research.execution.cache.store import Store, digest
from research.note_file import find_note

if TYPE_CHECKING:
    from research.edition.build import Published
    from research.edition.plan import Plan

_KIND = "editions"
_MANIFEST = "edition.json"
_PARTIAL = "_partial"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a build was asked for, and what would compute it: of which code and versions."""

    names: tuple[str, ...]
    computed_by: str


@dataclass(frozen=True, kw_only=True)
class Current:
    """A published edition that a build would only make again."""

    folder: Path
    record: Mapping[str, Any]
    headline: str


def request(
    params: str, *, as_of: str, source: str, sections: Sequence[str], reports: Path | None
) -> Request:
    """A build as it is asked for, seen before it begins."""
    where = str(reports.resolve()) if reports else ""
    return Request(
        names=(str(find_note(params).resolve()), as_of, source, where, *sections),
        computed_by=digest([rooms(), versions()]),
    )


def is_new(asked: Request, cache: Store) -> bool:
    """Whether nothing of an earlier build can serve: all sections will run."""
    return _as_built(asked, cache) is None


def will_run(asked: Request, cache: Store) -> bool:
    """Whether kernels will probably be needed: more changed than words since the same was built.

    A guess, for who can let them be prepared early; what runs is decided by the sections' keys.
    """
    held = _as_built(asked, cache)
    if held is None:
        return True
    cells = held.get("cells", {})
    try:
        if any(_code_of(Path(name)) != code for name, code in cells.items()):
            return True
        made_of = (name for name in held["files"] if Path(name).name != _MANIFEST)
        return any(hash_of(Path(one)) != held["files"][one] for one in made_of if one not in cells)
    except (OSError, ValueError, KeyError):
        return True


def up_to_date(asked: Request, cache: Store) -> Current | None:
    """The edition that was published for the same request, if nothing it is made from changed.

    Its files must still be those of its manifest. None in any doubt.
    """
    held = _as_built(asked, cache)
    if held is None:
        return None
    folder = Path(held["folder"])
    try:
        if any(hash_of(Path(name)) != sha for name, sha in held["files"].items()):
            return None
        if _around(folder, held["beside"], held["store"], held["cells"]) != held["around"]:
            return None
        record = json.loads((folder / _MANIFEST).read_bytes())
        if any(hash_of(folder / name) != sha for name, sha in record["outputs"].items()):
            return None
        if folder.parent.name != _PARTIAL and not (folder.parents[1] / "index.html").is_file():
            return None
    except (OSError, ValueError, KeyError):
        return None
    if os.environ.get("SOURCE_DATE_EPOCH") and completed_at() != record["completed_at"]:
        return None
    return Current(folder=folder, record=record, headline=held["headline"])


def keep(asked: Request, plan: Plan, published: Published, cache: Store) -> None:
    """Remember what an edition was made from, unless that is unsure.

    Unsure is an edition with a section left out, which may run the next time; one that the note's
    memory lacks; and one of which something changed while it was built.
    """
    from research.edition.index import headline

    record = published.record
    whole = not any(result["dataset"] == "section" for result in record["gates"]["results"])
    if published.not_remembered or not whole or asked.computed_by != digest([rooms(), versions()]):
        return
    books = sorted({str(job.notebook.parent) for job in plan.jobs})
    notebooks = sorted({str(job.notebook.resolve()) for job in plan.jobs})
    store = str(store_of(plan.source, Path(plan.params.path)) or "")
    manifest = published.folder / _MANIFEST
    try:
        around = _around(published.folder, books, store, notebooks)
        files = {**_files(plan), str(manifest.resolve()): hash_of(manifest)}
        if not _is_remembered(plan):
            return
    except (OSError, ResearchError, _ChangedError):  # the edition is published in any case
        return
    cache.put_record(
        _KIND,
        *asked.names,
        record={
            "computed_by": asked.computed_by,
            "folder": str(published.folder.resolve()),
            "files": files,
            "cells": {name: _code_of(Path(name)) for name in notebooks},
            "beside": books,
            "store": store,
            "around": around,
            "headline": headline(record),
        },
    )


def _as_built(asked: Request, cache: Store) -> dict[str, Any] | None:
    """The record of the same request, if what would compute it is still the same."""
    held = cache.get_record(_KIND, *asked.names)
    return held if held and held["computed_by"] == asked.computed_by else None


def _code_of(notebook: Path) -> str:
    return digest(list(cells_of(notebook).items()))


def _around(
    folder: Path, books: Sequence[str], store: str, notebooks: Iterable[str]
) -> dict[str, str]:
    """What else a build reads or writes: beside the notebooks, the memory, the other editions.

    Of a store of vintages all records, so that a new one is seen.
    """
    home = folder.resolve().parent
    home = home.parent if home.name == _PARTIAL else home
    but = [Path(name) for name in notebooks]
    found = {str(path): path for book in books for path in others_in(Path(book), but).values()}
    found |= {str(path): path for path in _of_note(home) if path.parent != folder.resolve()}
    found |= {str(path): path for path in (records_in(Path(store)) if store else ())}
    return {name: hash_of(path) for name, path in sorted(found.items())}


def _of_note(home: Path) -> Iterator[Path]:
    yield from home.glob("*/edition.json")
    yield from home.glob("*/memory.json")
    yield from (home / "memory").glob("*.csv")
    yield from (home / "memory").glob("*.pending")


class _ChangedError(Exception):
    """A file is no longer what the edition was made from."""


def _files(plan: Plan) -> dict[str, str]:
    """File → hash of what the plan was made from; raises _ChangedError when one is another now."""
    from research.edition.needs import as_planned

    expected = as_planned(plan)
    if any(hash_of(path) != sha for path, sha in expected.items()):
        raise _ChangedError
    # A build refuses a note of which any notebook does not fit, so all of them count.
    others = [Path(plan.params.path).parent / one.notebook for one in plan.params.note.sections]
    return {str(path.resolve()): hash_of(path) for path in (*expected, *others)}


def _is_remembered(plan: Plan) -> bool:
    """Whether the memory that the edition was made with is what would be recalled now."""
    from research.memory.recall import recall

    home = plan.reports / plan.params.note.note
    return recall(home, plan.as_of, illustrative=plan.illustrative).encode() == plan.memory
