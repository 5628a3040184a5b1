"""Whether such rallies last: how often miners stood higher some weeks after a run-up."""

from __future__ import annotations

import datetime as dt
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
from research.analysis.claims import (
    RULE_REASONS,
    Finding,
    Statement,
    Verdict,
    bounds_of,
    grade,
    not_tested,
    state,
    verdict,
)
from research.analysis.inference import jeffreys, placebo_p
from research.analysis.rallies import Definition, Groups, groups, mild, run_up_events, strong
from research.analysis.returns import total_return

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
    has the events, with the `calendar_window` of each.
    Source: Greenwood, Shleifer and You (2019); DOMAIN §B.1, K2.
    """
    bounds, rules = bounds_of(claim), method.run_ups
    weeks = claim.horizon_weeks or method.outlook.horizon_weeks
    measure = f"Share of past run-ups of miners that stood higher {weeks} weeks later"
    asked = _asked(rules, weeks, bounds)
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
    fired, distance = _forecast(claim, market, method)
    return Finding(
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
        best_for=_for(past, rules, weeks),
        best_against=_against(details, weeks),
        distance=distance,
        details=details,
        fired=fired,
        p_value=_p_value(share, n_eff, settled, bounds),
        data=_rows(past, windows, rules, weeks),
    )


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


def _asked(rules: RunUps, weeks: int, bounds: Bounds) -> Statement:
    return state(
        "After a miners’ fund, or an equal-weighted basket of today’s miners (survivors, which "
        "flatters), was first up {gain:pct0} over {window:num0} weeks, it stood higher "
        "{weeks:num0} weeks later in at most {support:pct0} of the cases; {contradiction:pct0} or "
        "more contradicts.",
        gain=rules.mild_gain,
        window=rules.mild_window_weeks,
        weeks=weeks,
        support=bounds.support,
        contradiction=bounds.contradiction,
    )


def _too_few(windows: int, weeks: int, needed: int) -> str:
    count = {
        0: f"No stretch of {weeks} weeks holds a past run-up",
        1: f"Only one separate stretch of {weeks} weeks holds past run-ups",
    }.get(windows, f"Only {windows} separate stretches of {weeks} weeks hold past run-ups")
    return f"{count} whose outcome is known; at least {needed} are needed."


def _for(past: pd.DataFrame, rules: RunUps, weeks: int) -> Statement:
    falls = past["mild_drawdown"]
    values = {
        "n": len(past),
        "lower": int((past[f"return_{weeks}"] <= 0).sum()),
        "falls": int((falls <= -rules.mild_crash_drawdown).sum()),
        "weeks": weeks,
        "limit": rules.mild_crash_drawdown,
        "span": rules.mild_crash_weeks,
    }
    if not values["lower"] and not values["falls"]:
        return state(
            "None of {n:num0} such run-ups stood lower after {weeks:num0} weeks, or fell "
            "{limit:pct0} from a peak within {span:num0}: nothing here speaks for it.",
            **values,
        )
    return state(
        "Of {n:num0} such run-ups {lower:num0} stood no higher after {weeks:num0} weeks, and "
        "{falls:num0} fell {limit:pct0} or more from a peak within {span:num0} weeks.",
        **values,
    )


def _against(details: dict[str, float], weeks: int) -> Statement:
    values = {
        "mean": details["mean_return"],
        "usual": details["usual_return"],
        "share": details["higher"] / details["events"],
        "placebo": details["placebo_p"],
        "weeks": weeks,
    }
    if values["mean"] > 0:
        return state(
            "They returned {mean:spct1} on average in {weeks:num0} weeks, against {usual:spct1} "
            "after any week (random dates differ as much in {placebo:pct1} of draws), and "
            "{share:pct0} of them stood higher.",
            **values,
        )
    return state(
        "Still, {share:pct0} of them stood higher after {weeks:num0} weeks, although they returned "
        "{mean:spct1} on average, against {usual:spct1} after any week (random dates differ as "
        "much in {placebo:pct1} of draws)."
        if details["higher"]
        else "None of them stood higher after {weeks:num0} weeks; they returned {mean:spct1} on "
        "average, against {usual:spct1} after any week (random dates differ as much in "
        "{placebo:pct1} of draws).",
        **values,
    )


def _forecast(claim: Claim, market: Market, method: Method) -> tuple[bool | None, Statement | None]:
    """Whether the gold miners stand higher at the claim's horizon, and how they stand by now."""
    roles = market.universe.roles
    if claim.horizon_weeks is None or "gold_miners" not in roles:
        return None, None
    said, due = claim.said_on, claim.said_on + dt.timedelta(weeks=claim.horizon_weeks)
    gold = market.universe.role("gold_miners")
    moved = float("nan")
    if market.as_of > said:
        moved = total_return(
            market.total_return([gold.id], fill_days=0)[gold.id],
            said,
            min(due, market.as_of),
            fresh_days=method.sampling.fresh_days,
        )
    values = {"who": gold.label, "said": said, "due": due}
    if np.isnan(moved):
        template = (
            "{who} must stand higher on {due:date} than on {said:date}; no move is known yet."
        )
        return False, state(template, **values)
    values["moved"] = moved
    if market.as_of < due:
        template = "{who}: {moved:spct1} since {said:date}; the level of {due:date} decides."
        return False, state(template, **values)
    template = "{word}: {who} returned {moved:spct1} from {said:date} to {due:date}."
    word = "It has fired" if moved > 0 else "It has not fired"
    return moved > 0, state(template, word=word, **values)
