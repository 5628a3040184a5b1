"""Units carried in the type: pence are not pounds, and adding dollars to tonnes raises."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from research.errors import DataError
from research.params.units import MASS_KG, SCALES, NoUnitError, Parts, read


class UnitError(DataError):
    """Two units that cannot be mixed, or a unit that cannot be read."""


@lru_cache(maxsize=512)
def _parse(text: str) -> Parts:
    try:
        return read(text)
    except NoUnitError as error:
        raise UnitError(str(error)) from None


@dataclass(frozen=True)
class Unit:
    """The unit of a number, such as `USD/oz`, `GBp` or `USD m`; ounces are troy ounces.

    Raises UnitError for a text that is no unit.
    """

    text: str

    def __post_init__(self) -> None:
        _parse(self.text)

    def __str__(self) -> str:
        return self.text

    @property
    def currency(self) -> str | None:
        """ISO code of the money in it (`GBP` for `GBp`); None for an index, ratio or mass."""
        return _parse(self.text).currency

    @property
    def per(self) -> str | None:
        """What the money is paid for: `oz`, `t`, `share`, or a currency."""
        return _parse(self.text).per

    @property
    def scale(self) -> float:
        """How many base units (one of the currency, per kilogram where there is a mass) it is."""
        return _parse(self.text).scale

    def factor_to(self, other: Unit) -> float:
        """What a number in this unit is multiplied by to be in `other`.

        Never crosses currencies: that needs a rate and a date. Raises UnitError.
        """
        if self == other:
            return 1.0
        here, there = _parse(self.text), _parse(other.text)
        if here.dimension != there.dimension:
            raise UnitError(
                f"{self} cannot be expressed in {other} or mixed with it; expected two units of "
                "the same thing in the same currency. Convert first, with `unit=` or `currency=`."
            )
        return here.scale / there.scale

    def exchanged(self, currency: str) -> Unit:
        """The same unit in whole units of another currency: `CNY/t` → `USD/t`, `GBp` → `USD`."""
        if self.currency is None:
            raise UnitError(f"{self} holds no currency, so it cannot be exchanged to {currency}.")
        if self.per in MASS_KG or self.per == "share":
            return Unit(f"{currency}/{self.per}")
        _, _, size = self.text.partition(" ")
        return Unit(f"{currency} {size}" if size in SCALES and size else currency)


@dataclass(frozen=True, eq=False)
class Quantity:
    """A number with its unit; sums and comparisons convert, and raise UnitError if they cannot."""

    value: float
    unit: Unit

    __hash__ = None  # type: ignore[assignment]  # 4448 GBp equals 44.48 GBP only to rounding

    def to(self, unit: Unit | str) -> Quantity:
        """The same amount in another unit of the same currency."""
        target = Unit(unit) if isinstance(unit, str) else unit
        return Quantity(self.value * self.unit.factor_to(target), target)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + self._same(other), self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.value - self._same(other), self.unit)

    def __mul__(self, number: float) -> Quantity:
        if isinstance(number, Quantity):
            raise UnitError(f"{self.unit} times {number.unit} has no unit here; use plain numbers.")
        return Quantity(self.value * number, self.unit)

    __rmul__ = __mul__

    def __truediv__(self, other: Quantity | float) -> Quantity | float:
        if isinstance(other, Quantity):
            return self.value / self._same(other)
        return Quantity(self.value / other, self.unit)

    def __lt__(self, other: Quantity) -> bool:
        return self.value < self._same(other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        return math.isclose(self.value, self._same(other), rel_tol=1e-12)

    def _same(self, other: Quantity | float) -> float:
        if not isinstance(other, Quantity):
            raise UnitError(f"{other!r} has no unit and cannot be mixed with {self.unit}.")
        return other.to(self.unit).value


@dataclass(frozen=True, eq=False)
class Panel:
    """Prices side by side, date × instrument id, all in one unit; NaN where there is none."""

    frame: pd.DataFrame
    unit: Unit

    def to(self, unit: Unit | str) -> Panel:
        """The same prices in another unit of the same currency."""
        target = Unit(unit) if isinstance(unit, str) else unit
        return Panel(self.frame * self.unit.factor_to(target), target)

    def returns(self) -> pd.DataFrame:
        """Change from row to row, as a fraction; the first row and gaps are NaN."""
        return self.frame.pct_change(fill_method=None)

    def indexed(self, start: dt.date) -> pd.DataFrame:
        """Rows from `start` on, 100 in the first of them; NaN all along where that row has none."""
        since = self.frame.loc[pd.Timestamp(start) :]
        if since.empty:
            end = (
                f"its last is of {self.frame.index[-1]:%Y-%m-%d}"
                if len(self.frame)
                else "it has none"
            )
            raise DataError(f"the panel has no row from {start} on; {end}. Index it earlier.")
        return 100 * since / since.iloc[0]

    def __add__(self, other: Panel) -> Panel:
        return Panel(self.frame + other.to(self.unit).frame, self.unit)

    def __sub__(self, other: Panel) -> Panel:
        return Panel(self.frame - other.to(self.unit).frame, self.unit)
