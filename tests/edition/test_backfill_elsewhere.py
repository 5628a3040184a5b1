"""A back-fill in processes and on a cluster: killed, gone on with, and always the same bytes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from research.edition.build import build
from research.edition.clock import completed_at
from research.edition.plan import plan
from research.params import load

FAKES = Path(__file__).with_name("fakes.py")
STAMP = "1770000000"
Write = Callable[..., Path]
REMEMBER = """
import os
from pathlib import Path
from research.memory import Memory
from research.params import load
memory = Memory.open(load(note), as_of=as_of, illustrative=True)
print("after", memory.last["edition"] if memory.last else "nothing")
"""
ALONE = "print('as of', as_of)"
WEEKS = ("2026-01-16", "2026-01-23", "2026-01-30")
SPAN = ("--from", WEEKS[0], "--to", WEEKS[-1])


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", STAMP)
    return [sys.executable, str(FAKES)]


@pytest.fixture(scope="module")
def note(tmp_path_factory: pytest.TempPathFactory, mini_note: Write) -> Path:
    return mini_note(tmp_path_factory.mktemp("desk"), {"front": [REMEMBER], "rally": [ALONE]})


@pytest.fixture(scope="module")
def expected(
    note: Path, tmp_path_factory: pytest.TempPathFactory, no_data_no_pages: Any
) -> dict[str, bytes]:
    """The files of single builds, one after another."""
    reports = tmp_path_factory.mktemp("single")
    stamp = completed_at({"SOURCE_DATE_EPOCH": STAMP})
    for day in WEEKS:
        build(plan(load(note), as_of=day, reports=reports), completed_at=stamp)
    return files(reports)


def call(command: list[str], *arguments: object) -> str:
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def files(reports: Path) -> dict[str, bytes]:
    """All that readers and later editions see: receipts and locks aside."""
    return {
        path.relative_to(reports).as_posix(): path.read_bytes()
        for path in sorted(reports.rglob("*"))
        if path.is_file() and path.name != ".lock" and ".made-from" not in path.parts
    }


def until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while not happened():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_backfill_that_is_killed_goes_on_where_it_was(
    command: list[str], note: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    reports = tmp_path / "reports"
    again = ("backfill", note, *SPAN, "--jobs", "2", "--reports", reports)
    with subprocess.Popen(
        [*command, *map(str, again)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        # The second receipt is written when the first edition is whole, its rows included.
        until((reports / "mini" / ".made-from" / "2026-W04.json").exists, process)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    first = reports / "mini" / "2026-W03" / "edition.json"
    done = first.stat().st_ino
    assert "2026-W03 · data as of 2026-01-16 · PASS · kept" in call(command, *again)
    assert first.stat().st_ino == done
    assert files(reports) == expected


@pytest.mark.slow
def test_an_edition_and_a_backfill_on_a_cluster_are_the_same_bytes(
    command: list[str],
    note: Path,
    tmp_path: Path,
    expected: dict[str, bytes],
    cluster: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of the two workers is killed once the first edition is there."""
    monkeypatch.setenv("PYTHONPATH", str(FAKES.parent))
    where, workers = cluster("--preload", FAKES.stem)
    reports = tmp_path / "far"
    call(command, "build", note, "--as-of", WEEKS[0], "--reports", reports, "--on", where)
    first = "mini/2026-W03/"
    assert {name: content for name, content in files(reports).items() if first in name} == {
        name: content for name, content in expected.items() if first in name
    }
    arguments = ["backfill", str(note), *SPAN, "--reports", str(reports), "--on", where]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.DEVNULL) as process:
        until((reports / "mini" / ".made-from" / "2026-W03.json").exists, process)
        workers[0].kill()
        assert process.wait(300) == 0
    assert files(reports) == expected


@pytest.mark.slow
def test_four_editions_of_the_note_are_those_of_single_builds(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", STAMP)
    note = root / "params" / "mining-rally.yaml"
    command = [sys.executable, "-c", "from research.cli import main; main()"]
    days = ("2026-01-09", "2026-01-16", "2026-01-23", "2026-01-30")
    many, single = tmp_path / "many", tmp_path / "single"
    call(command, "backfill", note, "--from", days[0], "--to", days[-1], "--reports", many)
    for day in days:
        call(command, "build", note, "--as-of", day, "--reports", single)
    assert files(many) == files(single)
