"""Units in writing: the one list of currencies, quantities and forms that files may use."""

from __future__ import annotations

import re
from typing import NamedTuple

from research.params.where import spelling

KG_PER_TROY_OUNCE = 0.0311034768
KG_PER_POUND = 0.45359237

# ISO 4217, currencies in use; those of the sector first.
_CODES = (
    "USD EUR GBP AUD CAD ZAR CNY BRL CLP NOK JPY CHF AED AFN ALL AMD AOA ARS AWG AZN BAM BBD BDT "
    "BHD BIF BMD BND BOB BSD BTN BWP BYN BZD CDF COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB "
    "FJD FKP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD KES KGS "
    "KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZMW ZWG CNH"
)
CURRENCIES = tuple(_CODES.split())
MINOR = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ILA": "ILS", "USc": "USD"}
"""Hundredths in which exchanges quote → their currency."""
MASS_KG = {
    "oz": KG_PER_TROY_OUNCE,
    "lb": KG_PER_POUND,
    "t": 1000.0,
    "kg": 1.0,
    "g": 0.001,
    "dmt": 1000.0,
}
"""What a price is paid for → kilograms; a `dmt` is a tonne of dry ore."""
SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "bn": 1e9}
PLAIN = {
    "index": ("index", 1.0),
    "ratio": ("number", 1.0),
    "%": ("number", 0.01),
    "m": ("count", 1e6),
    "m shares": ("count", 1e6),
    **{unit: ("mass", kg) for unit, kg in MASS_KG.items()},
    "koz": ("mass", 1e3 * KG_PER_TROY_OUNCE),
    "Moz": ("mass", 1e6 * KG_PER_TROY_OUNCE),
    "kt": ("mass", 1e6),
    "Mt": ("mass", 1e9),
}
"""Units without a currency → what they measure, and how many base units they are."""

_LIKELY = (*CURRENCIES[:12], *MINOR)
_LIKE = "one like USD, GBp, USD/oz, USD/t, USD m, USD per GBP, %, ratio, index or Moz"

# Nobody quotes gold by the pound or copper by the troy ounce; kilograms belong to both.
_WEIGHED_ALIKE = ({"oz", "g", "kg"}, {"t", "dmt", "lb", "kg"})
_MONEY = re.compile(
    r"(?P<currency>[A-Z]{2}[A-Za-z])"
    r"(?:/(?P<per>[a-z]+)| per (?P<base>[A-Z]{3})| (?P<scale>k|m|bn))?"
)
_MEANT = {
    "$": "USD", "US$": "USD", "£": "GBP", "€": "EUR", "p": "GBp", "pence": "GBp",
    "ounce": "oz", "ozt": "oz", "toz": "oz", "pound": "lb", "lbs": "lb", "mt": "t",
    "ton": "t", "tonne": "t", "percent": "%", "pct": "%",
}  # fmt: skip


class NoUnitError(ValueError):
    """A text that is no unit, and what was expected instead."""

    def __init__(self, problem: str, expected: str) -> None:
        self.expected = expected
        super().__init__(f"{problem}; expected {expected}.")


class Parts(NamedTuple):
    """A unit taken apart: what `market.units.Unit` computes with."""

    currency: str | None
    per: str | None
    scale: float
    dimension: str


def read(text: str) -> Parts:
    """The parts of a unit, `scale` in base units: one of the currency, or that per kilogram.

    Raises NoUnitError.
    """
    if text in PLAIN:
        dimension, scale = PLAIN[text]
        return Parts(None, None, scale, dimension)
    match = _MONEY.fullmatch(text)
    if match is None:
        raise NoUnitError(f"unit {text!r} cannot be read", _LIKE)
    quoted, per, base = match["currency"], match["per"], match["base"]
    for code in (quoted, base):
        if code and code not in CURRENCIES and code not in MINOR:
            raise NoUnitError(f"unit {text!r}: {code!r} is no known currency", _LIKE)
    currency = MINOR.get(quoted, quoted)
    scale = (0.01 if quoted in MINOR else 1.0) * SCALES[match["scale"] or ""]
    if base:
        return Parts(currency, base, scale, f"{currency} per {base}")
    if per in MASS_KG:
        return Parts(currency, per, scale / MASS_KG[per], f"{currency}/mass")
    if per and per != "share":
        expected = f"{', '.join(MASS_KG)} or share"
        raise NoUnitError(f"unit {text!r}: {per!r} is no known mass", expected)
    return Parts(currency, per, scale, f"{currency}/{per}" if per else currency)


def is_quote(text: str) -> bool:
    """True for the unit of a share's quote: a currency or its hundredth."""
    return text in CURRENCIES or text in MINOR


def quoted_alike(one: str, other: str) -> bool:
    """True when both price the same thing in one currency, by weights that are used together."""
    here, there = read(one), read(other)
    if here.dimension != there.dimension:
        return False
    weights = {here.per, there.per} & set(MASS_KG)
    return not weights or any(weights <= system for system in _WEIGHED_ALIKE)


def nearest(text: str, known: tuple[str, ...] = ()) -> str:
    """A hint for a text that is no unit: the likeliest one meant, or nothing."""
    every = known or (
        *CURRENCIES,
        *MINOR,
        *PLAIN,
        *(f"{code}/{mass}" for code in (*CURRENCIES, *MINOR) for mass in (*MASS_KG, "share")),
    )
    written = "/".join(_MEANT.get(part, part) for part in text.strip().split("/"))
    same = {one.lower(): one for one in reversed(every)}.get(written.lower())
    if written in every or same:
        return f"Did you mean `{written if written in every else same}`?"
    # Among all currencies something is always near: guess at those of the sector only.
    likely = [one for one in every if one[:3] in _LIKELY or one in PLAIN]
    near = spelling(written, likely)
    return near if near.startswith("Did") else ""
