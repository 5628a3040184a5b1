"""A desk's own copy of the parameters, with small notebooks that may be broken at will."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from research.errors import Fault, ParamsError
from research.params import Params, load

EDITION_CELL = 'note: str = "mining-rally"\nas_of: str = "latest"\nsource: str = ""\n'


@dataclass(frozen=True)
class Desk:
    """A folder with `params/` and `notebooks/`."""

    folder: Path

    @property
    def note(self) -> Path:
        return self.folder / "params" / "mining-rally.yaml"

    def load(self, **overrides: Any) -> Params:
        return load(self.note, overrides=overrides)

    def faults(self, **overrides: Any) -> list[Fault]:
        with pytest.raises(ParamsError) as caught:
            self.load(**overrides)
        return list(caught.value.faults)

    def fault(self, **overrides: Any) -> Fault:
        faults = self.faults(**overrides)
        assert len(faults) == 1, "\n".join(map(str, faults))
        return faults[0]

    def edit(self, name: str, old: str, new: str) -> int:
        """Put `new` for the only `old` in a file; returns the line on which it stands."""
        path = self.folder / "params" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{text.count(old)} times in {name}: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def append(self, name: str, text: str) -> int:
        """Put `text` at the end of a file; returns its first line."""
        path = self.folder / "params" / name
        before = path.read_text(encoding="utf-8")
        path.write_text(before + text, encoding="utf-8")
        return before.count("\n") + 1

    def notebook(self, name: str, source: str | None, *, tags: int = 1) -> Path:
        """Write a notebook whose parameters cell holds `source`, `tags` times."""
        cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
        other = {"cell_type": "markdown", "metadata": {}, "source": ["# A heading\n"]}
        cells = [other, *[cell] * tags]
        path = self.folder / "notebooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
        return path


@pytest.fixture
def desk(tmp_path: Path, root: Path) -> Desk:
    """The committed parameters beside notebooks that take the edition's parameters only."""
    shutil.copytree(root / "params", tmp_path / "params")
    made = Desk(tmp_path)
    for line in made.note.read_text(encoding="utf-8").splitlines():
        if "notebook: " in line:
            made.notebook(line.rpartition("/")[2], EDITION_CELL)
    # The committed sections' own parameters belong to the committed notebooks.
    text = made.note.read_text(encoding="utf-8")
    made.note.write_text(_without_parameters(text), encoding="utf-8")
    return made


def _without_parameters(text: str) -> str:
    kept, depth = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if depth is not None and line.strip() and indent > depth:
            continue
        depth = None
        if line.strip().startswith("parameters:"):
            depth = indent
            line = " " * indent + "parameters: {}"
        kept.append(line)
    return "\n".join(kept) + "\n"
