"""The key of a section: all that its outputs follow from, part by part, and what changed in it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from research.execution.cache.store import digest
from research.execution.reach import everything, files

Part = Mapping[str, str]
CELLS = "code cells"
_SAID = ("parameters", "versions")  # parts whose values can be read, not hashes
_SHOWN = 3
_LONGEST = 40

_VERSION = re.compile(r"^Version: *(.+)$", re.MULTILINE)
_NOBODYS = {"__pycache__", ".ipynb_checkpoints"}


@dataclass(frozen=True, kw_only=True)
class Key:
    """`parts` by name; each holds, by the name of a thing, what tells it apart, in order."""

    parts: Mapping[str, Part]

    @property
    def digest(self) -> str:
        """What the entry of this key is kept under."""
        return digest({name: list(part.items()) for name, part in self.parts.items()})

    def changes(self, before: Key) -> list[str]:
        """A phrase for each part that differs, such as "code cells changed (cell 7 `breadth`)"."""
        names = dict.fromkeys([*self.parts, *before.parts])
        found = ((name, self._part(before, name)) for name in names)
        return [f"{name} changed ({told})" for name, told in found if told]

    def _part(self, before: Key, name: str) -> str:
        new, old = self.parts.get(name, {}), before.parts.get(name, {})
        if list(new.items()) == list(old.items()):
            return ""
        told = [
            _thing(name, thing, old.get(thing), new.get(thing), list(new or old))
            for thing in dict.fromkeys([*new, *old])
            if new.get(thing) != old.get(thing)
        ]
        more = [f"and {len(told) - _SHOWN} more"] * (len(told) > _SHOWN)
        return ", ".join(told[:_SHOWN] + more) or "their order"


def cells_of(notebook: Path) -> Part:
    """Cell → hash of its source and metadata, for code cells alone; and the notebook's metadata.

    What Markdown and raw cells say does not enter.
    """
    content = json.loads(notebook.read_bytes())
    found = {"": digest([content.get("metadata", {}), content.get("nbformat")])}
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            name = str(cell.get("id", f"#{len(found)}"))
            name = name if name not in found else f"{name}#{len(found)}"
            metadata = sorted(cell.get("metadata", {}).items())
            found[name] = digest(["".join(cell["source"]), metadata])
    return found


def sources_of(modules: Iterable[str], code: Part) -> Part:
    """Of the hashes of a whole package, `code`, those of `modules` and of the data beside them."""
    return {name: code[name] for name in files(modules, code)}


def rooms(*names: str, package: str = "research") -> Part:
    """File → hash of its bytes, for all in these rooms of the package, or in all of it."""
    found = everything(package)
    return {name: hash_of(found[name]) for name in _in_rooms(found, names, package)}


def rooms_of(code: Part, *names: str, package: str = "research") -> Part:
    """Of the hashes of a whole package, `code`, those of these rooms."""
    return {name: code[name] for name in _in_rooms(code, names, package)}


def beside(folder: Path, but: Collection[Path]) -> Part:
    """File → hash of its bytes, for what else lies in a notebook's folder: it can be read there."""
    return {name: hash_of(path) for name, path in others_in(folder, but).items()}


def others_in(folder: Path, but: Collection[Path]) -> dict[str, Path]:
    """Name → file of all in `folder` but the notebooks `but`, what is compiled and checkpoints."""
    found = {}
    left_out = {path.resolve() for path in but}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if not _NOBODYS.intersection(parts) and path.is_file() and path.resolve() not in left_out:
            found["/".join(parts)] = path
    return found


def values_of(parameters: Mapping[str, Any]) -> Part:
    """Parameter → its value as text."""
    return {name: json.dumps(value) for name, value in sorted(parameters.items())}


@lru_cache(maxsize=1)
def versions() -> Part:
    """What computes: Python, the machine's kind, and each package that this one asks for."""
    asked = importlib.metadata.requires("research") or []
    names = {re.split(r"[^\w.-]", one, maxsplit=1)[0].lower() for one in asked if ";" not in one}
    return {
        "python": platform.python_version(),
        "machine": f"{sys.platform} {platform.machine()}",
        **{name: version_of(name) for name in sorted(names)},
    }


@lru_cache(maxsize=256)
def version_of(name: str) -> str:
    """The version of an installed package, looked up once in a process."""
    told = importlib.metadata.distribution(name)
    # To read all that a package says of itself takes ten times as long.
    line = _VERSION.search(told.read_text("METADATA") or "")
    return line[1].strip() if line else told.version


def hash_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file as it is now."""
    state = path.stat()
    return _hash(path, state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=4096)
def _hash(path: Path, _changed: int, _size: int, _number: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_rooms(known: Iterable[str], names: Sequence[str], package: str) -> Iterator[str]:
    wanted = tuple(f"{package}/{name}{end}" for name in names for end in ("/", "."))
    return (name for name in known if not names or name.startswith(wanted))


def _thing(part: str, name: str, old: str | None, new: str | None, order: list[str]) -> str:
    if part == CELLS:
        told = f"cell {order.index(name)} `{name}`" if name in order else f"cell `{name}`"
        told = told if name else "the notebook's metadata"
    else:
        told = name
    if old is None or new is None:
        return f"{told} is {'new' if old is None else 'gone'}"
    return f"{told} {_short(old)} → {_short(new)}" if part in _SAID else told


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
