"""Sections of the note, and its source."""

from __future__ import annotations

from research.errors import Fault
from research.params.checks.common import repeated
from research.params.sentences import show
from research.params.where import Tree, spelling


def check_note(note: Tree) -> list[Fault]:
    """Sections have ids of their own; the source is one there is."""
    faults = list(repeated(note, "sections"))
    source = note.at("source")
    if isinstance(source, str) and source != "sample" and not source.startswith("files:"):
        near = spelling(source, ["sample", "files:"])
        problem = (
            f'found {show(source)}, expected "sample" or "files:" and the path of a catalogue.'
        )
        faults.append(note.fault(("source",), problem, near if near.startswith("Did") else ""))
    return faults
