"""Nothing of the run itself stays in an executed notebook."""

from __future__ import annotations

from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from research.execution.normalise import normalise

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def executed(*outputs: Any, **metadata: Any) -> Any:
    return new_notebook(
        cells=[
            new_markdown_cell(
                "# Title", metadata={"papermill": {"status": "completed"}, "tags": []}
            ),
            new_code_cell("x", outputs=list(outputs), execution_count=4, metadata=metadata),
        ],
        metadata={
            "papermill": {"start_time": "2026-01-30T10:00:00", "input_path": "/home/me/x.ipynb"},
            "language_info": {"name": "python", "version": "3.12.1"},
            "widgets": {"state": {}},
            "kernelspec": KERNEL,
        },
    )


def stream(text: str, name: str = "stdout") -> Any:
    return new_output("stream", name=name, text=text)


def test_two_runs_of_one_notebook_give_the_same_bytes() -> None:
    one = executed(stream("a\n"), stream("b\n"), papermill={"duration": 1.5}, tags=["lead"])
    two = executed(stream("a\nb\n"), papermill={"duration": 2.5}, tags=["lead"])
    assert nbformat.writes(one) != nbformat.writes(two)
    assert nbformat.writes(normalise(one, prefix="s")) == nbformat.writes(
        normalise(two, prefix="s")
    )


def test_paths_times_and_versions_of_the_run_are_gone() -> None:
    clean = normalise(executed(execution={"iopub.status.busy": "10:00"}), prefix="rally")
    assert clean.metadata == {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
    }
    assert [cell.metadata for cell in clean.cells] == [{}, {}]
    assert [cell.id for cell in clean.cells] == ["rally-001", "rally-002"]


def test_warnings_and_all_other_stderr_are_dropped_and_stdout_is_joined_across_them() -> None:
    clean = normalise(
        executed(stream("a"), stream("/home/me: Warning", "stderr"), stream("b")), prefix="s"
    )
    assert [(one.name, one.text) for one in clean.cells[1].outputs] == [("stdout", "ab")]


def test_output_between_two_prints_keeps_its_place() -> None:
    shown = new_output("display_data", data={"text/plain": "x"})
    clean = normalise(executed(stream("a"), shown, stream("b")), prefix="s")
    assert [one.output_type for one in clean.cells[1].outputs] == [
        "stream",
        "display_data",
        "stream",
    ]


def test_addresses_in_memory_are_dropped_from_plain_text() -> None:
    shown = new_output(
        "execute_result", data={"text/plain": "<Axes at 0x7f3a1c>", "text/html": "x"}
    )
    clean = normalise(executed(shown), prefix="s")
    assert clean.cells[1].outputs[0].data == {"text/plain": "<Axes>", "text/html": "x"}


def test_source_tags_count_and_results_are_kept() -> None:
    shown = new_output("execute_result", data={"text/plain": "5"}, execution_count=4)
    cell = normalise(executed(shown, tags=["injected-parameters"]), prefix="s").cells[1]
    assert (cell.source, cell.execution_count, cell.metadata.tags, cell.outputs) == (
        "x", 4, ["injected-parameters"], [shown],
    )  # fmt: skip


def test_marks_that_papermill_leaves_of_an_error_are_taken_out() -> None:
    notebook = executed()
    marker = new_markdown_cell("An Exception", metadata={"tags": ["papermill-error-cell-tag"]})
    notebook.cells.insert(0, marker)
    assert [cell.source for cell in normalise(notebook, prefix="s").cells] == ["# Title", "x"]


def test_the_notebook_given_is_left_as_it_was() -> None:
    shown = new_output("display_data", {"text/plain": "<Axes at 0x7f3a>"})
    notebook = executed(stream("a"), stream("b"), stream("c", "stderr"), shown, tags=[])
    before = nbformat.writes(notebook)
    assert nbformat.writes(normalise(notebook, prefix="s")) != before
    assert nbformat.writes(notebook) == before
