"""How dear miners are: where each way to value them stands in its own history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from research.analysis.claims import least
from research.analysis.inference import n_eff_ar1, wilson
from research.analysis.multiples import Worth, month_ends, worth_at
from research.analysis.valuation import midrank_percentile, robust_z

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Bounds, Method

MONTHS_A_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Family:
    """One way to value companies; measures of different families share no input but the price."""

    id: str
    label: str
    words: str
    fmt: str


FAMILIES = (
    Family(
        id="multiple",
        label="EV/EBITDA, next 12 months",
        words="EV/EBITDA on the next twelve months",
        fmt="x1",
    ),
    Family(id="nav", label="P/NAV", words="price to net asset value", fmt="x2"),
    Family(
        id="metal",
        label="Shares against metal, to median",
        words="the price of the shares beside their metal",
        fmt="spct0",
    ),
)


class Standing(NamedTuple):
    """Where the last value of a history stands in it.

    `percentile` (fraction) with its interval `lo` to `hi`; `robust_z`; `n` values, which are worth
    `n_eff` independent ones.
    """

    value: float
    percentile: float
    robust_z: float
    n: int
    n_eff: float
    lo: float
    hi: float


class Families(NamedTuple):
    """History by family id (month-ends, the last is `as_of`); whether returns replace prices."""

    histories: dict[str, pd.Series]
    adjusted: bool


def families(
    market: Market, method: Method, groups: Sequence[str], worth: Worth | None = None
) -> Families:
    """The three histories of the companies of `groups` together, ten years of month-ends.

    `multiple` and `nav` are medians over the companies that are known today, missing when they are
    fewer than `coverage_to_test` of all, or in a month when fewer than that share of them is
    known. `metal` is the log of share prices over metal prices, see `relative_to_metal`. Days on
    which a company was bid for (`deal_windows`) are left out, so a company under offer today is.
    `worth` saves valuing the companies again.
    """
    ids = [one.id for group in groups for one in market.universe.companies(group)]
    months = month_ends(market, method)
    worth = worth_at(market, method, months, ids) if worth is None else worth
    relative, adjusted = relative_to_metal(market, method, groups)
    histories = {
        "multiple": _median(_unbid(worth.ev_ebitda[ids], market), method),
        "nav": _median(_unbid(worth.p_nav[ids], market), method),
        "metal": relative,
    }
    return Families(histories, adjusted)


def relative_to_metal(
    market: Market, method: Method, groups: Sequence[str]
) -> tuple[pd.Series, bool]:
    """Log ratio of the companies' equally weighted share prices to their groups' metals, in USD.

    Month-ends, nil in the first. Each month adds the mean, over companies, of log change of the
    share less mean log change of the metals of its group (equal parts), so a company that enters
    or leaves moves nothing. A month that fewer than `coverage_to_test` of companies or metals have
    breaks the history: only what comes after is given. Price stands against price; a company
    without a close now is taken by total return, and the second value says whether any is.
    """
    months = month_ends(market, method)
    share = method.inference.coverage_to_test
    steps, adjusted = [], False
    for group in (one for one in market.universe.sub_groups if one.id in groups and one.metals):
        ids = [one.id for one in market.universe.companies(group.id)]
        prices = market.closes(ids, unit="USD").frame.reindex(months, method="ffill")
        without = list(prices.columns[prices.iloc[-1].isna()])
        if without:
            returns = market.total_return(without).reindex(months, method="ffill")
            prices[without] = returns
            adjusted = adjusted or bool(returns.iloc[-1].notna().any())
        metals = market.total_return(list(group.metals)).reindex(months, method="ffill")
        basket = _mean(np.log(metals).diff(), least(share, len(group.metals)))
        steps.append(np.log(_unbid(prices, market)).diff().sub(basket, axis=0))
    if not steps:
        return pd.Series(np.nan, index=months), False
    every = pd.concat(steps, axis=1)
    step = _mean(every, least(share, every.shape[1])).iloc[1:]
    broken = step.index[step.isna()]
    start = broken[-1] if len(broken) else months[0]
    step = step[step.index > start]
    ratio = pd.concat([pd.Series(0.0, index=[start]), step.cumsum()]) if len(step) else step
    return ratio.reindex(months), adjusted


def standing(history: pd.Series, *, confidence: float = 0.90) -> Standing | None:
    """Mid-rank percentile and robust z of the last value in `history`; None when it is missing.

    `n_eff` is that of an AR(1) with the history's own lag-one autocorrelation, at least 1. The
    interval is Wilson's for so many independent values, so it is wide: it shows, and decides
    nothing.
    """
    known = history.dropna()
    if known.empty or np.isnan(history.iloc[-1]):
        return None
    value = float(known.iloc[-1])
    varies = known.nunique() > 1 and len(known) > 2
    rho = float(np.corrcoef(known[1:], known[:-1])[0, 1]) if varies and _moves(known) else 1.0
    n_eff = max(1.0, n_eff_ar1(len(known), min(max(rho, 0.0), 1.0)))
    percentile = midrank_percentile(known, value)
    interval = wilson(percentile * n_eff, n_eff, confidence=confidence)
    z = robust_z(known, value)
    return Standing(value, percentile, z, len(known), n_eff, interval.lo, interval.hi)


def standing_p(percentile: float, n_eff: float, bounds: Bounds) -> float:
    """One-sided p of the hypothesis that a place in history speaks against.

    Nearer to `support`: today is an ordinary draw of its own past, so max(1 − percentile,
    1/(n_eff + 1)), a rank among exchangeable values. Nearer to `contradiction`: the true place is
    at `support`; the binomial chance of as few of `n_eff` values below, and again no less than
    1/(n_eff + 1).
    """
    least_p = 1 / (n_eff + 1)
    if percentile >= (bounds.support + bounds.contradiction) / 2:
        return max(1 - percentile, least_p)
    below = percentile * n_eff
    chance = special.betainc(n_eff - below, below + 1, 1 - bounds.support)
    return max(float(chance), least_p)


STRIPS = (
    "group", "label", "family", "detail", "fmt", "value", "now", "last", "robust_z",
    "low", "median", "high", "n", "n_eff",
)  # fmt: skip


def valuation_strips(market: Market, method: Method) -> pd.DataFrame:
    """One row for each sub-group and family that has a history, for percentile strips.

    Columns: `group` (id) and its `label`; `family` (id) and its name, `detail`; `now` and `last`,
    the percentile (fraction) today and as it stood at the month-end before; `value` today in the
    format `fmt`, with `low`, `median` and `high`, the 10th, 50th and 90th percentile of the
    history in the same unit (against metal: fractions from the median); `robust_z`, `n`, `n_eff`.
    Histories shorter than `history_months_min` are left out.
    """
    every = worth_at(market, method, month_ends(market, method))
    rows: list[dict[str, object]] = []
    for group in market.universe.sub_groups:
        found = families(market, method, [group.id], every).histories
        for family in FAMILIES:
            history = found[family.id]
            now, last = (standing(one) for one in (history, history.iloc[:-1]))
            if now is None or now.n < method.valuation.history_months_min:
                continue
            shown = history
            if family.id == "metal":
                shown = np.exp(history - history.median()) - 1
            low, median, high = shown.quantile([0.10, 0.50, 0.90])
            rows.append(
                {
                    "group": group.id,
                    "label": group.label,
                    "family": family.id,
                    "detail": family.label,
                    "fmt": family.fmt,
                    "value": float(shown.iloc[-1]),
                    "now": now.percentile,
                    "last": last.percentile if last else np.nan,
                    "robust_z": now.robust_z,
                    "low": low,
                    "median": median,
                    "high": high,
                    "n": now.n,
                    "n_eff": now.n_eff,
                }
            )
    return pd.DataFrame(rows, columns=list(STRIPS))


def _unbid(table: pd.DataFrame, market: Market) -> pd.DataFrame:
    for company in table.columns:
        for window in market.universe[company].deal_windows:
            table.loc[pd.Timestamp(window.first) : pd.Timestamp(window.last), company] = np.nan
    return table


def _median(table: pd.DataFrame, method: Method) -> pd.Series:
    share = method.inference.coverage_to_test
    today = table.columns[table.iloc[-1].notna()]
    if len(today) < least(share, table.shape[1]):
        return pd.Series(np.nan, index=table.index)
    # Only companies that are known today: else who is missing would move the median.
    table = table[today]
    return table.median(axis=1).where(table.notna().sum(axis=1) >= least(share, len(today)))


def _mean(table: pd.DataFrame, at_least: int) -> pd.Series:
    return table.mean(axis=1).where(table.notna().sum(axis=1) >= at_least)


def _moves(known: pd.Series) -> bool:
    # Without variation on either side there is no correlation to speak of.
    return bool(np.ptp(known.to_numpy()[1:]) and np.ptp(known.to_numpy()[:-1]))
