"""What no file can see alone: names that must exist elsewhere, ranges that must not overlap.

The checks read plain data and pass over whatever has the wrong form: that is told already, and
one fault of form must not hide the others.
"""

from __future__ import annotations

from research.params.checks.catalysts import check_catalysts
from research.params.checks.claims import check_claims
from research.params.checks.corrections import check_corrections
from research.params.checks.decks import check_decks
from research.params.checks.disclosures import check_disclosures
from research.params.checks.feeds import check_feeds
from research.params.checks.method import check_method
from research.params.checks.note import check_note
from research.params.checks.universe import check_universe

__all__ = [
    "check_catalysts",
    "check_claims",
    "check_corrections",
    "check_decks",
    "check_disclosures",
    "check_feeds",
    "check_method",
    "check_note",
    "check_universe",
]
