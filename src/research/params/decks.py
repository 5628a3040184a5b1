"""The shape of `decks.yaml`: commodity prices by year, and discount rates."""

from __future__ import annotations

from pydantic import Field

from research.params.base import Day, Fraction, Positive, Record, Slug, Text, UnitText


class Decks(Record):
    """`decks.yaml`: price decks and discount rates."""

    base: Slug = Field(description="the deck that analysts' estimates rest on")
    discount_rates: dict[str, Fraction] = Field(description="sub-group → real rate")
    decks: tuple[Deck, ...]

    def __getitem__(self, id: str) -> Deck:
        for deck in self.decks:
            if deck.id == id:
                return deck
        raise KeyError(id)


class DeckPrice(Record):
    """One commodity's price by calendar year."""

    unit: UnitText
    by_year: dict[int, Positive]


class Deck(Record):
    """A set of commodity prices that earnings are computed on."""

    id: Slug
    label: Text
    as_of: Day
    source: Text
    illustrative: bool = False
    prices: dict[str, DeckPrice]
