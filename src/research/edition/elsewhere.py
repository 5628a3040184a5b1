"""One edition whose sections run elsewhere: in processes of this machine, or on a cluster."""

from __future__ import annotations

from research.edition.build import Published, build
from research.edition.needs import files_of
from research.edition.plan import Plan
from research.edition.rehearsal import Rehearsal
from research.execution.cache.store import Store
from research.execution.executors import open_executor
from research.execution.luggage import pack
from research.execution.run import Listener


def build_on(
    where: str,
    plan: Plan,
    *,
    completed_at: str,
    workers: int | None = None,
    on_event: Listener | None = None,
    cache: Store | None = None,
    rehearsal: Rehearsal | None = None,
) -> Published:
    """Do as `build` does, with sections run by the executor called `where` (see `open_executor`).

    What they give comes back and is rendered and published here.
    """
    luggage = pack(files_of(plan.params, plan.source))
    with open_executor(where, workers=workers, luggage=luggage) as pool:
        return build(
            plan,
            completed_at=completed_at,
            executor=pool.executor,
            on_event=on_event,
            cache=cache,
            rehearsal=rehearsal,
        )
