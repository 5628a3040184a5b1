"""Hundreds of small notebooks in parallel bursts: how many of them fail, here and in papermill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figures import Goal, Row, Sample
from tests.benchmarks.workshop import Workshop

THREADS = 8


def burst_rows(shop: Workshop) -> Iterator[Row]:
    """The same notebook, the same number of threads; failures are counted, never retried."""
    notebook = shop.folder / "tmp" / "burst.ipynb"
    _write(notebook)
    for name, peer in (
        ("research.execution.run.run", "burst_research"),
        ("papermill.execute_notebook", "burst_papermill"),
    ):
        sample, told = shop.peer(peer, notebook, str(shop.runs), str(THREADS))
        yield _row(
            f"{shop.runs} runs, {THREADS} at once, {name}",
            sample,
            json.loads(told.splitlines()[-1]),
            ours=peer == "burst_research",
        )


def _row(work: str, sample: Sample, told: dict[str, int], *, ours: bool) -> Row:
    failures = sum(told.values())
    kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(told.items()))
    return Row(
        group="bursts", work=work,
        ours=[sample] if ours else [], theirs=[] if ours else [sample],
        value=failures, unit="failures",
        goal=Goal(kind="at most", limit=0, unit="failures") if ours else None,
        remark=kinds or "no run failed",
    )  # fmt: skip


def _write(notebook: Path) -> None:
    import nbformat

    small = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
    )
    first = nbformat.v4.new_code_cell("number = 0", metadata={"tags": ["parameters"]})
    small.cells = [first, nbformat.v4.new_code_cell("assert number > 0\nnumber")]
    nbformat.write(small, notebook)
