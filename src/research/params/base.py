"""What all parameter records share: nothing unknown, nothing coerced, nothing changed later."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from research.params import units


class Record(BaseModel):
    """Base of all parameter records."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def refusal(found: object, expected: str, hint: str = "") -> PydanticCustomError:
    """The error of a validator of this package, told like those of pydantic's own types."""
    context = {"expected": expected, "found": found, "hint": hint}
    return PydanticCustomError("house", "{expected}", context)


def isin_check_digit(body: str) -> int:
    """The last digit of an ISIN, from its first eleven characters (ISO 6166, Luhn)."""
    digits = "".join(str(int(character, 36)) for character in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 if place % 2 else 2)
        total += doubled // 10 + doubled % 10
    return -total % 10


def _check_isin(text: str) -> str:
    due = isin_check_digit(text[:11])
    if int(text[11]) != due:
        raise refusal(text, f"an ISIN whose check digit holds (the last digit would be {due})")
    return text


def _check_month_day(text: str) -> str:
    try:
        dt.date(2001, int(text[:2]), int(text[3:]))
    except ValueError:
        raise refusal(text, "a day of the year as month-day, such as 06-30") from None
    return text


def _read_day(value: Any) -> Any:
    # Pydantic alone would take a quoted number for seconds since 1970.
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise refusal(value, "a real date such as 2026-01-28")


def _check_relevance(value: float) -> float:
    if value not in (0, 0.5, 1):
        raise refusal(value, "0, 0.5 or 1")
    return value


def _check_unit(text: str) -> str:
    try:
        units.read(text)
    except units.NoUnitError as error:
        raise refusal(text, error.expected, units.nearest(text)) from None
    return text


def _check_quote_unit(text: str) -> str:
    if not units.is_quote(text):
        hint = units.nearest(text, (*units.CURRENCIES, *units.MINOR))
        expected = f"a currency such as USD, or the hundredth of one: {', '.join(units.MINOR)}"
        raise refusal(text, expected, hint)
    return text


def _check_currency(text: str) -> str:
    if text not in units.CURRENCIES:
        whole = units.MINOR.get(text)
        hint = f"Did you mean `{whole}`?" if whole else units.nearest(text, units.CURRENCIES)
        raise refusal(text, "the code of a currency, such as USD", hint)
    return text


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Text = Annotated[str, StringConstraints(pattern=r"\S")]
UnitText = Annotated[Text, AfterValidator(_check_unit)]
QuoteUnit = Annotated[Text, AfterValidator(_check_quote_unit)]
Currency = Annotated[Text, AfterValidator(_check_currency)]
Day = Annotated[dt.date, BeforeValidator(_read_day)]
MonthDay = Annotated[
    str, StringConstraints(pattern=r"^\d\d-\d\d$"), AfterValidator(_check_month_day)
]
Isin = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{9}\d$"), AfterValidator(_check_isin)
]
Function = Annotated[str, StringConstraints(pattern=r"^research(\.[a-z_]+)+:[a-z_]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Value = bool | int | float | str | list[int] | list[float] | list[str]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Relevance = Annotated[
    float, AfterValidator(_check_relevance), WithJsonSchema({"enum": [0, 0.5, 1]})
]

PATTERNS = {
    r"^[a-z][a-z0-9-]*$": "lower-case letters, digits and hyphens, a letter first",
    r"\S": "text that is not empty",
    r"^\d\d-\d\d$": "a day of the year as month-day, such as 06-30",
    r"^[A-Z]{2}[A-Z0-9]{9}\d$": "an ISIN: two letters, nine letters or digits, one check digit",
    r"^[0-9a-f]{64}$": "a SHA-256 in 64 hexadecimal digits",
    r"^research(\.[a-z_]+)+:[a-z_]+$": "a function as research.<module>:<function>",
    r"^[A-Z]\d$": "one capital letter and one digit, such as M1",
}
"""How each pattern reads in a sentence."""
