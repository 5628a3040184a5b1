"""Broad or narrow: how many metals and miners beyond the precious ones take part in the rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.arguments.breadth_evidence import (
    common_movement,
    evidence_against,
    evidence_for,
    falsifier_distance,
    near_high_share,
    share_history,
    share_percentile,
    weighted_return,
)
from research.analysis.breadth import (
    above_average,
    design_effect,
    effective_contributors,
    leave_out_top,
    p_share,
)
from research.analysis.claims import (
    Finding,
    Statement,
    Verdict,
    grade,
    least,
    not_tested,
    state,
    too_few,
)
from research.analysis.companies import company_moves
from research.analysis.inference import wilson
from research.analysis.returns import WEEK, change, freshness, level_at, off_high
from research.params.models import Bounds

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Method


def breadth(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that metals and miners beyond the precious ones rise together over six months.

    SUPPORTED when (1) at least `support_share` of the basket ex precious metals is up, (2) the
    median ex-precious company has a total return above nil, in its own currency, and (3) without
    its `leave_out_top` largest contributors at least `leave_out_keeps` of the equally weighted
    gain is left. CONTRADICTED when fewer than `contradiction_share` of the metals are up, or when
    nothing is left of the gain; else MIXED. NOT TESTED below `coverage_to_test` of the metals or
    companies. The estimate is (1). Metals move together: `n_eff` is their number over the design
    effect 1 + (n − 1)·ρ̄ (no less than 1; ρ̄ that is not known counts as 1), and the Wilson interval
    and the p-value are those of so many names. A contradiction by the gain alone has no p-value.
    How far the metals are one trade is told and moves no verdict. Grade B when a monthly average
    stands in for a metal's price, or below `coverage_min` of the companies. `data` has the metals
    (price) and the companies (total return), `part` by part.
    """
    rules = method.breadth
    basket = [market.universe[metal] for metal in market.universe.basket]
    metals_wanted = sum(not one.precious for one in basket)
    companies_wanted = sum(not one.precious for one in market.universe.companies())
    moves = commodity_moves(market, method)
    metals = moves.loc[~moves["precious"], "change_6m"].dropna()
    weeks = method.sampling.six_months_weeks
    companies = company_moves(market, weeks=weeks)
    gains = companies.loc[~companies["precious"], "total_return"]
    measure = "Share of metals ex precious up over six months"
    asked = _asked(metals_wanted, method)
    for found, wanted, what in (
        (len(metals), metals_wanted, "metals"),
        (len(gains), companies_wanted, "companies"),
    ):
        needed = max(least(method.inference.coverage_to_test, wanted), rules.leave_out_top + 1)
        if found < needed:
            reason = too_few(found, wanted, needed, f"{what} beyond the precious ones")
            return not_tested(claim, reason, measure=measure, test=asked)
    up, n = int((metals > 0).sum()), len(metals)
    contributions = gains / len(gains)
    total, left = float(contributions.sum()), leave_out_top(contributions, top=rules.leave_out_top)
    known = moves.loc[metals.index]
    levels = _levels(market, list(metals.index))
    contributors = effective_contributors(contributions)
    start = pd.Timestamp(market.as_of) - weeks * WEEK
    details = {
        "metals_up": float(up),
        "metals_counted": float(n),
        "median_company_return": float(gains.median()),
        "mean_company_return": total,
        "weighted_company_return": weighted_return(market, gains, start.date()),
        "left_without_top": left,
        "kept_without_top": left / total if total > 0 else float("nan"),
        "companies_counted": float(len(gains)),
        "companies_near_high": near_high_share(market, list(gains.index), rules),
        "effective_contributors": contributors,
        "contribution_hhi": 1 / contributors if contributors else float("nan"),
        "metals_above_average": float(moves.loc[~moves["precious"], "above_average"].mean()),
        "metals_near_high": float((known["off_high"] >= -rules.near_high).mean()),
        "share_percentile": share_percentile(share_history(market, method, levels), method),
        **common_movement(levels, rules.bets_weeks),
    }
    together = details["mean_correlation"]
    together = 1.0 if np.isnan(together) else min(max(together, 0.0), 1.0)
    n_eff = n / design_effect(n, together)
    share = wilson(up / n * n_eff, n_eff, confidence=method.inference.confidence)
    settled, reason = _rule(share.value, details, method)
    averages = bool((known["price_type"] == "average").any())
    thin = len(gains) < method.gates.coverage_min * companies_wanted
    told = details | {"share": up / n, "asked": rules.support_share, "top": rules.leave_out_top}
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(method.inference.grade_a_years, method.inference, proxy=averages or thin),
        estimate=up / n,
        ci=(share.lo, share.hi),
        bounds=Bounds(
            side="high", support=rules.support_share, contradiction=rules.contradiction_share
        ),
        unit="fraction",
        fmt="pct0",
        n=n,
        n_eff=n_eff,
        measure=measure,
        test=asked,
        reason=reason,
        best_for=evidence_for(told),
        best_against=evidence_against(told),
        distance=falsifier_distance(told, rules.contradiction_share),
        details=details,
        p_value=_p_value(up / n, n, together, settled, method),
        data=_rows(metals, gains, weeks),
    )


def _asked(metals: int, method: Method) -> Statement:
    rules = method.breadth
    return state(
        "The share of {metals:word} metals beyond the precious ones that are up over six months "
        "(at least {support:pct0}), the median return of the companies outside precious metals "
        "(above nil), and what is left of their gain without the {top:word} largest contributors "
        "(at least {keeps:pct0}).",
        metals=metals,
        support=rules.support_share,
        top=rules.leave_out_top,
        keeps=rules.leave_out_keeps,
    )


def _rows(metals: pd.Series, companies: pd.Series, weeks: int) -> pd.DataFrame:
    parts = np.repeat(["metals", "companies"], [len(metals), len(companies)])
    gains = pd.concat([metals, companies]).rename_axis("subject")
    return pd.DataFrame({"part": parts, f"gain_{weeks}_weeks": gains})


def _levels(market: Market, ids: list[str]) -> pd.DataFrame:
    # Each in the unit of its own quote: a rate that is not known must not cost a metal its weeks.
    closes = [market.closes([one], fill_days=0, rolled=True).frame[one] for one in ids]
    return pd.concat(closes, axis=1, sort=True)


def _p_value(
    share: float, n: int, correlation: float, settled: Verdict, method: Method
) -> float | None:
    """P of the share that the verdict rejects; MIXED rejects neither, so that of the nearer."""
    rules = method.breadth
    low = p_share(share, rules.contradiction_share, n, correlation, above=False)
    high = p_share(share, rules.support_share, n, correlation, above=True)
    if settled is Verdict.CONTRADICTED:
        return high if share < rules.contradiction_share else None
    return low if settled is Verdict.SUPPORTED else min(low, high)


def commodity_moves(market: Market, method: Method) -> pd.DataFrame:
    """One row for each metal of the basket: what it costs, and its six-month change.

    Columns: `label`, `precious`, `change_6m` (fraction), `level` in `unit`, `date` and
    `price_type` of that level, `above_average` (1.0, 0.0 or missing), `off_high` (fraction, ≤ 0,
    52 weeks). A metal without data, or with a stale price, has its row with missing numbers.
    """

    def moves() -> pd.DataFrame:
        rows = {one: _move(market, method, one) for one in market.universe.basket}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("id")

    return market.once(("commodity moves", method.sampling, method.breadth), moves)


def _move(market: Market, method: Method, id: str) -> dict[str, object]:
    metal = market.universe[id]
    row: dict[str, object] = {
        "label": metal.label,
        "precious": metal.precious,
        "change_6m": np.nan,
        "level": np.nan,
        "unit": metal.unit or "",
        "date": pd.NaT,
        "price_type": "",
        "above_average": np.nan,
        "off_high": np.nan,
    }
    quote = market.latest(id)
    if quote is None:
        return row
    levels, paid = (
        market.closes([id], fill_days=0, rolled=rolled).frame[[id]] for rolled in (True, False)
    )
    as_of, fresh = market.as_of, freshness(quote.price_type, method.sampling)
    weeks = method.sampling.six_months_weeks
    rules = method.breadth
    above = above_average(levels, days=rules.average_days, min_observations=rules.min_observations)
    return row | {
        "change_6m": float(change(levels, weeks, as_of=as_of, fresh_days=fresh)[id]),
        "level": quote.value,
        "unit": str(quote.unit),
        "date": pd.Timestamp(quote.date),
        "price_type": quote.price_type,
        "above_average": float(level_at(above, as_of, fresh_days=fresh)[id]),
        "off_high": float(off_high(paid, as_of=as_of, fresh_days=fresh)[id]),
    }


def _rule(share: float, found: dict[str, float], method: Method) -> tuple[Verdict, str]:
    rules = method.breadth
    if share < rules.contradiction_share:
        return Verdict.CONTRADICTED, "Too few metals beyond the precious ones are up."
    if found["left_without_top"] <= 0:
        return (
            Verdict.CONTRADICTED,
            "Without its largest contributors the sector has gained nothing.",
        )
    parts = {
        "the share of metals that are up is below its bound": share >= rules.support_share,
        "the median company has not gained": found["median_company_return"] > 0,
        "too much of the gain comes from the largest contributors": found["kept_without_top"]
        >= rules.leave_out_keeps,
    }
    failed = [name for name, holds in parts.items() if not holds]
    if failed:
        return Verdict.MIXED, f"Not all three parts hold: {'; '.join(failed)}."
    return (
        Verdict.SUPPORTED,
        "Enough metals are up, the median company has gained, and the gain does not hang on the "
        "largest contributors.",
    )
