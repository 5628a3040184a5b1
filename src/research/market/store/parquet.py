"""One vintage's Parquet file: whole instruments in a group of rows, so that few groups are read."""

from __future__ import annotations

import hashlib
import itertools
import mmap
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from research.market.sources import DAY, MOMENT, NUMBER, TEXT
from research.market.store.columns import KEYS, shaped, types_of

GROUP_ROWS = 16_384  # two or three instruments of 25 years
_ARROW = {
    TEXT: pa.dictionary(pa.int32(), pa.string()),
    NUMBER: pa.float64(),
    DAY: pa.timestamp("us"),
    MOMENT: pa.timestamp("us", tz="UTC"),
}


class SpoiltError(Exception):
    """A file that is not what was written; says what is wrong."""


def encode(dataset: str, frame: pd.DataFrame) -> bytes:
    """`frame` as the bytes of one file: the same rows in any order give the same bytes."""
    keys = [*KEYS[dataset], "available_at"]
    frame = shaped(dataset, frame).sort_values(keys, ignore_index=True)
    schema = pa.schema([(name, _ARROW[type_]) for name, type_ in types_of(dataset).items()])
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False, nthreads=1)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        schema.remove_metadata(),
        compression="zstd",
        store_schema=True,
        write_page_checksum=True,
    ) as writer:
        for start, end in _groups(frame[keys[0]]):
            writer.write_table(table.slice(start, end - start), row_group_size=end - start)
    return sink.getvalue().to_pybytes()


def decode(
    path: Path,
    dataset: str,
    *,
    size: int,
    keys: Collection[str] | None = None,
    columns: Sequence[str] = (),
) -> pd.DataFrame:
    """The rows of the file at `path` whose first key column is among `keys`, or all of them.

    Only their groups of rows are read, and of these only `columns` (all, when empty). Raises
    SpoiltError for a file that is missing, cut off or altered in what is read.
    """
    wanted = [name for name in types_of(dataset) if not columns or name in columns]
    by = KEYS[dataset][0]
    try:
        found = path.stat().st_size
        if found != size:
            raise SpoiltError(f"has {found:,} bytes, and {size:,} were written")
        # Arrow's own reading of files, mapped or not, leaves a thread behind, and processes are
        # forked from those that read here. The map goes when the last column of it does.
        with path.open("rb") as opened:
            mapped = pa.BufferReader(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
        with pq.ParquetFile(mapped, page_checksum_verification=True) as file:
            groups = _groups_of(file, by, keys)
            names = list(dict.fromkeys([*wanted, by]))
            table = file.read_row_groups(groups, columns=names, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        told = str(error).partition("\n")[0]
        raise SpoiltError(f"cannot be read ({told})") from error
    if keys is not None:
        chosen = pa.array(sorted(keys), pa.string())
        table = table.filter(pc.is_in(table[by].cast(pa.string()), value_set=chosen))
    types = types_of(dataset)
    return pd.DataFrame({name: _series(table[name], types[name]) for name in wanted})


def digest(data: bytes) -> str:
    """sha256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def _groups(first: pd.Series) -> Iterator[tuple[int, int]]:
    """Stretches of sorted rows, of at most GROUP_ROWS unless one key alone has more."""
    edges = np.flatnonzero(np.r_[True, (first[1:].to_numpy() != first[:-1].to_numpy()), True])
    start = 0
    for before, edge in itertools.pairwise(edges):
        if edge - start > GROUP_ROWS and before > start:
            yield start, int(before)
            start = int(before)
    yield start, len(first)


def _groups_of(file: pq.ParquetFile, by: str, keys: Collection[str] | None) -> list[int]:
    every = range(file.metadata.num_row_groups)
    if keys is None:
        return list(every)
    ordered = np.array(sorted(keys), dtype=object)
    column = file.schema_arrow.names.index(by)
    found = []
    for number in every:
        limits = file.metadata.row_group(number).column(column).statistics
        inside = np.searchsorted(ordered, limits.min) < np.searchsorted(
            ordered, limits.max, side="right"
        )
        if inside:
            found.append(number)
    return found


def _series(column: pa.ChunkedArray, type_: str) -> pd.Series:
    if type_ == TEXT:
        column = column.cast(pa.string())
    return pd.Series(column.to_pandas(use_threads=False)).astype(type_)
