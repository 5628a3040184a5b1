"""One error tells all that is wrong, each with file, line, key and cure."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest

from research.errors import ParamsError
from research.params import load, schema
from research.params.base import PATTERNS

A_DAY = "expected a real date such as 2026-01-28."
PLAIN = "Write it as a plain number, without quotes or thousands separators."

# ── refusals ────────────────────────────────────────────────────────────────


def test_a_misspelt_key_is_refused_with_its_line_and_a_suggestion(desk):
    line = desk.edit("mining-rally.yaml", "calendar: NYSE", "calender: NYSE")
    fault = desk.fault()
    assert (fault.file, fault.line, fault.key) == ("params/mining-rally.yaml", line, "calender")
    assert str(fault).endswith("calender: is not a known key. Did you mean `calendar`?")


def test_a_misspelt_value_is_refused_with_a_suggestion(desk):
    desk.edit("mining-rally.yaml", "paper: a4", "paper: us-leter")
    assert str(desk.fault()).endswith(
        'paper: found "us-leter", expected "a4" or "us-letter". Did you mean `us-letter`?'
    )


def test_a_missing_key_names_what_it_is_for(desk):
    line = desk.edit("mining-rally.yaml", "question: Will", "# question: Will")
    fault = desk.fault()
    assert fault.key == "question"
    assert fault.line is not None
    assert fault.line < line
    assert fault.problem == "is missing: what the verdict answers, in one sentence."


def test_a_missing_key_deep_in_a_file_is_told_on_the_line_of_its_record(desk):
    line = desk.edit("universe.yaml", "    name: Hecla Mining Company\n", "")
    fault = desk.fault()
    assert (fault.line, fault.key) == (line - 1, "instruments.hecla.name")
    assert fault.problem == "is missing."


def test_faults_of_several_files_come_in_one_error_in_order(desk):
    in_note = desk.edit("mining-rally.yaml", "paper: a4", "paper: A4")
    in_universe = desk.edit("universe.yaml", "ticker: NEM, exchange: XNYS", "ticker: NEM")
    in_method = desk.edit("method.yaml", "kappa: 0.20", 'kappa: "0.20"')
    in_method_too = desk.edit("method.yaml", "paths: 10000", "pahts: 10000")
    in_decks = desk.edit("decks.yaml", "  aluminium: 0.08", "  aluminium: 8")
    found = [(fault.file, fault.line, fault.key) for fault in desk.faults()]
    assert found == [
        ("params/mining-rally.yaml", in_note, "paper"),
        ("params/universe.yaml", in_universe, "instruments.newmont.listings[0].exchange"),
        ("params/method.yaml", _line_of_key(desk, "method.yaml", "outlook:"), "outlook.paths"),
        ("params/method.yaml", in_method, "outlook.kappa"),
        ("params/method.yaml", in_method_too, "outlook.pahts"),
        ("params/decks.yaml", in_decks, "discount_rates.aluminium"),
    ]


def test_a_fault_of_form_does_not_hide_a_name_that_leads_nowhere(desk):
    desk.edit(
        "universe.yaml",
        "fiscal_year_end: 06-30\n    listings:  # the",
        "fiscal_year_end: 6\n    listings:  # the",
    )
    desk.edit("universe.yaml", "  volatility: vix", "  volatility: vixx")
    assert [fault.key for fault in desk.faults()] == [
        "roles.volatility",
        "instruments.bhp.fiscal_year_end",
    ]


def test_the_error_counts_its_faults_and_says_that_nothing_ran(desk):
    desk.edit("mining-rally.yaml", "paper: a4", "paper: A4")
    desk.edit("mining-rally.yaml", "language: en", "language: de")
    with pytest.raises(
        ParamsError, match=r"^2 faults in the parameters; nothing was run\.\n  params/"
    ):
        desk.load()


@pytest.mark.parametrize(
    "written", ["2026-02-30", '"2026-02-30"', "2026-1-8", "28.01.2026", '"1699920000"', "20260128"]
)
def test_a_date_that_is_no_real_iso_date_is_refused(desk, written):
    desk.edit("mining-rally.yaml", "as_of: latest", f"as_of: {written}")
    fault = desk.fault()
    assert fault.key == "as_of"
    found = f"found {written}," if written.isdigit() else f'found "{written.strip(chr(34))}",'
    assert fault.problem == f'{found} expected a real date such as 2026-01-28 or "latest".'


@pytest.mark.parametrize("written", ["2026-01-28", '"2026-01-28"'])
def test_an_iso_date_is_taken_with_or_without_quotes(desk, written):
    desk.edit("mining-rally.yaml", "as_of: latest", f"as_of: {written}")
    assert desk.load().note.as_of == dt.date(2026, 1, 28)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("paths: 10000", "paths: true", "found true, expected a whole number."),
        ("paths: 10000", "paths: 1.5", "found 1.5, expected a whole number."),
        ("kappa: 0.20", "kappa: true", "found true, expected a number."),
        ("kappa: 0.20", "kappa: [0.2]", "found a list, expected a number."),
        ("kappa: 0.20", "kappa: .nan", "found nan, expected a finite number."),
        ("kappa: 0.20", "kappa:", "found nothing, expected a number."),
        ("kappa: 0.20", "kappa: {a: 1}", "found a mapping, expected a number."),
        ("confidence: 0.90", "confidence: 90", "found 90, expected a number up to 1."),
        ("n_min: 30 ", "n_min: 0 ", "found 0, expected a number above 0."),
        ('version: "2"', "version: 2", "found 2, expected text."),
        ('version: "2"', 'version: " "', 'found " ", expected text that is not empty.'),
        ("months: [3, 6, 12]", "months: 6", "found 6, expected a list."),
        ("months: [3, 6, 12]", "months: [3, x]", 'found "x", expected a whole number.'),
        ("{ run_up: 0.5,", "{ run_up: half,", 'found "half", expected a number.'),
        ("expires_on: 2026-04-13", "expires_on: soon", 'found "soon", ' + A_DAY),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused_in_plain_words(desk, old, new, problem):
    line = desk.edit("method.yaml", old, new)
    fault = desk.fault()
    assert (fault.line, fault.problem) == (line, problem)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("confidence: 0.90", "confidence: 90", "Shares are fractions: 0.7 means 70 %."),
        ("paths: 10000", 'paths: "10000"', PLAIN),
        ("paths: 10000", "paths: 10,000", PLAIN),
        ('version: "2"', "version: 2", "Put it in quotes if it is meant as text."),
    ],
)  # fmt: skip
def test_a_wrong_type_that_is_often_meant_well_gets_a_hint(desk, old, new, hint):
    desk.edit("method.yaml", old, new)
    assert desk.fault().hint == hint


def test_an_empty_list_of_sections_is_refused(desk):
    text = desk.note.read_text(encoding="utf-8")
    head, rest = text.split("sections:\n")
    tail = rest[rest.index("disclosures:") :]
    desk.note.write_text(f"{head}sections: []\n\n{tail}", encoding="utf-8")
    fault = desk.fault()
    assert (fault.key, fault.problem) == (
        "sections",
        "found an empty list, expected at least 1 in the list.",
    )


def test_two_sections_of_one_id_are_refused(desk):
    first = desk.edit("mining-rally.yaml", "- id: rally", "- id:   rally")
    line = desk.edit("mining-rally.yaml", "- id: outlook", "- id: rally")
    fault = desk.fault()
    assert fault.line == line
    assert fault.problem == f'"rally" is taken; the first is on line {first}.'


def test_an_unknown_source_is_refused(desk):
    desk.edit("mining-rally.yaml", "source: sample", "source: smaple")
    assert str(desk.fault()).endswith(
        'source: found "smaple", expected "sample", "store", or "files:" and the path of a '
        "catalogue. Did you mean `sample`?"
    )


def test_a_missing_catalogue_is_refused_as_written(desk):
    desk.edit("mining-rally.yaml", "source: sample", "source: files:../desk/catalogue.yaml")
    assert desk.fault().problem == "catalogue ../desk/catalogue.yaml does not exist."


def test_a_missing_part_is_refused_at_the_line_that_names_it(desk):
    line = desk.edit("mining-rally.yaml", "universe: universe.yaml", "universe: univers.yaml")
    fault = desk.fault()
    assert str(fault) == (
        f"params/mining-rally.yaml, line {line}: universe: file univers.yaml does not exist. "
        "Did you mean `universe.yaml`?"
    )


def test_a_missing_part_that_is_named_by_default_is_refused(desk):
    desk.edit("mining-rally.yaml", "decks: decks.yaml\n", "")
    (desk.folder / "params" / "decks.yaml").unlink()
    assert desk.fault().problem == "file decks.yaml does not exist."


def test_an_unknown_note_is_refused_with_the_notes_there_are(desk, monkeypatch):
    monkeypatch.delenv("RESEARCH_PARAMS", raising=False)
    monkeypatch.chdir(desk.folder)
    with pytest.raises(ParamsError) as caught:
        load("mining-raly")
    assert str(caught.value.faults[0]) == (
        "params/mining-raly.yaml: does not exist. Did you mean `mining-rally`?"
    )


def test_an_unknown_note_where_there_are_none_asks_for_a_path(tmp_path):
    with pytest.raises(ParamsError, match="Give the path of a note's parameter file"):
        load(tmp_path / "nothing.yaml")


def test_an_unknown_override_is_refused_with_a_suggestion(desk):
    fault = desk.fault(asof="2026-01-28")
    assert str(fault) == "this run: asof: is not a field of a note. Did you mean `as_of`?"


def test_a_bad_override_is_told_as_of_this_run_not_of_the_file(desk):
    fault = desk.fault(as_of="2026-02-30")
    assert str(fault) == (
        'this run: as_of: found "2026-02-30", expected a real date such as 2026-01-28 or "latest".'
    )


@pytest.mark.parametrize(
    "name",
    [
        "mining-rally.yaml", "universe.yaml", "claims.yaml", "method.yaml", "decks.yaml",
        "catalysts.yaml", "disclosures.yaml",
    ],
)  # fmt: skip
def test_no_message_holds_the_machines_path(desk, name):
    path = desk.folder / "params" / name
    path.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        desk.load()
    assert str(desk.folder) not in str(caught.value)
    assert f"params/{name}, line 1: found a list, expected keys with values." in str(caught.value)


# ── what is loaded ──────────────────────────────────────────────────────────


def test_the_committed_parameters_have_no_fault(root):
    params = load(root / "params" / "mining-rally.yaml")
    assert [section.id for section in params.note.sections] == [
        "verdict", "rally", "valuation", "arguments", "outlook", "method",
    ]  # fmt: skip


def test_overrides_lead_over_the_file_and_empty_ones_do_not(desk):
    assert desk.load(as_of=dt.date(2026, 2, 4)).note.as_of == dt.date(2026, 2, 4)
    assert desk.load(as_of="2026-02-04").note.as_of == dt.date(2026, 2, 4)
    assert desk.load(as_of="", source=None).note.as_of == "latest"


def test_a_source_of_files_is_taken_when_its_catalogue_is_there(desk):
    (desk.folder / "catalogue.yaml").write_text("title: x\n", encoding="utf-8")
    assert desk.load(source="files:../catalogue.yaml").note.source == "files:../catalogue.yaml"


def test_sources_are_the_hashes_of_the_files_by_relative_name(desk):
    sources = desk.load().sources
    assert list(sources) == [
        *(
            f"params/{name}.yaml"
            for name in (
                "mining-rally", "universe", "claims", "method", "decks", "catalysts", "disclosures",
                "corrections",
                "sources",
            )
        ),
        "params/sources/article-2026-01-28.txt",
    ]  # fmt: skip
    for name, digest in sources.items():
        assert digest == hashlib.sha256((desk.folder / name).read_bytes()).hexdigest()


def test_parts_may_lie_in_another_folder(desk):
    shared = desk.folder / "shared"
    shared.mkdir()
    shutil.move(desk.folder / "params" / "universe.yaml", shared / "universe.yaml")
    desk.edit("mining-rally.yaml", "universe: universe.yaml", "universe: ../shared/universe.yaml")
    assert "shared/universe.yaml" in desk.load().sources


def test_the_fingerprints_lie_where_the_file_of_claims_says(desk):
    shared = desk.folder / "shared"
    shared.mkdir()
    for name in ("claims.yaml", "sources"):
        shutil.move(desk.folder / "params" / name, shared / name)
    desk.edit("mining-rally.yaml", "claims: claims.yaml", "claims: ../shared/claims.yaml")
    assert "shared/sources/article-2026-01-28.txt" in desk.load().sources


def test_a_name_finds_its_file_from_any_folder_below(desk, monkeypatch):
    monkeypatch.delenv("RESEARCH_PARAMS", raising=False)
    monkeypatch.chdir(desk.folder / "notebooks")
    assert load("mining-rally").path == str(desk.note.resolve())


def test_the_environment_leads_over_the_search_but_not_over_a_path(desk, monkeypatch, root):
    monkeypatch.setenv("RESEARCH_PARAMS", str(desk.note))
    monkeypatch.chdir(root)
    assert load("mining-rally").path == str(desk.note.resolve())
    other = desk.folder / "params" / "other.yaml"
    shutil.copy(desk.note, other)
    assert load(str(other)).path == str(other.resolve())


def test_parameters_are_frozen(desk):
    params = desk.load()
    with pytest.raises(ValueError, match="frozen"):
        params.note.title = "Another"


def test_loading_imports_nothing_heavy(desk):
    code = (
        "import sys; from research.params import load; load(sys.argv[1]); "
        "heavy = {'pandas', 'numpy', 'matplotlib', 'nbformat', 'nbconvert', 'holidays'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(desk.note)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def _line_of_key(desk, name: str, text: str) -> int:
    lines = (desk.folder / "params" / name).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.startswith(text))


def test_every_pattern_of_the_records_has_its_words():
    text = "".join(schema.as_json().values())
    used = {json.loads(f'"{one}"') for one in re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', text)}
    assert used == set(PATTERNS)
