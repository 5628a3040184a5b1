"""The full note, cold, from parameters to HTML and PDF, against each peer; and what it weighs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.figures import Goal, Row, Sample, faster
from tests.benchmarks.machine import browser, version_of
from tests.benchmarks.measure import interleave, run
from tests.benchmarks.workshop import PARAMETERS, Workshop, parameterised

WORK = "full note, cold, params → HTML + PDF"


def note_rows(shop: Workshop) -> Iterator[Row]:
    """Our build beside every peer, in turn, so that all saw the same machine."""
    peers: dict[str, tuple[Callable[[], Sample], Goal | None, str]] = {
        "papermill, nbconvert": (shop.papermill, Goal(kind="at least", limit=5), _rendered()),
        "their commands": (
            shop.papermill_commands, Goal(kind="at least", limit=5),
            "papermill for each notebook, then nbconvert to HTML and webpdf, as a script runs them",
        ),
        "jupyter execute": (lambda: _jupyter_execute(shop), None, "theirs renders nothing"),
        "ploomber-engine": (
            lambda: _in_process(shop, "ploomber_note", apart=True), None,
            "theirs runs all cells in one process and renders nothing",
        ),
        "plain script": (
            lambda: _in_process(shop, "plain_note"), Goal(kind="at most", limit=1.5),
            "our time over theirs; the script has one IPython shell in its process, for the cells "
            "use magics, and writes every chart and table to a file, but no page",
        ),
    }  # fmt: skip
    missing = version_of("ploomber-engine") is None
    if missing:
        del peers["ploomber-engine"]
    shop.build(shop.fresh("reports"))  # fonts, bytecode and the disk are warm for all
    ours, *all_theirs = interleave(
        [lambda: shop.build(shop.fresh("reports")), *(work for work, _, _ in peers.values())],
        shop.repetitions,
    )
    for (name, (_, goal, remark)), theirs in zip(peers.items(), all_theirs, strict=True):
        if name.startswith("papermill"):
            shop.cold_papermill[:] = theirs
        inverse = goal is not None and goal.kind == "at most"
        value = faster(theirs, ours) if inverse else faster(ours, theirs)
        yield Row(
            group="note", work=WORK, against=name, ours=ours, theirs=theirs, value=value,
            goal=goal, remark=remark,
        )  # fmt: skip
    if missing:
        yield Row(group="note", work=WORK, against="ploomber-engine", remark="not installed")


def size_rows(shop: Workshop) -> Iterator[Row]:
    """The files a reader is sent."""
    reports = shop.fresh("reports")
    shop.build(reports)
    for suffix in ("html", "pdf"):
        file = next(reports.glob(f"*/*/mining-rally.{suffix}"))
        yield Row(
            group="sizes", work=f"{suffix.upper()} with fonts and all exhibit data",
            value=file.stat().st_size / 1e6, unit="MB",
            goal=Goal(kind="at most", limit=1.5, unit="MB"),
        )  # fmt: skip


def scaling_rows(shop: Workshop) -> Iterator[Row]:
    """One worker against two, with the memory of the whole tree of processes."""

    def build(jobs: int) -> Sample:
        return shop.build(shop.fresh("reports"), "--jobs", str(jobs), memory=True)

    two, one = interleave([lambda: build(2), lambda: build(1)], shop.repetitions)
    yield Row(
        group="scaling", work="full note, two workers", against="one worker", ours=two,
        theirs=one, value=faster(two, one), goal=Goal(kind="at least", limit=1.7),
        remark="the time of the whole command, with what no worker can share: start and rendering",
    )  # fmt: skip
    for name, samples in (("two workers", two), ("one worker", one)):
        peak = max(sample.peak_mb for sample in samples)
        yield Row(
            group="scaling", work=f"peak memory, {name}", value=peak, unit="MB",
            remark="of all processes at once, shared pages counted once",
        )  # fmt: skip


def _rendered() -> str:
    if browser():
        return "six runs in one process, then one HTML and one webpdf of all their cells"
    return "no Chromium here: theirs writes HTML alone"


def _jupyter_execute(shop: Workshop) -> Sample:
    copies = parameterised(shop.notebooks, shop.fresh("execute"), PARAMETERS)
    command = [str(Path(sys.executable).parent / "jupyter-execute"), "--inplace", *map(str, copies)]
    return run(command, env=shop.env, cwd=shop.project)[0]


def _in_process(shop: Workshop, peer: str, *, apart: bool = False) -> Sample:
    given = json.dumps(PARAMETERS)
    return shop.peer(peer, shop.notebooks, shop.fresh(peer), given, apart=apart)[0]
