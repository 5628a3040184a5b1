"""One instrument's prices as it was quoted: day by day, or month by month."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.returns import freshness, total_return
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market

WEEKS_A_MONTH = 52 / 12


@dataclass(frozen=True, kw_only=True)
class History:
    """Closes of one instrument, oldest first and never filled, all in `unit`.

    A month's average stands at the end of its month; `average` says that the prices are such.
    """

    id: str
    name: str
    levels: pd.Series
    unit: Unit
    average: bool
    stale: bool
    fresh_days: int

    @property
    def day(self) -> pd.Timestamp:
        """The day of the last price; of an average, the end of its month."""
        return pd.Timestamp(self.levels.index[-1])

    @property
    def now(self) -> float:
        """The last price."""
        return float(self.levels.iloc[-1])

    @property
    def years(self) -> float:
        """How far back the prices reach."""
        return (self.day - self.levels.index[0]).days / 365.25

    def of_last(self, **time: int) -> pd.Series:
        """The prices of the last `months=` or `years=`, the present one among them."""
        return self.levels[self.levels.index > self.day - pd.DateOffset(**time)]

    def monthly(self, *, years: int) -> pd.Series:
        """The last price of each month of the last `years`; months without one are left out."""
        return self.of_last(years=years).resample("ME").last().dropna()

    def change(self, *, weeks: int) -> float:
        """Change (fraction) over the `weeks` weeks to the last price; missing without a start.

        Averages move by whole months: 13 weeks are three.
        """
        start = self.day - pd.Timedelta(weeks=weeks)
        if self.average:
            start = self.day - pd.offsets.MonthEnd(round(weeks / WEEKS_A_MONTH))
        return float(total_return(self.levels, start, self.day, fresh_days=self.fresh_days))


def history(market: Market, id: str) -> History | None:
    """What is known of the prices of `id`, in the unit of the last; None without any.

    `stale` says that the last is too old to be that of the edition. Raises UnitError when a
    vendor changes to another currency or weight that cannot be converted.
    """
    quote = market.latest(id)
    if quote is None:
        return None
    rows = market.price_rows(id)
    rows = rows[rows["close"].notna()]
    factors = {unit: Unit(unit).factor_to(quote.unit) for unit in rows["unit"].unique()}
    average = quote.price_type == "average"
    days = pd.DatetimeIndex(rows["date"])
    levels = pd.Series(
        (rows["close"] * rows["unit"].map(factors).astype(float)).to_numpy(),
        index=days + pd.offsets.MonthEnd(0) if average else days,
    )
    sampling = market.method.sampling
    allowed = freshness(quote.price_type, sampling)
    return History(
        id=id,
        name=market.universe[id].name,
        levels=levels,
        unit=quote.unit,
        average=average,
        stale=market.as_of - quote.date > dt.timedelta(days=allowed),
        fresh_days=sampling.fresh_days,
    )
