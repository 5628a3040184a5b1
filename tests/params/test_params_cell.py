"""A section and its notebook's parameters cell agree, or the note is not run."""

from __future__ import annotations

import pytest

from research.errors import ParamsError
from research.params import MISSING, read_parameters

EDITION_CELL = 'note: str = "mining-rally"\nas_of: str = "latest"\nsource: str = ""\n'
RALLY = "02-rally.ipynb"
A_DAY = "expected a real date such as 2026-01-28."
NO_PARAMETER = "is no parameter; expected lines such as `weeks: int = 26`."


@pytest.fixture
def section(desk):
    """Give the section `rally` parameters and its cell lines of its own; returns the line."""

    def _section(parameters: str, cell: str = "", *, head: str = EDITION_CELL) -> int:
        desk.notebook(RALLY, head + cell)
        return desk.edit(
            "mining-rally.yaml",
            f"notebook: ../notebooks/{RALLY}\n    parameters: {{}}",
            f"notebook: ../notebooks/{RALLY}\n    parameters:\n{parameters}"
            if parameters
            else f"notebook: ../notebooks/{RALLY}\n    parameters: {{}} ",
        )

    return _section


# ── refusals ────────────────────────────────────────────────────────────────


def test_an_unknown_parameter_is_refused_with_a_suggestion(desk, section):
    line = section("      lookbak_weeks: 26\n", "lookback_weeks: int = 52\n") + 2
    assert str(desk.fault()) == (
        f"params/mining-rally.yaml, line {line}: sections.rally.parameters.lookbak_weeks: "
        "is not a parameter of ../notebooks/02-rally.ipynb. Did you mean `lookback_weeks`?"
    )


def test_an_unknown_parameter_of_a_notebook_with_none_of_its_own_is_refused(desk, section):
    section("      weeks: 26\n")
    assert desk.fault().hint == "That notebook has no parameters of its own."


def test_a_parameter_without_default_must_be_given(desk, section):
    section("", "weeks: int  # how far back\n")
    fault = desk.fault()
    assert fault.key == "sections.rally.parameters.weeks"
    assert fault.problem == (
        "is missing; ../notebooks/02-rally.ipynb gives it no default. It is: how far back."
    )


@pytest.mark.parametrize(
    ("declared", "written", "problem"),
    [
        ("x: int = 1", "true", "found true, expected a whole number."),
        ("x: int = 1", "1.5", "found 1.5, expected a whole number."),
        ("x: int = 1", '"1"', 'found "1", expected a whole number.'),
        ("x: float = 1.0", "true", "found true, expected a number."),
        ("x: float = 1.0", '"1"', 'found "1", expected a number.'),
        ("x: bool = True", "1", "found 1, expected true or false."),
        ("x: bool = True", "yes", 'found "yes", expected true or false.'),
        ('x: str = "a"', "1", "found 1, expected text."),
        ('x: str = "a"', "[a]", "found a list, expected text."),
        ('x: list[str] = ["a"]', "a", 'found "a", expected a list of texts.'),
        ('x: list[str] = ["a"]', "[1, 2]", "found a list, expected a list of texts."),
        ("x: list[float] = [1.0]", "[a]", "found a list, expected a list of numbers."),
        ("x: int | None = None", "a", 'found "a", expected a whole number or nothing.'),
        ('x: Literal["a", "b c"] = "a"', "c", 'found "c", expected "a" or "b c".'),
        ('x: str = "2008-09-01"', "2008-09-31", f'found "2008-09-31", {A_DAY}'),
        ("x = 26", "a", 'found "a", expected a whole number.'),
        ("x = [1, 2.5]", "[a]", "found a list, expected a list of numbers."),
    ],
)  # fmt: skip
def test_a_parameter_of_the_wrong_type_is_refused(desk, section, declared, written, problem):
    line = section(f"      x: {written}\n", declared + "\n") + 2
    fault = desk.fault()
    assert (fault.line, fault.key) == (line, "sections.rally.parameters.x")
    assert fault.problem == problem


def test_a_parameter_that_holds_a_mapping_is_refused(desk, section):
    section("      x: {a: 1}\n", "x: int = 1\n")
    assert desk.fault().problem == (
        "found a mapping, expected true or false or a whole number or a number or text or a list."
    )


@pytest.mark.parametrize("name", ["note", "as_of", "source"])
def test_a_cell_without_a_parameter_of_the_edition_is_refused(desk, section, name):
    kept = [one for one in EDITION_CELL.splitlines() if not one.startswith(f"{name}:")]
    gone = next(one for one in EDITION_CELL.splitlines() if one.startswith(f"{name}:"))
    section("", "\n".join(kept), head="")
    assert str(desk.fault()).endswith(
        f"sections.rally.parameters.{name}: is missing in the parameters cell of "
        f"../notebooks/02-rally.ipynb. Write `{gone}`."
    )


def test_a_parameter_of_the_edition_that_is_no_text_is_refused(desk, section):
    section("", 'note: str = "x"\nas_of: int = 5\nsource: str = ""\n', head="")
    assert desk.fault().problem == (
        "is not text in the parameters cell of ../notebooks/02-rally.ipynb."
    )


def test_a_section_cannot_set_a_parameter_of_the_edition(desk, section):
    section("      as_of: 2026-01-28\n")
    assert str(desk.fault()).endswith(
        "as_of: belongs to the note; a section cannot set it. Take it away."
    )


def test_a_default_of_another_type_than_declared_is_refused(desk, section):
    section("", 'x: int = "a"\n')
    assert desk.fault().problem == (
        'the parameters cell of ../notebooks/02-rally.ipynb defaults it to "a", '
        "expected a whole number."
    )


def test_a_type_that_no_parameter_can_have_is_refused(desk, section):
    section("", "x: dict = {}\n")
    assert desk.fault().problem == (
        "the parameters cell of ../notebooks/02-rally.ipynb gives it type `dict`, "
        "which a parameter cannot have."
    )


def test_a_notebook_that_is_not_there_is_refused_at_its_line(desk):
    line = desk.edit("mining-rally.yaml", "../notebooks/02-rally", "../notebooks/02-raly")
    assert str(desk.fault()) == (
        f"params/mining-rally.yaml, line {line}: sections.rally.notebook: "
        "../notebooks/02-raly.ipynb does not exist. Did you mean `02-rally.ipynb`?"
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{"metadata": 3}]}'])
def test_a_file_that_is_no_notebook_is_refused(desk, text):
    (desk.folder / "notebooks" / RALLY).write_text(text, encoding="utf-8")
    assert desk.fault().problem == "../notebooks/02-rally.ipynb is not a readable notebook."


@pytest.mark.parametrize(("tags", "count"), [(0, "no cell"), (2, "2 cells")])
def test_a_notebook_has_one_parameters_cell(desk, tags, count):
    desk.notebook(RALLY, EDITION_CELL, tags=tags)
    assert desk.fault().problem == (
        f"../notebooks/02-rally.ipynb has {count} tagged `parameters`, expected one."
    )


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("x: int = = 1", "line 1 of its parameters cell is not Python: invalid syntax."),
        (
            "import os",
            f"line 1 of its parameters cell {NO_PARAMETER}",
        ),
        (
            "\nx = y = 1",
            f"line 2 of its parameters cell {NO_PARAMETER}",
        ),
        (
            "x: int = 2 * 13",
            "parameter `x` has `2 * 13` as default; "
            "expected a plain value such as 26 or a text in quotes.",
        ),
        ("x: int = 1\nx: int = 2", "its parameters cell names `x` twice."),
    ],
)
def test_a_cell_that_holds_anything_but_parameters_is_refused(desk, cell, problem):
    path = desk.notebook(RALLY, cell)
    with pytest.raises(ParamsError) as caught:
        read_parameters(path)
    assert str(caught.value.faults[0]) == f"02-rally.ipynb: {problem}"
    assert desk.fault().problem == f"../notebooks/02-rally.ipynb {problem}"


def test_faults_of_sections_come_together_with_those_of_other_files(desk, section):
    section("      weeks: 1.5\n      wekes: 3\n", "weeks: int = 26\n")
    desk.edit("method.yaml", "kappa: 0.20", "kappa: x")
    desk.notebook("03-valuation.ipynb", None, tags=0)
    assert [fault.key for fault in desk.faults()] == [
        "sections.rally.parameters.weeks",
        "sections.rally.parameters.wekes",
        "sections.valuation.notebook",
        "outlook.kappa",
    ]


# ── what is read ────────────────────────────────────────────────────────────


def test_names_types_defaults_and_comments_are_read(desk):
    path = desk.notebook(
        RALLY,
        "# Weeks of history:\n"
        "# no more than the data have.\n"
        "weeks: int = 26\n"
        "\n"
        "share: float  # of companies, # as a fraction\n"
        'groups: list[str] = ["gold", "copper"]\n'
        "low = -0.1\n"
        'mark: str = "#no comment"\n',
    )
    found = read_parameters(path)
    assert list(found) == ["weeks", "share", "groups", "low", "mark"]
    assert (found["weeks"].type, found["weeks"].default) == ("int", 26)
    assert found["weeks"].help == "Weeks of history: no more than the data have."
    assert found["share"].default is MISSING
    assert found["share"].help == "of companies, # as a fraction"
    assert (found["groups"].type, found["groups"].default) == ("list[str]", ["gold", "copper"])
    assert (found["low"].type, found["low"].default, found["low"].help) == (None, -0.1, "")
    assert (found["mark"].default, found["mark"].help) == ("#no comment", "")


def test_a_source_kept_as_a_list_of_lines_is_read(desk):
    path = desk.notebook(RALLY, ["weeks: int = 26\n", "years: int = 10"])
    assert list(read_parameters(path)) == ["weeks", "years"]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("x: int = 1", "2"), ("x: float = 1.0", "2"), ("x: float = 1.0", "2.5"),
        ("x: bool = True", "false"), ('x: str = "a"', "no"), ("x: int | None = None", "3"),
        ('x: list[str] = ["a"]', "[b, c]"), ("x: list[float] = [1.0]", "[1, 2.5]"),
        ("x: list[int] = [1]", "[1, 2]"), ('x: Literal["a", "b c"] = "a"', "b c"),
        ('x: str = "2008-09-01"', "2008-09-30"), ("x = 26", "13"), ("x: list[str] = []", "[]"),
    ],
)  # fmt: skip
def test_a_parameter_of_the_right_type_is_taken(desk, section, declared, written):
    section(f"      x: {written}\n", declared + "\n")
    (rally,) = (one for one in desk.load().note.sections if one.id == "rally")
    assert "x" in rally.parameters


def test_an_untyped_empty_list_takes_any_list(desk, section):
    section("      x: 3\n", "x = []\n")
    assert desk.fault().problem == "found 3, expected a list."
