"""What the test of ratings says: its question, the evidence on both sides, the distance."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from research.analysis.claims import Finding, Statement, Verdict, bounds_of, state

if TYPE_CHECKING:
    from research.analysis.ratings import BuyChange
    from research.params.models import Bounds


def question(bounds: Bounds, weeks: int) -> Statement:
    """What is asked of the ratings, and what decides."""
    return state(
        "Of the ratings that the same analysts gave to the same companies {weeks:num0} weeks "
        "apart, did the share of Buys {move} by {support:pp1} or more, with an interval that "
        "stays {beyond} {contradiction:spp1}?",
        weeks=weeks,
        move="fall" if bounds.support < 0 else "rise",
        support=abs(bounds.support),
        beyond="below" if bounds.side == "low" else "above",
        contradiction=bounds.contradiction,
    )


def evidence(found: BuyChange, weighted: float) -> tuple[Statement, Statement]:
    """The best sign of a fall, and the best sign against one."""
    if found.change < 0:
        return _moved(found, fell=True, net=True), _yet(found, weighted, fell=False)
    if found.change > 0:
        return _yet(found, weighted, fell=True), _moved(found, fell=False, net=True)
    return _moved(found, fell=True, net=False), _moved(found, fell=False, net=False)


def _moved(found: BuyChange, *, fell: bool, net: bool) -> Statement:
    counted = found.down if fell else found.up
    verb = "left Buy" if fell else "moved to Buy"
    if not net:
        return state(
            "Of {pairs:num0} ratings {moved:num0} {verb}; as many went the other way.",
            pairs=found.pairs, moved=counted, verb=verb,
        )  # fmt: skip
    return state(
        "Of {pairs:num0} ratings that stood on both days {before:pct1} were Buys before and "
        "{after:pct1} after; {moved:num0} {verb}.",
        pairs=found.pairs, before=found.before, after=found.after, moved=counted, verb=verb,
    )  # fmt: skip


def _yet(found: BuyChange, weighted: float, *, fell: bool) -> Statement:
    """What speaks against the net move; `fell` when that is a sign of a fall."""
    if weighted < 0 if fell else weighted > 0:
        return state(
            "With each company counted by its market value, the share of Buys {verb} by "
            "{size:pp1} over the same weeks.",
            verb="fell" if fell else "rose", size=abs(weighted),
        )  # fmt: skip
    counted = found.down if fell else found.up
    if not counted:
        return state(
            "None of the {pairs:num0} ratings {verb} over the same weeks, so no move speaks "
            "{side} a fall.",
            pairs=found.pairs, verb="left Buy" if fell else "moved to Buy",
            side="for" if fell else "against",
        )  # fmt: skip
    return state(
        "Yet {moved:num0} of the {pairs:num0} ratings {verb} over those weeks, and {share:pct1} "
        "of all {what} Buys after them.",
        moved=counted, pairs=found.pairs, verb="left Buy" if fell else "moved to Buy",
        share=1 - found.after if fell else found.after,
        what="were no" if fell else "were still",
    )  # fmt: skip


def closed(finding: Finding, end: dt.date) -> Statement | None:
    """How far from refuted a claim was whose weeks are over; None when the rule tells it."""
    bounds = bounds_of(finding.claim)
    if finding.estimate is None or finding.verdict is Verdict.CONTRADICTED:
        return None
    gap = bounds.contradiction - finding.estimate
    if (gap if bounds.side == "low" else -gap) <= 0:
        return None
    return state(
        "Its weeks ended on {end:date}: a change {short:pp1} {higher} would have refuted it.",
        end=end, short=abs(gap), higher="higher" if bounds.side == "low" else "lower",
    )  # fmt: skip
