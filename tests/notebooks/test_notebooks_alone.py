"""Each notebook by itself, as Jupyter runs it: default parameters, plain nbclient, no engine."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from research.exhibits.mime import BLOCK, EXHIBIT, PROSE

FOLDER = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_by_itself(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert {output.output_type for output in shown} <= {"display_data", "execute_result"}
    for output in shown:
        assert {EXHIBIT, BLOCK, PROSE} & set(output.data)
        assert output.data["text/plain"].strip()
