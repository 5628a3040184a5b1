"""Which exhibits suffer from what the data lack: left out, without an instrument, or with gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from research.edition.ledger import Ledger, shown_exhibits
from research.edition.plan import worst
from research.gates import GateResult
from research.params.models import Universe

_GAP = ">NA<"  # a cell of a table that has no value
_SHOWN = 6  # instruments spelt out for one exhibit


@dataclass(frozen=True, kw_only=True)
class Sufferer:
    """An exhibit that lacks something, in the words that end a sentence about it."""

    id: str
    number: int
    left_out: bool
    words: str

    def gate(self) -> GateResult:
        """The finding that tells of it."""
        return GateResult(
            dataset="exhibit",
            subject=self.id,
            status="DEGRADED",
            text="Exhibit {number} {words}",
            values={"number": self.number, "words": self.words},
        )


def suffering(
    edition: Any, ledger: Ledger, gates: Sequence[GateResult], universe: Universe
) -> list[Sufferer]:
    """Each exhibit of an edition that lacks something; none where all data passed.

    An exhibit that is always left out, such as the first record of forecasts, is no finding: it is
    told only beside data that do not pass.
    """
    if worst(gates) == "PASS":
        return []
    numbers = {one["id"]: one["number"] for one in ledger.exhibits}
    return [
        Sufferer(
            id=exhibit["id"],
            number=numbers[exhibit["id"]],
            left_out=exhibit["kind"] == "missing",
            words=words,
        )
        for exhibit in shown_exhibits(edition)
        if (words := _words(exhibit, universe))
    ]


def in_short(found: Sequence[Sufferer]) -> list[str]:
    """Their numbers in a line, for the page: there each exhibit says itself why it is not there."""
    parts = []
    for words, left_out in (("Exhibits left out:", True), ("Exhibits with gaps:", False)):
        numbers = [str(one.number) for one in found if one.left_out is left_out]
        parts += [f"{words} {', '.join(numbers)}."] if numbers else []
    return [" ".join(parts)] if parts else []


def _words(exhibit: Mapping[str, Any], universe: Universe) -> str:
    """What an exhibit lacks; empty when that is nothing."""
    if exhibit["kind"] == "missing":
        return f"is left out: {exhibit['reason']}"
    parts = []
    if lacking := exhibit.get("lacking"):
        labels = [universe[key].label for key in lacking]
        more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
        parts.append(f"is without a current price of {', '.join(labels[:_SHOWN])}{more}")
    gaps = exhibit.get("html", "").count(_GAP)
    if gaps:
        parts.append(f"shows {gaps:,} {'cell' if gaps == 1 else 'cells'} as NA")
    return f"{' and '.join(parts)}." if parts else ""
