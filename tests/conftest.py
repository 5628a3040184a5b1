"""What every test may ask for."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# No test goes by the clock: a machine that is busy would make a failure of it.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("house")
COMPLETED_AT = "2026-01-31T06:00:00Z"


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the cache of who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEARCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference material beside the project: real prices, oracles, the article."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the reference material ../shared is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def sample_edition(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a published edition of the sample market.

    Built once from the committed parameters and notebooks, for all workers of a test run.
    """
    from research.edition.build import build
    from research.edition.plan import plan
    from research.params import load

    home = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        home = home.parent
    reports = home / "sample-reports"
    reports.mkdir(exist_ok=True)
    with _alone(reports / ".lock"):
        planned = plan(load(root / "params" / "mining-rally.yaml"), reports=reports)
        if not planned.folder.is_dir():
            build(planned, completed_at=COMPLETED_AT, workers=2)
    return planned.folder


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    fcntl = pytest.importorskip("fcntl", reason="editions are built by one worker at a time")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def words_drawn() -> Callable[[bytes], dict[str, list[tuple[str, float]]]]:
    """Reads a PDF: each thing that is told in other words, by these, with its text as printed.

    The text is every run of letters and its size in points, wherever it has been scaled.
    """

    def read(pdf: bytes) -> dict[str, list[tuple[str, float]]]:
        from pypdf import PdfReader

        found: dict[str, list[tuple[str, float]]] = {}
        for page in PdfReader(io.BytesIO(pdf)).pages:
            told: list[str] = []

            def before(operator: bytes, given: Any, *_: Any, told: list[str] = told) -> None:
                if operator in (b"BDC", b"BMC"):
                    about = given[1] if isinstance(given[-1], dict) else {}
                    told.append(str(about.get("/Alt", "")))
                    found.setdefault(told[-1], [])
                elif operator == b"EMC":
                    told.pop()

            def seen(
                text: str, page: Any, line: Any, font: Any, size: float, told: list[str] = told
            ) -> None:
                if text.strip() and told and told[-1]:
                    # The height of a letter: two transformations of what is one unit high.
                    across = line[2] * page[0] + line[3] * page[2]
                    up = line[2] * page[1] + line[3] * page[3]
                    found[told[-1]].append((text.strip(), size * math.hypot(across, up)))

            page.extract_text(visitor_operand_before=before, visitor_text=seen)
        found.pop("", None)
        return found

    return read


@pytest.fixture(scope="session")
def mini_note() -> Callable[..., Path]:
    """Writes a note of tiny notebooks: `mini_note(folder, {"front": ["1 + 1"]})` → its file.

    Each section's value is the sources of its code cells, which come after the parameters cell;
    a source that begins with `#` and a blank is Markdown. Further keywords are fields of the note.
    """

    def write(folder: Path, told: dict[str, Sequence[str]], **fields: Any) -> Path:
        params, notebooks = folder / "params", folder / "notebooks"
        params.mkdir(parents=True)
        notebooks.mkdir()
        for name in ("universe", "claims", "method", "decks"):
            shutil.copy(ROOT / "params" / f"{name}.yaml", params)
        shutil.copytree(ROOT / "params" / "sources", params / "sources")
        for name, sources in told.items():
            text = json.dumps(_notebook(sources))
            (notebooks / f"{name}.ipynb").write_text(text, encoding="utf-8")
        note = {
            "note": "mini",
            "title": "Does it work?",
            "series": "Tests",
            "question": "Does the smallest note come out?",
            "source": "sample",
            "producer": {"name": "Tester", "role": "Test", "firm": "Tests"},
            "sections": [
                {"id": one, "title": one.capitalize(), "notebook": f"../notebooks/{one}.ipynb"}
                for one in told
            ],
            "disclosures": ["Made by a test."],
            **fields,
        }
        file = params / "mini.yaml"
        file.write_text(yaml.safe_dump(note, sort_keys=False), encoding="utf-8")
        return file

    return write


def _notebook(sources: Sequence[str]) -> dict[str, Any]:
    parameters = 'note: str = "mini"\nas_of: str = "latest"\nsource: str = ""'
    cells: list[dict[str, Any]] = [_code("parameters-cell", parameters, tags=["parameters"])]
    for n, source in enumerate(sources):
        if source.startswith("# "):
            cells.append({"cell_type": "markdown", "id": f"c{n}", "metadata": {}, "source": source})
        else:
            cells.append(_code(f"c{n}", source))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def _code(id: str, source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": id, "metadata": metadata, "source": source,
        "execution_count": None, "outputs": [],
    }  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[..., tuple[str, list[subprocess.Popen[bytes]]]]]:
    """Starts a Dask scheduler on loopback and two workers, by Dask's own commands.

    Gives `dask://host:port` and the processes of the workers; further arguments are the workers'.
    """
    distributed = pytest.importorskip("distributed")
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "cluster.log").open("wb") as log:

        def dask(command: str, *arguments: str) -> subprocess.Popen[bytes]:
            run = [sys.executable, "-m", f"distributed.cli.dask_{command}", "--no-dashboard"]
            started.append(subprocess.Popen([*run, *arguments], stdout=log, stderr=log))
            return started[-1]

        def start(*arguments: str) -> tuple[str, list[subprocess.Popen[bytes]]]:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            address = f"127.0.0.1:{port}"
            dask("scheduler", "--host", "127.0.0.1", "--port", str(port))
            own = ["--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path / "dask")]
            workers = [dask("worker", f"tcp://{address}", *own, *arguments) for _ in range(2)]
            with distributed.Client(f"tcp://{address}", timeout=60, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=60)
            return f"dask://{address}", workers

        yield start
        for process in reversed(started):
            process.kill()
            process.wait()
