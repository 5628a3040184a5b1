"""What the commands print: progress while notebooks run, and the last lines of a build."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from research.edition.build import Published
    from research.edition.chain import Result
    from research.edition.changes import Change
    from research.edition.current import Current
    from research.edition.explain import Explanation
    from research.edition.explain_section import SectionExplanation
    from research.edition.fetch import Outcome, Outlook, Snapshots
    from research.errors import ResearchError
    from research.execution.cache.store import Store
    from research.execution.run import Event
    from research.gates import GateResult

_IN_FULL = ("gate", "outlook", "claim")


@contextmanager
def progress(sections: Sequence[str]) -> Iterator[Callable[[Event], None]]:
    """Listener of a run: bars on a terminal, elsewhere one plain line as a section ends."""
    if sys.stdout.isatty():
        with _bars(sections) as listener:
            yield listener
        return
    ended: list[str] = []

    def plain(event: Event) -> None:
        if event.kind in ("finished", "failed", "reused"):
            ended.append(event.section)
            click.echo(f"{_ended(event)} ({len(ended)} of {len(sections)})")

    yield plain


def _ended(event: Event) -> str:
    if event.kind == "reused":
        return f"{event.section}: taken from the cache"
    return f"{event.section}: {event.kind} in {event.seconds:.1f} s"


@contextmanager
def _bars(sections: Sequence[str]) -> Iterator[Callable[[Event], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, transient=True) as shown:
        rows = {one: shown.add_task(one, total=None, start=False) for one in sections}

        def listener(event: Event) -> None:
            row = rows[event.section]
            if event.kind == "started":
                shown.start_task(row)
            else:
                shown.update(row, completed=event.done, total=event.total)
            if event.kind in ("finished", "failed", "reused"):
                shown.stop_task(row)
                shown.console.print(_ended(event))

        yield listener


def tell_published(published: Published) -> None:
    """Verdict, state of the data, what changed, and the files that were written."""
    from research.edition.index import headline

    record = published.record
    stamp = ", illustrative" if record["illustrative"] else ""
    click.echo(f"\n{record['title']} · {record['edition']} · data as of {record['as_of']}{stamp}")
    _tell_state(record, headline(record))
    if published.compared_with:
        click.echo(f"Since {published.compared_with}: {_summary(published.changes)}")
        tell_changes(change for change in published.changes if change.kind in _IN_FULL)
    else:
        click.echo("Since the last edition: this is the first.")
    click.echo("Written:")
    _tell_files(published.folder, published.files)


def tell_up_to_date(current: Current) -> None:
    """That an edition need not be built again, its verdict, and where its files are."""
    record = current.record
    click.echo(
        f"{record['edition']} is up to date: nothing it is made from has changed since it was "
        f"completed at {record['completed_at']}. --no-cache builds it all the same."
    )
    _tell_state(record, current.headline)
    click.echo("There:")
    _tell_files(current.folder, [*record["outputs"], "edition.json"])


def _tell_state(record: Mapping[str, Any], headline: str) -> None:
    if record["as_of_note"]:
        click.echo(record["as_of_note"])
    click.echo(f"Verdict: {headline or 'none recorded'}")
    click.echo(f"Data: {record['gates']['status']}")
    for result in record["gates"]["results"]:
        if result["status"] != "PASS":
            click.echo(f"  {result['message']}")


def _tell_files(folder: Path, files: Iterable[str]) -> None:
    for name in files:
        if not name.startswith(("data/", "notebooks/")):
            click.echo(f"  {shown_path(folder / name)}")
    for part in ("data", "notebooks"):
        count = sum(name.startswith(f"{part}/") for name in files)
        if count:
            click.echo(f"  {shown_path(folder / part)}{'/'} ({count} files)")


def tell_complaints(cache: Store | None) -> None:
    """What was wrong with the cache, on stderr; no build fails of it."""
    for complaint in cache.complaints if cache else ():
        click.echo(f"Warning: {complaint}", err=True)


class Backfilling:
    """Tells of a back-fill: a line as each edition is settled, how far all is, and how it ended.

    Of `count` editions with `steps` each. On a terminal a bar stays below the lines.
    """

    def __init__(self, count: int, steps: int) -> None:
        self._count, self._steps = count, count * steps
        self._done = 0
        self._start = monotonic()
        self._settled: Counter[str] = Counter()
        self._failures: dict[dt.date, ResearchError] = {}
        self._gaps = False
        self._bar: Any = None

    def __enter__(self) -> Backfilling:
        if sys.stdout.isatty():
            self._bar = _backfill_bar()
            self._row = self._bar.add_task(self._told(), total=self._steps)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, count: int) -> None:
        """So many steps have just ended."""
        self._done += count
        if self._bar is not None:
            self._bar.update(self._row, completed=self._done, description=self._told())

    def tell(self, day: dt.date, result: Result) -> None:
        """One line: edition, date, state of the data, verdict, and how many are settled."""
        from research.edition.build import Published
        from research.edition.index import headline

        if isinstance(result, Exception):
            self._failures[day] = result
            kind, told = "failed", [f"data as of {day}", "failed"]
        else:
            kind, record = "kept", result.record
            told = [record["edition"], f"data as of {record['as_of']}", record["gates"]["status"]]
            told += [headline(record)] * bool(headline(record))
            self._gaps |= record["gates"]["status"] == "DEGRADED"
            if isinstance(result, Published):
                kind = "published"
                self._gaps |= bool(result.not_remembered)
                tell_not_remembered(result)
            else:
                told.append(kind)
        self._settled[kind] += 1
        line = " · ".join([*told, f"{self._settled.total()} of {self._count}{self._left()}"])
        if self._bar is None:
            click.echo(line)
        else:
            self._bar.update(self._row, description=self._told())
            self._bar.console.print(line, highlight=False, markup=False)

    def conclude(self, degraded: int) -> int:
        """Counts and what failed, with its reason; gives the exit code of the worst edition."""
        counts = (f"{self._settled[kind]} {kind}" for kind in ("published", "kept", "failed"))
        minutes, seconds = divmod(round(monotonic() - self._start), 60)
        editions = f"{self._count} edition{'s' if self._count > 1 else ''}"
        click.echo(f"{editions} in {minutes}:{seconds:02d}: {', '.join(counts)}")
        for day, failure in self._failures.items():
            click.echo(f"Error: data as of {day}: {failure}", err=True)
        worst = (failure.exit_code for failure in self._failures.values())
        return max(worst, default=degraded * self._gaps)

    def _left(self) -> str:
        """How long it will still take at the pace so far."""
        if not 0 < self._done < self._steps:
            return ""
        seconds = (monotonic() - self._start) / self._done * (self._steps - self._done)
        minutes, rest = divmod(round(seconds), 60)
        return f", about {minutes}:{rest:02d} left"

    def _told(self) -> str:
        failed = f", {self._settled['failed']} failed" if self._settled["failed"] else ""
        return f"{self._settled.total()} of {self._count} editions{failed}"


def _backfill_bar() -> Any:
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    left = TimeRemainingColumn()
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), left
    return Progress(*columns, TextColumn("left"), transient=True)


def tell_not_remembered(published: Published) -> None:
    """Why the edition is not in the note's memory, on stderr, if it is not."""
    if published.not_remembered:
        click.echo(f"Error: {published.not_remembered}", err=True)


def tell_changes(changes: Iterable[Change]) -> None:
    """One line a change."""
    for change in changes:
        click.echo(f"  {change}")


def tell_difference(changes: Sequence[Change], *, facts: int, list_facts: bool) -> None:
    """What differs between two editions; of their `facts` only how many, unless listed."""
    if not changes:
        click.echo("Nothing a reader sees has changed.")
    tell_changes(change for change in changes if list_facts or change.kind != "fact")
    changed = sum(change.kind == "fact" for change in changes)
    if changed and not list_facts:
        click.echo(f"  {changed:,} of {facts:,} facts changed; --facts lists them")


def tell_gates(gates: Sequence[GateResult]) -> None:
    """The table of gates, gravest first."""
    order = ("BLOCKED", "DEGRADED", "PASS")
    width = max((len(f"{gate.dataset} {gate.subject}") for gate in gates), default=0)
    for gate in sorted(gates, key=lambda gate: order.index(gate.status)):
        click.echo(f"{gate.status:9} {f'{gate.dataset} {gate.subject}':{width}}  {gate.message}")


def tell_table_of_gates(gates: Sequence[GateResult]) -> None:
    """All gates under a header, gravest first, and how many there are of each status."""
    order = ("BLOCKED", "DEGRADED", "PASS")
    by_gravity = sorted(gates, key=lambda gate: order.index(gate.status))
    rows: list[tuple[str, str, str, str]] = [
        ("dataset", "subject", "status", "message"),
        *((one.dataset, _cut(one.subject), one.status, one.message) for one in by_gravity),
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    for row in rows:
        told = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*told, row[3]]))
    counts: Counter[str] = Counter(gate.status for gate in gates)
    click.echo(", ".join(f"{counts[status]} {status}" for status in order if counts[status]))


def _cut(subject: str, width: int = 24) -> str:
    return subject if len(subject) <= width else f"{subject[: width - 1]}…"


def tell_checks(checks: Mapping[str, tuple[bool, str]]) -> None:
    """One line a check of this machine."""
    width = max(len(name) for name in checks)
    for name, (good, detail) in checks.items():
        click.echo(f"{'ok  ' if good else 'FAIL'} {name:{width}}  {detail}")


_SHOWN = 12


def tell_explanation(found: Explanation) -> None:
    """What something is, then where it is said, by what it was computed, and from what."""
    click.echo(f"{found.kind} {found.id} · edition {found.edition}")
    lines = [(key.replace("_", " "), value) for key, value in found.told.items()]
    lines.append(("where", found.where))
    if found.cell:
        lines.append(("cell", f"{found.cell}, number {found.index} of {found.notebook}"))
    lines.append(("expression", found.expression))
    for key, value in lines:
        if value not in ("", None):
            click.echo(f"  {key:10}  {_shown_value(value)}")
    _tell_part("Facts in it", found.facts)
    functions, steps = found.trace.functions, found.trace.steps
    _tell_part("Functions", [f"{one.name}: {one.about}" for one in functions])
    _tell_part("Statements", [f"{one.cell}, line {one.line}: {one.source}" for one in steps])
    _tell_part("Inputs (sha256)", [f"{sha[:12]}…  {name}" for name, sha in found.inputs.items()])


def tell_section(found: SectionExplanation) -> None:
    """What the last build did with a section and why, and what its key is made of."""
    click.echo(f"section {found.section} · edition {found.edition}")
    told = {"last build": found.last, "now": found.now, "key": found.key}
    for key, value in told.items():
        if value:
            click.echo(f"  {key:10}  {value}")
    counts = {name: sum(map(bool, part)) for name, part in found.parts.items()}
    _tell_part("Key", [f"{count:4}  {name}" for name, count in counts.items() if count])


def tell_foreseen(feeds: Iterable[Outlook], gathered: Iterable[Snapshots]) -> None:
    """What a fetch would ask for, feed by feed, and what is stale."""
    for feed in feeds:
        last = f"last vintage {feed.fetched_at:%Y-%m-%d %H:%M} UTC" if feed.fetched_at else "new"
        click.echo(f"{feed.source}: {len(feed.parts)} requests, {last}")
        for part in feed.parts:
            click.echo(f"  {part.name}: {part.address}")
        if stale := [str(one) for one in feed.ages if one.stale]:
            click.echo(f"  stale: {', '.join(stale)}")
    _tell_snapshots(gathered)


def tell_fetched(
    outcomes: Iterable[Outcome],
    gathered: Callable[[], Iterable[Snapshots]],
    seen_from: Callable[[dt.date], dt.date],
) -> list[str]:
    """What each feed brought, as it comes; returns what failed.

    `seen_from` says of which session the first edition is that sees what was told on a day.
    """
    failures: list[str] = []
    since: dt.date | None = None
    for one in outcomes:
        since = one.today or since
        new = [f"{v.rows - v.revised:,} new and {v.revised:,} revised {v.dataset}"
               for v in one.vintages]  # fmt: skip
        done = one.parts > 0 and len(one.failures) < one.parts
        click.echo(f"{one.source}: {', '.join(new) or ('nothing new' if done else 'nothing')}")
        for failure in one.failures:
            click.echo(f"Error: {failure}", err=True)
        if one.suffering:
            stale = [str(age) for age in one.suffering if age.stale]
            known = [str(age) for age in one.suffering if not age.stale]
            if stale:
                click.echo(f"  stale: {', '.join(stale)}")
            if known:
                click.echo(f"  not renewed: {', '.join(known)}")
        failures += one.failures
    _tell_snapshots(gathered())
    if since:
        click.echo(f"What was told of {since} is seen by editions as of {seen_from(since)} on.")
    return failures


def _tell_snapshots(gathered: Iterable[Snapshots]) -> None:
    told = [
        f"{one.weeks} of {one.dataset.replace('_', ' ')}"
        + (f" since {one.first}" if one.first else "")
        for one in gathered
    ]
    click.echo(f"Weekly snapshots in the store: {', '.join(told)}")


def _tell_part(title: str, lines: Sequence[str]) -> None:
    more = [f"and {len(lines) - _SHOWN:,} more; --json lists them"] * (len(lines) > _SHOWN)
    if lines:
        click.echo("\n".join([f"{title}:", *(f"  {one}" for one in (*lines[:_SHOWN], *more))]))


def _shown_value(value: Any) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def shown_path(path: Path) -> str:
    """`path` as seen from the working folder when it lies in it."""
    whole = path.resolve()
    here = Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def _summary(changes: Sequence[Any]) -> str:
    counts = Counter(change.kind for change in changes)
    parts = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in counts.items()]
    return f"{', '.join(parts)} changed" if parts else "nothing changed"
