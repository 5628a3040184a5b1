"""All that a build or a preview imports, for a process that waits to be asked for one."""

from __future__ import annotations


def import_all() -> None:
    """Import it; nothing that depends on a note, on files or on the surroundings is kept."""
    from research.execution.lean import import_nbformat

    import_nbformat()
    import nbformat
    import rich.progress  # noqa: F401

    import research.edition.build
    import research.edition.current
    import research.execution.cache.lay
    import research.execution.client
    import research.market.checks
    import research.market.market  # noqa: F401
    from research.render.pages import prepare

    prepare()
    nbformat.v4.new_notebook()  # its validator is made at the first use
