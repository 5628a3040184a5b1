"""Files that travel with a job: whatever names them on one machine names them on the other."""

from __future__ import annotations

from pathlib import Path

from research.execution.luggage import moved
from research.execution.run import Job
from research.execution.warm import Setup


def test_every_path_of_a_job_is_that_of_the_other_machine() -> None:
    ahead = ("research.shop:open", {"note": "/desk/params/n.yaml", "as_of": "2026-01-28", "n": 3})
    job = Job(
        section="s",
        notebook=Path("/desk/notebooks/n.ipynb"),
        env={"RESEARCH_PARAMS": "/desk/params/n.yaml", "HOME": "/home/x"},
        setup=Setup(modules=("json",), preload=(ahead,)),
    )
    there = moved(job, Path("/desk"), Path("/elsewhere"))
    assert there.notebook == Path("/elsewhere/notebooks/n.ipynb")
    assert there.env == {"RESEARCH_PARAMS": "/elsewhere/params/n.yaml", "HOME": "/home/x"}
    [(name, given)] = there.setup.preload
    assert name == "research.shop:open"
    assert given == {"note": "/elsewhere/params/n.yaml", "as_of": "2026-01-28", "n": 3}
    assert there.setup.modules == ("json",)
    assert moved(job.setup, Path("/desk"), Path("/elsewhere")) == there.setup
