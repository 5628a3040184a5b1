"""The note by papermill and nbconvert: notebooks one after another, then one HTML and one webpdf.

Run as `papermill_note.py NOTEBOOKS OUT PARAMETERS_JSON FORMATS`, FORMATS such as `html,webpdf`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nbformat
import papermill


def main(notebooks: Path, out: Path, parameters: dict[str, str], formats: list[str]) -> None:
    """Run every notebook, put their cells into one notebook, convert that to each format."""
    out.mkdir(parents=True, exist_ok=True)
    ran = [
        papermill.execute_notebook(
            str(one), str(out / one.name), parameters, progress_bar=False, cwd=str(notebooks)
        )
        for one in sorted(notebooks.glob("*.ipynb"))
    ]
    whole = nbformat.v4.new_notebook(metadata=ran[0].metadata)
    whole.cells = [cell for one in ran for cell in one.cells]
    for count, cell in enumerate(whole.cells):
        cell.id = f"cell-{count}"
    if not formats:
        return
    from nbconvert.exporters import HTMLExporter, WebPDFExporter

    if "html" in formats:
        page, _ = HTMLExporter(exclude_input=True).from_notebook_node(whole)
        (out / "note.html").write_text(page, encoding="utf-8")
    if "webpdf" in formats:
        printer = WebPDFExporter(exclude_input=True, disable_sandbox=True)
        pdf, _ = printer.from_notebook_node(whole)
        (out / "note.pdf").write_bytes(pdf)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        json.loads(sys.argv[3]),
        [one for one in sys.argv[4].split(",") if one],
    )
