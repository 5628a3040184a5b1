"""The comparables table: one row a company, statistics by sub-group, never across them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.accounts import accounts
from research.analysis.companies import local_levels
from research.analysis.multiples import ev_ebitda_percentiles
from research.analysis.ratings import RATINGS, rating_totals
from research.analysis.returns import change, off_high
from research.analysis.valuation import harmonic_mean, median

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method, Universe

MEANINGLESS = "NM"
MISSING = "NA"


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column holds and how it is shown.

    `fmt` names a house format. `kind` decides marks and averages: a `multiple` can be NM and has
    a harmonic mean, a `figure` has an arithmetic one, a `count` or a `price` has no statistics.
    `{cy1}` and `{cy2}` in the header stand for the two calendar years.
    """

    key: str
    header: str
    unit: str
    fmt: str
    kind: Literal["price", "multiple", "figure", "count"]


COLUMNS = (
    Column(key="price", header="Price", unit="local", fmt="level", kind="price"),
    Column(key="market_cap", header="Market value", unit="USD bn", fmt="num1", kind="figure"),
    Column(key="net_debt", header="Net debt", unit="USD bn", fmt="acc1", kind="figure"),
    Column(key="ev", header="EV", unit="USD bn", fmt="num1", kind="figure"),
    Column(key="ev_ebitda_1", header="EV/EBITDA {cy1}", unit="×", fmt="x1", kind="multiple"),
    Column(key="ev_ebitda_2", header="EV/EBITDA {cy2}", unit="×", fmt="x1", kind="multiple"),
    Column(
        key="ev_ebitda_spot", header="EV/EBITDA {cy1}, spot", unit="×", fmt="x1", kind="multiple"
    ),
    Column(key="pe", header="P/E {cy1}", unit="×", fmt="x1", kind="multiple"),
    Column(key="p_nav", header="P/NAV", unit="×", fmt="x1", kind="multiple"),
    Column(key="fcf_yield", header="FCF yield {cy1}", unit="%", fmt="accpct0", kind="figure"),
    Column(
        key="dividend_yield", header="Dividend yield {cy1}", unit="%", fmt="accpct0", kind="figure"
    ),
    Column(key="net_debt_ebitda", header="Net debt/EBITDA", unit="×", fmt="accx1", kind="figure"),
    Column(key="tsr_1w", header="TSR 1 w", unit="%", fmt="accpct0", kind="figure"),
    Column(key="tsr_6m", header="TSR 6 m", unit="%", fmt="accpct0", kind="figure"),
    Column(key="tsr_12m", header="TSR 12 m", unit="%", fmt="accpct0", kind="figure"),
    Column(key="off_high", header="Off 52-w high", unit="%", fmt="accpct0", kind="figure"),
    Column(
        key="ev_ebitda_percentile",
        header="EV/EBITDA, own history",
        unit="percentile",
        fmt="pctl",
        kind="figure",
    ),
    Column(key="buy", header="Buy", unit="analysts", fmt="num0", kind="count"),
    Column(key="hold", header="Hold", unit="analysts", fmt="num0", kind="count"),
    Column(key="sell", header="Sell", unit="analysts", fmt="num0", kind="count"),
)  # fmt: skip

STATISTICS = ("median", "mean", "high", "low", "n")


@dataclass(frozen=True, kw_only=True)
class Comps:
    """Table T1 of DOMAIN §A.1.

    `values` and `marks` share rows (company ids, by sub-group and falling market value) and
    columns (`COLUMNS`): a cell has a number and the mark "", or NaN and "NM" or "NA". `labels`,
    `price_units` and `groups` are by company. `statistics` has rows (sub-group, statistic), with
    `mean` harmonic for multiples and `n` the number of values used. `years` are the two calendar
    years of the headers.
    """

    values: pd.DataFrame
    marks: pd.DataFrame
    labels: pd.Series
    price_units: pd.Series
    groups: pd.Series
    statistics: pd.DataFrame
    years: tuple[int, int]

    def header(self, column: Column) -> str:
        """The column's header with its years."""
        return column.header.format(cy1=self.years[0], cy2=self.years[1])


def comps(market: Market, universe: Universe, method: Method) -> Comps:
    """Comparables of all companies at `as_of`; what no source knows is NA.

    A multiple is NM when its denominator is not positive, when it is negative, or above
    `not_meaningful_above`. Yields and returns are fractions, net cash is negative net debt; net
    debt is over the EBITDA reported last. Price and total return (TSR) are in local currency;
    without plain closes the distance from the high is that of adjusted ones.
    """
    table = accounts(market)
    values = pd.DataFrame(index=table.index, columns=[one.key for one in COLUMNS], dtype=float)
    values["price"] = table["price"]
    for key in ("market_cap", "net_debt", "ev"):
        values[key] = table[f"{key}_usd"] / 1e9
    for key, above, below in (
        ("ev_ebitda_1", "ev_usd", "ebitda_1_usd"),
        ("ev_ebitda_2", "ev_usd", "ebitda_2_usd"),
        ("ev_ebitda_spot", "ev_usd", "ebitda_spot_1_usd"),
        ("pe", "price_usd", "eps_1_usd"),
        ("p_nav", "market_cap_usd", "nav_usd"),
        ("fcf_yield", "fcf_1_usd", "market_cap_usd"),
        ("dividend_yield", "dps_1_usd", "price_usd"),
        ("net_debt_ebitda", "net_debt_usd", "ebitda_usd"),
    ):
        # A denominator of nil or less leaves −inf here: known, but without meaning.
        positive = table[below] > 0
        values[key] = (table[above] / table[below].where(positive)).mask(
            table[below].notna() & table[above].notna() & ~positive, -np.inf
        )
    _put_returns(values, market)
    values["ev_ebitda_percentile"] = ev_ebitda_percentiles(market, method).reindex(values.index)
    _put_ratings(values, market)
    marks = _marks(values, method.valuation.not_meaningful_above)
    values = values.mask(marks != "")
    groups = pd.Series({one.id: one.sub_group or "" for one in universe.companies()})
    order = _order(values["market_cap"], groups, [group.id for group in universe.sub_groups])
    values, marks, groups = values.loc[order], marks.loc[order], groups.loc[order]
    return Comps(
        values=values,
        marks=marks,
        labels=pd.Series({one: universe[one].label for one in order}),
        price_units=table["price_unit"].loc[order],
        groups=groups,
        statistics=_statistics(values, groups),
        years=(market.as_of.year, market.as_of.year + 1),
    )


def _put_returns(values: pd.DataFrame, market: Market) -> None:
    as_of, fresh = market.as_of, market.method.sampling.fresh_days
    closes, adjusted = local_levels(market, values.index, as_of - dt.timedelta(weeks=52))
    if closes.empty:
        return
    for key, weeks in (("tsr_1w", 1), ("tsr_6m", 26), ("tsr_12m", 52)):
        values[key] = change(adjusted, weeks, as_of=as_of, fresh_days=fresh)
    high, stand_in = (off_high(one, as_of=as_of, fresh_days=fresh) for one in (closes, adjusted))
    values["off_high"] = high.fillna(stand_in)


def _put_ratings(values: pd.DataFrame, market: Market) -> None:
    ratings = market.frame("ratings").sort_values(["date", "available_at"])
    latest = ratings.drop_duplicates(["analyst", "instrument"], keep="last")
    counts = pd.crosstab(latest["instrument"], latest["rating"])
    counted = rating_totals(market)
    for rating in RATINGS:
        given = counts[rating] if rating in counts else pd.Series(0, index=counts.index)
        # What a source counted goes first: among those it names, many fell silent years ago.
        totals = counted[rating].combine_first(given)
        values[rating.lower()] = totals.reindex(values.index).astype(float)


def _marks(values: pd.DataFrame, not_meaningful_above: float) -> pd.DataFrame:
    marks = pd.DataFrame("", index=values.index, columns=values.columns)
    for column in COLUMNS:
        found = values[column.key]
        meaningless = np.isinf(found)
        if column.kind == "multiple":
            meaningless |= (found < 0) | (found > not_meaningful_above)
        marks.loc[meaningless, column.key] = MEANINGLESS
    return marks.mask(values.isna(), MISSING)


def _order(market_cap: pd.Series, groups: pd.Series, in_order: list[str]) -> list[str]:
    caps = market_cap.fillna(-1.0)
    rank = {group: number for number, group in enumerate(in_order)}
    return sorted(
        groups.index,
        key=lambda one: (rank.get(groups[one], len(rank)), -caps[one], one),
    )


def _statistics(values: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    counted = [one for one in COLUMNS if one.kind not in ("price", "count")]
    parts = {}
    for group in dict.fromkeys(groups):
        members = values[(groups == group).to_numpy()]
        rows = {one.key: _of_column(one, members[one.key].to_numpy()) for one in counted}
        parts[group] = pd.DataFrame(rows, index=list(STATISTICS)).reindex(columns=values.columns)
    return pd.concat(parts, names=["sub_group", "statistic"])


def _of_column(column: Column, values: NDArray[np.float64]) -> list[float]:
    known = values[~np.isnan(values)]
    if not known.size:
        return [np.nan] * 4 + [0]
    mean = harmonic_mean(known) if column.kind == "multiple" else float(known.mean())
    return [median(known), mean, float(known.max()), float(known.min()), len(known)]
