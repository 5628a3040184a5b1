"""How large the gains are: the share of companies that rose within a named range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.claims import Finding, Verdict, grade, least, not_tested, too_few
from research.analysis.companies import company_moves
from research.analysis.inference import wilson

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Gains, Method

WEEKS_A_MONTH = 52 / 12


def gains(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that share prices rose by `low` to `high` over six months, in local currency.

    CONTRADICTED when the median company lies outside the range; SUPPORTED when it lies inside and
    at least `share` of the companies do; else MIXED. NOT TESTED below `coverage_to_test` of them.
    The estimate is the share of companies in the range, with a Wilson interval: a count of today's
    coverage list. The article states no window, so `details` holds share and median for each of
    `windows_months`, and which fits best. A vendor's adjusted prices stand in for missing closes,
    as `measure` then says; they make it grade B, as does coverage below `coverage_min`.
    """
    rules = method.gains
    wanted = len(market.universe.companies())
    moves = company_moves(market, weeks=method.sampling.six_months_weeks)
    measure = "Share of companies whose six-month local price gain is in the range"
    needed = least(method.inference.coverage_to_test, wanted)
    if len(moves) < needed:
        reason = too_few(len(moves), wanted, needed, "companies")
        return not_tested(claim, reason, measure=measure)
    adjusted = bool(moves["price_is_adjusted"].any())
    if adjusted:
        measure += " (total return where the source gives no plain closes)"
    inside = _inside(moves["price_return"], rules)
    estimate = wilson(int(inside.sum()), len(moves), confidence=method.inference.confidence)
    median = float(moves["price_return"].median())
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
        n=len(moves),
        n_eff=float(len(moves)),
        measure=measure,
        reason=_REASONS[settled],
        details={
            "median": median,
            "share_below": float((moves["price_return"] < rules.low).mean()),
            "share_above": float((moves["price_return"] > rules.high).mean()),
            **_windows(market, rules),
        },
    )


_REASONS = {
    Verdict.SUPPORTED: "The median company lies in the range, and enough of the others do.",
    Verdict.MIXED: "The median company lies in the range, but too few of the others do.",
    Verdict.CONTRADICTED: "The median company lies outside the range.",
}


def _windows(market: Market, rules: Gains) -> dict[str, float]:
    found: dict[str, float] = {}
    shares: dict[int, float] = {}
    for months in rules.windows_months:
        moves = company_moves(market, weeks=round(months * WEEKS_A_MONTH))["price_return"]
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
