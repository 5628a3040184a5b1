"""The last printing of an edition, laid out again while what changed of it is computed."""

from __future__ import annotations

import atexit
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from research.execution.cache.store import Store, digest

_KIND = "print"


class Rehearsal:
    """What was printed for a request, kept in `cache`, and laid out again where there is a core.

    Typst remembers what it has laid out as long as the process lives, so that a rebuild lays out
    only what differs. Nothing in a page depends on it.
    """

    def __init__(self, cache: Store | None, *names: str) -> None:
        self._cache, self._key = cache, digest(names)
        self._thread: Thread | None = _begun.get(self._key)

    @property
    def told(self) -> dict[str, str] | None:
        """What `begin_early` needs of it, in plain values; None where nothing is kept."""
        return (
            {"folder": str(self._cache.folder.resolve()), "key": self._key} if self._cache else None
        )

    def begin(self) -> None:
        """Lay out in a thread what was kept, if anything was; once."""
        if self._cache is None or self._thread or _cores() < 2:
            return
        held = self._cache.get(_KIND, self._key)
        if held is None:
            return
        self._thread = _lay_out(held)

    def end(self) -> None:
        """Wait until it is laid out: what is printed next would else do the same once more."""
        if self._thread is not None:
            self._thread.join()

    def keep(self, project: Mapping[str, bytes]) -> None:
        """Keep what was printed, in place of what was there."""
        if self._cache is None:
            return
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as kept:  # the cache compresses
            for name, content in project.items():
                kept.writestr(zipfile.ZipInfo(name), content)
        self._cache.put(_KIND, self._key, held.getvalue())


def begin_early(told: Mapping[str, str]) -> None:
    """Begin the rehearsal that was `told` in a process that will be asked for it, and nothing else.

    There `Rehearsal` of the same names finds it.
    """
    held = Store(Path(told["folder"])).get(_KIND, told["key"])
    if held is not None:
        thread = _begun[told["key"]] = _lay_out(held)
        atexit.register(thread.join)  # who ends while Typst works would end it in its midst


_begun: dict[str, Thread] = {}


def _lay_out(held: bytes) -> Thread:
    from research.render.typst import rehearse

    with zipfile.ZipFile(io.BytesIO(held)) as kept:
        return rehearse({name: kept.read(name) for name in kept.namelist()})


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
