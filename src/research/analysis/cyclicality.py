"""Cyclical or not: what miners' returns go with, and how that has changed over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.baskets import (
    WEEKS_A_YEAR,
    basket_returns,
    baskets,
    part,
    weekly_excess,
)
from research.analysis.regression import least_squares
from research.analysis.returns import monthly_returns, weekly, weekly_returns
from research.analysis.risk import beta, capture, downside_beta, safe_haven, upside_beta

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

MONTHS_A_YEAR = 12


def secondary_measures(market: Market, method: Method) -> pd.DataFrame:
    """What stands beside the downside beta, for each sector fund and basket with enough weeks.

    Index basket id; columns `label`, `kind` (of `Basket`), `n` (weeks), `beta`, `downside_beta`,
    `upside_beta`, `capture_up` and `capture_down` (benchmark = 100, months), `beta_on_worst_weeks`
    (b + c of the safe-haven regression, on the worst `safe_haven_quantile` of weeks), the
    correlations of weekly returns with `gold` and `copper` and with weekly changes of VIX,
    `with_gold`, `with_copper`, `with_vix`, and `with_activity` (see `with_activity`). Weekly total
    returns in USD over the bill, `primary_years` or what there is; missing where the other side is.
    """
    chosen = [one for one in baskets(market.universe) if one.members]
    ids = list(dict.fromkeys(member for one in chosen for member in one.members))
    benchmark = part(market, "benchmark")
    columns = [
        "label", "kind", "n", "beta", "downside_beta", "upside_beta", "capture_up", "capture_down",
        "beta_on_worst_weeks", "with_gold", "with_copper", "with_vix", "with_activity",
    ]  # fmt: skip
    if benchmark is None:
        return pd.DataFrame(columns=columns)
    excess = weekly_excess(market, [benchmark.id, *ids]).iloc[-_weeks(method) :]
    levels = market.total_return([benchmark.id, *ids], fill_days=0)
    months = monthly_returns(levels[levels.index >= excess.index[0]]) if len(excess) else levels
    world, world_months = excess[benchmark.id], months[benchmark.id]
    groups = basket_returns(excess, chosen, market, days=7)
    monthly = basket_returns(months, chosen, market, days=31)
    others = other_moves(market).reindex(excess.index)
    activity = with_activity(market, method)
    rows = {}
    for one in chosen:
        r = groups[one.id]
        n = int((r.notna() & world.notna()).sum())
        if n < method.inference.n_min:
            continue
        captured = capture(monthly[one.id], world_months)
        haven = safe_haven(r, world, quantile=method.defensive.safe_haven_quantile)
        rows[one.id] = {
            "label": one.label,
            "kind": one.kind,
            "n": n,
            "beta": beta(r, world),
            "downside_beta": downside_beta(r, world),
            "upside_beta": upside_beta(r, world),
            "capture_up": captured.up,
            "capture_down": captured.down,
            "beta_on_worst_weeks": haven.b_plus_c,
            **{f"with_{name}": correlation(r, others[name]) for name in others},
            "with_activity": activity["correlation"].get(one.id, np.nan),
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def nearer_copper(measures: pd.DataFrame) -> tuple[int, int]:
    """(k, n): of `n` rows of `secondary_measures`, `k` correlate more with copper than with gold.

    Rows without either correlation are not counted, nor are London miners, which are companies of
    the other rows once more.
    """
    known = measures[measures["kind"] != "london"].dropna(subset=["with_gold", "with_copper"])
    return int((known["with_copper"] > known["with_gold"]).sum()), len(known)


def other_moves(market: Market) -> pd.DataFrame:
    """Weekly returns of `gold` and `copper` (fractions) and changes of `vix` (points), by Friday.

    A column is missing throughout where the universe or the source has no such series.
    """
    found = {}
    for name, role in (("gold", "gold"), ("copper", "copper"), ("vix", "volatility")):
        one = part(market, role)
        if one is None:
            found[name] = pd.Series(dtype=float)
            continue
        levels = market.closes([one.id], fill_days=0, rolled=True).frame[one.id]
        found[name] = weekly(levels).diff() if name == "vix" else weekly_returns(levels)
    return pd.DataFrame(found).astype(float)


def correlation(one: pd.Series, other: pd.Series) -> float:
    """Correlation of two series on the dates they share; missing without variance or dates."""
    pair = pd.concat([one, other], axis=1, join="inner").dropna()
    if len(pair) < 3 or not np.ptp(pair.to_numpy(), axis=0).all():
        return float("nan")
    return float(pair.iloc[:, 0].corr(pair.iloc[:, 1]))


def with_activity(market: Market, method: Method) -> pd.DataFrame:
    """Cyclicality as MSCI measures it: does relative performance go with economic activity?

    Correlation, month by month over `primary_years`, of the basket's total return over the last
    twelve months, less the benchmark's, with the change over the same twelve months of the
    instrument in the role `activity` (a leading indicator). Index basket id; columns
    `label`, `correlation`, `months` and `n_eff`, the months that share no week with another: with
    ten of them this is a description. No rows without the indicator. Months whose indicator was
    not yet published by `as_of` are not known. Source: MSCI, research bulletin, November 2009.
    """
    columns = ["label", "correlation", "months", "n_eff"]
    indicator, benchmark = part(market, "activity"), part(market, "benchmark")
    if indicator is None or benchmark is None:
        return pd.DataFrame(columns=columns)
    published = _published(market, indicator.id)
    if published.empty:
        return pd.DataFrame(columns=columns)
    cycle = published.pct_change(MONTHS_A_YEAR, fill_method=None)
    chosen = [one for one in baskets(market.universe) if one.members]
    ids = list(dict.fromkeys(member for one in chosen for member in one.members))
    months = monthly_returns(market.total_return([benchmark.id, *ids], fill_days=0))
    groups = basket_returns(months, chosen, market, days=31)
    last = method.sampling.primary_years * MONTHS_A_YEAR
    rows = {}
    for one in chosen:
        ahead = _year(groups[one.id]) - _year(months[benchmark.id])
        pair = pd.concat([ahead, cycle], axis=1, join="inner").dropna().iloc[-last:]
        if len(pair) < method.inference.n_min:
            continue
        rows[one.id] = {
            "label": one.label,
            "correlation": correlation(pair.iloc[:, 0], pair.iloc[:, 1]),
            "months": len(pair),
            "n_eff": len(pair) / MONTHS_A_YEAR,
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def rolling_downside_beta(
    market: Market, method: Method, *, role: str = "diversified"
) -> pd.DataFrame:
    """Downside beta of the fund in `role` over `rolling_weeks`, ending each week.

    Index Friday; columns `estimate`, `lo`, `hi`: a band of Newey–West errors at `confidence`,
    which is an approximation, for a chart; the verdict rests on the bootstrap. Weeks in which
    fund or benchmark have no return are left out, so a window then reaches further back.
    """
    from scipy.special import ndtri

    fund, benchmark = part(market, role), part(market, "benchmark")
    columns = ["estimate", "lo", "hi"]
    if fund is None or benchmark is None:
        return pd.DataFrame(columns=columns, dtype=float)
    weeks = weekly_excess(market, [fund.id, benchmark.id]).dropna()
    length = method.defensive.rolling_weeks
    half = float(ndtri((1 + method.inference.confidence) / 2))
    r, m = weeks.to_numpy().T
    rows = {}
    for end in range(length, len(weeks) + 1):
        here = slice(end - length, end)
        below = m[here] < m[here].mean()
        fit = least_squares(r[here][below], m[here][below])
        slope, error = fit.coefficients[1], fit.errors[1]
        rows[weeks.index[end - 1]] = (slope, slope - half * error, slope + half * error)
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)


def _published(market: Market, id: str) -> pd.Series:
    """The indicator's monthly mean by month-end, of the dates it is dated, not of sessions."""
    rows = market.price_rows(id)
    levels = pd.Series(rows["close"].to_numpy(), index=pd.DatetimeIndex(rows["date"])).dropna()
    return levels.resample("ME").mean() if len(levels) else levels


def _year(months: pd.Series) -> pd.Series:
    grown = np.log1p(months).rolling(MONTHS_A_YEAR).sum()
    return pd.Series(np.expm1(grown), index=months.index)


def _weeks(method: Method) -> int:
    return method.sampling.primary_years * WEEKS_A_YEAR
