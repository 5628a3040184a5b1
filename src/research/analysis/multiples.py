"""Each company's EV/EBITDA through time, as it could be known then, and where it stands now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.accounts import ordinary_per_share
from research.analysis.valuation import midrank_percentile
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

EV_PARTS = {"net_debt": 1.0, "nci": 1.0, "prefs": 1.0, "associates": -1.0}
YEAR_DAYS = 365.25


def ev_ebitda_history(market: Market, method: Method) -> pd.DataFrame:
    """EV over consensus EBITDA of the next twelve months (multiple), month-end × company.

    Every number is the one published by that month-end. The next twelve months blend the two
    fiscal years ahead by days. Missing where price, shares, net debt or either estimate is, and
    where the EBITDA is not positive. The last row is `as_of`. Rates are those of each month-end.
    """
    ids = [one.id for one in market.universe.companies()]
    if not market.has("consensus") or not market.has("fundamentals"):
        return pd.DataFrame(columns=ids, dtype=float)
    end = pd.Timestamp(market.as_of)
    months = pd.date_range(
        end - pd.DateOffset(years=method.valuation.history_years), end, freq="ME", inclusive="left"
    ).append(pd.DatetimeIndex([end]))
    rates = _rates(market, months)
    reported = _reported(market, months, rates)
    ebitda = _next_twelve_months(market, months, rates)
    prices = market.closes(ids, unit="USD").frame.reindex(months, method="ffill") / _ratios(market)
    ev = prices * reported["shares_m"].reindex(columns=ids)
    for item, sign in EV_PARTS.items():
        part = reported[item].reindex(columns=ids)
        ev = ev + sign * (part if item == "net_debt" else part.fillna(0))
    return (ev / ebitda.where(ebitda > 0).reindex(columns=ids)).reindex(columns=ids)


def ev_ebitda_percentiles(market: Market, method: Method) -> pd.Series:
    """Mid-rank percentile (0 to 1) of each company's multiple in its own history, by id.

    Missing without a multiple now, or with fewer month-ends than `history_months_min`.
    """
    history = ev_ebitda_history(market, method)
    return pd.Series(
        {
            one: midrank_percentile(past, past.iloc[-1])
            if len(past) and past.notna().sum() >= method.valuation.history_months_min
            else np.nan
            for one, past in history.items()
        },
        dtype=float,
    )


def _ratios(market: Market) -> pd.Series:
    """Ordinary shares behind one share of the line that is quoted, by company."""
    quotes = {one.id: market.latest(one.id) for one in market.universe.companies()}
    return pd.Series(
        {
            one: ordinary_per_share(market.universe[one], quote.unit, quote.date)
            for one, quote in quotes.items()
            if quote is not None
        },
        dtype=float,
    )


def _rates(market: Market, months: pd.DatetimeIndex) -> dict[str | None, pd.Series]:
    one = pd.Series(1.0, index=months)
    rates: dict[str | None, pd.Series] = {"USD": one, None: one}
    for pair in market.universe.instruments:
        if pair.kind == "fx" and pair.id.endswith("usd"):
            closes = market.closes([pair.id]).frame[pair.id].dropna()
            rates[pair.id[:3].upper()] = closes.reindex(months, method="ffill")
    return rates


def _reported(
    market: Market, months: pd.DatetimeIndex, rates: dict[str | None, pd.Series]
) -> dict[str, pd.DataFrame]:
    rows = _in_base_units(market.frame("fundamentals")).sort_values(["available_at", "period_end"])
    found = {}
    for item in ("shares_m", *EV_PARTS):
        of_item = rows[rows["item"] == item]
        # A restatement of an old year is not the newest balance sheet.
        newest = of_item.groupby("instrument")["period_end"].cummax()
        of_item = of_item[of_item["period_end"] >= newest]
        known = _known_at(of_item, "instrument", months)
        found[item] = known * pd.DataFrame(
            {one: rates[currency] for one, currency in _currencies(of_item).items()}, index=months
        )
    return found


def _next_twelve_months(
    market: Market, months: pd.DatetimeIndex, rates: dict[str | None, pd.Series]
) -> pd.DataFrame:
    rows = market.frame("consensus")
    rows = _in_base_units(rows[rows["item"] == "ebitda"]).sort_values("available_at")
    currencies = _currencies(rows)
    columns = {
        one: _blend(_known_at(of_company, "fiscal_year_end", months), months)
        * rates[currencies[one]].to_numpy()
        for one, of_company in rows.groupby("instrument", sort=True)
    }
    return pd.DataFrame(columns, index=months, dtype=float)


def _in_base_units(rows: pd.DataFrame) -> pd.DataFrame:
    scale = rows["unit"].map({unit: Unit(unit).scale for unit in rows["unit"].unique()})
    return rows.assign(amount=rows["value"] * scale.astype(float))


def _currencies(rows: pd.DataFrame) -> dict[str, str | None]:
    latest = rows.drop_duplicates("instrument", keep="last")
    units = {
        one: Unit(unit) for one, unit in zip(latest["instrument"], latest["unit"], strict=True)
    }
    return {one: unit.currency for one, unit in units.items()}


def _known_at(rows: pd.DataFrame, columns: str, months: pd.DatetimeIndex) -> pd.DataFrame:
    day = rows["available_at"].dt.tz_localize(None).dt.normalize()
    wide = rows.assign(day=day).drop_duplicates(["day", columns], keep="last")
    wide = wide.pivot(index="day", columns=columns, values="amount").sort_index()
    return wide.ffill().reindex(months, method="ffill")


def _blend(known: pd.DataFrame, months: pd.DatetimeIndex) -> NDArray[np.float64]:
    year_ends = pd.DatetimeIndex(known.columns)
    table = known.to_numpy()
    first = year_ends.searchsorted(months, side="right")
    blended: list[float] = []
    for row, (month, ahead) in enumerate(zip(months, first, strict=True)):
        if ahead + 1 >= len(year_ends):
            blended.append(np.nan)
            continue
        share = min(1.0, (year_ends[ahead] - month).days / YEAR_DAYS)
        blended.append(share * table[row, ahead] + (1 - share) * table[row, ahead + 1])
    return np.array(blended, dtype=float)
