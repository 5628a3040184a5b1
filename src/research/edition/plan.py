"""What a build will do, decided before any kernel starts: date, edition, folder, jobs."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from research.calendar import edition_of
from research.edition.ahead import ahead_of, awaited
from research.edition.found import Found, look
from research.edition.source import source_of
from research.errors import DataError, UsageError
from research.execution.cache.store import Store
from research.execution.run import Job
from research.execution.warm import Setup
from research.gates import GateResult, Status
from research.memory import reports_beside
from research.memory.anchor import EDITION_FILE
from research.memory.recall import recall
from research.params.models import Params, Section

PARTIAL = "_partial"
_GRAVITY: tuple[Status, ...] = ("PASS", "DEGRADED", "BLOCKED")


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What the market says to an edition before it is planned; can be made in another process.

    `market_inputs` are hashes of the rows that are visible, `market_about` is what else a notebook
    can see of the source, `market_files` are the hashes of its files, by their name in the source.
    """

    as_of: dt.date
    as_of_note: str
    source: str
    source_name: str
    illustrative: bool
    gates: tuple[GateResult, ...]
    market_inputs: Mapping[str, str]
    market_about: Mapping[str, str]
    market_files: Mapping[str, str]


class GateError(DataError):
    """The data may not be published; carries what every gate found."""

    def __init__(self, gates: Sequence[GateResult], as_of: dt.date) -> None:
        self.gates = tuple(gates)
        listed = "\n".join(f"  {gate.message}" for gate in gates if gate.status == "BLOCKED")
        super().__init__(
            f"the data as of {as_of} may not be published; no notebook was run.\n{listed}"
        )
        self.as_of = as_of

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels between processes as what it was made from."""
        return type(self), (self.gates, self.as_of)


@dataclass(frozen=True, kw_only=True)
class Plan(Survey):
    """One edition to be built; holds no open data, so that it can travel to another process.

    `as_of_asked` is the date that leads to this plan again, `as_of_note` included. `memory` is the
    content of the edition's `memory.json`, `notebooks` the sha256 of each job's notebook.
    """

    params: Params
    as_of_asked: str
    memory: bytes
    reports: Path
    edition: str
    folder: Path
    partial: bool
    jobs: tuple[Job, ...]
    notebooks: Mapping[str, str]

    @property
    def status(self) -> Status:
        """DEGRADED when any gate is, else PASS; a BLOCKED edition has no plan."""
        return worst(self.gates)


def plan(
    params: Params,
    *,
    as_of: str | dt.date = "",
    source: str = "",
    sections: Sequence[str] = (),
    reports: Path | None = None,
    memory: bytes | None = None,
    found: Survey | None = None,
    cache: Store | None = None,
    ahead: Setup | None = None,
) -> Plan:
    """Resolve the date, run the data gates and lay out the jobs of one edition.

    Empty `as_of` and `source` mean what the note's file says. Naming `sections` plans a part
    of the edition, which never takes the place of a whole one: its folder is under `_partial`.
    `reports` is by default the folder of that name beside `params/`. `memory` is that of an edition
    that is built again; by default it is recalled from `reports`. `found` is what `survey` gave for
    the same date and source, where that was asked already; with a `cache` it opens the market only
    when something that is made of changed. `ahead` is what `ahead_of` gave where the process that
    kernels are forked from, which looks into the market for them, is to tell what it sees. Raises
    UsageError for an unknown section, an impossible date, or a whole edition whose folder holds one
    of the other kind of data, GateError when a gate is BLOCKED, ChainError when the note's memory
    was tampered with.
    """
    note = params.note
    chosen = _choose(note.sections, sections)
    market = found or survey(params, as_of=as_of, source=source, cache=cache, ahead=ahead)
    edition = edition_of(market.as_of)
    partial = len(chosen) < len(note.sections)
    reports = reports or reports_beside(Path(params.path))
    home = reports / note.note
    if memory is None:
        if not sections:  # a preview of the one section of a note replaces nothing either
            refuse_other_kind(home / edition, illustrative=market.illustrative)
        memory = recall(home, market.as_of, illustrative=market.illustrative).encode()
    ahead = ahead or ahead_of(params, as_of=as_of, source=source)
    jobs = tuple(_job(params, one, market, awaited(one, ahead)) for one in chosen)
    return Plan(
        **vars(market),
        params=params,
        as_of_asked=str(as_of or note.as_of) if market.as_of_note else market.as_of.isoformat(),
        memory=memory,
        reports=reports,
        edition=edition,
        folder=home / PARTIAL / edition if partial else home / edition,
        partial=partial,
        jobs=jobs,
        notebooks=read_notebooks(jobs),
    )


def survey(
    params: Params,
    *,
    as_of: str | dt.date = "",
    source: str = "",
    cache: Store | None = None,
    ahead: Setup | None = None,
) -> Survey:
    """Open the market and run the data gates; raises as `plan` does for date, source and gates.

    Where the process that kernels are forked from can be asked, by `ahead`, its look serves.
    """
    source = source_of(params, source)
    day = as_of or params.note.as_of
    return judged(look(params, source=source, as_of=day, cache=cache, ahead=ahead), source)


def judged(found: Found, source: str) -> Survey:
    """What was found in the market of `source` as a survey; raises GateError when it is BLOCKED."""
    day = dt.date.fromisoformat(found.as_of)
    gates = tuple(GateResult(**one) for one in found.gates)
    if worst(gates) == "BLOCKED":
        raise GateError(gates, day)
    return Survey(
        as_of=day,
        as_of_note=found.as_of_note,
        source=source,
        source_name=found.source_name,
        illustrative=found.illustrative,
        gates=gates,
        market_inputs=found.inputs,
        market_about=found.about,
        market_files=found.files,
    )


def is_of(plan: Plan, said: Any) -> bool:
    """Whether a look into the market, as it was told, saw what the plan is made from.

    The parameters too: by others nothing that was computed from it would serve.
    """
    if not isinstance(said, dict):
        return False
    mine = {
        "as_of": plan.as_of.isoformat(),
        "inputs": plan.market_inputs,
        "about": plan.market_about,
        "files": plan.market_files,
        "params": plan.params.sources,
    }
    return all(said.get(name) == value for name, value in mine.items())


def refuse_other_kind(folder: Path, *, illustrative: bool) -> None:
    """Raise UsageError when `folder` holds an edition of the other kind of data, real or made up.

    A manifest that cannot be read decides nothing.
    """
    there = illustrative
    with suppress(OSError, ValueError, KeyError, TypeError):
        there = json.loads((folder / EDITION_FILE).read_bytes())["illustrative"]
    if there != illustrative:
        raise UsageError(
            f"{folder} holds an edition of {_kind(there)}; expected one of {_kind(illustrative)}, "
            "such as would take its place, or none. Nothing was run. Name another folder with "
            "--reports, or remove that one."
        )


def read_notebooks(jobs: Sequence[Job]) -> dict[str, str]:
    """The sha256 of the notebook of each section, as it lies on disk now."""
    return {job.section: hashlib.sha256(job.notebook.read_bytes()).hexdigest() for job in jobs}


def worst(gates: Sequence[GateResult]) -> Status:
    """The gravest status among `gates`; PASS when there are none."""
    return max((gate.status for gate in gates), key=_GRAVITY.index, default="PASS")


def _kind(illustrative: bool) -> str:
    return "illustrative data" if illustrative else "real data"


def _job(params: Params, section: Section, market: Survey, setup: Setup) -> Job:
    note_file = Path(params.path).resolve()
    given: dict[str, Any] = {
        "note": params.note.note,
        "as_of": market.as_of.isoformat(),
        "source": market.source,
    }
    return Job(
        section=section.id,
        notebook=(note_file.parent / section.notebook).resolve(),
        parameters={**given, **section.parameters},
        env={"RESEARCH_PARAMS": str(note_file)},
        timeout_s=section.timeout_s,
        setup=setup,
    )


def _choose(known: Sequence[Section], wanted: Sequence[str]) -> list[Section]:
    ids = [section.id for section in known]
    for name in wanted:
        if name not in ids:
            close = difflib.get_close_matches(name, ids, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise UsageError(f"section {name!r} is not in the note; it has {', '.join(ids)}.{hint}")
    return [section for section in known if not wanted or section.id in wanted]
