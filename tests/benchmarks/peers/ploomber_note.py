"""The notebooks by ploomber-engine, which runs cells in its own process; nothing is rendered.

Run as `ploomber_note.py NOTEBOOKS OUT PARAMETERS_JSON`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ploomber_engine.execute import execute_notebook


def main(notebooks: Path, out: Path, parameters: dict[str, str]) -> None:
    """Run every notebook, one after another."""
    out.mkdir(parents=True, exist_ok=True)
    for one in sorted(notebooks.glob("*.ipynb")):
        execute_notebook(
            str(one), str(out / one.name), parameters=parameters, progress_bar=False,
            cwd=str(notebooks),
        )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
