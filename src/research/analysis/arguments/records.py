"""Highs: whether what is named stood at its highest, in price and in total return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from research.analysis.arguments.records_evidence import Peak, peak, rows
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
    labels_of,
    listed,
    subjects,
)

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Method


def record_high(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that the subjects stood at a high in the week to `said_on`, whatever came later.

    Of each subject, its daily closes and its total return (own currency) from `claim.since`, or
    its first listing, to `said_on`: some day of the week must be at or above every earlier one.
    One higher day refutes; to confirm, `coverage_to_test` of the span must be known. SUPPORTED
    when price and total return of every subject are highs and no history has a hole;
    CONTRADICTED when every subject fails in all that is known of it; else MIXED. Distributions
    make a high easier in total return, so a high in price is one in total return too. NOT TESTED
    unless every subject can be told. The estimate is the smallest margin (fraction) of the
    week's highest over the highest before, in price where that is known.
    """
    named = subjects(claim, market.universe)
    measure = f"Highest of the week over the highest before, {labels_of(named)}"
    early = not_yet_said(claim, market.as_of, measure=measure)
    if early:
        return early
    peaks = [peak(claim, one, market, method) for one in named]
    told = [one for one in peaks if one.told]
    test = _asked(claim, peaks)
    best_for, best_against = _highest(peaks), _weakest(peaks)
    holes = " ".join(one.hole for one in peaks if one.hole)
    if len(told) < len(peaks):  # who names two does not speak of one of them
        return not_tested(
            claim, holes, measure=measure, test=test, best_for=best_for,
            best_against=best_against, data=rows(peaks),
        )  # fmt: skip
    settled = Verdict.MIXED
    if all(one.holds for one in peaks):
        settled = Verdict.SUPPORTED
    elif all(one.fails for one in peaks):
        settled = Verdict.CONTRADICTED
    margins = [one.sides[0].margin for one in told]
    years = min((claim.said_on - side.first).days for one in told for side in one.sides) / 365.25
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(years, method.inference, proxy=bool(holes)),
        estimate=min(margins),
        unit="fraction",
        fmt="pct1",
        n=len(told),
        measure=measure,
        test=test,
        reason=" ".join(filter(None, [_REASONS[settled], holes])),
        best_for=best_for,
        best_against=best_against,
        distance=_to_refute(peaks),
        details={
            f"{one.id}_{side.column}_{key}": value
            for one in peaks
            for side in one.sides
            for key, value in (("margin", side.margin), ("known", side.known))
        },
        data=rows(told),
    )


_REASONS = {
    Verdict.SUPPORTED: "Price and total return stood at their highest, and no history has a hole.",
    Verdict.CONTRADICTED: "They had stood higher before, in all that is known of them.",
    Verdict.MIXED: "Not every price and total return is shown to have stood at its highest.",
}


def _asked(claim: Claim, peaks: list[Peak]) -> Statement:
    dated = [one for one in peaks if one.since]
    names = [f"{{label{n}}} since {{since{n}:date}}" for n, _ in enumerate(dated)]
    names += [one.label for one in peaks if one.since is None]
    values: dict[str, object] = {f"label{n}": one.label for n, one in enumerate(dated)}
    values |= {f"since{n}": one.since for n, one in enumerate(dated)}
    template = (
        f"Of {listed(names)}: were the highest daily close and the highest total return those of "
        "the week to {said_on:date}, in a history without holes?"
    )
    return state(template, said_on=claim.said_on, **values)


def _highest(peaks: list[Peak]) -> Statement:
    highs = [side for one in peaks for side in one.sides if side.is_high]
    if not highs:
        return state(f"No price or total return of {labels_of(peaks)} was a high.")
    best = max(highs, key=lambda side: side.margin)
    template = (
        "In {what}, {label} stood {margin:pct1} above its highest of all days before, which are "
        "known since {first:date}."
    )
    return state(template, what=best.name, label=best.label, margin=best.margin, first=best.first)


def _weakest(peaks: list[Peak]) -> Statement:
    sides = [side for one in peaks for side in one.sides]
    missing = [one for one in peaks if one.hole]
    worst = min(sides, key=lambda side: side.margin, default=None)
    if worst and not worst.is_high:
        template = (
            "In {what}, {label} stood {short:pct1} below its highest day before, which was "
            "{before:date}."
        )
        values = {"short": -worst.margin, "before": worst.before}
        return state(template, what=worst.name, label=worst.label, **values)
    if missing or worst is None:
        return state(
            f"The history of {labels_of(missing or peaks)} that is at hand has holes, so a higher "
            "day may be missing."
        )
    template = (
        "The smallest margin was {margin:pct1}, that of {label} in {what} over its high of "
        "{before:date}."
    )
    return state(
        template, margin=worst.margin, label=worst.label, what=worst.name, before=worst.before
    )


def _to_refute(peaks: list[Peak]) -> Statement:
    told = [side for one in peaks for side in one.sides if side.told]
    best = max(told, key=lambda side: side.margin)
    values = {"label": best.label, "what": best.name, "margin": abs(best.margin)}
    if all(one.fails for one in peaks):
        template = "It has fired: the nearest, {label} in {what}, fell {margin:pct1} short."
    elif best.is_high:
        template = "The week is over, and {label} in {what} had {margin:pct1} to spare."
    else:
        template = (
            "What is known, {label} in {what}, fell {margin:pct1} short; the rest is missing."
        )
    return state(template, **values)
