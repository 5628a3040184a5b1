"""Notebooks in memory, run as sections are."""

from __future__ import annotations

import ast
import json
import os
import select
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from research.execution.run import Job, Outcome, run
from research.execution.warm import Setup
from research.execution.warm.zygotes import end_zygotes

LIGHT = Setup(modules=())


@pytest.fixture
def no_zygotes() -> Iterator[None]:
    """Starts without zygotes and leaves none."""
    end_zygotes()
    yield
    end_zygotes()


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs the cells of one notebook after another, each notebook in a kernel of its own."""

    folder: Path

    def outcome(
        self, *cells: str, setup: Setup = LIGHT, env: Mapping[str, str] | None = None
    ) -> Outcome:
        path = self.folder / "notebook.ipynb"
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(
            cells=[new_code_cell(one) for one in cells],
            metadata={"kernelspec": kernel, "language_info": {"name": "python"}},
        )
        nbformat.write(notebook, path)
        [outcome] = run([Job(section="s", notebook=path, setup=setup, env=env or {})])
        return outcome

    def value(self, *cells: str, **given: Any) -> Any:
        """What the last cell says, which is JSON in a string."""
        outcome = self.outcome(*cells, **given)
        assert outcome.failure is None, outcome.failure
        return json.loads(
            ast.literal_eval(outcome.notebook.cells[-1].outputs[-1].data["text/plain"])
        )


@pytest.fixture
def notebooks(tmp_path: Path) -> Runner:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    return Runner(folder=folder)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the module `toy_preload`, which kernels and zygotes can import."""
    home = tmp_path / "modules"
    home.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(home))

    def write(source: str) -> None:
        (home / "toy_preload.py").write_text(source, encoding="utf-8")

    return write


def gone(pid: int, within_s: float = 20) -> bool:
    """Whether the process ends in time."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watch], [], [], within_s)[0])
    finally:
        os.close(watch)


@pytest.fixture
def has_gone() -> Callable[[int], bool]:
    return gone
