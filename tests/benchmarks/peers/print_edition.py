"""The PDF of an edition from its executed notebooks, by the package's own exporter.

Run as `print_edition.py OUT NOTEBOOK…`; prints the wall seconds of the last as JSON. Notebooks
before it warm the process: another edition, since of the same one everything is remembered.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter


def main(out: Path, notebooks: list[Path]) -> None:
    """Convert one notebook after another."""
    import nbformat

    from research.render.exporters import ResearchPDFExporter

    seconds = 0.0
    for notebook in notebooks:
        whole = nbformat.read(notebook, as_version=4)
        start = perf_counter()
        content, _ = ResearchPDFExporter().from_notebook_node(whole)
        out.write_bytes(content)
        seconds = perf_counter() - start
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(one) for one in sys.argv[2:]])
