"""The sample market's calibration, read from package data; no number is made here."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

VERSION = "1"
SEED = 20260130
FIRST_SESSION = dt.date(2000, 12, 29)
LAST_SESSION = dt.date(2026, 1, 30)
LAST_YEAR = 2025  # the last whole calendar year, with which every list of averages ends

_HALF_YEAR_EARLIER = "2025-08-01"
_LOW = "2016-01-20"
_HIGH = "2026-01-28"
_FACTS = "metals_annual_average.csv"


@dataclass(frozen=True, kw_only=True)
class Path:
    """How one instrument's price moves: what it follows, and the levels it is tied to."""

    id: str
    unit: str
    decimals: int = 2
    first: dt.date = FIRST_SESSION
    vol: float
    vol_pins: Mapping[str, float]
    loads: Mapping[str, float]
    down: float = 0.0
    pull: float = 0.0
    additive: bool = False
    pins: Mapping[str, float]
    averages: Mapping[int, float]
    income: float = 0.0
    exchange: str = ""
    monthly: bool = False  # published as the month's mean, some weeks after its end


@dataclass(frozen=True, kw_only=True)
class Company:
    """What one company reports and is worth, beside its price."""

    id: str
    group: str
    price_unit: str
    reporting: str
    year_end: tuple[int, int]
    first: dt.date
    shares_m: float
    ev_ebitda: float
    net_debt_x: float
    nci: float
    driver: str
    elasticity: float
    net_margin: float
    p_nav: float
    income: float
    production_moz: float | None
    aisc_usd_oz: float | None
    revenue: Mapping[str, float]
    case: str  # "", "loss" or "no-ebitda"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """All that the sample market is made from."""

    paths: Mapping[str, Path]
    companies: tuple[Company, ...]
    digest: str


@cache
def load_calibration() -> Calibration:
    """The calibration that ships with the package."""
    text = {name: _read(name) for name in (_FACTS, "companies.csv", "series.toml")}
    facts = list(csv.DictReader(text[_FACTS].splitlines()))
    rows = list(csv.DictReader(text["companies.csv"].splitlines()))
    series = tomllib.loads(text["series.toml"])
    paths = [_series(key, entry, facts) for key, entry in series.items()]
    paths += [_company_path(row) for row in rows]
    whole = "\0".join([VERSION, str(SEED), *text.values()])
    return Calibration(
        paths={path.id: path for path in paths},
        companies=tuple(_company(row) for row in rows),
        digest=hashlib.sha256(whole.encode()).hexdigest(),
    )


def stream(*names: str) -> np.random.Generator:
    """The random numbers of one instrument or table, whatever else the sample market holds."""
    words = np.frombuffer(hashlib.sha256("/".join(names).encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, *words.tolist()])))


def _read(name: str) -> str:
    return files(__package__).joinpath("sample_data", name).read_text(encoding="utf-8")


def _series(id: str, entry: Mapping[str, Any], facts: list[dict[str, str]]) -> Path:
    published = {int(row["year"]): row.get(id.replace("-", "_")) for row in facts}
    own = entry.get("yearly", [])
    averages = {LAST_YEAR + 1 - len(own) + n: float(mean) for n, mean in enumerate(own)}
    averages |= {
        year: float(mean) for year, mean in published.items() if mean and year > FIRST_SESSION.year
    }
    rest = {key: value for key, value in entry.items() if key != "yearly"}
    defaults: dict[str, Any] = {"vol_pins": {}, "loads": {}, "pins": {}}
    return Path(id=id, averages=averages, **(defaults | rest))


def _company_path(row: Mapping[str, str]) -> Path:
    last, low = float(row["last"]), row["low_2016"]
    pins = {row["first"]: float(row["first_level"])}
    pins |= {_LOW: float(low)} if low else {}
    pins |= {_HALF_YEAR_EARLIER: last / (1 + float(row["six_months"]))}
    pins |= _pairs(row["pins"], "=") | {_HIGH: 1.02 * last, LAST_SESSION.isoformat(): last}
    return Path(
        id=row["id"],
        unit=row["unit"],
        decimals=int(row["decimals"]),
        first=dt.date.fromisoformat(row["first"]),
        vol=float(row["vol"]),
        vol_pins={},
        loads={"acwi": float(row["market"]), **_pairs(row["loads"], ":")},
        down=float(row["down"]),
        pins=pins,
        averages={},
        income=float(row["income"]),
        exchange=row["exchange"],
    )


def _company(row: Mapping[str, str]) -> Company:
    numbers = (
        "shares_m", "ev_ebitda", "net_debt_x", "nci", "elasticity", "net_margin", "p_nav", "income",
    )  # fmt: skip
    month, day = row["year_end"].split("-")
    return Company(
        id=row["id"],
        group=row["group"],
        price_unit=row["unit"],
        reporting=row["reporting"],
        year_end=(int(month), int(day)),
        first=dt.date.fromisoformat(row["first"]),
        driver=row["driver"],
        production_moz=float(row["production_moz"]) if row["production_moz"] else None,
        aisc_usd_oz=float(row["aisc_usd_oz"]) if row["aisc_usd_oz"] else None,
        revenue=_pairs(row["revenue"], ":"),
        case=row["case"],
        **{name: float(row[name]) for name in numbers},
    )


def _pairs(text: str, mark: str) -> dict[str, float]:
    return {key: float(value) for key, value in (pair.split(mark) for pair in text.split())}
