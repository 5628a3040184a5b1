"""What a price means: its place in history, multiples, margins, the metal price it implies."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def midrank_percentile(history: Any, value: float) -> float:
    """Position of `value` in `history` (0 to 1): (#below + ½·#equal)/n; missing values left out."""
    past = _complete(history)
    if not past.size or np.isnan(value):
        return float("nan")
    return float((np.sum(past < value) + 0.5 * np.sum(past == value)) / past.size)


def z_score(history: Any, value: float) -> float:
    """(value − mean)/standard deviation of `history` (ddof 1); missing without variation."""
    past = _complete(history)
    spread = past.std(ddof=1) if past.size > 1 else 0.0
    return float((value - past.mean()) / spread) if spread else float("nan")


def robust_z(history: Any, value: float) -> float:
    """(value − median)/(1.4826·MAD) of `history`; missing without variation."""
    past = _complete(history)
    if not past.size:
        return float("nan")
    median = np.median(past)
    spread = 1.4826 * np.median(np.abs(past - median))
    return float((value - median) / spread) if spread else float("nan")


def median(values: Any) -> float:
    """Median, in which infinity is the largest number; missing values left out."""
    known = _complete(values)
    return float(np.median(known)) if known.size else float("nan")


def harmonic_mean(multiples: Any) -> float:
    """n/Σ(1/x) over the meaningful multiples, those above zero; missing when there is none.

    It is ΣEV/ΣEBITDA for equal enterprise values: the average of a group bought in equal amounts.
    """
    x = _complete(multiples)
    x = x[x > 0]
    return float(x.size / np.sum(1 / x)) if x.size else float("nan")


def calendarise(this_year: float, next_year: float, year_end: dt.date) -> float:
    """Value of the calendar year of `year_end`, by days, from two fiscal years.

    `this_year` is the fiscal year that ends on `year_end`, `next_year` the one after it; same
    unit. `next_year` may be missing only when the fiscal year is the calendar year.
    """
    end_of_year = dt.date(year_end.year, 12, 31)
    days = end_of_year.timetuple().tm_yday
    before = year_end.timetuple().tm_yday
    if before == days:
        return this_year
    return before / days * this_year + (days - before) / days * next_year


def aisc_margin(price_usd_oz: float, aisc_usd_oz: float) -> float:
    """(P − AISC)/P, a fraction; negative when the ounce costs more than it fetches."""
    return (price_usd_oz - aisc_usd_oz) / price_usd_oz


def operating_leverage(price_usd_oz: float, aisc_usd_oz: float) -> float:
    """P/(P − AISC), per cent of margin for one of price; missing when there is no margin."""
    margin = price_usd_oz - aisc_usd_oz
    return price_usd_oz / margin if margin > 0 else float("nan")


def annuity(rate: float, years: float) -> float:
    """Present value of one unit a year for `years` years at a real `rate`."""
    return (1 - (1 + rate) ** -years) / rate if rate else years


def nav(
    price_usd_oz: float, ounces: float, aisc_usd_oz: float, *, tax: float, rate: float, years: float
) -> float:
    """Net asset value (USD) of `ounces` a year for `years` years: (P−C)·Q·(1−τ)·A(r,N)."""
    return (price_usd_oz - aisc_usd_oz) * ounces * (1 - tax) * annuity(rate, years)


def implied_price(
    ev_usd: float, ounces: float, aisc_usd_oz: float, *, tax: float, rate: float, years: float
) -> float:
    """Metal price (USD/oz) at which `nav` equals the enterprise value."""
    return aisc_usd_oz + ev_usd / (ounces * (1 - tax) * annuity(rate, years))


def earnings_sensitivity(
    price_change: float, *, revenue_share: float, royalty: float, ebitda_margin: float
) -> float:
    """Change of EBITDA (fraction) for a price change of the metal that brings `revenue_share`."""
    return price_change * revenue_share * (1 - royalty) / ebitda_margin


def _complete(values: Any) -> Array:
    x = np.asarray(values, dtype=float)
    return x[~np.isnan(x)]
