"""How often it lasted before: past windows, without overlap, in which each event came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.inference import jeffreys
from research.analysis.returns import drawdown, weekly

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

PROXIES = ("diversified", "gold_miners")  # the headline, and the second line
COLUMNS = ["event", "proxy", "label", "weeks", "k", "n", "p0", "lo", "hi"]


def event_base_rates(market: Market, method: Method) -> pd.DataFrame:
    """Base rates of the three events of DOMAIN §D.1, one row for each event and proxy.

    Columns: `event` (E1 total return above nil, E2 no drawdown of `drawdown_event`, E3 ahead of
    the benchmark), `proxy` (instrument), its `label`, `weeks` of a window, `k` of `n` windows,
    `p0` with its Jeffreys interval `lo`, `hi`; missing without a window. A part that the universe
    does not name has no rows.
    """
    roles, rules = market.universe.roles, method.outlook
    ids = [roles[part] for part in (*PROXIES, "benchmark") if part in roles]
    levels = market.total_return(ids, fill_days=0)
    rows = []
    for proxy in (roles[part] for part in PROXIES if part in roles):
        own = levels[proxy].dropna()
        counts = {
            "E1": (rules.horizon_weeks, base_rate(own, rules.horizon_weeks)),
            "E2": (
                rules.scenario_weeks,
                held_rate(own, rules.scenario_weeks, limit=rules.drawdown_event),
            ),
        }
        if "benchmark" in roles:
            both = levels[[proxy, roles["benchmark"]]].dropna()
            ahead = ahead_rate(both[proxy], both[roles["benchmark"]], rules.horizon_weeks)
            counts["E3"] = (rules.horizon_weeks, ahead)
        for event, (weeks, (k, n)) in counts.items():
            rate = jeffreys(k, n, confidence=method.inference.confidence) if n else (None,) * 3
            label = market.universe[proxy].label
            rows.append((event, proxy, label, weeks, k, n, *rate))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"p0": float, "lo": float, "hi": float})


def base_rate(levels: pd.Series, weeks: int) -> tuple[int, int]:
    """(k, n): of `n` windows of `weeks` weeks without overlap, `k` had a return above nil.

    Daily total-return levels. Windows are laid from the first Friday on, so that the count changes
    only when another window is complete; one with a missing end is left out.
    """
    returns = _window_returns(levels, weeks).dropna()
    return int((returns > 0).sum()), len(returns)


def ahead_rate(levels: pd.Series, benchmark: pd.Series, weeks: int) -> tuple[int, int]:
    """(k, n): in `k` of `n` such windows the return was above that of `benchmark`."""
    apart = (_window_returns(levels, weeks) - _window_returns(benchmark, weeks)).dropna()
    return int((apart > 0).sum()), len(apart)


def held_rate(levels: pd.Series, weeks: int, *, limit: float) -> tuple[int, int]:
    """(k, n): in `k` of `n` such windows no daily level lay `limit` or more below a peak in it.

    The peak starts as the level at the window's start; the end may have no level of its own week.
    """
    ends = _window_ends(levels, weeks)
    known = levels.dropna()
    held = []
    for start, end in zip(ends.index, ends.index[1:], strict=False):
        if pd.isna(ends[start]) or pd.isna(ends[end]):
            continue
        # The last level on or before the Friday is where the window starts.
        first = known.index[known.index.searchsorted(start, side="right") - 1]
        # 80 after 100 is a fall of 20 %, whatever binary makes of it.
        held.append(round(float(drawdown(known[first:end]).min()), 12) > -limit)
    return sum(held), len(held)


def _window_returns(levels: pd.Series, weeks: int) -> pd.Series:
    return _window_ends(levels, weeks).pct_change(fill_method=None).iloc[1:]


def _window_ends(levels: pd.Series, weeks: int) -> pd.Series:
    return weekly(levels).iloc[::weeks]
