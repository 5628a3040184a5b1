"""Notebooks run in kernels of their own: what comes back, and how each kind of failure is told."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from research.execution.run import Event, Job, Outcome, run

PARAMETERS = new_code_cell("x = 0", metadata={"tags": ["parameters"]})
SURROUNDINGS = """
import json, os, sys
from pathlib import Path
from ipykernel.connect import get_connection_file
print("never shown", file=sys.stderr)
json.dumps({
    "transport": json.loads(Path(get_connection_file()).read_text())["transport"],
    "folder": os.getcwd(), "backend": os.environ["MPLBACKEND"],
    "seed": os.environ["PYTHONHASHSEED"], "zone": os.environ["TZ"],
    "note": os.environ.get("RESEARCH_PARAMS"), "x": x,
})
"""
DIE = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
SLEEP = "import time\ntime.sleep(60)"


def write(folder: Path, name: str, *cells: str) -> Path:
    path = folder / f"{name}.ipynb"
    notebook = new_notebook(
        cells=[new_markdown_cell("# Title"), PARAMETERS, *(new_code_cell(one) for one in cells)],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks {1}")


@pytest.fixture(scope="module")
def ran(folder: Path) -> tuple[list[Outcome], list[Event]]:
    surroundings = write(folder, "surroundings", SURROUNDINGS)
    jobs = [
        Job(section="slow", notebook=write(folder, "slow", "y = 1", SLEEP), timeout_s=4),
        Job(section="dead", notebook=write(folder, "dead", DIE)),
        Job(
            section="raises", notebook=write(folder, "raises", "y = 1", "\n1 / x  # why\n", "y = 2")
        ),
    ]
    jobs += [
        Job(
            section=f"good-{n}",
            notebook=surroundings,
            parameters={"x": n},
            env={"RESEARCH_PARAMS": f"note-{n}.yaml"},
        )
        for n in range(6)
    ]
    events: list[Event] = []
    before = dict(os.environ), Path.cwd()
    outcomes = run(jobs, workers=4, on_event=events.append)
    assert (dict(os.environ), Path.cwd()) == before
    return outcomes, events


def by_section(ran: tuple[list[Outcome], list[Event]], section: str) -> Outcome:
    return next(outcome for outcome in ran[0] if outcome.section == section)


def result(outcome: Outcome) -> dict[str, Any]:
    import ast
    import json

    [output] = outcome.notebook.cells[-1].outputs
    return json.loads(ast.literal_eval(output.data["text/plain"]))


def test_outcomes_come_in_the_order_of_their_jobs(ran) -> None:
    assert [outcome.section for outcome in ran[0]] == [
        "slow", "dead", "raises", *(f"good-{n}" for n in range(6)),
    ]  # fmt: skip


def test_kernels_listen_on_files_and_see_only_their_own_surroundings(ran, folder: Path) -> None:
    for n in range(6):
        outcome = by_section(ran, f"good-{n}")
        assert outcome.failure is None
        assert result(outcome) == {
            "transport": "ipc", "folder": str(folder), "backend": "Agg", "seed": "0",
            "zone": "UTC", "note": f"note-{n}.yaml", "x": n,
        }  # fmt: skip


def test_a_notebook_that_raises_is_told_by_cell_source_and_cause(ran) -> None:
    failure = by_section(ran, "raises").failure
    assert failure is not None
    assert str(failure) == (
        "section raises (raises.ipynb), code cell 3, `1 / x  # why`: "
        "ZeroDivisionError: division by zero"
    )
    assert "ZeroDivisionError" in failure.traceback
    assert "\x1b" not in failure.traceback


def test_a_failed_notebook_is_kept_as_far_as_it_got(ran) -> None:
    cells = by_section(ran, "raises").notebook.cells
    assert [cell.execution_count for cell in cells if cell.cell_type == "code"] == [1, 2, 3, None]
    assert cells[3].outputs[0].ename == "ZeroDivisionError"


def test_a_kernel_that_dies_is_noticed_and_named(ran) -> None:
    failure = by_section(ran, "dead").failure
    assert str(failure) == (
        "section dead (dead.ipynb), code cell 2, `import os, signal`: DeadKernelError: the kernel "
        "died in this cell, killed by SIGKILL (often: the machine ran out of memory)."
    )


def test_a_notebook_that_runs_too_long_is_stopped_in_its_cell(ran) -> None:
    outcome = by_section(ran, "slow")
    assert outcome.seconds < 30
    assert str(outcome.failure) == (
        "section slow (slow.ipynb), code cell 3, `import time`: CellTimeoutError: the notebook "
        "ran longer than 4 s and was stopped in this cell; make it faster or raise `timeout_s` "
        "of its section."
    )


def test_events_tell_each_cell_and_end_once(ran) -> None:
    kinds = [event.kind for event in ran[1] if event.section == "good-0"]
    assert kinds == ["started", "cell", "cell", "cell", "cell", "finished"]
    assert [event.kind for event in ran[1] if event.section == "dead"][-1] == "failed"


def test_an_error_of_the_listener_stops_every_kernel_at_once(folder: Path) -> None:
    jobs = [
        Job(section="sleeper", notebook=write(folder, "sleeper", SLEEP)),
        Job(section="trigger", notebook=write(folder, "trigger", "y = 1")),
    ]

    told: list[str] = []

    def listener(event: Event) -> None:
        if event.kind in ("finished", "failed"):
            told.append(event.section)
        if event.section == "trigger" and event.kind == "finished":
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(jobs[::-1], workers=2, on_event=listener)
    assert time.monotonic() - start < 30
    assert told == ["trigger"], "what was killed then has not failed"


def test_jobs_and_outcomes_travel_to_another_process_and_back(folder: Path) -> None:
    job = Job(section="far", notebook=write(folder, "far", "x + 1"), parameters={"x": 41})
    events: list[Event] = []
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
        [outcome] = run([job], executor=pool, on_event=events.append)
    assert outcome.notebook.cells[-1].outputs[0].data["text/plain"] == "42"
    assert [event.kind for event in events] == ["finished"]


def test_papermill_alone_runs_a_notebook_with_our_engine(folder: Path) -> None:
    write(folder, "shell", "import sys\nprint(x)")
    command = [sys.executable, "-m", "papermill", "--engine", "research"]
    done = subprocess.run(
        [*command, "shell.ipynb", "out.ipynb", "-p", "x", "7"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "%|" not in done.stderr  # no progress bar
    assert nbformat.read(folder / "out.ipynb", as_version=4).cells[-1].outputs[0].text == "7\n"


def test_what_is_to_be_done_meanwhile_is_done_once_before_any_kernel_has_ended(
    folder: Path,
) -> None:
    told: list[str] = []
    gate = folder / "gate"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"
    job = Job(section="waits", notebook=write(folder, "waits", wait), timeout_s=60)

    def meanwhile(ended: Iterator[Outcome]) -> None:
        told.append("meanwhile")
        gate.touch()
        heard.extend(ended)

    heard: list[Outcome] = []
    ended = run([job], on_event=lambda event: told.append(event.kind), meanwhile=meanwhile)
    assert ended[0].failure is None
    assert heard == ended
    assert told.count("meanwhile") == 1
    assert told.index("meanwhile") < told.index("finished")


def test_no_jobs_are_no_work() -> None:
    assert run([]) == []
