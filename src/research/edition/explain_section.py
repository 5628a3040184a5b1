"""Why a section ran in the last build or did not, and whether it would run now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from research.edition.manifest import load
from research.edition.plan import PARTIAL, plan
from research.edition.reuse import record_of, section_key
from research.errors import ResearchError
from research.execution.cache.key import Key
from research.execution.cache.store import Store
from research.params.models import Params


@dataclass(frozen=True, kw_only=True)
class SectionExplanation:
    """`last` says what the last build with the cache did, `now` what another one would do.

    `parts` are those of the key at that build: by part, by the name of a thing, what tells it
    apart. `key` is what the section's outputs are kept under.
    """

    edition: str
    section: str
    last: str
    now: str
    key: str
    parts: Mapping[str, Mapping[str, str]]

    def as_json(self) -> str:
        """All of it as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def explain_section(folder: Path, section: str, cache: Store, params: Params) -> SectionExplanation:
    """Compare the key of a section of the edition in `folder` with the one before and with now."""
    record = load(folder)
    home = str(folder.resolve().parent)
    held = record_of(cache, home, record["edition"], section)
    return SectionExplanation(
        edition=record["edition"],
        section=section,
        last=_last(section, held),
        now=_now(section, held, record, folder, cache, params),
        key=held["digest"] if held else "",
        parts=held["parts"] if held else {},
    )


def _last(section: str, held: Mapping[str, Any] | None) -> str:
    if held is None:
        return f"the cache knows of no build of {section}"
    since = f"since {held['before']}, " if held["before"] not in ("", held["edition"]) else ""
    changes = ", ".join(held["changes"])
    if not held["ran"]:
        if not changes:
            return "nothing changed: taken from the cache"
        return f"taken from the cache, where the same was run before: {since}{changes}"
    if changes:
        return f"{section} ran again: {since}{changes}"
    if held["before"]:
        return f"{section} ran again, though nothing changed: the cache did not hold what it showed"
    return f"{section} ran: the cache knew of no build of it before"


def _now(
    section: str,
    held: Mapping[str, Any] | None,
    record: Mapping[str, Any],
    folder: Path,
    cache: Store,
    params: Params,
) -> str:
    if held is None:
        return "it would run"
    home = folder.resolve().parent
    reports = home.parents[1] if home.name == PARTIAL else home.parent
    try:
        planned = plan(
            params,
            as_of=record["as_of_asked"],
            source=record["source"],
            sections=[section],
            reports=reports,
            cache=cache,
        )
        changes = section_key(planned, planned.jobs[0], cache).changes(Key(parts=held["parts"]))
    except (ResearchError, OSError, ValueError) as error:
        return f"unknown, for the note cannot be planned: {error}"
    return f"it would run: {', '.join(changes)}" if changes else "nothing has changed since"
