"""All parameter files of a note, read and checked together before anything runs."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from research.errors import Fault, ParamsError
from research.note_file import find_note
from research.params import checks
from research.params.base import Record
from research.params.catalysts import Catalysts
from research.params.cell import check_section
from research.params.corrections import Corrections
from research.params.decks import Decks
from research.params.disclosures import Disclosures
from research.params.feeds import Feeds
from research.params.ledger import Claims
from research.params.method import Method
from research.params.models import Params
from research.params.note import Note, Section
from research.params.quotes import Fingerprints, decode
from research.params.sentences import read_record
from research.params.universe import Universe
from research.params.where import THIS_RUN, Place, Tree, read_yaml, spelling

OTHERS = (
    "universe", "claims", "method", "decks", "catalysts", "disclosures", "corrections", "sources",
)  # fmt: skip
PARTS = (
    "universe", "claims", "method", "decks", "catalysts", "checklist", "corrections", "feeds",
)  # fmt: skip

R = TypeVar("R", bound=Record)


def load(
    note: str | Path = "mining-rally", *, overrides: Mapping[str, object] | None = None
) -> Params:
    """The parameters of one note: its own file and those it names.

    Parameters
    ----------
    note
        A path, or a name: then the environment's RESEARCH_PARAMS is the file, or else
        `params/<name>.yaml` in the working directory or the nearest folder above it.
    overrides
        Fields of the note for this run, such as `as_of` and `source`; None and "" leave the
        file's own.

    Raises
    ------
    ParamsError
        With every fault of every file, in the order of the files and their lines.
    """
    path = find_note(note)
    folder = path.parent
    own, faults = _read(path, _shown(folder, path.name))
    if own is None:
        raise ParamsError(faults)
    own, unknown = _override(own, overrides or {})
    trees: dict[str, Tree | None] = {"note": own}
    for name in PARTS:
        trees[name], told = _read_part(own, folder, name)
        faults += told
    quoted, quoted_sha256, told = _fingerprints(own, trees["claims"], folder)
    faults += told
    record = _record(Note, trees["note"], faults)
    universe = _record(Universe, trees["universe"], faults)
    claims = _record(Claims, trees["claims"], faults)
    method = _record(Method, trees["method"], faults)
    decks = _record(Decks, trees["decks"], faults)
    catalysts = _record(Catalysts, trees["catalysts"], faults)
    checklist = _record(Disclosures, trees["checklist"], faults)
    corrections = _record(Corrections, trees["corrections"], faults)
    feeds = _record(Feeds, trees["feeds"], faults)
    faults += [*unknown, *_sections(own, folder), *_catalogue(own, folder)]
    faults += _across(tuple(trees.items()), quoted)
    shown = [tree.shown for tree in trees.values() if tree]
    if faults or not (record and universe and claims and method and decks):
        raise ParamsError(_in_order(faults, [THIS_RUN, *shown]))
    return Params(
        note=record,
        universe=universe,
        claims=claims,
        method=method,
        decks=decks,
        catalysts=catalysts,
        checklist=checklist,
        corrections=corrections,
        feeds=feeds,
        path=str(path.resolve()),
        sources={tree.shown: tree.sha256 for tree in trees.values() if tree} | quoted_sha256,
    )


def _shown(folder: Path, written: str) -> str:
    """A file's name in messages: seen from the folder above the note's, never absolute."""
    if Path(written).is_absolute():
        return Path(written).name
    name = folder.name or folder.resolve().name
    return Path(os.path.normpath(Path(name) / written)).as_posix()


def _read(path: Path, shown: str) -> tuple[Tree | None, list[Fault]]:
    if path.is_file():
        return read_yaml(path, shown)
    near = sorted(one.stem for one in path.parent.glob("*.yaml") if one.stem not in OTHERS)
    hint = spelling(path.stem, near) or "Give the path of a note's parameter file."
    return None, [Fault(file=shown, line=None, key="", problem="does not exist.", hint=hint)]


def _read_part(own: Tree, folder: Path, name: str) -> tuple[Tree | None, list[Fault]]:
    written = _written(own, name)
    if not isinstance(written, str) or not written.strip():
        return None, []  # told with the note's other faults of form
    path = folder / written
    if path.is_file():
        return read_yaml(path, _shown(folder, written))
    near = sorted(one.name for one in path.parent.glob("*.yaml"))
    return None, [own.fault((name,), f"file {written} does not exist.", spelling(path.name, near))]


def _fingerprints(
    own: Tree, claims: Tree | None, folder: Path
) -> tuple[Fingerprints | None, dict[str, str], list[Fault]]:
    """The fingerprints of the source that the claims quote, and the hash of their file by name."""
    place, written = ("source", "fingerprints"), claims and claims.at("source", "fingerprints")
    if claims is None or not isinstance(written, str) or not written.strip():
        return None, {}, []  # told with the other faults of form
    beside = Path(str(_written(own, "claims"))).parent
    file = folder / beside / written
    make = "Make it with `research fingerprint`, of the source's own text."
    if not file.is_file():
        near = spelling(file.name, sorted(one.name for one in file.parent.glob("*.txt")))
        return None, {}, [claims.fault(place, f"file {written} does not exist.", near or make)]
    content = file.read_bytes()
    found = decode(content.decode(errors="replace"))
    if found is None:
        return None, {}, [claims.fault(place, f"file {written} holds no fingerprints.", make)]
    shown = _shown(folder, str(beside / written))
    return found, {shown: hashlib.sha256(content).hexdigest()}, []


def _written(own: Tree, name: str) -> Any:
    """The path that the note gives for a part, or the usual one."""
    return own.at(name) if name in dict(own.entries()) else Note.model_fields[name].default


def _override(own: Tree, overrides: Mapping[str, object]) -> tuple[Tree, list[Fault]]:
    given = {name: value for name, value in overrides.items() if value not in (None, "")}
    faults = [
        Fault(
            file=THIS_RUN,
            line=None,
            key=name,
            problem="is not a field of a note.",
            hint=spelling(name, Note.model_fields),
        )
        for name in given
        if name not in Note.model_fields
    ]
    known = {name: value for name, value in given.items() if name in Note.model_fields}
    if not known or not isinstance(own.data, dict):
        return own, faults
    plain = {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in known.items()
    }
    return replace(own, data={**own.data, **plain}, given=frozenset(plain)), faults


def _sections(own: Tree, folder: Path) -> Iterator[Fault]:
    for place, one in own.records("sections"):
        try:
            section = Section.model_validate_json(json.dumps(one), strict=True)
        except ValidationError:
            continue  # told with the note's other faults of form

        def line_of(key: str, place: Place = place) -> int | None:
            return own.line((*place, *key.split(".")))

        yield from check_section(
            section, folder / section.notebook, file=own.shown, line_of=line_of
        )


def _catalogue(own: Tree, folder: Path) -> Iterator[Fault]:
    source = own.at("source")
    if isinstance(source, str) and source.startswith("files:"):
        written = source.removeprefix("files:").strip()
        if not (folder / written).is_file():
            yield own.fault(("source",), f"catalogue {written or '(none)'} does not exist.")


@lru_cache(maxsize=4)  # kernels read anew what the process they were forked from has checked
def _across(
    named: tuple[tuple[str, Tree | None], ...], quoted: Fingerprints | None
) -> tuple[Fault, ...]:
    return tuple(_checked(dict(named), quoted))


def _checked(trees: Mapping[str, Tree | None], quoted: Fingerprints | None) -> Iterator[Fault]:
    if own := trees["note"]:
        yield from checks.check_note(own)
    if universe := trees["universe"]:
        yield from checks.check_universe(universe)
    if claims := trees["claims"]:
        yield from checks.check_claims(claims, trees["method"], trees["universe"], quoted)
    if method := trees["method"]:
        yield from checks.check_method(method)
    if decks := trees["decks"]:
        yield from checks.check_decks(decks, universe)
    if catalysts := trees["catalysts"]:
        yield from checks.check_catalysts(catalysts, trees["claims"], universe)
    if corrections := trees["corrections"]:
        yield from checks.check_corrections(corrections, universe)
    if checklist := trees["checklist"]:
        yield from checks.check_disclosures(checklist)
    if feeds := trees["feeds"]:
        yield from checks.check_feeds(feeds, universe)


def _record(model: type[R], tree: Tree | None, faults: list[Fault]) -> R | None:
    if tree is None:
        return None
    record, told = _kept_record(model, tree)
    faults += told
    return record


_kept_record = lru_cache(maxsize=32)(read_record)


def _in_order(faults: list[Fault], files: list[str]) -> list[Fault]:
    """By file and line; a file that could not be read at all comes last."""
    rank = {name: place for place, name in enumerate(files)}
    return sorted(faults, key=lambda one: (rank.get(one.file, len(files)), one.line or 0))
