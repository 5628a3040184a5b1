"""All that a build or a preview imports, for whoever has to wait before they need it."""

from __future__ import annotations

import gc


def import_all() -> None:
    """Import it; nothing that depends on a note, on files or on the surroundings is kept."""
    import_libraries()

    import research.edition.build
    import research.edition.current
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
