"""Commands handed to a process on standby: run as by who asked, and by nobody else's code."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from research.errors import UsageError
from research.execution.standby import handed, place
from research.execution.standby.keeper import stand_by
from research.execution.warm import zygotes

pytestmark = pytest.mark.skipif(not zygotes.can_fork(), reason="nothing is forked here")

KEEPER = """
import sys
from research.execution.standby.keeper import stand_by
def import_all():
    import ware
def ready():
    print("ready", flush=True)
def rehearse(told):
    import ware
    ware.TOLD = told
given = stand_by(import_all, ready=ready, rehearse=rehearse, modules=())
if given is None:
    print("changed", flush=True)
else:
    exec(given[0])
"""
ASK = """
import sys
from research.execution.standby.handed import hand_over
print("code", hand_over([sys.argv.pop()]), flush=True)
"""
LEAVE = """
from research.execution.standby.handed import make_ready
make_ready(ahead={ahead!r}, made_of={made_of!r}, rehearse={rehearse!r})
"""
CALLING = """
PRICE = 1
def call(log, price):
    global PRICE
    PRICE = price
    with open(log, "a") as told:
        told.write("called ")
    return {"price": price}
"""
USE = """
import select
from pathlib import Path
from research.execution.run import Job, run, said_before, take_up
from research.execution.warm import Setup, at_hand
setup = Setup(modules=(), preload=(("ware:call", {arguments!r}),))
other = Setup(modules=(), preload=(("ware:call", {{}}),))
select.select([at_hand._offered.channel], [], [])
print(said_before(other), said_before(setup))
take_up(setup)
[outcome] = run([Job(section="s", notebook=Path({book!r}), setup=setup)])
print(outcome.failure, outcome.notebook.cells[0].outputs[0].data["text/plain"])
"""
WAIT = "import os, signal\nopen({pipe!r}, 'w').write(str(os.getpid()))\nsignal.pause()"


@dataclass
class Desk:
    """A short folder for sockets, a module to change, and the processes of one test."""

    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "XDG_RUNTIME_DIR": str(self.folder),
            "PYTHONPATH": str(self.folder / "lib"),
        }

    def start(self, code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=self.env | options.pop("env", {}), **options,
        )  # fmt: skip
        self.running.append(started)
        return started

    def keeper(self) -> subprocess.Popen[str]:
        keeper = self.start(KEEPER)
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "ready\n"
        return keeper

    def ask(self, errand: str, **options: Any) -> str:
        """What the command and who asked for it have printed."""
        return self.start(ASK, errand, **options).communicate(timeout=60)[0]

    def waiting(self, pipe: Path) -> tuple[subprocess.Popen[str], int]:
        """Who asked for a command that waits, and the number of that command."""
        os.mkfifo(pipe)
        asker = self.start(ASK, WAIT.format(pipe=str(pipe)))
        return asker, int(pipe.read_text())


@pytest.fixture
def desk() -> Iterator[Desk]:
    # Sockets have short paths.
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as folder:
        desk = Desk(folder=Path(folder))
        (desk.folder / "lib").mkdir()
        (desk.folder / "lib" / "ware.py").write_text("PRICE = 1\n", encoding="utf-8")
        yield desk
        for one in desk.running:
            one.kill()
            one.wait()
            assert one.stdout is not None
            one.stdout.close()


def said(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=60)[0]


def test_without_one_a_command_is_left_to_who_was_asked(desk: Desk) -> None:
    assert desk.ask("print('run')") == "code None\n"


def test_a_command_runs_as_if_who_asked_had_run_it(desk: Desk, tmp_path: Path) -> None:
    desk.keeper()
    errand = (
        "import json, os, sys\n"
        "print(json.dumps([os.getcwd(), os.environ.get('COLOUR'), oct(os.umask(0)), "
        "'ware' in sys.modules, os.listdir('/proc/self/fd')]))\n"
        "print('no', file=sys.stderr, flush=True)\n"
        "sys.exit(6)"
    )
    told = desk.ask(errand, cwd=tmp_path, env={"COLOUR": "blue"}, umask=0o027)
    assert "no\n" in told
    assert told.endswith("code 6\n")
    where, colour, mask, warm, files = json.loads(told.replace("no\n", "").splitlines()[0])
    assert (where, colour, mask, warm) == (str(tmp_path), "blue", "0o27", True)
    # Three of who asked, the line to the keeper, the control of the zygote, and the one that lists.
    assert len(files) == 6


def test_nothing_crosses_from_one_command_to_the_next(desk: Desk) -> None:
    desk.keeper()
    change = "import ware, os; ware.PRICE = 2; os.environ['COLOUR'] = 'red'; print('changed')"
    assert desk.ask(change) == "changed\ncode 0\n"
    look = "import ware, os; print(ware.PRICE, os.environ.get('COLOUR'))"
    assert desk.ask(look) == "1 None\ncode 0\n"


def test_kernels_of_a_command_are_forked_from_what_is_imported_already(
    desk: Desk, notebooks, tmp_path: Path
) -> None:
    notebooks.outcome(
        "import os\nfrom pathlib import Path\n"
        "def parent(n): return Path(f'/proc/{n}/stat').read_text().rpartition(')')[2].split()[1]\n"
        "parent(parent(os.getppid()))"
    )
    book = notebooks.folder / "notebook.ipynb"
    errand = (
        "from pathlib import Path\n"
        "from research.execution.run import Job, run\n"
        "from research.execution.warm import Setup\n"
        f"job = Job(section='s', notebook=Path({str(book)!r}), setup=Setup(modules=()))\n"
        "[outcome] = run([job])\n"
        "print(outcome.failure, outcome.notebook.cells[0].outputs[0].data['text/plain'])"
    )
    keeper = desk.keeper()
    # The kernel's parent is a zygote of the command's own, forked from that of the keeper.
    assert desk.ask(errand) == f"None '{keeper.pid}'\ncode 0\n"


def test_a_command_finds_what_was_rehearsed_for_it(desk: Desk) -> None:
    desk.keeper()
    assert desk.ask("import ware; print(hasattr(ware, 'TOLD'))") == "False\ncode 0\n"
    desk.ask(LEAVE.format(ahead=[], made_of="", rehearse="a page"))
    assert desk.ask("import ware; print(ware.TOLD)") == "a page\ncode 0\n"


def test_a_rehearsal_that_fails_takes_nothing_from_the_command(desk: Desk) -> None:
    (desk.folder / "lib" / "ware.py").write_text("class TOLD: pass\n", encoding="utf-8")
    keeper = desk.start(KEEPER.replace("ware.TOLD = told", "raise OSError(told)"))
    assert keeper.stdout is not None
    assert keeper.stdout.readline() == "ready\n"
    desk.ask(LEAVE.format(ahead=[], made_of="", rehearse="a page"))
    assert desk.ask("print('run')") == "run\ncode 0\n"


def test_kernels_are_forked_from_where_the_last_command_had_functions_called(
    desk: Desk, notebooks, tmp_path: Path
) -> None:
    (desk.folder / "lib" / "ware.py").write_text(CALLING, encoding="utf-8")
    notebooks.outcome("import sys; getattr(sys.modules.get('ware'), 'PRICE', None)")
    log = tmp_path / "log"
    arguments = {"log": str(log), "price": 3}
    use = USE.format(arguments=arguments, book=str(notebooks.folder / "notebook.ipynb"))
    leave = {"ahead": [["ware:call", arguments]], "rehearse": None}
    desk.keeper()
    desk.ask(LEAVE.format(**leave, made_of="one market"))
    found = "None {'price': 3}\nNone 3\ncode 0\n"
    assert desk.ask(use) == found
    assert log.read_text() == "called "
    # Made of the same, it is not called again, and of something else it is.
    desk.ask(LEAVE.format(**leave, made_of="one market"))
    assert desk.ask(use) == found
    assert log.read_text() == "called "
    desk.ask(LEAVE.format(**leave, made_of="another market"))
    assert desk.ask(use) == found
    assert log.read_text() == "called called "


def test_what_is_still_being_called_is_not_waited_for(desk: Desk, tmp_path: Path) -> None:
    (desk.folder / "lib" / "ware.py").write_text(CALLING, encoding="utf-8")
    log = tmp_path / "log"
    os.mkfifo(log)  # who opens it to write waits for a reader
    arguments = {"log": str(log), "price": 3}
    desk.keeper()
    desk.ask(LEAVE.format(ahead=[["ware:call", arguments]], made_of="", rehearse=None))
    ask = (
        "from research.execution.run import said_before\n"
        "from research.execution.warm import Setup\n"
        f"print(said_before(Setup(modules=(), preload=(('ware:call', {arguments!r}),))))"
    )
    assert desk.ask(ask) == "None\ncode 0\n"
    assert log.read_text() == "called "


def test_two_commands_run_at_once(desk: Desk) -> None:
    desk.keeper()
    pipe = desk.folder / "pipe"
    os.mkfifo(pipe)
    first = desk.start(ASK, f"print('heard', open({str(pipe)!r}).read())")
    second = desk.start(ASK, f"open({str(pipe)!r}, 'w').write('both'); raise SystemExit(3)")
    assert said(first) == "heard both\ncode 0\n"
    assert said(second) == "code 3\n"


def test_ctrl_c_reaches_the_command(desk: Desk) -> None:
    desk.keeper()
    asker, _ = desk.waiting(desk.folder / "pipe")
    asker.send_signal(signal.SIGINT)
    told = said(asker)
    assert "KeyboardInterrupt" in told
    assert told.endswith("code 130\n")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_a_command_ends_with_who_asked_for_it(desk: Desk, has_gone, number: signal.Signals) -> None:
    keeper = desk.keeper()
    asker, command = desk.waiting(desk.folder / "pipe")
    asker.send_signal(number)
    assert has_gone(command)
    assert keeper.poll() is None
    assert desk.ask("print('next')") == "next\ncode 0\n"


def test_a_command_that_is_killed_is_told_as_a_shell_tells_it(desk: Desk) -> None:
    desk.keeper()
    assert desk.ask("import os; os.kill(os.getpid(), 9)") == "code 137\n"


def test_when_the_keeper_is_killed_its_commands_end_and_who_asked_has_to_do_it(
    desk: Desk, has_gone
) -> None:
    keeper = desk.keeper()
    asker, command = desk.waiting(desk.folder / "pipe")
    keeper.kill()
    assert said(asker) == "code None\n"
    assert has_gone(command)


def test_a_socket_that_a_killed_keeper_left_is_passed_over_and_used_anew(desk: Desk) -> None:
    keeper = desk.keeper()
    keeper.kill()
    keeper.communicate()
    assert len([*desk.folder.rglob("*.sock")]) == 1
    assert desk.ask("print('run')") == "code None\n"
    desk.keeper()
    assert desk.ask("print('run')") == "run\ncode 0\n"


def test_code_that_changed_is_never_run_as_it_was(desk: Desk) -> None:
    keeper = desk.keeper()
    (desk.folder / "lib" / "ware.py").write_text("PRICE = 22\n", encoding="utf-8")
    assert desk.ask("import ware; print(ware.PRICE)") == "code None\n"
    assert said(keeper) == "changed\n"
    assert not [*desk.folder.rglob("*.sock")]


def test_before_it_starts_anew_a_keeper_waits_for_its_commands(desk: Desk) -> None:
    keeper = desk.keeper()
    asker, _ = desk.waiting(desk.folder / "pipe")
    (desk.folder / "lib" / "ware.py").write_text("PRICE = 22\n", encoding="utf-8")
    assert desk.ask("1") == "code None\n"
    assert keeper.poll() is None
    asker.send_signal(signal.SIGINT)
    assert said(asker).endswith("code 130\n")
    assert said(keeper) == "changed\n"


def test_a_keeper_whose_zygote_was_killed_starts_anew(desk: Desk) -> None:
    keeper = desk.keeper()
    children = Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    assert desk.ask("print('run')") in ("code None\n", "run\ncode 0\n")  # before or after its end
    desk.ask("print('run')")
    assert said(keeper) == "changed\n"


def test_who_has_other_variables_that_are_read_at_start_is_not_served(desk: Desk) -> None:
    desk.keeper()
    assert desk.ask("print('run')", env={"PYTHONHASHSEED": "7"}) == "code None\n"


def test_a_command_does_not_hand_on_what_it_was_handed(desk: Desk) -> None:
    desk.keeper()
    inner = "from research.execution.standby.handed import hand_over; print(hand_over(['1']))"
    assert desk.ask(inner) == "None\ncode 0\n"


def test_a_second_keeper_is_refused(desk: Desk) -> None:
    desk.keeper()
    told = said(desk.start(KEEPER))
    assert "a process stands by already for this environment; one is enough." in told


def test_where_nothing_can_be_forked_none_stands_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "can_fork", lambda: False)
    with pytest.raises(UsageError, match=r"no process can stand by here: .* work without\."):
        stand_by(lambda: None, ready=lambda: None)


def test_libraries_that_start_threads_are_refused(desk: Desk) -> None:
    ware = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    (desk.folder / "lib" / "ware.py").write_text(ware, encoding="utf-8")
    told = said(desk.start(KEEPER))
    assert "importing has started 1 threads, which no forked process would have" in told


@pytest.fixture
def here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process would look for one on standby; its folder is made."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(desk.folder))
    monkeypatch.setattr(handed, "_has_plain_files", lambda: True)
    path = place.socket_path()
    assert path is not None
    return path


def test_a_folder_that_others_can_look_into_is_none(here: Path) -> None:
    here.parent.chmod(0o750)
    assert place.socket_path() is None


def test_a_folder_of_somebody_else_is_none(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    assert place.socket_path() is None


def test_a_link_in_the_place_of_the_folder_is_none(here: Path, tmp_path: Path) -> None:
    here.parent.rmdir()
    tmp_path.chmod(0o700)
    here.parent.symlink_to(tmp_path)
    assert place.socket_path() is None


def test_a_socket_of_somebody_else_is_handed_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(here))
        theirs.listen()
        monkeypatch.setattr(handed, "is_mine", lambda _: False)
        assert handed.hand_over(["build"]) is None
        with theirs.accept()[0] as heard:
            assert heard.recv(1) == b""


def test_one_that_was_stopped_is_not_waited_for(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed, "_ANSWER_WITHIN_S", 0.01)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(here))
        silent.listen()
        assert handed.hand_over(["build"]) is None


def test_what_is_printed_elsewhere_is_not_handed_over(desk: Desk) -> None:
    desk.keeper()
    elsewhere = ASK.replace("print(", "import io; sys.stdin = io.StringIO(); print(")
    assert desk.start(elsewhere, "print('run')").communicate(timeout=60)[0] == "code None\n"
