"""Proof that an edition comes out of its inputs again, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.edition.build import make
from research.edition.manifest import load, sha256
from research.edition.plan import plan
from research.errors import UsageError
from research.execution.run import Listener
from research.params.models import Params


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
    """Build the edition in `folder` again, in memory, and compare every file with its manifest.

    The date, source and completion stamp are the manifest's. Raises UsageError when `params`
    are those of another note.
    """
    record = load(folder)
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
    )
    again = make(planned, completed_at=record["completed_at"], workers=workers, on_event=on_event)
    return Verdict(
        edition=record["edition"],
        files=len(record["outputs"]),
        differences=(*_on_disk(folder, record), *_against(record, again.record, "outputs")),
        causes=(
            *_against(record, again.record, "inputs"),
            *_against(record, again.record, "versions"),
        ),
    )


def _on_disk(folder: Path, record: Mapping[str, Any]) -> list[str]:
    found = []
    for name, sha in record["outputs"].items():
        file = folder / name
        if not file.is_file():
            found.append(f"{name}: is in the manifest and not in the folder.")
        elif sha256(file.read_bytes()) != sha:
            found.append(f"{name}: was changed after it was published.")
    return found


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
