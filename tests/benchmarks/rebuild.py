"""What an editor waits for: a rebuild after one change, after none, and the command's start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import sleep

from tests.benchmarks.figures import Goal, Row, Sample, faster, median_wall
from tests.benchmarks.measure import interleave
from tests.benchmarks.workshop import Workshop, change_cell

EDITING_S = 5  # between a build and the next of who edits: what is made ready for it is ready then
YEARS = "chart_years: int = "  # of 02-rally; a number, so that what the cell computes changes
PROSE, WORD = "## How far", " indeed"


def rebuild_rows(shop: Workshop) -> Iterator[Row]:
    """One code cell, one prose cell, nothing."""
    theirs = shop.papermill_once_measured()
    reports = shop.fresh("reports")
    shop.build(reports, cold=False)
    rally = shop.notebooks / "02-rally.ipynb"
    before = rally.read_bytes()
    years, words = count(9, -1), count(1)
    changes = [
        lambda: _changed(shop, reports, lambda: _set_years(rally, next(years))),
        lambda: _changed(shop, reports, lambda: _reword(rally, next(words))),
    ]
    try:
        code, prose = interleave(changes, shop.repetitions)
        with _warm(shop) as is_warm:
            changes[0]()  # the first build through it leaves what the next ones find
            edited = [lambda: _edited(changes[0]), lambda: _edited(changes[1])]
            warm = interleave(edited, shop.repetitions) if is_warm else None
    finally:
        rally.write_bytes(before)
    goal = Goal(kind="at least", limit=20)
    against = "papermill, nbconvert, full"
    yield Row(
        group="rebuild", work="after one code cell changed", against=against, ours=code,
        theirs=theirs, value=faster(code, theirs), goal=goal,
        remark="a number of 02-rally, another in each repetition; theirs is the full cold run",
    )  # fmt: skip
    yield Row(
        group="rebuild", work="after prose alone changed", against=against, ours=prose,
        theirs=theirs, value=faster(prose, theirs),
        remark="a heading of 02-rally, other words in each repetition",
    )  # fmt: skip
    if warm is not None:
        for work, ours in zip(("one code cell", "prose alone"), warm, strict=True):
            yield Row(
                group="rebuild", work=f"after {work} changed, while `research warm` runs",
                against=against, ours=ours, theirs=theirs, value=faster(ours, theirs),
                remark="CPU is that of the command alone, which hands the work over; one build "
                "came before, and five seconds of editing lie between two",
            )  # fmt: skip
    yield from _unchanged(shop, reports)


def start_rows(shop: Workshop) -> Iterator[Row]:
    """How long a typist waits for `research --help`."""
    samples = [shop.research("--help") for _ in range(3 * shop.repetitions)]
    yield Row(
        group="start", work="research --help", ours=samples, value=median_wall(samples), unit="s",
        goal=Goal(kind="at most", limit=0.2, unit="s"),
    )  # fmt: skip


def _unchanged(shop: Workshop, reports: Path) -> Iterator[Row]:
    shop.build(reports, cold=False)
    ours, theirs = interleave(
        [
            lambda: shop.build(reports, cold=False),
            lambda: shop.python("-c", "import yaml, pydantic, click")[0],
        ],
        2 * shop.repetitions,
    )
    yield Row(
        group="rebuild", work="with nothing changed", against="import yaml, pydantic, click",
        ours=ours, theirs=theirs, value=median_wall(ours) / (2 * median_wall(theirs) + 0.3),
        goal=Goal(kind="at most", limit=1), remark="our time over twice theirs plus 0.3 s",
    )  # fmt: skip


@contextmanager
def _warm(shop: Workshop) -> Iterator[bool]:
    """`research warm` beside the commands of the block; False where it cannot stand by."""
    command = [str(Path(sys.executable).parent / "research"), "warm"]
    with subprocess.Popen(
        command, env=shop.env, cwd=shop.project, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        yield started.stdout.readline().startswith("Warm")
        started.terminate()


def _edited(change: Callable[[], Sample]) -> Sample:
    sleep(EDITING_S)
    return change()


def _changed(shop: Workshop, reports: Path, change: Callable[[], None]) -> Sample:
    change()
    return shop.build(reports, cold=False)


def _set_years(notebook: Path, years: int) -> None:
    change_cell(notebook, f"{YEARS}{years + 1}", f"{YEARS}{years}")


def _reword(notebook: Path, turn: int) -> None:
    change_cell(notebook, f"{PROSE}{WORD * (turn - 1)}", f"{PROSE}{WORD * turn}")
