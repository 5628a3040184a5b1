"""Many runs of one notebook by the package, in threads; prints failures by kind as JSON.

Run as `burst_research.py NOTEBOOK RUNS THREADS`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from research.execution.run import Job, run


def main(notebook: Path, runs: int, threads: int) -> None:
    """Run, and check that each notebook saw its own parameter."""
    jobs = [
        Job(section=f"run-{n}", notebook=notebook, parameters={"number": n})
        for n in range(1, runs + 1)
    ]
    failures: Counter[str] = Counter()
    for number, outcome in enumerate(run(jobs, workers=threads), start=1):
        if outcome.failure:
            failures[outcome.failure.error] += 1
        elif outcome.notebook.cells[-1].outputs[0].data["text/plain"] != str(number):
            failures["wrong result"] += 1
    sys.stdout.write(json.dumps(failures) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
