"""The parameters of a note: five files, read, checked and frozen before anything runs."""

from __future__ import annotations

from research.params.cell import MISSING, Parameter, check_section, read_parameters
from research.params.load import load
from research.params.models import (
    Claim,
    Claims,
    Deck,
    Decks,
    Instrument,
    Listing,
    Method,
    Note,
    Params,
    Section,
    Universe,
)

__all__ = [
    "MISSING",
    "Claim",
    "Claims",
    "Deck",
    "Decks",
    "Instrument",
    "Listing",
    "Method",
    "Note",
    "Parameter",
    "Params",
    "Section",
    "Universe",
    "check_section",
    "load",
    "read_parameters",
]
