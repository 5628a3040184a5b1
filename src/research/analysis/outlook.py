"""Can it last: the base rate, the evidence, and the probability they make together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from research.analysis.base_rates import PROXIES, base_rate, event_base_rates
from research.analysis.claims import Finding
from research.analysis.crashes import CrashRisk, crash_risk, net_run_up
from research.analysis.inference import jeffreys
from research.analysis.odds import (
    jeffrey_weights,
    persistence,
    persistence_probability,
    rounded,
    score,
    steps,
    untested_share,
    word,
)
from research.analysis.scoring import brier, brier_skill, murphy, rps

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

__all__ = [
    "CrashRisk",
    "Line",
    "Outlook",
    "base_rate",
    "brier",
    "brier_skill",
    "crash_risk",
    "event_base_rates",
    "jeffrey_weights",
    "leave_one_out",
    "murphy",
    "outlook",
    "persistence_probability",
    "rounded",
    "rps",
    "score",
    "variations",
    "word",
]

FACTORS = (0.5, 1.0, 2.0)  # κ and the cap are judgement, so both are shown halved and doubled


class Line(NamedTuple):
    """The probability of one proxy: `p`, from the base rate `p0` of `k` in `n` windows."""

    p: float
    p0: float
    k: int
    n: int


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The headline probability and everything it is made of.

    `p` is the probability that the diversified proxy's total return over `horizon_weeks` is above
    nil; `p0` the base rate from `k` of `n` past windows. `families` holds each family's part of
    `score`; `steps` the same parts in probability, from `p0` to `p` in ledger order. `lofo` is the
    range of `p` when one family is left out, `kappa_range` and `cap_range` when κ or the cap is
    halved and doubled. `lines` has the same numbers by part of the universe, the gold miners' with
    the same score as the headline. Without any past window every probability is NaN and `word`
    says so: no verdict without data.
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
    cap_range: tuple[float, float]
    untested_share: float
    low_evidence: bool
    horizon_weeks: int
    lines: Mapping[str, Line]
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
    rules, roles = method.outlook, market.universe.roles
    findings = tuple(findings)
    families = score(findings, rules.families)
    total = sum(families.values())
    parts = [part for part in PROXIES if part in roles]
    lines = {part: _line(roles[part], total, market, method) for part in parts}
    p, p0, k, n = lines["diversified"]
    untested = untested_share(findings, rules.families)
    without = [persistence(p0, total - part, rules) for part in families.values()]
    kappas = [persistence(p0, total, rules, kappa=factor) for factor in FACTORS]
    caps = [persistence(p0, total, rules, cap=factor) for factor in FACTORS]
    return Outlook(
        p=p,
        p0=p0,
        k=k,
        n=n,
        score=total,
        families=families,
        steps=steps(p0, families, rules),
        word=word(rounded(p), rules.words) if n else NO_DATA,
        lofo=(min([p, *without]), max([p, *without])),
        kappa_range=(min(kappas), max(kappas)),
        cap_range=(min(caps), max(caps)),
        untested_share=untested,
        low_evidence=untested > rules.low_evidence_share,
        horizon_weeks=rules.horizon_weeks,
        lines=lines,
        crash_risk={
            part: crash_risk(net_run_up(market, method, roles[part]), method) for part in parts
        },
    )


def leave_one_out(view: Outlook, method: Method) -> pd.DataFrame:
    """The probability without each family; index family, in the method's order.

    Columns: `part` of the score, `p` without it, `change` of `p` when it is left out (fractions).
    """
    rows = {
        family: (part, persistence(view.p0, view.score - part, method.outlook))
        for family, part in view.families.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["part", "p"], dtype=float)
    return table.assign(change=table["p"] - view.p).rename_axis("family")


def variations(view: Outlook, method: Method) -> pd.DataFrame:
    """The probability with κ or the cap halved and doubled, the other as it is.

    Columns: `what` (`kappa` or `cap`), `factor`, `value` of what was changed, `p`.
    """
    rules = method.outlook
    rows = [
        (
            what,
            factor,
            factor * getattr(rules, what),
            persistence(view.p0, view.score, rules, **{what: factor}),
        )
        for what in ("kappa", "cap")
        for factor in FACTORS
    ]
    return pd.DataFrame(rows, columns=["what", "factor", "value", "p"])


def _line(id: str, total: float, market: Market, method: Method) -> Line:
    rules = method.outlook
    levels = market.total_return([id], fill_days=0)[id].dropna()
    k, n = base_rate(levels, rules.horizon_weeks)
    p0 = jeffreys(k, n).value if n else nan
    return Line(persistence(p0, total, rules), p0, k, n)
