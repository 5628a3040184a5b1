"""How large the gains are: the share of companies that rose within a named range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.claims import (
    Finding,
    Statement,
    Verdict,
    grade,
    least,
    not_tested,
    not_yet_said,
    state,
    too_few,
)
from research.analysis.companies import company_moves
from research.analysis.inference import wilson

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Gains, Method

WEEKS_A_MONTH = 52 / 12


def gains(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that share prices rose by `low` to `high` over the six months to `said_on`.

    Price returns in local currency, whatever came later: the claim is a fact of its day.
    CONTRADICTED when the median company lies outside the range; SUPPORTED when it lies inside and
    at least `share` of the companies do; else MIXED. NOT TESTED below `coverage_to_test` of them.
    The estimate is the share of companies in the range, with a Wilson interval: a count of today's
    coverage list. The article states no window, so `details` holds share and median for each of
    `windows_months`, and which fits best. A vendor's adjusted prices stand in for missing closes,
    as `measure` then says; they make it grade B, as does coverage below `coverage_min`.
    """
    rules = method.gains
    wanted = len(market.universe.companies())
    measure = "Share of companies whose six-month local price gain is in the range"
    early = not_yet_said(claim, market.as_of, measure=measure)
    if early:
        return early
    weeks = method.sampling.six_months_weeks
    moves = company_moves(market, weeks=weeks, as_of=claim.said_on)
    needed = least(method.inference.coverage_to_test, wanted)
    if len(moves) < needed:
        reason = too_few(len(moves), wanted, needed, "companies")
        return not_tested(claim, reason, measure=measure, test=_asked(claim, rules))
    adjusted = bool(moves["price_is_adjusted"].any())
    if adjusted:
        measure += " (total return where the source gives no plain closes)"
    returns = moves["price_return"]
    inside = _inside(returns, rules)
    estimate = wilson(int(inside.sum()), len(moves), confidence=method.inference.confidence)
    median = float(returns.median())
    settled = Verdict.CONTRADICTED
    if rules.low <= median <= rules.high:
        settled = Verdict.SUPPORTED if estimate.value >= rules.share else Verdict.MIXED
    thin = len(moves) < method.gates.coverage_min * wanted
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(method.inference.grade_a_years, method.inference, proxy=adjusted or thin),
        estimate=estimate.value,
        ci=(estimate.lo, estimate.hi),
        unit="fraction",
        fmt="pct0",
        n=len(moves),
        n_eff=float(len(moves)),
        measure=measure,
        test=_asked(claim, rules),
        reason=_REASONS[settled],
        best_for=_for(returns, rules),
        best_against=_against(returns, rules),
        distance=_distance(median, rules),
        details={
            "median": median,
            "share_below": float((returns < rules.low).mean()),
            "share_above": float((returns > rules.high).mean()),
            **_windows(claim, market, rules),
        },
        data=pd.DataFrame(
            {f"gain_{weeks}_weeks": returns, "price_is_adjusted": moves["price_is_adjusted"]}
        ).rename_axis("company"),
    )


_REASONS = {
    Verdict.SUPPORTED: "The median company lies in the range, and enough of the others do.",
    Verdict.MIXED: "The median company lies in the range, but too few of the others do.",
    Verdict.CONTRADICTED: "The median company lies outside the range.",
}


def _asked(claim: Claim, rules: Gains) -> Statement:
    return state(
        "Do the median company’s price gain over the six months to {said_on:date}, in its own "
        "currency, and those of at least {share:pct0} of all companies lie between {low:pct0} and "
        "{high:pct0}?",
        said_on=claim.said_on,
        share=rules.share,
        low=rules.low,
        high=rules.high,
    )


def _for(returns: pd.Series, rules: Gains) -> Statement:
    median, inside = float(returns.median()), int(_inside(returns, rules).sum())
    values = {"n": len(returns), "low": rules.low, "high": rules.high}
    if rules.low <= median <= rules.high:
        return state(
            "The median company gained {median:pct0}, and {inside:num0} of {n:num0} gained "
            "between {low:pct0} and {high:pct0}.",
            median=median,
            inside=inside,
            **values,
        )
    return state(
        "Of {n:num0} companies {inside:num0} gained between {low:pct0} and {high:pct0} over the "
        "six months.",
        inside=inside,
        **values,
    )


def _against(returns: pd.Series, rules: Gains) -> Statement:
    below, above = int((returns < rules.low).sum()), int((returns > rules.high).sum())
    median = float(returns.median())
    template = (
        "Of {n:num0} companies {below:num0} gained less than that or fell, and {above:num0} gained "
        "more."
    )
    if not rules.low <= median <= rules.high:
        template = (
            "The median company moved by {median:spct0}; {below:num0} gained less than said or "
            "fell, {above:num0} gained more."
        )
    return state(template, n=len(returns), below=below, above=above, median=median)


def _distance(median: float, rules: Gains) -> Statement:
    inward = min(median - rules.low, rules.high - median)
    edge = rules.low if median - rules.low < rules.high - median else rules.high
    template = "The median is {gap:pp1} inside the nearer edge of the range, {edge:pct0}."
    if inward < 0:
        template = (
            "It has fired: the median is {gap:pp1} outside the edge of the range, {edge:pct0}."
        )
    return state(template, gap=abs(inward), edge=edge)


def _windows(claim: Claim, market: Market, rules: Gains) -> dict[str, float]:
    found: dict[str, float] = {}
    shares: dict[int, float] = {}
    for months in rules.windows_months:
        weeks = round(months * WEEKS_A_MONTH)
        moves = company_moves(market, weeks=weeks, as_of=claim.said_on)["price_return"]
        if moves.empty:
            continue
        shares[months] = float(_inside(moves, rules).mean())
        found[f"share_{months}m"] = shares[months]
        found[f"median_{months}m"] = float(moves.median())
    if shares:
        found["best_fit_months"] = float(max(shares, key=lambda months: shares[months]))
    return found


def _inside(returns: pd.Series, rules: Gains) -> pd.Series:
    return returns.between(rules.low, rules.high)
