"""What a note has computed ahead of its notebooks: functions of this package, by name."""

from __future__ import annotations

import pytest

from research.errors import ParamsError

NAMED = "research.analysis.ahead:findings"


def test_a_note_names_functions(desk):
    assert NAMED in desk.load().note.ahead


@pytest.mark.parametrize(
    "found", ["research.analysis.ahead:finding", "research.analysis.ahed:findings"]
)
def test_a_function_that_is_not_there_is_refused_with_the_nearest(desk, found):
    desk.edit("mining-rally.yaml", NAMED, found)
    fault = desk.fault()
    assert fault.problem == f'found "{found}", which is no function of this package.'
    assert fault.hint == f"Did you mean `{NAMED}`?"


def test_a_name_that_is_no_function_at_all_is_told_its_form(desk):
    desk.edit("mining-rally.yaml", NAMED, "os.system")
    with pytest.raises(ParamsError, match=r"a function as research\.<module>:<function>"):
        desk.load()
