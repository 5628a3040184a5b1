"""What an edition may know of the editions before it, read from `reports/` or handed to it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from research.calendar import edition_of
from research.errors import UsageError
from research.memory import chain
from research.memory.anchor import FOLDER, check_ends, editions
from research.memory.tables import FORECASTS, OUTCOMES, Row

if TYPE_CHECKING:
    from research.params.models import Params

ENVIRONMENT = "RESEARCH_MEMORY"
SAMPLE = "sample"  # the source that is made up
_OF_CLAIMS = ("id", "verdict", "grade", "estimate", "ci", "unit", "vote", "fired")


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the editions before `edition` said, foretold and found, as plain data.

    `last` is the last edition published before it, or None: `edition`, `as_of`, `completed_at`,
    `method` (version), `params` (their fingerprint), `gate`, `outlook`, `claims`
    (verdicts and estimates by claim id), `exhibits` (titles by id) and `records` (all else that
    its notebooks recorded, by name). `forecasts` and `outcomes` are the rows of the two tables
    (`research.memory.tables`), oldest first. Real and illustrative editions know nothing of each
    other. An empty memory is that of a first edition.
    """

    as_of: str
    illustrative: bool
    last: Mapping[str, Any] | None = None
    forecasts: tuple[Row, ...] = ()
    outcomes: tuple[Row, ...] = ()

    @classmethod
    def open(
        cls, params: Params, *, as_of: dt.date | str, illustrative: bool | None = None
    ) -> Memory:
        """The memory of the edition of `params` as of a day.

        In a build it is the file that RESEARCH_MEMORY names; elsewhere it is recalled from
        `reports/` beside the parameters. `illustrative` says of which kind of editions; None
        means the kind at hand in a build, elsewhere that of the note's own source. Raises
        UsageError when that file is for another day or kind.
        """
        given = os.environ.get(ENVIRONMENT)
        if not given:
            home = reports_beside(Path(params.path)) / params.note.note
            made_up = params.note.source == SAMPLE if illustrative is None else illustrative
            return recall(home, as_of, illustrative=made_up)
        memory = decode(Path(given).read_bytes())
        asked = (str(as_of), memory.illustrative if illustrative is None else illustrative)
        if (memory.as_of, memory.illustrative) != asked:
            raise UsageError(
                f"the memory at hand is that of {_told(memory.as_of, memory.illustrative)}; asked "
                f"for was {_told(*asked)}. Ask with the market's own `as_of` and `illustrative`, "
                f"or unset {ENVIRONMENT}."
            )
        return memory

    def encode(self) -> bytes:
        """The bytes of `memory.json`."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()


def recall(home: Path, as_of: dt.date | str, *, illustrative: bool) -> Memory:
    """What lies in the note's folder `home` from editions before the week of `as_of`.

    Nothing of that week itself, so that building an edition again finds what it found. Raises
    ChainError when a table was tampered with, or lacks rows that the newest edition witnesses,
    even one of a later week; an edition that cannot be read decides nothing.
    """
    day = dt.date.fromisoformat(str(as_of))
    edition = edition_of(day)
    forecasts = chain.read(home / FOLDER / FORECASTS.file, FORECASTS)
    outcomes = chain.read(home / FOLDER / OUTCOMES.file, OUTCOMES)
    check_ends(home, forecasts, outcomes, illustrative=illustrative)
    return Memory(
        as_of=day.isoformat(),
        illustrative=illustrative,
        last=next(_before(home, edition, illustrative), None),
        forecasts=_of(forecasts, "edition", edition, illustrative),
        outcomes=_of(outcomes, "resolved_in", edition, illustrative),
    )


def decode(content: bytes) -> Memory:
    """The memory that `encode` wrote."""
    told = json.loads(content)
    rows = {name: tuple(told[name]) for name in ("forecasts", "outcomes")}
    return Memory(**{**told, **rows})


def reports_beside(note_file: Path) -> Path:
    """Where editions of a note are published when nothing else is said."""
    folder = note_file.resolve().parent
    return (folder.parent if folder.name == "params" else folder) / "reports"


def _of(rows: list[Row], week: str, edition: str, illustrative: bool) -> tuple[Row, ...]:
    return tuple(row for row in rows if row[week] < edition and row["illustrative"] == illustrative)


def _before(home: Path, edition: str, illustrative: bool) -> Iterator[dict[str, Any]]:
    for _, manifest in editions(home, before=edition):
        with suppress(ValueError, KeyError, TypeError):
            record = json.loads(manifest)
            if record["illustrative"] == illustrative:
                yield _gist(record)


def _gist(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "edition": record["edition"],
        "as_of": record["as_of"],
        "completed_at": record["completed_at"],
        "method": record.get("method", ""),
        "params": _of_params(record["inputs"]),
        "gate": record["gates"]["status"],
        "outlook": record.get("outlook"),
        "claims": {
            claim["id"]: {key: claim.get(key) for key in _OF_CLAIMS if key != "id"}
            for claim in record.get("claims") or []
        },
        "exhibits": {one["id"]: one["title"] for one in record.get("exhibits") or []},
        "records": record.get("records") or {},
    }


def _of_params(inputs: Mapping[str, str]) -> str:
    from research.params.fingerprint import fingerprint  # its room loads pydantic

    # Whatever the folder of the parameters is called: all that is neither data nor notebook.
    other = ("market/", "notebooks/", FOLDER)
    return fingerprint({name: sha for name, sha in inputs.items() if not name.startswith(other)})


def _told(as_of: str, illustrative: bool) -> str:
    return f"{as_of} ({'illustrative' if illustrative else 'real'} data)"
