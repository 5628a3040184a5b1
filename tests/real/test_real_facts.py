"""The article's facts and the dated target on real prices: what holds, in part, and what cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from research.analysis.arguments import TESTS
from research.analysis.claims import Finding, Verdict
from research.market.market import Market
from research.params.models import Params

At = Callable[[str], Market]
Find = Callable[[str, str], Finding]
LATER = ("2026-01-28", "2026-02-04", "2026-04-29")


@pytest.fixture
def find(market: At, params: Params) -> Find:
    def one(name: str, as_of: str) -> Finding:
        claim = params.claims[name]
        assert claim.test
        return TESTS[claim.test](claim, market(as_of), params.method)

    return one


@pytest.mark.parametrize("as_of", LATER)
def test_gold_futures_passed_5100_for_the_first_time_that_week(find: Find, as_of: str) -> None:
    found = find("F1", as_of)
    assert (found.verdict, found.grade) == (Verdict.SUPPORTED, "A")
    assert found.estimate == pytest.approx(5301.6)
    assert found.details["nearest"] == pytest.approx(5079.9)


@pytest.mark.parametrize("as_of", LATER)
def test_copper_hangs_on_the_day_of_the_tariff(find: Find, as_of: str) -> None:
    # COMEX copper fell by a fifth on 31 July 2025, a day into the window of 26 weeks.
    found = find("F2", as_of)
    assert found.verdict is Verdict.CONTRADICTED
    assert found.reason.endswith("A window of 25 weeks says otherwise.")
    assert found.details["copper_z"] < 1 < found.details["z_25w"]
    assert min(found.details[f"{one}_z"] for one in ("silver", "platinum")) > 4


@pytest.mark.parametrize("as_of", LATER)
def test_a_record_of_pick_cannot_be_told_from_closes_in_pieces(find: Find, as_of: str) -> None:
    found = find("F3", as_of)
    assert found.verdict is Verdict.NOT_TESTED
    assert (
        "price known since 1\u00a0Oct\u00a02019, 23\u202f% of the days since 31\u00a0Jan\u00a02012"
        in found.reason
    )


@pytest.mark.parametrize("as_of", LATER)
def test_rio_is_known_by_total_return_and_fresnillo_not_at_all(find: Find, as_of: str) -> None:
    found = find("F4", as_of)
    assert (found.verdict, found.estimate) == (Verdict.NOT_TESTED, None)
    assert "Rio Tinto: no price in the week." in found.reason
    assert "Fresnillo: no price in the week." in found.reason


@pytest.mark.parametrize(
    ("as_of", "verdict", "vote"),
    [
        ("2026-01-12", Verdict.NOT_TESTED, None),
        ("2026-01-14", Verdict.NOT_TESTED, 1),
        ("2026-01-28", Verdict.NOT_TESTED, -1),
        ("2026-01-30", Verdict.NOT_TESTED, 0),
        ("2026-02-04", Verdict.NOT_TESTED, 0),
        ("2026-04-13", Verdict.CONTRADICTED, 0),
        ("2026-04-29", Verdict.CONTRADICTED, 0),
    ],
)
def test_the_target_votes_until_it_ends_below_itself(
    find: Find, as_of: str, verdict: Verdict, vote: int | None
) -> None:
    found = find("C4", as_of)
    assert (found.verdict, found.vote) == (verdict, vote)


def test_the_target_was_touched_and_lost(find: Find) -> None:
    found = find("C4", "2026-04-29")
    assert found.details["highest_since"] == 5405.0
    assert found.details["terminal"] < 5000
    assert found.details["largest_fall"] == pytest.approx(-0.18, abs=0.01)


def test_the_six_months_of_the_gains_end_when_they_were_told(find: Find) -> None:
    first, later = find("C3", "2026-01-28"), find("C3", "2026-04-29")
    assert later == first
    assert first.verdict is Verdict.CONTRADICTED
