"""`research warm` from the outside: a build through it is the build without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from research.execution.warm import zygotes

pytestmark = pytest.mark.skipif(not zygotes.can_fork(), reason="nothing is forked here")

CODE = "import sys; from research.cli import main; sys.argv[0] = 'research'; main()"
# Whose child the kernel's zygote is, or that zygote's own: told to a file, so that no page has it,
# nor the length of its number.
LINEAGE = """
import os
from pathlib import Path
def parent(n):
    return Path(f"/proc/{n}/stat").read_text().rpartition(")")[2].split()[1]
_ = Path(os.environ["LINEAGE"]).write_text(parent(parent(os.getppid())))
"""
# Whether the market was there before the notebook opened it, told likewise.
LOOK = """
import os
from pathlib import Path
from research.market import Market, market as room
from research.params import load
before = [one[2] for one in room._kept]
market = Market.open(load(note), source=source, as_of=as_of)
word = "kept" if any(one is market for one in before) else "read"
_ = Path(os.environ["LINEAGE"]).write_text(f"{word} {market.method.gates.fill_days}")
"""
SECTIONS = {"front": ["# # Hello", LINEAGE, "21 * 2"], "rally": ["# # Rally", "1 + 1"]}


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    # Sockets have short paths.
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        yield {
            **os.environ,
            "XDG_RUNTIME_DIR": folder,
            "RESEARCH_CACHE": str(tmp_path / "cache"),
            "SOURCE_DATE_EPOCH": "1769792400",
            "LINEAGE": str(tmp_path / "lineage"),
        }


@pytest.fixture
def keeper(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, "-c", CODE, "warm"], stdout=subprocess.PIPE, text=True, env=env
    )
    assert started.stdout is not None
    assert started.stdout.readline().startswith("Warm: ")
    with started:
        yield started
        started.kill()


def research(*arguments: object, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    given = [str(one) for one in arguments]
    return subprocess.run(
        [sys.executable, "-c", CODE, *given], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=120, env=env,
    )  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*.*")}


def test_a_build_by_a_warm_process_has_the_bytes_and_the_exit_code_of_one_without(
    tmp_path: Path,
    mini_note: Callable[..., Path],
    env: dict[str, str],
    keeper: subprocess.Popen[str],
) -> None:
    file = mini_note(tmp_path / "desk", SECTIONS)
    asked = ("build", file, "--as-of", "2026-01-30", "--no-cache", "--reports")
    warm = research(*asked, tmp_path / "warm", env=env)
    assert warm.returncode == 0, warm.stderr
    assert (tmp_path / "lineage").read_text() == str(keeper.pid)
    research(*asked, tmp_path / "cold", env={**env, "XDG_RUNTIME_DIR": "/nowhere"})
    assert (tmp_path / "lineage").read_text() != str(keeper.pid)
    assert files(tmp_path / "warm") == files(tmp_path / "cold")
    assert "Written:" in warm.stdout
    refused = research("preview", "ralli", file, env=env)
    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: section 'ralli' is not in the note")


def test_a_rebuild_by_a_warm_process_sees_what_changed_and_has_the_bytes_of_one_without(
    tmp_path: Path, mini_note: Callable[..., Path], env: dict[str, str], keeper: object
) -> None:
    sections = {"front": ["# # Hello", "21 * 2"], "rally": ["# # Rally", LOOK, "1 + 1"]}
    ahead = ["research.market.survey:look"]  # which is made ahead of any
    file = mini_note(tmp_path / "desk", sections, ahead=ahead)
    book = tmp_path / "desk" / "notebooks" / "rally.ipynb"
    rules = file.parent / "method.yaml"
    asked = ("build", file, "--as-of", "2026-01-30", "--reports", tmp_path / "warm")

    def kept() -> str:
        run = research(*asked, env=env)
        assert run.returncode == 0, run.stderr
        return (tmp_path / "lineage").read_text()

    def kept_at_last() -> str:
        """What is told once the market is there, for nobody waits for that."""
        for _ in range(30):
            book.write_text(book.read_text().replace("1 + 1", "1 + 1 + 1"))
            if (told := kept()).startswith("kept"):
                break
        return told

    kept()
    assert kept_at_last() == "kept 5"
    rules.write_text(rules.read_text().replace("fill_days: 5", "fill_days: 4"))
    assert kept() == "read 4"  # by the parameters as they are now, and so not what was kept
    assert kept_at_last() == "kept 4"
    cold = (*asked[:-1], tmp_path / "cold")
    research(*cold, "--no-cache", env={**env, "XDG_RUNTIME_DIR": "/nowhere"})
    made, again = files(tmp_path / "warm"), files(tmp_path / "cold")
    assert made.keys() == again.keys()
    assert [name for name in made if made[name] != again[name]] == []


def test_ctrl_c_is_how_a_warm_process_ends(keeper: subprocess.Popen[str]) -> None:
    keeper.send_signal(signal.SIGINT)
    assert keeper.wait(timeout=60) == 0
