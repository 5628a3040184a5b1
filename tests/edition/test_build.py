"""Whole builds of tiny notes: published whole, the same twice, and nothing where one fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from research.edition.build import Published, StoppedError, build, preview
from research.edition.manifest import sha256
from research.edition.plan import plan
from research.edition.verify import verify
from research.errors import NotebookError, UsageError
from research.execution.run import CellFailure, Outcome
from research.params import load

pytestmark = pytest.mark.usefixtures("no_data_no_pages")
STAMP = "2026-01-30T17:00:00Z"
SHOW = """
from IPython.display import display
import sys; print("noise", file=sys.stderr)
fact = {"id": "answer", "value": 42, "unit": "", "text": "42", "as_of": as_of, "source": source}
display({"application/vnd.research.exhibit.v1+json": {
    "id": "answers", "kind": "figure", "title": "It works", "unit": "index", "source": source,
    "alt": "A line", "csv": "x\\n42\\n", "svg": "<svg/>", "facts": [fact]}}, raw=True)
display({"application/vnd.research.block.v1+json": {
    "kind": "record", "name": "outlook", "value": {"p": 0.6, "verdict": "Likely"}}}, raw=True)
"""
SECTIONS = {"front": ["# Hello", SHOW], "rally": ["# Rally", "1 + 1"]}
Write = Callable[..., Path]


def make(note: Path, *, completed_at: str = STAMP, **options: Any) -> Published:
    return build(plan(load(note), **options), completed_at=completed_at)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def break_section(note: Path, section: str) -> None:
    path = note.parents[1] / "notebooks" / f"{section}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source = "missing"
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, mini_note: Write, no_data_no_pages: Any
) -> Published:
    return make(mini_note(tmp_path_factory.mktemp("first"), SECTIONS))


@pytest.fixture
def params_of_two(tmp_path: Path, mini_note: Write) -> Any:
    return load(mini_note(tmp_path, {"front": ["1"], "rally": ["2"]}))


def test_an_edition_holds_pages_data_notebooks_and_its_manifest(built: Published) -> None:
    assert sorted(content(built.folder)) == [
        "data/answers.csv", "edition.json", "memory.json", "mini.html", "mini.pdf",
        "notebooks/front.ipynb", "notebooks/rally.ipynb",
    ]  # fmt: skip
    assert sorted(built.files) == sorted(content(built.folder))
    assert (built.folder / "data" / "answers.csv").read_text(encoding="utf-8") == "x\n42\n"


def test_the_manifest_says_what_went_in_and_what_came_out(built: Published) -> None:
    files = content(built.folder)
    record = json.loads(files.pop("edition.json"))
    assert record == built.record
    assert (record["note"], record["edition"], record["as_of"]) == (
        "mini",
        "2026-W05",
        "2026-01-30",
    )
    assert record["completed_at"] == STAMP
    assert record["illustrative"] is True
    assert record["gates"]["status"] == "PASS"
    assert record["outputs"] == {name: sha256(data) for name, data in files.items()}
    assert record["params"]["rally"] == {"note": "mini", "as_of": "2026-01-30", "source": "sample"}
    assert {
        "params/mini.yaml",
        "params/claims.yaml",
        "notebooks/front.ipynb",
        "market/sample:1",
    } <= set(record["inputs"])
    assert record["facts"][0]["id"] == "front.answer"
    assert record["exhibits"][0]["data"] == "data/answers.csv"
    assert record["outlook"] == {"p": 0.6, "verdict": "Likely"}
    assert record["claims"] == []


def test_the_pages_are_made_from_one_notebook_that_knows_its_edition(built: Published) -> None:
    page = (built.folder / "mini.html").read_text(encoding="utf-8").removeprefix("html\n")
    edition = nbformat.reads(page, as_version=4)
    about = edition.metadata.research
    assert (about.title, about.edition, about.completed_at) == ("Does it work?", "2026-W05", STAMP)
    assert about.sections == [{"id": "front", "title": "Front"}, {"id": "rally", "title": "Rally"}]
    assert [cell.metadata.research.section for cell in edition.cells] == ["front"] * 4 + [
        "rally"
    ] * 4
    outputs = [one for cell in edition.cells for one in cell.get("outputs", [])]
    assert [one.output_type for one in outputs] == ["display_data"] * 2 + ["execute_result"]


def test_no_path_of_this_machine_is_in_any_file(built: Published) -> None:
    machine = str(built.folder.parents[2]).encode()
    assert [name for name, data in content(built.folder).items() if machine in data] == []


def test_two_builds_in_two_folders_give_the_same_bytes_in_every_file(
    built: Published, tmp_path: Path, mini_note: Write
) -> None:
    again = make(mini_note(tmp_path, SECTIONS))
    assert content(again.folder) == content(built.folder)
    assert (tmp_path / "reports" / "index.html").is_file()


def test_verify_finds_an_edition_the_same_and_then_what_was_touched(built: Published) -> None:
    note = built.folder.parents[2] / "params" / "mini.yaml"
    result = verify(built.folder, load(note))
    assert (result.differences, result.causes, result.files) == ((), (), 7)
    page = built.folder / "mini.pdf"
    kept = page.read_bytes()
    page.write_bytes(b"touched")
    (built.folder / "data" / "answers.csv").rename(built.folder / "data" / "moved.csv")
    try:
        result = verify(built.folder, load(note))
    finally:
        page.write_bytes(kept)
        (built.folder / "data" / "moved.csv").rename(built.folder / "data" / "answers.csv")
    assert result.differences == (
        "data/answers.csv: is in the manifest and not in the folder.",
        "mini.pdf: was changed after it was published.",
        "data/moved.csv: is in the folder and not in the manifest.",
    )


def test_verify_reads_the_manifest_itself(
    built: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = load(built.folder.parents[2] / "params" / "mini.yaml")
    true = SimpleNamespace(record=built.record, files=content(built.folder))
    monkeypatch.setattr("research.edition.verify.make", lambda *_, **__: true)
    file = built.folder / "edition.json"
    kept = file.read_bytes()

    def found(record: Any, **style: Any) -> tuple[str, ...]:
        file.write_text(json.dumps(record, **style), encoding="utf-8")
        return verify(built.folder, note).differences

    try:
        record = json.loads(kept)
        assert found(record, indent=2) == ("edition.json: says the same in other bytes.",)
        record["outlook"]["p"] = 0.99
        record["facts"][0]["text"] = "43"
        record["extra"] = 1
        assert found(record) == (
            "edition.json: outlook.p is 0.99, and came out as 0.6.",
            'edition.json: facts.front.answer.text is "43", and came out as "42".',
            "edition.json: extra did not come out again.",
        )
        record = json.loads(kept)
        record["versions"]["pandas"] = "0.1"
        assert found(record) == ("edition.json: differs in its versions.",)
        record["gates"] = {f"k{n}": n for n in range(7)}
        told = found(record)
        assert (len(told), told[-1]) == (6, "edition.json: and 4 more differences.")
        del record["source"]
        with pytest.raises(UsageError, match="cannot be built again: it has no source"):
            found(record)
    finally:
        file.write_bytes(kept)


def test_verify_names_the_input_that_explains_a_difference(
    tmp_path: Path, mini_note: Write
) -> None:
    note = mini_note(tmp_path, {"front": ["# Hello"]})
    built = make(note)
    notebook = tmp_path / "notebooks" / "front.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace("Hello", "Goodbye"), "utf-8")
    result = verify(built.folder, load(note))
    assert [line.split(" is different")[0] for line in (*result.differences, *result.causes)] == [
        "outputs: mini.html", "outputs: mini.pdf", "outputs: notebooks/front.ipynb",
        "edition.json: differs in its inputs and outputs.", "inputs: notebooks/front.ipynb",
    ]  # fmt: skip


def test_verify_refuses_the_parameters_of_another_note(
    built: Published, tmp_path: Path, mini_note: Write
) -> None:
    other = load(mini_note(tmp_path, {"front": ["1"]}, note="other"))
    with pytest.raises(
        UsageError, match="is an edition of mini, and the parameters are those of other"
    ):
        verify(built.folder, other)


def test_a_notebook_that_fails_stops_the_edition_and_leaves_the_last_good_one(
    tmp_path: Path, mini_note: Write
) -> None:
    note = mini_note(tmp_path, {"front": ["1"], "rally": ["2"]})
    good = content(make(note).folder)
    break_section(note, "rally")
    with pytest.raises(NotebookError) as caught:
        make(note)
    home = tmp_path / "reports" / "mini"
    assert str(caught.value) == (
        "section rally (rally.ipynb), code cell 2, `missing`: NameError: name 'missing' is not "
        "defined\nEdition 2026-W05 was not published. As far as they ran, the failed notebooks "
        "are kept in "
        f"{home / '_failed' / '2026-W05'}."
    )
    assert content(home / "2026-W05") == good
    kept = nbformat.read(home / "_failed" / "2026-W05" / "rally.ipynb", as_version=4)
    assert kept.cells[-1].outputs[0].ename == "NameError"
    assert sorted(path.name for path in home.iterdir()) == [".lock", "2026-W05", "_failed"]


def test_a_failed_notebook_is_told_even_where_it_cannot_be_kept(
    params_of_two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(params_of_two)
    failure = CellFailure(
        section="rally", notebook="rally.ipynb", cell=2, source="x", error="NameError",
        message="x", traceback="",
    )  # fmt: skip
    notebook = nbformat.v4.new_notebook()
    outcome = Outcome(section="rally", notebook=notebook, failure=failure, seconds=0.0)
    monkeypatch.setattr("research.edition.build.run", lambda *_, **__: [outcome])
    planned.reports.joinpath("mini").mkdir(parents=True)
    planned.reports.joinpath("mini", "_failed").write_text("x", encoding="utf-8")
    with pytest.raises(NotebookError, match=r"NameError: x\n.*are not kept: .*is not a folder"):
        build(planned, completed_at=STAMP)


@pytest.mark.parametrize("start", [build, lambda planned, **rest: preview(planned, **rest)])
def test_nothing_is_run_for_reports_that_cannot_be_written(
    params_of_two: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("research.edition.build.run", lambda *_, **__: pytest.fail("was run"))
    planned = plan(params_of_two)
    planned.reports.write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match=r"nothing was run, .*reports is not a folder"):
        start(planned, completed_at=STAMP)


def test_an_interrupted_build_publishes_and_keeps_nothing(
    params_of_two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("research.edition.build.run", interrupted)
    planned = plan(params_of_two)
    with pytest.raises(StoppedError, match=r"^interrupted, nothing was published\.$") as caught:
        build(planned, completed_at=STAMP)
    assert caught.value.exit_code == 130
    assert content(planned.reports) == {}


def test_a_section_may_be_left_out_and_the_page_says_so(tmp_path: Path, mini_note: Write) -> None:
    note = mini_note(tmp_path, {"front": ["1"], "rally": ["2"]}, on_section_failure="leave-out")
    break_section(note, "rally")
    record = make(note).record
    message = "The section “Rally” is left out: its notebook failed."
    assert record["gates"]["status"] == "DEGRADED"
    assert record["gates"]["results"][-1] == {
        "dataset": "section", "subject": "rally", "status": "DEGRADED", "message": message,
    }  # fmt: skip
    folder = tmp_path / "reports" / "mini" / "2026-W05"
    page = (folder / "mini.html").read_text(encoding="utf-8")
    assert message in page
    assert "NameError" not in page
    assert not (folder / "notebooks" / "rally.ipynb").exists()


def test_a_part_is_built_apart_and_listed_nowhere(tmp_path: Path, mini_note: Write) -> None:
    note = mini_note(tmp_path, {"front": ["1"], "rally": ["%%time\nmissing"]})
    part = make(note, sections=["front"])
    assert sorted(content(tmp_path / "reports")) == [
        f"mini/_partial/{name}"
        for name in (
            ".lock", "2026-W05/edition.json", "2026-W05/memory.json", "2026-W05/mini.html",
            "2026-W05/mini.pdf", "2026-W05/notebooks/front.ipynb",
        )
    ]  # fmt: skip
    assert part.compared_with == ""
    with pytest.raises(NotebookError, match="code cell 2, `missing`: NameError"):
        make(note, sections=["rally"])


def test_the_front_page_is_never_left_out(tmp_path: Path, mini_note: Write) -> None:
    note = mini_note(tmp_path, {"front": ["1"], "rally": ["2"]}, on_section_failure="leave-out")
    break_section(note, "front")
    with pytest.raises(NotebookError, match=r"section front .*NameError"):
        make(note)
    assert not (tmp_path / "reports" / "mini" / "2026-W05").exists()


def test_a_notebook_edited_while_it_is_built_is_refused(tmp_path: Path, mini_note: Write) -> None:
    planned = plan(load(mini_note(tmp_path, SECTIONS)))
    break_section(Path(planned.params.path), "rally")
    told = r"^notebooks/rally\.ipynb changed on disk while .*build it again"
    with pytest.raises(UsageError, match=told):
        build(planned, completed_at=STAMP)
    assert content(planned.reports) == {}


def test_parameters_and_data_edited_while_it_is_built_are_refused(
    tmp_path: Path, mini_note: Write
) -> None:
    """A kernel that opens the market itself would have read others than the record says."""
    planned = plan(load(mini_note(tmp_path, SECTIONS)))
    prices, gone = tmp_path / "market" / "prices.csv", tmp_path / "market" / "gone.csv"
    prices.parent.mkdir()
    prices.write_text("as planned", encoding="utf-8")
    planned = replace(
        planned,
        source="files:../market/catalogue.yaml",
        market_files={"prices.csv": sha256(b"as planned"), "gone.csv": sha256(b"")},
    )
    with pytest.raises(UsageError, match=r"^market/gone\.csv changed on disk"):
        build(planned, completed_at=STAMP)
    gone.touch()
    prices.write_text("another", encoding="utf-8")
    note = Path(planned.params.path)
    note.write_text(note.read_text(encoding="utf-8") + "# a word more\n", encoding="utf-8")
    told = r"^params/mini\.yaml, market/prices\.csv changed on disk"
    with pytest.raises(UsageError, match=told):
        build(planned, completed_at=STAMP)
    assert content(planned.reports) == {}


def test_an_edition_tells_which_of_its_findings_the_last_one_told_otherwise(
    tmp_path: Path, mini_note: Write
) -> None:
    note = mini_note(tmp_path, {"front": [SHOW.replace('"It works"', 'f"It is {as_of}"')]})
    first = make(note)
    again = make(note, as_of="2026-02-04", completed_at="2026-02-04T22:00:00Z")
    said = [
        json.loads((one.folder / "mini.html").read_text(encoding="utf-8").partition("\n")[2])
        for one in (first, again)
    ]
    about = [one["metadata"]["research"] for one in said]
    assert [(one["since"], one["changed"]) for one in about] == [
        ("", []),
        (
            "2026-W05",
            [{"id": "answers", "title": "It is 2026-02-04", "before": "It is 2026-01-30"}],
        ),
    ]


def test_the_next_edition_is_compared_with_the_one_before(tmp_path: Path, mini_note: Write) -> None:
    note = mini_note(tmp_path, {"front": [SHOW.replace('"42"', "as_of")]})
    assert make(note).compared_with == ""
    after = make(note, as_of="2026-02-04", completed_at="2026-02-04T22:00:00Z")
    assert after.compared_with == "2026-W05"
    assert [str(change) for change in after.changes] == [
        "fact front.answer: 2026-01-30 → 2026-02-04"
    ]
