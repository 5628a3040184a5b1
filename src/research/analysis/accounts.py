"""Each company's value and earnings in US dollars: what multiples are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.valuation import calendarise
from research.market.lines import ordinary_per_share
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market

REPORTED = ("shares_m", "net_debt", "nci", "prefs", "associates", "ebitda", "nav")
ESTIMATED = ("ebitda", "ebitda_spot", "eps", "fcf", "dps")

AHEAD = (0, 1)  # calendar years from that of `as_of`; each is made of two fiscal years

ToUsd = Callable[[float, str], float]


def accounts(market: Market) -> pd.DataFrame:
    """One row for each company; USD and shares in whole units, missing where nothing is known.

    `price` is in `price_unit`, as quoted; `price_usd` is of one ordinary share, in dollars.
    `market_cap_usd`, `net_debt_usd`, `ev_usd` and the items reported last carry their name and
    `_usd`. Estimates come as `<item>_1` and `<item>_2`: consensus for the calendar year of `as_of`
    and the next, by days from fiscal years. Enterprise value is market value + net debt +
    minorities + preferred − associates; net debt must be known, the other three count as nil when
    they are not reported. All currencies are converted at the rate of `as_of`, so the choice of
    currency moves no multiple.
    """
    return market.once("accounts", lambda: _accounts(market))


def _accounts(market: Market) -> pd.DataFrame:
    to_usd = usd_converter(market)
    companies = market.universe.companies()
    table = pd.DataFrame({one.id: _price(market, one.id, to_usd) for one in companies}).T.reindex(
        [one.id for one in companies], columns=["price", "price_unit", "price_usd"]
    )
    for column in ("price", "price_usd"):
        table[column] = table[column].astype(float)
    latest = _latest_reported(market, to_usd)
    for item in REPORTED:
        table[_named(item)] = latest.get(item, np.nan)
    table["market_cap_usd"] = table["price_usd"] * table["shares"]
    besides = table["nci_usd"].fillna(0) + table["prefs_usd"].fillna(0)
    table["ev_usd"] = (
        table["market_cap_usd"] + table["net_debt_usd"] + besides
        - table["associates_usd"].fillna(0)
    )  # fmt: skip
    year_ends = {one.id: one.fiscal_year_end or "12-31" for one in companies}
    for item in ESTIMATED:
        by_year = _estimates(market, item, to_usd)
        for ahead in AHEAD:
            table[f"{item}_{ahead + 1}_usd"] = pd.Series(
                {
                    one: _calendar_year(by_year.get(one, {}), market.as_of.year + ahead, year_end)
                    for one, year_end in year_ends.items()
                }
            )
    return table


def usd_converter(market: Market) -> ToUsd:
    """A function of (value, unit) that gives whole US dollars, or plain numbers for plain units.

    Missing when the currency's rate is not known at `as_of`.
    """
    rates: dict[str | None, float] = {"USD": 1.0, None: 1.0}

    def to_usd(value: float, unit: str) -> float:
        read = Unit(unit)
        if read.currency not in rates:
            rates[read.currency] = _rate(market, f"{read.currency}".lower() + "usd")
        return value * read.scale * rates[read.currency]

    return to_usd


def _rate(market: Market, pair: str) -> float:
    if all(one.id != pair for one in market.universe.instruments):
        return float("nan")
    quote = market.latest(pair)
    fresh = market.method.sampling.fresh_days
    if quote is None or (market.as_of - quote.date).days > fresh:
        return float("nan")
    return float(quote.value)


def _price(market: Market, id: str, to_usd: ToUsd) -> dict[str, object]:
    quote = market.latest(id)
    fresh = market.method.sampling.fresh_days
    if quote is None or (market.as_of - quote.date).days > fresh:
        return {"price": np.nan, "price_unit": "", "price_usd": np.nan}
    unit = str(quote.unit)
    usd = to_usd(quote.value, unit) / ordinary_per_share(
        market.universe[id], quote.unit, quote.date
    )
    return {"price": quote.value, "price_unit": unit, "price_usd": usd}


def _named(item: str) -> str:
    return "shares" if item == "shares_m" else f"{item}_usd"


def _latest_reported(market: Market, to_usd: ToUsd) -> pd.DataFrame:
    rows = market.frame("fundamentals")
    rows = rows[rows["item"].isin(REPORTED)].sort_values(["period_end", "available_at"])
    year_ends = {one.id: one.fiscal_year_end for one in market.universe.companies()}
    # A half-year's EBITDA is none of a year; a balance sheet may be of any day.
    ebitda = rows[rows["item"] == "ebitda"]
    ends = pd.to_datetime(ebitda["period_end"]).dt.strftime("%m-%d")
    of_part = (ends != ebitda["instrument"].map(year_ends)).reindex(rows.index, fill_value=False)
    rows = rows[~of_part]
    rows = rows.drop_duplicates(["instrument", "item"], keep="last")
    return _in_usd(rows, to_usd).pivot(index="instrument", columns="item", values="usd")


def _estimates(market: Market, item: str, to_usd: ToUsd) -> dict[str, dict[dt.date, float]]:
    rows = _current(market.consensus(item), market)
    years = pd.to_datetime(rows["fiscal_year_end"]).dt.year - market.as_of.year
    rows = _in_usd(rows[years.between(0, len(AHEAD))], to_usd)
    found: dict[str, dict[dt.date, float]] = {}
    columns = (rows["instrument"], rows["fiscal_year_end"], rows["usd"])
    for company, day, usd in zip(*columns, strict=True):
        found.setdefault(company, {})[day.date()] = usd
    return found


def _current(rows: pd.DataFrame, market: Market) -> pd.DataFrame:
    """Estimates of companies that somebody has renewed within the days that the gates allow."""
    allowed = market.method.gates.stale_days_by_dataset.get("consensus")
    if allowed is None or rows.empty:
        return rows
    newest = rows.groupby("instrument")["available_at"].transform("max").dt.tz_localize(None)
    return rows[newest.dt.normalize() >= pd.Timestamp(market.as_of) - pd.Timedelta(days=allowed)]


def _in_usd(rows: pd.DataFrame, to_usd: ToUsd) -> pd.DataFrame:
    usd = [to_usd(value, unit) for value, unit in zip(rows["value"], rows["unit"], strict=True)]
    return rows.assign(usd=np.asarray(usd, dtype=float))


def _calendar_year(by_year_end: dict[dt.date, float], year: int, year_end: str) -> float:
    month, day = (int(part) for part in year_end.split("-"))
    nan = float("nan")
    ends = {one.year: value for one, value in by_year_end.items()}
    return calendarise(ends.get(year, nan), ends.get(year + 1, nan), dt.date(year, month, day))
