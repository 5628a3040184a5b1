"""Claimed prices: whether a price stood as high as was said, and higher than ever before."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.arguments.rows import in_words, week_and_before
from research.analysis.claims import (
    Finding,
    Statement,
    Verdict,
    grade,
    not_tested,
    not_yet_said,
    state,
)
from research.analysis.histories import (
    known_share,
    own_history,
    quoted_in,
    span_start,
    subjects,
    weeks_parted,
)
from research.calendar import written
from research.errors import UsageError
from research.params.models import Bounds

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Method


def record_price(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that a price reached the claimed `level` in the week to `said_on`, as a record.

    Daily closes of the one subject from `claim.since`, or its first listing, to `said_on`,
    whatever came later; trades within the day are not known. SUPPORTED when the week's highest
    close is at or above the level, a close of the week is within `tolerance` of it, and no close
    before stood as high as the level or the week's highest. CONTRADICTED when the week's highest
    is below the level by more than the tolerance, or is no record, or an earlier close lies above
    the level by more than the tolerance. Else MIXED: the level was reached only within the
    tolerance, had been reached before within it, or was passed between two closes; or the history
    has a hole that may hide a higher close. NOT TESTED without closes of the week, or with less
    than `coverage_to_test` of the history unless a known close refutes. The estimate is the week's
    highest close, in the subject's unit; `data` has the highest of each month before, and the week.
    """
    (one,) = subjects(claim, market.universe)
    if claim.level is None:
        raise UsageError(
            f"claim {claim.id} is tested by {claim.test!r}, which needs the `level` that was "
            "claimed in the claims file; it has none."
        )
    measure = f"Highest close of the week, {one.label}"
    early = not_yet_said(claim, market.as_of, measure=measure)
    if early:
        return early
    level, slack = claim.level, method.facts.tolerance
    unit, since = quoted_in(one), span_start(claim, one)
    closes = own_history(market, one, until=claim.said_on, unit=unit).levels["close"].dropna()
    closes = closes[closes.index >= pd.Timestamp(since)] if since else closes
    test = state(
        "Of daily closes, as trades within the day are not at hand: did {label} come within "
        "{slack:pct1} of {level:num0} {unit} in the week to {said_on:date}, higher than ever "
        "since {since:date}?",
        label=one.label, slack=slack, level=level, unit=unit, said_on=claim.said_on,
        since=since or (closes.index[0].date() if len(closes) else claim.said_on),
    )  # fmt: skip
    parted = weeks_parted(closes, claim.said_on, stale_sessions=method.gates.stale_sessions)
    if parted is None:
        reason = (
            f"{one.label} has no closes of the week to {written(claim.said_on)} and of the time "
            "before."
        )
        return not_tested(claim, reason, measure=measure, test=test)
    week, before = parted
    known = 0.0
    if since:
        fresh = method.sampling.fresh_days
        known = known_share(closes.index, since, claim.said_on, fresh_days=fresh)
    settled, reason = _weighed(week, before, level, slack)
    hole = _hole(one.label, since, closes.index[0].date(), known)
    if hole and settled is not Verdict.CONTRADICTED:
        settled, reason = Verdict.MIXED, hole
        if since and known < method.inference.coverage_to_test:
            return not_tested(claim, hole, measure=measure, test=test)
    years = (claim.said_on - closes.index[0].date()).days / 365.25
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(years, method.inference, proxy=bool(hole)),
        estimate=float(week.max()),
        bounds=Bounds(side="high", support=level, contradiction=level * (1 - slack), unit=unit),
        unit=unit,
        fmt="num0",
        n=len(closes),
        measure=measure,
        test=test,
        reason=reason,
        best_for=_for(week, before, level, slack, unit),
        best_against=_against(week, before, level, unit),
        distance=_distance(week, before, level, slack),
        details={
            "level": level,
            "highest": float(week.max()),
            "highest_before": float(before.max()),
            "nearest": _nearest(week, level)[1],
            "known": known,
        },
        data=week_and_before(week, before, f"close_{in_words(unit)}"),
    )


def _weighed(week: pd.Series, before: pd.Series, level: float, slack: float) -> tuple[Verdict, str]:
    """Verdict and reason of a whole history; see `record_price`."""
    low, high = level * (1 - slack), level * (1 + slack)
    if week.max() <= before.max():
        return Verdict.CONTRADICTED, "A close before the week stood as high as its highest one."
    if week.max() < low:
        return Verdict.CONTRADICTED, "No close of the week came near enough to the level."
    if before.max() > high:
        return Verdict.CONTRADICTED, "The level had been passed before the week."
    if before.max() >= level:
        return Verdict.MIXED, "A close before the week had come as near to the level."
    if week.max() < level:
        return Verdict.MIXED, "A record, and the level was reached within the tolerance only."
    if not week.between(low, high).any():
        return Verdict.MIXED, "A record, but the level was passed between two closes."
    return Verdict.SUPPORTED, "A close of the week reached the level, and none before had."


def _hole(label: str, since: dt.date | None, first: dt.date, known: float) -> str:
    if since is None:
        return (
            f"{label}: closes are known since {written(first)}; nothing says since when it trades."
        )
    if known < 1:
        return (
            f"{label}: closes are known since {written(first)}, {100 * known:.0f}\u202f% of all "
            f"since {written(since)}."
        )
    return ""


def _nearest(week: pd.Series, level: float) -> tuple[dt.date, float]:
    day = (week / level - 1).abs().idxmin()
    return day.date(), float(week[day])


def _for(week: pd.Series, before: pd.Series, level: float, slack: float, unit: str) -> Statement:
    day, highest = week.idxmax().date(), float(week.max())
    values = {"highest": highest, "unit": unit, "day": day, "level": level}
    if highest > before.max():
        return state(
            "The week’s highest close, {highest:num0} {unit} on {day:date}, stood {margin:pct1} "
            "above the highest before.",
            margin=highest / float(before.max()) - 1,
            **values,
        )
    if highest >= level * (1 - slack):
        return state(
            "The week’s highest close, {highest:num0} {unit} on {day:date}, was as high as the "
            "{level:num0} that were claimed.",
            **values,
        )
    return state(
        "Nothing in the closes: the week’s highest, on {day:date}, was {highest:num0} {unit} and "
        "no record.",
        **values,
    )


def _against(week: pd.Series, before: pd.Series, level: float, unit: str) -> Statement:
    if before.max() >= week.max():
        return state(
            "A close of {before:num0} {unit} on {day:date} stood {margin:pct1} above the week’s "
            "highest one.",
            before=float(before.max()),
            unit=unit,
            day=before.idxmax().date(),
            margin=float(before.max() / week.max() - 1),
        )
    day, nearest = _nearest(week, level)
    side = "at" if nearest == level else "above" if nearest > level else "below"
    return state(
        "The close nearest to the level, {nearest:num0} {unit} on {day:date}, stood {gap:pct1} "
        "{side} it.",
        nearest=nearest,
        unit=unit,
        day=day,
        gap=abs(nearest / level - 1),
        side=side,
    )


def _distance(week: pd.Series, before: pd.Series, level: float, slack: float) -> Statement:
    settled, _ = _weighed(week, before, level, slack)
    margin = float(week.max() / before.max() - 1)
    if settled is Verdict.CONTRADICTED:
        return state("On daily closes it has fired; trades within the day may have come nearer.")
    return state(
        "The week is over; its record had {margin:pct1} to spare over the highest close before.",
        margin=margin,
    )
