"""What one fact, exhibit or claim of a published edition is, and where it comes from."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from research.edition.manifest import NAME, load
from research.edition.trace import Trace, trace
from research.errors import UsageError
from research.exhibits.mime import BLOCK, EXHIBIT, PROSE

_OF_A_FACT = ("value", "unit", "text", "as_of", "source")
_OF_AN_EXHIBIT = ("number", "kind", "title", "unit", "source", "alt", "data")
_OF_A_CLAIM = (
    "quote", "speaker", "firm", "said_on", "measure", "estimate", "ci", "unit", "verdict", "grade",
    "falsifier",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`told` says what it is; the rest, by which cell, statements, functions and inputs it came.

    `cell` is the id of the cell in the executed `notebook` and `index` its place from 0; both are
    empty for a claim that no card shows. `facts` are the ids of those an exhibit or a card says.
    """

    edition: str
    kind: str
    id: str
    told: Mapping[str, Any]
    where: str
    notebook: str = ""
    cell: str = ""
    index: int | None = None
    expression: str = ""
    trace: Trace = field(default_factory=Trace)
    facts: tuple[str, ...] = ()
    inputs: Mapping[str, str]

    def as_json(self) -> str:
        """All of it as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def explain(folder: Path, name: str) -> Explanation:
    """Explain the fact, exhibit or claim `name` of the edition in `folder`.

    Read from the edition alone: its manifest and its executed notebooks; nothing is run. The
    functions are those of this package as it is installed. Raises UsageError for an unknown name,
    with those that are like it, and for an edition whose notebook is not there.
    """
    record = load(folder)
    for fact in record["facts"]:
        if fact["id"] == name:
            return _fact(folder, record, fact)
    for exhibit in record["exhibits"]:
        if exhibit["id"] == name:
            return _exhibit(folder, record, exhibit)
    for claim in record["claims"]:
        if name in (claim["id"], card_of(claim["id"])):
            return _claim(folder, record, claim)
    raise UsageError(_unknown(record, folder, name))


def is_section(record: Mapping[str, Any], name: str) -> bool:
    """Whether `name` is a section of the edition of `record`, and no fact, exhibit or claim."""
    said = (one["id"] for part in ("facts", "exhibits", "claims") for one in record[part])
    return name in record["params"] and name not in said


def card_of(claim: str) -> str:
    """The id of the card that shows a claim."""
    return f"claim-{claim.lower()}"


@dataclass(frozen=True, kw_only=True)
class _Said:
    """One bundle that an executed notebook put out."""

    notebook: str
    cells: list[dict[str, Any]]
    index: int
    kind: str
    bundle: Mapping[str, Any]

    @property
    def cell(self) -> str:
        return str(self.cells[self.index]["id"])


def _fact(folder: Path, record: Mapping[str, Any], fact: Mapping[str, Any]) -> Explanation:
    section = fact["section"]
    own = fact["id"].removeprefix(f"{section}.")
    for said in _bundles(folder, section):
        for one in said.bundle.get("facts", ()):
            if one["id"] == own and said.cell == fact.get("cell", said.cell):
                expression = one.get("expression", "")
                return Explanation(
                    edition=record["edition"],
                    kind="fact",
                    id=fact["id"],
                    told={key: fact[key] for key in _OF_A_FACT},
                    where=f"section {section}, {_place(record, said)}",
                    expression=expression,
                    inputs=_inputs(record, section),
                    **_cell(said, expression),
                )
    raise UsageError(
        f"{folder / NAME} lists {fact['id']}, but no cell of notebooks/{section}.ipynb says it. "
        "The edition was altered, or is of an older version: build it again."
    )


def _exhibit(folder: Path, record: Mapping[str, Any], exhibit: Mapping[str, Any]) -> Explanation:
    section, name = exhibit["section"], exhibit["id"]
    found: dict[str, Any] = {}
    for said in _bundles(folder, section):
        if said.kind == EXHIBIT and said.bundle["id"] == name:
            found = _cell(said, "") | {"facts": _ids(said, section)}
    return Explanation(
        edition=record["edition"],
        kind="exhibit",
        id=name,
        told={key: exhibit[key] for key in _OF_AN_EXHIBIT},
        where=f"section {section}, Exhibit {exhibit['number']}",
        inputs=_inputs(record, section),
        **found,
    )


def _claim(folder: Path, record: Mapping[str, Any], claim: Mapping[str, Any]) -> Explanation:
    told = {key: claim[key] for key in _OF_A_CLAIM if key in claim}
    where, found, inputs = "on no card of the edition", {}, _inputs(record)
    for section in record["params"]:
        for said in _bundles(folder, section):
            if said.kind == BLOCK and said.bundle.get("id") == card_of(claim["id"]):
                rows = f"data/{said.bundle['id']}.csv" if said.bundle.get("csv") else ""
                told |= {"formula": said.bundle.get("formula", ""), "rows": rows}
                where = f"section {section}, {_place(record, said)}"
                found = _cell(said, "") | {"facts": _ids(said, section)}
                inputs = _inputs(record, section)
    return Explanation(
        edition=record["edition"],
        kind="claim",
        id=claim["id"],
        told=told,
        where=where,
        inputs=inputs,
        **found,
    )


def _bundles(folder: Path, section: str) -> Iterator[_Said]:
    file = folder / "notebooks" / f"{section}.ipynb"
    try:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"{file} cannot be read, so that nobody can say what the edition came from "
            f"({type(error).__name__}). Build the edition again."
        ) from error
    for index, cell in enumerate(cells):
        for output in cell.get("outputs", ()):
            for kind in (PROSE, EXHIBIT, BLOCK):
                if kind in output.get("data", {}):
                    yield _Said(
                        notebook=f"notebooks/{section}.ipynb",
                        cells=cells,
                        index=index,
                        kind=kind,
                        bundle=output["data"][kind],
                    )


def _cell(said: _Said, expression: str) -> dict[str, Any]:
    return {
        "notebook": said.notebook,
        "cell": said.cell,
        "index": said.index,
        "trace": trace(said.cells, said.index, expression),
    }


def _ids(said: _Said, section: str) -> tuple[str, ...]:
    return tuple(f"{section}.{one['id']}" for one in said.bundle.get("facts", ()))


def _place(record: Mapping[str, Any], said: _Said) -> str:
    if said.kind == PROSE:
        return "prose"
    name = said.bundle.get("id", "")
    if said.kind == BLOCK:
        return f"{said.bundle['kind']} {name}"
    numbers = {one["id"]: one["number"] for one in record["exhibits"]}
    return f"Exhibit {numbers[name]} ({name})"


def _inputs(record: Mapping[str, Any], section: str = "") -> dict[str, str]:
    """Parameters, market data and the section's notebook, each with the sha256 of what was read."""
    own = f"notebooks/{section}.ipynb"
    return {
        name: sha
        for name, sha in record["inputs"].items()
        if name == own or name.startswith(("params/", "market/"))
    }


def _unknown(record: Mapping[str, Any], folder: Path, name: str) -> str:
    known = [one["id"] for part in ("claims", "exhibits", "facts") for one in record[part]]
    known += record["params"]
    lower = {one.lower(): one for one in reversed(known)}
    close = difflib.get_close_matches(name.lower(), lower, n=3)
    close += [one for one in lower if one.endswith(f".{name.lower()}") and one not in close][:2]
    hint = f" Did you mean {' or '.join(repr(lower[one]) for one in close)}?" if close else ""
    return (
        f"{name!r} is no fact, exhibit, claim or section of edition {record['edition']}, which has "
        f"{len(record['facts']):,} facts, {len(record['exhibits'])} exhibits, "
        f"{len(record['claims'])} claims and {len(record['params'])} sections; {folder / NAME} "
        f"lists them.{hint}"
    )
