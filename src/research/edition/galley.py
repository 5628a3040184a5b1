"""Pages set while notebooks run: what has ended is read, and laid out where a core is idle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from research.edition.assemble import assemble
from research.edition.plan import Plan
from research.edition.rehearsal import Rehearsal
from research.edition.reuse import LayOut
from research.errors import RenderError
from research.execution.run import Outcome

if TYPE_CHECKING:
    from research.render.typst import Project


def set_pages(
    plan: Plan,
    held: LayOut,
    ended: Iterable[Outcome],
    *,
    completed_at: str,
    rehearsal: Rehearsal | None,
) -> None:
    """Get ready what the pages of an edition are made by, and of, as far as it is there.

    Its sections are those that the cache `held`, then those that have `ended`, as they come. What
    is rehearsed is the last printing, or else one of the sections that are there. No page depends
    on any of it.
    """
    from research.render.outputs import read_ahead
    from research.render.pages import prepare

    prepare()
    if rehearsal:
        rehearsal.begin()
    known: dict[str, Outcome] = {}
    for outcome in chain(held(), ended):
        read_ahead(outcome.notebook)
        known[outcome.section] = outcome
        there = [known[job.section] for job in plan.jobs if job.section in known]
        left = len(plan.jobs) - len(there)
        if rehearsal and left and rehearsal.wants_draft(left) and _has_front(plan, there):
            with suppress(RenderError):  # it will be told by who reads the whole
                rehearsal.draft(_draft(plan, there, completed_at))


def _has_front(plan: Plan, there: Sequence[Outcome]) -> bool:
    # Without it another section would be laid out as the front page.
    return there[0].section == plan.jobs[0].section and not any(one.failure for one in there)


def _draft(plan: Plan, there: Sequence[Outcome], completed_at: str) -> Project:
    from research.render.document import read_document
    from research.render.typst import project_of

    draft = assemble(plan, there, gates=plan.gates, completed_at=completed_at)
    return project_of(read_document(draft))
