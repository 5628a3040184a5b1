"""Many runs of one notebook by papermill over TCP, in processes; prints failures by kind as JSON.

Processes, since papermill is not made for threads. Run as `burst_papermill.py NOTEBOOK RUNS
PROCESSES`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import papermill

START_S = 60  # a kernel that lost the race for a port never answers


def one(notebook: str, number: int) -> str:
    """Run once; gives the kind of failure, or nothing."""
    try:
        ran = papermill.execute_notebook(
            notebook, None, {"number": number}, progress_bar=False, start_timeout=START_S,
            execution_timeout=START_S,
        )  # fmt: skip
    except Exception as error:
        return type(error).__name__
    right = ran.cells[-1].outputs[0].data["text/plain"] == str(number)
    return "" if right else "wrong result"


def main(notebook: Path, runs: int, processes: int) -> None:
    """Run all and count."""
    with ProcessPoolExecutor(processes) as pool:
        numbers = range(1, runs + 1)
        kinds = pool.map(one, [str(notebook)] * runs, numbers)
        failures = Counter(kind for kind in kinds if kind)
    sys.stdout.write(json.dumps(failures) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
