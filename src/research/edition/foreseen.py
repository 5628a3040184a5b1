"""The shelf of a note as it will be once editions that have no pages yet are published."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from research.edition.manifest import encode
from research.edition.remember import remember
from research.execution.folder import private_folder
from research.memory.anchor import EDITION_FILE, FOLDER, MEMORY_FILE, editions
from research.memory.recall import recall


class Foreseen:
    """What the next edition will recall, before the ones it recalls are rendered and published.

    It is a folder of its own with copies of the note's tables and links to its editions; so
    `recall` and `remember` see what they will see in `home`, and nothing of `home` is written.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        self._home = home
        self._folder = folder
        self.renew()

    def renew(self) -> None:
        """Forget what was foreseen: the shelf is again what `home` is now."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        if (self._home / FOLDER).is_dir():
            kept = shutil.ignore_patterns(".*")
            shutil.copytree(self._home / FOLDER, self._folder / FOLDER, ignore=kept)
        for name, _ in editions(self._home):
            self.settle(name)

    def recall(self, as_of: dt.date, *, illustrative: bool) -> bytes:
        """The content of `memory.json` of the edition as of a day; raises as `recall` does."""
        return recall(self._folder, as_of, illustrative=illustrative).encode()

    def put(self, record: Mapping[str, Any], memory: bytes) -> None:
        """Take an edition for published: its manifest without outputs, and what it recalled."""
        folder = self._empty(record["edition"])
        folder.mkdir()
        (folder / EDITION_FILE).write_bytes(encode(record))
        (folder / MEMORY_FILE).write_bytes(memory)
        remember(self._folder, record)

    def settle(self, edition: str) -> None:
        """Let the edition be the one that lies in `home`."""
        self._empty(edition).symlink_to((self._home / edition).resolve())

    def _empty(self, edition: str) -> Path:
        folder = self._folder / edition
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return folder


@contextmanager
def foreseen(home: Path) -> Iterator[Foreseen]:
    """The shelf in `home` with nothing foreseen yet; its folder goes with the block."""
    with private_folder() as folder:
        yield Foreseen(home, folder / "shelf")
