"""The last printing of an edition, or a draft of it, laid out while the rest is computed."""

from __future__ import annotations

import atexit
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from research.execution.cache.store import Store, digest

_KIND = "print"


class Rehearsal:
    """What was printed for a request, kept in `cache`, and laid out again where there is a core.

    Where nothing is kept, drafts are laid out, of which the last one given counts. Typst remembers
    what it has laid out as long as the process lives, so that what is printed then is laid out
    only where it differs. Nothing in a page depends on it.
    """

    def __init__(self, cache: Store | None, *names: str) -> None:
        self._cache, self._key = cache, digest(names)
        self._thread: Thread | None = _begun.get(self._key)
        self._drafts: SimpleQueue[Mapping[str, bytes] | None] | None = None

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

    def wants_draft(self, running: int) -> bool:
        """Whether a draft helps, and a core is left for it, while so many notebooks run."""
        return running < _cores() and (self._thread is None or self._drafts is not None)

    def draft(self, project: Mapping[str, bytes]) -> None:
        """Lay out in a thread a first part of what will be printed, in place of the part before."""
        from research.render.typst import rehearse

        if self._drafts is None:
            self._drafts = SimpleQueue()
            self._thread = rehearse(_newest(self._drafts), go_on=self._drafts.empty)
        self._drafts.put(project)

    def end(self) -> None:
        """Wait until it is laid out: what is printed next would else do the same once more.

        Of a draft, which only helps, until Typst can be told to leave it.
        """
        if self._drafts is not None:
            self._drafts.put(None)
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
        return rehearse([{name: kept.read(name) for name in kept.namelist()}])


def _newest(drafts: SimpleQueue[Mapping[str, bytes] | None]) -> Iterator[Mapping[str, bytes]]:
    """Each draft as it comes, but those that another has overtaken; None ends them."""
    while (draft := drafts.get()) is not None:
        if drafts.empty():
            yield draft


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
