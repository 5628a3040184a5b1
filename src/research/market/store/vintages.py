"""The store: vintages added one by one, read as one table, never changed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from research.errors import DataError, UsageError
from research.market.store.changes import changes
from research.market.store.columns import KEYS, day_of, shaped, types_of
from research.market.store.parquet import SpoiltError, decode, digest, encode
from research.market.store.record import Vintage, read_record


class Store:
    """The vintages in one folder, `<source>/<dataset>/<fetched at>-<sha8>.parquet`.

    A vintage holds what its source had not said before, so that fetching again what did not change
    adds nothing. It is visible from the moment that its record is renamed into place, whole by
    then; what a killed writer leaves is never seen. The folder need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def vintages(self, source: str = "", dataset: str = "") -> list[Vintage]:
        """Those of one source or dataset, or all, in the order in which they were fetched.

        Raises DataError naming a record that cannot be read.
        """
        found = self.folder.glob(f"{source or '*'}/{dataset or '*'}/*.json")
        return sorted(map(read_record, found), key=lambda one: (one.fetched_at, one.name))

    def add(
        self,
        source: str,
        dataset: str,
        frame: pd.DataFrame,
        *,
        fetched_at: dt.datetime,
        address: str,
        licence: str,
    ) -> Vintage | None:
        """Keep what `frame` says that is new; None when that is nothing.

        `frame` has the columns of `dataset`. A row whose `available_at` is after `fetched_at` is
        not final and is left out. A row under a key that was told before is a revision: it is
        available from `fetched_at` on. Raises DataError when a key stands in it twice, UsageError
        when the folder cannot be written or holds a vintage of a later moment.
        """
        fetched_at = fetched_at.astimezone(dt.UTC).replace(microsecond=0)
        frame = shaped(dataset, frame)
        twice = frame.duplicated([*KEYS[dataset]])
        if twice.any():
            row = frame.loc[twice, [*KEYS[dataset]]].iloc[0]
            raise DataError(
                f"{source}: {int(twice.sum())} rows of its {dataset} stand twice, such as "
                f"{' '.join(str(one) for one in row)}. Nothing of it was stored."
            )
        with self._alone(source, dataset):
            known = self.vintages(source, dataset)
            told = self.read(source, dataset, keys=set(frame[KEYS[dataset][0]]))
            new, revised = changes(dataset, frame, told, known, fetched_at)
            if new.empty:
                return None
            if (
                known
                and known[-1].fetched_at >= fetched_at
                and (revised or known[-1].fetched_at > fetched_at)
            ):
                raise UsageError(
                    f"the store has {known[-1].name}, and this fetch is of "
                    f"{fetched_at:%Y-%m-%dT%H:%M:%SZ}; expected a later moment. Set the clock of "
                    "this machine, or SOURCE_DATE_EPOCH."
                )
            data = encode(dataset, new)
            days = new[day_of(dataset)]
            vintage = Vintage(
                source=source,
                dataset=dataset,
                address=address,
                fetched_at=fetched_at,
                licence=licence,
                sha256=digest(data),
                size=len(data),
                rows=len(new),
                revised=revised,
                first=days.min().date(),
                last=days.max().date(),
            )
            _write(self.folder / f"{vintage.name}.parquet", data)
            _write(self.folder / f"{vintage.name}.json", vintage.as_json().encode())
        return vintage

    def read(
        self,
        source: str,
        dataset: str,
        *,
        keys: Collection[str] | None = None,
        columns: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Every row that `source` told in `dataset`, revisions after what they revise.

        Only rows whose first key column, the instrument or the fund, is among `keys`, and only
        `columns` (all, when empty). Raises DataError naming a vintage that is not what was written.
        """
        parts = []
        for vintage in self.vintages(source, dataset):
            path = self.folder / f"{vintage.name}.parquet"
            try:
                parts.append(decode(path, dataset, size=vintage.size, keys=keys, columns=columns))
            except SpoiltError as error:
                raise DataError(
                    f"store: the vintage {vintage.name}.parquet {error}; no data were taken. "
                    "Restore it from a backup, or take it away with the record beside it and "
                    f"fetch {source} again: what it alone held is then known since that day."
                ) from error
        parts = [part for part in parts if len(part)]
        if not parts:
            empty = shaped(dataset, pd.DataFrame())
            return empty[[name for name in types_of(dataset) if not columns or name in columns]]
        return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

    @contextmanager
    def _alone(self, source: str, dataset: str) -> Iterator[None]:
        """The only writer of one source's dataset, after the scraps of killed ones are gone."""
        folder = self.folder / source / dataset
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                for scrap in folder.glob("*.tmp"):
                    scrap.unlink()
                yield
        except OSError as error:
            raise UsageError(
                f"{folder} cannot be written to ({error.strerror or error}); nothing more was "
                "stored. Free it, or name another folder with --data."
            ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # The lock is the kernel's, so that it ends with its process however that ends.
    try:
        import fcntl
    except ImportError:  # on Windows two fetches at once may tell one row twice, which is harmless
        yield
        return
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(path: Path, data: bytes) -> None:
    """Write and flush under another name, then rename: a reader finds the whole or nothing."""
    scrap = path.with_name(f"{path.name}.tmp")
    with scrap.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    scrap.replace(path)
    if os.name != "nt":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
