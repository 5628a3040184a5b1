"""The scratch copy of the project that everything is measured on, and the commands to measure."""

from __future__ import annotations

import compileall
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Sample
from tests.benchmarks.machine import apart_folder, browser
from tests.benchmarks.measure import run

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
AS_OF = "2026-01-30"  # the last day of the sample market
EPOCH = "1769882400"  # 2026-01-31T18:00Z, so that an edition can be built twice alike
PARAMETERS = {"note": "mining-rally", "as_of": AS_OF, "source": "sample"}


@dataclass(frozen=True)
class Workshop:
    """A folder outside the project with a copy of its notebooks and parameters."""

    folder: Path
    repetitions: int = 3
    editions: int = 52
    runs: int = 500
    cold_papermill: list[Sample] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, *, repetitions: int, editions: int, runs: int) -> Workshop:
        """Copy the project; compile what it imports, as installing with pip does."""
        for name in ("notebooks", "params"):
            shutil.copytree(ROOT / name, folder / "project" / name)
        for name in ("reports", "cache", "ipython", "tmp"):
            (folder / name).mkdir()
        package = importlib.util.find_spec("research")
        assert package is not None
        for place in (sysconfig.get_path("purelib"), *(package.submodule_search_locations or ())):
            compileall.compile_dir(place, quiet=2, workers=0)
        return cls(folder, repetitions, editions, runs)

    @property
    def project(self) -> Path:
        """The copy of the project."""
        return self.folder / "project"

    @property
    def notebooks(self) -> Path:
        """The copy's notebooks."""
        return self.project / "notebooks"

    @cached_property
    def env(self) -> dict[str, str]:
        """The environment of every command, ours and theirs alike."""
        given = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        return {
            **given,
            "RESEARCH_PARAMS": str(self.project / "params" / "mining-rally.yaml"),
            "SOURCE_DATE_EPOCH": EPOCH,
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "RESEARCH_CACHE": str(self.folder / "cache" / "research"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "MPLBACKEND": "Agg",
            "OMP_NUM_THREADS": "1",
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PLOOMBER_STATS_ENABLED": "false",
            "PLAYWRIGHT_SKIP_VALIDATE_HOST_REQUIREMENTS": "1",
            **self._playwright(),
        }

    def fresh(self, name: str) -> Path:
        """The path of a folder that does not exist yet."""
        return next(
            path for n in count(1) if not (path := self.folder / "tmp" / f"{name}-{n}").exists()
        )

    def knows(self, option: str, command: str = "build") -> bool:
        """Whether `research COMMAND` offers `option`, by its own help."""
        word = rf"(?<![\w-]){re.escape(option)}(?![\w-])"
        return re.search(word, self._help(command)) is not None

    def research(self, *arguments: str, memory: bool = False, **more: Any) -> Sample:
        """Run the installed command in the copied project."""
        command = [str(Path(sys.executable).parent / "research"), *arguments]
        return run(command, env=self.env, cwd=self.project, memory=memory, **more)[0]

    def build(self, reports: Path, *arguments: str, cold: bool = True, **more: Any) -> Sample:
        """`research build` into `reports`; `cold` takes nothing from a cache."""
        uncached = ["--no-cache"] if cold and self.knows("--no-cache") else []
        return self.research("build", "--reports", str(reports), *uncached, *arguments, **more)

    def python(self, *arguments: str, apart: bool = False) -> tuple[Sample, str]:
        """Run this Python in the copied project; `apart` with what is installed apart, too."""
        env = {**self.env, "PYTHONPATH": str(apart_folder())} if apart else self.env
        return run([sys.executable, *arguments], env=env, cwd=self.project)

    def peer(self, name: str, *arguments: str | Path, apart: bool = False) -> tuple[Sample, str]:
        """Run one of the peers' scripts."""
        return self.python(str(PEERS / f"{name}.py"), *map(str, arguments), apart=apart)

    def papermill(self, *, as_of: str = AS_OF, notebooks: Path | None = None) -> Sample:
        """The whole note by papermill and nbconvert, with webpdf where Chromium is present."""
        formats = "html,webpdf" if browser() else "html"
        given = json.dumps({**PARAMETERS, "as_of": as_of})
        out = self.fresh("papermill")
        return self.peer("papermill_note", notebooks or self.notebooks, out, given, formats)[0]

    def papermill_commands(self) -> Sample:
        """The same by the commands that the tools document, as a shell script would run them."""
        out = self.fresh("commands")
        out.mkdir(parents=True)
        tools = Path(sys.executable).parent
        given = [word for pair in PARAMETERS.items() for word in ("-p", *pair)]
        books = sorted(self.notebooks.glob("*.ipynb"))
        ran = [str(out / book.name) for book in books]
        commands = [
            [str(tools / "papermill"), str(book), made, *given, "--cwd", str(self.notebooks),
             "--no-progress-bar"]
            for book, made in zip(books, ran, strict=True)
        ]  # fmt: skip
        for kind in ("html", "webpdf") if browser() else ("html",):
            options = ["--no-input", "--WebPDFExporter.disable_sandbox=True"]
            commands.append([str(tools / "jupyter-nbconvert"), "--to", kind, *options, *ran])
        steps = [run(command, env=self.env, cwd=self.project)[0] for command in commands]
        return Sample(wall_s=sum(s.wall_s for s in steps), cpu_s=sum(s.cpu_s for s in steps))

    def papermill_once_measured(self) -> list[Sample]:
        """The full cold papermill run as measured earlier in this run, else measured now."""
        if not self.cold_papermill:
            self.cold_papermill.append(self.papermill())
        return self.cold_papermill

    def _help(self, command: str) -> str:
        research = str(Path(sys.executable).parent / "research")
        return run([research, command, "--help"], env=self.env, cwd=self.project)[1]

    def _playwright(self) -> dict[str, str]:
        """Lets nbconvert's webpdf, unchanged, find the system's Chromium.

        nbconvert names no browser to playwright, which looks for its own in one folder; in a
        folder of that layout stands a script that starts the system's.
        """
        found = browser()
        if not found or importlib.util.find_spec("playwright") is None:
            return {}
        home = self.folder / "browsers"
        place = _shell_of_playwright(dict(os.environ))
        if not place:
            return {}
        shell = home / place
        if not shell.is_file():
            shell.parent.mkdir(parents=True)
            shell.write_text(f'#!/bin/sh\nexec "{found}" "$@"\n', encoding="utf-8")
            shell.chmod(0o755)
            (shell.parents[1] / "INSTALLATION_COMPLETE").touch()
        return {"PLAYWRIGHT_BROWSERS_PATH": str(home)}


def change_cell(notebook: Path, before: str, after: str) -> None:
    """Replace `before`, which must stand in exactly one cell, by `after`.

    Raises ValueError when it stands in none or in several: then nothing would be measured.
    """
    told = json.loads(notebook.read_text(encoding="utf-8"))
    found = 0
    for cell in told["cells"]:
        source = "".join(cell["source"])
        if before in source:
            found += 1
            cell["source"] = source.replace(before, after, 1)
    if found != 1:
        raise ValueError(f"{notebook.name}: {before!r} stands in {found} cells; expected one.")
    notebook.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def parameterised(notebooks: Path, out: Path, parameters: dict[str, str]) -> Sequence[Path]:
    """Copies of the notebooks whose parameters stand in a cell, for tools that pass none."""
    import papermill

    out.mkdir(parents=True)
    written = []
    for one in sorted(notebooks.glob("*.ipynb")):
        written.append(out / one.name)
        papermill.execute_notebook(
            str(one), str(written[-1]), parameters, prepare_only=True, progress_bar=False
        )
    return written


def _shell_of_playwright(env: dict[str, str]) -> str:
    """Where playwright looks for its headless browser, below its folder of browsers.

    It depends on version and platform, and playwright tells it only when nothing is there.
    """
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: p.chromium.launch()"
    )
    nowhere = {**env, "PLAYWRIGHT_BROWSERS_PATH": "/nowhere"}
    told = subprocess.run(
        [sys.executable, "-c", code], env=nowhere, capture_output=True, text=True, check=False
    )
    found = re.search(r"exist at /nowhere/(\S+)", told.stderr)
    return found[1] if found else ""
