"""Who rates the sample market's miners, and which UK funds hold them."""

from __future__ import annotations

import string
from collections.abc import Iterable

import numpy as np
import pandas as pd

from research.market.sources.sample_tables import LAST_SESSION, Company, stream

_RATINGS = ("Sell", "Hold", "Buy")
_BROKERS = string.ascii_uppercase[:12]
_COVERED = 0.62  # share of the companies that a broker rates
_CHANGES_SINCE = "2023-01"
_COOLING_SINCE = "2025-08"
# monthly odds of a step (up, down), before and after opinion cools
_ODDS, _COOLING_ODDS = (0.020, 0.018), (0.010, 0.034)

_FUNDS = string.ascii_uppercase[:8]
_REPORTED_AFTER = pd.Timedelta(days=45)
# UK miners' share of the benchmark; BHP left it in January 2022
_BENCHMARK = {
    "2015-11-30": 0.044, "2018-03-31": 0.067, "2021-06-30": 0.086, "2021-12-31": 0.083,
    "2022-03-31": 0.058, "2024-12-31": 0.049, "2025-11-30": 0.066,
}  # fmt: skip
# what the funds' managers turned away from miners since then, as a share of the fund
_TURNED_AWAY = {"2015-11-30": 0.0, "2022-12-31": 0.0, "2025-11-30": -0.011}

Columns = dict[str, object]


def ratings(companies: Iterable[Company]) -> Columns:
    """One row per change of an analyst's rating of a company, with the first one."""
    months = np.arange(_CHANGES_SINCE, np.datetime64(LAST_SESSION, "M") + 1, dtype="datetime64[M]")
    cool = (months >= np.datetime64(_COOLING_SINCE))[:, None]
    up, down = np.where(cool, _COOLING_ODDS, _ODDS).T
    rows: list[tuple[str, str, str, np.datetime64, str]] = []
    for company in companies:
        draw = stream("ratings", company.id)
        covered = draw.random(len(_BROKERS)) < _COVERED
        first = draw.choice(3, len(_BROKERS), p=(0.1, 0.34, 0.56))
        started = np.datetime64("2021-01-04") + draw.integers(0, 720, len(_BROKERS))
        turns = draw.random((len(_BROKERS), len(months)))
        days = months.astype("datetime64[D]") + draw.integers(0, 28, turns.shape)
        for n in np.flatnonzero(covered):
            broker, desk = _BROKERS[n], 1 if company.revenue.get("gold", 0) > 0.2 else 2
            who = (f"Analyst {broker}{desk}", f"Broker {broker}", company.id)
            level = int(first[n])
            rows.append((*who, started[n], _RATINGS[level]))
            for turn, rise, fall, day in zip(turns[n], up, down, days[n], strict=True):
                step = int(turn < rise) - int(turn > 1 - fall)
                if step and 0 <= level + step <= 2:
                    level += step
                    rows.append((*who, day, _RATINGS[level]))
    analyst, broker_names, instrument, day_of, rating = zip(*rows, strict=True)
    dates = np.busday_offset(np.array(day_of, dtype="datetime64[D]"), 0, roll="forward")
    return {
        "analyst": list(analyst),
        "broker": list(broker_names),
        "instrument": list(instrument),
        "date": dates.astype("datetime64[us]"),
        "rating": list(rating),
        "available_at": pd.DatetimeIndex(dates + np.timedelta64(12, "h")).tz_localize("UTC"),
    }


def ownership() -> Columns:
    """Weights of UK miners in UK equity funds and in their benchmark, by quarter, as fractions."""
    quarters = pd.date_range("2015-11-30", LAST_SESSION, freq="QE-NOV", unit="us")
    benchmark = np.round(_drawn(_BENCHMARK, quarters), 4)
    weights = []
    for fund in _FUNDS:
        draw = stream("ownership", fund)
        stance = draw.uniform(-0.016, 0.001) + _drawn(_TURNED_AWAY, quarters)
        weights.append(benchmark + stance + draw.normal(0, 0.002, len(quarters)))
    return {
        "fund": np.repeat([f"UK equity fund {fund}" for fund in _FUNDS], len(quarters)).tolist(),
        "group": ["uk-miners"] * (len(_FUNDS) * len(quarters)),
        "date": np.tile(quarters.to_numpy(), len(_FUNDS)),
        "weight": np.round(np.maximum(np.concatenate(weights), 0.0), 4),
        "benchmark_weight": np.tile(benchmark, len(_FUNDS)),
        "available_at": pd.DatetimeIndex(
            np.tile((quarters + _REPORTED_AFTER).to_numpy(), len(_FUNDS))
        ).tz_localize("UTC"),
    }


def _drawn(points: dict[str, float], days: pd.DatetimeIndex) -> np.ndarray:
    at = pd.DatetimeIndex(list(points)).astype("datetime64[us]").asi8
    return np.interp(days.asi8, at, list(points.values()))
