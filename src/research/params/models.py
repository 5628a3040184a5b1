"""All parameters of one note in one frozen record, and the records it is made of."""

from __future__ import annotations

from pydantic import Field

from research.params.base import Fraction, Positive, Record, Slug, Value
from research.params.catalysts import Catalyst, Catalysts, Reading, Risk
from research.params.corrections import Corrections
from research.params.decks import Deck, DeckPrice, Decks
from research.params.disclosures import Disclosures, Requirement
from research.params.feeds import Feed, FeedLine, Feeds
from research.params.fingerprint import fingerprint
from research.params.ledger import Bounds, Claim, Claims, ClaimSource
from research.params.method import (
    ArticleFacts,
    Association,
    Breadth,
    Changes,
    CrashStep,
    Defensive,
    Gains,
    Gates,
    Inference,
    IronOre,
    Lithium,
    MetalView,
    Method,
    Outlook,
    Positioning,
    Ratings,
    RunUps,
    Sampling,
    TrackRecord,
    Valuation,
    Window,
)
from research.params.note import Note, Producer, Section
from research.params.universe import DealWindow, Instrument, Listing, SubGroup, Universe

__all__ = [
    "ArticleFacts",
    "Association",
    "Bounds",
    "Breadth",
    "Catalyst",
    "Catalysts",
    "Changes",
    "Claim",
    "ClaimSource",
    "Claims",
    "CrashStep",
    "DealWindow",
    "Deck",
    "DeckPrice",
    "Decks",
    "Defensive",
    "Disclosures",
    "Feed",
    "FeedLine",
    "Feeds",
    "Fraction",
    "Gains",
    "Gates",
    "Inference",
    "Instrument",
    "IronOre",
    "Listing",
    "Lithium",
    "MetalView",
    "Method",
    "Note",
    "Outlook",
    "Params",
    "Positioning",
    "Positive",
    "Producer",
    "Ratings",
    "Reading",
    "Record",
    "Requirement",
    "Risk",
    "RunUps",
    "Sampling",
    "Section",
    "Slug",
    "SubGroup",
    "TrackRecord",
    "Universe",
    "Valuation",
    "Value",
    "Window",
]


class Params(Record):
    """All parameters of one note, loaded and checked together."""

    note: Note
    universe: Universe
    claims: Claims
    method: Method
    decks: Decks
    catalysts: Catalysts | None = None
    checklist: Disclosures | None = None
    corrections: Corrections | None = None
    feeds: Feeds | None = None
    path: str = Field(description="the note's file, as found; never shown in an output")
    sources: dict[str, str] = Field(description="file as shown → sha256 of its bytes")

    @property
    def fingerprint(self) -> str:
        """What tells these parameters from any others: see `fingerprint`."""
        return fingerprint(self.sources)
