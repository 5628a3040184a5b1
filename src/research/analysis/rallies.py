"""Run-ups of the past: the weeks in which a group of miners had risen fast.

What came after stands in `aftermath`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.claims import least
from research.analysis.members import on_list, size
from research.analysis.returns import WEEK, weekly_returns

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method, RunUps

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Weekly log total returns (USD): `logs`, week × group, and the `benchmark`'s, same weeks."""

    logs: pd.DataFrame
    benchmark: pd.Series
    labels: dict[str, str]

    @property
    def last_week(self) -> pd.Timestamp:
        """The Friday of the last complete week."""
        return self.logs.index[-1]


def groups(market: Market, method: Method, about: Sequence[str] = ()) -> Groups:
    """The groups in which run-ups are looked for: sub-groups or instruments `about`.

    By default the funds of the diversified and the gold miners and every sub-group. A sub-group is
    an equally weighted basket of each week's companies without their deal windows; those without
    dates are carried back, so survivorship flatters it. A week in which fewer than
    `coverage_to_test` of them have a return is missing. Gaps in prices are filled for
    `gates.fill_days` sessions.
    """
    universe, roles = market.universe, market.universe.roles
    labels = {one.id: one.label for one in universe.sub_groups}
    members = {one: [company.id for company in universe.ever(one)] for one in labels}
    funds = [roles[part] for part in ("diversified", "gold_miners") if part in roles]
    wanted = list(about) or [*funds, *labels]
    benchmark = roles.get("benchmark")
    ids = [key for one in wanted for key in members.get(one, [one])]
    levels = market.total_return([*dict.fromkeys([*ids, *([benchmark] if benchmark else [])])])
    returns = on_list(weekly_returns(levels), universe)
    for company in universe.ever():
        for window in company.deal_windows:
            if company.id in returns:
                last = pd.Timestamp(window.last) + WEEK - pd.Timedelta(days=1)
                returns.loc[pd.Timestamp(window.first) : last, company.id] = np.nan
    share = method.inference.coverage_to_test
    series = {
        one: _basket(returns[members[one]], share, size(members[one], universe, returns.index))
        if one in members
        else returns[one]
        for one in wanted
    }
    logs = np.log1p(pd.DataFrame(series, index=returns.index, columns=wanted, dtype=float))
    none = pd.Series(np.nan, index=returns.index)
    return Groups(
        logs=logs,
        benchmark=np.log1p(returns[benchmark]) if benchmark else none,
        labels={one: labels.get(one) or universe[one].label for one in wanted},
    )


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A run-up: `gain` or more (fraction) over `weeks`, `gap` weeks or more after the last one.

    With `net`, the gain over the benchmark must reach it as well.
    """

    weeks: int
    gain: float
    gap: int
    net: bool = False


def mild(rules: RunUps) -> Definition:
    """The run-up of half a year, which the claim is tested by."""
    return Definition(weeks=rules.mild_window_weeks, gain=rules.mild_gain, gap=rules.mild_gap_weeks)


def strong(rules: RunUps) -> Definition:
    """The run-up of two years, raw and net of the market (Greenwood, Shleifer and You 2019)."""
    return Definition(weeks=rules.window_weeks, gain=rules.gain, gap=rules.gap_weeks, net=True)


def gain_over(logs: Any, weeks: int) -> Any:
    """Return (fraction) of the `weeks` weeks up to each week; missing when one of them is."""
    return np.expm1(logs.rolling(weeks).sum()).round(12)  # 130 after 100 is a gain of 30 %


def run_up_events(found: Groups, definition: Definition) -> pd.DataFrame:
    """The weeks in which a run-up was first reached, one row each, by week and then by group.

    Columns: `group`, `label`, `week` (a Friday), `gain` (fraction over the window), `own`, which
    marks the run-up of today: one that began less than a gap ago cannot be told from it, and most
    of what came after is not known yet. The week before must be known and below the threshold.
    """
    gain = gain_over(found.logs, definition.weeks)
    least_gain = gain
    if definition.net:
        net = gain.sub(gain_over(found.benchmark, definition.weeks), axis=0)
        least_gain = gain.where(gain <= net, net).where(net.notna())
    reached = least_gain >= definition.gain
    below = least_gain.notna() & ~reached
    begun = (reached & below.shift(1, fill_value=False)).to_numpy()
    rows = [
        (week, column)
        for column in range(begun.shape[1])
        for week in _apart(np.flatnonzero(begun[:, column]), definition.gap)
    ]
    rows.sort()
    own = len(found.logs) - 1 - definition.gap
    return pd.DataFrame(
        {
            "group": [found.logs.columns[column] for _, column in rows],
            "label": [found.labels[found.logs.columns[column]] for _, column in rows],
            "week": pd.DatetimeIndex([found.logs.index[week] for week, _ in rows]),
            "gain": [float(gain.iat[week, column]) for week, column in rows],
            "own": [week > own for week, _ in rows],
        }
    )


def _basket(returns: pd.DataFrame, share: float, wanted: pd.Series) -> pd.Series:
    enough = returns.notna().sum(axis=1) >= wanted.map(
        {n: least(share, n) for n in wanted.unique()}
    )
    return returns.mean(axis=1).where(enough)


def _apart(weeks: Array, gap: int) -> list[int]:
    kept: list[int] = []
    for week in weeks:
        if not kept or week - kept[-1] >= gap:
            kept.append(int(week))
    return kept
