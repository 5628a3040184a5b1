"""Append-only tables whose rows are chained by hashes: reading one whole, and adding to it.

The hash of a row is the SHA-256 of its line up to the comma before that hash, and the line ends
with the hash of the row before it. So no row can be altered, taken out or put in unseen.
`anchor` sees that the end of a table is gone.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from research.errors import DataError
from research.memory.tables import Row, Table, text

START = "0" * 64
NEXT = (
    "Restore the file from version control or a backup; or move the note's whole folder away to "
    "begin a new memory. It was left as it is."
)


class ChainError(DataError):
    """A table of the memory is not what was appended to it."""


def read(file: Path, table: Table) -> list[Row]:
    """All rows of `file`, oldest first, `previous` and `hash` included; none where it is missing.

    Raises ChainError, which names file, row, found and expected, when the chain does not hold.
    """
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ChainError(
            f"{file} cannot be read: {error.strerror or error}. Put that right and try again."
        ) from error
    return rows(content, table, name=str(file))


def rows(content: bytes, table: Table, *, name: str) -> list[Row]:
    """The rows in the `content` of a table's file called `name`; raises as `read` does."""
    if not content:
        return []
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise ChainError(f"{name}: byte {error.start} is not UTF-8. {NEXT}") from error
    header = ",".join(table.header)
    if lines[0] != header:
        raise ChainError(f"{name}: its head is {lines[0]!r}; expected {header!r}. {NEXT}")
    if lines.pop():
        raise ChainError(
            f"{name}, row {len(lines)}: it breaks off; expected a line end after it. {NEXT}"
        )
    found, before = [], START
    for n, line in enumerate(lines[1:], start=1):
        found.append(_row(line, before, table, where=f"{name}, row {n}", n=n))
        before = found[-1]["hash"]
    return found


def extend(content: bytes, new: Iterable[Mapping[str, Any]], table: Table, *, name: str) -> bytes:
    """`content` with the rows `new` behind it; the chain is checked first, as `read` does."""
    there = rows(content, table, name=name)
    before = there[-1]["hash"] if there else START
    lines = [] if content else [",".join(table.header)]
    for row in new:
        line = _line([text(row[column]) for column in table.columns] + [before])
        before = _hash(line)
        lines.append(f"{line},{before}")
    return content + "".join(f"{line}\n" for line in lines).encode()


def _row(line: str, before: str, table: Table, *, where: str, n: int) -> Row:
    fields = next(csv.reader([line]), [])
    if len(fields) != len(table.header):
        raise ChainError(
            f"{where}: it has {len(fields)} fields; expected {len(table.header)}. {NEXT}"
        )
    *values, previous, written = fields
    if previous != before:
        raise ChainError(
            f"{where}: `previous` is {_short(previous)}; expected {_short(before)}, "
            f"{f'the hash of row {n - 1}' if n > 1 else 'the start of a chain'}. A row was taken "
            f"out, put in or moved. {NEXT}"
        )
    true = _hash(line.rpartition(",")[0])
    if written != true:
        raise ChainError(
            f"{where}: `hash` is {_short(written)}; expected {_short(true)}. The row was altered "
            f"after it was appended. {NEXT}"
        )
    row: Row = {"previous": previous, "hash": written}
    for (column, read_back), value in zip(table.columns.items(), values, strict=True):
        try:
            row[column] = read_back(value)
        except (ValueError, KeyError) as error:
            raise ChainError(
                f"{where}: {column} is {value!r}, which is no value of that column. {NEXT}"
            ) from error
    return {column: row[column] for column in table.header}


def _line(fields: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(fields)
    return written.getvalue()


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def _short(sha: str) -> str:
    return f"{sha[:12]}…" if len(sha) > 12 else repr(sha)
