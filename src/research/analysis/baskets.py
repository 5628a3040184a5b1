"""The series that are compared with the market: sector funds and baskets of companies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from research.analysis.claims import least
from research.analysis.members import on_list, size
from research.analysis.returns import weekly, weekly_returns

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Instrument, Universe

WEEKS_A_YEAR = 52
LONDON = "XLON"


class Basket(NamedTuple):
    """Instruments of equal weight; a fund is a basket of one.

    `kind` is `fund`, `sub-group` or `london`; the companies of the last are in sub-groups too.
    """

    id: str
    label: str
    kind: str
    members: tuple[str, ...]


def baskets(universe: Universe) -> tuple[Basket, ...]:
    """The two sector funds, the sub-groups, and the companies whose home exchange is London.

    Members are all that ever were; `basket_returns` takes those of each day.
    """
    funds = [
        Basket(one.id, one.label, "fund", (one.id,))
        for one in (_role(universe, part) for part in ("diversified", "gold_miners"))
        if one
    ]
    groups = [
        Basket(
            f"{group.id}-miners",
            group.label,
            "sub-group",
            tuple(one.id for one in universe.ever(group.id)),
        )
        for group in universe.sub_groups
    ]
    at_home = tuple(
        one.id for one in universe.ever() if one.primary and one.primary.exchange == LONDON
    )
    return (*funds, *groups, Basket("london-miners", "London miners", "london", at_home))


def part(market: Market, role: str) -> Instrument | None:
    """The instrument that plays `role`; None when the universe names none."""
    return _role(market.universe, role)


def basket_returns(
    returns: pd.DataFrame, chosen: Iterable[Basket], market: Market, *, days: int
) -> pd.DataFrame:
    """Mean return of each basket's members, date × basket id.

    `returns` (fractions, date × instrument) are of periods of `days` days that end on the date. A
    company's periods that touch a bid for it (`deal_windows`) are left out. Missing where fewer
    than `coverage_to_test` of the members of the day have a return.
    """
    free = on_list(returns.copy(), market.universe)
    for company in market.universe.ever():
        for window in company.deal_windows:
            last = pd.Timestamp(window.last) + pd.Timedelta(days=days - 1)
            if company.id in free:
                free.loc[pd.Timestamp(window.first) : last, company.id] = np.nan
    share = market.method.inference.coverage_to_test
    return pd.DataFrame(
        {
            one.id: mean_of_most(
                free[list(one.members)].T, share, size(one.members, market.universe, free.index)
            )
            for one in chosen
        }
    )


def mean_of_most(members: pd.DataFrame, share: float, wanted: pd.Series | None = None) -> pd.Series:
    """Mean of each column, over rows of members; missing below `share` of those `wanted` there.

    By default all rows are.
    """
    if wanted is None:
        wanted = pd.Series(len(members), index=members.columns)
    return members.mean().where(
        members.notna().sum() >= wanted.map({n: least(share, n) for n in wanted.unique()})
    )


def weekly_excess(market: Market, ids: Sequence[str], *, currency: str = "USD") -> pd.DataFrame:
    """Friday-to-Friday total returns in `currency` over the 3-month bill in dollars.

    Date × id, fractions. Without a bill yield (`knows_bill`) it is the plain return. In another
    currency the bill stays the American one: it hardly moves, so a beta does not notice.
    """
    levels = market.total_return(list(ids), currency=currency, fill_days=0)
    returns = weekly_returns(levels)
    bill = part(market, "bill")
    if bill is None or not knows_bill(market):
        return returns
    yields = weekly(market.closes([bill.id]).frame[bill.id]).shift(1) / 100
    return returns.sub(yields.reindex(returns.index).ffill() / WEEKS_A_YEAR, axis=0)


def knows_bill(market: Market) -> bool:
    """Whether the yield of the bill, over which returns are counted, is known at all."""
    bill = part(market, "bill")
    return bill is not None and market.latest(bill.id) is not None


def _role(universe: Universe, role: str) -> Instrument | None:
    return universe.role(role) if role in universe.roles else None
