"""Broad or narrow: how many metals and miners beyond the precious ones take part in the rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.breadth import (
    above_average,
    effective_contributors,
    effective_number_of_bets,
    leave_out_top,
)
from research.analysis.claims import Finding, Verdict, grade, least, not_tested, too_few
from research.analysis.companies import company_moves
from research.analysis.inference import wilson
from research.analysis.returns import (
    change,
    freshness,
    level_at,
    off_high,
    weekly_returns,
)

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
    companies. The estimate is (1). Its Wilson interval describes the count: metals move together,
    so it is too narrow for a forecast, and `n_eff` is their effective number of bets. Grade B when
    a monthly average stands in for a metal's price, or below `coverage_min` of the companies.
    """
    rules = method.breadth
    basket = [market.universe[metal] for metal in market.universe.basket]
    metals_wanted = sum(not one.precious for one in basket)
    companies_wanted = sum(not one.precious for one in market.universe.companies())
    moves = commodity_moves(market, method)
    metals = moves.loc[~moves["precious"], "change_6m"].dropna()
    companies = company_moves(market, weeks=method.sampling.six_months_weeks)
    gains = companies.loc[~companies["precious"], "total_return"]
    measure = "Share of metals ex precious up over six months"
    for found, wanted, what in (
        (len(metals), metals_wanted, "metals"),
        (len(gains), companies_wanted, "companies"),
    ):
        needed = max(least(method.inference.coverage_to_test, wanted), rules.leave_out_top + 1)
        if found < needed:
            reason = too_few(found, wanted, needed, f"{what} beyond the precious ones")
            return not_tested(claim, reason, measure=measure)
    up = int((metals > 0).sum())
    share = wilson(up, len(metals), confidence=method.inference.confidence)
    contributions = gains / len(gains)
    total, left = float(contributions.sum()), leave_out_top(contributions, top=rules.leave_out_top)
    kept = left / total if total > 0 else float("nan")
    details = {
        "metals_up": float(up),
        "metals_counted": float(len(metals)),
        "median_company_return": float(gains.median()),
        "mean_company_return": total,
        "left_without_top": left,
        "kept_without_top": kept,
        "companies_counted": float(len(gains)),
        "effective_contributors": effective_contributors(contributions),
        "metals_above_average": float(moves.loc[~moves["precious"], "above_average"].mean()),
    }
    settled, reason = _rule(share.value, details, method)
    averages = bool((moves.loc[metals.index, "price_type"] == "average").any())
    thin = len(gains) < method.gates.coverage_min * companies_wanted
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(method.inference.grade_a_years, method.inference, proxy=averages or thin),
        estimate=share.value,
        ci=(share.lo, share.hi),
        unit="fraction",
        n=len(metals),
        n_eff=_bets(market, list(metals.index), rules.bets_weeks),
        measure=measure,
        reason=reason,
        details=details,
    )


def commodity_moves(market: Market, method: Method) -> pd.DataFrame:
    """One row for each metal of the basket: what it costs, and its six-month change.

    Columns: `label`, `precious`, `change_6m` (fraction), `level` in `unit`, `date` and
    `price_type` of that level, `above_average` (1.0, 0.0 or missing), `off_high` (fraction, ≤ 0,
    52 weeks). A metal without data, or with a stale price, has its row with missing numbers.
    """
    rows = {one: _move(market, method, one) for one in market.universe.basket}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("id")


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
    levels = market.closes([id], fill_days=0).frame[[id]]
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
        "off_high": float(off_high(levels, as_of=as_of, fresh_days=fresh)[id]),
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


def _bets(market: Market, ids: list[str], weeks: int) -> float:
    # Each in the unit of its own quote: a rate that is not known must not cost a metal its weeks.
    levels = pd.concat([market.closes([one], fill_days=0).frame[one] for one in ids], axis=1)
    recent = weekly_returns(levels).iloc[-weeks:].dropna(axis="columns", how="all")
    correlation = recent.corr(min_periods=weeks // 4)
    known = correlation.columns[correlation.notna().all()]
    return effective_number_of_bets(correlation.loc[known, known]) if len(known) else float("nan")
