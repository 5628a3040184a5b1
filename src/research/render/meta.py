"""What a publication says about itself, read from a notebook's metadata."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from research.render.blocks import Heading
from research.render.publication import Meta
from research.render.scope import fold, words

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PRODUCER = {"name": "Author", "role": "Role", "firm": "Firm", "regulator": "Regulated by"}


def read_meta(metadata: Mapping[str, Any], *, name: str, heading: Heading | None) -> Meta:
    """From `metadata.research`; for an ordinary notebook its title, first heading or file name."""
    about = metadata.get("research")
    if about is None:
        title = fold(str(metadata.get("title") or "")).strip()
        title = title or (words(heading.children).strip() if heading else "")
        return Meta(title=title or fold(name) or "Notebook")
    gate = about.get("gate") or {}
    producer = about.get("producer") or {}
    return Meta(
        title=fold(about["title"]),
        edition=True,
        series=fold(about.get("series", "")),
        issue=fold(about.get("edition", "")),
        question=fold(about.get("question", "")),
        as_of=day(about.get("as_of", "")),
        as_of_note=fold(about.get("as_of_note", "")),
        completed=_moment(about.get("completed_at", "")),
        completed_at=about.get("completed_at", ""),
        illustrative=bool(about.get("illustrative")),
        gate=fold(gate.get("status", "")),
        gate_messages=tuple(fold(message) for message in gate.get("messages", [])),
        producer=tuple(
            (label, fold(str(producer[key])))
            for key, label in _PRODUCER.items()
            if producer.get(key)
        ),
        since=fold(about.get("since", "")),
        changed=tuple(
            (one["id"], fold(one["title"]), fold(one["before"])) for one in about.get("changed", [])
        ),
        disclosures=tuple(fold(line) for line in about.get("disclosures", [])),
        paper="us-letter" if about.get("paper") == "us-letter" else "a4",
        language=about.get("language", "en"),
    )


def day(iso: str) -> str:
    """`2026-01-28` as `28 Jan 2026`, whatever the machine's locale."""
    if not iso:
        return ""
    date = dt.date.fromisoformat(iso[:10])
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def _moment(iso: str) -> str:
    if not iso:
        return ""
    moment = dt.datetime.fromisoformat(iso.replace("Z", "+00:00")).astimezone(dt.UTC)
    return f"{day(moment.date().isoformat())} {moment:%H:%M} UTC"
