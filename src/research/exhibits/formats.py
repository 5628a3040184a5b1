"""The one set of number formats, used by sentences, tables and charts alike.

Values are raw: fractions for `pct` and `pp`, multiples for `x`. Rounding is half away from zero
on the decimal the value is written as, so 0.285 is 29 % and not what binary happens to hold.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from research.calendar import MONTHS
from research.errors import NotebookError

MINUS = "\u2212"
NO_BREAK = "\u00a0"
NARROW = "\u202f"  # narrow no-break space: between a figure and its unit
EN_DASH = "\u2013"
MISSING = "n/a"
MISSING_IN_TABLE = "NA"
WORDS = ["zero", "one", "two", "three", "four", "five", "six"]
WORDS += ["seven", "eight", "nine", "ten", "eleven", "twelve"]
VERDICT_MARKS = {"SUPPORTED": "▲", "MIXED": "●", "CONTRADICTED": "▼", "NOT TESTED": "○"}
WEAK = "†"  # follows a verdict that the allowance for many tests takes the ground from


class FormatError(NotebookError):
    """A format that does not exist, or does not fit the value."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way to print a value; `unit` is what the raw value is measured in."""

    name: str
    write: Callable[[Any], str]
    unit: str = ""
    takes_text: bool = False
    align: str = "num"

    def __call__(self, value: Any, *, missing: str = MISSING) -> str:
        """`value` in words; None, NaN and infinities are `missing`."""
        if is_missing(value):
            return missing
        try:
            return self.write(value)
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise FormatError(
                f"the format {self.name!r} cannot print {type(value).__name__} {value!r}. "
                f"Give it what it is for, or choose another format."
            ) from error

    def raw(self, value: Any) -> float | int | str:
        """`value` as plain data for a ledger: a number, an ISO date, a string; missing is ''."""
        if is_missing(value):
            return ""
        if isinstance(value, dt.date):
            return value.isoformat()[:10]
        if isinstance(value, str):
            return str(value)
        return int(value) if hasattr(value, "__index__") else float(value)


def lookup(name: str) -> Format:
    """The format called `name`; FormatError with a suggestion when there is none."""
    if name in REGISTRY:
        return REGISTRY[name]
    near = get_close_matches(name, REGISTRY, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    families = ", ".join(dict.fromkeys(key.rstrip("0123456789") for key in REGISTRY))
    raise FormatError(f"there is no format {name!r}.{hint} Families: {families}.")


def fmt(value: Any, name: str, *, missing: str = MISSING) -> str:
    """`value` printed by the format `name`: `fmt(0.5, "pct0")` is "50 %"."""
    return lookup(name)(bare(value), missing=missing)


def is_missing(value: Any) -> bool:
    """True for None, NaN, NaT and infinities: nothing a reader could use."""
    if value is None or value is False or value is True:
        return value is None
    try:
        return not math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return bool(value != value)  # NaT is no number and differs from itself


def bare(value: Any) -> Any:
    """The number in a quantity, the word in an enumeration; everything else as it is."""
    if isinstance(value, dt.date):  # a pandas Timestamp has a `.value` too: nanoseconds
        return value
    return getattr(value, "value", value)


def _digits(value: Any, places: int, scale: int = 1) -> Decimal:
    if isinstance(value, bool | str):
        raise TypeError("a number is needed")
    exact = value if isinstance(value, int | Decimal) else repr(float(value))
    rounded = (Decimal(exact) * scale).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)  # what rounds to nothing has no sign


def _number(places: int, *, scale: int = 1, signed: bool = False, accounts: bool = False) -> Any:
    def write(value: Any, before: str = "", after: str = "") -> str:
        number = _digits(value, places, scale)
        if accounts and not number:
            return EN_DASH if float(value) == 0 else f"{before}{abs(number):,}{after}"
        if accounts and number < 0:
            return f"({before}{abs(number):,}{after})"
        sign = MINUS if number < 0 else "+" if signed and number > 0 else ""
        return f"{sign}{before}{abs(number):,}{after}"

    return write


def _level(value: Any) -> str:
    size = abs(float(value))
    return str(_number(0 if size >= 10_000 else 2 if size >= 10 else 4)(value))


def _with(write: Any, *, before: str = "", after: str = "") -> Callable[[Any], str]:
    return lambda value: write(value, before, after)


def _date(pattern: str) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        day = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value)[:10])
        return pattern.format(day=day.day, month=MONTHS[day.month - 1], year=day.year)

    return write


def _word(value: Any) -> str:
    number = _whole(value)
    return WORDS[number] if 0 <= number < len(WORDS) else _number(0)(number)


def _ordinal(value: Any) -> str:
    number = int(_digits(value, 0))
    last, teen = abs(number) % 10, abs(number) % 100 in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return f"{_number(0)(number)}{ending}"


def _whole(value: Any) -> int:
    if isinstance(value, bool | str) or float(value) != int(value):
        raise TypeError("a whole number is needed")
    return int(value)


def _verdict(value: Any) -> str:
    word = str(value).removesuffix(WEAK)
    if word not in VERDICT_MARKS:
        raise ValueError(f"{word!r} is not one of {', '.join(VERDICT_MARKS)}")
    weak = WEAK if str(value) != word else ""
    return NO_BREAK.join([VERDICT_MARKS[word], *word.capitalize().split()]) + weak


def _registry() -> Mapping[str, Format]:
    found: list[Format] = []

    def add(name: str, write: Any, unit: str = "", **more: Any) -> None:
        found.append(Format(name=name, write=write, unit=unit, **more))

    for n in range(5):
        add(f"num{n}", _number(n))
        add(f"snum{n}", _number(n, signed=True))
        add(f"acc{n}", _number(n, accounts=True))
    for n in range(3):
        hundred, signed = _number(n, scale=100), _number(n, scale=100, signed=True)
        accounts = _number(n, scale=100, accounts=True)
        add(f"pct{n}", _with(hundred, after=f"{NARROW}%"), "ratio")
        add(f"spct{n}", _with(signed, after=f"{NARROW}%"), "ratio")
        add(f"pp{n}", _with(hundred, after=f"{NARROW}pp"), "ratio")
        add(f"spp{n}", _with(signed, after=f"{NARROW}pp"), "ratio")
        # for columns whose header already says %
        add(f"colpct{n}", hundred, "ratio")
        add(f"scolpct{n}", signed, "ratio")
        add(f"accpct{n}", accounts, "ratio")
        add(f"x{n}", _with(_number(n), after="×"), "ratio")
        add(f"accx{n}", _with(_number(n, accounts=True), after="×"), "ratio")
        add(f"usd{n}", _with(_number(n), before="US$"), "USD")
        add(f"susd{n}", _with(_number(n, signed=True), before="US$"), "USD")
    # price levels of different size in one column: 5,306.95 beside 166,000 beside 1.3489
    add("level", _level)
    add("date", _date("{day} {month} {year}".replace(" ", "\u00a0")), "date")
    add("day", _date("{day}\u00a0{month}"), "date")
    add("month", _date("{month}\u00a0{year}"), "date")
    add("word", _word, "count")
    add("Word", lambda value: _word(value).capitalize(), "count")
    add("ord", _ordinal, "rank")
    add("pctl", lambda value: _ordinal(_digits(value, 0, 100)), "ratio")
    add("text", str, takes_text=True, align="text")
    add("verdict", _verdict, takes_text=True, align="text")
    return MappingProxyType({form.name: form for form in found})


REGISTRY: Mapping[str, Format] = _registry()
