"""What the tables of a note must still hold, as the newest edition on its shelf witnesses.

The chain of hashes shows what was altered within a table; it cannot show that its end is gone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.memory.chain import NEXT, ChainError
from research.memory.tables import FORECASTS, OUTCOMES, Row, Table, text

FOLDER = "memory"
MEMORY_FILE = "memory.json"
EDITION_FILE = "edition.json"
_EDITION = re.compile(r"\d{4}-W\d{2}")
# A forecast said otherwise is another row, a revision; the first outcome of a forecast stays.
_TOLD_APART = {
    "forecasts": (
        "edition", "event", "proxy", "as_of", "horizon_weeks", "ends_on", "above", "below", "p",
        "p0", "method",
    ),
    "outcomes": ("edition", "event", "proxy"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Witness:
    """An edition, the hashes of the rows that it knew, and what its own rows say."""

    edition: str
    known: Mapping[str, Sequence[str]]
    own: Mapping[str, Sequence[tuple[Any, ...]]]


def check_ends(
    home: Path, forecasts: Sequence[Row], outcomes: Sequence[Row], *, illustrative: bool
) -> None:
    """Raise ChainError when rows that the newest edition of a kind witnesses are in no table.

    It witnesses the rows of its `memory.json` and its own, unless these were never appended. An
    edition that cannot be read decides nothing; then the next older one does.
    """
    witness = next(_witnesses(home, illustrative), None)
    if witness is None:
        return
    lost = [
        *_lost(home, FORECASTS, forecasts, witness, illustrative),
        *_lost(home, OUTCOMES, outcomes, witness, illustrative),
    ]
    if lost:
        raise ChainError(f"{' '.join(lost)} {NEXT}")


def editions(home: Path, *, before: str = "") -> Iterator[tuple[str, bytes]]:
    """Name and manifest of the whole editions in `home`, newest first, of weeks before one."""
    if not home.is_dir():
        return
    names = (one.name for one in home.iterdir() if _EDITION.fullmatch(one.name))
    for name in sorted((name for name in names if not before or name < before), reverse=True):
        with suppress(OSError):
            yield name, (home / name / EDITION_FILE).read_bytes()


def pending(home: Path, edition: str, manifest: bytes) -> Path:
    """The empty file that lies in the memory until the rows of an edition are appended to it."""
    return home / FOLDER / f"{edition}-{hashlib.sha256(manifest).hexdigest()[:12]}.pending"


def _witnesses(home: Path, illustrative: bool) -> Iterator[_Witness]:
    for name, manifest in editions(home):
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(manifest)
            if record["illustrative"] != illustrative:
                continue
            memory = json.loads((home / name / MEMORY_FILE).read_bytes())
            appended = not pending(home, name, manifest).exists()
            about = {"edition": record["edition"], "as_of": record["as_of"]}
            witness = _Witness(
                edition=name,
                known={
                    table.name: [row["hash"] for row in memory[table.name]]
                    for table in (FORECASTS, OUTCOMES)
                },
                own={
                    table.name: [_said({**about, **row}, table) for row in record[table.name]]
                    for table in (FORECASTS, OUTCOMES)
                    if appended
                },
            )
            yield witness


def _lost(
    home: Path, table: Table, rows: Sequence[Row], witness: _Witness, illustrative: bool
) -> list[str]:
    hashes = {row["hash"] for row in rows}
    said = {_said(row, table) for row in rows if row["illustrative"] == illustrative}
    known, own = witness.known[table.name], witness.own.get(table.name, ())
    count = sum(one not in hashes for one in known) + sum(one not in said for one in own)
    if not count:
        return []
    file = home / FOLDER / table.file
    where = str(file) if file.exists() else f"{file} is not there"
    return [
        f"{where}: {count} of the {len(known) + len(own)} rows that edition {witness.edition} "
        "knew of or added are missing."
    ]


def _said(row: Mapping[str, Any], table: Table) -> tuple[Any, ...]:
    """What tells a row apart, as it comes back from the table."""
    return tuple(table.columns[key](text(row[key])) for key in _TOLD_APART[table.name])
