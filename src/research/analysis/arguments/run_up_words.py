"""What is said of past run-ups: what was asked, and the best evidence on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from research.analysis.claims import Statement, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from research.params.models import Bounds, RunUps


def question(rules: RunUps, weeks: int, bounds: Bounds, *, dated: bool = False) -> Statement:
    """What is asked of which run-ups, with its bounds; `dated` where miners came and left."""
    miners = "each week’s miners" if dated else "today’s miners (survivors, which flatters)"
    return state(
        "After a miners’ fund, or an equal-weighted basket of "
        + miners
        + ", was first up {gain:pct0} over {window:num0} weeks, it stood higher "
        "{weeks:num0} weeks later in at most {support:pct0} of the cases; {contradiction:pct0} or "
        "more contradicts. Run-ups of the last {gap:num0} weeks are today’s own, and left out.",
        gain=rules.mild_gain,
        window=rules.mild_window_weeks,
        weeks=weeks,
        support=bounds.support,
        contradiction=bounds.contradiction,
        gap=rules.mild_gap_weeks,
    )


def sides(
    past: pd.DataFrame, details: Mapping[str, float], rules: RunUps, weeks: int
) -> tuple[Statement, Statement]:
    """Best evidence that such rallies fade and that they go on; each is true for every sign.

    A return after run-ups that is above nil and yet no more than the usual one speaks for both:
    they went on, and no better than any week does.
    """
    falls = past["mild_drawdown"]
    values = {
        "n": len(past),
        "lower": int((past[f"return_{weeks}"] <= 0).sum()),
        "falls": int((falls <= -rules.mild_crash_drawdown).sum()),
        "weeks": weeks,
        "limit": rules.mild_crash_drawdown,
        "span": rules.mild_crash_weeks,
        "mean": details["mean_return"],
        "usual": details["usual_return"],
        "higher": int(details["higher"]),
        "share": details["higher"] / details["events"],
        "placebo": details["placebo_p"],
    }
    if 0 < values["mean"] <= values["usual"]:
        return state(_NO_BETTER, **values), state(_WENT_ON, **values)
    fading = _FADED if values["lower"] or values["falls"] else _NONE_FADED
    going_on = _MORE if values["mean"] > 0 else _STILL if values["higher"] else _NONE_HIGHER
    return state(fading, **values), state(going_on, **values)


_NO_BETTER = (
    "They returned {mean:spct1} on average in {weeks:num0} weeks, no more than the {usual:spct1} "
    "after any week, and {falls:num0} of {n:num0} fell {limit:pct0} or more from a peak within "
    "{span:num0} weeks."
)
_WENT_ON = (
    "Of {n:num0} such run-ups {higher:num0} stood higher after {weeks:num0} weeks; that their "
    "return falls short of the usual one happens on random dates in {placebo:pct1} of draws."
)
_FADED = (
    "Of {n:num0} such run-ups {lower:num0} stood no higher after {weeks:num0} weeks, and "
    "{falls:num0} fell {limit:pct0} or more from a peak within {span:num0} weeks."
)
_NONE_FADED = (
    "None of {n:num0} such run-ups stood lower after {weeks:num0} weeks, or fell {limit:pct0} from "
    "a peak within {span:num0}: nothing here speaks for it."
)
_MORE = (
    "They returned {mean:spct1} on average in {weeks:num0} weeks, more than the {usual:spct1} "
    "after any week (random dates differ as much in {placebo:pct1} of draws), and {share:pct0} of "
    "them stood higher."
)
_STILL = (
    "Still, {share:pct0} of them stood higher after {weeks:num0} weeks, although they returned "
    "{mean:spct1} on average, against {usual:spct1} after any week (random dates differ as much in "
    "{placebo:pct1} of draws)."
)
_NONE_HIGHER = (
    "None of them stood higher after {weeks:num0} weeks; they returned {mean:spct1} on average, "
    "against {usual:spct1} after any week (random dates differ as much in {placebo:pct1} of draws)."
)
