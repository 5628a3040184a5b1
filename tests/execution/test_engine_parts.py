"""The engine's parts that need no kernel: writing, folders, import order."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import papermill_engines

import research.execution.folder
from research.execution import client
from research.execution.engine import ResearchEngine
from research.execution.folder import private_folder


def test_the_output_file_is_written_once_and_not_around_each_cell(monkeypatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("papermill.engines.write_ipynb", lambda nb, path: written.append(path))
    cells = [new_code_cell("1", metadata={"tags": []}) for _ in range(10)]
    notebook = new_notebook(cells=cells, metadata={"papermill": {}})
    manager = client.Manager(notebook, "out.ipynb", False, False, 30)
    manager.notebook_start()
    for index, cell in enumerate(cells):
        manager.cell_start(cell, index)
        manager.cell_complete(cell, cell_index=index)
    assert written == []
    manager.notebook_complete()
    assert written == ["out.ipynb"]


def test_sockets_get_a_short_folder_where_the_usual_one_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with private_folder() as folder:
        assert len(str(folder / "k-ipc-5")) < 104
        assert folder.is_dir()
    assert not folder.exists()


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of a process that has ended; private folders are made in `tmp_path`."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(research.execution.folder, "_LONGEST", 1000)  # paths of tests are long
    return ended.pid


def test_what_a_killed_process_left_is_removed_by_the_next_run_and_nothing_else(
    tmp_path: Path, dead: int
) -> None:
    names = (f"rk-{dead}-a", f"rk-{os.getppid()}-b", "rk-other-c", f"x-{dead}-d")
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / f"rk-{dead}-link").symlink_to(tmp_path / names[1])
    with private_folder() as folder:
        assert folder.name.startswith(f"rk-{os.getpid()}-")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([*names[1:], f"rk-{dead}-link"])


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can give files away")
def test_the_folder_of_another_user_is_left_alone(tmp_path: Path, dead: int) -> None:
    theirs = tmp_path / f"rk-{dead}-a"
    theirs.mkdir()
    os.chown(theirs, 12345, -1)
    with private_folder():
        assert theirs.is_dir()


def test_papermill_knows_the_engine_by_its_entry_point() -> None:
    assert papermill_engines.get_engine("research") is ResearchEngine


@pytest.mark.parametrize("first", ["research.execution.engine", "research.execution.client"])
def test_the_engine_can_be_imported_before_papermill(first: str) -> None:
    code = (
        f"import {first}; from papermill.engines import papermill_engines as engines; "
        "engines.get_engine('research')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_plain_notebook_without_kernelspec_runs_in_this_python() -> None:
    assert ResearchEngine.nb_kernel_name(new_notebook()) == "python3"
    assert ResearchEngine.nb_language(new_notebook()) == "python"
    assert ResearchEngine.nb_kernel_name(new_notebook(), "ir") == "ir"
