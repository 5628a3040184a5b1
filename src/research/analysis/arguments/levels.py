"""Where a metal's price stands: robust beside its mid-cycle price, or recovered from its low."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.arguments.levels_words import (
    NO_ACCOUNTS,
    RECOVERED,
    ROBUST,
    recovery_against,
    recovery_distance,
    recovery_for,
    recovery_question,
    robust_against,
    robust_distance,
    robust_for,
    robust_question,
)
from research.analysis.arguments.rows import in_words
from research.analysis.claims import Finding, Verdict, grade, not_tested
from research.analysis.earnings import earnings_links
from research.analysis.history import History, history
from research.analysis.valuation import midrank_percentile
from research.calendar import written
from research.market.units import Quantity, Unit
from research.params.models import Bounds

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Method

YEAR, HALF_YEAR, QUARTER = 52, 26, 13  # weeks


def robust_price(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that a price is robust, on the first of `about` in the currency that is meant.

    SUPPORTED at or above the mid-cycle price, at or above the `percentile` of its own ten years by
    month (mid-rank, the present month among them), and not down by more than `change_12m` over 52
    weeks. CONTRADICTED, as the falsifier says, below the mid-cycle price or down by more; else
    MIXED: only its place is low. The mid-cycle price is the claim's `level`, or for iron ore that
    of `method.iron_ore`. NOT TESTED without a price in its currency: a domestic price in yuan
    differs from an import price in dollars by tax and grade, which no rate of exchange mends; nor
    when the price is stale or has fewer than `history_months_min` months. The estimate is the
    price: a reading, without interval. Monthly averages are grade B. `data` has the last close of
    each month (`of_month`), and all closes since the one a year ago.
    """
    rules = method.iron_ore
    ids = _about(claim, market, "iron_ore")
    what = market.universe[ids[0]].label if ids else "The metal"
    mid = _mid_cycle(claim, market, ids, rules.mid_cycle_usd_t)
    if mid is None:
        reason = f"No mid-cycle price of {what} is known; give the claim a `level`."
        return not_tested(claim, reason)
    measure = f"Price of {what}, {mid.unit}"
    needed = method.valuation.history_months_min

    def unfit(prices: History) -> str:
        if prices.unit.currency != mid.unit.currency:
            return (
                f"The price of {prices.name} comes in {prices.unit}, which cannot be held against "
                f"a mid-cycle price in {mid.unit}."
            )
        months = len(prices.monthly(years=method.valuation.history_years))
        if months < needed or pd.isna(prices.change(weeks=YEAR)):
            return (
                f"{prices.name} has prices of {months} months; {needed} are needed, one of them a "
                "year ago."
            )
        return ""

    prices, reason = _first(market, ids, unfit)
    if prices is None:
        return not_tested(claim, reason, measure=measure)
    factor = prices.unit.factor_to(mid.unit)
    past = prices.monthly(years=method.valuation.history_years)
    window = prices.of_last(years=method.valuation.history_years) * factor
    found = {
        "level": prices.now * factor,
        "mid_cycle": mid.value,
        "percentile": midrank_percentile(past, prices.now),
        "change_6m": prices.change(weeks=HALF_YEAR),
        "change_12m": prices.change(weeks=YEAR),
        "high": float(window.max()),
        "off_high": prices.now * factor / float(window.max()) - 1,
    }
    refuted = found["level"] < mid.value or found["change_12m"] < rules.change_12m
    settled = Verdict.CONTRADICTED if refuted else Verdict.MIXED
    if not refuted and found["percentile"] >= rules.percentile:
        settled = Verdict.SUPPORTED
    links = earnings_links(market, ids[0], method)
    years = min(prices.years, method.valuation.history_years)
    told = found | {
        "unit": mid.unit.text,
        "years": round(years),
        "limit": -rules.change_12m,
        "asked": rules.percentile,
        "step": rules.earnings_step,
        "low": float(window.min()),
        "low_day": window.idxmin().date(),
        "high_day": window.idxmax().date(),
    }
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(round(years), method.inference, proxy=prices.average),
        estimate=found["level"],
        bounds=Bounds(side="high", support=mid.value, contradiction=mid.value, unit=mid.unit.text),
        unit=mid.unit.text,
        fmt="num0",
        n=len(past),
        measure=prices.name + (f", {prices.day:%Y-%m}" if prices.average else ""),
        test=robust_question(told),
        reason=ROBUST[settled] + ("" if len(links) else NO_ACCOUNTS),
        best_for=robust_for(told, links),
        best_against=robust_against(told),
        distance=robust_distance(told),
        details=found,
        data=_months_and_year(window, in_words(mid.unit.text)),
    )


def recovery(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that a price has recovered, on the first instrument of `about` that can be told.

    SUPPORTED when the last price is at least `off_low` above the lowest of `low_months` months and
    has risen by more than `change_13w` over 13 weeks. CONTRADICTED, as the falsifier says, when it
    is nearer to the low, or has fallen over the 13 weeks; so MIXED is left for a price far enough
    above its low that stands still. NOT TESTED when the prices are stale or do not reach back over
    those months. Percentages need no conversion; the instrument's name says which grade it is. The
    estimate is the rise from the low (fraction), a reading without interval; `details` has the
    recovery ratio (P − low)/(prior peak − low), the peak being the highest known price before the
    low. Monthly averages are a proxy.
    """
    rules = method.lithium
    ids = _about(claim, market, "lithium")

    def unfit(prices: History) -> str:
        start = prices.day - pd.DateOffset(months=rules.low_months)
        late = prices.levels.index[0] - start > pd.Timedelta(days=prices.fresh_days)
        if late or pd.isna(prices.change(weeks=QUARTER)):
            return (
                f"{prices.name} has prices since {written(prices.levels.index[0].date())}; "
                f"{rules.low_months} months without a gap at their end are needed."
            )
        return ""

    prices, reason = _first(market, ids, unfit)
    if prices is None:
        return not_tested(claim, reason, measure="Rise from the low")
    window = prices.of_last(months=rules.low_months)
    low, low_day = float(window.min()), pd.Timestamp(window.idxmin())
    before = prices.levels[prices.levels.index < low_day]
    peak = float(before.max()) if len(before) else float("nan")
    found = {
        "level": prices.now,
        "low": low,
        "off_low": prices.now / low - 1,
        "change_13w": prices.change(weeks=QUARTER),
        "peak": peak,
        "off_peak": prices.now / peak - 1,
        "recovery_ratio": (prices.now - low) / (peak - low) if peak > low else float("nan"),
    }
    near, falling = found["off_low"] < rules.off_low, found["change_13w"] < rules.change_13w
    settled = Verdict.CONTRADICTED
    if not near and not falling:
        rising = found["change_13w"] > rules.change_13w
        settled = Verdict.SUPPORTED if rising else Verdict.MIXED
    told = found | {
        "unit": prices.unit.text,
        "asked": rules.off_low,
        "months": rules.low_months,
        "low_day": low_day.date(),
        "peak_day": before.idxmax().date() if len(before) else None,
        "since": prices.levels.index[0].date(),
        "still": rules.change_13w,
    }
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(prices.years, method.inference, proxy=prices.average),
        estimate=found["off_low"],
        bounds=Bounds(
            side="high", support=rules.off_low, contradiction=rules.off_low, unit="fraction"
        ),
        unit="fraction",
        fmt="pct0",
        n=len(window),
        measure=f"{prices.name}, rise from the {rules.low_months}-month low",
        test=recovery_question(told),
        reason=RECOVERED[settled],
        best_for=recovery_for(told),
        best_against=recovery_against(told),
        distance=recovery_distance(told),
        details=found,
        data=window.rename_axis("date").to_frame(f"price_{in_words(prices.unit.text)}"),
    )


def _months_and_year(closes: pd.Series, unit: str) -> pd.DataFrame:
    of_month = ~closes.index.to_period("M").duplicated(keep="last")
    # A close that is 52 weeks old may stand for a day that had none.
    recent = closes.index > closes.index[-1] - pd.DateOffset(months=13)
    rows = pd.DataFrame({f"price_{unit}": closes, "of_month": of_month})
    return rows[of_month | recent].rename_axis("date")


def _about(claim: Claim, market: Market, role: str) -> list[str]:
    """The instruments the claim is about, in order; without any, the one of `role`."""
    known = {one.id for one in market.universe.instruments}
    named = claim.about or tuple(filter(None, [market.universe.roles.get(role)]))
    return [one for one in named if one in known]


def _mid_cycle(
    claim: Claim, market: Market, ids: list[str], iron_ore_usd_t: float
) -> Quantity | None:
    if not ids:
        return None
    if claim.level is not None:
        return Quantity(claim.level, Unit(market.universe[ids[0]].unit or "ratio"))
    is_iron_ore = market.universe.roles.get("iron_ore") == ids[0]
    return Quantity(iron_ore_usd_t, Unit("USD/t")) if is_iron_ore else None


def _first(
    market: Market, ids: list[str], unfit: Callable[[History], str]
) -> tuple[History | None, str]:
    """The first of `ids` whose prices can be used, or None and why none can."""
    reasons = []
    for one in ids:
        prices = history(market, one)
        if prices is None:
            reasons.append(f"No price of {market.universe[one].name} is known.")
        elif prices.stale:
            reasons.append(
                f"The last price of {prices.name} is that of {written(prices.day.date())}."
            )
        elif reason := unfit(prices):
            reasons.append(reason)
        else:
            return prices, ""
    return None, " ".join(reasons) or "The claim names no instrument of the universe."
