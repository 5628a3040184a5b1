"""Prose cells compute their numbers, and say what is wrong when they cannot."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from research.exhibits.mime import PROSE
from research.exhibits.prose import Prose, evaluate
from research.exhibits.template import ProseError


class Shell:
    def __init__(self, **names: Any) -> None:
        self.user_ns = names


def test_expressions_are_evaluated_where_they_stand() -> None:
    names = {"beta": {"pick": 1.084}, "rows": [1, 2, 3]}
    text = evaluate("Beta {beta['pick']:num2}, last {rows[-1:][0]:word}.\n", names)
    assert text == "Beta 1.08, last three.\n"
    assert [(f.id, f.expression) for f in text.facts] == [
        ("beta-pick", "beta['pick']"),
        ("rows-1-0", "rows[-1:][0]"),
    ]


def test_colons_braces_and_strings_inside_an_expression_are_its_own() -> None:
    assert evaluate("{ {'a:b}': 2}['a:b}']:num0 }", {}) == "2"
    assert evaluate("{(lambda x: x + 1)(1):num0}", {}) == "2"


def test_the_bundle_holds_markdown_and_facts() -> None:
    bundle = Prose(Shell(p=0.5)).bundle("**No edge**: {p:pct0}")
    assert bundle["text/markdown"] == "**No edge**: 50\u202f%"
    (fact,) = bundle[PROSE]["facts"]
    assert fact == {
        "id": "p",
        "value": 0.5,
        "unit": "ratio",
        "text": "50\u202f%",
        "as_of": "",
        "source": "",
        "expression": "p",
    }


def test_running_a_cell_again_keeps_its_ids_and_a_new_value_gets_a_new_one() -> None:
    shell = Shell(p=0.5)
    prose = Prose(shell)
    ids = [prose.bundle("{p:pct0}")[PROSE]["facts"][0]["id"] for _ in range(2)]
    shell.user_ns["p"] = 0.6
    assert [*ids, prose.bundle("{p:pct0}")[PROSE]["facts"][0]["id"]] == ["p", "p", "p-2"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "one\n{bta:num1}",
            r"\{bta:num1\}, line 3: 'bta' is not defined; did you mean 'beta'\. Run",
        ),
        ("{1 +:num1}", "line 2: this is no Python expression"),
        ("{beta / 0:num1}", "line 2: ZeroDivisionError.*Mend the expression"),
        ("{beta:pct9}", "line 2: there is no format 'pct9'"),
        ("{beta}", "line 2: float 1.5 has no format"),
        ("x {beta:num1", "line 2 has an opening brace"),
    ],
)
def test_a_failing_expression_is_named_with_line_and_remedy(cell: str, message: str) -> None:
    with pytest.raises(ProseError, match=message):
        evaluate(cell, {"beta": 1.5})


def test_words_on_the_magic_line_are_refused() -> None:
    with pytest.raises(ProseError, match="takes nothing on its own line"):
        Prose(Shell())("beta", "text")


def test_the_magic_works_in_a_real_shell(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    shell.register_magic_function(Prose(shell), magic_kind="cell", magic_name="prose")
    shell.user_ns["p"] = 0.5
    result = shell.run_cell("%%prose\nChance {p:pct0}\n")
    assert result.success
    assert "Chance 50" in capsys.readouterr().out
