"""How often run-ups ended in a crash, by the published record, and how far the miners ran."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from research.analysis.inference import jeffreys
from research.analysis.returns import change

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import CrashStep, Method


class CrashRisk(NamedTuple):
    """How far a sector ran ahead of the market, and how often such run-ups ended in a crash."""

    run_up: float
    p: float | None
    lo: float | None
    hi: float | None


def crash_risk(run_up: float, method: Method) -> CrashRisk:
    """Crash frequency after a net run-up (fraction) of the last two years.

    The step of Greenwood, Shleifer and You (2019) that `run_up` has reached; None below the first
    one, or when `run_up` is missing. The 90 % Jeffreys interval is that of the step's own
    episodes, and None where the source does not say how many these are.
    """
    reached = [one for one in method.run_ups.crash_steps if run_up >= one.run_up]
    if not reached:
        return CrashRisk(run_up, None, None, None)
    return CrashRisk(run_up, reached[-1].p, *_interval(reached[-1], method))


def net_run_up(market: Market, method: Method, id: str) -> float:
    """Total return (fraction, USD) of `id` over `window_weeks` less that of the benchmark."""
    benchmark = market.universe.roles["benchmark"]
    levels = market.total_return([id, benchmark], fill_days=0)
    weeks, fresh = method.run_ups.window_weeks, method.sampling.fresh_days
    gains = change(levels, weeks, as_of=market.as_of, fresh_days=fresh)
    return float(gains[id] - gains[benchmark])


@dataclass(frozen=True, kw_only=True)
class CrashSteps:
    """The steps of the record, and where the miners stand on them today.

    `steps`: one row a step, rising: `run_up` and `p` (fractions), `lo`, `hi` and `episodes`, the
    last three missing where the source does not say. `today`: index instrument; `label`, `run_up`
    net of the market and `p`, missing below the first step.
    """

    steps: pd.DataFrame
    today: pd.DataFrame


def crash_steps(market: Market, method: Method) -> CrashSteps:
    """Crash odds by run-up, for a chart, with the run-up of the diversified and gold miners."""
    roles = market.universe.roles
    steps = [
        (one.run_up, one.p, *_interval(one, method), one.episodes)
        for one in method.run_ups.crash_steps
    ]
    today = {}
    for fund in (roles[part] for part in ("diversified", "gold_miners") if part in roles):
        run_up = net_run_up(market, method, fund)
        p = crash_risk(run_up, method).p
        label = market.universe[fund].label
        today[fund] = {"label": label, "run_up": run_up, "p": nan if p is None else p}
    return CrashSteps(
        steps=pd.DataFrame(steps, columns=["run_up", "p", "lo", "hi", "episodes"]).astype(float),
        today=pd.DataFrame.from_dict(today, orient="index", columns=["label", "run_up", "p"]),
    )


def _interval(step: CrashStep, method: Method) -> tuple[float | None, float | None]:
    if step.episodes is None:
        return None, None
    crashed = step.p * step.episodes
    found = jeffreys(crashed, step.episodes, confidence=method.inference.confidence)
    return found.lo, found.hi
