"""YAML with its line numbers: what a file says, and on which line it says it."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from research.errors import Fault

Place = tuple[str | int, ...]
THIS_RUN = "this run"

# The core schema of YAML 1.2, which editors use: `no` is a word and 012 is not ten. Dates stay
# text until a record asks for a date.
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("null", "bool", "int", "float", "timestamp", "value", "merge")
}
_TAGS = _PLAIN_TAGS | {f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")}
_COMPOSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """What one file says: plain data, the line of each place in it, and its hash.

    A file that says the same is the same tree, which nobody changes.
    """

    shown: str
    data: Any
    sha256: str
    lines: Mapping[Place, int] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    """Keys whose value was given for this run and stands in no file."""

    def line(self, place: Place) -> int | None:
        """The line of `place`, or of the nearest place above that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def fault(self, place: Place, problem: str, hint: str = "") -> Fault:
        """A fault at `place`."""
        here = place[:1] != () and place[0] in self.given
        return Fault(
            file=THIS_RUN if here else self.shown,
            line=None if here else self.line(place),
            key=self.key(place),
            problem=problem,
            hint=hint,
        )

    def key(self, place: Place) -> str:
        """`place` as one writes it: `instruments.barrick.isin`, `basket[2]`."""
        text, node = "", self.data
        for part in place:
            node = _below(node, part)
            name = node.get("id") if isinstance(node, dict) else None
            if isinstance(part, str):
                text += f".{part}"
            else:
                text += f".{name}" if isinstance(name, str) and name else f"[{part}]"
        return text.removeprefix(".")

    def at(self, *place: str | int) -> Any:
        """The data at `place`; None where there is nothing."""
        node = self.data
        for part in place:
            node = _below(node, part)
        return node

    def records(self, *place: str | int) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Place and data of every mapping in the list at `place`."""
        for number, item in self.items(*place):
            if isinstance(item, dict):
                yield (*place, number), item

    def items(self, *place: str | int) -> Iterator[tuple[int, Any]]:
        """Number and data of every item of the list at `place`."""
        found = self.at(*place)
        yield from enumerate(found if isinstance(found, list) else [])

    def entries(self, *place: str | int) -> Iterator[tuple[str, Any]]:
        """Key and data of the mapping at `place`."""
        found = self.at(*place)
        yield from (found if isinstance(found, dict) else {}).items()


def read_yaml(path: Path, shown: str) -> tuple[Tree | None, list[Fault]]:
    """The file as a tree, and its faults of form: encoding, syntax, duplicate keys, tags.

    `shown` is the file's name in messages. The tree is None where nothing could be read.
    """
    tree, faults = _tree(path.read_bytes(), shown)
    return tree, [*faults]


@lru_cache(maxsize=32)
def _tree(raw: bytes, shown: str) -> tuple[Tree | None, list[Fault]]:
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=_COMPOSER)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = f"byte {raw[error.start]:#04x} is not UTF-8."
        return None, [_file_fault(shown, line, problem, "Save the file as UTF-8.")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line_number = mark.line + 1 if mark else None
        if mark and _sign_at(raw.decode("utf-8"), mark) == "\t":
            problem = "not readable as YAML: a tab stands where spaces belong."
            return None, [_file_fault(shown, line_number, problem, "Indent with spaces.")]
        words = " ".join(part for part in (error.context, error.problem) if part)
        hint = "Look for a missing quote, colon, bracket or indent on this line or just above."
        return None, [_file_fault(shown, line_number, f"not readable as YAML: {words}.", hint)]
    except yaml.YAMLError as error:
        words = str(error).splitlines()[0]
        return None, [_file_fault(shown, None, f"not readable as YAML: {words}.", "")]
    if node is None:
        return None, [_file_fault(shown, 1, "the file is empty.", "")]
    reading = _Reading(shown)
    data = reading.value(node, ())
    return Tree(shown=shown, data=data, sha256=sha256, lines=reading.lines), reading.faults


def spelling(word: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: the nearest one, or all of a few."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    if names and len(names) <= 24:
        return f"Known: {', '.join(names)}."
    return ""


class _Reading:
    """One walk over the nodes of a file."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []
        self._open: list[int] = []

    def value(self, node: Any, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _TAGS:
            self._refuse(node, place, f"tag {node.tag!r} is not understood.", "Take it away.")
            return None
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            self._refuse(node, place, "an alias that contains itself.", "")
            return None
        self._open.append(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*place, n)) for n, item in enumerate(node.value)]
            return self._mapping(node, place)
        finally:
            self._open.pop()

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, place, "a key must be a single word or number.", "")
                continue
            name = key.value
            here = (*place, name)
            if name in found:
                first = self.lines[here]
                self._refuse(
                    key, here, f"given twice; the first is on line {first}.", "Take one away."
                )
                continue
            self.lines[here] = key.start_mark.line + 1
            found[name] = self.value(item, here)
        return found

    def _refuse(self, node: Any, place: Place, problem: str, hint: str) -> None:
        key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
        self.faults.append(
            Fault(
                file=self.shown,
                line=node.start_mark.line + 1,
                key=key.removeprefix("."),
                problem=problem,
                hint=hint,
            )
        )


def _scalar(node: Any) -> Any:
    text = node.value
    # Numbers of YAML 1.2 that are words to this composer: 1e5 and -.5.
    late = _FLOAT.fullmatch(text) and re.search(r"[eE]|^[-+]\.", text)
    if node.style or (node.tag not in _PLAIN_TAGS and not late):
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", "").lower())
    return text


def _below(node: Any, part: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return node[part]
    return None


def _sign_at(text: str, mark: Any) -> str:
    line = "".join(re.split(r"\r\n?|\n", text)[mark.line : mark.line + 1])
    return line[mark.column : mark.column + 1]


def _file_fault(shown: str, line: int | None, problem: str, hint: str) -> Fault:
    return Fault(file=shown, line=line, key="", problem=problem, hint=hint)
