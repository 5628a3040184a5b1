"""The shape of `universe.yaml`: instruments, where they trade, and the parts they play."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field

from research.params.base import (
    Currency,
    Day,
    Fraction,
    Isin,
    MonthDay,
    Positive,
    QuoteUnit,
    Record,
    Slug,
    Text,
    UnitText,
)


class Universe(Record):
    """`universe.yaml`: what the note looks at, and which instrument plays which part."""

    sub_groups: tuple[SubGroup, ...]
    roles: dict[str, str] = Field(
        description="part → instrument id: diversified, gold_miners, benchmark, gold, …"
    )
    basket: tuple[str, ...] = Field(description="ids of the ten metals of the breadth test")
    instruments: tuple[Instrument, ...]

    def __getitem__(self, id: str) -> Instrument:
        for instrument in self.instruments:
            if instrument.id == id:
                return instrument
        raise KeyError(id)

    def role(self, part: str) -> Instrument:
        """The instrument that plays `part`, such as `benchmark`."""
        return self[self.roles[part]]

    def companies(self, sub_group: str | None = None) -> tuple[Instrument, ...]:
        """Companies in file order, of one sub-group or of all."""
        return tuple(
            one
            for one in self.instruments
            if one.kind == "company" and sub_group in (None, one.sub_group)
        )

    @property
    def dated(self) -> bool:
        """Whether any company came or left, as far as that is known."""
        return any(one.member_from or one.member_to for one in self.instruments)

    def ever(self, sub_group: str | None = None) -> tuple[Instrument, ...]:
        """Companies that are or were on the list, for what is told of the past."""
        return self.companies(sub_group)

    def present(self) -> tuple[Instrument, ...]:
        """Instruments of which there should be prices today."""
        return self.instruments

    def at(self, day: dt.date) -> Universe:
        """As it was on `day`: itself, unless companies have dates."""
        if not any(one.member_from or one.member_to for one in self.instruments):
            return self
        given = {name: getattr(self, name) for name in Universe.model_fields}
        return UniverseAt(**given, day=day)


class UniverseAt(Universe):
    """The universe of one day: its companies are those that were on the list on it.

    A company that had left keeps its place among the instruments, for its past; one that had not
    come yet does too, for its prices.
    """

    day: dt.date

    @property
    def dated(self) -> bool:
        """Whether any company came or left by the day."""
        return any(one.member_from or not self._stays(one) for one in self.ever())

    def companies(self, sub_group: str | None = None) -> tuple[Instrument, ...]:
        """Companies on the list on the day, in file order, of one sub-group or of all."""
        return tuple(one for one in self.ever(sub_group) if self._stays(one))

    def ever(self, sub_group: str | None = None) -> tuple[Instrument, ...]:
        """Companies that were on the list on the day or before it."""
        return tuple(
            one
            for one in super().companies(sub_group)
            if one.member_from is None or one.member_from <= self.day
        )

    def present(self) -> tuple[Instrument, ...]:
        """Instruments of which there should be prices on the day."""
        there = {one.id for one in self.companies()}
        return tuple(one for one in self.instruments if one.kind != "company" or one.id in there)

    def _stays(self, one: Instrument) -> bool:
        return one.member_to is None or self.day <= one.member_to


class SubGroup(Record):
    """A set of companies that may be compared with each other."""

    id: Slug
    label: Text
    colour: Literal["gold", "diversified", "uk", "benchmark", "other"] = "other"
    precious: bool = False
    metals: tuple[Slug, ...] = Field(
        default=(), description="what its companies sell: their shares are compared with it"
    )


class Listing(Record):
    """One ticker on one exchange, while it meant this instrument."""

    ticker: Text
    exchange: Text = Field(description="market identifier code, such as XNYS or XLON")
    unit: QuoteUnit = Field(description="unit of the quote, such as USD, GBp, ZAc")
    isin: Isin | None = Field(
        default=None, description="where this line has its own, as depositary receipts have"
    )
    valid_from: Day | None = Field(default=None, description="first day, inclusive")
    valid_to: Day | None = Field(default=None, description="last day, inclusive")
    ordinary_per_share: Positive = Field(default=1.0, description="ADR ratio")
    primary: bool = False


class DealWindow(Record):
    """Days on which a bid moved the price, so that it says nothing of the sector."""

    first: Day
    last: Day
    reason: Text


class Instrument(Record):
    """Anything with a price: company, fund, metal, currency pair, rate."""

    id: Slug
    name: Text
    label: Text = Field(description="short name for charts and tables")
    symbol: Text | None = Field(
        default=None, description="shortest name, for narrow columns; the label serves without it"
    )
    kind: Literal["company", "fund", "metal", "fx", "rate", "volatility", "index", "line"] = Field(
        description="`line`: another listing of the company it stands in for, to check its price by"
    )
    isin: Isin | None = None
    sub_group: Slug | None = None
    unit: UnitText | None = Field(default=None, description="unit of a quote without a listing")
    vat: Fraction | None = Field(
        default=None, description="value-added tax that a quote in the currency of `unit` contains"
    )
    precious: bool = Field(
        default=False, description="gold, silver, platinum group; of companies as of their group"
    )
    stands_in_for: Slug | None = Field(
        default=None,
        description="the instrument of which it is another quotation; missed only without that",
    )
    reporting_currency: Currency | None = None
    fiscal_year_end: MonthDay | None = Field(default=None, description="month-day, such as 06-30")
    listings: tuple[Listing, ...] = ()
    deal_windows: tuple[DealWindow, ...] = ()
    member_from: Day | None = Field(
        default=None, description="first day on which a company is on the list, inclusive"
    )
    member_to: Day | None = Field(
        default=None, description="last day on which it is, inclusive; its past stays"
    )

    @property
    def short(self) -> str:
        """The shortest name that a reader knows it by."""
        return self.symbol or self.label

    @property
    def primary(self) -> Listing | None:
        """The listing whose price values the company; None for what has no listing."""
        return next((one for one in self.listings if one.primary), None)
