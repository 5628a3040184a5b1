"""Daily prices of the sample market: seeded noise, tied to published averages and chosen levels."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from research.market.align import sessions_of
from research.market.sources.sample_tables import (
    FIRST_SESSION,
    LAST_SESSION,
    LAST_YEAR,
    Calibration,
    Path,
    stream,
)
from research.market.units import Unit

SESSIONS_A_YEAR = 252
WORLD = "acwi"
CLOSE_OF_DAY = np.timedelta64(21, "h")  # 21:00 UTC for all exchanges: no row precedes its close
_PUBLISHED_AFTER = np.timedelta64(38, "D")  # of a month's mean: in the second month after it
_NEWTON_STEPS = 6

# Days on which an exchange outside New York is shut while New York trades:
# (month, weekday or None, first day, last day). Not complete; a market has gaps, and so has this.
_SHUT = {
    "XLON": ((5, 0, 1, 7), (8, 0, 25, 31), (12, None, 26, 26)),
    "XASX": ((1, None, 26, 26), (4, None, 25, 25), (12, None, 26, 26)),
    "XJSE": ((9, None, 24, 24), (12, None, 16, 16), (12, None, 26, 26)),
    "XTSE": ((8, 0, 1, 7), (10, 0, 8, 14)),
    "BVMF": ((4, None, 21, 21), (9, None, 7, 7), (10, None, 12, 12)),
    "XOSL": ((5, None, 17, 17), (12, None, 26, 26)),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One instrument's daily closes; `adjusted` reinvests the income from the first close on.

    Reinvesting forward, not backward, keeps a later distribution from changing an earlier row.
    """

    unit: str
    days: np.ndarray
    close: np.ndarray
    adjusted: np.ndarray
    price_type: str = "close"
    known_after: np.timedelta64 = CLOSE_OF_DAY


def sample_lines(calibration: Calibration) -> dict[str, Line]:
    """Instrument id → its line, by id."""
    walks = _Walks(calibration)
    return {path.id: _line(path, walks) for _, path in sorted(calibration.paths.items())}


class _Walks:
    """Log levels of all paths on the sessions of New York, each made once, when asked for."""

    def __init__(self, calibration: Calibration) -> None:
        self.days = sessions_of("NYSE", FIRST_SESSION, LAST_SESSION).to_numpy()
        self.paths = calibration.paths
        self.years = self.days.astype("datetime64[Y]").astype(int) + 1970
        self._t = self.days.astype("datetime64[D]").astype(float)
        self._made: dict[str, np.ndarray] = {}

    def __getitem__(self, id: str) -> np.ndarray:
        if id not in self._made:
            self._made[id] = self._walk(self.paths[id])
        return self._made[id]

    def _walk(self, path: Path) -> np.ndarray:
        if not path.pins:
            return np.log(self._volatility_index(path))
        steps = self._own_steps(path)
        for other, load in path.loads.items():
            steps += load * np.diff(self[other], prepend=self[other][0])
        if path.down:
            steps += path.down * np.minimum(np.diff(self[WORLD], prepend=self[WORLD][0]), 0)
        currency = Unit(path.unit).currency
        if path.exchange and currency != "USD":
            fx = self[f"{currency}usd".lower()]
            steps -= np.diff(fx, prepend=fx[0])
        return self._tied(np.cumsum(steps), path)

    def _own_steps(self, path: Path) -> np.ndarray:
        fat_tailed = stream("price", path.id).standard_t(5, len(self._t)) * np.sqrt(3 / 5)
        fat_tailed = np.clip(fat_tailed, -4.5, 4.5)  # crashes are where the pins put them
        vol: float | np.ndarray = path.vol
        if path.vol_pins:
            vol = np.interp(self._t, _ordinals(path.vol_pins), list(path.vol_pins.values()))
        steps = np.asarray(fat_tailed * vol / np.sqrt(SESSIONS_A_YEAR))
        steps[0] = 0.0
        if path.pull:
            stray = pd.Series(steps).ewm(alpha=path.pull, adjust=False).mean() / path.pull
            steps = np.diff(stray, prepend=0.0)
        return steps

    def _tied(self, walk: np.ndarray, path: Path) -> np.ndarray:
        """`walk` plus straight lines between knots, so that every pin and yearly average is met.

        Each average gets one free knot in the longest stretch of its year without a pin; the
        free knots are found by Newton's method, for an average of exponentials is not linear.
        """
        pins = dict(sorted(zip(_ordinals(path.pins), path.pins.values(), strict=True)))
        free = {year: _free_knot(year, list(pins)) for year in path.averages}
        knots = np.array(sorted([*pins, *free.values()]))
        hats = np.stack([np.interp(self._t, knots, row) for row in np.eye(len(knots))], axis=1)
        level = {**pins, **{free[year]: mean for year, mean in path.averages.items()}}
        wanted = np.array([level[knot] for knot in knots])
        target = wanted if path.additive else np.log(wanted)
        shift = target - np.interp(knots, self._t, walk)
        unknown = np.searchsorted(knots, list(free.values()))
        means = np.array(list(path.averages.values()))
        starts = np.searchsorted(self.years, [*path.averages, LAST_YEAR + 1])
        whole = slice(starts[0], starts[-1])
        for _ in range(_NEWTON_STEPS if len(means) else 0):
            prices = np.exp(walk + hats @ shift)[whole, None]
            sums = np.add.reduceat(prices * hats[whole], starts[:-1] - starts[0])
            slope = sums / np.diff(starts)[:, None]  # hats add up to one, so its rows to the means
            shift[unknown] += np.linalg.solve(slope[:, unknown], means - slope.sum(axis=1))
        return np.asarray(walk + hats @ shift)

    def _volatility_index(self, path: Path) -> np.ndarray:
        """Implied volatility: what world equities did of late, and a jump when they fall."""
        steps = np.diff(self[WORLD], prepend=self[WORLD][0])
        variance = pd.Series(steps**2).ewm(alpha=0.04).mean().to_numpy()
        week = pd.Series(steps).rolling(5, min_periods=1).sum().to_numpy()
        noise = pd.Series(self._own_steps(path)).ewm(halflife=5).mean().to_numpy()
        calm = 4.5 + 80 * np.sqrt(SESSIONS_A_YEAR * variance)
        return np.clip(calm * np.exp(noise - 3 * week), 9.1, 83.0)


def _line(path: Path, walks: _Walks) -> Line:
    days = walks.days
    traded = (days >= np.datetime64(path.first)) & ~_shut(path.exchange, days)
    level = walks[path.id][traded]
    close = np.round(np.maximum(level, 0.0) if path.additive else np.exp(level), path.decimals)
    if path.monthly:
        return _monthly(path, days[traded], close)
    months = days[traded].astype("datetime64[M]").astype(int)
    # Distributions go ex on the first session of March, June, September and December.
    ex = (np.diff(months, prepend=months[0]) > 0) & (months % 3 == 2)
    reinvested = np.cumprod(np.where(ex, 1 + path.income / 4, 1.0))
    return Line(unit=path.unit, days=days[traded], close=close, adjusted=close * reinvested)


def _monthly(path: Path, days: np.ndarray, close: np.ndarray) -> Line:
    _, starts = np.unique(days.astype("datetime64[M]"), return_index=True)
    ends = np.append(starts[1:], len(days))
    mean = np.round(np.add.reduceat(close, starts) / (ends - starts), path.decimals)
    return Line(
        unit=path.unit,
        days=days[ends - 1],
        close=mean,
        adjusted=mean,
        price_type="average",
        known_after=_PUBLISHED_AFTER,
    )


def _shut(exchange: str, days: np.ndarray) -> np.ndarray:
    dates = pd.DatetimeIndex(days)
    shut = np.zeros(len(days), dtype=bool)
    for month, weekday, first, last in _SHUT.get(exchange, ()):
        closed = (dates.month == month) & (dates.day >= first) & (dates.day <= last)
        shut |= closed if weekday is None else closed & (dates.day_of_week == weekday)
    return shut


def _ordinals(days: object) -> list[float]:
    return [float(np.datetime64(day, "D").astype(int)) for day in days]  # type: ignore[attr-defined]


def _free_knot(year: int, pins: list[float]) -> float:
    first, last = _ordinals([dt.date(year, 1, 1), dt.date(year, 12, 31)])
    edges = [first, *(pin for pin in pins if first < pin < last), last]
    start, end = max(itertools.pairwise(edges), key=lambda pair: pair[1] - pair[0])
    return (start + end) // 2
