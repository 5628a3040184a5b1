"""The lines that one company's shares trade in, and how many ordinary shares each stands for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from research.market.units import Unit
from research.params.models import Instrument


def ordinary_per_share(company: Instrument, unit: Unit, day: dt.date) -> float:
    """How many ordinary shares one share of the line quoted in `unit` stands for.

    The primary listing goes first; other lines of that currency on `day` must agree, or the answer
    is missing. In a currency of no listing the price is the primary line's, converted by the desk.
    """
    lines = [
        one
        for one in company.listings
        if Unit(one.unit).currency == unit.currency
        and (one.valid_from is None or one.valid_from <= day)
        and (one.valid_to is None or day <= one.valid_to)
    ]
    primary = [one for one in lines or company.listings if one.primary]
    ratios = {one.ordinary_per_share for one in primary or lines} or {1.0}
    return ratios.pop() if len(ratios) == 1 else float("nan")


def ratios(company: Instrument, unit: Unit, days: pd.DatetimeIndex) -> np.ndarray:
    """`ordinary_per_share` on each of `days`, which rise."""
    turns = {one.valid_from for one in company.listings}
    turns |= {one.valid_to and one.valid_to + dt.timedelta(days=1) for one in company.listings}
    edges = pd.DatetimeIndex(sorted(str(day) for day in turns if day), dtype=days.dtype)
    parts = edges.searchsorted(days, side="right")
    found = np.full(len(days), np.nan)
    for part in np.unique(parts):
        of = parts == part
        found[of] = ordinary_per_share(company, unit, days[of][0].date())
    return found
