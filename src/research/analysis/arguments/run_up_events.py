"""Whether such rallies last: how often miners stood higher some weeks after a run-up."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from research.analysis.aftermath import (
    Array,
    forward_returns,
    outcomes,
    placebo_means,
    windows_apart,
)
from research.analysis.arguments.run_up_outcome import decided, outcome
from research.analysis.arguments.run_up_words import question, sides
from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Verdict,
    bounds_of,
    grade,
    not_tested,
    verdict,
)
from research.analysis.inference import jeffreys, placebo_p
from research.analysis.rallies import Definition, Groups, groups, mild, run_up_events, strong

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Bounds, Claim, Method, RunUps

WEEKS_A_YEAR = 52


def run_ups(claim: Claim, market: Market, method: Method) -> Finding:
    """Test that miners mostly stood no higher some weeks after a fast rise.

    The estimate is the share of past mild run-ups (`method.run_ups`) after which the group stood
    higher at the claim's horizon, in total return. Run-ups of one rally are not independent, so
    the 90 % Jeffreys interval counts calendar windows of that horizon (`n_eff`), not events. The
    run-up of today is not in the sample. NOT TESTED below `n_min_events` windows. `p_value` is
    the chance, by the posterior of that interval, of the side that the verdict rejects. Grade B:
    today's companies stand in for industries. `details` has the strong definition, the crash rates
    and `placebo_p`, the share of random dates with a mean return as far from the usual one. `data`
    has the events, with the `calendar_window` of each. A claim whose horizon is over is decided by
    what came, as its falsifier says: the gold miners' total return over that time.
    Source: Greenwood, Shleifer and You (2019); DOMAIN §B.1, K2.
    """
    bounds, rules = bounds_of(claim), method.run_ups
    weeks = claim.horizon_weeks or method.outlook.horizon_weeks
    measure = f"Share of past run-ups of miners that stood higher {weeks} weeks later"
    asked = question(rules, weeks, bounds, dated=market.universe.dated)
    found = groups(market, method, claim.about)
    past = _past(found, mild(rules), rules, weeks)
    windows = windows_apart(past["week"], weeks)
    n, n_eff = len(past), len(np.unique(windows))
    if n_eff < method.inference.n_min_events:
        reason = _too_few(n_eff, weeks, method.inference.n_min_events)
        return not_tested(claim, reason, measure=measure, test=asked, n=n, n_eff=float(n_eff))
    after = past[f"return_{weeks}"]
    share = float((after > 0).mean())
    interval = jeffreys(share * n_eff, n_eff, confidence=method.inference.confidence)
    # At nought of n the interval starts there: Brown, Cai and DasGupta (2001).
    ci = (min(interval.lo, share), max(interval.hi, share))
    placebo = placebo_means(
        forward_returns(found.logs, weeks),
        past["group"].tolist(),
        windows,
        draws=method.inference.bootstrap_draws,
        seed=int(f"{market.as_of:%Y%m%d}"),
    )
    usual = float(placebo.mean())
    details = {
        "usual_return": usual,
        "placebo_p": placebo_p(float(after.mean()) - usual, placebo - usual),
        **_told(past, rules, weeks, ""),
        **_told(_past(found, strong(rules), rules, weeks), rules, weeks, "strong_"),
    }
    settled = verdict(share, *ci, bounds)
    known = found.logs.dropna(how="all")
    came = outcome(claim, market, method)
    fading, going_on = sides(past, details, rules, weeks)
    tested = Finding(
        claim=claim,
        verdict=settled,
        grade=grade(len(known) / WEEKS_A_YEAR, method.inference, proxy=True),
        estimate=share,
        ci=ci,
        unit="fraction",
        fmt="pct0",
        n=n,
        n_eff=float(n_eff),
        measure=measure,
        test=asked,
        reason=RULE_REASONS[settled],
        best_for=fading,
        best_against=going_on,
        distance=came.distance if came else None,
        details=details,
        fired=came.fired if came else None,
        p_value=_p_value(share, n_eff, settled, bounds),
        data=_rows(past, windows, rules, weeks),
    )
    return decided(tested, came) if came and came.over else tested


def _rows(past: pd.DataFrame, windows: Array, rules: RunUps, weeks: int) -> pd.DataFrame:
    rows = past.set_index("week")[["group", "gain", f"return_{weeks}"]].rename_axis("date")
    named = ["group", f"gain_{rules.mild_window_weeks}_weeks", f"return_{weeks}_weeks_after"]
    return rows.set_axis(named, axis=1).assign(calendar_window=windows + 1)


def _p_value(share: float, n_eff: int, settled: Verdict, bounds: Bounds) -> float:
    """Posterior chance of the bound that the verdict rejects; of the less likely one if neither."""
    a, b = share * n_eff + 0.5, (1 - share) * n_eff + 0.5
    below, above = special.betainc, special.betaincc
    if bounds.side == "high":
        below, above = above, below
    supporting = float(below(a, b, bounds.support))
    contradicting = float(above(a, b, bounds.contradiction))
    rejected = {Verdict.SUPPORTED: contradicting, Verdict.CONTRADICTED: supporting}
    return rejected.get(settled, min(supporting, contradicting))


def _past(found: Groups, definition: Definition, rules: RunUps, weeks: int) -> pd.DataFrame:
    events = run_up_events(found, definition)
    horizons = dict.fromkeys([weeks, *rules.horizons_weeks])
    table = events.join(outcomes(events, found, rules, list(horizons)))
    return table[~table["own"].astype(bool) & table[f"return_{weeks}"].notna()]


def _told(past: pd.DataFrame, rules: RunUps, weeks: int, before: str) -> dict[str, float]:
    after = past[f"return_{weeks}"]
    crash, mild_crash = past["drawdown"].dropna(), past["mild_drawdown"].dropna()
    told = {
        "events": float(len(past)),
        "windows": float(len(np.unique(windows_apart(past["week"], weeks)))),
        "higher": float((after > 0).sum()),
        "mean_return": float(after.mean()),
        "mean_excess": float(past[f"excess_{weeks}"].mean()),
        "crashes": float((crash <= -rules.crash_drawdown).sum()),
        "crashes_known": float(len(crash)),
        "mild_crashes": float((mild_crash <= -rules.mild_crash_drawdown).sum()),
        "mild_crashes_known": float(len(mild_crash)),
    }
    for horizon in rules.horizons_weeks:
        known = past[f"return_{horizon}"].dropna()
        told[f"mean_{horizon}w"] = float(known.mean())
        told[f"share_higher_{horizon}w"] = float((known > 0).mean())
    return {before + name: value for name, value in told.items() if isfinite(value)}


def _too_few(windows: int, weeks: int, needed: int) -> str:
    count = {
        0: f"No stretch of {weeks} weeks holds a past run-up",
        1: f"Only one separate stretch of {weeks} weeks holds past run-ups",
    }.get(windows, f"Only {windows} separate stretches of {weeks} weeks hold past run-ups")
    return f"{count} whose outcome is known; at least {needed} are needed."
