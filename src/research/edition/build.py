"""From a plan to a published edition: run, assemble, render, record, publish."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from research.edition.assemble import assemble
from research.edition.changes import Change, changes, findings_before
from research.edition.clock import after_its_data
from research.edition.index import write_index
from research.edition.ledger import read_ledger
from research.edition.manifest import NAME, encode, manifest
from research.edition.plan import Gate, Plan, read_notebooks, refuse_other_kind
from research.edition.publish import probe, publish, recover, replace_file
from research.edition.remember import announce, check_rows, remember
from research.edition.shelf import previous
from research.errors import NotebookError, ResearchError, UsageError
from research.execution.folder import private_folder
from research.execution.run import Listener, Outcome, run
from research.memory.anchor import FOLDER, MEMORY_FILE
from research.memory.chain import ChainError
from research.memory.recall import ENVIRONMENT, decode


class StoppedError(ResearchError):
    """The build was told to stop while nothing was published yet."""

    exit_code = 130


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A finished edition: its manifest and the content of every file, `edition.json` included."""

    record: Mapping[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a build has left in `reports/`.

    `not_remembered` says why its forecasts and outcomes are not in the note's memory, if they are
    not.
    """

    folder: Path
    record: Mapping[str, Any]
    files: tuple[str, ...]
    changes: tuple[Change, ...]
    compared_with: str
    not_remembered: str


def build(
    plan: Plan,
    *,
    completed_at: str,
    workers: int | None = None,
    executor: Executor | None = None,
    on_event: Listener | None = None,
) -> Published:
    """Make the edition of `plan` and publish it whole.

    What a whole edition foretells and finds is then appended to the note's memory. Raises
    NotebookError or RenderError with nothing published; the failed notebook is then kept under
    `_failed`. Raises UsageError, before any notebook is run, when `reports` cannot be written or
    holds this edition of the other kind of data, or `completed_at` lies before the edition's date,
    and StoppedError on Ctrl-C.
    """
    after_its_data(completed_at, plan.as_of)
    home = plan.reports / plan.params.note.note
    probe(plan.folder)
    if not plan.partial:
        refuse_other_kind(plan.folder, illustrative=plan.illustrative)
        probe(home)
        probe(home / FOLDER)
    recover(plan.folder.parent)
    with _interruptible():
        made = make(
            plan, completed_at=completed_at, workers=workers, executor=executor, on_event=on_event
        )
    before = None
    if not plan.partial:
        before = previous(plan.reports, plan.params.note.note, plan.edition)
        announce(home, made.record, made.files[NAME])
    publish(plan.folder, made.files)
    if made.record["gates"]["status"] == "PASS":
        shutil.rmtree(home / "_failed" / plan.edition, ignore_errors=True)
    lost = ""
    if not plan.partial:
        write_index(plan.reports)
        lost = _remember(home, made.record)
    return Published(
        folder=plan.folder,
        record=made.record,
        files=tuple(made.files),
        changes=tuple(changes(before, made.record)) if before else (),
        compared_with=before["edition"] if before else "",
        not_remembered=lost,
    )


def make(
    plan: Plan,
    *,
    completed_at: str,
    workers: int | None = None,
    executor: Executor | None = None,
    on_event: Listener | None = None,
    formats: Sequence[str] = ("pdf", "html"),
) -> Edition:
    """Run and render the edition of `plan` and give its files, written nowhere."""
    import nbformat

    with private_folder() as folder:
        memory = folder / MEMORY_FILE
        memory.write_bytes(plan.memory)
        jobs = [replace(job, env={**job.env, ENVIRONMENT: str(memory)}) for job in plan.jobs]
        outcomes = run(jobs, workers=workers, executor=executor, on_event=on_event)
    _check_notebooks(plan)
    kept, gates = _settle(plan, outcomes)
    notebook = assemble(plan, kept, gates=gates, completed_at=completed_at)
    ledger = read_ledger(notebook)
    last = decode(plan.memory).last
    notebook.metadata.research["since"] = last["edition"] if last else ""
    notebook.metadata.research["changed"] = findings_before(last, ledger.exhibits)
    files = render(notebook, plan.params.note.note, formats)
    files |= {f"data/{name}.csv": csv.encode() for name, csv in ledger.data.items()}
    # By section, since one notebook may serve two sections with other parameters.
    files |= {
        f"notebooks/{one.section}.ipynb": f"{nbformat.writes(one.notebook)}\n".encode()
        for one in kept
    }
    files[MEMORY_FILE] = plan.memory
    record = manifest(plan, ledger, gates=gates, completed_at=completed_at, files=files)
    check_rows(record)
    return Edition(record=record, files={**files, NAME: encode(record)})


def preview(
    plan: Plan, *, completed_at: str, pdf: bool = False, on_event: Listener | None = None
) -> list[Path]:
    """Run the plan's one section and write its page under `_preview`; gives what was written."""
    after_its_data(completed_at, plan.as_of)
    formats = ("html", "pdf") if pdf else ("html",)
    note = plan.params.note.note
    folder = plan.reports / note / "_preview"
    probe(folder / "page")
    with _interruptible():
        made = make(plan, completed_at=completed_at, on_event=on_event, formats=formats)
    written = []
    for suffix in formats:
        page = folder / f"{plan.jobs[0].section}.{suffix}"
        replace_file(page, made.files[f"{note}.{suffix}"])
        written.append(page)
    return written


def render(notebook: Any, name: str, formats: Sequence[str]) -> dict[str, bytes]:
    """`notebook` as the files `<name>.pdf` and `<name>.html`, or those of them asked for."""
    from research.render.exporters import ResearchHTMLExporter, ResearchPDFExporter

    exporters = {"pdf": ResearchPDFExporter, "html": ResearchHTMLExporter}
    files = {}
    for suffix in formats:
        content, _ = exporters[suffix]().from_notebook_node(notebook)
        files[f"{name}.{suffix}"] = content.encode() if isinstance(content, str) else content
    return files


def _remember(home: Path, record: Mapping[str, Any]) -> str:
    try:
        remember(home, record)
    except (UsageError, ChainError) as error:
        return (
            f"edition {record['edition']} is published, but what it foretells and finds is not in "
            f"the note's memory: {error} Then build the edition again, to append what is missing."
        )
    return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        raise StoppedError("interrupted, nothing was published.") from error


def _check_notebooks(plan: Plan) -> None:
    """Refuses an edition of which nobody can say from which text of a notebook it was made."""
    now = read_notebooks(plan.jobs)
    edited = [
        job.notebook.name for job in plan.jobs if now[job.section] != plan.notebooks[job.section]
    ]
    if edited:
        raise UsageError(
            f"{', '.join(edited)} changed on disk while the edition was being built, so that its "
            "record would not say what was run. Nothing was published; build it again."
        )


def _settle(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[Gate]]:
    failed = [outcome for outcome in outcomes if outcome.failure]
    if not failed:
        return list(outcomes), list(plan.gates)
    shelf = plan.reports / plan.params.note.note / "_failed" / plan.edition
    kept = _keep(shelf, failed)
    front = plan.jobs[0].section
    if plan.params.note.on_section_failure == "stop" or failed[0].section == front:
        told = "\n".join(str(outcome.failure) for outcome in failed)
        raise NotebookError(f"{told}\nNothing was published. {kept}")
    titles = {section.id: section.title for section in plan.params.note.sections}
    gaps = [
        Gate(
            dataset="section",
            subject=outcome.section,
            status="DEGRADED",
            message=f"The section “{titles[outcome.section]}” is left out: its notebook failed.",
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
