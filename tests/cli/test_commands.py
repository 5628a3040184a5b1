"""The commands as a desk calls them: each refusal its own message and exit code, nothing torn."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner, Result

from research import cli
from research.errors import UsageError

Write = Callable[..., Path]
PROSE = """%%prose
The answer is {21 * 2:num0}, and the data are as of {as_of}."""
FORETELL = """
import datetime as dt
from research.exhibits.blocks import record
assert as_of != "2026-01-23", "no news this week"
ends_on = dt.date.fromisoformat(as_of) + dt.timedelta(weeks=13)
record("forecasts", [{"event": "E1", "proxy": "pick", "horizon_weeks": 13, "above": 0.0,
    "below": None, "ends_on": ends_on.isoformat(), "p": 0.55, "p0": 0.6, "method": "1"}])
"""
SECTIONS = {"front": ["# # Hello", "%load_ext research", PROSE], "rally": ["# # Rally", "1 + 1"]}


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, [str(one) for one in arguments])


def refusal(*arguments: object) -> tuple[int, str]:
    result = call(*arguments)
    assert "Traceback" not in result.stderr
    return result.exit_code, result.stderr


@pytest.fixture(scope="module")
def note(tmp_path_factory: pytest.TempPathFactory, mini_note: Write) -> Path:
    """A note with one published edition, made by the command from the sample market."""
    file = mini_note(tmp_path_factory.mktemp("desk"), SECTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1769792400")
        result = call("build", file, "--as-of", "2026-01-31")
    assert result.exit_code == 0, result.output
    (file.parents[1] / "output.txt").write_text(result.stdout, encoding="utf-8")
    return file


@pytest.fixture
def reports(note: Path) -> Path:
    return note.parents[1] / "reports"


def test_a_finished_build_says_what_it_is_and_where_it_lies(note: Path, reports: Path) -> None:
    lines = (note.parents[1] / "output.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(line.split(" in ")[0] for line in lines[:2]) == [
        "front: finished", "rally: finished",
    ]  # fmt: skip
    assert lines[3] == "Does it work? · 2026-W05 · data as of 2026-01-30, illustrative"
    assert "2026-01-31 is not" in lines[4]
    assert "Verdict: none recorded" in lines
    assert "Data: PASS" in lines
    assert "Since the last edition: this is the first." in lines
    folder = reports / "mini" / "2026-W05"
    assert lines[-5:] == [
        f"  {folder / 'mini.pdf'}", f"  {folder / 'mini.html'}", f"  {folder / 'memory.json'}",
        f"  {folder / 'edition.json'}", f"  {folder / 'notebooks'}/ (2 files)",
    ]  # fmt: skip


def test_the_edition_is_a_real_pdf_and_page_with_its_facts(reports: Path) -> None:
    folder = reports / "mini" / "2026-W05"
    assert (folder / "mini.pdf").read_bytes().startswith(b"%PDF-")
    page = (folder / "mini.html").read_text(encoding="utf-8")
    assert "The answer is 42" in page
    record = json.loads((folder / "edition.json").read_bytes())
    assert [fact["text"] for fact in record["facts"]] == ["42"]
    assert (reports / "index.html").is_file()


def test_verify_proves_the_edition_byte_for_byte(note: Path, reports: Path) -> None:
    result = call("verify", "2026-W05", "--params", note, "--reports", reports)
    assert result.exit_code == 0, result.output
    assert "2026-W05: all 6 files are the same, byte for byte." in result.stdout


def test_verify_fails_on_an_edition_that_was_touched(
    note: Path, reports: Path, tmp_path: Path
) -> None:
    shutil.copytree(reports / "mini" / "2026-W05", tmp_path / "copy")
    (tmp_path / "copy" / "mini.pdf").write_bytes(b"touched")
    result = call("verify", tmp_path / "copy", "--params", note)
    assert result.exit_code == 1
    assert "mini.pdf: was changed after it was published." in result.stdout
    assert "did not come out the same again" in result.stderr


def test_diff_tells_what_a_reader_would_see(reports: Path, tmp_path: Path) -> None:
    edition = reports / "mini" / "2026-W05"
    assert call("diff", edition, edition).stdout == "Nothing a reader sees has changed.\n"
    record = json.loads((edition / "edition.json").read_bytes())
    record["facts"][0]["text"] = "43"
    (tmp_path / "edition.json").write_text(json.dumps(record), encoding="utf-8")
    result = call("diff", "2026-W05", tmp_path, "--reports", reports)
    assert result.stdout == "  1 of 1 facts changed; --facts lists them\n"
    result = call("diff", "2026-W05", tmp_path, "--reports", reports, "--facts")
    assert result.stdout.endswith(": 42 → 43\n")


def test_a_full_path_tells_where_the_reports_and_the_note_are(
    note: Path, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    edition = reports / "mini" / "2026-W05"
    assert call("diff", edition, "2026-W05").stdout == "Nothing a reader sees has changed.\n"
    result = call("verify", edition)
    assert result.exit_code == 0, result.output


def test_check_prints_every_gate_and_runs_nothing(note: Path) -> None:
    result = call("check", note)
    assert result.exit_code == 0
    assert result.stdout.startswith("Parameters: 6 files, 2 sections, ok\nNotebooks: ")
    assert "\nEdition: 20" in result.stdout
    assert "PASS      prices all" in result.stdout


def test_fingerprints_are_written_and_what_belongs_into_the_ledger_is_printed(
    root: Path, shared: Path, tmp_path: Path
) -> None:
    file = tmp_path / "sources" / "article.txt"
    result = call("fingerprint", shared / "article.txt", file)
    assert result.exit_code == 0
    ledger = (root / "params" / "claims.yaml").read_text(encoding="utf-8")
    sha256, where = result.stdout.splitlines()
    assert f"{sha256}\n" in ledger
    assert where == f"  fingerprints: {file.as_posix()}  # as seen from the file of claims"
    committed = root / "params" / "sources" / "article-2026-01-28.txt"
    assert file.read_bytes() == committed.read_bytes()
    code, told = refusal("fingerprint", tmp_path / "none.txt", file)
    assert code == 2
    assert "none.txt cannot be read: No such file" in told


def test_check_refuses_every_figure_typed_by_hand(tmp_path: Path, mini_note: Write) -> None:
    cells = ["# It rose 9 %", "%load_ext research", "%%prose\nThe S&P 500 fell 3.5 %"]
    file = mini_note(tmp_path / "typed", {"front": cells}, names=["S&P 500"])
    code, told = refusal("check", file)
    assert code == 2
    assert told.splitlines()[:3] == [
        "Error: 2 figures are typed by hand in the notebooks, and no reader could tell where from.",
        "  front.ipynb, line 1: cell c0: 9 is typed by hand. Make it a cell of %%prose and write "
        "{expression:pct0}.",
        "  front.ipynb, line 2: cell c2: 3.5 is typed by hand. Write {expression:pct1}.",
    ]


def test_explain_tells_where_a_fact_comes_from(reports: Path) -> None:
    result = call("explain", "front.21-2", "--reports", reports)
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "fact front.21-2 · edition 2026-W05"
    assert {"value 42", "text 42", "as of 2026-01-30", "where section front, prose"} <= set(lines)
    assert "cell front-005, number 4 of notebooks/front.ipynb" in lines
    assert "expression 21 * 2" in lines
    inputs = lines[lines.index("Inputs (sha256):") + 1 :]
    assert [line.partition(" ")[2] for line in inputs if "front" in line] == [
        "notebooks/front.ipynb"
    ]
    assert any(line.endswith(" params/mini.yaml") for line in inputs)


def test_explain_prints_json_of_the_edition_that_is_named(reports: Path) -> None:
    folder = reports / "mini" / "2026-W05"
    told = json.loads(call("explain", "front.21-2", folder, "--json").stdout)
    assert (told["kind"], told["told"]["value"], told["cell"]) == ("fact", 42, "front-005")


def test_explain_lists_a_dozen_and_says_how_many_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from research import terminal
    from research.edition.explain import Explanation

    facts = tuple(f"front.comps.n{n}" for n in range(1, 1003))
    told = {"title": "Gold leads", "unit": "", "ci": [1.0, 1.2]}
    found = Explanation(
        edition="2026-W05", kind="exhibit", id="comps", told=told, where="section front, Exhibit 1",
        facts=facts, inputs={},
    )  # fmt: skip
    terminal.tell_explanation(found)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[:5] == [
        "exhibit comps · edition 2026-W05", "title Gold leads", "ci 1.0 to 1.2",
        "where section front, Exhibit 1", "Facts in it:",
    ]  # fmt: skip
    assert lines[16:] == ["front.comps.n12", "and 990 more; --json lists them"]


def test_explain_of_nothing_known_is_exit_code_2(reports: Path) -> None:
    code, told = refusal("explain", "front.21-3", "--reports", reports)
    assert code == 2
    assert "'front.21-3' is no fact, exhibit, claim or section of edition 2026-W05" in told
    assert "Did you mean 'front.21-2' or 'front'?" in told


def test_preview_writes_one_page_outside_any_edition(note: Path, tmp_path: Path) -> None:
    result = call("preview", "rally", note, "--pdf", "--reports", tmp_path)
    assert result.exit_code == 0, result.output
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.*"))] == [
        "mini/_preview/rally.html", "mini/_preview/rally.pdf",
    ]  # fmt: skip


def test_a_misspelt_parameter_is_exit_code_2_and_starts_nothing(
    tmp_path: Path, mini_note: Write
) -> None:
    section = {"id": "front", "title": "F", "notebook": "../notebooks/front.ipynb"}
    note = mini_note(tmp_path, {"front": ["1"]}, sections=[{**section, "parameters": {"weeks": 3}}])
    code, told = refusal("build", note)
    assert code == 2
    assert "sections.front.parameters.weeks" in told
    assert not (tmp_path / "reports").exists()


def test_a_misspelt_key_is_exit_code_2_with_a_suggestion(tmp_path: Path, mini_note: Write) -> None:
    code, told = refusal("build", mini_note(tmp_path, {"front": ["1"]}, calender="NYSE"))
    assert code == 2
    assert "calender" in told
    assert "calendar" in told
    assert not (tmp_path / "reports").exists()


def test_a_missing_file_is_exit_code_2(tmp_path: Path) -> None:
    code, told = refusal("build", tmp_path / "nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml: does not exist" in told


def test_an_unknown_notebook_is_exit_code_2(tmp_path: Path, mini_note: Write) -> None:
    note = mini_note(tmp_path, {"front": ["1"]})
    (tmp_path / "notebooks" / "front.ipynb").unlink()
    code, told = refusal("build", note)
    assert code == 2
    assert "../notebooks/front.ipynb does not exist" in told
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("date", "told"), [("2050-01-03", "2050-01-03"), ("30.01.2026", "30.01.2026")]
)
def test_a_future_or_malformed_date_is_exit_code_2(
    date: str, told: str, tmp_path: Path, mini_note: Write
) -> None:
    code, message = refusal("build", mini_note(tmp_path, {"front": ["1"]}), "--as-of", date)
    assert code == 2
    assert told in message
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("option", ["--as-of", "--source"])
@pytest.mark.parametrize("value", ["", " "])
def test_an_option_that_is_empty_is_refused(option: str, value: str, note: Path) -> None:
    code, told = refusal("check", note, option, value)
    assert code == 2
    assert f"'{option}': it is empty" in told


def test_reports_that_cannot_be_written_are_exit_code_2(note: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    code, told = refusal("build", note, "--reports", tmp_path / "file" / "reports")
    assert code == 2
    assert f"{tmp_path / 'file'} is not a folder" in told


@pytest.fixture
def foretelling(tmp_path: Path, mini_note: Write) -> Path:
    """A note that foretells one and the same thing each week, and fails in the week of 2026-W04."""
    return mini_note(tmp_path, {"front": [FORETELL]})


def test_a_backfill_tells_each_week_and_at_last_what_failed(
    foretelling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    result = call("backfill", foretelling, "--from", "2026-01-12", "--to", "2026-01-30")
    assert result.exit_code == 4, result.output
    *lines, summary = result.stdout.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "2026-W03 · data as of 2026-01-16 · PASS · 1 of 3",
        "data as of 2026-01-23 · failed · 2 of 3",
        "2026-W05 · data as of 2026-01-30 · PASS · 3 of 3",
    ]
    assert re.fullmatch(r"3 editions in \d+:\d\d: 2 published, 0 kept, 1 failed", summary)
    assert result.stderr.startswith("Error: data as of 2026-01-23: ")
    home = foretelling.parents[1] / "reports" / "mini"
    lines = (home / "memory" / "forecasts.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["edition", "2026-W03", "2026-W05"]
    last = "backfill", foretelling, "--from", "2026-01-30", "--to", "2026-01-30", "--every", "week"
    again = call(*last)
    assert again.exit_code == 0
    assert "2026-W05 · data as of 2026-01-30 · PASS · kept · 1 of 1" in again.stdout
    code, told = refusal(*last, "--on", "moon")
    assert code == 2
    assert "--on 'moon' is no place to run on; expected threads, processes, or a Dask" in told


def test_an_altered_memory_is_exit_code_3(foretelling: Path) -> None:
    assert call("build", foretelling, "--as-of", "2026-01-16").exit_code == 0
    file = foretelling.parents[1] / "reports" / "mini" / "memory" / "forecasts.csv"
    file.write_bytes(file.read_bytes().replace(b",0.55,", b",0.95,"))
    code, told = refusal("build", foretelling)
    assert code == 3
    assert "forecasts.csv, row 1: `hash` is " in told
    assert "The row was altered after it was appended." in told


def test_an_edition_that_is_not_remembered_is_exit_code_6(
    foretelling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise UsageError("the disk is full.")

    monkeypatch.setattr("research.edition.build.remember", full)
    code, told = refusal("build", foretelling, "--as-of", "2026-01-16")
    assert code == 6
    assert "Error: edition 2026-W03 is published, but what it foretells and finds is not in" in told
    assert (foretelling.parents[1] / "reports" / "mini" / "2026-W03").is_dir()


def test_an_interruption_is_told_once_with_exit_code_130(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("research.edition.build.run_or_reuse", interrupted)
    assert refusal("build", note) == (130, "Error: interrupted, nothing was published.\n")
    monkeypatch.setattr("research.doctor.examine", interrupted)
    assert refusal("doctor") == (130, "Error: interrupted.\n")


def test_help_names_the_exit_codes_of_build_verify_and_doctor() -> None:
    for command, told in (
        ("build", "130"),
        ("verify", "1 something differs"),
        ("doctor", "1 unfit"),
    ):
        assert told in " ".join(call(command, "--help").stdout.split())


def test_an_unknown_section_is_exit_code_2_with_a_suggestion(note: Path) -> None:
    code, told = refusal("build", note, "--section", "raly")
    assert code == 2
    assert "Did you mean 'rally'?" in told


def test_an_unknown_command_and_option_are_exit_code_2_with_a_suggestion() -> None:
    assert refusal("biuld")[0] == 2
    assert "'build'" in refusal("biuld")[1]
    assert "--as-of" in refusal("build", "--asof", "2026-01-30")[1]


def test_a_notebook_that_raises_is_exit_code_4_with_nothing_published(
    tmp_path: Path, mini_note: Write
) -> None:
    code, told = refusal("build", mini_note(tmp_path, {"front": ["missing"]}))
    assert code == 4
    assert "section front (front.ipynb), code cell 2, `missing`: NameError" in told
    assert [path.name for path in tmp_path.glob("reports/mini/*")] == ["_failed"]
    assert [path.name for path in tmp_path.glob("reports/*")] == ["mini"]


def test_what_cannot_be_printed_is_exit_code_5_with_nothing_published(
    tmp_path: Path, mini_note: Write
) -> None:
    link = "# # Hello\n\nSee [there](#nowhere-at-all)."
    code, told = refusal("build", mini_note(tmp_path, {"front": [link]}))
    assert code == 5
    assert "nowhere-at-all" in told
    assert not list(tmp_path.glob("reports/mini/20*"))


def test_an_edition_with_a_gap_is_published_with_exit_code_6(
    tmp_path: Path, mini_note: Write
) -> None:
    sections = {"front": ["1"], "rally": ["missing"]}
    result = call("build", mini_note(tmp_path, sections, on_section_failure="leave-out"))
    assert result.exit_code == 6, result.output
    assert "Data: DEGRADED" in result.stdout
    [page] = tmp_path.glob("reports/mini/20*/mini.html")
    assert "The section “Rally” is left out" in page.read_text(encoding="utf-8")


def test_jobs_must_be_a_positive_number(note: Path) -> None:
    assert refusal("build", note, "--jobs", "0")[0] == 2


def test_blocked_data_are_exit_code_3_and_check_still_prints_the_table(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from research.market import checks

    found = checks.GateResult(
        dataset="prices", subject="gold", status="BLOCKED", text="gold is stale"
    )
    monkeypatch.setattr(checks, "check", lambda market: checks.Gates(results=(found,)))
    assert refusal("build", note, "--no-cache")[0] == 3
    result = call("check", note)
    assert result.exit_code == 3
    assert "BLOCKED   prices gold  gold is stale" in result.stdout
    assert "gold is stale" in result.stderr


@pytest.mark.parametrize(("status", "code"), [("PASS", 0), ("DEGRADED", 6), ("BLOCKED", 3)])
def test_the_data_alone_are_a_table_and_their_state_is_the_exit_code(
    status: Literal["PASS", "DEGRADED", "BLOCKED"],
    code: int,
    note: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from research.market import checks

    found = checks.Gates(
        results=(
            checks.GateResult(dataset="ratings", subject="all", status="PASS", text="fine."),
            checks.GateResult(dataset="prices", subject="gold", status=status, text="told."),
        )
    )
    monkeypatch.setattr(checks, "check", lambda market: found)
    result = call("check", note, "--data")
    assert result.exit_code == code
    header, *rows, counts = result.stdout.splitlines()
    assert header.split() == ["dataset", "subject", "status", "message"]
    assert sorted(row.split() for row in rows) == [
        ["prices", "gold", status, "told."], ["ratings", "all", "PASS", "fine."]
    ]  # fmt: skip
    assert f"1 {status}" in counts or counts == "2 PASS"
    place = header.index("message")
    assert {row[place:] for row in rows} == {"told.", "fine."}


def test_lab_opens_the_notebooks_with_the_note_in_its_environment(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = {}

    def start(command: list[str], env: dict[str, str]) -> int:
        called.update(command=command, note=env["RESEARCH_PARAMS"])
        return 0

    monkeypatch.setattr(cli.subprocess, "call", start)
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: object())
    assert call("lab", note, "--no-browser").exit_code == 0
    assert called["command"][1:] == [
        "-m", "jupyterlab", str(note.parents[1] / "notebooks"), "--no-browser",
    ]  # fmt: skip
    assert called["note"] == str(note)
    assert call("lab", "--port", "8899", note, "x.ipynb").exit_code == 0
    assert called["command"][4:] == ["--port", "8899", "x.ipynb"]
    monkeypatch.chdir(note.parent)
    for arguments in (("mini", "--no-browser"), ("--no-browser", "mini"), ("mini", "--", "-y")):
        assert call("lab", *arguments).exit_code == 0, arguments
        assert called["note"] == str(note)
        assert called["command"][4:] == [one for one in arguments if one not in ("mini", "--")]


def test_lab_without_a_note_opens_the_usual_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []
    monkeypatch.chdir(root)
    monkeypatch.setattr(cli.subprocess, "call", lambda command, env: called.append(command) or 0)
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: object())
    assert call("lab", "--no-browser").exit_code == 0
    assert called[0][3:] == [str(root / "notebooks"), "--no-browser"]
    code, told = refusal("lab", "mining-raly")
    assert code == 2
    assert "mining-rally" in told


def test_lab_says_how_to_install_it(note: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    assert refusal("lab", note) == (
        2,
        "Error: JupyterLab is not installed here. Run: pip install -e '.[lab]'\n",
    )


def test_doctor_finds_this_machine_fit() -> None:
    result = call("doctor")
    assert result.exit_code == 0, result.output
    assert [line.split()[1] for line in result.stdout.splitlines()] == [
        "python", "packages", "fonts", "typst", "kernel", "jupyterlab",
    ]  # fmt: skip


def test_doctor_names_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    import research.doctor

    def broken() -> str:
        raise RuntimeError("no kernel")

    monkeypatch.setattr(research.doctor, "_kernel", broken)
    result = call("doctor")
    assert result.exit_code == 1
    assert "FAIL kernel      RuntimeError: no kernel" in result.stdout


def test_an_unexpected_exception_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    import research.doctor

    monkeypatch.setattr(research.doctor, "examine", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(cli.main, ["doctor"], catch_exceptions=False)


def test_help_lists_what_exists_and_nothing_else() -> None:
    commands = call("--help").stdout.partition("Commands:")[2].split("\n")
    assert [line.split()[0] for line in commands if line.strip()] == [
        "backfill", "build", "check", "diff", "doctor", "explain", "fetch", "fingerprint",
        "kernelspec", "lab", "preview", "verify", "warm",
    ]  # fmt: skip
