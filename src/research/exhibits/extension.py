"""What `%load_ext research` does to a notebook's kernel: prose cells, theme, quiet warnings."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from research.exhibits import theme
from research.exhibits.prose import Prose


@dataclass(frozen=True, kw_only=True)
class Caught:
    """One Python warning that was kept out of the notebook's outputs."""

    category: str
    message: str
    module: str
    line: int

    def __str__(self) -> str:
        return f"{self.category} in {self.module}, line {self.line}: {self.message}"


_caught: list[Caught] = []


def load(shell: Any) -> None:
    """Register `%%prose` and `%warnings`, apply the chart theme, collect Python warnings.

    Exhibits draw without pyplot, so no backend is chosen here: what an analyst plots by hand
    appears as it does in any notebook.
    """
    shell.register_magic_function(Prose(shell), magic_kind="cell", magic_name="prose")
    shell.register_magic_function(_show_caught, magic_kind="line", magic_name="warnings")
    theme.apply()
    _caught.clear()
    warnings.showwarning = _collect


def caught() -> tuple[Caught, ...]:
    """The warnings raised since the extension was loaded; `%warnings` prints them."""
    return tuple(_caught)


def _collect(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    # A warning is for whoever runs the notebook, never for whoever reads the note; the name of
    # the file alone, since its folder differs from machine to machine.
    name = Path(filename).name
    _caught.append(
        Caught(category=category.__name__, message=str(message), module=name, line=lineno)
    )


def _show_caught(line: str) -> None:
    import sys

    sys.stdout.write("".join(f"{warning}\n" for warning in _caught) or "No warnings.\n")
