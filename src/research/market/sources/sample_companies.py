"""What the sample market's companies report, and what its analysts expect of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from research.market.align import aligned
from research.market.sources.sample_prices import Line
from research.market.sources.sample_tables import LAST_SESSION, Company, stream
from research.market.units import Unit

_FIRST_VINTAGE = "2016-01-08"
_FIRST_FISCAL_YEAR = 2010
_FISCAL_YEARS_AHEAD = 4
_PUBLISHED_AFTER = np.timedelta64(60, "D")
_GROWTH = 1.05  # what analysts add for each year further ahead
_LOSSES_SINCE = np.datetime64("2024-09-01")
# EBITDA over revenue in a usual year: what is reported moves about it with the year's luck.
_MARGIN = {
    "diversified": 0.45, "gold-senior": 0.50, "gold-intermediate": 0.45, "silver": 0.40,
    "copper": 0.48, "pgm": 0.25, "aluminium": 0.14, "lithium": 0.30, "royalty": 0.80,
}  # fmt: skip
_NEVER_FILL_LESS = 10_000  # a company is worth its last price, however old

Columns = dict[str, object]


def fundamentals(companies: Iterable[Company], lines: Mapping[str, Line]) -> Columns:
    """Reported figures by fiscal year, in the reporting currency, public 60 days after its end."""
    return _stacked([_reported(one, _Worth(one, lines)) for one in companies])


def consensus(companies: Iterable[Company], lines: Mapping[str, Line]) -> Columns:
    """Expected figures for four fiscal years, one vintage each Friday since 2016."""
    return _stacked([_expected(one, _Worth(one, lines), lines[one.driver]) for one in companies])


class _Worth:
    """A company's market value and earning power week by week, USD m.

    Analysts follow the price with a lag, so earning power is a smoothed market value, scaled to
    reach the calibration's multiple on the last day; in a fast rise multiples therefore stretch.
    """

    def __init__(self, company: Company, lines: Mapping[str, Line]) -> None:
        line, unit = lines[company.id], Unit(company.price_unit)
        start = np.busday_offset(company.first, 0, roll="forward", weekmask="Fri")
        weeks = pd.DatetimeIndex(np.arange(start, np.datetime64(LAST_SESSION) + 1, 7), freq=None)
        self.weeks = weeks = weeks.as_unit("us")
        self._lines = lines
        self.fx = self._rate(company.reporting)
        price_usd = self.at(line) * unit.scale * self._rate(str(unit.currency))
        self.value = price_usd * company.shares_m
        smooth = pd.Series(self.value).ewm(halflife=26).mean().to_numpy()
        self.trend = smooth / smooth[-1]
        mood = pd.Series(stream("earnings", company.id).normal(0, 0.012, len(weeks)))
        ebitda = self.value[-1] * (1 + company.nci) / (company.ev_ebitda - company.net_debt_x)
        self.ebitda = ebitda * self.trend * np.exp(mood.ewm(halflife=30).mean().to_numpy())
        if company.case == "loss":
            self.ebitda = np.where(weeks.to_numpy() >= _LOSSES_SINCE, -0.12, 1.0) * self.ebitda

    def at(self, line: Line) -> np.ndarray:
        return aligned(line.days, line.close, self.weeks, fill_days=_NEVER_FILL_LESS)

    def _rate(self, currency: str) -> np.ndarray:
        if currency == "USD":
            return np.ones(len(self.weeks))
        return self.at(self._lines[f"{currency}usd".lower()])


def _reported(company: Company, worth: _Worth) -> Columns:
    first = max(_FIRST_FISCAL_YEAR, company.first.year + 1)
    ends = _year_end(company, np.arange(first, LAST_SESSION.year + 1))
    ends = ends[ends + _PUBLISHED_AFTER <= np.datetime64(LAST_SESSION)]
    week = np.searchsorted(worth.weeks.to_numpy(), ends, side="right") - 1
    back = (ends[-1] - ends).astype("timedelta64[D]").astype(float) / 365.25
    luck = stream("reported", company.id).normal(1, 0.03, (3, len(ends)))
    ebitda = worth.ebitda[week] * luck[0]
    nav = worth.value[-1] / company.p_nav * worth.trend[week] / worth.trend[week[-1]]
    associates = 0.03 if company.group == "diversified" else 0.0
    money = {
        "ebitda": ebitda,
        "net_debt": company.net_debt_x * np.abs(ebitda),
        "nci": company.nci * worth.value[week],
        "associates": associates * worth.value[week],
        "prefs": np.zeros(len(ends)),
        "nav": nav,
        "capex": 0.28 * np.abs(ebitda) * luck[1],
    }
    money_unit = f"{company.reporting} m"
    items = {name: (usd / worth.fx[week], money_unit, 1) for name, usd in money.items()}
    sold = np.abs(worth.ebitda[week]) / _MARGIN[company.group]
    items["revenue"] = (sold / worth.fx[week], money_unit, 1)
    items["shares_m"] = (np.full(len(ends), company.shares_m), "m", 1)
    items["royalty_rate"] = (np.full(len(ends), 0.05), "ratio", 3)
    for metal, share in company.revenue.items():
        items[f"revenue_share_{metal}"] = (np.full(len(ends), share), "ratio", 3)
    if company.production_moz and company.aisc_usd_oz:
        items["production_moz"] = (company.production_moz * luck[2] * 0.99**back, "Moz", 3)
        items["aisc_usd_oz@by-product"] = (company.aisc_usd_oz * luck[1] * 0.94**back, "USD/oz", 2)
    published = np.busday_offset(
        (ends + _PUBLISHED_AFTER).astype("datetime64[D]"), 0, roll="forward"
    )
    return {
        "instrument": [company.id] * (len(items) * len(ends)),
        "item": np.repeat(list(items), len(ends)).tolist(),
        "period_end": np.tile(ends, len(items)),
        "value": np.concatenate([np.round(value, places) for value, _, places in items.values()]),
        "unit": np.repeat([unit for _, unit, _ in items.values()], len(ends)).tolist(),
        "published_at": np.tile(published.astype("datetime64[us]"), len(items)),
        "available_at": np.tile(published + np.timedelta64(7, "h"), len(items)),
    }


def _expected(company: Company, worth: _Worth, driver: Line) -> Columns:
    chosen = worth.weeks >= pd.Timestamp(_FIRST_VINTAGE)
    chosen &= np.arange(len(worth.weeks)) >= 26  # coverage starts half a year after the listing
    weeks = worth.weeks[chosen].to_numpy()
    ends = _fiscal_years(company, weeks)
    ahead = (ends - weeks).astype("timedelta64[D]").astype(float) / 365.25
    ebitda = worth.ebitda[chosen] * _GROWTH ** (ahead - 1)
    spot = worth.at(driver)
    deck = pd.Series(spot).ewm(halflife=8).mean().to_numpy()
    uplift = np.clip((spot / deck)[chosen] ** company.elasticity, 0.5, 1.8)
    income = ebitda * company.net_margin
    paid = company.income * worth.value[-1] * worth.trend[chosen] * _GROWTH ** (ahead - 1)
    money, a_share = f"{company.reporting} m", f"{company.reporting}/share"
    items = {
        "ebitda": (ebitda, money, 1),
        "ebitda_spot": (ebitda + np.abs(ebitda) * (uplift - 1), money, 1),
        "fcf": (0.8 * income, money, 1),
        "eps": (income / company.shares_m, a_share, 3),
        "dps": (paid / company.shares_m, a_share, 3),
    }
    if company.case == "no-ebitda":
        items = {name: item for name, item in items.items() if not name.startswith("ebitda")}
    fx, size = worth.fx[chosen], ends.size
    return {
        "instrument": pd.Index([company.id], dtype="str").repeat(len(items) * size),
        "item": pd.Index(list(items), dtype="str").repeat(size),
        "fiscal_year_end": np.tile(ends.ravel(), len(items)),
        "value": np.concatenate([np.round(v / fx, n).ravel() for v, _, n in items.values()]),
        "unit": pd.Index([unit for _, unit, _ in items.values()], dtype="str").repeat(size),
        "available_at": np.tile(weeks + np.timedelta64(21, "h"), len(items) * len(ends)),
    }


def _fiscal_years(company: Company, weeks: np.ndarray) -> np.ndarray:
    """Ends of the fiscal years that are not yet reported, year ahead × week."""
    pending = (weeks - _PUBLISHED_AFTER).astype("datetime64[D]")
    years = pending.astype("datetime64[Y]").astype(int) + 1970
    years = years + (_year_end(company, years) < pending)
    return np.stack([_year_end(company, years + n) for n in range(_FISCAL_YEARS_AHEAD)])


def _year_end(company: Company, years: np.ndarray) -> np.ndarray:
    month, day = company.year_end
    months = (years - 1970) * 12 + month - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + np.timedelta64(day - 1, "D")
    return days.astype("datetime64[us]")


def _stacked(parts: list[Columns]) -> Columns:
    stacked: Columns = {}
    for name in parts[0]:
        columns = [pd.Index(part[name]) for part in parts]
        stacked[name] = columns[0].append(columns[1:])
    stacked["available_at"] = pd.DatetimeIndex(stacked["available_at"]).tz_localize("UTC")
    return stacked
