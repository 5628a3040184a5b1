"""Which exhibits suffer from what the data lack: left out, without an instrument, or with gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from research.edition.ledger import Ledger, shown_exhibits
from research.edition.plan import Gate, worst
from research.params.models import Universe

_GONE = "is left out"
_GAP = ">NA<"  # a cell of a table that has no value
_SHOWN = 6  # instruments spelt out for one exhibit


def suffering(
    edition: Any, ledger: Ledger, gates: Sequence[Gate], universe: Universe
) -> list[Gate]:
    """One finding for each exhibit of an edition that lacks something; none where all data passed.

    An exhibit that is always left out, such as the first record of forecasts, is no finding: it is
    told only beside data that do not pass.
    """
    if worst(gates) == "PASS":
        return []
    numbers = {one["id"]: one["number"] for one in ledger.exhibits}
    return [
        Gate(
            dataset="exhibit",
            subject=exhibit["id"],
            status="DEGRADED",
            message=f"Exhibit {numbers[exhibit['id']]} {words}",
        )
        for exhibit in shown_exhibits(edition)
        if (words := _words(exhibit, universe))
    ]


def in_short(found: Sequence[Gate]) -> list[str]:
    """Their numbers in a line, for the page: there each exhibit says itself why it is not there."""
    gone = [_number(one) for one in found if _GONE in one.message]
    gaps = [_number(one) for one in found if _GONE not in one.message]
    parts = [
        f"{words} {', '.join(numbers)}."
        for words, numbers in (("Exhibits left out:", gone), ("Exhibits with gaps:", gaps))
        if numbers
    ]
    return [" ".join(parts)] if parts else []


def _number(found: Gate) -> str:
    return found.message.split()[1]


def _words(exhibit: Mapping[str, Any], universe: Universe) -> str:
    """What an exhibit lacks, as the end of a sentence; empty when that is nothing."""
    if exhibit["kind"] == "missing":
        return f"{_GONE}: {exhibit['reason']}"
    parts = []
    if lacking := exhibit.get("lacking"):
        labels = [universe[key].label for key in lacking]
        more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
        parts.append(f"is without a current price of {', '.join(labels[:_SHOWN])}{more}")
    gaps = exhibit.get("html", "").count(_GAP)
    if gaps:
        parts.append(f"shows {gaps:,} {'cell' if gaps == 1 else 'cells'} as NA")
    return f"{' and '.join(parts)}." if parts else ""
