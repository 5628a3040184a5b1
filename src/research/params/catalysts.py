"""The shape of `catalysts.yaml`: what lies ahead and what may go either way."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from research.params.base import Day, Record, Slug, Text, refusal
from research.params.rules import FORMS, read_rule

Side = Literal["up", "down"]


def _check_rule(text: str) -> str:
    try:
        read_rule(text)
    except ValueError:
        raise refusal(text, f"a rule such as {FORMS}") from None
    return text


def _check_time(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise refusal(text, "a time of day such as 15:30, in quotes")
    return text


def _check_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise refusal(text, "a time zone such as America/New_York") from None
    return text


RuleText = Annotated[Text, AfterValidator(_check_rule)]
TimeOfDay = Annotated[str, AfterValidator(_check_time)]
Zone = Annotated[Text, AfterValidator(_check_zone)]


class Catalysts(Record):
    """`catalysts.yaml`: the calendar of what may move the sector, and the risks both ways."""

    catalysts: tuple[Catalyst, ...] = Field(min_length=1)
    risks: tuple[Risk, ...] = Field(min_length=1)


class Catalyst(Record):
    """One event, or one that comes again: by `days`, by a span, or by a rule (`every`)."""

    id: Slug
    what: Text
    watch: Text = Field(description="what to look at when it comes")
    days: tuple[Day, ...] = ()
    first: Day | None = Field(default=None, description="first day of a span")
    last: Day | None = Field(default=None, description="last day of a span")
    every: RuleText | None = Field(default=None, description=f"a rule: {FORMS}")
    time: TimeOfDay | None = None
    zone: Zone = Field(description="time zone of its days and its time, such as Europe/London")
    claims: tuple[str, ...] = Field(default=(), description="claims whose verdict it can flip")
    source: Text = Field(description="who publishes the date, or where it follows from")
    status: Literal["confirmed", "expected"]
    known_from: Day = Field(description="first edition that may show it: no look-ahead")


class Reading(Record):
    """How a risk stands in the market: one measure of the first of `of` that has a price."""

    of: tuple[Slug, ...] = Field(min_length=1, description="instruments, the first choice first")
    measure: Literal["change_6m", "off_high", "above_mid_cycle"]


class Risk(Record):
    """What would make the rally go further (`up`) or end it (`down`), in one sentence."""

    id: Slug
    side: Side
    text: Text
    claims: tuple[str, ...] = Field(default=(), description="claims that it bears on")
    reading: Reading | None = None
