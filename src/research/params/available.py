"""When a row of data became public: a rule in words that counts from the row's own day."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from research.params.base import refusal

RULE = re.compile(
    r"(?P<start>date|month end) \+ (?P<count>\d+) (?P<business>business )?days? "
    r"at (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d) (?P<zone>\S+)"
)


def check_zone(text: str) -> str:
    """`text` if it names a time zone; a validator of parameters."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        expected = "a time zone such as America/New_York or Europe/London"
        raise refusal(text, expected) from None
    return text


def _check_rule(text: str) -> str:
    match = RULE.fullmatch(text)
    if not match:
        raise refusal(text, "a rule such as `date + 0 days at 16:00 America/New_York`")
    check_zone(match["zone"])
    return text


Available = Annotated[str, AfterValidator(_check_rule)]
