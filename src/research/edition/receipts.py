"""What editions were made from, kept beside them, so that a back-fill makes none of them twice."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.calendar import edition_of
from research.edition.manifest import NAME, sha256
from research.edition.publish import replace_file
from research.execution.travel import versions
from research.memory.anchor import pending

FOLDER = ".made-from"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An edition that lay there already, whole, made from what it would be made from now."""

    folder: Path
    record: Mapping[str, Any]


class Receipts:
    """The receipts of one note: edition → hashes of its manifest and of all it was made from.

    `digest` is that of its files (parameters, notebooks, data); code and versions are this
    process's.
    """

    def __init__(self, home: Path, *, digest: str, source: str) -> None:
        fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
        self._home = home
        self._same = {"files": digest, "source": source, "stamp": fixed, **versions()}

    def write(self, day: dt.date, edition: str, manifest: bytes) -> None:
        """Note down, before it is published, that `manifest` comes of what is at hand.

        A receipt without its edition says nothing, so that one may be killed in between.
        """
        told = {"manifest": sha256(manifest), "made_from": self._made_from(day)}
        replace_file(self._file(edition), f"{json.dumps(told)}\n".encode())

    def kept(self, day: dt.date) -> Kept | None:
        """The edition of `day` if it lies in the shelf as it was made, from what is at hand.

        None also when its rows are still to be appended to the memory. What it recalled of the
        editions before it is not compared here.
        """
        edition = edition_of(day)
        folder = self._home / edition
        try:
            told = json.loads(self._file(edition).read_bytes())
            manifest = (folder / NAME).read_bytes()
            if told != {"manifest": sha256(manifest), "made_from": self._made_from(day)}:
                return None
            record = json.loads(manifest)
            whole = all(
                sha256((folder / name).read_bytes()) == sha
                for name, sha in record["outputs"].items()
            )
        except (OSError, ValueError):
            return None
        if not whole or pending(self._home, edition, manifest).exists():
            return None
        return Kept(folder=folder, record=record)

    def _file(self, edition: str) -> Path:
        return self._home / FOLDER / f"{edition}.json"

    def _made_from(self, day: dt.date) -> str:
        told = json.dumps({"day": day.isoformat(), **self._same}, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()
