"""The cone: simulated paths of a level, its quantiles by week, the shares of three scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.inference import bootstrap_rows, mean_block
from research.analysis.outlook import jeffrey_weights
from research.analysis.returns import weekly
from research.errors import UsageError

if TYPE_CHECKING:
    from research.analysis.outlook import Outlook
    from research.market import Market
    from research.params.models import CrashStep, Method

Array = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
BANDS = (0.50, 0.90)  # shares of the paths between the inner and the outer pair of quantiles
WEEKS_A_YEAR = 52


@dataclass(frozen=True, kw_only=True)
class Cone:
    """Quantiles of the level by week (start = 1), scenario shares, and P(rise) as simulated.

    `quantiles` has weeks 0…n as index and 0.05, 0.25, 0.50, 0.75, 0.95 as columns. `shares` of
    `extends`, `consolidates` and `reverses` sum to 1.
    """

    quantiles: pd.DataFrame
    shares: dict[str, float]
    p_simulated: float


def cone(
    levels: pd.Series,
    method: Method,
    *,
    seed: int,
    p: float | None = None,
    bill_annual: float = 0.0,
) -> Cone:
    """Stationary bootstrap of weekly log returns of a daily total-return level (DOMAIN §B.2, §D.3).

    The last `primary_years` of returns lose their mean and drift at the bill's yield plus
    `drift_annual` (fractions a year) instead. With `p`, paths are reweighted so that the
    probability of a rise over the horizon is `p`. Refused below `n_min` weeks.
    """
    rules = method.outlook
    closes = weekly(levels.dropna()).dropna()
    logs = np.diff(np.log(closes.to_numpy()))[-method.sampling.primary_years * WEEKS_A_YEAR :]
    if logs.size < method.inference.n_min:
        raise UsageError(
            f"a cone needs at least {method.inference.n_min} weekly returns; {logs.size} are known."
        )
    paths = simulate(
        logs,
        weeks=rules.scenario_weeks,
        paths=rules.paths,
        seed=seed,
        block=mean_block(logs, floor_at=method.inference.mean_block_weeks_min),
        drift=np.log1p(bill_annual + rules.drift_annual) / WEEKS_A_YEAR,
    )
    at_horizon = paths[:, rules.horizon_weeks] - 1
    weights = np.full(rules.paths, 1 / rules.paths)
    if p is not None:
        weights = jeffrey_weights(at_horizon, p)
    end = paths[:, -1] - 1
    extends = float(weights[end > rules.extends_above].sum())
    reverses = float(weights[end < rules.reverses_below].sum())
    return Cone(
        quantiles=weighted_quantiles(paths, weights),
        shares={
            "extends": extends,
            "consolidates": max(0.0, 1 - extends - reverses),
            "reverses": reverses,
        },
        p_simulated=float((at_horizon > 0).mean()),
    )


@dataclass(frozen=True, kw_only=True)
class Scenarios:
    """The cone of the diversified proxy as an exhibit wants it: dates, with today as 100.

    `history` is the year before; `quantiles` run to the end of the scenario window; `bounds` are
    the levels that part the three scenarios, and `shares` their probabilities.
    """

    history: pd.Series
    quantiles: pd.DataFrame
    bounds: dict[str, tuple[float | None, float | None]]
    shares: dict[str, float]

    @property
    def middle(self) -> tuple[float, float]:
        """Between which levels the middle half of the paths ends; NaN without a cone."""
        if self.quantiles.empty:
            return (nan, nan)
        last = self.quantiles.iloc[-1]
        return (float(last[0.25]), float(last[0.75]))


def outlook_scenarios(outlook: Outlook, market: Market, method: Method) -> Scenarios:
    """The cone that agrees with the outlook's probability, seeded by `as_of`.

    No cone, and shares that are NaN, with fewer than `n_min` weeks of returns. Without a bill
    yield the drift is the premium alone.
    """
    rules, roles = method.outlook, market.universe.roles
    proxy = roles["diversified"]
    levels = market.total_return([proxy], fill_days=0)[proxy].dropna()
    high, low = 100 * (1 + rules.extends_above), 100 * (1 + rules.reverses_below)
    bounds: dict[str, tuple[float | None, float | None]] = {
        "extends": (high, None),
        "consolidates": (low, high),
        "reverses": (None, low),
    }
    if len(weekly(levels).dropna()) <= method.inference.n_min:
        none = pd.DataFrame(columns=list(QUANTILES), dtype=float)
        shares = dict.fromkeys(bounds, nan)
        return Scenarios(history=levels.iloc[:0], quantiles=none, bounds=bounds, shares=shares)
    bill = market.latest(roles["bill"]) if "bill" in roles else None
    paths = cone(
        levels,
        method,
        seed=int(f"{market.as_of:%Y%m%d}"),
        p=outlook.p,
        bill_annual=bill.value / 100 if bill else 0.0,
    )
    today = pd.Timestamp(market.as_of)
    year = levels[levels.index >= today - pd.Timedelta(weeks=WEEKS_A_YEAR)]
    quantiles = 100 * paths.quantiles
    quantiles.index = today + pd.to_timedelta(7 * quantiles.index, unit="D")
    return Scenarios(
        history=100 * year / levels.iloc[-1],
        quantiles=quantiles,
        bounds=bounds,
        shares=paths.shares,
    )


def next_step(run_up: float, steps: Sequence[CrashStep]) -> tuple[float, bool]:
    """(step, rises): the run-up (fraction) at which the crash odds of rising `steps` change next.

    The lowest step not yet reached; once all are, the first one, below which the odds ease. A
    missing run-up has reached none.
    """
    ahead = [one.run_up for one in steps if not run_up >= one.run_up]
    return (ahead[0], True) if ahead else (steps[0].run_up, False)


def simulate(
    log_returns: Any,
    *,
    weeks: int,
    paths: int,
    seed: int,
    block: float,
    drift: float | None = None,
) -> Array:
    """Levels (paths by weeks + 1, start 1) from resampled weekly log returns.

    With `drift` (log return a week) the sample loses its own mean first and takes that instead.
    """
    sample = np.asarray(log_returns, dtype=float)
    if drift is not None:
        sample = sample - sample.mean() + drift
    rows = bootstrap_rows(sample.size, weeks, draws=paths, mean_block=block, seed=seed)
    logs = np.cumsum(sample[rows], axis=1)
    return np.exp(np.column_stack([np.zeros(paths), logs]))


def weighted_quantiles(paths: Array, weights: Array) -> pd.DataFrame:
    """Quantiles of the levels by week: the lowest level that holds so much of the weight."""
    order = np.argsort(paths, axis=0, kind="stable")
    sorted_paths = np.take_along_axis(paths, order, axis=0)
    reached = np.cumsum(weights[order], axis=0)
    rows = {
        week: [
            sorted_paths[int(np.searchsorted(reached[:, week], q - 1e-12)), week] for q in QUANTILES
        ]
        for week in range(paths.shape[1])
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(QUANTILES)).rename_axis("week")
