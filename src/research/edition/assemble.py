"""One notebook out of the executed notebooks of an edition's sections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from research.edition.plan import Plan, worst
from research.execution.run import Outcome
from research.gates import GateResult


def assemble(
    plan: Plan, outcomes: Sequence[Outcome], *, gates: Sequence[GateResult], completed_at: str
) -> Any:
    """The edition as one notebook: all cells of all `outcomes`, each marked with its section.

    Its metadata under `research` is all that the exporters need to know of the edition. A cell
    whose output is an error never gets in.
    """
    import nbformat

    note = plan.params.note
    titles = {section.id: section.title for section in note.sections}
    labels = {one.id: one.label for one in plan.params.universe.instruments}
    edition = nbformat.v4.new_notebook()
    edition.metadata.kernelspec = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    edition.metadata.language_info = {"name": "python"}
    edition.metadata.research = {
        "note": note.note,
        "edition": plan.edition,
        "title": note.title,
        "series": note.series,
        "question": note.question,
        "as_of": plan.as_of.isoformat(),
        "as_of_note": plan.as_of_note,
        "completed_at": completed_at,
        "source": plan.source_name,
        "illustrative": plan.illustrative,
        "gate": {
            "status": worst(gates),
            "messages": [gate.plainly(labels) for gate in gates if gate.status != "PASS"],
        },
        "producer": note.producer.model_dump(),
        "disclosures": list(note.disclosures),
        "paper": note.paper,
        "language": note.language,
        "sections": [{"id": one.section, "title": titles[one.section]} for one in outcomes],
        "left_out": sorted(set(titles) - {one.section for one in outcomes}),
    }
    for outcome in outcomes:
        for cell in outcome.notebook.cells:
            if any(output.output_type == "error" for output in cell.get("outputs", [])):
                continue
            placed = nbformat.NotebookNode(cell)  # shares its outputs with the section's own
            placed.metadata = nbformat.NotebookNode(cell.metadata)
            placed.metadata.research = {"section": outcome.section}
            edition.cells.append(placed)
    return edition
