"""Shares beside their metal: whether miners are poor value for whoever could hold the metal."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from research.analysis.arguments.relative_words import (
    best_against,
    best_for,
    distance,
    question,
)
from research.analysis.claims import Finding, Verdict, grade, not_tested
from research.analysis.expensiveness import Standing, standing, standing_p
from research.analysis.implied import implied_prices, median_ratio
from research.analysis.residual import Residual, residual_gain
from research.analysis.returns import weekly, weekly_returns
from research.params.models import Bounds

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Instrument, Method

WEEKS_A_YEAR = 52


def relative_value(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that miners are dear beside their metal, by two readings.

    The first two instruments in `about` are the miners and the metal, by default the parts
    `gold_miners` and `gold_fund`; its sub-groups are the producers. Reading one is the percentile
    of log(miners/metal) in ten years of weekly closes, price against price; reading two the median
    producer's implied metal price over spot. SUPPORTED when the first is at least
    `ratio_percentile` and the second at least `ratio_implied_price`, CONTRADICTED when neither is,
    else MIXED; NOT TESTED when either is unknown. The estimate is the first. `details` holds the
    trend over `ratio_trend_years` (fraction a year) and the gain that betas to metal and market
    leave over (`residual_gain`); `data` the weekly closes of the pair, then each producer's implied
    price and its metal's at `as_of`. Source: DOMAIN §B.1, C6.
    """
    rules = method.valuation
    pair = _pair(claim, market)
    if pair is None:
        return not_tested(claim, "The universe names no fund of miners and none of their metal.")
    miners, metal = pair
    names = f"the ratio of {miners.label} to {metal.label}"
    measure = f"Percentile of {names}"
    ids = [one.id for one in market.universe.companies() if one.sub_group in claim.about]
    pair_closes = _weekly_closes(market, method, miners, metal)
    ratio = np.log(pair_closes.iloc[:, 0] / pair_closes.iloc[:, 1])
    at = standing(ratio, confidence=method.inference.confidence)
    producers = implied_prices(market, method, ids=ids)
    implied = median_ratio(producers, method, len(ids))
    unfit = _unfit(ratio, names, market, method)
    if unfit or at is None:
        return not_tested(claim, unfit, measure=measure, test=question(names, method))
    left = _beyond_betas(market, method, miners.id, metal.id)
    evidence: dict[str, Any] = {
        "test": question(names, method),
        "best_for": best_for(at, implied, left, names, method),
        "best_against": best_against(at, implied, left, names, method),
        "details": _details(ratio, at, implied, left, method),
        "unit": "percentile",
        "fmt": "pctl",
        "data": _rows(pair_closes, producers, market, method),
    }
    if isnan(implied):
        return not_tested(claim, _UNPRICED, measure=measure, **evidence)
    holds = [at.percentile >= rules.ratio_percentile, implied >= rules.ratio_implied_price]
    settled = {2: Verdict.SUPPORTED, 1: Verdict.MIXED, 0: Verdict.CONTRADICTED}[sum(holds)]
    years = at.n / WEEKS_A_YEAR
    bounds = Bounds(
        side="high", support=rules.ratio_percentile, contradiction=rules.ratio_percentile
    )
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(years, method.inference),
        estimate=at.percentile,
        ci=(at.lo, at.hi),
        n=at.n,
        n_eff=at.n_eff,
        measure=f"{measure}, {round(years)} y weekly",
        reason=_REASONS[settled],
        distance=distance(at, implied, method),
        p_value=standing_p(at.percentile, at.n_eff, bounds),
        **evidence,
    )


_UNPRICED = (
    "The metal price that the producers’ values imply is not known: output, costs and enterprise "
    "values of enough of them are needed. The ratio of the shares to the metal is half of the test."
)
_REASONS = {
    Verdict.SUPPORTED: "The shares are high beside the metal, and priced for most of its price.",
    Verdict.MIXED: "Only one of the two readings is high.",
    Verdict.CONTRADICTED: "The shares are neither high beside the metal nor priced for most of "
    "its price.",
}


def _pair(claim: Claim, market: Market) -> tuple[Instrument, Instrument] | None:
    universe = market.universe
    named = [one.id for one in universe.instruments if one.id in claim.about]
    found = sorted(named, key=claim.about.index)
    if not found:
        found = [
            universe.roles[part] for part in ("gold_miners", "gold_fund") if part in universe.roles
        ]
    return (universe[found[0]], universe[found[1]]) if len(found) > 1 else None


def _weekly_closes(
    market: Market, method: Method, miners: Instrument, metal: Instrument
) -> pd.DataFrame:
    closes = [
        weekly(market.closes([one.id], unit="USD", fill_days=0).frame[one.id])
        for one in (miners, metal)
    ]
    weeks = method.valuation.history_years * WEEKS_A_YEAR
    return pd.concat(closes, axis=1, sort=True).iloc[-weeks:].dropna()


def _rows(
    closes: pd.DataFrame, producers: pd.DataFrame, market: Market, method: Method
) -> pd.DataFrame:
    """`reading`, `subject`; `price_usd` (of the miners, or implied), `metal_usd`, `ratio`."""
    names = [str(name) for name in closes]
    known = producers.dropna(subset=["ratio"])
    implied = known[f"implied_r{100 * method.valuation.nav_rates[0]:g}"]
    days = closes.index.append(pd.DatetimeIndex([pd.Timestamp(market.as_of)] * len(known)))
    readings = ["shares over metal", "implied price over spot"]
    prices = np.concatenate([closes.iloc[:, 0], implied.astype(float)])
    metals = np.concatenate([closes.iloc[:, 1], known["spot"].astype(float)])
    return pd.DataFrame(
        {
            "reading": np.repeat(readings, [len(closes), len(known)]),
            "subject": [*[" over ".join(names)] * len(closes), *known.index],
            "price_usd": prices,
            "metal_usd": metals,
            "ratio": prices / metals,
        },
        index=days.rename("date"),
    )


def _unfit(ratio: pd.Series, names: str, market: Market, method: Method) -> str:
    needed = round(method.valuation.history_months_min * WEEKS_A_YEAR / 12)
    if len(ratio) < needed:
        count = f"Only {len(ratio)} weeks have" if len(ratio) else "No week has"
        return f"{count} a price of both parts of {names}; at least {needed} are needed."
    last = ratio.index[-1].date()
    if (market.as_of - last).days > 7 * method.defensive.stale_weeks + 6:
        return f"The last week with {names} ended on {last}, too long before the edition."
    return ""


def _trend(ratio: pd.Series, method: Method) -> float:
    recent = ratio.iloc[-method.valuation.ratio_trend_years * WEEKS_A_YEAR :]
    years = (recent.index - recent.index[0]).days / 365.25
    return float(np.expm1(np.polyfit(years, recent, 1)[0]))


def _beyond_betas(market: Market, method: Method, miners: str, metal: str) -> Residual | None:
    if "benchmark" not in market.universe.roles:
        return None
    ids = [miners, market.universe.role("benchmark").id, metal]
    return residual_gain(
        weekly_returns(market.total_return(ids, fill_days=0)),
        recent=method.sampling.six_months_weeks,
        window=method.valuation.alpha_window_weeks,
        confidence=method.inference.confidence,
    )


def _details(
    ratio: pd.Series, at: Standing, implied: float, left: Residual | None, method: Method
) -> dict[str, float]:
    details = {"robust_z": at.robust_z, "trend": _trend(ratio, method)}
    if not isnan(implied):
        details["implied_over_spot"] = implied
    if left is not None:
        details |= {
            "beta_adjusted_gain": left.gain,
            "beta_adjusted_lo": left.lo,
            "beta_adjusted_hi": left.hi,
            "market_beta": left.betas[0],
            "metal_beta": left.betas[1],
        }
    return details
