"""What moves with the dollar, yields, fear and copper: regressions that tell no cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
from scipy import special

from research.analysis.baskets import WEEKS_A_YEAR, mean_of_most, part
from research.analysis.claims import least
from research.analysis.regression import Fit, least_squares
from research.analysis.returns import weekly, weekly_returns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from research.market import Market
    from research.params.models import Method

FACTORS = ("dollar", "yield", "volatility", "copper")
"""Roles of the factors; `yield` is a real yield where the desk has one."""
SUBJECTS = ("gold", "gold_miners", "diversified")
DIFFERENCED = ("rate", "volatility")  # moves in points; everything else in per cent of itself
TABLE = [
    "subject", "factor", "per", "coefficient", "error", "t", "n", "r2", "residual_share",
    "n_recent", "r2_recent",
]  # fmt: skip


def factor_table(market: Market, method: Method) -> pd.DataFrame:
    """Weekly returns of gold and of miners on four factors together, over `context_years`.

    One row for each subject and factor. `coefficient` is the subject's return (fraction) that went
    with a rise of the factor by one `per` (1 %, 1 pp or 1 point), the others given; `error` its
    Newey–West standard error and `t` their ratio. Of the whole regression, repeated on its rows:
    `n` weeks, `r2`, `residual_share` (1 − R²), and `r2_recent` of the last `six_months_weeks`. A
    factor without data, or that is the subject itself, is left out; so is a subject without
    `n_min` weeks. Association only. Source: DOMAIN §B.1, N1 and C5.
    """
    ids = [one.id for one in (part(market, role) for role in SUBJECTS) if one]
    factors = [one.id for one in (part(market, role) for role in FACTORS) if one]
    moves = factor_moves(market, factors)
    rows = []
    for subject in ids:
        found = associated(subject_returns(market, subject), moves, method, skip=subject)
        if found is None:
            continue
        for place, factor in enumerate(found.factors, start=1):
            step, per = (
                (1.0, "1 pp" if market.universe[factor].kind == "rate" else "1 point")
                if market.universe[factor].kind in DIFFERENCED
                else (0.01, "1 %")
            )
            slope, error = found.fit.coefficients[place], found.fit.errors[place]
            rows.append(
                {
                    "subject": market.universe[subject].label,
                    "factor": market.universe[factor].label,
                    "per": per,
                    "coefficient": slope * step,
                    "error": error * step,
                    "t": slope / error,
                    "n": found.fit.n,
                    "r2": found.fit.r2,
                    "residual_share": 1 - found.fit.r2,
                    "n_recent": found.recent.n,
                    "r2_recent": found.recent.r2,
                }
            )
    return pd.DataFrame(rows, columns=TABLE)


class Associated(NamedTuple):
    """A regression on `factors` (ids, in the order of the slopes), long and of late."""

    factors: tuple[str, ...]
    fit: Fit
    recent: Fit


def associated(
    returns: pd.Series, moves: pd.DataFrame, method: Method, *, skip: str = ""
) -> Associated | None:
    """Least squares of weekly `returns` on `moves`, over `context_years` and the last half-year.

    Columns of `moves` without data, and the one called `skip`, are left out. None below `n_min`
    weeks or without factors. The half-year is missing below `coverage_to_test` of its weeks.
    """
    span = method.sampling.context_years * WEEKS_A_YEAR
    table = moves.drop(columns=skip, errors="ignore").iloc[-span:]
    table = table.dropna(axis="columns", how="all").assign(own=returns).dropna()
    factors = tuple(str(name) for name in table.columns[:-1])
    if not factors or len(table) < method.inference.n_min:
        return None
    fit = least_squares(table["own"], table[list(factors)])
    weeks = method.sampling.six_months_weeks
    late = table[table.index > moves.index[-1] - pd.Timedelta(weeks=weeks)]
    enough = len(late) >= least(method.inference.coverage_to_test, weeks)
    late = late if enough else late.iloc[:0]
    return Associated(factors, fit, least_squares(late["own"], late[list(factors)]))


def factor_moves(market: Market, ids: Sequence[str]) -> pd.DataFrame:
    """Weekly moves of `ids` by Friday: yields and VIX in points, everything else as a fraction.

    A column of missing values stands for what has no data.
    """
    found = {}
    for one in ids:
        levels = market.closes([one], fill_days=0, rolled=True).frame[one]
        points = market.universe[one].kind in DIFFERENCED
        found[one] = weekly(levels).diff() if points else weekly_returns(levels)
    return pd.DataFrame(found).astype(float)


def subject_returns(market: Market, name: str) -> pd.Series:
    """Weekly total returns in USD of an instrument, or of a sub-group in equal parts.

    An id that is both, such as that of a metal, is the instrument.
    """
    known = {one.id for one in market.universe.instruments}
    members = [name] if name in known else [one.id for one in market.universe.companies(name)]
    returns = weekly_returns(market.total_return(members, fill_days=0))
    return mean_of_most(returns.T, market.method.inference.coverage_to_test)


def chance_r2(n: int, factors: int, share: float) -> float:
    """R² below which `share` of regressions stay whose factors have nothing to do with it.

    R² of `n` independent rows on `factors` unrelated ones is Beta(k/2, (n−k−1)/2).
    """
    return float(special.betaincinv(factors / 2, (n - factors - 1) / 2, share))


def chance_above(r2: float, n: int, factors: int) -> float:
    """How often unrelated factors reach an R² above `r2`."""
    return float(1 - special.betainc(factors / 2, (n - factors - 1) / 2, r2))
