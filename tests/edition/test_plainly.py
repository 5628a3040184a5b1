"""Findings of the gates as the page tells them: no ids, no dates of machines, no advice."""

from __future__ import annotations

import pytest

from research.edition.plainly import plainly
from research.params import load
from research.params.models import Universe


@pytest.fixture(scope="module")
def universe() -> Universe:
    return load("params/mining-rally.yaml").universe


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            "prices: anglo-american, first-majestic last price is 2024-03-12, 471 sessions before "
            "as_of 2026-01-28; at most 2 are allowed. Bring newer data, or drop them in the "
            "universe.",
            "Prices: Anglo American, First Majestic: the last price is of 12\u00a0Mar\u00a02024, "
            "471 sessions before 28\u00a0Jan\u00a02026; at most 2 are allowed.",
        ),
        (
            "prices: iron-ore-cfr last monthly average is that of 2026-02, 87 days before as_of "
            "2026-04-29; at most 70 are allowed. Bring newer data, or drop it in the universe.",
            "Prices: Iron ore (import): the last monthly average is that of Feb\u00a02026, "
            "87 days before 29\u00a0Apr\u00a02026; at most 70 are allowed.",
        ),
        (
            "ratings: none is known by 2026-01-28: claims on analysts’ ratings are NOT TESTED.",
            "Ratings: none is known by 28\u00a0Jan\u00a02026: claims on analysts’ ratings are not "
            "tested.",
        ),
        (
            "prices: 26 of 35 companies have a current price (74%); at least 80% are wanted.",
            "Prices: 26 of 35 companies have a current price (74\u202f%); at least 80\u202f% are "
            "wanted.",
        ),
        (
            "section rally: goldsmith and iron-ore-mine of 2026-W05 are no ids",
            "Section rally: goldsmith and iron-ore-mine of 2026-W05 are no ids",
        ),
    ],
)
def test_a_finding_is_told_by_names_and_written_dates(
    universe: Universe, found: str, told: str
) -> None:
    assert plainly(found, universe) == told
