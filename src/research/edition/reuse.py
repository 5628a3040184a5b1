"""Sections that need not run again: their keys, what the cache holds of them, and why they ran."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from research.edition.plan import Plan
from research.execution.cache.key import (
    CELLS,
    Key,
    Part,
    beside,
    cells_of,
    rooms,
    rooms_of,
    sources_of,
    values_of,
    versions,
)
from research.execution.cache.store import Store, digest
from research.execution.reach import named, reached_by
from research.execution.run import Event, Job, Listener, Outcome

LayOut = Callable[[], list[Outcome]]
RECORDS = "sections"  # what the last build did with each section
_ENTRIES = "outputs"
_REACH = "reach"
_NEWEST = ""  # of which edition a record is, when it is the last one of all


def run_or_reuse(
    plan: Plan,
    jobs: Sequence[Job],
    run: Callable[[Sequence[Job], LayOut], list[Outcome]],
    *,
    cache: Store | None,
    on_event: Listener | None = None,
) -> tuple[list[Outcome], Callable[[], None]]:
    """The outcomes of all `jobs` in their order, from the `cache` or else by `run`.

    And what is still to be called, when there is time: it keeps in the cache what has run. `run` is
    given what it is to call while kernels work, which gives the outcomes from the cache; `on_event`
    may then be called from this thread too.
    """
    if cache is None:
        return run(jobs, list), _nothing
    sections = Sections(plan, cache)
    held = {job.section: content for job in jobs if (content := sections.find(job))}
    outcomes: dict[str, Outcome] = {}

    def lay_out() -> list[Outcome]:
        for job in jobs:
            if job.section in held:
                outcome = outcomes[job.section] = sections.lay(job, held[job.section])
                if on_event is not None:
                    total = len(outcome.notebook.cells)
                    on_event(Event(kind="reused", section=job.section, done=total, total=total))
        return list(outcomes.values())

    waiting = [job for job in jobs if job.section not in held]
    if waiting:
        ran = list(zip(waiting, run(waiting, lay_out), strict=True))
    else:
        ran = []
        lay_out()
    outcomes |= {job.section: outcome for job, outcome in ran}

    def keep() -> None:
        for job, outcome in ran:
            sections.put(job, outcome)
        cache.trim()

    return [outcomes[job.section] for job in jobs], keep


class Sections:
    """What a cache holds for the sections of one plan, and what it is given."""

    def __init__(self, plan: Plan, cache: Store) -> None:
        self._plan, self._cache = plan, cache
        self._keys: dict[str, Key] = {}
        self._code = rooms()  # once for all: a change from now on is seen as they are put

    def take(self, job: Job) -> Outcome | None:
        """What came of the job when it last ran with all that it follows from as it is now."""
        content = self.find(job)
        return None if content is None else self.lay(job, content)

    def find(self, job: Job) -> bytes | None:
        """What is held of it, to be laid into its notebook."""
        key = self._keys[job.section] = section_key(self._plan, job, self._cache, self._code)
        return self._cache.get(_ENTRIES, key.digest)

    def lay(self, job: Job, content: bytes) -> Outcome:
        """The outcome of which `content` was found."""
        from research.execution.cache.lay import lay

        notebook = lay(content, job.notebook, prefix=job.section)
        _record(self._cache, self._plan, job.section, self._keys[job.section], ran=False)
        return Outcome(section=job.section, notebook=notebook, failure=None, seconds=0.0)

    def put(self, job: Job, outcome: Outcome) -> None:
        """Keep what has run, unless it failed or something it was made from changed meanwhile."""
        key = self._keys[job.section]
        same = section_key(self._plan, job, self._cache).digest == key.digest
        if same and not outcome.failure:
            _keep(self._cache, key, job, outcome)
        _record(self._cache, self._plan, job.section, key, ran=True)


def section_key(plan: Plan, job: Job, cache: Store, code: Part | None = None) -> Key:
    """All that the outputs of a section follow from, as it is now; of the package, as `code` is.

    Market, parameter files and memory count for a notebook that can reach what reads them.
    """
    code = rooms() if code is None else code
    cells = cells_of(job.notebook)
    modules = _reached(job, cache, code)
    parts = {
        CELLS: cells,
        "parameters": values_of(job.parameters),
        "package": {**sources_of(modules, code), **rooms_of(code, "execution")},
        "files beside the notebook": beside(job.notebook.parent, but=_others(plan, job)),
    }
    if "research.market.market" in modules:
        parts["market data"] = {**plan.market_inputs, **plan.market_about}
    if "research.params.load" in modules:
        parts["parameter files"] = plan.params.sources
    if "research.memory.recall" in modules:
        parts["memory"] = {"earlier editions": hashlib.sha256(plan.memory).hexdigest()}
    return Key(parts={**parts, "versions": versions()})


def record_of(cache: Store, home: str, edition: str, section: str) -> dict[str, Any] | None:
    """What the last build of an edition in the note's folder `home` did with a section."""
    return cache.get_record(RECORDS, home, edition, section)


def _others(plan: Plan, job: Job) -> list[Path]:
    """Notebooks that are not read by that of `job`: those of the note, if it runs none by name."""
    if named(job.notebook) is None:
        return [job.notebook]
    home = Path(plan.params.path).resolve().parent
    return [job.notebook, *((home / one.notebook) for one in plan.params.note.sections)]


def _reached(job: Job, cache: Store, code: Part) -> list[str]:
    # To parse the package takes as long as all else of a key; its imports hang on its sources.
    imported = named(job.notebook)
    names = (digest(None if imported is None else sorted(imported)), digest(code))
    held = cache.get_record(_REACH, *names)
    if held is None:
        held = {"modules": sorted(reached_by(imported))}
        cache.put_record(_REACH, *names, record=held)
    return list(held["modules"])


def _keep(cache: Store, key: Key, job: Job, outcome: Outcome) -> None:
    """Keep what a section put out, if its notebook is exactly what comes back from the cache."""
    from research.execution.cache.lay import keep, lay

    content = keep(outcome.notebook)
    if lay(content, job.notebook, prefix=job.section) == outcome.notebook:
        cache.put(_ENTRIES, key.digest, content)


def _record(cache: Store, plan: Plan, section: str, key: Key, *, ran: bool) -> None:
    home = str(plan.folder.parent.resolve())
    before = record_of(cache, home, plan.edition, section) or record_of(
        cache, home, _NEWEST, section
    )
    changes = key.changes(Key(parts=before["parts"])) if before else []
    record = {
        "edition": plan.edition,
        "ran": ran,
        "before": before["edition"] if before else "",
        "changes": changes,
        "parts": key.parts,
        "digest": key.digest,
    }
    for edition in (plan.edition, _NEWEST):
        if record_of(cache, home, edition, section) != record:
            cache.put_record(RECORDS, home, edition, section, record=record)


def _nothing() -> None:
    pass
