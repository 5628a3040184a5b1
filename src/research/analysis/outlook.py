"""Can it last: the base rate, the evidence, and the probability they make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, isnan, log, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.claims import Finding
from research.analysis.inference import jeffreys
from research.analysis.returns import change, weekly
from research.analysis.scoring import brier, brier_skill, murphy, rps
from research.errors import UsageError

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method
    from research.params.models import Outlook as Rules

__all__ = [
    "CrashRisk",
    "Outlook",
    "base_rate",
    "brier",
    "brier_skill",
    "crash_risk",
    "jeffrey_weights",
    "murphy",
    "outlook",
    "persistence_probability",
    "rps",
    "score",
    "word",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The headline probability and everything it is made of.

    `p` is the probability that the diversified proxy's total return over `horizon_weeks` is above
    nil; `p0` the base rate from `k` of `n` past windows. `families` holds each family's part of
    `score`; `steps` the same parts in probability, from `p0` to `p` in ledger order. `lofo` is the
    range of `p` when one family is left out, `kappa_range` when κ is halved and doubled. Without
    any past window every probability is NaN and `word` says so: no verdict without data.
    """

    p: float
    p0: float
    k: int
    n: int
    score: float
    families: Mapping[str, float]
    steps: Mapping[str, float]
    word: str
    lofo: tuple[float, float]
    kappa_range: tuple[float, float]
    untested_share: float
    low_evidence: bool
    horizon_weeks: int
    crash_risk: Mapping[str, CrashRisk]

    @property
    def p_rounded(self) -> float:
        """`p` to the next twentieth, as it is told to readers (DOMAIN §A, A3)."""
        return rounded(self.p)

    @property
    def evidence(self) -> str:
        """`low` when too much of the weight is untested, else `fair`."""
        return "low" if self.low_evidence else "fair"


NO_DATA = "no verdict without data"


def outlook(findings: Iterable[Finding], market: Market, method: Method) -> Outlook:
    """Base rate plus capped, equally weighted log-odds of the claims (DOMAIN §D.2).

    The diversified proxy's past gives the base rate; without a single window nothing is told.
    """
    rules = method.outlook
    findings = tuple(findings)
    roles = market.universe.roles
    proxy = roles["diversified"]
    levels = market.total_return([proxy], fill_days=0)[proxy].dropna()
    k, n = base_rate(levels, rules.horizon_weeks)
    p0 = jeffreys(k, n).value if n else nan
    families = score(findings, rules.families)
    total = sum(families.values())
    untested = _untested_share(findings, rules.families)
    p = _persistence(p0, total, rules)
    without = [_persistence(p0, total - part, rules) for part in families.values()]
    kappas = [_persistence(p0, factor * total, rules) for factor in (0.5, 1, 2)]
    return Outlook(
        p=p,
        p0=p0,
        k=k,
        n=n,
        score=total,
        families=families,
        steps=_steps(p0, families, rules),
        word=word(rounded(p), rules.words) if n else NO_DATA,
        lofo=(min([p, *without]), max([p, *without])),
        kappa_range=(min(kappas), max(kappas)),
        untested_share=untested,
        low_evidence=untested > rules.low_evidence_share,
        horizon_weeks=rules.horizon_weeks,
        crash_risk={
            part: crash_risk(_run_up(market, method, roles[part]), method)
            for part in ("diversified", "gold_miners")
            if part in roles
        },
    )


def base_rate(levels: pd.Series, weeks: int) -> tuple[int, int]:
    """(k, n): of `n` windows of `weeks` weeks without overlap, `k` had a return above nil.

    Daily total-return levels. Windows are laid backwards from the last Friday; one with a missing
    end is left out.
    """
    fridays = weekly(levels)
    ends = fridays.iloc[::-1].iloc[::weeks].iloc[::-1]
    returns = ends.pct_change(fill_method=None).iloc[1:].dropna()
    return int((returns > 0).sum()), len(returns)


def score(findings: Iterable[Finding], families: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Each family's part of the score: the mean of relevance · direction · vote over its claims.

    A vote is +1 SUPPORTED, −1 CONTRADICTED, 0 MIXED, or the claim's own `stance`. A claim that was
    not tested, has no relevance or mirrors another one does not enter the mean, so that adding it
    changes nothing; a family without any is 0.
    """
    by_id = {finding.claim.id: finding for finding in findings}
    parts = {}
    for family, ids in families.items():
        votes = [
            one.claim.relevance * one.claim.direction * one.vote
            for one in (by_id[claim] for claim in ids if claim in by_id)
            if _counts(one) and one.vote is not None
        ]
        parts[family] = sum(votes) / len(votes) if votes else 0.0
    return parts


def persistence_probability(
    p0: float,
    score: float,
    *,
    kappa: float = 0.20,
    cap: float = 0.7,
    p_min: float = 0.15,
    p_max: float = 0.85,
) -> float:
    """Base rate `p0` moved by κ·`score` log-odds, at most ±`cap`, kept within [p_min, p_max]."""
    if not 0 < p0 < 1:
        raise UsageError(f"a base rate must lie between 0 and 1, both excluded; found {p0}.")
    odds = log(p0 / (1 - p0)) + max(-cap, min(cap, kappa * score))
    return max(p_min, min(p_max, 1 / (1 + exp(-odds))))


def rounded(p: float) -> float:
    """`p` to the next twentieth: what readers are told, and what the wording goes by."""
    return round(20 * p) / 20 if isfinite(p) else p


def word(p: float, words: Sequence[tuple[float, str]]) -> str:
    """The fixed wording for a probability: that of the highest bound not above `p`."""
    return next(text for bound, text in words if p >= bound)


class CrashRisk(NamedTuple):
    """How far a sector ran ahead of the market, and how often such run-ups ended in a crash."""

    run_up: float
    p: float | None
    lo: float | None
    hi: float | None


def crash_risk(run_up: float, method: Method) -> CrashRisk:
    """Crash frequency after a net run-up (fraction) of the last two years, with its interval.

    The step of Greenwood, Shleifer and You (2019) that `run_up` has reached; 90 % Jeffreys
    interval over their `crash_episodes`. None below the first step, or when `run_up` is missing.
    """
    rules = method.run_ups
    reached = [share for step, share in sorted(rules.crash_steps.items()) if run_up >= step]
    if not reached:
        return CrashRisk(run_up, None, None, None)
    interval = jeffreys(reached[-1] * rules.crash_episodes, rules.crash_episodes)
    return CrashRisk(run_up, reached[-1], interval.lo, interval.hi)


def jeffrey_weights(returns: Any, p: float) -> Array:
    """Weights of simulated `returns` (sum 1) under which P(return > 0) is `p` (Jeffrey 1965)."""
    rises = np.asarray(returns, dtype=float) > 0
    simulated = rises.mean()
    if simulated in (0.0, 1.0):
        raise UsageError(
            f"all {rises.size} simulated returns are on one side of nil, so no weights can make "
            f"P(return > 0) equal {p}; simulate more paths or from a longer history."
        )
    return np.where(rises, p / simulated, (1 - p) / (1 - simulated)) / rises.size


def _persistence(p0: float, total: float, rules: Rules) -> float:
    if isnan(p0):
        return nan
    return persistence_probability(
        p0, total, kappa=rules.kappa, cap=rules.cap, p_min=rules.p_min, p_max=rules.p_max
    )


def _counts(finding: Finding) -> bool:
    return finding.claim.relevance > 0 and finding.claim.mirror_of is None


def _untested_share(findings: Sequence[Finding], families: Mapping[str, Sequence[str]]) -> float:
    named = set().union(*families.values())
    counted = [one for one in findings if _counts(one) and one.claim.id in named]
    total = sum(one.claim.relevance for one in counted)
    untested = sum(one.claim.relevance for one in counted if one.vote is None)
    return untested / total if total else 1.0


def _steps(p0: float, families: Mapping[str, float], rules: Rules) -> dict[str, float]:
    steps, so_far, before = {}, 0.0, p0
    for family, part in families.items():
        so_far += part
        after = _persistence(p0, so_far, rules)
        steps[family], before = after - before, after
    return steps


def _run_up(market: Market, method: Method, id: str) -> float:
    benchmark = market.universe.roles["benchmark"]
    levels = market.total_return([id, benchmark], fill_days=0)
    weeks, fresh = method.run_ups.window_weeks, method.sampling.fresh_days
    gains = change(levels, weeks, as_of=market.as_of, fresh_days=fresh)
    return float(gains[id] - gains[benchmark])
