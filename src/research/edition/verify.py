"""Proof that an edition comes out of its inputs again, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.edition.build import make
from research.edition.manifest import NAME, load, sha256
from research.edition.plan import PARTIAL, plan
from research.errors import UsageError
from research.execution.run import Listener
from research.memory import chain
from research.memory.anchor import FOLDER, MEMORY_FILE
from research.memory.recall import Memory, decode
from research.memory.tables import FORECASTS, OUTCOMES
from research.params.models import Params

# What a build needs of the manifest to come to the same edition again.
_NEEDED = (
    "note",
    "as_of_asked",
    "completed_at",
    "source",
    "params",
    "inputs",
    "outputs",
    "versions",
)
_TOLD_APART = ("inputs", "outputs", "versions")
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What does not agree, as sentences: of the files now, and of the inputs that explain them."""

    edition: str
    files: int
    differences: tuple[str, ...]
    causes: tuple[str, ...]


def verify(
    folder: Path,
    params: Params,
    *,
    workers: int | None = None,
    on_event: Listener | None = None,
) -> Verdict:
    """Build the edition in `folder` again, in memory, and compare every file, manifest included.

    The date, source and completion stamp are the manifest's, and what it knew of earlier editions
    is its own `memory.json`, whatever was published since. That is held against the note's memory
    too, whose chains must hold. Raises UsageError when the manifest lacks what a build needs, or
    when `params` are those of another note.
    """
    record = load(folder)
    missing = [key for key in _NEEDED if key not in record]
    if missing:
        raise UsageError(
            f"{folder / NAME} cannot be built again: it has no {', '.join(missing)}. Build the "
            "edition anew."
        )
    if record["note"] != params.note.note:
        raise UsageError(
            f"{folder} is an edition of {record['note']}, and the parameters are those of "
            f"{params.note.note}. Name the note's own file with --params."
        )
    sections = list(record["params"])
    whole = sections == [section.id for section in params.note.sections]
    planned = plan(
        params,
        as_of=record["as_of_asked"],
        source=record["source"],
        sections=() if whole else sections,
        memory=_memory(folder, record),
    )
    again = make(planned, completed_at=record["completed_at"], workers=workers, on_event=on_event)
    return Verdict(
        edition=record["edition"],
        files=len(again.files),
        differences=(
            *_on_disk(folder, record),
            *_against(record, again.record, "outputs"),
            *_manifest((folder / NAME).read_bytes(), again.files[NAME]),
            *_remembered(folder, record),
        ),
        causes=(
            *_against(record, again.record, "inputs"),
            *_against(record, again.record, "versions"),
        ),
    )


def _memory(folder: Path, record: Mapping[str, Any]) -> bytes:
    """What the edition knew; nothing where its file is lost or altered, as is told of any file."""
    file = folder / MEMORY_FILE
    content = file.read_bytes() if file.is_file() else b""
    if sha256(content) == record["outputs"].get(MEMORY_FILE):
        return content
    return Memory(as_of=record["as_of"], illustrative=record["illustrative"]).encode()


def _remembered(folder: Path, record: Mapping[str, Any]) -> list[str]:
    """What is wrong with the tables beside the edition: a broken chain, or rows that it lacks.

    The rows an edition remembers are the only witness of rows cut off the end of a table.
    """
    whole = folder.resolve()
    home = whole.parents[1] if whole.parent.name == PARTIAL else whole.parent
    if home.name != record["note"]:
        return []
    known = decode(_memory(folder, record))
    found = []
    for table, rows in ((FORECASTS, known.forecasts), (OUTCOMES, known.outcomes)):
        try:
            there = {row["hash"] for row in chain.read(home / FOLDER / table.file, table)}
        except chain.ChainError as error:
            found.append(str(error))
            continue
        lost = sum(row["hash"] not in there for row in rows)
        if lost:
            found.append(
                f"{FOLDER}/{table.file}: {lost} of the {len(rows)} rows that the edition remembers "
                "are not in it any more."
            )
    return found


def _on_disk(folder: Path, record: Mapping[str, Any]) -> list[str]:
    found = []
    for name, sha in record["outputs"].items():
        file = folder / name
        if not file.is_file():
            found.append(f"{name}: is in the manifest and not in the folder.")
        elif sha256(file.read_bytes()) != sha:
            found.append(f"{name}: was changed after it was published.")
    there = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    named = {NAME, *record["outputs"]}
    extra = sorted({path.relative_to(folder).as_posix() for path in there} - named)
    return [*found, *(f"{name}: is in the folder and not in the manifest." for name in extra)]


def _manifest(before: bytes, after: bytes) -> list[str]:
    if before == after:
        return []
    old, new = json.loads(before), json.loads(after)
    if old == new:
        return [f"{NAME}: says the same in other bytes."]
    told = [f"{NAME}: {one}" for one in _leaves(_apart(old), _apart(new), "")]
    if not told:
        parts = [part for part in _TOLD_APART if old[part] != new[part]]
        return [f"{NAME}: differs in its {' and '.join(parts)}."]
    more = len(told) - _SHOWN
    return told[:_SHOWN] + [f"{NAME}: and {more} more differences."] * (more > 0)


def _apart(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in _TOLD_APART}


def _leaves(old: Any, new: Any, path: str) -> Iterator[str]:
    """Each value that differs, by the path of its key; members of a list go by their id."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            inner = f"{path}.{key}" if path else str(key)
            if key not in new:
                yield f"{inner} did not come out again."
            elif key not in old:
                yield f"{inner} came out and is not there."
            else:
                yield from _leaves(old[key], new[key], inner)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _leaves(_by_id(old), _by_id(new), path)
    elif old != new:
        yield f"{path} is {_short(old)}, and came out as {_short(new)}."


def _by_id(rows: list[Any]) -> dict[str, Any]:
    named = all(isinstance(row, dict) and "id" in row for row in rows)
    ids = [str(row["id"]) for row in rows] if named else []
    whole = named and len(set(ids)) == len(ids)
    return dict(zip(ids if whole else map(str, range(len(rows))), rows, strict=True))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _against(before: Mapping[str, Any], after: Mapping[str, Any], part: str) -> list[str]:
    old, new = before[part], after[part]
    found = []
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            found.append(f"{part}: {name} is no longer there.")
        elif name not in old:
            found.append(f"{part}: {name} is new.")
        elif old[name] != new[name]:
            found.append(f"{part}: {name} is different: {old[name][:12]} → {new[name][:12]}.")
    return found
