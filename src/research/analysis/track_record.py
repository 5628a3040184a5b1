"""What the note foretold and what came of it: forecasts as rows, their outcomes, their score."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from research.analysis.odds import rounded
from research.analysis.returns import WEEK, total_return
from research.analysis.scoring import Murphy, brier, brier_skill, murphy, rps

if TYPE_CHECKING:
    from research.analysis.outlook import Outlook
    from research.analysis.scenarios import Scenarios
    from research.market import Market
    from research.params.models import Method

Row = Mapping[str, Any]

RISES = "E1"
CLASSES = ("reverses", "consolidates", "extends")  # in the order of their returns
VOID = "void"
_DECIMALS = 12  # as a row holds a number, so that 90 after 100 lies on a bound of −0.1


def forecasts(
    outlook: Outlook, scenarios: Scenarios, market: Market, method: Method
) -> list[dict[str, Any]]:
    """The forecasts of one edition, to be recorded as `forecasts`; none where data are missing.

    E1 (total return above nil over the horizon) for each proxy of the outlook, and the three
    scenarios of the diversified one. A row says which total returns from `as_of` to `ends_on` it
    is about, those above `above` and below `below` (fractions, None where open), so that it is
    judged by what was written when it was made.
    """
    rules, roles = method.outlook, market.universe.roles
    rows = [
        _row(RISES, roles[part], rules.horizon_weeks, 0.0, None, line.p, line.p0)
        for part, line in outlook.lines.items()
    ]
    high, low = rules.extends_above, rules.reverses_below
    bounds = {"reverses": (None, low), "consolidates": (low, high), "extends": (high, None)}
    rows += [
        _row(one, roles["diversified"], rules.scenario_weeks, *ends, scenarios.shares[one], None)
        for one, ends in bounds.items()
    ]
    for row in rows:
        ends_on = market.as_of + dt.timedelta(weeks=row["horizon_weeks"])
        row |= {"ends_on": ends_on.isoformat(), "method": method.version}
    return [row for row in rows if isfinite(row["p"])]


def resolve(
    forecast_rows: Iterable[Row], outcome_rows: Iterable[Row], market: Market, method: Method
) -> list[dict[str, Any]]:
    """Outcomes of the forecasts that are over and have none yet, to be recorded as `outcomes`.

    `outcome` is 1 when the total return lay between the bounds of the row, else 0; `void`, with
    the reason, on a bound or without a price within `fresh_days` of either end. An end on a
    holiday takes the last level before it. Forecasts wait until a level of the end or later is
    known, or `fresh_days` are over: so no later price changes an outcome. Revisions are left out.
    """
    known = {_key(row) for row in outcome_rows}
    found = []
    for row in forecast_rows:
        if row["revision"] or _key(row) in known or _date(row["ends_on"]) > market.as_of:
            continue
        value = _earned(row["proxy"], _date(row["as_of"]), _date(row["ends_on"]), market, method)
        if value is None:
            continue
        outcome, reason = _judged(value, row, method)
        about = {key: row[key] for key in ("edition", "event", "proxy", "ends_on")}
        known_value = value if isfinite(value) else None
        found.append({**about, "value": known_value, "outcome": outcome, "reason": reason})
    return found


@dataclass(frozen=True, kw_only=True)
class TrackRecord:
    """How the forecasts that a proxy rises (E1) have fared; each edition counts with its first.

    `brier` is their score (0 best), `reference` that of the base rates, `skill` 1 − their ratio.
    `parts` are Murphy's, of the forecasts as printed (to the next twentieth), which add up to
    `brier_printed`. `n_eff` is how many horizons the resolved forecasts cover, since those of
    neighbouring weeks share most of their future; below `n_eff_min` it is not `enough` to judge.
    `rps` is the mean ranked score of the `scenarios` that are over. `replayed` is the share of
    the resolved that were written in hindsight. Scores are NaN while nothing is resolved.

    `table` has all forecasts of the proxy, scenarios included: `edition`, `as_of`, `event`,
    `ends_on`, `p`, `p0`, `replayed`, `status` (open, came, did not, void), `value`, `reason`.
    `reliability` has for each printed forecast its `observed` share and `n`.
    """

    forecasts: int
    resolved: int
    void: int
    brier: float
    reference: float
    skill: float
    parts: Murphy
    brier_printed: float
    rps: float
    scenarios: int
    n_eff: float
    enough: bool
    replayed: float
    table: pd.DataFrame
    reliability: pd.DataFrame


def track_record(
    forecast_rows: Iterable[Row], outcome_rows: Iterable[Row], method: Method, *, proxy: str
) -> TrackRecord:
    """The record of the forecasts for `proxy` (DOMAIN §D.5); see `TrackRecord`."""
    first = [row for row in forecast_rows if row["proxy"] == proxy and not row["revision"]]
    outcomes = {_key(row): row for row in reversed(list(outcome_rows))}  # the first one stays
    rises = [row for row in first if row["event"] == RISES]
    scored = [row for row in rises if _outcome(row, outcomes) in (0, 1)]
    p, p0 = _column(scored, "p"), _column(scored, "p0")
    came = np.array([_outcome(row, outcomes) for row in scored], dtype=float)
    printed = np.array([rounded(one) for one in p])
    ranked = _ranked(first, outcomes)
    n_eff = _horizons_covered(scored)
    any_ = bool(scored)
    return TrackRecord(
        forecasts=len(rises),
        resolved=len(scored),
        void=sum(_outcome(row, outcomes) == VOID for row in rises),
        brier=brier(p, came) if any_ else nan,
        reference=brier(p0, came) if any_ else nan,
        skill=brier_skill(p, p0, came) if any_ else nan,
        parts=murphy(printed, came) if any_ else Murphy(nan, nan, nan),
        brier_printed=brier(printed, came) if any_ else nan,
        rps=float(np.mean(ranked)) if ranked else nan,
        scenarios=len(ranked),
        n_eff=n_eff,
        enough=n_eff >= method.track_record.n_eff_min,
        replayed=sum(row["replayed"] for row in scored) / len(scored) if any_ else nan,
        table=_table(first, outcomes),
        reliability=_reliability(printed, came),
    )


def earned(
    levels: pd.Series, start: dt.date, end: dt.date, *, as_of: dt.date, fresh_days: int
) -> float | None:
    """Total return (fraction) from `start` to `end` once it is final; None while it is not.

    Final when a level of `end` or later is known, or none came within `fresh_days` after it. NaN
    where the level at either end is missing.
    """
    levels = levels.dropna()
    newest = levels.index[-1].date() if len(levels) else dt.date.min
    if newest < end and (as_of - end).days <= fresh_days:
        return None
    return float(total_return(levels, start, end, fresh_days=fresh_days))


def _earned(
    proxy: str, start: dt.date, end: dt.date, market: Market, method: Method
) -> float | None:
    if all(one.id != proxy for one in market.universe.instruments):
        return nan
    levels = market.total_return([proxy], fill_days=0)[proxy]
    fresh = method.sampling.fresh_days
    value = earned(levels, start, end, as_of=market.as_of, fresh_days=fresh)
    return None if value is None else round(value, _DECIMALS)


def _judged(value: float, row: Row, method: Method) -> tuple[int | str, str]:
    above, below = row["above"], row["below"]
    if not isfinite(value):
        return VOID, f"no price of {row['proxy']} near {row['as_of']} or near {row['ends_on']}"
    if value in (above, below):
        return VOID, "the return lies exactly on a bound"
    inside = (above is None or value > above) and (below is None or value < below)
    return int(inside), ""


def _ranked(rows: Sequence[Row], outcomes: Mapping[Any, Row]) -> list[float]:
    """The ranked score of each edition whose three scenarios all have an outcome."""
    by_edition: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["event"] in CLASSES:
            by_edition.setdefault(row["edition"], {})[row["event"]] = row
    scores = []
    for found in by_edition.values():
        came = [_outcome(found[one], outcomes) if one in found else None for one in CLASSES]
        if came.count(1) == 1 and came.count(0) == 2:
            scores.append(rps([found[one]["p"] for one in CLASSES], came.index(1)))
    return scores


def _horizons_covered(rows: Sequence[Row]) -> float:
    """Days within at least one forecast's span, in horizons; 0 without forecasts."""
    if not rows:
        return 0.0
    days, reached = 0, dt.date.min
    for start, end in sorted((_date(row["as_of"]), _date(row["ends_on"])) for row in rows):
        days += max((end - max(start, reached)).days, 0)
        reached = max(reached, end)
    return days / (WEEK.days * max(row["horizon_weeks"] for row in rows))


def _table(rows: Sequence[Row], outcomes: Mapping[Any, Row]) -> pd.DataFrame:
    status = {1: "came", 0: "did not", VOID: "void", None: "open"}
    kept = ("edition", "as_of", "event", "ends_on", "p", "p0", "replayed")
    table = pd.DataFrame([{key: row[key] for key in kept} for row in rows], columns=list(kept))
    ends = [outcomes.get(_key(row), {}) for row in rows]
    return table.assign(
        status=[status[end.get("outcome")] for end in ends],
        value=[end.get("value") for end in ends],
        reason=[end.get("reason", "") for end in ends],
    ).astype({"p": float, "p0": float, "value": float})


def _reliability(printed: Any, came: Any) -> pd.DataFrame:
    points = pd.DataFrame({"forecast": printed, "came": came}, dtype=float)
    return points.groupby("forecast")["came"].agg(observed="mean", n="count").reset_index()


def _row(
    event: str,
    proxy: str,
    weeks: int,
    above: float | None,
    below: float | None,
    p: float,
    p0: float | None,
) -> dict[str, Any]:
    about = {"event": event, "proxy": proxy, "horizon_weeks": weeks}
    return {**about, "above": above, "below": below, "p": p, "p0": p0}


def _outcome(row: Row, outcomes: Mapping[Any, Row]) -> int | str | None:
    return outcomes[_key(row)]["outcome"] if _key(row) in outcomes else None


def _key(row: Row) -> tuple[str, str, str]:
    return row["edition"], row["event"], row["proxy"]


def _column(rows: Sequence[Row], name: str) -> Any:
    return np.array([row[name] for row in rows], dtype=float)


def _date(written: str) -> dt.date:
    return dt.date.fromisoformat(written)
