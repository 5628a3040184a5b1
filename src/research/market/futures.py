"""Futures contracts into one line: levels as settled, returns across rolls adjusted by ratio."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from research.errors import DataError

_MONTHS = "FGHJKMNQUVXZ"  # January to December, as exchanges abbreviate them
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Continuous:
    """One line of contracts, by day.

    `settlement` is that of the `contract` held, as it was settled. `factor` times it has the
    returns of the contract held; it is 1 for the first contract, so that days added at the end
    change nothing before. `ratios` has, by the last day on which a contract was held, the
    settlement of the next one over its own on that day.
    """

    settlement: pd.Series
    contract: pd.Series
    factor: pd.Series
    ratios: pd.Series

    @property
    def chained(self) -> pd.Series:
        """The adjusted line at the level of the first contract."""
        return self.settlement * self.factor

    @property
    def adjusted(self) -> pd.Series:
        """The adjusted line at the level of the last contract, which is as it was settled."""
        return self.settlement * (self.factor / self.factor.iloc[-1])


def continuous(contracts: pd.DataFrame, roll: str | Mapping[str, dt.date]) -> Continuous:
    """One line of `contracts`, ratio-adjusted across its rolls (DOMAIN §C, oracle `roll`).

    `contracts` has a row for each `date` and `contract` with its `settlement`, above zero. `roll`
    gives the first day on which each contract is held; or it names a column, such as `volume`:
    once a later month of delivery has more of it than the contract held, it is held from the next
    day on, and nothing is rolled back. Days without a settlement of the contract held are left
    out. Differences are never added, for a history so adjusted may fall below zero. Raises
    DataError when a contract ends without being rolled, when the two were not both settled on the
    day of a roll, and for a contract whose month cannot be read.
    """
    if (low := contracts[contracts["settlement"] <= 0]).size:
        raise DataError(
            f"{low['contract'].iloc[0]} settled at {low['settlement'].iloc[0]:g} on "
            f"{low['date'].iloc[0]:%Y-%m-%d}; a ratio needs settlements above zero."
        )
    order = sorted(contracts["contract"].unique(), key=delivery)
    if not isinstance(roll, str):
        order = [one for one in order if one in roll]
        if strange := sorted(set(roll) - set(order)):
            raise DataError(f"rolls name {', '.join(strange)}, and no row is of such a contract.")
    table = contracts[contracts["contract"].isin(order)].set_index(["date", "contract"])
    settled = table["settlement"].unstack().sort_index()[order]
    days, prices = settled.index, settled.to_numpy()
    if isinstance(roll, str):
        traded = table[roll].unstack().sort_index()[order].fillna(0.0).to_numpy()
        held = int(np.flatnonzero(~np.isnan(prices[0]))[0])
    else:
        _check_order(order, roll)
        starts = pd.DatetimeIndex([pd.Timestamp(roll[one]) for one in order])
        held = int(max(starts.searchsorted(days[0], side="right") - 1, 0))
    factor = 1.0
    rows: list[tuple[pd.Timestamp, float, str, float]] = []
    ratios: dict[pd.Timestamp, float] = {}
    for n, day in enumerate(days):
        wanted = held
        if isinstance(roll, str):
            wanted = _most_traded(prices[n - 1], traded[n - 1], held) if n else held
        elif day >= starts[held]:
            wanted = int(starts.searchsorted(day, side="right") - 1)
        else:
            continue
        if wanted != held and rows:
            ratio = prices[n - 1, wanted] / prices[n - 1, held]
            if np.isnan(ratio):
                raise DataError(
                    f"{order[held]} and {order[wanted]} are not both settled on "
                    f"{days[n - 1]:%Y-%m-%d}, the day of their roll, so there is no ratio. Roll "
                    "on another day, or bring that settlement."
                )
            ratios[days[n - 1]] = ratio
            factor /= ratio
        held = wanted
        if not np.isnan(prices[n, held]):
            rows.append((day, prices[n, held], order[held], factor))
    _check_end(settled.iloc[:, held], days)
    line = pd.DataFrame(rows, columns=["date", "settlement", "contract", "factor"])
    line = line.set_index("date")
    return Continuous(
        settlement=line["settlement"],
        contract=line["contract"],
        factor=line["factor"],
        ratios=pd.Series(ratios, dtype=float),
    )


def delivery(contract: str) -> tuple[int, int]:
    """Year and month of delivery of `2026-02`, or of a code of this century such as `GCG26`."""
    if match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", contract):
        return int(match[1]), int(match[2])
    if match := re.fullmatch(rf"\w*?([{_MONTHS}])(\d\d)", contract):
        return 2000 + int(match[2]), _MONTHS.index(match[1]) + 1
    raise DataError(
        f"contract {contract!r} does not tell its month of delivery; expected 2026-02, or a code "
        "that ends like GCG26."
    )


def is_rolled(rows: pd.DataFrame) -> bool:
    """True for price rows of one instrument that are a line of contracts, ratio-adjusted."""
    if rows.empty or rows["price_type"].iloc[-1] != "settlement":
        return False
    return bool(rows["adj_close"].notna().any())


def rolls_of(rows: pd.DataFrame) -> pd.Series:
    """The ratio of each roll in price rows of one rolled line, by the last day before it."""
    rows = rows[rows["close"].notna() & rows["adj_close"].notna()]
    raw, chained = (rows[name].to_numpy() for name in ("close", "adj_close"))
    ratios = (raw[1:] / raw[:-1]) / (chained[1:] / chained[:-1])
    found = pd.Series(ratios, index=rows["date"].iloc[:-1])
    return found[(found - 1).abs() > _ROUNDING]


def _most_traded(prices: np.ndarray, traded: np.ndarray, held: int) -> int:
    """The place of the contract to hold next: a later one, settled, with more than the one held."""
    if np.isnan(prices[held]):
        return held
    later = np.where(np.isnan(prices[held:]), -1.0, traded[held:])
    return held + int(later.argmax())


def _check_order(order: Sequence[str], roll: Mapping[str, dt.date]) -> None:
    for one, other in pairwise(order):
        if roll[other] <= roll[one]:
            raise DataError(
                f"{other} is held from {roll[other]}, no later than {one}, which is delivered "
                f"before it and held from {roll[one]}. Contracts follow each other by their month."
            )


def _check_end(settled: pd.Series, days: Sequence[pd.Timestamp]) -> None:
    last = settled.last_valid_index()
    if last != days[-1]:
        raise DataError(
            f"{settled.name} is held to the end and settled last on {last:%Y-%m-%d}, while later "
            f"contracts go on to {days[-1]:%Y-%m-%d}. Roll it by days, or bring what it traded."
        )
