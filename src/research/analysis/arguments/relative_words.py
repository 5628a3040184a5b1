"""What the test of shares beside their metal says: question, evidence, distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from research.analysis.arguments.phrases import below, capital, place, priced
from research.analysis.claims import Statement, state

if TYPE_CHECKING:
    from research.analysis.expensiveness import Standing
    from research.analysis.residual import Residual
    from research.params.models import Method

WEEKS_A_YEAR = 52


def question(names: str, method: Method) -> Statement:
    return state(
        f"{capital(names)} must stand at or above the {{p:pctl}} percentile of its {{years:word}} "
        "years of weeks, and the median producer be valued as if its metal cost {share:pct0} of "
        "today’s price or more; if neither holds, the claim is refuted.",
        p=method.valuation.ratio_percentile,
        years=method.valuation.history_years,
        share=method.valuation.ratio_implied_price,
    )


def best_for(
    at: Standing, implied: float, left: Residual | None, names: str, method: Method
) -> Statement:
    rules = method.valuation
    if at.percentile >= rules.ratio_percentile:
        return _ratio(at, names, rules.ratio_percentile)
    if implied >= rules.ratio_implied_price:
        return priced(implied, method)
    if left is not None and left.lo > 0:
        return _left(left, method)
    return _neither("for", at, names)


def best_against(
    at: Standing, implied: float, left: Residual | None, names: str, method: Method
) -> Statement:
    rules = method.valuation
    if implied < rules.ratio_implied_price:
        return priced(implied, method)
    lagged = left is not None and left.hi < 0
    # A ratio that is merely short of high says less than half a year behind gold.
    if at.percentile < (0.5 if lagged else rules.ratio_percentile):
        return _ratio(at, names, rules.ratio_percentile)
    if left is not None and lagged:
        return _left(left, method)
    return _neither("against", at, names)


def _ratio(at: Standing, names: str, bound: float) -> Statement:
    stands = f"{place(at.percentile)} of its own {{years:word}} years of weeks, where the "
    template = stands + "{bound:pctl} counts as high."
    if at.percentile < bound:
        stands = below(at.percentile, bound)
        template = (
            f"{stands} of its own {{years:word}} years of weeks, so it does not count as high."
        )
    return state(
        f"{capital(names)} is {template}",
        p=at.percentile,
        years=round(at.n / WEEKS_A_YEAR),
        bound=bound,
    )


def _neither(side: str, at: Standing, names: str) -> Statement:
    return state(
        f"No reading that is known speaks {side} it; {names} is {place(at.percentile)}, and its "
        "{n:num0} weeks are worth about {n_eff:num1} independent readings.",
        p=at.percentile,
        n=at.n,
        n_eff=at.n_eff,
    )


def _left(left: Residual, method: Method) -> Statement:
    more = "more" if left.gain >= 0 else "less"
    return state(
        f"Over {{weeks:num0}} weeks the miners gained {{gain:pp0}} {more} than their betas to the "
        "metal and to world equities account for.",
        weeks=method.sampling.six_months_weeks,
        gain=abs(left.gain),
    )


def distance(at: Standing, implied: float, method: Method) -> Statement:
    rules = method.valuation
    values = {
        "p": at.percentile,
        "bound": rules.ratio_percentile,
        "implied": implied,
        "share": rules.ratio_implied_price,
    }
    now = f"the ratio is {place(at.percentile)} and the implied price {{implied:pct1}} of spot"
    if at.percentile < rules.ratio_percentile and implied < rules.ratio_implied_price:
        return state(f"It has fired: {now}, below {{bound:pctl}} and {{share:pct0}}.", **values)
    return state(
        "It fires when the ratio is below the {bound:pctl} percentile and the implied price below "
        f"{{share:pct0}} of spot; {now}.",
        **values,
    )
