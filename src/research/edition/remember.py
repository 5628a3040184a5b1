"""What an edition foretells and finds, appended to the memory of its note."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from research.edition.publish import amend, replace_file
from research.errors import RenderError
from research.memory import chain
from research.memory.anchor import FOLDER, pending
from research.memory.tables import FORECASTS, OUTCOMES, Row, Table, text

REPLAYED_AFTER = dt.timedelta(days=7)
_FORETOLD = ("event", "proxy", "horizon_weeks", "ends_on", "above", "below", "p", "p0", "method")
_FOUND = ("edition", "event", "proxy", "ends_on", "value", "outcome", "reason")
_SAID = ("as_of", "horizon_weeks", "ends_on", "above", "below", "p", "p0", "method")
_KEY = ("edition", "illustrative", "event", "proxy")


def announce(home: Path, record: Mapping[str, Any], manifest: bytes) -> None:
    """Note down, before an edition is published, that its rows are still to be appended.

    Until `remember` has done so, nobody takes them for rows that were cut off. Raises UsageError
    when that cannot be written.
    """
    if record["forecasts"] or record["outcomes"]:
        replace_file(pending(home, record["edition"], manifest), b"")


def remember(home: Path, record: Mapping[str, Any]) -> None:
    """Append the rows of the manifest `record` to the memory of the note in `home`.

    A forecast that the edition made before is not repeated; one that now reads differently is
    appended as a revision, which is never scored. The first outcome of a forecast stays. Raises
    ChainError or UsageError with the table as it was.
    """
    for table, rows, fresh in (
        (FORECASTS, _foretold(record), _revised),
        (OUTCOMES, _found(record), _first),
    ):
        if rows:
            file = home / FOLDER / table.file
            amend(file, partial(_extend, rows=rows, fresh=fresh, table=table, name=str(file)))
    for note in (home / FOLDER).glob(f"{record['edition']}-*.pending"):
        with suppress(OSError):
            note.unlink()


def check_rows(record: Mapping[str, Any]) -> None:
    """Raise RenderError when what the notebooks recorded cannot be appended as it is."""
    rows = _foretold(record)
    for n, row in enumerate(rows, start=1):
        where = f"record 'forecasts', row {n}"
        _readable(row, FORECASTS, where)
        _refuse(not _chance(row["p"]), where, "p", row["p"], "a probability from 0 to 1")
        whole = row["p0"] is None or _chance(row["p0"])
        _refuse(not whole, where, "p0", row["p0"], "a probability from 0 to 1, or None")
        late = _day(row["ends_on"]) > record["as_of"]
        _refuse(not late, where, "ends_on", row["ends_on"], f"a day after {record['as_of']}")
        twice = [_key(one) for one in rows].count(_key(row)) > 1
        _refuse(twice, where, "event", row["event"], f"one forecast of it for {row['proxy']}")
    for n, row in enumerate(_found(record), start=1):
        where = f"record 'outcomes', row {n}"
        _readable(row, OUTCOMES, where)
        known = "" < _day(row["ends_on"]) <= record["as_of"]
        _refuse(not known, where, "ends_on", row["ends_on"], f"a day until {record['as_of']}")


def _readable(row: Row, table: Table, where: str) -> None:
    for column in row:
        try:
            table.columns[column](text(row[column]))
        except (ValueError, KeyError):
            _refuse(True, where, column, row[column], f"what column {column} of the table holds")


def _extend(
    content: bytes, *, rows: Sequence[Row], fresh: Callable[..., bool], table: Table, name: str
) -> bytes:
    there: dict[tuple[Any, ...], Row] = {}
    for row in chain.rows(content, table, name=name):
        there[_key(row)] = row
    new = [
        {**row, "revision": there[_key(row)].get("revision", 0) + 1 if _key(row) in there else 0}
        for row in rows
        if fresh(row, there.get(_key(row)))
    ]
    return chain.extend(content, new, table, name=name) if new else content


def _revised(row: Row, before: Row | None) -> bool:
    return before is None or any(text(row[key]) != text(before[key]) for key in _SAID)


def _first(row: Row, before: Row | None) -> bool:
    return before is None


def _foretold(record: Mapping[str, Any]) -> list[Row]:
    done, as_of = record["completed_at"], record["as_of"]
    about = {
        "edition": record["edition"],
        "as_of": as_of,
        "illustrative": record["illustrative"],
        "replayed": _date(done) - _date(as_of) > REPLAYED_AFTER,
        "completed_at": done,
        "code": record["versions"]["research"],
        "inputs": _sha_of(record["inputs"]),
    }
    return [{**about, **row} for row in _shaped(record["forecasts"], _FORETOLD, "forecasts")]


def _found(record: Mapping[str, Any]) -> list[Row]:
    about = {"illustrative": record["illustrative"], "resolved_in": record["edition"]}
    return [{**about, **row} for row in _shaped(record["outcomes"], _FOUND, "outcomes")]


def _shaped(rows: Iterable[Any], keys: Sequence[str], name: str) -> list[Row]:
    found = []
    for n, row in enumerate(rows, start=1):
        has = sorted(row) if isinstance(row, Mapping) else row
        _refuse(has != sorted(keys), f"record {name!r}, row {n}", "it", has, sorted(keys))
        found.append(dict(row))
    return found


def _refuse(wrong: bool, where: str, what: str, found: Any, expected: Any) -> None:
    if wrong:
        raise RenderError(
            f"{where}: {what} is {found!r}; expected {expected}. Correct the cell that records it."
        )


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[key] for key in _KEY)


def _chance(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _day(value: Any) -> str:
    """`value` if it is a date as the tables write it, else nothing."""
    try:
        return dt.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return ""


def _date(written: str) -> dt.date:
    return dt.date.fromisoformat(written[:10])


def _sha_of(inputs: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
