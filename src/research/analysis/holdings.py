"""What funds hold: their weight in a group of shares beside that of their benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from research.analysis.inference import Estimate
from research.analysis.returns import level_at

if TYPE_CHECKING:
    import datetime as dt

    from research.market import Market
    from research.params.models import Method


def active_weights(ownership: pd.DataFrame, group: str) -> pd.DataFrame:
    """Weight − benchmark weight (fractions), day of holding × fund, as last published."""
    rows = ownership[ownership["group"] == group].sort_values(["date", "available_at"])
    rows = rows.drop_duplicates(["fund", "date"], keep="last")
    rows = rows.assign(active=rows["weight"] - rows["benchmark_weight"])
    return rows.pivot(index="date", columns="fund", values="active").dropna(how="all")


def held_on(table: pd.DataFrame, day: dt.date, method: Method) -> pd.Series:
    """Each fund's newest row of `active_weights` at `day`; one that the gate calls old is out."""
    return level_at(table, day, fresh_days=days_allowed(method)).dropna()


def days_allowed(method: Method) -> int:
    """How old holdings may be: what the gate says, or a century where it says nothing."""
    return method.gates.stale_days_by_dataset.get("ownership", 36_500)


def mean_over_funds(held: pd.Series, *, confidence: float) -> Estimate:
    """Mean of `held`, one number a fund, and its t interval; at least two funds."""
    mean, error = float(held.mean()), float(held.std(ddof=1)) / sqrt(len(held))
    reach = float(special.stdtrit(len(held) - 1, (1 + confidence) / 2)) * error
    return Estimate(mean, mean - reach, mean + reach)


def history_of(table: pd.DataFrame, method: Method) -> pd.Series:
    """Mean active weight of the funds of `table` at each quarter's end, the latest one last.

    Quarters are laid back from the last holdings over `history_years`. A quarter counts when
    `funds_min` of the funds had holdings that the gate would not call stale.
    """
    rules = method.positioning
    last = table.index[-1] + pd.offsets.MonthEnd(0)
    ends = pd.date_range(end=last, periods=4 * rules.history_years + 1, freq="3ME")
    standing = {day: held_on(table, day, method) for day in ends}
    means = {day: one.mean() for day, one in standing.items() if len(one) >= rules.funds_min}
    return pd.Series(means, dtype=float).round(10)  # equal means are equal, whatever a float says


def spells_after(market: Market, method: Method, group: str, ids: Sequence[str]) -> pd.DataFrame:
    """Spells of `outlook.horizon_weeks` without overlap, from days on which holdings came out.

    Index `date`, the day a spell begins. Columns: `active_weight` (fraction, mean over funds of
    the newest holdings known that day) and `relative_return` (fraction, USD, total return: the
    companies `ids`, equally weighted, less the benchmark). A spell that is not over, or lacks a
    price at either end, is left out.
    """
    rows = market.frame("ownership")
    published = _Published(rows[rows["group"] == group])
    benchmark = market.universe.roles["benchmark"]
    levels = market.total_return([*ids, benchmark], fill_days=0)
    spell = pd.Timedelta(weeks=method.outlook.horizon_weeks)
    fresh, oldest = method.sampling.fresh_days, pd.Timedelta(days=days_allowed(method))
    found, free = [], pd.Timestamp.min
    for day in published.days:
        if day < free or day + spell > pd.Timestamp(market.as_of):
            continue
        start, end = (level_at(levels, one, fresh_days=fresh) for one in (day, day + spell))
        moves = end / start - 1
        relative = float(moves.iloc[:-1].mean() - moves.iloc[-1])
        if isnan(relative):
            continue
        weights = published.held_on(day, oldest)
        if len(weights) >= method.positioning.funds_min:
            found.append((pd.Timestamp(day), float(weights.mean()), relative))
            free = day + spell
    columns = ["date", "active_weight", "relative_return"]
    return pd.DataFrame(found, columns=columns).set_index("date")


class _Published:
    """Holdings of one group as they were known on many days, by fund, day and publication."""

    def __init__(self, rows: pd.DataFrame) -> None:
        funds, _ = pd.factorize(rows["fund"], sort=True)
        order = np.lexsort((rows["available_at"], rows["date"], funds))
        known = rows["available_at"].dt.tz_localize(None).dt.normalize()
        self.days = sorted(known.unique())
        self._fund, self._known = funds[order], known.to_numpy()[order]
        self._date = rows["date"].to_numpy()[order]
        self._active = (rows["weight"] - rows["benchmark_weight"]).to_numpy(dtype=float)[order]

    def held_on(self, day: pd.Timestamp, oldest: pd.Timedelta) -> pd.Series:
        """As `held_on` of the `active_weights` known at `day`, without the names of the funds."""
        end, start = day.to_numpy(), (day - oldest).to_numpy()
        rows = (self._known <= end) & (self._date >= start) & (self._date <= end)
        fund, date, active = self._fund[rows], self._date[rows], self._active[rows]
        given = _last(fund, date) & ~np.isnan(active)
        fund, active = fund[given], active[given]
        return pd.Series(active[_last(fund)])


def _last(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """True at the last of the rows that are alike in `columns`, which are in order."""
    last = np.ones(len(columns[0]), dtype=bool)
    last[:-1] = np.any([one[1:] != one[:-1] for one in columns], axis=0)
    return last
