"""No claim shows other bounds than those it is decided by."""

from __future__ import annotations

import pytest

J2 = "bounds: { side: high, support: 0.7, contradiction: 0.4, unit: share of metals }"
J1 = "bounds: { side: high, support: 1.0, contradiction: 0.8, unit: β⁻ }"
M1 = "bounds: { side: low, support: 0.8, contradiction: 1.0, unit: β⁻ }"
IMAGE = "expected the mirror image of `M1`: side high, support 1, contradiction 0.8."


def told(faults):
    return [(fault.key, fault.problem) for fault in faults]


def test_bounds_other_than_those_of_the_method_are_refused_with_both_numbers(desk):
    line = desk.edit("claims.yaml", J2, J2.replace("0.7", "0.6").replace("0.4", "0.3"))
    faults = desk.faults()
    assert told(faults) == [
        (
            "claims.J2.bounds.support",
            'found 0.6, but the test "breadth" decides by breadth.support_share of '
            "params/method.yaml, 0.7.",
        ),
        (
            "claims.J2.bounds.contradiction",
            'found 0.3, but the test "breadth" decides by breadth.contradiction_share of '
            "params/method.yaml, 0.4.",
        ),
    ]
    assert {(fault.line, fault.hint) for fault in faults} == {
        (line, "Write the same number in both.")
    }


def test_a_method_that_changes_leaves_no_bounds_behind(desk):
    desk.edit("method.yaml", "support_share: 0.70", "support_share: 0.65")
    assert desk.fault().key == "claims.J2.bounds.support"
    desk.edit("claims.yaml", J2, J2.replace("0.7", "0.65"))
    assert desk.load().claims["J2"].bounds.support == desk.load().method.breadth.support_share


def test_the_side_on_which_the_method_decides_cannot_be_turned(desk):
    turned = "bounds: { side: low, support: 0.4, contradiction: 0.7 }"
    desk.edit("claims.yaml", J2, turned)
    assert told(desk.faults())[0] == (
        "claims.J2.bounds.side", 'found "low", but in the test "breadth" large values support.'
    )  # fmt: skip
    assert desk.faults()[0].hint == 'Write "high".'


def test_bounds_of_a_test_that_looks_at_none_are_refused(desk):
    desk.edit("claims.yaml", "test: gains\n", f"test: gains\n    {M1}\n")
    fault = desk.fault()
    assert (fault.key, fault.problem) == (
        "claims.C3.bounds",
        'is given, but the test "gains" decides by params/method.yaml alone.',
    )
    assert fault.hint == "Take it away."


def test_a_claim_that_no_test_decides_may_say_its_bounds(desk):
    desk.edit("claims.yaml", "test: gains\n", f"not_tested_because: no data\n    {M1}\n")
    assert desk.load().claims["C3"].bounds.support == 0.8


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("1.0", "1.1", "side high, support 1.1, contradiction 0.8"),
        ("0.8", "0.7", "side high, support 1, contradiction 0.7"),
        ("high, support: 1.0, contradiction: 0.8", "low, support: 0.8, contradiction: 1.0",
         "side low, support 0.8, contradiction 1"),
    ],
)  # fmt: skip
def test_a_mirror_with_bounds_of_its_own_is_refused_with_those_expected(desk, old, new, found):
    line = desk.edit("claims.yaml", J1, J1.replace(old, new))
    fault = desk.fault()
    assert (fault.key, fault.line) == ("claims.J1.bounds", line)
    assert fault.problem == f"found {found}, {IMAGE}"
    assert fault.hint == "Correct whichever of the two is wrong."


def test_a_mirror_follows_its_claim(desk):
    desk.edit("claims.yaml", M1, M1.replace("0.8", "0.75"))
    assert desk.fault().problem == (
        "found side high, support 1, contradiction 0.8, expected the mirror image of `M1`: side "
        "high, support 1, contradiction 0.75."
    )
    desk.edit("claims.yaml", J1, J1.replace("0.8", "0.75"))
    desk.load()


def test_a_mirror_without_bounds_would_show_those_of_its_opponent(desk):
    desk.edit("claims.yaml", f"    {J1}\n", "")
    assert told(desk.faults()) == [("claims.J1.bounds", f"is missing, {IMAGE}")]


def test_a_mirror_of_a_claim_without_bounds_has_none(desk):
    desk.edit(
        "claims.yaml",
        "test: gains\n",
        "test: gains\n    mirror_of: F2\n    bounds: { side: low, support: 1, contradiction: 2 }\n",
    )
    assert ("claims.C3.bounds", "is given, but `F2`, which it mirrors, has none.") in told(
        desk.faults()
    )


@pytest.mark.parametrize("written", ["[1, 2]", "{ side: up, support: 1, contradiction: 2 }", "7"])
def test_bounds_of_another_form_are_told_where_they_stand_alone(desk, written):
    desk.edit("claims.yaml", M1, f"bounds: {written}")
    assert {fault.key.split(".")[1] for fault in desk.faults()} == {"M1"}
