"""What a claim is about: its subjects, a claimed level and the span of a record, by name."""

from __future__ import annotations

import datetime as dt

import pytest

from research.params.ledger import SUBJECT_TESTS, TEST_NAMES

# ── refusals ────────────────────────────────────────────────────────────────


def test_an_unknown_subject_is_refused_with_file_line_and_suggestion(desk):
    line = desk.edit("claims.yaml", "about: [gold-future]", "about: [gold-futures]")
    first, second = desk.faults()
    assert str(first) == (
        f'params/claims.yaml, line {line}: claims.F1.about[0]: "gold-futures" is neither an '
        "instrument nor a sub-group. Did you mean `gold-future`?"
    )
    assert second.key == "claims.F1.since.gold-future"


def test_a_test_without_the_subjects_it_looks_at_is_refused(desk):
    desk.edit("claims.yaml", "    about: [silver, platinum, copper]\n", "")
    fault = desk.fault()
    assert fault.key == "claims.F2.about"
    assert fault.problem == 'is missing; the test "unusual_gains" looks at what the claim names.'
    assert fault.hint == "Name instruments or sub-groups."


@pytest.mark.parametrize("written", ["[]", "null"])
def test_no_subject_at_all_is_none(desk, written):
    desk.edit("claims.yaml", "about: [silver, platinum, copper]", f"about: {written}")
    assert "claims.F2.about" in {fault.key for fault in desk.faults()}


def test_a_subject_that_is_no_list_is_refused_once_and_not_letter_by_letter(desk):
    desk.edit("claims.yaml", "about: [silver, platinum, copper]", "about: silver")
    assert {fault.key for fault in desk.faults()} == {"claims.F2.about"}


def test_a_claimed_price_without_a_level_is_refused(desk):
    desk.edit("claims.yaml", "    level: 5100\n", "")
    fault = desk.fault()
    assert fault.key == "claims.F1.level"
    assert fault.problem == ('is missing; the test "record_price" needs the price that is claimed.')


def test_a_claimed_price_of_several_instruments_is_refused(desk):
    desk.edit("claims.yaml", "about: [gold-future]", "about: [gold-future, silver]")
    fault = desk.fault()
    assert fault.key == "claims.F1.about"
    assert fault.problem == "found 2 names; a claimed price is that of one instrument."


def test_a_claimed_price_of_a_sub_group_is_refused(desk):
    desk.edit(
        "claims.yaml",
        "about: [gold-future]\n    level: 5100\n    since: { gold-future: 2006-01-03 }",
        "about: [gold-senior]\n    level: 5100\n    since: { gold-senior: 2006-01-03 }",
    )
    fault = desk.fault()
    assert fault.key == "claims.F1.about[0]"
    assert fault.problem == (
        '"gold-senior" is a sub-group; a claimed price is that of one instrument.'
    )


def test_a_span_of_something_else_is_refused_with_line_and_suggestion(desk):
    line = desk.edit("claims.yaml", "since: { rio-tinto: 2021", "since: { rio-tint: 2021")
    fault = desk.fault()
    assert (fault.key, fault.line) == ("claims.F4.since.rio-tint", line)
    assert fault.problem == '"rio-tint" is not in `about`.'
    assert fault.hint == "Did you mean `rio-tinto`?"


@pytest.mark.parametrize("day", ["2026-01-28", "2027-03-01"])
def test_a_span_that_begins_after_the_claim_was_said_is_refused(desk, day):
    desk.edit("claims.yaml", "rio-tinto: 2021-03-01", f"rio-tinto: {day}")
    assert desk.fault().problem == (
        f"found {day}, which is not before the day it was said, 2026-01-28."
    )


def test_a_span_without_a_real_date_is_refused(desk):
    desk.edit("claims.yaml", "rio-tinto: 2021-03-01", "rio-tinto: 2021-03")
    fault = desk.fault()
    assert fault.key == "claims.F4.since.rio-tinto"
    assert fault.problem == 'found "2021-03", expected a real date such as 2026-01-28.'


# ── what an analyst may do without code ─────────────────────────────────────


def test_a_claim_on_other_subjects_needs_no_code(desk):
    desk.edit("claims.yaml", "about: [silver, platinum, copper]", "about: [palladium, gold-senior]")
    desk.edit(
        "claims.yaml",
        "about: [rio-tinto, fresnillo]\n    since: { rio-tinto: 2021-03-01 }",
        "about: [bhp, antofagasta]\n    since: { bhp: 2022-02-01, antofagasta: 2010-01-04 }",
    )
    claims = desk.load().claims
    assert claims["F2"].about == ("palladium", "gold-senior")
    assert claims["F4"].since == {"bhp": dt.date(2022, 2, 1), "antofagasta": dt.date(2010, 1, 4)}


def test_the_facts_name_their_subjects(desk):
    claims = desk.load().claims
    assert (claims["F1"].about, claims["F1"].level) == (("gold-future",), 5100)
    assert claims["F3"].about == ("pick",)
    assert not claims["F3"].since
    assert claims["F4"].since == {"rio-tinto": dt.date(2021, 3, 1)}


def test_tests_with_subjects_are_tests():
    assert set(SUBJECT_TESTS) <= set(TEST_NAMES)
