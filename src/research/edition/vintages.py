"""Where the vintages that an edition is made from lie, told without opening any."""

from __future__ import annotations

from pathlib import Path

_STORE = "../data"  # as seen from the note's file, where the source names no other


def store_of(source: str, note_file: Path) -> Path | None:
    """The folder of vintages that `source` reads, None for one that reads none."""
    kind, _, folder = source.partition(":")
    return note_file.parent / (folder or _STORE) if kind == "store" else None


def records_in(store: Path) -> set[Path]:
    """The records of all vintages in a store: another one makes another market."""
    return set(store.glob("*/*/*.json"))
