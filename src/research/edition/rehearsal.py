"""The last printing of an edition, laid out again while what changed of it is computed."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
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
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Lay out in a thread what was kept, if anything was; once."""
        if self._cache is None or self._thread or _cores() < 2:
            return
        held = self._cache.get(_KIND, self._key)
        if held is None:
            return
        from research.render.typst import rehearse

        with zipfile.ZipFile(io.BytesIO(held)) as kept:
            self._thread = rehearse({name: kept.read(name) for name in kept.namelist()})

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


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
