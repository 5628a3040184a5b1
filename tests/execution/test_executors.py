"""Work done elsewhere comes back the same: threads, processes, a cluster that loses a worker."""

from __future__ import annotations

import pickle
import signal
import socket
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from research.errors import Fault, NotebookError, ParamsError, UsageError
from research.execution import travel
from research.execution.executors import LostWorkersError, open_executor
from research.execution.luggage import Luggage, pack, unpacked
from research.execution.run import Job, Outcome, run
from research.execution.travel import Travelling

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SOURCES = {
    "reads": "from pathlib import Path\nprint(Path('data.txt').read_text(), x)",
    "fails": "1 / x",
    "asks": "import os\nprint(open(os.environ['TOLD']).read())",
}


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Jobs whose notebooks lie in a folder beside their data."""
    folder = tmp_path / "desk" / "notebooks"
    folder.mkdir(parents=True)
    (folder / "data.txt").write_text("the data", encoding="utf-8")
    parameters = new_code_cell("x = 0", metadata={"tags": ["parameters"]})
    for name, source in SOURCES.items():
        cells = [parameters, new_code_cell(source)]
        notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return [
        Job(section=name, notebook=folder / f"{name}.ipynb", files={"TOLD": b"a secret"})
        for name in SOURCES
    ]


@pytest.fixture
def luggage(jobs: list[Job]) -> Luggage:
    folder = jobs[0].notebook.parent
    return pack([*(job.notebook for job in jobs), folder / "data.txt"])


def told(outcomes: list[Outcome]) -> list[Any]:
    return [(one.section, one.notebook, one.failure and str(one.failure)) for one in outcomes]


@pytest.mark.parametrize("where", ["threads", "processes"])
def test_threads_and_processes_give_what_a_plain_run_gives(where: str, jobs: list[Job]) -> None:
    expected = told(run(jobs, workers=2))
    assert expected[1][2].endswith("ZeroDivisionError: division by zero")
    assert expected[2][1].cells[-1].outputs[0].text == "a secret\n"
    with open_executor(where, workers=2) as pool:
        assert pool.slots == 2
        assert told(run(jobs, executor=pool.executor)) == expected


@pytest.mark.parametrize(
    "where", ["moon", "dask://", "dask://host", "dask://:1", "tcp://host:1", "dask://host:port", ""]
)
def test_a_place_that_is_none_is_refused(where: str, luggage: Luggage) -> None:
    with (
        pytest.raises(UsageError) as caught,
        open_executor(where, luggage=luggage),
    ):
        pass
    assert str(caught.value) == (
        f"--on {where!r} is no place to run on; expected threads, processes, or a Dask scheduler "
        "such as dask://desk-server:8786."
    )


def test_without_dask_the_message_says_how_to_get_it(
    luggage: Luggage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UsageError, match=r"needs Dask, .* Run: pip install -e '\.\[dask\]'$"),
        open_executor("dask://host:8786", luggage=luggage),
    ):
        pass


def test_a_cluster_that_loses_a_worker_gives_what_a_plain_run_gives(
    jobs: list[Job], luggage: Luggage, tmp_path: Path, cluster: Callable[..., Any]
) -> None:
    """The first worker that comes to the deadly cell is killed there; the other does its work."""
    marker = tmp_path / "was-killed"
    deadly = (
        "import os, signal\nfrom pathlib import Path\n"
        f"marker = Path({str(marker)!r})\n"
        "if not marker.exists():\n"
        "    marker.touch()\n"
        "    worker = Path(os.environ['TOLD']).parent.name.split('-')[1]\n"
        "    os.kill(int(worker), signal.SIGKILL)\n"
        "print('survived')"
    )
    notebook = new_notebook(cells=[new_code_cell(deadly)], metadata={"kernelspec": KERNEL})
    path = jobs[0].notebook.with_name("deadly.ipynb")
    nbformat.write(notebook, path)
    jobs = [Job(section="deadly", notebook=path, files={"TOLD": b""}), *jobs]
    luggage = pack([*(job.notebook for job in jobs), path.with_name("data.txt")])
    where, workers = cluster()
    with open_executor(where, luggage=luggage) as pool:
        assert pool.slots == 2
        found = told(run(jobs, executor=pool.executor))
    assert sorted(worker.poll() is None for worker in workers) == [False, True]
    assert [worker.returncode for worker in workers if worker.poll()] == [-signal.SIGKILL]
    assert found == told(run(jobs, workers=2))
    assert found[0][1].cells[-1].outputs[0].text == "survived\n"


def test_a_scheduler_that_is_not_there_or_alone_is_refused(
    luggage: Luggage, cluster: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("research.execution.executors._CONNECT_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (
        pytest.raises(UsageError, match=rf"^no Dask scheduler answers at {address} "),
        open_executor(f"dask://{address}", luggage=luggage),
    ):
        pass
    where, workers = cluster()
    with open_executor(where, luggage=luggage) as pool:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert pool.slots == 2
    with (
        pytest.raises(UsageError, match=r"has no workers. Start some with `dask worker tcp://"),
        open_executor(where, luggage=luggage),
    ):
        pass


class Far(Executor):
    """A worker without our files, at once: what it is sent has been pickled."""

    def __init__(self, errors: list[Exception] | None = None) -> None:
        self.sizes: list[int] = []
        self.errors = errors or []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        sent = pickle.dumps((fn, args))
        self.sizes.append(len(sent))
        future: Future[Any] = Future()
        try:
            if self.errors:
                raise self.errors.pop()
            fn, args = pickle.loads(sent)
            future.set_result(fn(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def test_files_are_sent_once_and_paths_are_those_of_the_worker(
    jobs: list[Job], luggage: Luggage
) -> None:
    data = jobs[0].notebook.parent / "data.txt"
    data.write_text("far away, ", encoding="utf-8")
    luggage = pack([*(job.notebook for job in jobs), data])
    data.write_text("here", encoding="utf-8")
    far = Far()
    executor = Travelling(far, luggage, lost={})
    for _ in range(2):
        [outcome] = run(jobs[:1], executor=executor)
        assert outcome.notebook.cells[-1].outputs[0].text == "far away,  0\n"
    assert len(far.sizes) == 3
    assert far.sizes[1] - far.sizes[0] > sum(map(len, luggage.files.values()))
    assert far.sizes[2] == far.sizes[0]
    assert unpacked(luggage.digest, None) != luggage.root


def test_a_worker_of_another_version_is_refused(
    jobs: list[Job], luggage: Luggage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = travel.versions()
    answers = iter([{**mine, "typst": "0.1", "research": "9+abc"}, mine])
    monkeypatch.setattr(travel, "versions", lambda: next(answers))
    with pytest.raises(UsageError) as caught:
        run(jobs[:1], executor=Travelling(Far(), luggage, lost={}))
    assert str(caught.value) == (
        f"a worker has research {mine['research']} (here 9+abc), typst {mine['typst']} "
        "(here 0.1). Its results would not be those of this machine; install the same version on "
        "all workers and start them again."
    )


def test_an_error_of_the_executor_is_told_as_ours(jobs: list[Job], luggage: Luggage) -> None:
    lost = {MemoryError: lambda error: LostWorkersError(f"gone: {error}")}
    with pytest.raises(LostWorkersError, match=r"^gone: of nine$"):
        run(jobs[:1], executor=Travelling(Far([MemoryError("of nine")]), luggage, lost=lost))


def test_errors_travel_between_processes_as_they_are() -> None:
    fault = Fault(file="a.yaml", line=3, key="x", problem="is odd.")
    for error in (ParamsError([fault]), NotebookError("no"), UsageError("no")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
    assert pickle.loads(pickle.dumps(ParamsError([fault]))).faults == (fault,)
