"""Evidence into odds: the score of the claims, and how far it moves a base rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, isfinite, isnan, log, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from research.analysis.claims import Finding
from research.errors import UsageError

if TYPE_CHECKING:
    from research.params.models import Outlook as Rules

Array = NDArray[np.float64]


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
    odds = logit(p0) + max(-cap, min(cap, kappa * score))
    return max(p_min, min(p_max, 1 / (1 + exp(-odds))))


def persistence(
    p0: float, score: float, rules: Rules, *, kappa: float = 1.0, cap: float = 1.0
) -> float:
    """`persistence_probability` by the method's rules, its κ and cap multiplied by these factors.

    NaN without a base rate.
    """
    if isnan(p0):
        return nan
    return persistence_probability(
        p0,
        score,
        kappa=kappa * rules.kappa,
        cap=cap * rules.cap,
        p_min=rules.p_min,
        p_max=rules.p_max,
    )


def untested_share(findings: Iterable[Finding], families: Mapping[str, Sequence[str]]) -> float:
    """Share of the counting claims' relevance that was not tested; 1 when nothing counts."""
    named = set().union(*families.values())
    counted = [one for one in findings if _counts(one) and one.claim.id in named]
    total = sum(one.claim.relevance for one in counted)
    untested = sum(one.claim.relevance for one in counted if one.vote is None)
    return untested / total if total else 1.0


def steps(p0: float, families: Mapping[str, float], rules: Rules) -> dict[str, float]:
    """What each family adds to the probability, one after the other, from `p0` on."""
    found, so_far, before = {}, 0.0, p0
    for family, part in families.items():
        so_far += part
        after = persistence(p0, so_far, rules)
        found[family], before = after - before, after
    return found


def rounded(p: float) -> float:
    """`p` to the next twentieth: what readers are told, and what the wording goes by."""
    return round(20 * p) / 20 if isfinite(p) else p


def word(p: float, words: Sequence[tuple[float, str]]) -> str:
    """The fixed wording for a probability: that of the highest bound not above `p`."""
    return next(text for bound, text in words if p >= bound)


def logit(p: float) -> float:
    """Log-odds of a probability between 0 and 1, both excluded; NaN stays NaN."""
    return log(p / (1 - p))


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


def _counts(finding: Finding) -> bool:
    return finding.claim.relevance > 0 and finding.claim.mirror_of is None
