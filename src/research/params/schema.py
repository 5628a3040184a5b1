"""JSON Schemas of the parameter files, by which editors complete and check while one types."""

from __future__ import annotations

import json
from pathlib import Path

from research.params.base import Record
from research.params.catalysts import Catalysts
from research.params.corrections import Corrections
from research.params.decks import Decks
from research.params.disclosures import Disclosures
from research.params.feeds import Feeds
from research.params.ledger import Claims
from research.params.method import Method
from research.params.note import Note
from research.params.universe import Universe

MODELS: dict[str, type[Record]] = {
    "note": Note,
    "universe": Universe,
    "claims": Claims,
    "method": Method,
    "decks": Decks,
    "catalysts": Catalysts,
    "disclosures": Disclosures,
    "corrections": Corrections,
    "sources": Feeds,
}


def write(folder: str | Path) -> list[Path]:
    """One file per kind of parameter file, `<folder>/<kind>.json`; returns their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in as_json().items():
        path = folder / f"{name}.json"
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def as_json() -> dict[str, str]:
    """Kind of parameter file → its JSON Schema (draft 2020-12) as text."""
    return {name: _text(model) for name, model in MODELS.items()}


def _text(model: type[Record]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
