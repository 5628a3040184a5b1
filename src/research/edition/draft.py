"""What an edition says once its notebooks ran, and its files once its pages are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.edition.assemble import assemble
from research.edition.changes import findings_before
from research.edition.ledger import read_ledger
from research.edition.manifest import NAME, encode, manifest, sha256
from research.edition.needs import as_planned
from research.edition.plan import Plan
from research.edition.publish import replace_file
from research.edition.remember import check_rows
from research.edition.suffering import in_short, suffering
from research.errors import NotebookError, UsageError
from research.execution.cache.key import hash_of
from research.execution.run import Outcome
from research.gates import GateResult
from research.memory.anchor import MEMORY_FILE
from research.memory.recall import decode


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A finished edition: its manifest and the content of every file, `edition.json` included."""

    record: Mapping[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An edition before it has pages: its notebook and all it says; `outputs` are not known yet."""

    notebook: Any
    sections: tuple[Outcome, ...]
    data: Mapping[str, str]
    record: Mapping[str, Any]


def drafted(plan: Plan, outcomes: Sequence[Outcome], *, completed_at: str) -> Draft:
    """What an edition says, before it has pages; raises as `build` does when notebooks failed."""
    _check_files(plan)
    kept, gates = _settle(plan, outcomes)
    notebook = assemble(plan, kept, gates=gates, completed_at=completed_at)
    ledger = read_ledger(notebook)
    found = suffering(notebook, ledger, gates, plan.params.universe)
    notebook.metadata.research["gate"]["messages"] += in_short(found)
    gates = [*gates, *(one.gate() for one in found)]
    last = decode(plan.memory).last
    notebook.metadata.research["since"] = last["edition"] if last else ""
    notebook.metadata.research["changed"] = findings_before(last, ledger.exhibits)
    record = manifest(plan, ledger, gates=gates, completed_at=completed_at, files={})
    check_rows(record)
    return Draft(notebook=notebook, sections=tuple(kept), data=ledger.data, record=record)


def finished(
    plan: Plan,
    draft: Draft,
    pages: Mapping[str, bytes],
    notebooks: Mapping[str, bytes] | None = None,
) -> Edition:
    """The edition of a `draft` whose `pages` (file name → content) are rendered.

    `notebooks` is what `notebooks_of` it gave, where that was asked already.
    """
    files = dict(pages)
    files |= {f"data/{name}.csv": csv.encode() for name, csv in draft.data.items()}
    files |= notebooks or notebooks_of(draft)
    files[MEMORY_FILE] = plan.memory
    outputs = {name: sha256(files[name]) for name in sorted(files)}
    record = {**draft.record, "outputs": outputs}
    return Edition(record=record, files={**files, NAME: encode(record)})


def notebooks_of(draft: Draft) -> dict[str, bytes]:
    """The executed notebooks of an edition: file name → content."""
    import nbformat

    # By section, since one notebook may serve two sections with other parameters.
    return {
        f"notebooks/{one.section}.ipynb": f"{nbformat.writes(one.notebook)}\n".encode()
        for one in draft.sections
    }


def _check_files(plan: Plan) -> None:
    """Refuses an edition of which nobody can say from which text of a file it was made."""
    base = Path(plan.params.path).resolve().parent.parent
    edited = [
        os.path.relpath(path.resolve(), base)
        for path, sha in as_planned(plan).items()
        if not path.is_file() or hash_of(path) != sha
    ]
    if edited:
        raise UsageError(
            f"{', '.join(edited)} changed on disk while the edition was being built, so that its "
            "record would not say what was run. Nothing was published; build it again."
        )


def _settle(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[GateResult]]:
    failed = [outcome for outcome in outcomes if outcome.failure]
    if not failed:
        return list(outcomes), list(plan.gates)
    shelf = plan.reports / plan.params.note.note / "_failed" / plan.edition
    kept = _keep(shelf, failed)
    front = plan.jobs[0].section
    if plan.params.note.on_section_failure == "stop" or failed[0].section == front:
        told = "\n".join(str(outcome.failure) for outcome in failed)
        raise NotebookError(f"{told}\nEdition {plan.edition} was not published. {kept}")
    titles = {section.id: section.title for section in plan.params.note.sections}
    gaps = [
        GateResult(
            dataset="section",
            subject=outcome.section,
            status="DEGRADED",
            text="The section “{title}” is left out: its notebook failed.",
            values={"title": titles[outcome.section]},
        )
        for outcome in failed
    ]
    return [outcome for outcome in outcomes if not outcome.failure], [*plan.gates, *gaps]


def _keep(shelf: Path, failed: Sequence[Outcome]) -> str:
    """Keep the failed notebooks for who mends them; gives the sentence that says where."""
    import nbformat

    shutil.rmtree(shelf, ignore_errors=True)
    try:
        for outcome in failed:
            text = f"{nbformat.writes(outcome.notebook)}\n"
            replace_file(shelf / f"{outcome.section}.ipynb", text.encode())
    except UsageError as error:  # second to what the notebook failed of
        return f"The failed notebooks are not kept: {error}"
    return f"As far as they ran, the failed notebooks are kept in {shelf}."
