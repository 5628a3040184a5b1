"""Where nothing can be forked, kernels are launched as ever, with the same results."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from research.execution.run import ask
from research.execution.warm import Setup, prestart, zygotes
from research.execution.warm.provisioner import _as_launch

pytestmark = [
    pytest.mark.skipif(not zygotes.can_fork(), reason="no kernel is forked here"),
    pytest.mark.usefixtures("no_zygotes"),
]
LIGHT = Setup(modules=())
PARENT = "import json, os\njson.dumps(os.getppid())"


def is_forked(notebooks, **given) -> bool:
    return notebooks.value(PARENT, **given) != os.getpid()


def test_a_kernel_is_forked_where_nothing_is_in_the_way(notebooks) -> None:
    assert is_forked(notebooks)


@pytest.mark.parametrize("absent", ["os.pidfd_open", "socket.AF_UNIX"])
def test_a_system_that_lacks_something_forks_nothing(monkeypatch, absent: str) -> None:
    monkeypatch.delattr(absent)
    assert not zygotes.can_fork()


def test_another_system_than_linux_forks_nothing(monkeypatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert not zygotes.can_fork()


def test_where_nothing_can_be_forked_kernels_are_launched(notebooks, monkeypatch) -> None:
    monkeypatch.setattr(zygotes, "can_fork", lambda: False)
    assert not is_forked(notebooks)
    assert not prestart(LIGHT)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("raise ValueError('no such market')", "ValueError: no such market"),
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(600,), "
         "daemon=True).start()", "2 threads run"),
        ("kept = open('/dev/zero')", "files open"),
        ("import os; os._exit(3)", "ended before it could fork"),
    ],
)  # fmt: skip
def test_a_zygote_that_cannot_fork_says_why_and_is_not_asked_again(
    notebooks, toy, source: str, why: str
) -> None:
    toy(source)
    setup = Setup(modules=("toy_preload",))
    assert not is_forked(notebooks, setup=setup)
    [zygote] = zygotes._zygotes.values()
    assert why in zygote.refusal
    assert zygote.has_ended()
    assert not is_forked(notebooks, setup=setup)
    assert list(zygotes._zygotes.values()) == [zygote]


@pytest.mark.parametrize(
    "source",
    [
        "raise ValueError('no such market')",
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), "
        "daemon=True).start()",
        "global kept; kept = open('/dev/zero')",
        "import os; os._exit(3)",
    ],
)
def test_what_cannot_be_called_ahead_is_left_to_the_notebook(notebooks, toy, source: str) -> None:
    toy(f"HELD = []\ndef fill():\n    HELD.append(1)\n    {source}")
    setup = Setup(modules=(), preload=(("toy_preload:fill", {}),))
    cell = "import json, toy_preload\njson.dumps(toy_preload.HELD)"
    assert notebooks.value(cell, setup=setup) == []
    assert is_forked(notebooks, setup=setup)


def test_kernels_of_one_day_know_nothing_called_ahead_for_another(notebooks, toy) -> None:
    toy("HELD = []\ndef fill(day):\n    HELD.append(day)")
    cell = "import json, toy_preload\njson.dumps(toy_preload.HELD)"
    days = ["2026-01-28", "2026-02-04", "2026-02-11", "2026-02-18", "2026-01-28"]
    setups = [Setup(modules=(), preload=(("toy_preload:fill", {"day": day}),)) for day in days]
    assert [notebooks.value(cell, setup=one) for one in setups] == [[day] for day in days]
    assert notebooks.value(cell, setup=Setup(modules=())) == []
    assert len(zygotes._zygotes) == 1, "one has imported for all"


def test_who_waits_for_the_first_call_alone_knows_nothing_of_the_second(notebooks, toy) -> None:
    toy("HELD = []\ndef fill(n):\n    HELD.append(n)")
    cell = "import json, os, toy_preload\njson.dumps([toy_preload.HELD, os.getppid()])"
    calls = tuple(("toy_preload:fill", {"n": n}) for n in (1, 2))
    both, _ = notebooks.value(cell, setup=Setup(modules=(), preload=calls))
    first, helper = notebooks.value(cell, setup=Setup(modules=(), preload=calls[:1]))
    again, second = notebooks.value(cell, setup=Setup(modules=(), preload=calls))
    assert (both, first, again) == ([1, 2], [1], [1, 2])
    status = Path(f"/proc/{second}/stat").read_text(encoding="utf-8")
    assert int(status.rpartition(")")[2].split()[1]) == helper, "the first was called once for both"


def test_a_kernel_killed_as_it_starts_is_told_with_its_signal(notebooks, toy) -> None:
    toy("import os\nos.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), 9))")
    failure = notebooks.outcome("1", setup=Setup(modules=("toy_preload",))).failure
    assert failure is not None
    assert failure.cell == 0
    assert failure.message == (
        "kernel 'python3' did not start: Kernel died before replying to kernel_info, "
        "killed by SIGKILL (often: the machine ran out of memory)"
    )


def test_what_a_function_called_ahead_gives_is_told_and_left_for_kernels(notebooks, toy) -> None:
    toy("HELD = []\ndef fill(n):\n    HELD.append(n)\n    return {'held': HELD}")
    calls = tuple(("toy_preload:fill", {"n": n}) for n in (1, 2))
    setup = Setup(modules=(), preload=calls, asked=1)
    assert ask(setup) == {"held": [1]}
    cell = "import json, toy_preload\njson.dumps(toy_preload.HELD)"
    assert notebooks.value(cell, setup=setup) == [1, 2]
    assert ask(setup) == {"held": [1]}, "it was called once"


@pytest.mark.parametrize("source", ["raise ValueError('no such market')", "return {1}", "pass"])
def test_what_cannot_be_told_is_none(toy, source: str) -> None:
    toy(f"def fill():\n    {source}")
    assert ask(Setup(modules=(), preload=(("toy_preload:fill", {}),))) is None


def test_nobody_is_asked_where_nothing_can_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygotes, "can_fork", lambda: False)
    assert ask(Setup(modules=(), preload=(("toy_preload:fill", {}),))) is None


def test_a_zygote_that_dies_meanwhile_tells_nothing(toy) -> None:
    toy("import os\ndef fill():\n    os.kill(os.getppid(), 9)\n    os._exit(1)")
    assert ask(Setup(modules=(), preload=(("toy_preload:fill", {}),))) is None


def test_helpers_of_days_long_past_end(notebooks, toy, has_gone) -> None:
    toy("def fill(day): pass")
    cell = "import json, os\njson.dumps(os.getppid())"
    days = range((os.cpu_count() or 1) + 3)  # one more than are kept
    setups = [Setup(modules=(), preload=(("toy_preload:fill", {"day": n}),)) for n in days]
    parents = [notebooks.value(cell, setup=one) for one in setups]
    assert len({*parents}) == len(days)
    assert has_gone(parents[0])
    assert not has_gone(parents[-1], within_s=0)


def test_more_threads_in_the_libraries_than_one_are_not_forked(notebooks) -> None:
    setup = Setup(modules=("numpy",))
    env = {"OMP_NUM_THREADS": "2"}
    assert is_forked(notebooks, setup=setup)
    # Where only one core is, the library has one thread whatever it is told.
    assert not is_forked(notebooks, setup=setup, env=env) or len(os.sched_getaffinity(0)) == 1


@pytest.mark.parametrize("name", ["matplotlibrc", "toy_preload.py", "toy_preload"])
def test_a_folder_that_holds_what_a_fresh_kernel_would_load_has_its_kernel_launched(
    notebooks, toy, name: str
) -> None:
    toy("")
    setup = Setup(modules=("toy_preload",))
    assert is_forked(notebooks, setup=setup)
    path = notebooks.folder / name
    path.write_text("", encoding="utf-8") if "." in name or "rc" in name else path.mkdir()
    assert not is_forked(notebooks, setup=setup)
    path.unlink() if path.is_file() else path.rmdir()
    assert is_forked(notebooks, setup=setup)


def test_a_module_that_was_edited_is_imported_anew(notebooks, toy) -> None:
    setup = Setup(modules=("toy_preload",))
    value = "import json, toy_preload\njson.dumps(toy_preload.VALUE)"
    toy("VALUE = 'before'")
    assert notebooks.value(value, setup=setup) == "before"
    toy("VALUE = 'afterwards'")
    assert notebooks.value(value, setup=setup) == "afterwards"
    assert is_forked(notebooks, setup=setup)


def test_what_is_preloaded_is_found_by_the_notebook_and_called_once(notebooks, toy) -> None:
    toy("HELD = []\ndef fill(*, day, most):\n    HELD.append([day, most])")
    preload = (("toy_preload:fill", {"day": "2026-01-30", "most": 2}),)
    setup = Setup(modules=(), preload=preload)
    cell = "import json, toy_preload\ntoy_preload.HELD.append(1)\njson.dumps(toy_preload.HELD)"
    for _ in range(2):
        assert notebooks.value(cell, setup=setup) == [["2026-01-30", 2], 1]
    assert is_forked(notebooks, setup=setup)


def test_a_package_is_imported_with_its_modules_and_one_that_is_missing_is_passed_over(
    notebooks,
) -> None:
    setup = Setup(modules=("no_such_module", "research.memory.*"))
    cell = "import json, sys\njson.dumps([n for n in sys.modules if n.startswith('research.mem')])"
    assert "research.memory.recall" in notebooks.value(cell, setup=setup)


def test_only_so_many_zygotes_are_kept(notebooks, monkeypatch) -> None:
    monkeypatch.setattr(zygotes, "_MOST", 1)
    assert is_forked(notebooks)
    assert not is_forked(notebooks, env={"LANG": "C"})
    assert is_forked(notebooks)


def test_an_interpreter_that_is_not_there_has_no_zygote() -> None:
    assert zygotes.zygote_for(("/no/such/python",), os.environ, LIGHT.modules) is None


@pytest.mark.parametrize(
    ("command", "given"),
    [
        (["Rscript", "kernel.R", "k.json"], {}),
        ([sys.executable, "-m", "other_kernel", "-f", "k.json"], {}),
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"], {"independent": True}),
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"], {"stdin": 0}),
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"], {"stdout": -1}),
        ([sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"], {"preexec_fn": print}),
    ],
)
def test_what_is_not_an_ordinary_python_kernel_is_launched(command, given) -> None:
    assert _as_launch(command, given) is None


def test_options_of_the_interpreter_and_surroundings_are_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "dev", "-m", "ipykernel_launcher", "-f", "k.json"]
    launch = _as_launch(command, {"cwd": tmp_path, "env": {"A": "1"}, "kernel_id": "x"})
    assert launch is not None
    assert launch.python == (sys.executable, "-X", "dev")
    assert launch.argv == ["-f", "k.json"]
    assert launch.env == {"A": "1", "JPY_PARENT_PID": str(os.getpid())}
    assert (launch.cwd, launch.stdout, launch.stderr) == (str(tmp_path), 1, 2)
