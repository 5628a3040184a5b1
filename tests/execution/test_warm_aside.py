"""Calls in two parts: the first made beside the imports, by a process that hands it over."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from research.execution.run import KERNEL_ENV, ask
from research.execution.warm import Setup, prestart, zygotes

pytestmark = pytest.mark.skipif(not zygotes.can_fork(), reason="no kernel is forked here")

CELL = "import json, toy_preload\njson.dumps(toy_preload.HELD)"
CALL = ("toy_preload:first|then", {"n": 7})
TWO_PARTS = """
import os
HELD = []
def first(n):
    {first}
    return {{"n": n}}
def then(waited, n):
    HELD.append([waited()["n"], n])
    return {{"held": HELD}}
"""


@pytest.fixture
def begin(toy: Callable[[str], None], tmp_path: Path, no_zygotes: None) -> Callable[..., Setup]:
    """Has a zygote asked for the call while it still imports the last of its modules."""
    pipe, folder = tmp_path / "asked", tmp_path / "modules"
    os.mkfifo(pipe)

    def write(first: str, last: str = "") -> Setup:
        toy(TWO_PARTS.format(first=first))
        (folder / "toy_asked.py").write_text(f"open({str(pipe)!r}).close()", encoding="utf-8")
        (folder / "toy_last.py").write_text(last, encoding="utf-8")
        modules = ("toy_preload", "toy_asked", "toy_last")
        setup = Setup(modules=modules, preload=(CALL,), asked=1)
        assert prestart(setup, env=KERNEL_ENV)
        pipe.write_text("", encoding="utf-8")
        return setup

    return write


def test_the_first_part_is_made_while_modules_are_still_imported(
    notebooks, begin: Callable[..., Setup], tmp_path: Path
) -> None:
    made = tmp_path / "made"
    os.mkfifo(made)
    # The last module is imported when somebody else has written, or 20 seconds later.
    setup = begin(
        f"open({str(made)!r}, 'w').close()",
        "import os, select\n"
        f"made = os.open({str(made)!r}, os.O_RDONLY | os.O_NONBLOCK)\n"
        "AT_ONCE = bool(select.select([made], [], [], 20)[0])\n"
        "os.close(made)\n",
    )
    cell = "import json, toy_last, toy_preload\njson.dumps([toy_last.AT_ONCE, toy_preload.HELD])"
    assert notebooks.value(cell, setup=setup) == [True, [[7, 7]]]
    assert ask(setup) == {"held": [[7, 7]]}


@pytest.mark.parametrize(
    "goes_wrong", ["os._exit(3)", "raise ValueError", "return lambda: 'cannot be pickled'"]
)
def test_what_is_not_handed_over_is_made_by_who_needs_it(
    notebooks, begin: Callable[..., Setup], tmp_path: Path, goes_wrong: str
) -> None:
    once = str(tmp_path / "once")
    setup = begin(f"if not os.path.exists({once!r}): os.mkdir({once!r}); {goes_wrong}")
    assert ask(setup) == {"held": [[7, 7]]}
    assert notebooks.value(CELL, setup=setup) == [[7, 7]]
    assert Path(once).exists()


def test_a_first_part_that_always_fails_is_left_to_the_notebook(
    notebooks, begin: Callable[..., Setup]
) -> None:
    setup = begin("raise ValueError('no such market')")
    assert ask(setup) is None
    assert notebooks.value(CELL, setup=setup) == []


def test_what_was_begun_for_a_zygote_that_refuses_ends_while_that_lives(
    begin: Callable[..., Setup], has_gone: Callable[[int], bool], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    setup = begin(
        f"open({str(told)!r}, 'w').write(str(os.getpid())); return {{'n': b'0' * (1 << 24)}}",
        f"NUMBER = int(open({str(told)!r}).read())\nimport threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        f"open({str(tmp_path / 'number')!r}, 'w').write(str(NUMBER))",
    )
    assert ask(setup) is None
    [zygote] = zygotes._zygotes.values()
    number = int((tmp_path / "number").read_text(encoding="utf-8"))
    assert has_gone(number)
    assert not zygote.has_ended()


def test_both_parts_are_called_in_one_process_where_imports_are_over(
    notebooks, toy: Callable[[str], None], no_zygotes: None
) -> None:
    toy(TWO_PARTS.format(first="HELD.append('here')"))
    modules = ("toy_preload",)
    assert notebooks.value(CELL, setup=Setup(modules=modules)) == []
    there = Setup(modules=modules, preload=(CALL,), asked=1)
    assert notebooks.value(CELL, setup=there) == ["here", [7, 7]]
    assert len(zygotes._zygotes) == 1


def test_neither_kernels_nor_zygotes_keep_a_file_of_what_was_handed_over(
    notebooks, begin: Callable[..., Setup], tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    setup = begin(f"os.mkdir({str(begun)!r})")
    [zygote] = zygotes._zygotes.values()
    cell = (
        "import json, os\n"
        f"folders = [f'/proc/{{one}}/fd' for one in ('self', os.getppid(), {zygote.pid})]\n"
        "found = [[os.readlink(f'{home}/{one}') for one in sorted(os.listdir(home))"
        " if os.path.exists(f'{home}/{one}')] for home in folders]\n"
        "json.dumps(found)"
    )
    kernel, helper, first = notebooks.value(cell, setup=setup)
    assert begun.exists()
    assert not [one for one in (*helper, *first) if one.startswith("pipe:")]
    assert len([one for one in kernel if one.startswith("pipe:")]) <= 4, "its own output's"


def test_a_setup_by_which_nothing_is_asked_waits_for_nobody(
    toy: Callable[[str], None], no_zygotes: None
) -> None:
    toy(TWO_PARTS.format(first="pass"))
    assert ask(Setup(modules=("toy_preload",), preload=(CALL,))) is None
    assert not zygotes._zygotes
