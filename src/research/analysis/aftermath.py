"""What came after the run-ups of `rallies`: returns, falls from a peak, paths, random dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.rallies import Groups, gain_over, groups, mild, run_up_events
from research.analysis.returns import WEEK

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method, RunUps

Array = NDArray[Any]
BASE = 100.0  # what every path begins with


def outcomes(
    events: pd.DataFrame, found: Groups, rules: RunUps, horizons: Sequence[int]
) -> pd.DataFrame:
    """What came after each event, in rows as `events`; missing where it is not known.

    Columns, all fractions: `return_<h>` and `excess_<h>` (over the benchmark) of the `h` weeks
    after, and `drawdown` and `mild_drawdown`, the largest fall (≤ 0) from a peak since the event
    within `crash_weeks` and `mild_crash_weeks`, week by week.
    """
    at = _places(events, found)
    table: dict[str, Array] = {}
    for weeks in horizons:
        forward = forward_returns(found.logs, weeks)
        market = forward_returns(found.benchmark, weeks).to_numpy()
        table[f"return_{weeks}"] = forward.to_numpy()[at]
        table[f"excess_{weeks}"] = table[f"return_{weeks}"] - market[at[0]]
    for name, weeks in (("drawdown", rules.crash_weeks), ("mild_drawdown", rules.mild_crash_weeks)):
        table[name] = _largest_falls(found.logs.to_numpy(), at, weeks)
    return pd.DataFrame(table, index=events.index)


def forward_returns(logs: Any, weeks: int) -> Any:
    """Return (fraction) of the `weeks` weeks after each week; missing where one of them is."""
    return gain_over(logs, weeks).shift(-weeks)


def windows_apart(weeks: Sequence[pd.Timestamp], apart: int) -> Array:
    """Number of the calendar window of each of the rising `weeks`: 0, 0, 1, …

    A window opens with the first event that lies `apart` weeks or more after the last opening, so
    that events of several groups in one rally count as one.
    """
    numbers: list[int] = []
    opened = None
    for week in weeks:
        if opened is None or week - opened >= apart * WEEK:
            opened = week
            numbers.append(numbers[-1] + 1 if numbers else 0)
        else:
            numbers.append(numbers[-1])
    return np.asarray(numbers, dtype=int)


def placebo_means(
    forward: pd.DataFrame, columns: Sequence[str], windows: Array, *, draws: int, seed: int
) -> Array:
    """Mean forward return of the events, had each calendar window been a random week instead.

    `forward` is week × group; `columns` and `windows` say the group and the calendar window of
    each event. The events of one window move together, which keeps what they have in common.
    """
    random = np.random.default_rng(seed)
    values, where = forward.to_numpy(), forward.columns.get_indexer(columns)
    total, count = np.zeros(draws), np.zeros(draws)
    for window in np.unique(windows):
        side = values[:, where[windows == window]]
        known = side[~np.isnan(side).all(axis=1)]
        picked = known[random.integers(len(known), size=draws)]
        total += np.nansum(picked, axis=1)
        count += np.sum(~np.isnan(picked), axis=1)
    return total / count


@dataclass(frozen=True, kw_only=True)
class EventPaths:
    """Total return (USD) from the week of each mild run-up on, which is 100.

    `paths` has weeks 0, 1, … as index and one column for each past run-up; `current` the same for
    those of today, which are missing after the last week. `events` has a row for each column of
    the two: `group`, `label`, `week`, `gain`, `own`.
    """

    paths: pd.DataFrame
    current: pd.DataFrame
    events: pd.DataFrame


def event_paths(market: Market, method: Method) -> EventPaths:
    """Every mild run-up and what came after, to the longest of `horizons_weeks`.

    Columns are named by group and Friday, such as `gold-senior 2009-04-10`.
    """
    rules = method.run_ups
    found = groups(market, method)
    events = run_up_events(found, mild(rules))
    events.index = pd.Index([f"{one.group} {one.week:%Y-%m-%d}" for one in events.itertuples()])
    weeks = max(rules.horizons_weeks)
    logs = found.logs.to_numpy()
    table = np.full((weeks + 1, len(events)), np.nan)
    for number, (row, column) in enumerate(zip(*_places(events, found), strict=True)):
        after = np.concatenate([[0.0], logs[row + 1 : row + 1 + weeks, column]])
        table[: after.size, number] = BASE * np.exp(np.cumsum(after))
    paths = pd.DataFrame(table, columns=events.index).rename_axis("week")
    own = events["own"].to_numpy(dtype=bool)
    return EventPaths(paths=paths.loc[:, ~own], current=paths.loc[:, own], events=events)


def _places(events: pd.DataFrame, found: Groups) -> tuple[Array, Array]:
    return (
        found.logs.index.get_indexer(events["week"]),
        found.logs.columns.get_indexer(events["group"]),
    )


def _largest_falls(logs: Array, at: tuple[Array, Array], weeks: int) -> Array:
    falls = np.full(len(at[0]), np.nan)
    for number, (row, column) in enumerate(zip(*at, strict=True)):
        after = logs[row + 1 : row + 1 + weeks, column]
        if after.size == weeks:
            path = np.concatenate([[0.0], np.cumsum(after)])
            falls[number] = np.expm1(np.min(path - np.maximum.accumulate(path))).round(12)
    return falls
