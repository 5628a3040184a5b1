"""Analysts' opinion: whether the share of Buy ratings fell, like for like."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.accounts import accounts
from research.analysis.arguments.opinion_words import closed, evidence, question
from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Verdict,
    bounds_of,
    grade,
    least,
    not_tested,
    verdict,
)
from research.analysis.ratings import (
    BuyChange,
    buy_change,
    buys_by_company,
    monthly_counts,
    ratings_on,
    weighted_change,
)
from research.analysis.valuation import midrank_percentile
from research.calendar import written

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Bounds, Claim, Method

DAYS_A_YEAR = 365.25


def buy_share(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that the share of Buy ratings fell over `ratings.weeks` weeks, like for like.

    Pairs of analyst and company rated on both days; change as a fraction, with a 90 % interval
    over companies, against the claim's bounds. The window ends on the day the claim was made, or
    at `as_of` before that: later changes of mind say nothing about what was said. The odds go by
    the weeks to `as_of`: they are the claim's `stance`, nil when those cannot be read. `about` may
    name companies or sub-groups; empty is all. NOT TESTED when the feed is younger than
    `snapshots_min` weeks, stale, or covers too few companies or pairs. Grade by the feed's age, B
    at best below `coverage_min` of the companies. p-value: McNemar, one-sided in the direction of
    the verdict. Source: DOMAIN §B.1, C1; Jegadeesh et al. (2004).
    """
    bounds, rules = bounds_of(claim), method.ratings
    end = min(market.as_of, claim.said_on)
    asked = question(bounds, rules.weeks)
    measure = f"Change of the Buy share over {rules.weeks} weeks to {written(end)}, like for like"
    ratings = market.frame("ratings")
    found = _reading(claim, ratings, end, market, method)
    if isinstance(found, str):
        return not_tested(claim, found, measure=measure, test=asked)
    reached = verdict(found.change, found.lo, found.hi, bounds)
    start = end - dt.timedelta(weeks=rules.weeks)
    subject = _subject(claim, ratings, market)
    before, after = ratings_on(subject, start), ratings_on(subject, end)
    table = buys_by_company(before, after)
    details = _details(found) | {
        "cap_weighted_change": weighted_change(table, accounts(market)["market_cap_usd"]),
        "level_percentile": _level_percentile(subject, end, method),
    }
    falling, holding = evidence(found, details["cap_weighted_change"])
    low = bounds.side == "low"
    first = ratings["available_at"].min().date()
    thin = found.companies < method.gates.coverage_min * len(_companies(claim, market))
    finding = Finding(
        claim=claim,
        verdict=reached,
        grade=grade((end - first).days / DAYS_A_YEAR, method.inference, proxy=thin),
        estimate=found.change,
        ci=(found.lo, found.hi),
        unit="fraction",
        fmt="pp1",
        n=found.pairs,
        n_eff=found.n_eff,
        measure=measure,
        test=asked,
        reason=RULE_REASONS[reached],
        best_for=falling if low else holding,
        best_against=holding if low else falling,
        details={name: value for name, value in details.items() if not isnan(value)},
        p_value=found.p_one_sided(fell=_fell(reached, found.change, bounds)),
        data=_rows(before, after, rules.weeks),
    )
    return finding if end == market.as_of else _with_today(finding, end, ratings, market, method)


def _with_today(
    finding: Finding, end: dt.date, ratings: pd.DataFrame, market: Market, method: Method
) -> Finding:
    """The finding on a window that is over, with the vote of the weeks to `as_of`."""
    today = _reading(finding.claim, ratings, market.as_of, market, method)
    if isinstance(today, str):
        reason = f"{finding.reason} The odds count it as nil: {today[0].lower()}{today[1:]}"
        stance, details = 0, finding.details
    else:
        now = verdict(today.change, today.lo, today.hi, bounds_of(finding.claim))
        reason = (
            f"{finding.reason} The odds go by the weeks to {written(market.as_of)}, not by these."
        )
        stance = replace(finding, verdict=now).vote or 0
        details = {**finding.details, "change_to_as_of": today.change}
    return replace(
        finding, reason=reason, stance=stance, details=details, distance=closed(finding, end)
    )


def _reading(
    claim: Claim, ratings: pd.DataFrame, end: dt.date, market: Market, method: Method
) -> BuyChange | str:
    """The change over the weeks to `end`, as known then, or why there is none."""
    rules, inference = method.ratings, method.inference
    snapshots = f"at least {rules.snapshots_min} weekly snapshots of ratings are needed."
    if ratings.empty:
        return f"The sources hold no ratings. {snapshots.capitalize()}"
    first = ratings["available_at"].min().date()
    if (end - first).days < 7 * rules.snapshots_min:
        return f"No rating was known before {first}; {snapshots}"
    allowed = method.gates.stale_days_by_dataset.get("ratings")
    known = ratings[ratings["available_at"].dt.date <= end]
    newest = known["date"].max().date()
    if allowed is not None and (end - newest).days > allowed:
        return f"The last change of any rating before {end} is of {newest}; the feed is stale."
    subject = _subject(claim, ratings, market)
    before, after = (
        ratings_on(subject, day) for day in (end - dt.timedelta(weeks=rules.weeks), end)
    )
    companies = before.index.intersection(after.index).unique(level="instrument").size
    wanted = len(_companies(claim, market))
    needed = max(least(inference.coverage_to_test, wanted), rules.companies_min)
    if companies < needed:
        return (
            f"Companies that an analyst was known to rate both {rules.weeks} weeks before {end} "
            f"and then: {companies} of {wanted}; at least {needed} are needed."
        )
    found = buy_change(
        before,
        after,
        draws=inference.bootstrap_draws,
        confidence=inference.confidence,
        seed=int(f"{end:%Y%m%d}"),
    )
    if found.n_eff < inference.n_min:
        return (
            f"The {found.pairs} ratings that stood on both days are worth fewer than the "
            f"{inference.n_min} independent ones needed."
        )
    return found


def _companies(claim: Claim, market: Market) -> list[str]:
    return [
        one.id
        for one in market.universe.companies()
        if not claim.about or {one.id, one.sub_group} & {*claim.about}
    ]


def _subject(claim: Claim, ratings: pd.DataFrame, market: Market) -> pd.DataFrame:
    return ratings[ratings["instrument"].isin(_companies(claim, market))]


def _rows(before: pd.Series, after: pd.Series, weeks: int) -> pd.DataFrame:
    pairs = pd.concat(
        {f"rating_{weeks}_weeks_earlier": before, "rating_at_the_end": after}, axis=1, join="inner"
    )
    return pairs.sort_index().reset_index("instrument").rename(columns={"instrument": "company"})


def _details(found: BuyChange) -> dict[str, float]:
    return {
        "before": found.before,
        "after": found.after,
        "companies": float(found.companies),
        "up": float(found.up),
        "down": float(found.down),
        "started": float(found.started),
        "ended": float(found.ended),
        "pooled_change": found.pooled_change,
        "composition": found.composition,
        "mcnemar_p": found.p_two_sided,
    }


def _level_percentile(ratings: pd.DataFrame, end: dt.date, method: Method) -> float:
    months = 12 * method.valuation.history_years
    shares = monthly_counts(ratings, end, months=months)["buy_share"]
    if len(shares) < method.valuation.history_months_min:
        return float("nan")
    return midrank_percentile(shares, float(shares.iloc[-1]))


def _fell(reached: Verdict, change: float, bounds: Bounds) -> bool:
    if reached is Verdict.MIXED:
        return change < 0
    return (reached is Verdict.SUPPORTED) == (bounds.side == "low")
