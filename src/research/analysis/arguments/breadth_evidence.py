"""What stands beside the share of metals that are up: its past, common movement, and weights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from research.analysis.breadth import (
    effective_number_of_bets,
    first_component_share,
    mean_correlation,
    share_near_high,
    share_up,
)
from research.analysis.claims import Statement, least, state
from research.analysis.returns import freshness, level_at, weekly_returns
from research.analysis.valuation import midrank_percentile
from research.market.lines import ordinary_per_share

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Breadth, Method

NAN = float("nan")
DAYS_OF_A_YEAR = 252  # sessions behind a 52-week high


def common_movement(levels: pd.DataFrame, weeks: int) -> dict[str, float]:
    """How far the metals are one trade, from their last `weeks` weekly returns.

    `mean_correlation`, `effective_bets` (1 to the number of metals) and `first_component` (share
    of the variance). A metal without a quarter of the weeks in common with the others is left out.
    """
    recent = weekly_returns(levels).iloc[-weeks:].dropna(axis="columns", how="all")
    correlation = recent.corr(min_periods=weeks // 4)
    known = correlation.columns[correlation.notna().all()]
    if not len(known):
        return dict.fromkeys(("mean_correlation", "effective_bets", "first_component"), NAN)
    matrix = correlation.loc[known, known]
    return {
        "mean_correlation": mean_correlation(matrix),
        "effective_bets": effective_number_of_bets(matrix),
        "first_component": first_component_share(matrix),
    }


def share_history(market: Market, method: Method, levels: pd.DataFrame) -> pd.Series:
    """Share of metals up over six months at each month-end of `history_years`, and at `as_of`.

    By prices of those days, for today's basket. Days with fewer metals than a test needs are
    left out.
    """
    rules = method.breadth
    end = pd.Timestamp(market.as_of)
    first = end - pd.DateOffset(years=rules.history_years)
    days = pd.date_range(first, end, freq="ME", inclusive="left").append(pd.DatetimeIndex([end]))
    quotes = {one: market.latest(str(one)) for one in levels}
    fresh = {
        str(one): freshness(quote.price_type, method.sampling) if quote else 0
        for one, quote in quotes.items()
    }
    weeks = method.sampling.six_months_weeks
    past = share_up(levels, days, weeks=weeks, fresh_days=fresh)
    needed = least(method.inference.coverage_to_test, levels.shape[1])
    return past.loc[past["n"] >= needed, "share"]


def share_percentile(history: pd.Series, method: Method) -> float:
    """Mid-rank of the last share in `history`; missing below `history_months_min` of them."""
    if len(history) < method.valuation.history_months_min:
        return NAN
    return midrank_percentile(history, float(history.iloc[-1]))


def near_high_share(market: Market, ids: Sequence[str], rules: Breadth) -> float:
    """Share of `ids` within `near_high` of their 52-week high, by total return in US dollars."""
    levels = market.total_return(list(ids)).iloc[-DAYS_OF_A_YEAR:]
    if levels.empty:
        return NAN
    by_day = share_near_high(
        levels, within=rules.near_high, days=DAYS_OF_A_YEAR, min_observations=rules.min_observations
    )
    return float(by_day["share"].iloc[-1])


def weighted_return(market: Market, gains: pd.Series, start: dt.date) -> float:
    """Mean of `gains` by market value at `start` in US dollars, with the shares last reported.

    Companies without shares or a price then are left out; missing when fewer than
    `coverage_to_test` of them are left.
    """
    shares = market.reported("shares_m").drop_duplicates("instrument", keep="last")
    known = shares.set_index("instrument")["value"].reindex(gains.index).dropna()
    needed = least(market.method.inference.coverage_to_test, len(gains))
    if len(known) < needed:
        return NAN
    prices = market.closes(list(known.index), unit="USD").frame
    value = known * level_at(prices, start, fresh_days=market.method.sampling.fresh_days)
    for one in known.index:
        quote = market.latest(str(one))
        if quote is not None:
            value[one] /= ordinary_per_share(market.universe[str(one)], quote.unit, start)
    value = value.dropna()
    if len(value) < needed:
        return NAN
    return float(np.average(gains[value.index], weights=value))


def evidence_for(told: Mapping[str, Any]) -> Statement:
    """The strongest that speaks for breadth: metals up, beside their past, and the median miner."""
    up, gained = told["share"] >= told["asked"], told["median_company_return"] > 0
    metals = "{metals_up:word} of {metals_counted:word} metals beyond the precious ones"
    first = f"{metals.replace(':word', ':Word', 1)} {'is' if told['metals_up'] == 1 else 'are'}"
    miner = "the median company outside precious metals returned {median_company_return:pct0}"
    if up and gained:
        past = ""
        if not np.isnan(told["share_percentile"]):
            past = ", a share in the {share_percentile:pctl} percentile of its own past"
        return state(f"{first} up over six months{past}; {miner}.", **told)
    if up:
        return state(
            f"{first} up over six months, of which {{above:pct0}} stand above their long averages.",
            above=told["metals_above_average"],
            **told,
        )
    if gained:
        return state(f"Over six months {miner}, and {metals} are up.", **told)
    if told["metals_up"]:
        return state(f"{first} still up over six months, though the miners are not.", **told)
    return state(
        "Nothing speaks for it: none of {metals_counted:word} metals is up, and the median company "
        "has not gained.",
        **told,
    )


def evidence_against(told: Mapping[str, Any]) -> Statement:
    """The strongest that speaks against breadth; else how far the metals move as one."""
    if told["left_without_top"] <= 0:
        return state(
            "Without the {top:word} largest contributors the other companies together lost "
            "{lost:pct0} in six months, counted in equal parts.",
            lost=-told["left_without_top"],
            **told,
        )
    if told["share"] < told["asked"]:
        return state(
            "Over six months only {metals_up:word} of {metals_counted:word} metals beyond the "
            "precious ones are up, fewer than the {asked:pct0} that breadth asks for.",
            **told,
        )
    if told["median_company_return"] <= 0:
        return state(
            "The median company outside precious metals lost {lost:pct0} over six months, though "
            "the mean of all is {mean_company_return:spct0}.",
            lost=-told["median_company_return"],
            **told,
        )
    words = "The {top:word} largest contributors made {made:pct0} of the companies’ gain; "
    if np.isnan(told["effective_bets"]):
        words += "how far the metals move as one is not known."
    else:
        words += "the metals move like {effective_bets:num1} independent ones, as one factor "
        words += "carries {first_component:pct0} of their moves."
    return state(words, made=1 - told["kept_without_top"], **told)


def falsifier_distance(told: Mapping[str, Any], refuted_at: float) -> Statement:
    """How many metals, or how much of the gain, lie between the claim and its falsifier."""
    up, n = int(told["metals_up"]), int(told["metals_counted"])
    if told["share"] < refuted_at:
        return state(
            "It has fired: {share:pct0} of the metals are up, fewer than the {bound:pct0} that it "
            "names.",
            bound=refuted_at,
            **told,
        )
    if told["left_without_top"] <= 0:
        return state("It has fired: the {top:word} largest contributors made all the gain.", **told)
    more = next(fewer for fewer in range(1, up + 1) if (up - fewer) / n < refuted_at)
    return state(
        "{more:Word} of the {metals_up:word} metals that are up would have to fall back, or the "
        "{kept_without_top:pct0} of the gain that the other companies made be lost.",
        more=more,
        **told,
    )
