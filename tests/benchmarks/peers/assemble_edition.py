"""The one notebook that a published edition was rendered from, put together again from its files.

Run as `assemble_edition.py EDITION PARAMS OUT`; so that rendering can be measured alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat

from research.edition.assemble import assemble
from research.edition.changes import findings_before
from research.edition.ledger import read_ledger
from research.edition.plan import plan
from research.execution.run import Outcome
from research.memory.recall import decode
from research.params import load


def main(edition: Path, params: str, out: Path) -> None:
    """Assemble as a build does and write the notebook to `out`."""
    record = json.loads((edition / "edition.json").read_text("utf-8"))
    memory = (edition / "memory.json").read_bytes()
    planned = plan(
        load(params), as_of=record["as_of"], reports=edition.parents[1], memory=memory
    )  # fmt: skip
    outcomes = [
        Outcome(
            section=job.section,
            notebook=nbformat.read(edition / "notebooks" / f"{job.section}.ipynb", as_version=4),
            failure=None,
            seconds=0,
        )
        for job in planned.jobs
    ]
    gates = planned.gates
    whole = assemble(planned, outcomes, gates=gates, completed_at=record["completed_at"])
    last = decode(memory).last
    whole.metadata.research["since"] = last["edition"] if last else ""
    whole.metadata.research["changed"] = findings_before(last, read_ledger(whole).exhibits)
    nbformat.write(whole, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
