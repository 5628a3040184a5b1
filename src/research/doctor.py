"""Whether this machine has what a build needs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

_FONTS = ("font_source_sans_pro", "font_source_serif_pro")


def examine() -> dict[str, tuple[bool, str]]:
    """Check by check: whether it holds, and what was found or what to do."""
    checks: dict[str, Callable[[], str]] = {
        "python": platform.python_version,
        "packages": _packages,
        "fonts": _fonts,
        "typst": _typst,
        "kernel": _kernel,
        "jupyterlab": _lab,
    }
    return {name: _tried(check) for name, check in checks.items()}


def _tried(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except Exception as error:  # whatever is broken here is what the reader wants to be told
        return False, f"{type(error).__name__}: {error}"


def _packages() -> str:
    from research.edition.manifest import versions

    return ", ".join(f"{name} {version}" for name, version in versions().items())


def _fonts() -> str:
    for module in _FONTS:
        if importlib.util.find_spec(module) is None:
            raise RuntimeError(f"package {module} is missing; run pip install -e . again.")
    return "Source Sans Pro, Source Serif Pro"


def _typst() -> str:
    import typst

    size = len(typst.compile(b"= Hello", format="pdf"))
    return f"compiled a page of {size} bytes"


def _kernel() -> str:
    import nbformat

    from research.execution.run import Job, run

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import research")])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doctor.ipynb"
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
        [outcome] = run([Job(section="doctor", notebook=path, timeout_s=60)])
    if outcome.failure:
        raise RuntimeError(str(outcome.failure))
    return f"started and ran a cell in {outcome.seconds:.1f} s"


def _lab() -> str:
    if importlib.util.find_spec("jupyterlab") is None:
        return "not installed; `research lab` needs it: pip install -e '.[lab]'"
    return importlib.metadata.version("jupyterlab")
