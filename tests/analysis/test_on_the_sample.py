"""The arguments, the outlook and the comps on the sample market, through the real Market."""

from __future__ import annotations

import datetime as dt

import pytest

from research.analysis.arguments import judge
from research.analysis.claims import Verdict
from research.analysis.comps import comps
from research.analysis.outlook import outlook
from research.market import Market
from research.params import load


@pytest.fixture(scope="module")
def params(root):
    return load(root / "params" / "mining-rally.yaml")


@pytest.fixture(scope="module")
def market(params):
    return Market.open(params, source="sample", as_of=dt.date(2026, 1, 28))


@pytest.fixture(scope="module")
def findings(params, market):
    return judge(params.claims, market, params.method)


def test_at_least_three_claims_are_tested_and_the_rest_say_why(findings):
    tested = [one for one in findings if one.verdict is not Verdict.NOT_TESTED]
    assert {one.claim.id for one in tested} >= {"M1", "J1", "J2", "C3"}
    assert all(one.ci[0] <= one.estimate <= one.ci[1] for one in tested if one.ci)
    assert all(one.grade in "ABC" and one.measure and one.reason for one in tested)
    assert all(one.reason for one in findings)


def test_the_opponents_are_not_both_supported(findings):
    by_id = {one.claim.id: one for one in findings}
    assert by_id["J1"].verdict is by_id["M1"].verdict.mirrored()
    assert by_id["J1"].reason != by_id["M1"].reason or by_id["J1"].verdict is Verdict.MIXED


def test_the_outlook_is_a_probability_within_its_limits(params, market, findings):
    found = outlook(findings, market, params.method)
    assert 0.15 <= found.p <= 0.85
    assert found.n > 40
    assert not found.low_evidence  # the sample has data for every claim


def test_nearly_every_cell_of_the_comps_is_known(params, market):
    table = comps(market, params.universe, params.method)
    assert (table.marks == "").mean(axis=None) > 0.95
    assert table.statistics.loc["diversified"].loc["n", "ev_ebitda_1"] >= 5


def test_a_later_opening_of_the_same_day_changes_nothing(params, market, findings):
    again = Market.open(params, source="sample", as_of="2026-01-28")
    assert judge(params.claims, again, params.method) == findings
