"""One table of all rows, in Markdown, and the same as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tests.benchmarks.figures import Row, Sample, median_wall, written

HEAD = ("Row", "Work", "Ours, s", "CPU", "Against", "Theirs, s", "CPU", "Result", "Goal", "")


def as_table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table; times are `minimum / median` of wall seconds."""
    lines = [HEAD, tuple("-" * 3 for _ in HEAD)]
    for row in rows:
        result = "" if row.value is None else written(row.value, row.unit)
        lines.append((
            row.group, row.work, _wall(row.ours), _cpu(row.ours), row.against, _wall(row.theirs),
            _cpu(row.theirs), result, str(row.goal or ""), row.verdict,
        ))  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    padded = [[cell.ljust(n) for cell, n in zip(line, widths, strict=True)] for line in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)


def as_remarks(rows: Sequence[Row]) -> str:
    """What must be known to read the rows, one line each; rows without a remark are left out."""
    told = [f"- {row.group} · {row.work}: {row.remark}" for row in rows if row.remark]
    return "\n".join(told)


def as_json(rows: Sequence[Row], machine: Mapping[str, str]) -> str:
    """Rows and machine, for programs."""
    told = [
        {**asdict(row), "goal": str(row.goal or ""), "verdict": row.verdict} for row in rows
    ]  # fmt: skip
    return json.dumps({"machine": machine, "rows": told}, ensure_ascii=False, indent=1) + "\n"


def _wall(samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    return f"{min(one.wall_s for one in samples):.2f} / {median_wall(samples):.2f}"


def _cpu(samples: Sequence[Sample]) -> str:
    used = [one.cpu_s for one in samples]
    return f"{statistics.median(used):.2f}" if any(used) else ""
