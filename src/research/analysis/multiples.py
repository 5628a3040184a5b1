"""What each company was worth beside its earnings and assets, as it could be known then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.valuation import midrank_percentile
from research.market.lines import ordinary_per_share
from research.market.units import Unit
from research.market.views import spans

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

EV_PARTS = {"net_debt": 1.0, "nci": 1.0, "prefs": 1.0, "associates": -1.0}
REPORTED = ("shares_m", "nav", *EV_PARTS)
YEAR_DAYS = 365.25

Rates = Mapping[str | None, pd.Series]


@dataclass(frozen=True)
class Worth:
    """Market value, enterprise value, EBITDA ahead and net assets: USD, date × company."""

    market_value: pd.DataFrame
    ev: pd.DataFrame
    ebitda: pd.DataFrame
    nav: pd.DataFrame

    @cached_property
    def ev_ebitda(self) -> pd.DataFrame:
        """Multiples; missing where the EBITDA is not positive."""
        return self.ev / self.ebitda.where(self.ebitda > 0)

    @cached_property
    def p_nav(self) -> pd.DataFrame:
        """Market value over net asset value; missing where that is not positive."""
        return self.market_value / self.nav.where(self.nav > 0)

    def of(self, ids: Sequence[str]) -> Worth:
        """That of some of the companies."""
        columns = list(ids)
        return Worth(
            self.market_value[columns], self.ev[columns], self.ebitda[columns], self.nav[columns]
        )


def worth_at(
    market: Market, method: Method, days: pd.DatetimeIndex, ids: Sequence[str] | None = None
) -> Worth:
    """What each company was worth on each of `days`, by what was published by then.

    `ids` are the companies wanted, by default all. EBITDA is the consensus for the next twelve
    months, blended by days from the two fiscal years ahead. Missing where price, shares or net
    debt is, and for a net asset value older than `reported_days_max`. Rates are those of each day.
    """
    # Of all companies at once: several questions are asked of some of them on the same days.
    key = ("worth", tuple(days), method.valuation.reported_days_max)
    every = market.once(key, lambda: _worth_at(market, method, days))
    return every.of([one.id for one in market.universe.companies()] if ids is None else ids)


def _worth_at(market: Market, method: Method, days: pd.DatetimeIndex) -> Worth:
    ids = [one.id for one in market.universe.companies()]
    reports, estimates = (
        market.once(("in base units", dataset, items), partial(_told, market, dataset, ids, items))
        for dataset, items in (("fundamentals", REPORTED), ("consensus", ("ebitda",)))
    )
    rates = _rates(market, days, {*reports["unit"].unique(), *estimates["unit"].unique()})
    reported = {
        item: table.reindex(columns=ids)
        for item, table in _reported(reports, days, rates, method).items()
    }
    prices = market.closes(ids, unit="USD").frame.reindex(days, method="ffill")
    market_value = prices / _ratios(market, ids) * reported["shares_m"]
    ev = market_value
    for item, sign in EV_PARTS.items():
        part = reported[item]
        ev = ev + sign * (part if item == "net_debt" else part.fillna(0))
    ebitda = _next_twelve_months(estimates, days, rates).reindex(columns=ids)
    columns = (market_value.reindex(columns=ids), ev.reindex(columns=ids), ebitda)
    return Worth(*columns, nav=reported["nav"])


def month_ends(market: Market, method: Method) -> pd.DatetimeIndex:
    """The month-ends of `history_years`, then `as_of`."""
    years = method.valuation.history_years

    def ends() -> pd.DatetimeIndex:
        end = pd.Timestamp(market.as_of)
        first = end - pd.DateOffset(years=years)
        months = pd.date_range(first, end, freq="ME", inclusive="left")
        return months.append(pd.DatetimeIndex([end]))

    return market.once(("month ends", years), ends)


def ev_ebitda_history(
    market: Market, method: Method, ids: Sequence[str] | None = None
) -> pd.DataFrame:
    """EV over consensus EBITDA of the next twelve months (multiple), month-end × company.

    Every number is the one published by that month-end; see `worth_at`. The last row is `as_of`.
    """
    return worth_at(market, method, month_ends(market, method), ids).ev_ebitda


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


def multiple_change(market: Market, method: Method) -> pd.DataFrame:
    """How each company's EV/EBITDA moved over six months, in logs that add up; index: company id.

    Columns: `label`, `sub_group`; `then` and `now` (multiples); `change`, ln(now/then), and its
    parts: `price` (market value, issues included), `net_debt` (with minorities, preferred and
    associates) and `revisions` (less the log change of the EBITDA ahead, whose twelve months have
    moved on too). Parts of the enterprise value are weighed by its logarithmic mean, so nothing is
    left over. Means of companies add up as well, medians do not. Missing without either multiple.
    """
    end = pd.Timestamp(market.as_of)
    days = pd.DatetimeIndex([end - pd.Timedelta(weeks=method.sampling.six_months_weeks), end])
    worth = worth_at(market, method, days)
    positive = (worth.ev > 0).all() & worth.ev_ebitda.notna().all()
    value, ev, ebitda = (
        table.where(positive, axis="columns")
        for table in (worth.market_value, worth.ev, worth.ebitda)
    )
    moved = np.log(ev.iloc[1] / ev.iloc[0])
    mean = (ev.diff().iloc[1] / moved).where(moved != 0, ev.iloc[0])
    companies = {one.id: one for one in market.universe.companies()}
    table = pd.DataFrame(
        {
            "label": {one: company.label for one, company in companies.items()},
            "sub_group": {one: company.sub_group for one, company in companies.items()},
            "then": (ev / ebitda).iloc[0],
            "now": (ev / ebitda).iloc[1],
            "price": value.diff().iloc[1] / mean,
            "net_debt": (ev - value).diff().iloc[1] / mean,
            "revisions": -np.log(ebitda.iloc[1] / ebitda.iloc[0]),
        }
    )
    table.insert(4, "change", np.log(table["now"] / table["then"]))
    return table.loc[list(companies)].rename_axis("id")


def _told(market: Market, dataset: str, ids: Sequence[str], items: Sequence[str]) -> pd.DataFrame:
    """Company by company, each in the order in which it was told."""
    rows = market.frame(dataset)
    rows = rows[(rows["item"].isin(items) & rows["instrument"].isin(ids)).to_numpy()]
    moments = pd.to_datetime(rows["available_at"], utc=True).dt.tz_localize(None)
    units, names = pd.factorize(rows["unit"])
    scale = np.array([Unit(name).scale for name in names], dtype=float)[units]
    rows = rows.assign(amount=rows["value"] * scale, day=moments.dt.normalize())
    return rows.iloc[np.lexsort((moments.to_numpy(), pd.factorize(rows["instrument"])[0]))]


def _ratios(market: Market, ids: Sequence[str]) -> pd.Series:
    """Ordinary shares behind one share of the line that is quoted, by company."""
    quotes = {one: market.latest(one) for one in ids}
    return pd.Series(
        {
            one: ordinary_per_share(market.universe[one], quote.unit, quote.date)
            for one, quote in quotes.items()
            if quote is not None
        },
        dtype=float,
    )


def _rates(market: Market, days: pd.DatetimeIndex, units: Iterable[str]) -> Rates:
    one = pd.Series(1.0, index=days)
    rates: dict[str | None, pd.Series] = {"USD": one, None: one}
    pairs = {pair.id for pair in market.universe.instruments if pair.kind == "fx"}
    for currency in sorted({Unit(unit).currency or "USD" for unit in units} - {"USD"}):
        pair = f"{currency.lower()}usd"
        unknown = pd.Series(np.nan, index=days)
        closes = market.closes([pair]).frame[pair].dropna() if pair in pairs else unknown
        rates[currency] = closes.reindex(days, method="ffill")
    return rates


def _reported(
    reports: pd.DataFrame, days: pd.DatetimeIndex, rates: Rates, method: Method
) -> dict[str, pd.DataFrame]:
    found = {}
    for item in REPORTED:
        of_item = reports[(reports["item"] == item).to_numpy()]
        if of_item.empty:
            found[item] = pd.DataFrame(index=days, dtype=float)
            continue
        # A restatement of an old year is not the newest balance sheet.
        newest = of_item.groupby("instrument")["period_end"].cummax()
        of_item = of_item[of_item["period_end"] >= newest]
        oldest = method.valuation.reported_days_max if item == "nav" else None
        known, names = _known_at(of_item, "instrument", days, oldest)
        found[item] = pd.DataFrame(known, index=days, columns=names) * pd.DataFrame(
            {one: rates[currency] for one, currency in _currencies(of_item).items()}, index=days
        )
    return found


def _next_twelve_months(
    estimates: pd.DataFrame, days: pd.DatetimeIndex, rates: Rates
) -> pd.DataFrame:
    currencies = _currencies(estimates)
    numbers = estimates[["fiscal_year_end", "day", "amount"]]  # taking text apart costs the most
    columns = {
        one: _blend(*_known_at(numbers.iloc[where], "fiscal_year_end", days), days)
        * rates[currencies[one]].to_numpy()
        for one, where in spans(estimates).items()
    }
    return pd.DataFrame(columns, index=days, dtype=float)


def _currencies(rows: pd.DataFrame) -> dict[str, str | None]:
    last = {one: where.stop - 1 for one, where in spans(rows).items()}
    return {one: Unit(rows["unit"].iloc[row]).currency for one, row in last.items()}


def _known_at(
    rows: pd.DataFrame, columns: str, days: pd.DatetimeIndex, days_max: int | None = None
) -> tuple[NDArray[np.float64], Any]:
    """The amount in force on each of `days`, rising, and the names of its columns, `columns`.

    `rows` are in order of their day, those of one column at least.
    """
    if rows["amount"].isna().any():  # else the last of a day overwrites the others anyhow
        rows = rows.drop_duplicates(["day", columns], keep="last")
    places, names = pd.factorize(rows[columns], sort=True)
    published, amounts = rows["day"].to_numpy(), rows["amount"].to_numpy(dtype=float)
    first = np.searchsorted(days.to_numpy(), published)
    used = (first < len(days)) & ~np.isnan(amounts)
    row = np.full((len(days), len(names)), -1)
    row[first[used], places[used]] = np.flatnonzero(used)  # of several, the last one stays
    row = np.maximum.accumulate(row)
    known = np.where(row >= 0, amounts[row], np.nan)
    if days_max is not None:
        age = days.to_numpy()[:, None] - published[row]
        known[age > np.timedelta64(days_max, "D")] = np.nan
    return known, names


def _blend(
    table: NDArray[np.float64], years: pd.DatetimeIndex, months: pd.DatetimeIndex
) -> NDArray[np.float64]:
    """Estimates of the next twelve months, of those for the fiscal years that end on `years`."""
    ends, days = (one.to_numpy().astype("datetime64[D]") for one in (years, months))
    first = ends.searchsorted(days, side="right")
    told = np.flatnonzero(first + 1 < len(ends))
    ahead = first[told]
    left = (ends[ahead] - days[told]).astype(int)
    share = np.minimum(1.0, left / YEAR_DAYS)
    blended = np.full(len(months), np.nan)
    blended[told] = share * table[told, ahead] + (1 - share) * table[told, ahead + 1]
    return blended
