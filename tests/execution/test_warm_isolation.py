"""A forked kernel is the same as a fresh one, and nothing crosses from notebook to notebook."""

from __future__ import annotations

import nbformat
import pytest

from research.execution.warm import Setup, zygotes

pytestmark = pytest.mark.skipif(not zygotes.can_fork(), reason="no kernel is forked here")

SURROUNDINGS = """
import gc, json, locale, logging, os, random, signal, sys, threading, time, warnings
import matplotlib, matplotlib.pyplot as plt, numpy as np
from pathlib import Path

own = {"IPYTHONDIR", "JPY_PARENT_PID"}

def kind(fd):
    target = os.readlink(f"/proc/self/fd/{fd}")
    return target.partition("[")[0] + target.partition(":")[2][:0] or target
"""
REPORT = """
json.dumps({
    "handlers": [str(signal.getsignal(n)).partition(" at ")[0] for n in range(1, 32)],
    "environment": {k: v for k, v in os.environ.items() if k not in own},
    "folder": os.getcwd(), "path": sys.path, "flags": str(sys.flags), "x": sys._xoptions,
    "arguments": [sys.argv[0], sys.argv[1], len(sys.argv)],
    "figures": plt.get_fignums(), "rc": str(dict(matplotlib.rcParams)),
    "loggers": [str(one) for one in logging.getLogger().handlers],
    "level": logging.getLogger().level,
    "locale": [locale.setlocale(getattr(locale, n)) for n in ("LC_ALL", "LC_CTYPE", "LC_NUMERIC")],
    "zone": [time.tzname, time.localtime(0).tm_hour], "hash": hash("research"),
    "excepthook": str(sys.excepthook).partition(" at ")[0], "limit": sys.getrecursionlimit(),
    "errors": np.geterr(), "print": np.get_printoptions()["precision"],
    "group": os.getpgrp() == os.getpid() == os.getsid(0), "umask": os.umask(0o022),
    "frozen": gc.isenabled(), "names": sorted(n for n in dir(__builtins__) if "mine" in n),
    "input": os.read(0, 1).decode(), "encoding": [sys.getfilesystemencoding(), sys.stdin.encoding],
    "warned": [str(one) for one in warnings.filters if "mine" in str(one)],
})
"""
WORK = [
    "import matplotlib.pyplot as plt\nimport pandas as pd",
    "fig, ax = plt.subplots()\nax.plot([1, 3, 2])\nfig",
    "pd.DataFrame({'a': [1.5, None]})",
    "import sys\nprint('out')\nprint('err', file=sys.stderr)\n{*'abcdef'}",
    "import os\nos.system('echo from a child') and None",
    "import warnings\nwarnings.warn('mine', stacklevel=1)\npd.Series([1, 2]).std()",
    "display({'text/plain': 'x'}, raw=True)\n1 / 0",
]
DISTURB = """
import builtins
builtins.mine = 1
random.seed(1); np.random.seed(1)
os.environ["MINE"] = "1"; os.environ["TZ"] = "Asia/Tokyo"; time.tzset(); os.chdir("/")
plt.rcParams["lines.linewidth"] = 99; plt.figure()
warnings.filterwarnings("ignore", message="mine")
logging.basicConfig(level=1)
locale.setlocale(locale.LC_ALL, "C")
signal.signal(signal.SIGUSR1, lambda *_: None)
sys.setrecursionlimit(4321); np.seterr(all="ignore"); sys.path.insert(0, "/mine")
left_open = open("/dev/zero"); os.umask(0)
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
import subprocess; subprocess.Popen(["sleep", "0"])
"""
FILES = """
sorted(os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
       if os.path.exists(f"/proc/self/fd/{n}"))
"""
STATE = Setup(modules=("numpy", "pandas", "matplotlib.pyplot"))
ZYGOTE = "import json, os\njson.dumps(os.getppid())"


@pytest.fixture
def ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("research.execution.warm.provisioner.zygote_for", lambda *_: None)


def test_a_fork_shows_the_same_surroundings_as_a_launch(notebooks, monkeypatch) -> None:
    forked = notebooks.value(SURROUNDINGS, REPORT, setup=STATE)
    monkeypatch.setattr("research.execution.warm.provisioner.zygote_for", lambda *_: None)
    launched = notebooks.value(SURROUNDINGS, REPORT, setup=STATE)
    for name, value in launched.items():
        assert forked[name] == value, name


@pytest.mark.parametrize("env", [{}, {"MPLBACKEND": ""}], ids=["agg", "inline"])
def test_the_same_notebook_gives_the_same_bytes_both_ways(notebooks, monkeypatch, env) -> None:
    forked = notebooks.outcome(*WORK, env=env, setup=STATE)
    assert forked.failure is not None
    assert "ZeroDivisionError" in str(forked.failure)
    monkeypatch.setattr("research.execution.warm.provisioner.zygote_for", lambda *_: None)
    launched = notebooks.outcome(*WORK, env=env, setup=STATE)
    assert nbformat.writes(forked.notebook) == nbformat.writes(launched.notebook)


def test_nothing_crosses_from_one_notebook_to_another(notebooks) -> None:
    parent, before = (
        notebooks.value(ZYGOTE, setup=STATE),
        notebooks.value(SURROUNDINGS, REPORT, setup=STATE),
    )
    notebooks.value(SURROUNDINGS, DISTURB, ZYGOTE, setup=STATE)
    after = notebooks.value(SURROUNDINGS, REPORT, setup=STATE)
    assert notebooks.value(ZYGOTE, setup=STATE) == parent, "all were forked by one zygote"
    assert after == before


def test_what_crosses_is_seen_by_these_tests(notebooks) -> None:
    before = notebooks.value(SURROUNDINGS, REPORT, setup=STATE)
    disturbed = notebooks.value(SURROUNDINGS, DISTURB, REPORT, setup=STATE)
    differing = {name for name in before if before[name] != disturbed[name]}
    assert differing >= {
        "handlers", "environment", "folder", "path", "figures", "rc", "loggers", "level", "zone",
        "limit", "errors", "umask", "names", "warned",
    }  # fmt: skip


def test_each_kernel_draws_other_random_numbers(notebooks) -> None:
    draw = "json.dumps([random.random(), np.random.rand(), np.random.default_rng().random()])"
    one, other = (notebooks.value(SURROUNDINGS, draw, setup=STATE) for _ in range(2))
    assert all(a != b for a, b in zip(one, other, strict=True))


def test_a_kernel_holds_no_file_of_its_zygote(notebooks) -> None:
    # A kernel that runs meanwhile would leave its channel and its process open in the zygote.
    listed = f"import json, os\njson.dumps({FILES.strip()})"
    for _ in range(2):
        files = notebooks.value(listed, setup=STATE)
        kinds = {one.partition(":")[0] for one in files if not one.startswith("/")}
        assert kinds <= {"socket", "anon_inode", "pipe"}
        assert not [one for one in files if "pidfd" in one]
        named = {one.rpartition("/")[2] for one in files if one.startswith("/")}
        assert named <= {"null", "kernel.log"}


def test_no_zombie_stays_with_the_zygote(notebooks) -> None:
    parent = notebooks.value(ZYGOTE)
    listed = "f'/proc/{os.getppid()}/task/{os.getppid()}/children'"
    children = f"import json\njson.dumps(open({listed}).read().split())"
    told = notebooks.value(f"import os\n{children}")
    assert notebooks.value(ZYGOTE) == parent
    assert len(told) == 1, "only the kernel itself"
