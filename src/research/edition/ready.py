"""What a build or a preview needs and can have before: for whoever waits for something else."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from research.edition.plan import Plan
    from research.edition.rehearsal import Rehearsal
    from research.execution.warm import Setup


def import_all() -> None:
    """Import it; nothing that depends on a note, on files or on the surroundings is kept."""
    import_libraries()

    import research.edition.build
    import research.edition.current
    import research.edition.rehearsal
    import research.execution.cache.lay
    import research.market.checks
    import research.market.market  # noqa: F401


def import_libraries() -> None:
    """What of it is needed once an edition is planned: for running, telling and writing pages.

    The collector of garbage, which would look through all of it again and again, leaves it out.
    """
    gc.disable()
    try:
        _import_libraries()
    finally:
        gc.enable()
    if not gc.get_freeze_count():  # once, for what is garbage by then stays as well
        gc.freeze()


@contextmanager
def for_the_next(plan: Plan, ahead: Setup, rehearsal: Rehearsal | None = None) -> Iterator[None]:
    """However the block ends, have who stands by, if anybody, make ready for the same once more.

    For whoever edits a notebook: the market is read and what is computed `ahead` is there, and the
    last printing is laid out.
    """
    from research.execution.cache.store import digest
    from research.execution.standby.handed import make_ready

    try:
        yield
    finally:
        made_of = digest([plan.params.sources, plan.market_inputs, plan.market_files])
        told = rehearsal.told if rehearsal else None
        make_ready(ahead=ahead.preload, made_of=made_of, rehearse=told)


def _import_libraries() -> None:
    from research.execution.lean import import_nbformat

    import_nbformat()
    import nbformat
    import rich.progress  # noqa: F401
    from jupyter_client.provisioning import KernelProvisionerFactory

    import research.execution.client  # noqa: F401
    from research.render.pages import prepare

    prepare()
    KernelProvisionerFactory.instance()  # looks through all that is installed
    nbformat.v4.new_notebook()  # its validator is made at the first use
