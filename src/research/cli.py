"""The command `research`: commands, options and exit codes; what they do lies on lower floors."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from research import __version__
from research.errors import ResearchError, UsageError

DEGRADED = 6
INTERRUPTED = 130


_GIVEN = "research.arguments"


class Commands(click.Group):
    """Turns refusals and Ctrl-C into a message on stderr and the exit code of their stage."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note what was given, for who may have to hand it on."""
        ctx.meta[_GIVEN] = [*args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; anything but a refusal keeps its traceback."""
        try:
            return super().invoke(ctx)
        except ResearchError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Error: interrupted.", err=True)
            ctx.exit(INTERRUPTED)


def _said(ctx: click.Context, option: click.Parameter, value: str | None) -> str:
    """An option's value, "" where it is left out: an empty one is a script's unset variable."""
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty; leave the option out for what the note says.")
    return value or ""


_params = click.argument("params", default="mining-rally")
_as_of = click.option(
    "--as-of", metavar="DATE", callback=_said, help="Last day whose data may be used."
)
_source = click.option(
    "--source", metavar="NAME", callback=_said,
    help="`sample`, `store`, or `files:` and a catalogue's path relative to the note's file.",
)  # fmt: skip
_jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Notebooks run at once (default: by the number of cores).",
)
_on = click.option(
    "--on", metavar="WHERE", callback=_said,
    help="`threads`, `processes` or a Dask scheduler, `dask://host:port`.",
)  # fmt: skip
_reports = click.option(
    "--reports", type=click.Path(file_okay=False, path_type=Path),
    help="Where editions are published (default: reports/ beside params/).",
)  # fmt: skip
_no_cache = click.option(
    "--no-cache", is_flag=True, help="Run every section, whatever the cache holds."
)
_published = click.option(
    "--reports", type=click.Path(file_okay=False, path_type=Path),
    help="Where editions are (default: around an edition's path, else the nearest reports/).",
)  # fmt: skip


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="research")
def main() -> None:
    """Notebooks into publications: a recurring note as PDF and HTML, every number computed.

    PARAMS is a note's name or the path of its file, by default params/mining-rally.yaml.
    """


@main.command()
@_params
@_as_of
@_source
@_jobs
@_on
@click.option("--section", "sections", multiple=True, metavar="ID", help="Only this section.")
@_reports
@_no_cache
def build(
    params: str,
    as_of: str,
    source: str,
    jobs: int | None,
    on: str,
    sections: tuple[str, ...],
    reports: Path | None,
    no_cache: bool,
) -> None:
    """Build an edition and publish it whole; only what changed since is run.

    Exit code: 0 published, 2 parameters, usage or a folder that cannot be written, 3 data
    blocked, 4 a notebook failed, 5 rendering failed, 6 published with gaps that the page names,
    130 interrupted.
    """
    if not on:
        _hand_over()
    from research import terminal
    from research.edition import current
    from research.edition.clock import completed_at

    cache = _cache(no_cache)
    asked = current.request(params, as_of=as_of, source=source, sections=sections, reports=reports)
    if cache and (there := current.up_to_date(asked, cache)):
        terminal.tell_up_to_date(there)
        degraded = there.record["gates"]["status"] == "DEGRADED"
        click.get_current_context().exit(DEGRADED * degraded)
    from research.edition.rehearsal import Rehearsal
    from research.execution.run import prepare

    rehearsal = Rehearsal(cache, *asked.names, asked.computed_by)
    if cache is None or current.will_run(asked, cache):
        if not on:
            prepare()  # sections will run, so that their kernels' imports may begin at once
    else:
        rehearsal.begin()
    from research.execution.lean import import_nbformat

    import_nbformat()
    from research.edition.ahead import ahead_of
    from research.edition.build import build as build_edition
    from research.edition.plan import plan
    from research.edition.ready import for_the_next, import_libraries
    from research.params import load

    stamp = completed_at()
    loaded = load(params)
    ahead = ahead_of(loaded, as_of=as_of, source=source)
    whole = not on and not sections and (cache is None or current.is_new(asked, cache))
    if whole:
        prepare(ahead)
        import_libraries()  # while the market is looked into
    planned = plan(
        loaded, as_of=as_of, source=source, sections=sections, reports=reports, cache=cache,
        ahead=ahead if whole else None,
    )  # fmt: skip
    with (
        for_the_next(planned, ahead, rehearsal),
        terminal.progress([job.section for job in planned.jobs]) as listener,
    ):
        if on:
            from research.edition.elsewhere import build_on

            build_edition = partial(build_on, on)
        published = build_edition(
            planned,
            completed_at=stamp,
            workers=jobs,
            on_event=listener,
            cache=cache,
            rehearsal=rehearsal,
        )
    if cache:
        current.keep(asked, planned, published, cache)
    terminal.tell_published(published)
    terminal.tell_complaints(cache)
    terminal.tell_not_remembered(published)
    if published.record["gates"]["status"] == "DEGRADED" or published.not_remembered:
        click.get_current_context().exit(DEGRADED)


@main.command()
@_params
@click.option("--from", "first", metavar="DATE", required=True, callback=_said, help="First day.")
@click.option("--to", "last", metavar="DATE", required=True, callback=_said, help="Last day.")
@click.option(
    "--every", type=click.Choice(["week"]), default="week", expose_value=False, help="How often."
)
@_source
@_jobs
@_on
@_reports
@_no_cache
def backfill(
    params: str,
    first: str,
    last: str,
    source: str,
    jobs: int | None,
    on: str,
    reports: Path | None,
    no_cache: bool,
) -> None:
    """Build one edition a week, as of its last session, several at once.

    Each knows the ones before it. Forecasts of a day more than a week ago are marked as replayed,
    for they are written in hindsight. What lies there already, made from the same inputs, is kept:
    after a stop the same command goes on. An edition that fails is told and left out. Exit code:
    that of the worst edition, as of build.
    """
    from research import terminal
    from research.edition.backfill import backfill as build_editions
    from research.edition.backfill import editions
    from research.edition.chain import steps
    from research.execution.lean import import_nbformat
    from research.params import load

    import_nbformat()
    loaded, cache = load(params), _cache(no_cache)
    days = editions(loaded, first=first, last=last)
    with terminal.Backfilling(len(days), steps(loaded)) as told:
        made = build_editions(
            loaded,
            days,
            source=source,
            reports=reports,
            on=on,
            workers=jobs,
            on_step=told.step,
            cache=cache,
        )
        for day, result in made:
            told.tell(day, result)
    terminal.tell_complaints(cache)
    click.get_current_context().exit(told.conclude(DEGRADED))


@main.command()
@_params
@_as_of
@_source
@click.option("--data", is_flag=True, help="The data alone: every gate, as a table.")
def check(params: str, as_of: str, source: str, data: bool) -> None:
    """Check parameters, notebooks and data without running anything.

    A figure that is typed by hand into words that readers see is refused, with all others. With
    --data the exit code is that of the data: 3 when BLOCKED, 6 when DEGRADED.
    """
    from research import terminal
    from research.edition.plan import GateError, plan, survey, worst
    from research.params import load
    from research.params.typed import check_figures

    loaded = load(params)
    if data:
        try:
            gates = survey(loaded, as_of=as_of, source=source).gates
        except GateError as error:
            gates = error.gates
        terminal.tell_table_of_gates(gates)
        codes = {"PASS": 0, "DEGRADED": DEGRADED, "BLOCKED": GateError.exit_code}
        click.get_current_context().exit(codes[worst(gates)])
    click.echo(f"Parameters: {len(loaded.sources)} files, {len(loaded.note.sections)} sections, ok")
    check_figures(loaded)
    click.echo("Notebooks: every figure in their words is computed")
    try:
        planned = plan(loaded, as_of=as_of, source=source)
    except GateError as error:
        terminal.tell_gates(error.gates)
        raise
    click.echo(f"Edition: {planned.edition}, data as of {planned.as_of} ({planned.source_name})")
    if planned.as_of_note:
        click.echo(planned.as_of_note)
    terminal.tell_gates(planned.gates)
    click.echo(f"Data: {planned.status}")


@main.command()
@_params
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this live source.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked for and what is stale.")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path),
    help="The store of vintages (default: data/ beside params/).",
)  # fmt: skip
def fetch(params: str, sources: tuple[str, ...], dry_run: bool, data: Path | None) -> None:
    """Fetch live sources into the store, which keeps what each said that was new.

    One source that fails takes nothing from the others. `research build --source store` makes an
    edition of what is there.

    Exit code: 0 all fetched, 2 parameters or usage, 6 something failed, and is told.
    """
    from research import terminal
    from research.edition.clock import completed_at
    from research.edition.fetch import fetching
    from research.params import load

    asked = fetching(load(params), sources=sources, data=data, moment=completed_at())
    if dry_run:
        terminal.tell_foreseen(asked.foresee(), asked.snapshots())
        return
    if terminal.tell_fetched(asked.run(), asked.snapshots, asked.seen_from):
        click.get_current_context().exit(DEGRADED)


@main.command()
@click.argument("article", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
def fingerprint(article: Path, file: Path) -> None:
    """Write into FILE the fingerprints of ARTICLE, a text in UTF-8 that claims quote.

    By them a quote is held against words that are not kept. What is printed belongs into the
    `source` of the file of claims.
    """
    from research.params.quotes import write

    made = write(article, file)
    click.echo(f"  sha256: {made.source_sha256}")
    click.echo(f"  fingerprints: {file.as_posix()}  # as seen from the file of claims")


@main.command()
@click.argument("section")
@_params
@_as_of
@_source
@click.option("--pdf", is_flag=True, help="A PDF beside the HTML.")
@_reports
@_no_cache
def preview(
    section: str,
    params: str,
    as_of: str,
    source: str,
    pdf: bool,
    reports: Path | None,
    no_cache: bool,
) -> None:
    """Run one SECTION and show its page, outside any edition."""
    _hand_over()
    from research import terminal
    from research.edition.ahead import ahead_of
    from research.edition.build import preview as preview_section
    from research.edition.clock import completed_at
    from research.edition.plan import plan
    from research.edition.ready import for_the_next
    from research.execution.lean import import_nbformat
    from research.params import load

    import_nbformat()
    cache = _cache(no_cache)
    stamp = completed_at()
    loaded = load(params)
    ahead = ahead_of(loaded, as_of=as_of, source=source)
    planned = plan(
        loaded, as_of=as_of, source=source, sections=[section], reports=reports, cache=cache
    )
    with for_the_next(planned, ahead), terminal.progress([section]) as listener:
        pages = preview_section(
            planned, completed_at=stamp, pdf=pdf, on_event=listener, cache=cache
        )
    terminal.tell_complaints(cache)
    for page in pages:
        click.echo(terminal.shown_path(page))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument(
    "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PARAMS] [JUPYTERLAB ARGUMENTS]..."
)
def lab(arguments: tuple[str, ...]) -> None:
    """Open the notebooks in JupyterLab.

    A note's name or file is PARAMS; all other options and arguments are JupyterLab's own.
    """
    from research.params import load

    params, arguments = _split(arguments)
    loaded = load(params)
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed here. Run: pip install -e '.[lab]'")
    note_file = Path(loaded.path).resolve()
    folder = (note_file.parent / loaded.note.sections[0].notebook).resolve().parent
    command = [sys.executable, "-m", "jupyterlab", str(folder), *arguments]
    environment = {**os.environ, "RESEARCH_PARAMS": str(note_file)}
    click.get_current_context().exit(subprocess.call(command, env=environment))


@main.command()
def warm() -> None:
    """Stay in memory, so that `build` and `preview` start at once, until Ctrl-C.

    For as long as notebooks are edited: leave it running in a terminal of its own. Other terminals
    find it by themselves; without it, or with other variables or another interpreter, everything
    works as ever, with the same results. When the package changes it loads itself anew.
    """
    from research.edition.ready import import_all
    from research.edition.rehearsal import begin_early
    from research.execution.standby.keeper import stand_by

    def tell() -> None:
        click.echo("Warm: `research build` and `research preview` start at once, until Ctrl-C.")
        sys.stdout.flush()

    keeper = os.getpid()
    try:
        arguments = stand_by(import_all, ready=tell, rehearse=begin_early)
    except KeyboardInterrupt:
        if os.getpid() == keeper:  # that is how it ends, but not what it was asked for
            return
        raise
    if arguments is None:
        click.echo("Something that is loaded has changed; loading it again.")
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    main(arguments, prog_name="research")


def _hand_over() -> None:
    """Have a process on standby do what this one was asked for, and exit, if there is one."""
    from research.execution.standby.handed import hand_over

    context = click.get_current_context()
    code = hand_over(context.meta[_GIVEN])
    if code is not None:
        context.exit(code)


def _cache(refused: bool) -> Any:
    """The user's cache, or None."""
    from research.execution.cache.store import open_store

    return None if refused else open_store()


def _split(arguments: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """PARAMS, by default the usual note, and what is left for JupyterLab."""
    here = Path.cwd()
    known = {file.stem for folder in (here, *here.parents) for file in folder.glob("params/*.yaml")}
    for place, one in enumerate(arguments):
        is_file = one.endswith((".yaml", ".yml")) and Path(one).is_file()
        # A first word that is nothing at all is a note misspelt, and refused as one.
        is_nothing = place == 0 and not one.startswith("-") and not Path(one).exists()
        if one in known or is_file or is_nothing:
            return one, arguments[:place] + arguments[place + 1 :]
    return "mining-rally", arguments


@main.command()
@click.argument("before")
@click.argument("after")
@_published
@click.option("--facts", "list_facts", is_flag=True, help="List every fact that changed.")
def diff(before: str, after: str, reports: Path | None, list_facts: bool) -> None:
    """What changed from edition BEFORE to AFTER, each a folder or an id such as 2026-W05."""
    from research import terminal
    from research.edition.changes import changes, facts_in
    from research.edition.manifest import load
    from research.edition.shelf import find, reports_of

    shelf = reports_of((before, after), reports)
    old, new = load(find(shelf, before)), load(find(shelf, after))
    terminal.tell_difference(changes(old, new), facts=facts_in(old, new), list_facts=list_facts)


@main.command()
@click.argument("fact")
@click.argument("edition", default="")
@_published
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def explain(fact: str, edition: str, reports: Path | None, as_json: bool) -> None:
    """Where FACT of an edition comes from: value, cell, functions, inputs.

    FACT is the id of a fact, an exhibit or a claim, as edition.json lists them. EDITION is a folder
    or an id such as 2026-W05, by default the newest. FACT may also be a section: then, why it ran
    in the last build or was taken from the cache.
    """
    from research import terminal
    from research.edition.explain import explain as explain_fact
    from research.edition.explain import is_section
    from research.edition.manifest import load as load_manifest
    from research.edition.shelf import find, newest, note_file, reports_of

    shelf = reports_of((edition,), reports)
    folder = find(shelf, edition) if edition else newest(shelf)
    record = load_manifest(folder)
    if is_section(record, fact):
        from research.edition.explain_section import explain_section
        from research.execution.cache.store import open_store
        from research.params import load

        note = load(note_file(shelf, record["note"]) or record["note"])
        section = explain_section(folder, fact, open_store(), note)
        click.echo(section.as_json()) if as_json else terminal.tell_section(section)
        return
    found = explain_fact(folder, fact)
    if as_json:
        click.echo(found.as_json())
    else:
        terminal.tell_explanation(found)


@main.command()
@click.argument("edition")
@click.option("--params", default="", metavar="PARAMS", help="The note (default: the edition's).")
@_published
@_jobs
def verify(edition: str, params: str, reports: Path | None, jobs: int | None) -> None:
    """Build EDITION, a folder or an id such as 2026-W05, again and compare every byte.

    Nothing is taken from the cache. The note's memory of forecasts and outcomes is checked too.

    Exit code: 0 every file is the same, 1 something differs, is missing or was added; else as
    of build.
    """
    from research import terminal
    from research.edition.manifest import load as load_manifest
    from research.edition.shelf import find, note_file, reports_of
    from research.edition.verify import verify as verify_edition
    from research.execution.lean import import_nbformat
    from research.params import load

    import_nbformat()
    shelf = reports_of((edition,), reports)
    folder = find(shelf, edition)
    record = load_manifest(folder)
    note = load(params or note_file(shelf, record["note"]) or record["note"])
    with terminal.progress(list(record["params"])) as listener:
        result = verify_edition(folder, note, workers=jobs, on_event=listener)
    for line in (*result.differences, *result.causes):
        click.echo(f"  {line}")
    if result.differences:
        raise ResearchError(f"edition {result.edition} did not come out the same again.")
    click.echo(f"{result.edition}: all {result.files} files are the same, byte for byte.")


@main.group()
def kernelspec() -> None:
    """The warm kernel, for papermill and JupyterLab."""


@kernelspec.command()
@click.option("--user", is_flag=True, help="For this user (default: for this environment).")
@click.option("--prefix", metavar="PATH", callback=_said, help="Below this folder instead.")
def install(user: bool, prefix: str) -> None:
    """Install `research-warm`, a Python kernel that starts in a tenth of a second.

    Then `papermill -k research-warm` uses it, and JupyterLab lists it.
    """
    from research.execution.warm.specs import install as install_spec

    if user and prefix:
        raise UsageError("--user and --prefix name two places; say one of them.")
    try:
        folder = install_spec(user=user, prefix=None if user else prefix or sys.prefix)
    except OSError as error:
        raise UsageError(
            f"the kernelspec cannot be written: {error}. Name another place with --prefix, or "
            "say --user."
        ) from error
    click.echo(f"installed {folder}")


@main.command()
def doctor() -> None:
    """Check that this machine has what a build needs.

    Exit code: 0 fit, 1 unfit.
    """
    from research import terminal
    from research.doctor import examine

    checks = examine()
    terminal.tell_checks(checks)
    if not all(good for good, _ in checks.values()):
        click.get_current_context().exit(1)
