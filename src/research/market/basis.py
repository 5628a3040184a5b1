"""On which basis a reported number stands: `aisc_usd_oz@co-product` says its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

AISC = "aisc_usd_oz"
OUTPUT = "production_moz"
# What a source may say after an @. Costs per ounce say nothing when untold; output and earnings
# without a basis are of 100 %, as enterprise value is.
BASES: Mapping[str, tuple[str, ...]] = {
    AISC: ("by-product", "co-product"),
    OUTPUT: ("attributable",),
    "ebitda": ("attributable",),
}


def split(item: str) -> tuple[str, str]:
    """An item of `fundamentals` as its name and its basis, "" where none is told."""
    name, _, basis = item.partition("@")
    return name, basis


def lately(rows: pd.DataFrame, as_of: dt.date, days: int) -> pd.DataFrame:
    """Rows of `fundamentals` that became public in the last `days` days."""
    return rows[rows["available_at"] >= pd.Timestamp(as_of, tz="UTC") - pd.Timedelta(days=days)]


def bases_of(rows: pd.DataFrame, item: str) -> dict[str, tuple[str, ...]]:
    """Company → the known bases on which `rows` of `fundamentals` report `item`, best first."""
    order = (*BASES[item], "")
    found: dict[str, set[str]] = {}
    for company, one in zip(rows["instrument"], rows["item"], strict=True):
        name, basis = split(one)
        if name == item:
            found.setdefault(str(company), set()).add(basis)
    told = {key: tuple(one for one in order if one in has) for key, has in found.items()}
    return {key: has for key, has in told.items() if has}


def common_basis(rows: pd.DataFrame, item: str) -> str:
    """The basis on which most companies report `item`: numbers of others are never beside it.

    By-product before co-product where as many do; "" where none is told.
    """
    bases = bases_of(rows, item)
    counts = {one: sum(one in has for has in bases.values()) for one in (*BASES[item], "")}
    return max(counts, key=lambda one: counts[one]) if bases else ""
