"""The line of a cell that failed, from the traceback IPython gives of it."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from research.execution.where import failing_line


@pytest.fixture(scope="module")
def shell() -> InteractiveShell:
    return InteractiveShell.instance(colors="nocolor")


def told(shell: InteractiveShell, source: str) -> str:
    result = shell.run_cell(source, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    assert error is not None
    if isinstance(error, SyntaxError):
        lines = shell.SyntaxTB.structured_traceback(type(error), error, [])
    else:
        lines = shell.InteractiveTB.structured_traceback(
            type(error), error, error.__traceback__, tb_offset=1
        )
    return failing_line(source, "\n".join(lines))


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('# a comment\nx = 1\nraise RuntimeError("kaputt")', 'raise RuntimeError("kaputt")'),
        ("\n\n1 / 0  # why\ny = 1", "1 / 0  # why"),
        ('# deep\nimport json\n\nv = json.loads(\n    "{",\n)', "v = json.loads("),
        ("def g(): 1 / 0\ng()", "g()"),
        (
            'try:\n    int("x")\nexcept ValueError as e:\n    raise KeyError("k") from e',
            'raise KeyError("k") from e',
        ),
        ("# open\nx = (1\ny =", "x = (1"),
        ("# one\n%run_no_such_magic_file", "%run_no_such_magic_file"),
    ],
)
def test_the_line_that_failed_is_named_not_the_first(
    shell: InteractiveShell, source: str, line: str
) -> None:
    assert told(shell, source) == line


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("# why\n\nimport time\ntime.sleep(9)", "import time"),
        ("%%time\n# why\nmissing", "missing"),
        ("# nothing else", "# nothing else"),
        ("", ""),
    ],
)
def test_without_a_frame_it_is_the_first_line_of_code(source: str, line: str) -> None:
    assert failing_line(source, "DeadKernelError: the kernel died in this cell.") == line


def test_a_line_under_the_magic_that_times_is_counted_from_below_it() -> None:
    frames = "Cell In[1], line 1\n----> 1 get_ipython()\n\nFile <timed exec>:3\n      1 x"
    assert failing_line("%%time\n# x\ny = 1\nmissing", frames) == "missing"
