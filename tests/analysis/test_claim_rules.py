"""The three-sided rule, its mirror, the grade of evidence and the refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from research.analysis import claims
from research.analysis.claims import Verdict
from research.errors import UsageError


@pytest.mark.parametrize(
    ("estimate", "lo", "hi", "verdict"),
    [
        (0.6, 0.4, 0.8, "SUPPORTED"),
        (0.6, 0.2, 1.05, "MIXED"),
        (1.2, 0.95, 1.45, "CONTRADICTED"),
        (1.2, 0.7, 1.7, "MIXED"),
        (0.9, 0.85, 0.95, "MIXED"),
        (float("nan"), 0.7, 1.7, "NOT TESTED"),
        (0.9, 0.7, float("nan"), "NOT TESTED"),
    ],
)
def test_a_low_value_is_judged_by_estimate_and_interval(estimate, lo, hi, verdict):
    assert claims.verdict_low(estimate, lo, hi, 0.8, 1.0) == verdict


def test_high_is_low_seen_in_a_mirror():
    for t, half in itertools.product(np.linspace(-2, 2, 41), (0.05, 0.2, 0.6)):
        assert claims.verdict_high(t, t - half, t + half, 0.7, 0.4) == claims.verdict_low(
            -t, -t - half, -t + half, -0.7, -0.4
        )


def test_opposite_claims_are_never_both_supported():
    for t, half in itertools.product(np.linspace(0, 2, 81), (0.05, 0.2, 0.6)):
        low = claims.verdict_low(t, t - half, t + half, 0.8, 1.0)
        high = claims.verdict_high(t, t - half, t + half, 1.0, 0.8)
        assert high is low.mirrored()


def test_a_mirror_turns_support_into_contradiction_and_leaves_the_rest():
    assert [one.mirrored() for one in Verdict] == [
        Verdict.CONTRADICTED,
        Verdict.MIXED,
        Verdict.SUPPORTED,
        Verdict.NOT_TESTED,
    ]


@pytest.mark.parametrize(
    ("years", "flags", "grade"),
    [
        (10, {}, "A"),
        (10, {"proxy": True}, "B"),
        (9.9, {}, "B"),
        (3, {}, "B"),
        (2.9, {}, "C"),
        (2.9, {"proxy": True}, "C"),
        (20, {"press": True}, "C"),
    ],
)
def test_the_grade_falls_with_length_and_directness(method, years, flags, grade):
    assert claims.grade(years, method.inference, **flags) == grade


def test_bounds_choose_the_side(claim):
    assert claims.verdict(0.6, 0.5, 0.7, claim("M1").bounds) is Verdict.SUPPORTED
    assert claims.verdict(0.6, 0.5, 0.7, claim("J1").bounds) is Verdict.CONTRADICTED


def test_a_test_that_needs_bounds_refuses_a_claim_without(claim):
    bare = claim("M1").model_copy(update={"bounds": None})
    with pytest.raises(UsageError, match=r"claim M1 is tested by 'downside_beta', which needs"):
        claims.bounds_of(bare)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beta", "verdict", "least", "most"),
    [
        (1.0, "SUPPORTED", 0, 0.08),
        (0.8, "CONTRADICTED", 0, 0.08),
        (0.4, "SUPPORTED", 0.9, 1),
        (1.4, "CONTRADICTED", 0.9, 1),
    ],
)
def test_the_rule_seldom_errs_at_its_bounds_and_sees_what_is_far(
    random, beta, verdict, least, most
):
    came = 0
    for _ in range(2000):
        market = random.normal(0, 0.022, 520)
        down = market < market.mean()
        x = market[down] - market[down].mean()
        y = beta * market[down] + random.normal(0, 0.03, down.sum())
        slope = x @ y / (x @ x)
        rest = y - y.mean() - slope * x
        half = 1.645 * (rest @ rest / (down.sum() - 2) / (x @ x)) ** 0.5
        came += claims.verdict_low(slope, slope - half, slope + half, 0.8, 1.0) == verdict
    assert least <= came / 2000 <= most


@pytest.mark.parametrize(
    ("share", "wanted", "expected"),
    [(0.5, 35, 18), (0.5, 6, 3), (0.7, 10, 7), (0.1, 30, 3), (0, 9, 1)],
)
def test_a_share_of_names_is_a_whole_number_of_them(share, wanted, expected):
    assert claims.least(share, wanted) == expected
