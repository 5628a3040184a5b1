"""Where a number comes from is read from the notebook's source: statements, then functions."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from research.edition.functions import Function, function
from research.edition.trace import trace

IMPORTS = """%load_ext research
from research.analysis.outlook import outlook
from research.analysis.arguments import judge as judged
from research.exhibits import card, say, table
from research.market import Market
from research.params import load"""
MARKET = "params = load(note)\nmarket = Market.open(params)"
VIEW = "findings = judged(params, market)\nview = outlook(findings, market)"
JUDGE = "research.analysis.arguments.judge"
OUTLOOK = "research.analysis.outlook.outlook"
OPEN = "research.market.market.Market.open"


def functions(*sources: str, said: str = "") -> list[str]:
    return [one.name for one in traced(*sources, said=said).functions]


def traced(*sources: str, said: str = "") -> Any:
    cells = [
        {"id": f"c{n}", "cell_type": "code", "source": source}
        for n, source in enumerate((IMPORTS, MARKET, *sources))
    ]
    return trace(cells, len(cells) - 1, said)


def test_an_expression_of_prose_is_followed_to_the_functions_nearest_first() -> None:
    found = traced(VIEW, "%%prose\nOdds {view.p:pct0}, {market.n:num0} prices", said="view.p")
    assert [one.name for one in found.functions] == [OUTLOOK, JUDGE, OPEN]
    assert [(one.cell, one.line) for one in found.steps] == [
        ("c2", 2), ("c2", 1), ("c1", 2), ("c1", 1),
    ]  # fmt: skip
    assert found.steps[0].source == "view = outlook(findings, market)"


def test_of_several_expressions_only_the_one_that_said_it_is_followed() -> None:
    prose = "%%prose\nOdds {view.p:pct0}, {market.n:num0} prices"
    assert functions(VIEW, prose, said="market.n") == [OPEN]
    assert functions(VIEW, prose) == [OUTLOOK, OPEN, JUDGE]


@pytest.mark.parametrize(
    "told",
    [
        'odds = say("{p:pct0} of {n}", p=view.p, n=market)',
        'values = {"p": view.p, "n": market}\nodds = say(template, **values)',
    ],
)
def test_a_name_that_a_sentence_was_filled_with_is_found(told: str) -> None:
    view = "view = outlook()"
    assert functions(view, told, "%%prose\n{odds}.", said="p") == [OUTLOOK]
    assert functions(view, told, "%%prose\n{odds}.", said="n") == [OPEN]


def test_a_number_of_a_table_comes_from_the_frame_and_not_from_the_heading() -> None:
    table = "about = {'title': say('{p:pct0}', p=outlook().p)}\nframe = judged()"
    shown = "shown = table(frame, **about)\nshown"
    assert functions(table, shown, said="gold price") == [JUDGE]
    assert functions(table, "display(table(frame, **about))", said="gold price") == [JUDGE]
    assert functions(table, shown, said="p") == [OUTLOOK]


def test_a_card_told_by_keywords_comes_from_all_that_it_is_given() -> None:
    assert set(functions(VIEW, "card(title=findings, note=market)", said="n")) == {JUDGE, OPEN}


def test_the_last_value_of_a_name_counts_and_both_branches_of_an_if() -> None:
    first = "x = outlook()"
    assert functions(first, "x = judged()", "%%prose\n{x:num0}") == [JUDGE]
    assert functions(first, "if market:\n    x = judged()", "%%prose\n{x:num0}") == [
        JUDGE, OUTLOOK,
    ]  # fmt: skip
    both = "if 1:\n    x = judged()\nelse:\n    x = market"
    assert functions(first, both, "%%prose\n{x:num0}") == [JUDGE, OPEN]
    assert functions(first, "x = x + judged()", "%%prose\n{x:num0}") == [JUDGE, OUTLOOK]


@pytest.mark.parametrize(
    "change",
    [
        "x += judged()", "x['a'] = judged()", "x.a = judged()", "x.append(judged())",
        "for x in judged():\n    pass", "for one in judged():\n    x = one",
        "(x, y) = judged()", "x, y = judged(), outlook()", "x: int = judged()",
    ],
)  # fmt: skip
def test_what_changes_a_name_is_seen(change: str) -> None:
    assert functions("x = {}", change, "%%prose\n{x['a']:num0}") == [JUDGE]


def test_the_name_of_a_comprehension_is_its_own() -> None:
    comprehended = "y = [one for one in judged()]"
    assert functions("one = outlook()", comprehended, "%%prose\n{y}") == [JUDGE]


def test_what_comes_later_and_what_is_no_python_counts_for_nothing() -> None:
    assert functions("x = outlook()\n%%time", "%%prose\n{x} {{y}} {1 +} {", "x = judged()") == []
    assert functions("%%bash\nx = judged()", "this is not python", "%%prose\n{x}") == []


def test_a_function_is_named_by_where_it_is_defined_with_its_first_sentence() -> None:
    found = function("research.market.Market.open")
    assert found == Function(name=OPEN, about="The market of a note.")
    found = function("research.analysis.arguments.judge")
    assert found is not None
    assert found.about == "One finding for each claim, in the order of the ledger."


@pytest.mark.parametrize(
    "name",
    ["research.analysis.outlook.nothing", "research.nowhere.at", "research.market.Market.no"],
)
def test_what_is_no_function_of_the_package_is_none(name: str) -> None:
    assert function(name) is None


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys; from research.edition.functions import function; "
        "import research.edition.explain, research.edition.shelf; "
        f"assert function('{OUTLOOK}') and function('{OPEN}'); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"pandas", "numpy", "scipy", "matplotlib", "nbformat", "papermill"}
