"""Many editions of one note at once, each knowing the ones before it, published in their order.

Only notebooks that can import the note's memory wait for the edition before. What that one says is
known before its pages are; so the next goes on with what is foreseen, and is compared with what is
on the shelf before it is published. Where the two differ, its notebooks are run again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from research.edition import build
from research.edition.ahead import ahead_of
from research.edition.build import Published, prepare, release
from research.edition.clock import completed_at
from research.edition.draft import Draft, Edition, drafted, finished
from research.edition.foreseen import Foreseen
from research.edition.found import as_told
from research.edition.manifest import NAME
from research.edition.plan import Plan, Survey, judged, plan, survey
from research.edition.receipts import Kept, Receipts
from research.edition.reuse import Sections
from research.errors import ResearchError
from research.execution.cache.store import Store
from research.execution.executors import Pool
from research.execution.line import Line, Task
from research.execution.reach import reached
from research.execution.run import Job, Outcome, ask, execute
from research.execution.warm import Setup
from research.memory.recall import ENVIRONMENT, recall
from research.params.models import Params

Result = Published | Kept | ResearchError
READER = "research.memory.recall"
_UNREAD = "a notebook that cannot import research.memory was given no memory"


@dataclass(kw_only=True)
class _Way:
    """One edition on its way. `round` grows when what it was told to remember proves wrong."""

    index: int
    day: dt.date
    stamp: str = ""
    round: int = 0
    kept: Kept | None = None
    ahead: Setup = field(default_factory=Setup)
    plan: Plan | None = None
    memory: bytes | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    draft: Draft | None = None
    made: Edition | None = None
    releasing: bool = False
    result: Result | None = None
    hopeless: bool = False  # it failed of something that no memory changes
    steps: int = 0


class Chain:
    """The editions of `days`, oldest first, made by the tasks of a `pool`."""

    def __init__(
        self,
        params: Params,
        days: Sequence[dt.date],
        *,
        pool: Pool,
        source: str,
        reports: Path,
        shelf: Foreseen,
        receipts: Receipts,
        on_step: Callable[[int], None],
        cache: Store | None = None,
    ) -> None:
        self._params, self._source, self._reports = params, source, reports
        self._home = reports / params.note.note
        self._pool, self._shelf, self._receipts, self._on_step = pool, shelf, receipts, on_step
        self._cache = cache
        self._ways = [_Way(index=n, day=day) for n, day in enumerate(days)]
        self._admitted = self._head = self._tail = 0
        self._line = Line(pool)
        folder = Path(params.path).resolve().parent
        self._readers = {
            one.id
            for one in params.note.sections
            if READER in reached((folder / one.notebook).resolve())
        }

    def results(self) -> Iterator[tuple[dt.date, Result]]:
        """What came of each edition, in the order of their days, as soon as it is settled."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="release") as self._releaser:
            while self._tail < len(self._ways):
                yield from self._advance()
                self._line.turn()

    # ── what each edition needs next ────────────────────────────────────────

    def _advance(self) -> Iterator[tuple[dt.date, Result]]:
        moved = True
        while moved:
            moved = self._admit()
            while self._head < self._admitted and self._passes(self._ways[self._head]):
                self._head += 1
                moved = True
            while self._tail < self._head and self._settles(self._ways[self._tail]):
                way = self._ways[self._tail]
                assert way.result is not None
                self._on_step(steps(self._params) - way.steps)
                yield way.day, way.result
                # Nothing of an edition outlives its turn, or memory would grow with their number.
                self._ways[self._tail] = _Way(index=way.index, day=way.day)
                self._tail += 1
                moved = True

    def _admit(self) -> bool:
        if not self._admitted < min(len(self._ways), self._tail + self._pool.slots + 2):
            return False
        way = self._ways[self._admitted]
        self._admitted += 1
        way.kept = self._receipts.kept(way.day)
        if way.kept is None:
            self._begin(way)
        return True

    def _begin(self, way: _Way) -> None:
        way.ahead = ahead_of(self._params, as_of=way.day, source=self._source, of_many=True)
        if way.ahead.asked:
            self._later(way, self._asked, ask, way.ahead, always=True)
        else:
            self._asked(way, None)

    def _asked(self, way: _Way, told: Mapping[str, Any] | None) -> None:
        if found := as_told(told, self._params):
            self._surveyed(way, judged(found, self._source))
            return
        self._later(way, self._surveyed, _survey, self._params, way.day, self._source, always=True)

    def _surveyed(self, way: _Way, found: Survey) -> None:
        way.stamp = completed_at()
        way.plan = plan(
            self._params, as_of=way.day, reports=self._reports, memory=b"", found=found,
            ahead=way.ahead,
        )  # fmt: skip
        prepare(way.plan, way.stamp)
        for job in way.plan.jobs:
            if job.section not in self._readers:
                self._run(way, replace(job, env={**job.env, ENVIRONMENT: _UNREAD}))

    def _passes(self, way: _Way) -> bool:
        """Whether what the edition adds to the shelf is known, so that the next can recall it."""
        if way.result is not None:
            return True
        try:
            if way.memory is None and not self._remembers(way):
                return False
            if way.kept is not None:
                return True
            assert way.plan is not None
            if any(job.section not in way.outcomes for job in way.plan.jobs):
                return False
            planned = replace(way.plan, memory=way.memory or b"")
            outcomes = [way.outcomes[job.section] for job in planned.jobs]
            way.plan, way.draft = planned, drafted(planned, outcomes, completed_at=way.stamp)
            self._shelf.put(way.draft.record, planned.memory)
        except ResearchError as error:
            way.result = error
            return True
        name = self._params.note.note
        self._later(way, self._rendered, _render, way.draft.notebook, name)
        return True

    def _remembers(self, way: _Way) -> bool:
        """Hand the edition what it may know of those before it; False if it is not planned yet."""
        if way.kept is not None:
            record = way.kept.record
            day = dt.date.fromisoformat(record["as_of"])
            way.memory = self._shelf.recall(day, illustrative=record["illustrative"])
            if (way.kept.folder / "memory.json").read_bytes() == way.memory:
                return True
            way.kept, way.memory = None, None
            self._begin(way)
        if way.plan is None:
            return False
        way.memory = self._shelf.recall(way.plan.as_of, illustrative=way.plan.illustrative)
        for job in way.plan.jobs:
            if job.section in self._readers:
                self._run(way, replace(job, files={**job.files, ENVIRONMENT: way.memory}))
        return True

    def _settles(self, way: _Way) -> bool:
        """Whether the edition is done with; what is ready is released when its turn has come."""
        if way.result is not None or way.releasing or (way.kept is None and way.made is None):
            return way.result is not None
        try:
            if not self._foresaw(way):
                self._rewind(way.index)
                return False
        except ResearchError as error:
            way.result = error
            return True
        if way.kept is not None:
            way.result = way.kept
            return True
        assert way.plan is not None
        assert way.made is not None
        way.releasing = True
        call = partial(self._releaser.submit, self._release, way.day, way.plan, way.made)
        self._line.begin(self._task(way, self._released, call, always=True))
        return False

    def _foresaw(self, way: _Way) -> bool:
        record = way.kept.record if way.kept else way.made.record if way.made else {}
        day = dt.date.fromisoformat(record["as_of"])
        true = recall(self._home, day, illustrative=record["illustrative"]).encode()
        return true == way.memory

    # ── tasks ───────────────────────────────────────────────────────────────

    def _run(self, way: _Way, job: Job) -> None:
        assert way.plan is not None
        cached = None
        if self._cache is not None:
            cached = Sections(replace(way.plan, memory=way.memory or b""), self._cache)
            if outcome := cached.take(job):
                way.outcomes[job.section] = outcome
                self._stepped(way)
                return

        def keep(way: _Way, outcome: Outcome) -> None:
            way.outcomes[outcome.section] = outcome
            if cached is not None:
                cached.put(job, outcome)

        self._later(way, keep, execute, job, always=job.section not in self._readers)

    def _rendered(self, way: _Way, pages: dict[str, bytes]) -> None:
        assert way.plan is not None
        assert way.draft is not None
        way.made = finished(way.plan, way.draft, pages)
        way.draft = None

    def _release(self, day: dt.date, planned: Plan, made: Edition) -> Published:
        self._receipts.write(day, planned.edition, made.files[NAME])
        return release(planned, made)

    def _released(self, way: _Way, published: Published) -> None:
        way.result = published
        self._shelf.settle(published.record["edition"])
        if published.not_remembered:
            self._rewind(way.index + 1)

    def _later(
        self,
        way: _Way,
        receive: Callable[[_Way, Any], None],
        fn: Callable[..., Any],
        *args: Any,
        always: bool = False,
    ) -> None:
        """Put a call in line, the oldest edition's first; `receive` is given what it gives.

        What comes of an earlier round of the edition is dropped, unless it holds `always`.
        """
        call = partial(self._pool.executor.submit, fn, *args)
        self._line.put(way.index, self._task(way, receive, call, always=always))

    def _task(
        self,
        way: _Way,
        receive: Callable[[_Way, Any], None],
        call: Callable[[], Future[Any]],
        *,
        always: bool,
    ) -> Task:
        told = way.round

        def received(result: Any) -> None:
            self._stepped(way)
            receive(way, result)

        def failed(error: ResearchError) -> None:
            way.result, way.hopeless = error, always
            if way.index < self._head:  # the next ones took it for published
                self._rewind(way.index + 1)

        def wanted() -> bool:
            if always:
                return not way.hopeless
            return way.result is None and way.round == told

        return Task(call=call, receive=received, fail=failed, wanted=wanted)

    def _stepped(self, way: _Way) -> None:
        if way.steps < steps(self._params):
            way.steps += 1
            self._on_step(1)

    def _rewind(self, index: int) -> None:
        """Begin again, from the edition `index` on, with what is on the shelf in truth."""
        self._shelf.renew()
        self._head = min(self._head, index)
        for way in self._ways[index : self._admitted]:
            way.round += 1
            way.memory = way.draft = way.made = None
            if not way.hopeless:
                way.result = None
            for section in self._readers:
                way.outcomes.pop(section, None)


def steps(params: Params) -> int:
    """How many steps an edition takes: survey, sections, pages, release."""
    return len(params.note.sections) + 3


def _survey(params: Params, day: dt.date, source: str) -> Survey:
    return survey(params, as_of=day, source=source)


def _render(notebook: Any, name: str) -> dict[str, bytes]:
    return build.render(notebook, name, ("pdf", "html"))
