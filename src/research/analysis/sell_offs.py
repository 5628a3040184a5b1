"""Sell-offs: what miners and metals did in fixed crises, and in each large fall of the market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from research.analysis.baskets import Basket, baskets, part
from research.analysis.claims import least
from research.analysis.members import absent
from research.analysis.returns import drawdown, total_return

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from research.market import Market
    from research.params.models import Method


BENCHMARK = "benchmark"
KINDS = ("fund", "sub-group", "london", "metal")


class CrisisTable(NamedTuple):
    """Total returns in USD (fractions) by series id (rows) and crisis label (columns).

    `about` has `label` and `kind` of each series: `fund`, `sub-group`, `london`, `metal` or
    `benchmark`. `relative` is the return minus the benchmark's. A cell is missing when the series
    did not exist at the window's start, when the window was not over by `as_of`, and for a share
    that was under offer in it: no window is counted in part. A basket needs `coverage_to_test` of
    its members.
    """

    about: pd.DataFrame
    returns: pd.DataFrame
    relative: pd.DataFrame


def crisis_table(market: Market, method: Method, *, kinds: Collection[str] = KINDS) -> CrisisTable:
    """What each sector fund, sub-group, metal and the benchmark returned in each fixed crisis.

    Windows are `method.crises`: from the last level on or before `first` to the last on or before
    `last`. Sub-groups and the London miners are the companies on the list at the start of the
    window, bought in equal parts then; those without dates are today's, which flatters. `kinds`
    leaves out what is not asked for.
    """
    series = _series(market, kinds)
    levels = market.total_return(_ids(series), fill_days=0)
    found = {
        crisis.label: _between(levels, series, market, crisis.first, crisis.last)
        for crisis in method.crises
    }
    return _table(market, series, found)


def fell_less(relative: pd.Series) -> tuple[int, int]:
    """(k, n): in `k` of `n` known windows the series fell less than the benchmark."""
    known = relative.dropna()
    return int((known.round(9) > 0).sum()), len(known)


def sell_offs(market: Market, method: Method) -> CrisisTable:
    """Every fall of the benchmark by `benchmark_drawdown` or more, from its peak to its trough.

    As `crisis_table`, with the peak's date as the column. Series that did not exist at the peak
    are missing. An episode lasts until the benchmark is back at its peak, so that a second leg
    down without a new high in between belongs to the first.
    """
    benchmark = part(market, "benchmark")
    series = _series(market, KINDS)
    levels = market.total_return(_ids(series), fill_days=0)
    own = levels[benchmark.id].dropna() if benchmark else pd.Series(dtype=float)
    found = episodes(own, depth=method.defensive.benchmark_drawdown)
    windows = zip(found.index, found["trough"], strict=True)
    return _table(
        market,
        series,
        {peak: _between(levels, series, market, peak, trough) for peak, trough in windows},
    )


def episodes(levels: pd.Series, *, depth: float) -> pd.DataFrame:
    """Falls of `levels` (complete, on rising dates) by at least `depth` (fraction) below a peak.

    One row for each, index `peak` (the last date of the high); columns `trough` (date of the
    lowest level before a new high), `recovered` (date of the first level at or above the peak,
    missing while it is under water) and `fall` (fraction, < 0).
    """
    under = drawdown(levels)
    rows = []
    for _, spell in under.groupby((under == 0).cumsum()):
        fall = float(spell.min())
        if round(fall + depth, 9) > 0:
            continue
        later = under.index[under.index > spell.index[-1]]
        rows.append(
            {
                "peak": spell.index[0],
                "trough": spell.idxmin(),
                "recovered": later[0] if len(later) else pd.NaT,
                "fall": fall,
            }
        )
    return pd.DataFrame(rows, columns=["peak", "trough", "recovered", "fall"]).set_index("peak")


def _series(market: Market, kinds: Collection[str]) -> list[Basket]:
    metals = [one for one in (part(market, role) for role in ("gold", "silver")) if one]
    benchmark = part(market, "benchmark")
    found = [
        *baskets(market.universe),
        *(Basket(one.id, one.label, "metal", (one.id,)) for one in metals),
        *([Basket(benchmark.id, benchmark.label, BENCHMARK, (benchmark.id,))] if benchmark else []),
    ]
    return [one for one in found if one.kind in (*kinds, BENCHMARK)]


def _ids(series: Sequence[Basket]) -> list[str]:
    return list(dict.fromkeys(member for one in series for member in one.members))


def _between(
    levels: pd.DataFrame, series: Sequence[Basket], market: Market, first: object, last: object
) -> pd.Series:
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    if end > pd.Timestamp(market.as_of):
        return pd.Series(np.nan, index=[one.id for one in series])
    fresh = market.method.sampling.fresh_days
    moves = total_return(levels, start, end, fresh_days=fresh)
    for company in market.universe.ever():
        if any(
            pd.Timestamp(bid.first) <= end and pd.Timestamp(bid.last) >= start
            for bid in company.deal_windows
        ):
            moves[company.id] = np.nan
    share, by_id = market.method.inference.coverage_to_test, moves.to_dict()
    elsewhere = absent(market.universe, start)
    held = {one.id: [by_id[key] for key in one.members if key not in elsewhere] for one in series}
    return pd.Series({key: _mean_of_most(members, share) for key, members in held.items()})


def _mean_of_most(moves: Sequence[float], share: float) -> float:
    """As `baskets.mean_of_most`, of one column."""
    known = [one for one in moves if one == one]
    enough = known and len(known) >= least(share, len(moves))
    return float(np.nansum(moves) / len(known)) if enough else float("nan")


def _table(market: Market, series: Sequence[Basket], found: dict[Any, pd.Series]) -> CrisisTable:
    order = [one.id for one in series]
    returns = pd.DataFrame(found, index=order, columns=list(found), dtype=float)
    benchmark = part(market, "benchmark")
    against = returns.loc[benchmark.id] if benchmark else np.nan
    about = pd.DataFrame(
        {"label": [one.label for one in series], "kind": [one.kind for one in series]}, index=order
    )
    return CrisisTable(about, returns, returns - against)
