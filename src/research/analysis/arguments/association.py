"""Causal attributions: what moves together, and why no verdict can come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
from scipy.special import ndtri

from research.analysis.arguments.rows import column
from research.analysis.baskets import WEEKS_A_YEAR, part
from research.analysis.claims import Finding, Statement, not_tested, state
from research.analysis.factors import (
    DIFFERENCED,
    FACTORS,
    Associated,
    associated,
    chance_above,
    chance_r2,
    factor_moves,
    subject_returns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from research.market import Market
    from research.params.models import Claim, Instrument, Method

KINDS = (*DIFFERENCED, "index")
REASON = (
    "A causal attribution without an identification strategy: a regression tells what moved "
    "together, not what moved it"
)


def association(claim: Claim, market: Market, method: Method) -> Finding:
    """What a causal attribution has beside it: NOT TESTED always, by construction.

    `about` names the subjects (instruments or sub-groups) and the measures of the cause that the
    falsifier speaks of (volatility, yields, indices; by default VIX and the yield). Weekly returns
    of each subject are regressed on these and on the other factors, over `context_years`; the
    falsifier is read from R² on the named ones alone over the last `six_months_weeks`. `details`
    holds R² by subject, `data` the weekly total return of each and the factors' weekly moves, in
    points where these are rates or volatility. Statements say "association only". See
    `factors.factor_table`.
    """
    subjects, named = _parts(claim, market)
    others = [one for one in (part(market, role) for role in FACTORS) if one]
    everything = list(dict.fromkeys(one.id for one in (*named, *others)))
    asked = state(
        "Association only: do weekly returns of {subjects} go with moves of {factors}, over "
        "{years:word} years and the last {weeks:num0} weeks? No answer tells what caused them, so "
        "no verdict follows.",
        subjects=_listed([_label(market, one) for one in subjects]),
        factors=_listed([market.universe[one].label for one in everything]),
        years=method.sampling.context_years,
        weeks=method.sampling.six_months_weeks,
    )
    moves = factor_moves(market, everything)
    found = []
    for subject in subjects:
        returns = subject_returns(market, subject)
        whole = associated(returns, moves, method, skip=subject)
        alone = associated(returns, moves[[one.id for one in named]], method, skip=subject)
        if whole is not None and alone is not None:
            found.append(_Reading(subject, _label(market, subject), returns, whole, alone))
    if not found:
        lacking = f"{REASON}; nor are there weekly returns enough to tell even that."
        return not_tested(claim, lacking, test=asked)
    measured = [one for one in named if one.id in found[0].alone.factors]
    speaks_for, speaks_against = _evidence(found[0], measured, market, method)
    return not_tested(
        claim,
        f"{REASON}.",
        measure=f"R² of weekly returns, {method.sampling.context_years} y: association only",
        n=found[0].whole.fit.n,
        test=asked,
        best_for=speaks_for,
        best_against=speaks_against,
        distance=_distance(found, measured, method),
        details=_details(found),
        data=_rows(found, moves, market, method),
    )


class _Reading(NamedTuple):
    id: str
    label: str
    returns: pd.Series
    whole: Associated  # on all factors
    alone: Associated  # on those the falsifier names


def _parts(claim: Claim, market: Market) -> tuple[list[str], list[Instrument]]:
    known = {one.id: one for one in market.universe.instruments}
    named = [known[one] for one in claim.about if one in known and known[one].kind in KINDS]
    subjects = [one for one in claim.about if one not in known or known[one].kind not in KINDS]
    usual = [one for one in (part(market, role) for role in ("volatility", "yield")) if one]
    return subjects, named or usual


def _label(market: Market, name: str) -> str:
    groups = {one.id: one.label for one in market.universe.sub_groups}
    instruments = {one.id: one.label for one in market.universe.instruments}
    return instruments.get(name) or groups[name]


def _evidence(
    reading: _Reading, named: Sequence[Instrument], market: Market, method: Method
) -> tuple[Statement, Statement]:
    confidence = method.inference.confidence
    fit = reading.whole.fit
    values = {"subject": reading.label, "years": method.sampling.context_years}
    left = state(
        "Association only: {factors:word} factors together leave {rest:pct0} of the weekly "
        "variance of {subject} unaccounted for over {years:word} years.",
        factors=len(reading.whole.factors),
        rest=1 - fit.r2,
        **values,
    )
    fear = next((one for one in named if one.kind == "volatility"), None)
    alone = reading.alone.fit
    chance = chance_r2(alone.n, len(reading.alone.factors), confidence)
    shared = {
        "named": _listed([one.label for one in named]),
        "r2": alone.r2,
        "chance": chance,
        "confidence": confidence,
        **values,
    }
    words = (
        "{named} went with {r2:pct0} of the weekly variance of {subject} over {years:word} years, "
        "and chance alone stays below {chance:pct0} in {confidence:pct0} of cases."
    )
    beyond = (
        "Association only: " if alone.r2 > chance else "Association only, and no more than chance: "
    )
    together = state(f"{beyond}{words}", **shared)
    if fear is None:
        return together, left
    place = 1 + reading.whole.factors.index(fear.id)
    slope = float(fit.coefficients[place])
    away = slope / float(fit.errors[place])
    sure = away >= float(ndtri((1 + confidence) / 2))
    how = "" if sure else "only " if slope > 0 else "the other way and "
    rose = state(
        "Association only: over {years:word} years {subject} moved by {slope:spct2} a week for "
        f"each point that {{fear}} rose, {how}{{away:num1}} standard errors from nil.",
        slope=slope,
        fear=fear.label,
        away=abs(away),
        **values,
    )
    return (rose, left) if sure else (together, rose)


def _distance(
    found: Sequence[_Reading], named: Sequence[Instrument], method: Method
) -> Statement | None:
    known = [one for one in found if one.alone.recent.r2 == one.alone.recent.r2]
    if not known:
        return None
    bound = method.association.r2_weak
    highest = max(known, key=lambda one: one.alone.recent.r2)
    recent = highest.alone.recent
    side = "above" if recent.r2 >= bound else "below"
    return state(
        "Over the last {weeks:num0} weeks {named} went with {r2:pct0} of the variance of "
        "{subject}, {gap:pp0} {side} the {bound:pct0} that it names; chance alone comes out above "
        "that in {chance:pct0} of cases.",
        side=side,
        weeks=method.sampling.six_months_weeks,
        named=_listed([one.label for one in named]),
        subject=highest.label,
        r2=recent.r2,
        gap=abs(recent.r2 - bound),
        bound=bound,
        chance=chance_above(bound, recent.n, len(highest.alone.factors)),
    )


def _rows(
    found: Sequence[_Reading], moves: pd.DataFrame, market: Market, method: Method
) -> pd.DataFrame:
    weeks = moves.iloc[-method.sampling.context_years * WEEKS_A_YEAR :]
    measured = {one: _MOVED.get(market.universe[one].kind, "weekly_return") for one in weeks}
    rows = {column(one.id, "weekly_total_return"): one.returns for one in found}
    rows |= {column(one, measured[one]): weeks[one] for one in weeks}
    known = pd.DataFrame(rows, index=weeks.index).dropna(axis="columns", how="all")
    return known.dropna(how="all").rename_axis("date")


_MOVED = {"rate": "weekly_change_percentage_points", "volatility": "weekly_change_points"}


def _details(found: Sequence[_Reading]) -> dict[str, float]:
    details: dict[str, float] = {}
    for one in found:
        details |= {
            f"r2_{one.id}": one.whole.fit.r2,
            f"residual_share_{one.id}": 1 - one.whole.fit.r2,
            f"r2_recent_{one.id}": one.whole.recent.r2,
            f"r2_named_{one.id}": one.alone.fit.r2,
            f"r2_named_recent_{one.id}": one.alone.recent.r2,
        }
    return {name: value for name, value in details.items() if value == value}


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
