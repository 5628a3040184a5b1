"""A year of editions in one command, against a loop of papermill; memory; the same bytes."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Goal, Row, Sample, faster, median_wall
from tests.benchmarks.measure import interleave
from tests.benchmarks.workshop import AS_OF, Workshop

SETTLED = 5  # editions after which memory must grow no more
LOOPED = 2  # editions that papermill is measured on
SCALED = 8  # editions that one worker and two are measured on


def backfill_rows(shop: Workshop) -> Iterator[Row]:
    """So many editions up to the sample market's last week."""
    count = shop.editions
    days = _weeks(count)
    reports = shop.fresh("reports")
    looks: list[tuple[int, float]] = []
    ours = _backfill(
        shop, reports, count, memory=True,
        look=lambda mb: looks.append((len(_editions(reports)), mb)),
    )  # fmt: skip
    measured = [shop.papermill(as_of=str(day)) for day in days[-LOOPED:]]
    each = median_wall(measured)
    used = sum(sample.cpu_s for sample in measured) / len(measured)
    loop = Sample(wall_s=each * count, cpu_s=used * count)
    yield Row(
        group="backfill", work=f"{count} editions", against="papermill loop", ours=[ours],
        theirs=[loop], value=faster([ours], [loop]), goal=Goal(kind="at least", limit=15),
        remark=f"theirs is extrapolated: {len(measured)} editions measured in this run, median "
        f"{each:.1f} s, times {count}",
    )  # fmt: skip
    yield from _memory(looks, count)
    yield _identity(shop, reports)


def backfill_scaling_rows(shop: Workshop) -> Iterator[Row]:
    """One worker against two, where there is work enough for both from start to end."""
    count = min(shop.editions, SCALED)

    def fill(jobs: int) -> Sample:
        return _backfill(shop, shop.fresh("reports"), count, "--jobs", str(jobs))

    two, one = interleave([lambda: fill(2), lambda: fill(1)], min(shop.repetitions, 2))
    yield Row(
        group="scaling", work=f"{count} editions, two workers", against="one worker", ours=two,
        theirs=one, value=faster(two, one), goal=Goal(kind="at least", limit=1.7),
        remark="the time of the whole command",
    )  # fmt: skip


def _backfill(shop: Workshop, reports: Path, count: int, *options: str, **how: Any) -> Sample:
    """`research backfill` of so many weeks; what it takes is never out of a cache."""
    uncached = ["--no-cache"] if shop.knows("--no-cache", "backfill") else []
    stretch = ("--from", f"{_weeks(count)[0]}", "--to", AS_OF, "--reports", str(reports))
    return shop.research("backfill", *stretch, *uncached, *options, **how)


def _weeks(count: int) -> list[dt.date]:
    last = dt.date.fromisoformat(AS_OF)
    return [last - dt.timedelta(weeks=n) for n in reversed(range(count))]


def _memory(looks: list[tuple[int, float]], count: int) -> Iterator[Row]:
    settled = min(SETTLED, count // 2)
    early = [mb for done, mb in looks if done <= settled]
    late = [mb for done, mb in looks if done > settled]
    if not early or not late:
        return
    yield Row(
        group="backfill", work="memory, growth of the peak", against=f"up to edition {settled}",
        value=max(late) / max(early), goal=Goal(kind="at most", limit=1.15),
        remark=f"{max(early):.0f} MB up to edition {settled}, {max(late):.0f} MB after it; "
        "all processes, shared pages counted once",
    )  # fmt: skip


def _identity(shop: Workshop, reports: Path) -> Row:
    """Builds first, middle and last alone, beside the others, and compares every file."""
    editions = _editions(reports)
    chosen = sorted({0, len(editions) // 2, len(editions) - 1})
    same = 0
    for place in chosen:
        edition = editions[place]
        alone = shop.fresh("alone")
        shutil.copytree(reports, alone)
        again = alone / edition.relative_to(reports)
        as_of = _as_of(edition)
        shutil.rmtree(again)
        shop.build(alone, "--as-of", as_of)
        same += _files(edition) == _files(again)
    return Row(
        group="backfill", work="editions that equal single builds", value=len(chosen) - same,
        unit="differ", goal=Goal(kind="at most", limit=0, unit="differ"),
        remark=f"of {len(chosen)} built again alone without a cache, every file compared",
    )  # fmt: skip


def _editions(reports: Path) -> list[Path]:
    """The folders of published editions, oldest first."""
    return sorted(file.parent for file in reports.glob("*/[0-9]*/edition.json"))


def _as_of(edition: Path) -> str:
    return json.loads((edition / "edition.json").read_text(encoding="utf-8"))["as_of"]


def _files(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
