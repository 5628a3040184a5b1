"""From a plan to a published edition: run, assemble, render, record, publish."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from research.edition.changes import Change, changes
from research.edition.clock import after_its_data
from research.edition.draft import Edition, drafted, finished, notebooks_of
from research.edition.galley import set_pages
from research.edition.index import write_index
from research.edition.manifest import NAME
from research.edition.plan import Plan, is_of, refuse_other_kind
from research.edition.publish import probe, publish, recover, replace_file
from research.edition.rehearsal import Rehearsal
from research.edition.remember import announce, remember
from research.edition.reuse import LayOut, run_or_reuse
from research.edition.shelf import previous
from research.errors import ResearchError, UsageError
from research.execution.cache.store import Store
from research.execution.run import Event, Job, Listener, Outcome, run, said_before, take_up
from research.memory.anchor import FOLDER
from research.memory.chain import ChainError
from research.memory.recall import ENVIRONMENT


class StoppedError(ResearchError):
    """The build was told to stop while nothing was published yet."""

    exit_code = 130


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
    cache: Store | None = None,
    rehearsal: Rehearsal | None = None,
) -> Published:
    """Make the edition of `plan` and publish it whole.

    What a whole edition foretells and finds is then appended to the note's memory. Raises
    NotebookError or RenderError with nothing published; the failed notebook is then kept under
    `_failed`. Raises UsageError, before any notebook is run, when `reports` cannot be written or
    holds this edition of the other kind of data, or `completed_at` lies before the edition's date,
    and StoppedError on Ctrl-C.
    """
    prepare(plan, completed_at)
    with _interruptible():
        made = make(
            plan,
            completed_at=completed_at,
            workers=workers,
            executor=executor,
            on_event=on_event,
            cache=cache,
            rehearsal=rehearsal,
        )
    published = release(plan, made)
    if not plan.partial:
        write_index(plan.reports)
    return published


def prepare(plan: Plan, completed_at: str) -> None:
    """Refuse what `build` refuses before any notebook is run, and mend what killed builds left."""
    after_its_data(completed_at, plan.as_of)
    home = plan.reports / plan.params.note.note
    probe(plan.folder)
    if not plan.partial:
        refuse_other_kind(plan.folder, illustrative=plan.illustrative)
        probe(home)
        probe(home / FOLDER)
    recover(plan.folder.parent)


def release(plan: Plan, made: Edition) -> Published:
    """Publish what was made of `plan` and append to the note's memory; the index stays as it is."""
    home = plan.reports / plan.params.note.note
    before = None
    if not plan.partial:
        before = previous(plan.reports, plan.params.note.note, plan.edition)
        announce(home, made.record, made.files[NAME])
    publish(plan.folder, made.files)
    if made.record["gates"]["status"] == "PASS":
        shutil.rmtree(home / "_failed" / plan.edition, ignore_errors=True)
    lost = ""
    if not plan.partial:
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
    cache: Store | None = None,
    rehearsal: Rehearsal | None = None,
) -> Edition:
    """Run and render the edition of `plan` and give its files, written nowhere.

    A section that `cache` holds is not run; without one all are. A `rehearsal` begins while
    sections run, unless it has, is waited for, and given what is printed.
    """
    jobs = [replace(job, files={**job.files, ENVIRONMENT: plan.memory}) for job in plan.jobs]
    tell = _one_at_a_time(on_event)

    def run_them(waiting: Sequence[Job], lay_out: LayOut) -> list[Outcome]:
        def meanwhile(ended: Iterator[Outcome]) -> None:
            set_pages(plan, lay_out, ended, completed_at=completed_at, rehearsal=rehearsal)

        ready = _made_ready(plan, waiting, here=executor is None)
        return run(ready, workers=workers, executor=executor, on_event=tell, meanwhile=meanwhile)

    notebooks: dict[str, bytes] = {}
    with ExitStack() as after:
        outcomes, keep_them = run_or_reuse(plan, jobs, run_them, cache=cache, on_event=tell)
        after.callback(keep_them)  # whatever comes of the edition
        draft = drafted(plan, outcomes, completed_at=completed_at)

        def finish() -> None:
            after.close()
            notebooks.update(notebooks_of(draft))

        pages = render(
            draft.notebook, plan.params.note.note, formats, rehearsal=rehearsal, meanwhile=finish
        )
    return finished(plan, draft, pages, notebooks)


def preview(
    plan: Plan,
    *,
    completed_at: str,
    pdf: bool = False,
    on_event: Listener | None = None,
    cache: Store | None = None,
) -> list[Path]:
    """Run the plan's one section and write its page under `_preview`; gives what was written."""
    after_its_data(completed_at, plan.as_of)
    formats = ("html", "pdf") if pdf else ("html",)
    note = plan.params.note.note
    folder = plan.reports / note / "_preview"
    probe(folder / "page")
    with _interruptible():
        made = make(
            plan, completed_at=completed_at, on_event=on_event, formats=formats, cache=cache
        )
    written = []
    for suffix in formats:
        page = folder / f"{plan.jobs[0].section}.{suffix}"
        replace_file(page, made.files[f"{note}.{suffix}"])
        written.append(page)
    return written


def render(
    notebook: Any,
    name: str,
    formats: Sequence[str],
    *,
    rehearsal: Rehearsal | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> dict[str, bytes]:
    """`notebook` as the files `<name>.pdf` and `<name>.html`, or those of them asked for.

    The `rehearsal` is waited for, and given what is printed; `meanwhile` is called while Typst
    prints.
    """
    from research.render.pages import write_pages

    keep, rehearsed = (rehearsal.keep, rehearsal.end) if rehearsal else (None, None)
    pages = write_pages(notebook, formats, keep=keep, rehearsed=rehearsed, meanwhile=meanwhile)
    return {f"{name}.{suffix}": page for suffix, page in pages.items()}


def _made_ready(plan: Plan, jobs: Sequence[Job], *, here: bool) -> Sequence[Job]:
    """The jobs, with as much computed ahead as helps; `here` are kernels that this process has."""
    longest = max((job.setup for job in jobs), key=lambda setup: len(setup.preload))
    if here and is_of(plan, said_before(longest)):
        take_up(longest)
    # What several notebooks share is computed ahead; one alone computes what it needs of it, and
    # would wait for the rest.
    elif len(jobs) == 1:
        return [replace(one, setup=replace(one.setup, preload=())) for one in jobs]
    return jobs


def _one_at_a_time(listener: Listener | None) -> Listener | None:
    # What is reused is told from another thread than what runs.
    if listener is None:
        return None
    lock = Lock()

    def tell(event: Event) -> None:
        with lock:
            listener(event)

    return tell


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
