"""The kernelspec `research-warm`: anybody's papermill and jupyter_client use it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbformat.v4 import new_code_cell, new_notebook

from research.cli import main
from research.execution.warm import MODULES, zygotes
from research.execution.warm.provisioner import WarmProvisioner


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    result = CliRunner().invoke(main, ["kernelspec", "install", "--prefix", str(tmp_path)])
    assert result.exit_code == 0, result.output
    folder = tmp_path / "share" / "jupyter" / "kernels" / "research-warm"
    assert result.stdout == f"installed {folder}\n"
    return folder


def test_the_provisioner_is_known_by_its_entry_point() -> None:
    found = entry_points(group=KernelProvisionerFactory.GROUP_NAME, name="research-warm")
    assert [one.load() for one in found] == [WarmProvisioner]


def test_the_installed_spec_names_the_provisioner_and_one_thread(installed: Path) -> None:
    spec = json.loads((installed / "kernel.json").read_text(encoding="utf-8"))
    assert spec["argv"][0] == sys.executable
    assert spec["env"] == {"OMP_NUM_THREADS": "1"}
    assert spec["metadata"]["kernel_provisioner"] == {
        "provisioner_name": "research-warm", "config": {"modules": list(MODULES), "preload": []},
    }  # fmt: skip
    manager = KernelSpecManager(kernel_dirs=[str(installed.parent)])
    assert "research-warm" in manager.find_kernel_specs()
    assert manager.get_kernel_spec("research-warm").display_name == "Python 3 (research-warm)"


@pytest.mark.skipif(not zygotes.can_fork(), reason="no kernel is forked here")
def test_plain_papermill_runs_on_it_and_leaves_no_process(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_gone
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(installed.parents[1]))
    cells = [
        new_code_cell(
            "import json, os, sys\nprint('said')\njson.dumps([os.getpid(), os.getppid()])"
        ),
        new_code_cell("'pandas' in sys.modules"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "-k", "research-warm", "in.ipynb", "out.ipynb"]
    done = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    _, told = done.communicate(timeout=120)
    assert done.returncode == 0, told
    said, numbers = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs
    kernel, zygote = json.loads(numbers.data["text/plain"].strip("'"))
    assert said.text == "said\n"
    assert zygote not in (done.pid, 1), "it was forked"
    assert has_gone(kernel)
    assert has_gone(zygote)
    [preloaded] = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[1].outputs
    assert preloaded.data["text/plain"] == "True"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--user", "--prefix", "x"], "--user and --prefix name two places; say one of them."),
        (["--prefix", "/dev/null/x"], "the kernelspec cannot be written: "),
    ],
)
def test_a_place_that_cannot_be_is_refused(options: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["kernelspec", "install", *options])
    assert result.exit_code == 2
    assert told in result.stderr


def test_what_fetches_live_sources_is_in_no_kernel() -> None:
    code = (
        "import sys\nfrom research.execution.warm import MODULES\n"
        "from research.execution.warm.load import load\n"
        "loaded = load(MODULES)\n"
        "print(loaded.refusal, *(name for name in sys.modules if name.startswith('research.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    refusal, *names = done.stdout.strip("\n").split(" ")
    assert not refusal
    assert {"research.market.checks.splits", "research.analysis.ahead"} <= set(names)
    assert not [name for name in names if name.startswith("research.market.live")]
