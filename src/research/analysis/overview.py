"""Frames shown as they are: indexed lines, sub-groups, breadth by day, sources."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import exp, log, nan
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from research.analysis.breadth import share_above_average
from research.analysis.members import on_list

if TYPE_CHECKING:
    from research.analysis.comps import Comps
    from research.market import Market
    from research.params.models import Method, Universe

Levels = TypeVar("Levels", pd.Series, pd.DataFrame)

BASE = 100.0  # what every indexed line begins with
USUAL = (0.10, 0.90)  # percentiles of its own history between which a measure is as usual


def indexed(
    levels: pd.DataFrame, *, years: float, as_of: dt.date, base: float = BASE
) -> pd.DataFrame:
    """Daily levels of the last `years`, each `base` on the first day on which all have one.

    A series without any level in the window is left out; a gap stays a gap. Empty when nothing
    is left.
    """
    start = pd.Timestamp(as_of) - pd.DateOffset(months=round(12 * years))
    window = levels[levels.index >= start].dropna(axis="columns", how="all")
    together = window.dropna()
    if together.empty:
        return window.iloc[:0]
    window = window[window.index >= together.index[0]]
    return base * window / together.iloc[0]


def growth(lines: pd.DataFrame, *, base: float = BASE, fresh_days: int = 14) -> pd.Series:
    """Change (fraction) of each indexed line from its start to its end, in the lines' order.

    A line that ended more than `fresh_days` before the others is left out, for it did not get
    as far.
    """
    if lines.empty:
        return pd.Series(dtype=float)
    recent = lines[lines.index >= lines.index[-1] - pd.Timedelta(days=fresh_days)]
    return (recent.ffill().iloc[-1] / base - 1).dropna()


def extremes(values: pd.Series) -> pd.Series:
    """The highest and the lowest of the known `values`, in this order; one or none of so few."""
    known = values.dropna().sort_values(ascending=False, kind="stable")
    return known.iloc[[0, -1]] if len(known) > 1 else known


def by_week(levels: Levels) -> Levels:
    """The last level of each week under its own date, the running week included.

    For lines of many years, where days are noise; tests sample by `returns.weekly` instead.
    """
    week = levels.index.to_period("W-FRI")
    return levels[~week.duplicated(keep="last")]


def moves_by_sub_group(moves: pd.DataFrame, universe: Universe) -> pd.DataFrame:
    """One row for each sub-group, in the universe's order, from `companies.company_moves`.

    Columns: `n` companies, `median`, `low` and `high` of the price return, `rising` share
    (fractions). Rows are named by the sub-group's label; a sub-group without a company is left out.
    """
    returns = moves.groupby("sub_group")["price_return"]
    rising = (moves["price_return"] > 0).astype(float).groupby(moves["sub_group"]).mean()
    table = pd.DataFrame(
        {
            "n": returns.size(),
            "median": returns.median(),
            "low": returns.min(),
            "high": returns.max(),
            "rising": rising,
        }
    )
    order = [group.id for group in universe.sub_groups if group.id in table.index]
    names = {group.id: group.label for group in universe.sub_groups}
    return table.loc[order].rename(index=names)


def sub_group_medians(peers: Comps, universe: Universe) -> pd.DataFrame:
    """Medians of each sub-group from the comparables, in the universe's order.

    Columns: `label`, `ev_ebitda_1` (multiple), `now`, the percentile (fraction) of its companies
    in their own history; missing where no company of the sub-group has one.
    """
    medians = peers.statistics.xs("median", level=1)
    names = {group.id: group.label for group in universe.sub_groups if group.id in medians.index}
    medians = medians.loc[list(names)]
    return pd.DataFrame(
        {
            "label": pd.Series(names, dtype=object),
            "ev_ebitda_1": medians["ev_ebitda_1"].astype(float),
            "now": medians["ev_ebitda_percentile"].astype(float),
        }
    ).loc[list(names)]


def multiple_change_by_sub_group(changes: pd.DataFrame, universe: Universe) -> pd.DataFrame:
    """One row for each sub-group, in the universe's order, from `multiples.multiple_change`.

    Columns: `label`, `n` companies with both multiples; `then` and `now`, their geometric means;
    `change`, `price`, `net_debt` and `revisions`, means of logs: so parts add up to the change,
    and the change leads from one mean to the other. A sub-group without such a company is left out.
    """
    parts = ["change", "price", "net_debt", "revisions"]
    known = changes.dropna(subset=parts)
    levels = known[["then", "now"]].astype(float)
    logs = known[parts].join(levels.map(log)).groupby(known["sub_group"]).mean()
    table = logs.assign(n=known.groupby("sub_group").size())
    table[["then", "now"]] = table[["then", "now"]].map(exp)
    names = {group.id: group.label for group in universe.sub_groups if group.id in table.index}
    table = table.loc[list(names)].assign(label=pd.Series(names, dtype=object))
    return table[["label", "n", "then", "now", *parts]]


def moved_by_price(splits: pd.DataFrame) -> tuple[int, int]:
    """(k, n): in `k` of `n` rows of splits the price moved the multiple more than estimates did."""
    by_price = splits["price"].abs() > splits["revisions"].abs()
    return int(by_price.sum()), len(splits)


def clearly_below(betas: pd.DataFrame, bound: float) -> tuple[int, int]:
    """(k, n): of `n` long samples in `defensive.downside_betas`, `k` lie below `bound` whole.

    London miners are companies of the other rows once more, so they are not counted.
    """
    highs = betas.loc[betas["primary"].astype(bool) & (betas["kind"] != "london"), "hi"]
    return int((highs < bound).sum()), len(highs)


def sources_used(prices: pd.DataFrame) -> pd.DataFrame:
    """One row for each source of `prices` (the market's frame), by name; index `source`.

    Columns: `instruments`, how many; `first` and `last`, the dates of their prices; `known`, when
    the newest of them could be known (UTC).
    """
    by_source = prices.groupby("source", observed=True)
    return pd.DataFrame(
        {
            "instruments": by_source["instrument"].nunique(),
            "first": by_source["date"].min(),
            "last": by_source["date"].max(),
            "known": by_source["available_at"].max(),
        }
    ).sort_index()


def week_before(market: Market) -> dt.date:
    """The day a week before `as_of`, or the source's first session when that is later."""
    return max(market.as_of - dt.timedelta(weeks=1), market.source.first_session)


@dataclass(frozen=True, kw_only=True)
class BreadthHistory:
    """Share of companies above their own average by day, and the band it usually keeps to.

    `low` and `high` are the `USUAL` percentiles of `share` over the window; `n` is the number of
    companies counted on the last day. With none, `share` is empty and the others are missing.
    """

    share: pd.Series
    now: float
    low: float
    high: float
    n: int

    @property
    def standing(self) -> str:
        """Where today's share stands to the band: `above`, `below` or `within`."""
        if self.now > self.high:
            return "above"
        return "below" if self.now < self.low else "within"


def breadth_history(market: Market, method: Method) -> BreadthHistory:
    """Breadth of the covered companies over `history_years`, by total return in US dollars.

    Of the companies on the list on each day; those without dates are carried back, so the past is
    flattered. Empty when no company has the
    `min_observations` prices on the last day.
    """
    rules = method.breadth
    levels = market.total_return([one.id for one in market.universe.ever()])
    by_day = share_above_average(
        levels,
        days=rules.average_days,
        min_observations=rules.min_observations,
        counted=lambda flags: on_list(flags, market.universe),
    )
    start = pd.Timestamp(market.as_of) - pd.DateOffset(years=rules.history_years)
    known = by_day[by_day.index >= start].dropna()
    if known.empty or known.index[-1] < levels.index[-1]:
        return BreadthHistory(share=known["share"].iloc[:0], now=nan, low=nan, high=nan, n=0)
    share = known["share"]
    return BreadthHistory(
        share=share,
        now=float(share.iloc[-1]),
        low=float(share.quantile(USUAL[0])),
        high=float(share.quantile(USUAL[1])),
        n=int(known["n"].iloc[-1]),
    )
