"""Prices brought together: on the same sessions, in the same unit, or as total returns."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from research.calendar import Calendar
from research.errors import UsageError
from research.market.align import aligned
from research.market.exchange import Exchange
from research.market.futures import is_rolled
from research.market.units import Panel, Quantity, Unit, UnitError
from research.market.views import spans
from research.params.models import Instrument, Method, Universe


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The last price of an instrument; `stale` when it is older than `method.gates` allows."""

    id: str
    value: float
    unit: Unit
    date: dt.date
    price_type: str
    source: str
    stale: bool

    @property
    def quantity(self) -> Quantity:
        """The price with its unit."""
        return Quantity(self.value, self.unit)


def is_stale(
    day: dt.date, price_type: str, as_of: dt.date, calendar: Calendar, method: Method
) -> bool:
    """True for a price of `day` that is too old at `as_of`; averages are replaced once a month."""
    if price_type == "average":
        return (as_of - day).days > method.sampling.average_fresh_days
    return calendar.sessions_between(day, as_of) > method.gates.stale_sessions


class Prices:
    """Visible price rows, ordered by instrument and day, put on `sessions`."""

    def __init__(
        self,
        rows: pd.DataFrame,
        universe: Universe,
        sessions: pd.DatetimeIndex,
        *,
        fill_days: int,
    ) -> None:
        self._all = rows
        self._spans = spans(rows)
        self._universe = universe
        self._sessions = sessions
        self._fill_days = fill_days
        self._aligned: dict[tuple[str, str, int], np.ndarray] = {}
        self._units: dict[str, Unit] = {}
        self._exchange = Exchange(universe, self._quotes)

    def closes(
        self, ids: Sequence[str], unit: str | None, fill_days: int | None, rolled: bool = False
    ) -> Panel:
        """See `Market.closes`."""
        units = {key: self._unit(key) for key in ids}
        if unit is None and len(set(units.values())) > 1:
            said = ", ".join(f"{key} is in {own}" for key, own in units.items())
            raise UnitError(
                f"prices of different units in one panel: {said}. Ask for one with `unit=`, or "
                "for returns with total_return()."
            )
        target = Unit(unit) if unit else next(iter(units.values()), Unit("ratio"))
        columns = {
            key: self._series(
                key, "rolled" if rolled and self._is_rolled(key) else "close", fill_days
            )
            * self._factor(own, target)
            for key, own in units.items()
        }
        return Panel(self._table(columns), target)

    def total_return(
        self, ids: Sequence[str], currency: str, fill_days: int | None
    ) -> pd.DataFrame:
        """See `Market.total_return`."""
        columns = {}
        for key in ids:
            instrument, unit = self.instrument(key), self._unit(key)
            if instrument.kind == "rate":
                raise UnitError(
                    f"{key} is a yield in {unit}; it has no total return. Use closes()."
                )
            pays = instrument.kind in ("company", "fund", "line")
            adjusted = pays or self._is_rolled(key)
            columns[key] = self._series(key, "adj_close" if adjusted else "close", fill_days)
            # A pair is not converted: its quote is the price of money in money already.
            if unit.currency and instrument.kind != "fx":
                columns[key] = columns[key] * self._exchange.rate(unit.currency, currency)
        return self._table(columns)

    def rows(self, id: str) -> pd.DataFrame:
        """The rows of one instrument, oldest first; UsageError when the universe has none such."""
        self.instrument(id)
        return self._all.iloc[self._spans.get(id, slice(0, 0))]

    def instrument(self, id: str) -> Instrument:
        """The instrument called `id`; UsageError with a suggestion when there is none."""
        try:
            return self._universe[id]
        except KeyError:
            known = [one.id for one in self._universe.instruments]
            near = difflib.get_close_matches(id, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "the ids are in universe.yaml."
            raise UsageError(f"instrument {id!r} is not in the universe; {hint}") from None

    def _unit(self, id: str) -> Unit:
        """The unit of the newest row; without rows, the one the universe expects."""
        if id not in self._units:
            self._units[id] = self._unit_found(id)
        return self._units[id]

    def _unit_found(self, id: str) -> Unit:
        instrument, rows = self.instrument(id), self.rows(id)
        if len(rows):
            return Unit(rows["unit"].iloc[-1])
        listed = instrument.primary.unit if instrument.primary else None
        return Unit(instrument.unit or listed or "ratio")

    def _quotes(self, pair: str) -> np.ndarray:
        return self._series(pair, "close")

    def _series(self, id: str, column: str, fill_days: int | None = None) -> np.ndarray:
        fill = self._fill_days if fill_days is None else fill_days
        if (id, column, fill) not in self._aligned:
            found = self._aligned[id, column, fill] = self._on_sessions(id, column, fill)
            found.flags.writeable = False  # the next who asks is given the same
        return self._aligned[id, column, fill]

    def _on_sessions(self, id: str, column: str, fill_days: int) -> np.ndarray:
        # Column by column, since to take rows is to take their words, which costs the most.
        rows = self.rows(id)
        if column == "rolled":
            last = rows[rows["adj_close"].notna() & rows["close"].notna()].iloc[-1]
            rows = rows.assign(rolled=rows["adj_close"] * (last["close"] / last["adj_close"]))
        values = rows[column].to_numpy()
        known = ~np.isnan(values)
        values, days = values[known], rows["date"].to_numpy()[known]
        if id in self._of_many_units:
            last, units = self._unit(id), rows["unit"][known]
            values = values * units.map(lambda text: Unit(text).factor_to(last)).to_numpy()
        return aligned(days, values, self._sessions, fill_days=fill_days)

    @cached_property
    def _of_many_units(self) -> frozenset[str]:
        units = pd.factorize(self._all["unit"])[0]
        return frozenset(key for key, rows in self._spans.items() if np.ptp(units[rows]))

    def _is_rolled(self, id: str) -> bool:
        return self.instrument(id).kind == "metal" and is_rolled(self.rows(id))

    def _factor(self, unit: Unit, target: Unit) -> np.ndarray | float:
        if unit.currency == target.currency or unit.currency is None or target.currency is None:
            return unit.factor_to(target)
        whole = unit.factor_to(unit.exchanged(unit.currency))
        rest = unit.exchanged(target.currency).factor_to(target)
        return whole * rest * self._exchange.rate(unit.currency, target.currency)

    def _table(self, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
        table = np.array([*columns.values()]).reshape(len(columns), len(self._sessions))
        begun = np.flatnonzero(~np.isnan(table).all(axis=0))
        since = slice(begun[0] if begun.size else len(self._sessions), None)
        return pd.DataFrame(
            table[:, since].T, index=self._sessions[since], columns=list(columns), copy=False
        )
