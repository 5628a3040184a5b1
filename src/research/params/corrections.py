"""The shape of `corrections.yaml`: what is wrong in a source, and what stands in its place."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from research.params.base import Day, Positive, Record, Slug, Text, UnitText


class Corrections(Record):
    """`corrections.yaml`: corrections of prices, each with its reason and its end."""

    corrections: tuple[Correction, ...]


class Expectation(Record):
    """What the rows hold as long as the source is wrong; outside of it the source has healed."""

    low: float
    high: float
    unit: UnitText | None = None


class Correction(Record):
    """One thing wrong with the prices of one instrument, on one day or from day to day."""

    id: Slug
    instrument: Slug
    rows_of: Text = Field(description="source of the rows, as written under exhibits; only these")
    first: Day
    last: Day = Field(description="inclusive; the first day again for one row")
    column: Literal["close", "adj_close"] = "close"
    action: Literal["drop", "multiply", "replace", "set-unit"]
    factor: Positive | None = Field(default=None, description="of `multiply`")
    value: float | None = Field(default=None, description="of `replace`")
    unit: UnitText | None = Field(default=None, description="of `set-unit`")
    expect: Expectation
    reason: Text
    source: Text = Field(description="where the truth was found")
