"""What changed between two editions of a note, read from their manifests alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that reads differently; `before` or `after` is empty for what came or went."""

    kind: str
    id: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}: {self.before or '(none)'} → {self.after or '(gone)'}"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """All differences from manifest `before` to manifest `after`, the gravest kind first.

    Gate, then outlook, claims by verdict, exhibits by title, facts by the words they were
    printed as.
    """
    return [
        change
        for kind, read in _KINDS.items()
        for change in _differences(kind, read(before), read(after))
    ]


def findings_before(
    last: Mapping[str, Any] | None, exhibits: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Exhibits that say something else than in the `last` edition, which an edition remembers.

    In reading order, each with its `id`, its `title` now and the one `before`; one that only one
    of the two editions has did not change.
    """
    known = (last or {}).get("exhibits") or {}
    return [
        {"id": one["id"], "title": one["title"], "before": known[one["id"]]}
        for one in exhibits
        if known.get(one["id"], one["title"]) != one["title"]
    ]


def facts_in(*records: Mapping[str, Any]) -> int:
    """How many facts there are in any of these manifests."""
    return len({name for record in records for name in _facts(record)})


def _differences(kind: str, before: dict[str, str], after: dict[str, str]) -> list[Change]:
    return [
        Change(kind=kind, id=name, before=before.get(name, ""), after=after.get(name, ""))
        for name in dict.fromkeys([*after, *before])
        if before.get(name) != after.get(name)
    ]


def _gate(record: Mapping[str, Any]) -> dict[str, str]:
    return {"status": record["gates"]["status"]}


def _outlook(record: Mapping[str, Any]) -> dict[str, str]:
    outlook = record.get("outlook") or {}
    return {
        key: str(value) for key, value in outlook.items() if isinstance(value, int | float | str)
    }


def _claims(record: Mapping[str, Any]) -> dict[str, str]:
    return {claim["id"]: claim["verdict"] for claim in record.get("claims") or []}


def _exhibits(record: Mapping[str, Any]) -> dict[str, str]:
    return {one["id"]: one["title"] for one in record.get("exhibits") or []}


def _facts(record: Mapping[str, Any]) -> dict[str, str]:
    return {fact["id"]: fact["text"] for fact in record.get("facts") or []}


_KINDS = {
    "gate": _gate,
    "outlook": _outlook,
    "claim": _claims,
    "exhibit": _exhibits,
    "fact": _facts,
}
