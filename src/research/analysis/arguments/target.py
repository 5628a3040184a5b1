"""The dated price target: scored while it is open, judged when its months are over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from research.analysis.arguments.rows import in_words
from research.analysis.claims import Finding, Verdict, grade, not_tested, state
from research.analysis.histories import is_fresh, own_history
from research.analysis.inference import mean_block
from research.analysis.returns import drawdown
from research.analysis.scenarios import simulate
from research.calendar import written
from research.params.models import Bounds

if TYPE_CHECKING:
    from research.analysis.claims import Statement
    from research.market import Market
    from research.params.models import Claim, Instrument, MetalView, Method

SESSIONS_A_WEEK = 5
SESSIONS_A_YEAR = 260


def price_target(claim: Claim, market: Market, method: Method) -> Finding:
    """Score the target of `method.metal_view` on gold's closes (fixes, where the source has them).

    While it is open the verdict is NOT TESTED, and the claim votes by its `stance`: +1 when the
    target is at or above the last close by `band` of that close, −1 when it is at or below by as
    much, else 0 (DOMAIN §D.2). From the evening of `expires_on` it is SUPPORTED when the last
    close on or before that day is at or above the target, else CONTRADICTED, and votes 0. Before
    `said_on`, or without a fresh price, NOT TESTED without a stance. The estimate is the target
    over that close, minus one (fraction). `details` holds where gold stood when the target was
    told, the highest close since (touch), the close that counts (terminal), the largest fall from
    a peak since (path), and the odds of a touch as `touch_odds` saw them on `said_on`. `data` has
    the closes since it was told, the target beside each.
    """
    view, gold = method.metal_view, market.universe.role("gold")
    measure = f"Target over {gold.label.lower()}, minus one"
    if market.as_of < view.said_on:
        reason = (
            f"The target was told later, on {written(view.said_on)}; "
            f"this edition is of {written(market.as_of)}."
        )
        return not_tested(claim, reason, measure=measure)
    end = min(market.as_of, view.expires_on)
    closes = own_history(market, gold, until=end, unit=_UNIT).levels["close"].dropna()
    window = _window(closes, view)
    fresh = method.gates.stale_sessions
    if not len(window) or not is_fresh(closes.index[-1], end, fresh):
        reason = f"{gold.label} has no fresh close from {written(view.said_on)} to {written(end)}."
        return not_tested(claim, reason, measure=measure, test=_asked(gold, view))
    score = _score(window, view, touch_odds(closes, market, method))
    shared: dict[str, Any] = {
        "estimate": score.upside,
        "unit": "fraction",
        "fmt": "spct1",
        "n": len(window),
        "measure": measure,
        "test": _asked(gold, view),
        "best_for": _touched(score),
        "best_against": _path(score, is_open=market.as_of < view.expires_on),
        "details": score.details(),
        "data": pd.DataFrame(
            {
                f"price_{in_words(_UNIT)}": window,
                f"target_{in_words(_UNIT)}": view.target_usd_oz,
            }
        ).rename_axis("date"),
    }
    if market.as_of < view.expires_on:
        return not_tested(
            claim,
            f"A forecast that is still open; it is scored on {written(view.expires_on)}.",
            stance=stance(view.target_usd_oz, score.terminal, view.band),
            bounds=Bounds(side="high", support=view.band, contradiction=-view.band),
            distance=_open(score, view, market.as_of),
            **shared,
        )
    reached = score.terminal >= view.target_usd_oz
    return Finding(
        claim=claim,
        verdict=Verdict.SUPPORTED if reached else Verdict.CONTRADICTED,
        grade=grade(method.inference.grade_a_years, method.inference, press=True),
        reason=_REASONS[reached],
        distance=_over(score),
        stance=0,
        **shared,
    )


_UNIT = "USD/oz"
_REASONS = {
    True: "Gold’s last close of the target’s months is at or above it.",
    False: "Gold’s last close of the target’s months is below it.",
}


def stance(target: float, spot: float, band: float) -> int:
    """+1 for a target at least `band` of spot above it, −1 for one as far below, else 0."""
    if target >= spot * (1 + band):
        return 1
    return -1 if target <= spot * (1 - band) else 0


def touch_odds(closes: pd.Series, market: Market, method: Method) -> float:
    """Odds that gold's close touches the target by `expires_on`, as seen on `said_on`.

    Stationary bootstrap of daily log returns of the `primary_years` to `said_on`, their mean
    replaced by the bill's yield of that day (nil where it is not known); seeded by `said_on`.
    Missing with fewer than `n_min` returns.
    """
    view = method.metal_view
    known = closes[closes.index <= pd.Timestamp(view.said_on)]
    years = method.sampling.primary_years
    known = known[known.index >= pd.Timestamp(view.said_on) - pd.DateOffset(years=years)]
    logs = np.diff(np.log(known.to_numpy()))
    if logs.size < method.inference.n_min:
        return nan
    sessions = int(np.busday_count(view.said_on, view.expires_on))
    paths = simulate(
        logs,
        weeks=sessions,  # steps of the sample, which are days here: a touch may last one only
        paths=method.inference.bootstrap_draws,
        seed=int(f"{view.said_on:%Y%m%d}"),
        block=mean_block(logs, floor_at=method.inference.mean_block_weeks_min * SESSIONS_A_WEEK),
        drift=float(np.log1p(_bill(market, view.said_on))) / SESSIONS_A_YEAR,
    )
    return float((paths.max(axis=1) >= view.target_usd_oz / known.iloc[-1]).mean())


def _bill(market: Market, day: dt.date) -> float:
    bill = market.universe.roles.get("bill")
    if bill is None or market.latest(bill) is None:
        return 0.0
    yields = market.closes([bill]).frame[bill].dropna()
    yields = yields[yields.index <= pd.Timestamp(day)]
    return float(yields.iloc[-1]) / 100 if len(yields) else 0.0


@dataclass(frozen=True, kw_only=True)
class _Score:
    """How a target fares: closes in USD/oz, changes as fractions."""

    target: float
    begin: float  # the close on the day the target was told
    highest: float
    highest_on: dt.date
    terminal: float
    last_on: dt.date
    fall: float  # largest, from a peak since the target was told; ≤ 0
    odds: float  # of a touch, as seen on the day the target was told

    @property
    def upside(self) -> float:
        return self.target / self.terminal - 1

    @property
    def touched(self) -> bool:
        return self.highest >= self.target

    def details(self) -> dict[str, float]:
        return {
            "target": self.target,
            "spot_when_said": self.begin,
            "upside_when_said": self.target / self.begin - 1,
            "highest_since": self.highest,
            "touched": float(self.touched),
            "terminal": self.terminal,
            "largest_fall": self.fall,
            "p_touch": self.odds,
        }


def _window(closes: pd.Series, view: MetalView) -> pd.Series:
    """Closes from the last one known on `said_on`, from where the target looked ahead."""
    told = closes.index[closes.index <= pd.Timestamp(view.said_on)]
    return closes[closes.index >= told[-1]] if len(told) else closes.iloc[:0]


def _score(window: pd.Series, view: MetalView, odds: float) -> _Score:
    return _Score(
        target=view.target_usd_oz,
        begin=float(window.iloc[0]),
        highest=float(window.max()),
        highest_on=window.idxmax().date(),
        terminal=float(window.iloc[-1]),
        last_on=window.index[-1].date(),
        fall=float(drawdown(window).min()),
        odds=odds,
    )


def _asked(gold: Instrument, view: MetalView) -> Statement:
    return state(
        "Does {label}, by its last daily price on or before {end:date}, stand at or above the "
        "{target:num0} USD/oz told as a target on {said_on:date}?",
        label=gold.label.lower(),
        end=view.expires_on,
        target=view.target_usd_oz,
        said_on=view.said_on,
    )


def _touched(score: _Score) -> Statement:
    template = "Gold’s highest since, {highest:num0} USD/oz on {day:date}, "
    template += "reached the target" if score.touched else "was {short:pct1} short of the target"
    if not isnan(score.odds):
        what = "that" if score.touched else "a touch"
        template += f"; resampling its own past gave {what} odds of {{odds:pct0}}"
    return state(
        f"{template}.",
        highest=score.highest,
        day=score.highest_on,
        short=1 - score.highest / score.target,
        odds=score.odds,
    )


def _path(score: _Score, *, is_open: bool) -> Statement:
    values = {
        "terminal": score.terminal,
        "day": score.last_on,
        "gap": abs(score.upside),
        "fall": -score.fall,
    }
    if score.terminal < score.target:
        template = "At {terminal:num0} USD/oz on {day:date} gold stood short of the target"
    elif is_open:
        template = "The target asks for no rise: it lies {gap:pct1} below gold of {day:date}"
    else:
        template = "Gold ended above it, at {terminal:num0} USD/oz on {day:date}"
    return state(f"{template}, after a fall of up to {{fall:pct1}} from a peak.", **values)


def _open(score: _Score, view: MetalView, as_of: dt.date) -> Statement:
    weeks = (view.expires_on - as_of).days / 7
    side = "above" if score.terminal >= score.target else "below"
    return state(
        "With {weeks:num0} weeks to go gold stands {gap:pct1} {side} the target; what counts is "
        "its last price by {end:date}.",
        weeks=weeks,
        gap=abs(score.terminal / score.target - 1),
        side=side,
        end=view.expires_on,
    )


def _over(score: _Score) -> Statement:
    template = "Its months are over; gold ended {gap:pct1} above the target."
    if score.terminal < score.target:
        template = "It has fired: gold ended {gap:pct1} below the target."
    return state(template, gap=abs(score.terminal / score.target - 1))
