"""Quotes against the fingerprints of their source; no fault says what would make a quote pass."""

from __future__ import annotations

from collections.abc import Iterator

from research.errors import Fault
from research.params.quotes import SIZES, Fingerprints, pieces
from research.params.sentences import show
from research.params.where import Place, Tree


def check_quotes(claims: Tree, source: Fingerprints) -> Iterator[Fault]:
    """Every quote stands in the source of which `source` are the fingerprints."""
    stated = claims.at("source", "sha256")
    if isinstance(stated, str) and stated != source.source_sha256:
        problem = "is made from another text than the source, by its `sha256`."
        hint = "Run `research fingerprint` on the source and copy what it prints."
        yield claims.fault(("source", "fingerprints"), problem, hint)
    for place, _ in claims.records("claims"):
        quotes = [(n, it) for n, it in claims.items(*place, "quotes") if isinstance(it, str)]
        parts = sum(bool(piece) for _, quote in quotes for piece in pieces(quote))
        for number, quote in quotes:
            yield from _quote(claims, (*place, "quotes", number), quote, source, parts=parts)


def _quote(
    claims: Tree, place: Place, quote: str, source: Fingerprints, *, parts: int
) -> Iterator[Fault]:
    # Two words stand somewhere in most sources; enough where they are all that is quoted.
    least = SIZES[0] if parts == 1 else SIZES[-1]
    shortest = min((len(piece) for piece in pieces(quote) if piece), default=0)
    departure = source.departure(quote)
    if departure is not None:
        problem = f"{show(quote)} is not in the source: the words from {show(departure)} on differ."
        hint = "Copy the words from the source, and write … for what is left out."
        yield claims.fault(place, problem, hint)
    elif shortest < least:
        problem = (
            f"{show(quote)} is too short to be known again: it has a piece of {shortest}, "
            f"expected at least {least} words."
        )
        yield claims.fault(place, problem, "Quote more of the sentence.")
