"""The cache's folder: content by kind and key, written whole, checked when read, bounded."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from research.execution.folder import is_alive

ENVIRONMENT = "RESEARCH_CACHE"
LIMIT = 500_000_000  # bytes
_HEAD = b"research-cache-1"
_FRESH = ".fresh-"
_count = itertools.count()


class Store:
    """Entries that any number of processes read and write at once, without a lock.

    An entry is written under a name of its own and renamed, so that a reader finds all of it or
    none. It carries its checksum: one that is damaged is told in `complaints`, removed, and missing
    from then on. A folder that cannot be written is told too, and never stops a build. `trim` keeps
    what was used last, up to `limit` bytes.
    """

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        self.complaints: list[str] = []

    def get(self, kind: str, key: str) -> bytes | None:
        """The content kept under `key`; None when there is none, or none that is whole."""
        path = self._path(kind, key)
        try:
            held = path.read_bytes()
        except OSError:
            return None
        head, _, packed = held.partition(b"\n")
        if head != _head(packed):
            self._complain(
                f"{path} is damaged: its checksum does not fit. It was removed, and what it held "
                "is made again."
            )
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # what was used last is kept longest
        return zlib.decompress(packed)

    def put(self, kind: str, key: str, content: bytes) -> None:
        """Keep `content` under `key`, in place of what was there."""
        packed = zlib.compress(content, 1)
        path = self._path(kind, key)
        fresh = path.with_name(f"{_FRESH}{os.getpid()}-{next(_count)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with fresh.open("wb") as file:
                    file.write(_head(packed) + b"\n" + packed)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
        except OSError as error:
            self._complain(
                f"the cache in {self.folder} cannot be written ({error.strerror or error}), so "
                f"that the next build may take longer. Name another folder in {ENVIRONMENT}."
            )

    def get_record(self, kind: str, *names: str) -> dict[str, Any] | None:
        """The record kept under `names`, or None."""
        content = self.get(kind, digest(names))
        return None if content is None else json.loads(content)

    def put_record(self, kind: str, *names: str, record: Mapping[str, Any]) -> None:
        """Keep a `record` of plain values under `names`."""
        self.put(kind, digest(names), json.dumps(record).encode())

    def trim(self) -> None:
        """Remove what was used longest ago until all fits in `limit`, and what the dead left."""
        entries = []
        for path in self._all():
            with suppress(OSError):
                state = path.stat()
                entries.append((state.st_mtime_ns, state.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries, key=lambda entry: entry[0]):
            if total <= self.limit:
                return
            with suppress(OSError):
                path.unlink()
            total -= size

    def _all(self) -> Iterator[Path]:
        for path in self.folder.glob("*/*/*"):
            if not path.name.startswith(_FRESH):
                yield path
                continue
            pid = path.name.removeprefix(_FRESH).partition("-")[0]
            if os.name != "nt" and pid.isdecimal() and not is_alive(int(pid)):
                with suppress(OSError):
                    path.unlink()

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / key[:2] / key

    def _complain(self, message: str) -> None:
        if message not in self.complaints:
            self.complaints.append(message)


def open_store() -> Store:
    """The user's own store: in the folder that RESEARCH_CACHE names, else where caches lie."""
    given = os.environ.get(ENVIRONMENT)
    if given:
        return Store(Path(given))
    from platformdirs import user_cache_path

    return Store(user_cache_path("research", appauthor=False))


def digest(value: Any) -> str:
    """Hexadecimal SHA-256 of a plain value; the order of keys and members counts."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def _head(packed: bytes) -> bytes:
    return b"%s %s" % (_HEAD, hashlib.sha256(packed).hexdigest().encode())
