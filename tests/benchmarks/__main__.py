"""`python -m tests.benchmarks [ROWS…]`: measure, and print one table with versions and machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import click

from tests.benchmarks.backfills import backfill_rows, backfill_scaling_rows
from tests.benchmarks.bursts import burst_rows
from tests.benchmarks.figures import Row
from tests.benchmarks.growing import growth_rows
from tests.benchmarks.machine import busy, cores, load, machine
from tests.benchmarks.measure import CommandError, adopt_orphans
from tests.benchmarks.printing import printing_rows
from tests.benchmarks.rebuild import rebuild_rows, start_rows
from tests.benchmarks.store_reading import store_rows
from tests.benchmarks.table import as_json, as_remarks, as_table
from tests.benchmarks.whole_note import note_rows, scaling_rows, size_rows
from tests.benchmarks.workshop import Workshop

GROUPS: Mapping[str, Callable[[Workshop], Iterator[Row]]] = {
    "note": note_rows,
    "rebuild": rebuild_rows,
    "start": start_rows,
    "pdf": printing_rows,
    "sizes": size_rows,
    "scaling": lambda shop: chain(scaling_rows(shop), backfill_scaling_rows(shop)),
    "backfill": backfill_rows,
    "growth": growth_rows,
    "bursts": burst_rows,
    "store": store_rows,
}


@click.command()
@click.argument("rows", nargs=-1, type=click.Choice([*GROUPS]))
@click.option("--repetitions", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--editions", type=click.IntRange(min=2), default=52, show_default=True)
@click.option("--runs", type=click.IntRange(min=1), default=500, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write this file.")
def main(
    rows: tuple[str, ...], repetitions: int, editions: int, runs: int, json_file: Path | None
) -> None:
    """Measure ROWS (default: all) on a copy of this project; nothing in it is changed.

    A goal that is not met is told and is no error: a benchmark is not a test.
    """
    adopt_orphans()
    told, average = machine(), load()
    click.echo(" · ".join(f"{key} {value}" for key, value in told.items()))
    click.echo(f"Load average at the start: {average:.2f}")
    if warning := busy(average, cores()):
        click.echo(warning, err=True)
    measured: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="rb-") as folder:
        shop = Workshop.make(Path(folder), repetitions=repetitions, editions=editions, runs=runs)
        for name in rows or GROUPS:
            click.echo(f"Measuring {name} …", err=True)
            try:
                measured.extend(GROUPS[name](shop))
            except CommandError as error:
                measured.append(Row(group=name, work="could not be measured", remark=str(error)))
    click.echo(f"\n{as_table(measured)}\n\n{as_remarks(measured)}")
    if json_file is not None:
        told["load"] = f"{average:.2f}"
        json_file.write_text(as_json(measured, told), encoding="utf-8")


if __name__ == "__main__":
    main()
