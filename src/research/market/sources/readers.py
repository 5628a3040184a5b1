"""CSV, XLSX and Parquet into columns, refusing whatever has not the declared shape."""

from __future__ import annotations

import csv
import difflib
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from research.market.sources.catalogue import FORMATS, Entry


class UnreadableError(Exception):
    """What is wrong with one file, as full sentences."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True, kw_only=True)
class Table:
    """Chosen columns of one file; row `i` of the frame is row `first_row + i` of the file.

    Cells are text, except where the file itself has types (XLSX, Parquet). `skipped` are the
    rows declared as units or codes, which stand just above.
    """

    frame: pd.DataFrame
    first_row: int
    skipped: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_table(data: bytes, path: str, entry: Entry, headers: Sequence[str]) -> Table:
    """The columns `headers` of the file `path` whose bytes are `data`.

    Raises UnreadableError for another format than the name says, a missing or ambiguous header,
    rows with too many or too few values, undecodable text, or no rows at all.
    """
    if not data.strip():
        raise UnreadableError("is empty; export it again.")
    kind = FORMATS[PurePosixPath(path).suffix.lower()]
    _check_magic(data, kind)
    read = {"csv": _read_csv, "xlsx": _read_xlsx, "parquet": _read_parquet}[kind]
    try:
        table = read(data, entry, headers)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        told = str(error).partition("\n")[0]
        raise UnreadableError(
            f"cannot be read as {kind.upper()} ({told}). Export it again."
        ) from None
    if table.frame.empty:
        raise UnreadableError("has a header and no rows; export it again, or take it out.")
    return table


def _check_magic(data: bytes, kind: str) -> None:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] == b"<":
        found = head[:15].decode("latin-1")
        raise UnreadableError(
            f"begins with `{found}`: it is a web page, not {kind.upper()}. "
            "The download was refused or needs a login; export it again."
        )
    is_kind = {"csv": head[:2] != b"PK" and head[:4] != b"PAR1",
               "xlsx": head[:2] == b"PK", "parquet": head[:4] == b"PAR1"}[kind]  # fmt: skip
    if not is_kind:
        raise UnreadableError(
            f"is not {kind.upper()}, though its name says so: it begins with {head[:4]!r}. "
            "Give the file the ending of its format."
        )


def _read_csv(data: bytes, entry: Entry, headers: Sequence[str]) -> Table:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    try:
        text = data.decode("utf-8-sig" if entry.encoding.lower() == "utf-8" else entry.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableError(
            f"is not {entry.encoding} text ({error}). Declare `encoding`, such as cp1252 or utf-16."
        ) from None
    # Blank lines are dropped here, so that rows count alike in every message.
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    if len(lines) < entry.header_row:
        raise UnreadableError(f"has {len(lines)} rows, but `header_row` is {entry.header_row}.")
    names = next(csv.reader([lines[entry.header_row - 1]], delimiter=entry.delimiter))
    chosen = _choose(names, headers)
    first_row = entry.header_row + entry.skip_after_header + 1
    body = "\n".join(lines[first_row - 1 :])
    if not body:
        return Table(frame=pd.DataFrame(), first_row=first_row)
    wrong: list[tuple[int, int]] = []

    def note(row: Any) -> str:
        wrong.append((row.number + first_row - 1, row.actual_columns))
        return "skip"

    with _no_watch():
        table = arrow_csv.read_csv(
            pa.BufferReader(body.encode()),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=[str(n) for n in range(len(names))]
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=entry.delimiter, invalid_row_handler=note
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={str(n): pa.string() for n in chosen.values()},
                include_columns=[str(n) for n in chosen.values()],
                null_values=list(entry.null),
                strings_can_be_null=True,
            ),
        )
    if wrong:
        row, count = wrong[0]
        raise UnreadableError(
            f"row {row} has {count} values under {len(names)} headers"
            + (f", and {len(wrong) - 1} more of its rows do not fit" if len(wrong) > 1 else "")
            + ": a value would land under the wrong name. Export it again, or mend the header."
        )
    frame = table.to_pandas(use_threads=False).set_axis(list(chosen), axis="columns")
    skipped = list(csv.reader(lines[entry.header_row : first_row - 1], delimiter=entry.delimiter))
    return Table(frame=frame, first_row=first_row, skipped=_pick(skipped, chosen))


@contextmanager
def _no_watch() -> Iterator[None]:
    """Arrow without its watch for Ctrl-C, a thread and a pipe that stay for good.

    A process that has read files then may still be forked. A file is read in milliseconds.
    """
    import pyarrow as pa

    pa.enable_signal_handlers(False)
    try:
        yield
    finally:
        pa.enable_signal_handlers(True)


def read_sheet(data: bytes, sheet: str | None) -> list[list[Any]]:
    """The cells of one sheet of the XLSX workbook `data`, row by row; None is its only sheet.

    Raises UnreadableError for a sheet that is not there, and what openpyxl raises for no workbook.
    """
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        name = sheet or (book.sheetnames[0] if len(book.sheetnames) == 1 else None)
        if name is None:
            raise UnreadableError(
                f"has {len(book.sheetnames)} sheets: {', '.join(book.sheetnames)}. Declare `sheet`."
            )
        if name not in book.sheetnames:
            raise UnreadableError(f"has no sheet {name!r}{_suggest(name, book.sheetnames)}.")
        return [list(row) for row in book[name].iter_rows(values_only=True)]
    finally:
        book.close()


def _read_xlsx(data: bytes, entry: Entry, headers: Sequence[str]) -> Table:
    rows = read_sheet(data, entry.sheet)
    if len(rows) < entry.header_row:
        raise UnreadableError(f"has {len(rows)} rows, but `header_row` is {entry.header_row}.")
    names = ["" if cell is None else str(cell).strip() for cell in rows[entry.header_row - 1]]
    chosen = _choose(names, headers)
    first_row = entry.header_row + entry.skip_after_header + 1
    cells = [[_cell(cell, entry) for cell in row] for row in rows]
    return Table(
        frame=_pick(cells[first_row - 1 :], chosen),
        first_row=first_row,
        skipped=_pick(cells[entry.header_row : first_row - 1], chosen),
    )


def _cell(value: Any, entry: Entry) -> Any:
    return None if isinstance(value, str) and value.strip() in entry.null else value


def _pick(rows: Sequence[Sequence[Any]], chosen: dict[str, int]) -> pd.DataFrame:
    columns = {
        header: pd.Series([row[n] if n < len(row) else None for row in rows], dtype=object)
        for header, n in chosen.items()
    }
    return pd.DataFrame(columns)


def _read_parquet(data: bytes, entry: Entry, headers: Sequence[str]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(data))
    chosen = _choose(file.schema_arrow.names, headers)
    names = [file.schema_arrow.names[n] for n in chosen.values()]
    table = file.read(columns=names, use_threads=False)
    frame = table.to_pandas(use_threads=False).reset_index()[names]
    return Table(frame=frame.set_axis(list(chosen), axis="columns"), first_row=1)


def _choose(names: Sequence[str], headers: Sequence[str]) -> dict[str, int]:
    """Header → its place among `names`; all that are missing or double are told at once.

    A column without a name goes by its place: `#1` is the first.
    """
    faults = []
    places = {}
    stripped = [name.strip() or f"#{n}" for n, name in enumerate(names, 1)]
    for header in headers:
        found = [n for n, name in enumerate(stripped) if name == header]
        if len(found) == 1:
            places[header] = found[0]
        elif found:
            faults.append(f"has {len(found)} columns {header!r}; rename one of them.")
        else:
            shown = ", ".join(stripped)
            faults.append(
                f"has no column {header!r}{_suggest(header, stripped)}. "
                f"Its columns are {shown[:300]}."
            )
    if faults:
        raise UnreadableError(*faults)
    return places


def _suggest(word: str, known: Sequence[str]) -> str:
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return f"; did you mean {lower[near[0]]!r}?" if near else ""
