"""Everything an edition says, gathered from what its notebooks showed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from research.errors import RenderError
from research.exhibits.mime import BLOCK, EXHIBIT, PROSE

_SILENT = {"remove", "remove-output", "injected-parameters"}
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Facts and exhibits in reading order, and the records that notebooks left by name."""

    facts: tuple[dict[str, Any], ...]
    exhibits: tuple[dict[str, Any], ...]
    data: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, Any] = field(default_factory=dict)


def read_ledger(edition: Any) -> Ledger:
    """Read the outputs of an assembled edition.

    A fact's id is `<section>.<its own id>`; one that names no date or source of its own has the
    edition's. Its `cell` is the id of the first cell that said it. `data` holds the CSV behind
    each exhibit and each card. Cells that the page leaves out, such as those tagged `remove`, count
    with their records alone. Raises RenderError when two facts of one id differ, two exhibits share
    an id or two files a name, two sections leave different records of one name, or a number is not
    finite.
    """
    facts: dict[str, dict[str, Any]] = {}
    exhibits: dict[str, dict[str, Any]] = {}
    data: dict[str, str] = {}
    records: dict[str, Any] = {}
    owners: dict[str, str] = {}
    about = edition.metadata["research"]
    origin = {"as_of": about["as_of"], "source": about["source"]}
    for section, cell, shown, output in _outputs(edition):
        block = output.get(BLOCK, {})
        if block.get("kind") == "record":
            _keep_record(records, owners, block, section)
            continue
        if not shown:
            continue
        for bundle in (output.get(PROSE), output.get(EXHIBIT), block):
            for fact in (bundle or {}).get("facts", ()):
                _keep_fact(facts, fact, section, cell, origin)
        if EXHIBIT in output:
            _keep_exhibit(exhibits, output[EXHIBIT], section)
        for bundle in (output.get(EXHIBIT), block):
            if bundle and bundle.get("csv"):
                _keep_data(data, bundle, section)
    return Ledger(
        facts=tuple(facts.values()),
        exhibits=tuple(exhibits.values()),
        data=data,
        records=records,
    )


def shown_exhibits(edition: Any) -> Iterator[Mapping[str, Any]]:
    """The exhibits of an assembled edition that a reader sees, as their cells left them."""
    for _, _, shown, output in _outputs(edition):
        if shown and EXHIBIT in output:
            yield output[EXHIBIT]


def _outputs(edition: Any) -> Iterator[tuple[str, str, bool, Mapping[str, Any]]]:
    for cell in edition.cells:
        hidden = cell.metadata.get("jupyter", {}).get("outputs_hidden")
        shown = not hidden and not _SILENT & set(cell.metadata.get("tags", []))
        for output in cell.get("outputs", []):
            yield cell.metadata.research["section"], cell.id, shown, output.get("data", {})


def _keep_fact(
    facts: dict[str, dict[str, Any]],
    fact: Mapping[str, Any],
    section: str,
    cell: str,
    origin: Mapping[str, str],
) -> None:
    name = f"{section}.{fact['id']}"
    row = {
        "id": name,
        "value": fact["value"],
        "unit": fact.get("unit", ""),
        "as_of": fact.get("as_of") or origin["as_of"],
        "source": fact.get("source") or origin["source"],
        "section": section,
        "cell": cell,
        "text": fact.get("text", ""),
    }
    _refuse_nan(fact["value"], f"section {section}, fact {fact['id']!r}")
    before = facts.setdefault(name, row)
    if before["value"] != row["value"] or before["unit"] != row["unit"]:
        raise RenderError(
            f"section {section} says two things of {fact['id']!r}: {_said(before)} and "
            f"{_said(row)}. Give one of them another name or id."
        )


def _said(fact: Mapping[str, Any]) -> str:
    return f"{fact['text']!r} (value {fact['value']!r} {fact['unit']}".rstrip() + ")"


def _keep_data(data: dict[str, str], bundle: Mapping[str, Any], section: str) -> None:
    name = bundle["id"]
    if not _FILE_NAME.fullmatch(name):
        raise RenderError(
            f"section {section}: id {name!r} cannot name a file; use letters, digits and hyphens, "
            "such as 'rally-indexed'."
        )
    if data.setdefault(name, bundle["csv"]) != bundle["csv"]:
        raise RenderError(
            f"section {section}: {name}.csv would be the file of two exhibits or cards. Give one "
            "of them another id."
        )


def _keep_exhibit(
    exhibits: dict[str, dict[str, Any]], exhibit: Mapping[str, Any], section: str
) -> None:
    name = exhibit["id"]
    if name in exhibits:
        raise RenderError(
            f"two exhibits have the id {name!r}: {exhibits[name]['title']!r} in section "
            f"{exhibits[name]['section']} and {exhibit['title']!r} in section {section}. "
            "Give one of them another id."
        )
    exhibits[name] = {
        "id": name,
        "number": len(exhibits) + 1,
        "kind": exhibit["kind"],
        "title": exhibit["title"],
        "unit": exhibit.get("unit", ""),
        "source": exhibit.get("source", ""),
        "alt": exhibit.get("alt", ""),
        "data": f"data/{name}.csv" if exhibit.get("csv") else None,
        "section": section,
    }


def _keep_record(
    records: dict[str, Any], owners: dict[str, str], block: Mapping[str, Any], section: str
) -> None:
    name, value = block["name"], block["value"]
    _refuse_nan(value, f"section {section}, record {name!r}")
    if name in records and records[name] != value:
        raise RenderError(
            f"sections {owners[name]} and {section} leave different records of {name!r}; "
            "let one section leave it."
        )
    records.setdefault(name, value)
    owners.setdefault(name, section)


def _refuse_nan(value: Any, where: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise RenderError(
            f"{where} is {value}: no such number may be published. Leave it out, or say NA."
        )
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _refuse_nan(inner, f"{where}, {key}")
    elif isinstance(value, list):
        for inner in value:
            _refuse_nan(inner, where)
