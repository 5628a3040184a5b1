"""Unusual gains: whether half-year returns stand out from those of the last ten years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.arguments.rows import column
from research.analysis.claims import (
    Finding,
    Statement,
    Verdict,
    grade,
    least,
    not_tested,
    not_yet_said,
    state,
)
from research.analysis.histories import labels_of, subjects
from research.analysis.returns import change, weekly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from research.market import Market
    from research.params.models import Claim, Instrument, Method

WEEKS_A_YEAR = 52


def unusual_gains(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that each subject's 26-week return to `said_on` stands out, whatever came later.

    z = (r − mean)/sd over the `history_years` of 26-week returns to `said_on` (total return, US
    dollars; Fridays, overlapping, hence worth n/26 independent ones). SUPPORTED when every z is
    at least `unusual_z`, CONTRADICTED when one is below, MIXED when the known ones are not but
    one is missing. NOT TESTED below `coverage_to_test` of the subjects; each needs fresh prices at
    both ends, and `n_min_events` independent returns. A description of moves, so without an
    interval; the estimate is the smallest z. That of windows `window_slack_weeks` shorter and
    longer is told beside it and decides nothing. `data` has the returns, the `part` `history` and
    the one that was `told`.
    """
    named = subjects(claim, market.universe)
    weeks = method.sampling.six_months_weeks
    measure = f"Smallest z of the {weeks}-week returns, {labels_of(named)}"
    early = not_yet_said(claim, market.as_of, measure=measure)
    if early:
        return early
    moves, past = _returns(claim, market, method, weeks)
    table = _beside(named, moves, past, method, weeks).dropna()
    missing = [one for one in named if one.id not in table.index]
    test = _asked(claim, named, method)
    needed = least(method.inference.coverage_to_test, len(named))
    lacks = ""
    if missing:
        lacks = f"No fresh prices, or too short a history, of {labels_of(missing)}."
    if len(table) < needed:
        return not_tested(claim, lacks, measure=measure, test=test)
    threshold = method.facts.unusual_z
    lowest = float(table["z"].min())
    slack = method.facts.window_slack_weeks
    others = {
        span: half_years(claim, market, method, weeks=span)["z"].reindex(table.index).min()
        for span in (weeks - slack, weeks + slack)
    }
    other = max(others, key=lambda span: abs(others[span] - lowest))
    holds = lowest >= threshold
    settled, reason = Verdict.CONTRADICTED, "Not each of them rose by more than it usually does."
    if holds and missing:
        settled, reason = Verdict.MIXED, "Each that is known rose by more than it usually does."
    elif holds:
        settled, reason = Verdict.SUPPORTED, "Each of them rose by more than it usually does."
    otherwise = [str(span) for span, z in others.items() if (z >= threshold) != holds]
    if otherwise:
        reason += f" A window of {' or '.join(otherwise)} weeks says otherwise."
    n = int(table["n"].min())
    return Finding(
        claim=claim,
        verdict=settled,
        grade=grade(n / WEEKS_A_YEAR, method.inference, proxy=bool(missing)),
        estimate=lowest,
        unit="sd",
        fmt="num1",
        n=n,
        n_eff=float(table["n_eff"].min()),
        measure=measure,
        test=test,
        reason=" ".join(filter(None, [reason, lacks])),
        best_for=_told(table, table["z"].idxmax(), method),
        best_against=_told(table, table["z"].idxmin(), method),
        distance=_distance(table, threshold, other, others[other]),
        details={f"z_{span}w": float(z) for span, z in others.items()}
        | {
            f"{one}_{name}": float(row[name])
            for one, row in table.iterrows()
            for name in ("return", "mean", "sd", "z")
        },
        data=_rows(past[table.index], moves[table.index], claim, weeks),
    )


def half_years(
    claim: Claim, market: Market, method: Method, *, weeks: int | None = None
) -> pd.DataFrame:
    """26-week returns to `said_on` of the claim's subjects against their own; rows by id.

    Or those over another number of `weeks`. Columns: `label`, `return`, `mean`, `sd` (fractions),
    `z`, `n` returns in the history and `n_eff`, what they are worth. Numbers are missing for a
    subject that cannot be told.
    """
    weeks = weeks or method.sampling.six_months_weeks
    moves, past = _returns(claim, market, method, weeks)
    return _beside(subjects(claim, market.universe), moves, past, method, weeks)


def _returns(
    claim: Claim, market: Market, method: Method, weeks: int
) -> tuple[pd.Series, pd.DataFrame]:
    """The returns to `said_on`, by id, and those to each Friday of the history."""
    named = subjects(claim, market.universe)
    fresh = method.sampling.fresh_days
    levels = market.total_return([one.id for one in named], fill_days=0)
    levels = levels[levels.index <= pd.Timestamp(claim.said_on)]
    moves = change(levels, weeks, fresh_days=fresh, as_of=claim.said_on)
    past = weekly(levels).pct_change(weeks, fill_method=None)
    return moves, past.iloc[-method.facts.history_years * WEEKS_A_YEAR :]


def _beside(
    named: Sequence[Instrument], moves: pd.Series, past: pd.DataFrame, method: Method, weeks: int
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "label": {one.id: one.label for one in named},
            "return": moves,
            "mean": past.mean(),
            "sd": past.std(),
            "n": past.count(),
        }
    )
    table["z"] = (table["return"] - table["mean"]) / table["sd"].where(table["sd"] > 0)
    table["n_eff"] = table["n"] / weeks
    table = table.reindex([one.id for one in named])
    return table.where(table["n_eff"] >= method.inference.n_min_events)


def _rows(past: pd.DataFrame, moves: pd.Series, claim: Claim, weeks: int) -> pd.DataFrame:
    told = moves.to_frame(pd.Timestamp(claim.said_on)).T
    rows = pd.concat([past.dropna(how="all"), told])
    rows = rows.rename(columns=lambda one: column(one, f"gain_{weeks}_weeks"))
    rows.insert(0, "part", [*["history"] * (len(rows) - 1), "told"])
    return rows.rename_axis(index="date", columns=None)


def _asked(claim: Claim, named: Sequence[Instrument], method: Method) -> Statement:
    return state(
        f"Was the {{weeks:num0}}-week return of {labels_of(named)} to "
        "{said_on:date} at least {threshold:num1} standard deviation above the mean of such "
        "returns, taken weekly over {years:num0} years?",
        weeks=method.sampling.six_months_weeks,
        said_on=claim.said_on,
        threshold=method.facts.unusual_z,
        years=method.facts.history_years,
    )


def _told(table: pd.DataFrame, one: str, method: Method) -> Statement:
    row = table.loc[one]
    z = float(row["z"])
    return state(
        "{label} returned {move:spct0} in {weeks:num0} weeks, {z:num1} standard deviations "
        f"{'above' if z >= 0 else 'below'} its mean of {{mean:spct0}}.",
        label=row["label"],
        move=float(row["return"]),
        weeks=method.sampling.six_months_weeks,
        z=abs(z),
        mean=float(row["mean"]),
    )


def _distance(table: pd.DataFrame, threshold: float, other: int, z: float) -> Statement:
    row = table.loc[table["z"].idxmin()]
    gap = float(row["z"]) - threshold
    template = "The half-year is over; {label}, the least unusual, had {gap:num1} to spare"
    if gap < 0:
        template = "It has fired: {label} was {gap:num1} standard deviations short"
    template += "; over {other:num0} weeks the smallest is {z:num1} from the mean."
    return state(template, label=row["label"], gap=abs(gap), other=other, z=z)
