"""Distributions checked: dividends and splits of a vendor's bars against its own prices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from research.gates import told

_STEP = 0.002  # adjusted prices are rounded, so a factor may wander by so much
_SHARE = 0.05  # and a dividend may miss its step by such a share of itself
_HUNDRED = (50, 200)  # what is taken for pence and pounds
_TOO_MUCH = 0.2  # of the price in one dividend, without a fall to match
_FEW = 3  # other dividends, without which nothing is known of their usual size


class Fault(NamedTuple):
    """A day's dividend or split that does not fit; `text` and `values` as `GateResult` has them."""

    day: pd.Timestamp
    text: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return told(self.text, self.values)


def faults_of_actions(bars: pd.DataFrame) -> list[Fault]:
    """Each dividend and split that does not fit the prices around it, by day.

    `bars` are one instrument's: `date`, `close` adjusted for splits, `adj_close` adjusted for
    dividends too, `dividend` by share (nil on other days) and optionally `split` (new shares for
    one old, nil on other days), in any order. A dividend d on a close p before it must lower the
    factor adj_close / close by d / p; dividends that are a hundredth or a hundredfold of what the
    price lost are in another unit; a factor never steps on other days.
    """
    bars = bars.sort_values("date", ignore_index=True)
    bars = bars[(bars["close"] > 0) & (bars["adj_close"] > 0)].reset_index(drop=True)
    found = [*_dividends(bars), *_phantoms(bars), *_splits(bars)]
    return sorted(found, key=lambda one: (one.day, str(one)))


def _dividends(bars: pd.DataFrame) -> Iterator[Fault]:
    close = bars["close"].to_numpy()
    factor = bars["adj_close"].to_numpy() / close
    paid = bars["dividend"].fillna(0).to_numpy()
    for n in np.flatnonzero(paid[1:] > 0) + 1:
        day, dividend, before = bars["date"].iloc[n], paid[n], close[n - 1]
        due, step, fell = dividend / before, 1 - factor[n - 1] / factor[n], before - close[n]
        others = np.delete(paid, n)
        others = others[others > 0]
        usual = float(np.median(others)) if len(others) >= _FEW else math.nan
        text = "the dividend of {dividend:g} on a close of {close:g} is {due:.2%} of it"
        values = {"dividend": dividend, "close": before, "due": due, "fell": fell}
        if abs(step - due) > max(_STEP, _SHARE * due):
            ratio = due / step if abs(step) > _STEP / 10 else math.inf
            cause = "it was not adjusted for"
            if _HUNDRED[0] < ratio < _HUNDRED[1]:
                cause = "it is a hundredfold: pence for pounds"
            elif not math.isinf(ratio):
                cause = "one of the two is wrong"
            steps = f", but adjusted closes step by {{step:.2%}}; {cause}."
            yield Fault(day, text + steps, {**values, "step": step})
        elif due > _TOO_MUCH and fell < dividend / 4:
            lost = ", and the price lost {fell:g}; it is taken for another unit."
            yield Fault(day, text + lost, values)
        elif _HUNDRED[0] < usual / dividend < _HUNDRED[1] and _near(100 * dividend, fell):
            lost = ", others are about {usual:g} and the price lost {fell:g}; it is a hundredth: "
            yield Fault(day, f"{text}{lost}pounds for pence.", {**values, "usual": usual})


def _near(due: float, found: float) -> bool:
    return abs(found - due) < due / 3


def _phantoms(bars: pd.DataFrame) -> Iterator[Fault]:
    factor = bars["adj_close"] / bars["close"]
    step = 1 - factor.shift() / factor
    # Prices in whole cents let the factor of a cheap share wander.
    rounding = 0.01 / bars["adj_close"] + 0.01 / bars["adj_close"].shift()
    bare = (bars["dividend"].fillna(0) == 0) & (step.abs() > 2.5 * _STEP + rounding)
    for n in bars.index[bare]:
        yield Fault(
            bars["date"].iloc[n],
            "adjusted closes step by {step:.2%} against closes, and no dividend is told.",
            {"step": step.iloc[n]},
        )


def _splits(bars: pd.DataFrame) -> Iterator[Fault]:
    if "split" not in bars:
        return
    split = bars["split"].fillna(0)
    ratio = bars["close"] / bars["close"].shift()
    for n in bars.index[(split > 0) & (split != 1)]:
        size = abs(math.log(split.iloc[n]))
        near = ratio.iloc[max(1, n - 5) : n + 6]  # vendors miss the day, too
        close = (np.log(near).abs() - size).abs() < 0.05 + size / 20
        for place in near.index[close & (size > math.log(1.2))]:
            yield Fault(
                bars["date"].iloc[place],
                "the close goes from {before:g} to {close:g} beside the split {split:g}:1 of "
                "{split_day:day}; earlier closes were not adjusted for it.",
                {
                    "before": bars["close"].iloc[place - 1],
                    "close": bars["close"].iloc[place],
                    "split": split.iloc[n],
                    "split_day": f"{bars['date'].iloc[n]:%Y-%m-%d}",
                },
            )
