"""`%load_ext research` prepares a kernel and keeps warnings from the reader."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import matplotlib
import pytest
from IPython.core.interactiveshell import InteractiveShell

from research import load_ipython_extension
from research.exhibits.extension import caught


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with matplotlib.rc_context():
        made = InteractiveShell()
        load_ipython_extension(made)
        yield made


def test_prose_cells_work_and_the_theme_is_on(shell: InteractiveShell) -> None:
    assert "prose" in shell.magics_manager.magics["cell"]
    assert matplotlib.rcParams["svg.fonttype"] == "none"
    assert matplotlib.rcParams["font.family"][0] == "Source Sans Pro"


def test_a_warning_is_collected_and_prints_nothing(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import warnings; warnings.simplefilter('always'); warnings.warn('old data')"
    with warnings.catch_warnings():
        result = shell.run_cell(code)
    assert result.success
    captured = capsys.readouterr()
    assert "old data" not in captured.out + captured.err
    assert [(w.category, w.message) for w in caught()] == [("UserWarning", "old data")]
    shell.run_line_magic("warnings", "")
    assert "UserWarning" in capsys.readouterr().out


def test_loading_again_starts_afresh(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    load_ipython_extension(shell)
    shell.run_line_magic("warnings", "")
    assert capsys.readouterr().out == "No warnings.\n"
