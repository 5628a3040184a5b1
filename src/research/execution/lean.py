"""Importing the notebook format without what it brings along and nobody here asks for."""

from __future__ import annotations

import sys
from typing import Any, cast

# JupyterLab's server has it installed; jsonschema then imports it to check addresses in other
# scripts than Latin, and it reads two grammars as it is imported, for 0.85 s.
_UNASKED = "rfc3987_syntax"


def import_nbformat() -> None:
    """Import nbformat, and jsonschema as it is where that package is not installed.

    For a process of our own, which checks no JSON but notebooks; nothing if it is there already.
    """
    if _UNASKED in sys.modules or "jsonschema" in sys.modules:
        return
    modules = cast("dict[str, Any]", sys.modules)
    modules[_UNASKED] = None  # Python's own way to say: there is no such module
    try:
        import nbformat  # noqa: F401
    finally:
        del modules[_UNASKED]
