"""Forked kernels from birth to death: signals, exit codes, restarts, deaths of others."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager

from research.execution.warm import Setup, prestart, zygotes
from research.execution.warm.forked import ForkedKernel
from research.execution.warm.specs import OwnKernel

pytestmark = pytest.mark.skipif(not zygotes.can_fork(), reason="no kernel is forked here")

LIGHT = Setup(modules=())
NUMBERS = "import json, os\njson.dumps([os.getpid(), os.getppid()])"
SLEEPER = """
import os, sys, threading
from pathlib import Path
from research.execution.run import Job, run
from research.execution.warm import Setup
run([Job(section="s", notebook=Path(sys.argv[1]), setup=Setup(modules=()))])
"""


def test_a_notebook_told_to_die_by_itself_has_its_exit_code_told(notebooks) -> None:
    failure = notebooks.outcome("import os\nos._exit(7)").failure
    assert failure is not None
    assert failure.message == "the kernel died in this cell, with exit code 7."


def test_the_death_of_a_zygote_kills_its_kernel_and_the_next_has_another(
    notebooks, no_zygotes, has_gone
) -> None:
    _, first = notebooks.value(NUMBERS)
    failure = notebooks.outcome("import os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(60)")
    assert "killed by SIGKILL" in str(failure.failure)
    assert has_gone(first)
    _, second = notebooks.value(NUMBERS)
    assert second != first
    assert second != os.getpid()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_kernels_and_zygote_die_with_their_parent_however_it_dies(
    notebooks, tmp_path: Path, has_gone, number: signal.Signals
) -> None:
    pipe = tmp_path / "told"
    os.mkfifo(pipe)
    notebooks.outcome("1")
    path = notebooks.folder / "notebook.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = (
        f"import os\nwith open({str(pipe)!r}, 'w') as told:\n"
        "    print(os.getpid(), os.getppid(), file=told)\nimport time\ntime.sleep(600)"
    )
    path.write_text(json.dumps(notebook), encoding="utf-8")
    parent = subprocess.Popen([sys.executable, "-c", SLEEPER, str(path)])
    kernel, zygote = (int(one) for one in pipe.read_text(encoding="utf-8").split())
    assert zygote != parent.pid, "the kernel was forked"
    parent.send_signal(number)
    assert parent.wait(20) == -number
    assert has_gone(kernel)
    assert has_gone(zygote)


def managed(tmp_path: Path, work: Any, **launch: Any) -> Any:
    """What `work(manager, client)` gives for a kernel started by jupyter_client's own manager."""

    async def whole() -> Any:
        with (tmp_path / "log").open("wb") as log:
            manager = AsyncKernelManager(
                kernel_name="python3", kernel_spec_manager=OwnKernel(LIGHT),
                transport="ipc", connection_file=str(tmp_path / "k.json"),
            )  # fmt: skip
            await manager.start_kernel(stdout=log, stderr=log, **launch)
            client = manager.client()
            client.start_channels()
            try:
                await client.wait_for_ready(timeout=60)
                return await work(manager, client)
            finally:
                client.stop_channels()
                if manager.has_kernel:
                    await manager.shutdown_kernel(now=True)

    return asyncio.run(whole())


def test_a_manager_interrupts_restarts_and_shuts_down_a_forked_kernel(tmp_path: Path) -> None:
    async def work(manager: Any, client: Any) -> None:
        first = manager.provisioner.process
        assert isinstance(first, ForkedKernel)
        asked = client.execute("print('on')\nimport time\ntime.sleep(600)")
        while (await client.get_iopub_msg(timeout=60))["msg_type"] != "stream":
            pass
        await manager.interrupt_kernel()
        reply = await client._async_recv_reply(asked, timeout=60)
        assert reply["content"]["ename"] == "KeyboardInterrupt"

        await manager.restart_kernel()
        await client.wait_for_ready(timeout=60)
        second = manager.provisioner.process
        assert isinstance(second, ForkedKernel)
        assert second.pid != first.pid
        assert first.poll() == 0, "it was asked to end, and did"
        reply = await client.execute("1 + 1", reply=True, timeout=60)
        assert reply["content"]["status"] == "ok"

        client.execute("import atexit; atexit.register(print, 'last words', file=sys.__stderr__)")
        await client.execute("import sys, atexit", reply=True, timeout=60)
        await manager.shutdown_kernel()
        assert not manager.has_kernel
        assert second.wait(1) == 0

    managed(tmp_path, work)


def test_an_end_that_is_waited_for_twice_is_told_twice(tmp_path: Path) -> None:
    async def work(manager: Any, client: Any) -> None:
        kernel = manager.provisioner.process
        with pytest.raises(subprocess.TimeoutExpired):
            kernel.wait(0)
        waiting = [asyncio.ensure_future(kernel.ended()) for _ in range(2)]
        await asyncio.sleep(0)
        kernel.terminate()
        await asyncio.gather(*waiting)
        assert kernel.returncode == kernel.poll() == kernel.wait() != 0
        kernel.kill()  # a process that is gone, whose number may be another's, is left alone
        await manager.provisioner.send_signal(signal.SIGINT)

    managed(tmp_path, work)


def test_a_kernel_that_nobody_waits_for_any_more_does_not_live_on(
    no_zygotes, tmp_path: Path, has_gone
) -> None:
    async def work() -> int:
        zygote = zygotes.zygote_for((sys.executable,), os.environ, LIGHT.modules)
        assert zygote is not None
        with (tmp_path / "log").open("wb") as log:
            launch = zygotes.Launch(
                python=(sys.executable,), argv=["-f", str(tmp_path / "k.json")], env=os.environ,
                cwd=str(tmp_path), stdout=log.fileno(), stderr=log.fileno(),
            )  # fmt: skip
            waiting = asyncio.ensure_future(ForkedKernel.born(zygote.ask(launch)))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        return zygote.pid

    pid = asyncio.run(work())
    children = Path(f"/proc/{pid}/task/{pid}/children")
    assert all(has_gone(int(child)) for child in children.read_text(encoding="utf-8").split())


def test_what_was_started_early_serves_the_first_notebook(notebooks, no_zygotes) -> None:
    from research.execution.run import KERNEL_ENV

    assert prestart(LIGHT, env=KERNEL_ENV)
    [early] = zygotes._zygotes.values()
    assert notebooks.value(NUMBERS)[1] == early.pid
    assert len(zygotes._zygotes) == 1


def test_two_at_once_ask_one_zygote(notebooks, no_zygotes) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        found = {pool.submit(zygotes.zygote_for, (sys.executable,), os.environ, LIGHT.modules)}
        found |= {pool.submit(zygotes.zygote_for, (sys.executable,), os.environ, LIGHT.modules)}
        assert len({one.result() for one in found}) == 1


def test_a_process_forked_from_this_one_has_zygotes_of_its_own(no_zygotes) -> None:
    zygotes.zygote_for((sys.executable,), os.environ, LIGHT.modules)
    child = os.fork()
    if child == 0:
        os._exit(len(zygotes._zygotes))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(zygotes._zygotes) == 1
