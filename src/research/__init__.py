"""Notebooks into publications: parameters, a point-in-time market, exhibits, editions."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """Let `%load_ext research` prepare a notebook: prose cells, chart theme, quiet warnings."""
    from research.exhibits.extension import load

    load(shell)
