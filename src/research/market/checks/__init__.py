"""Gates: what the data known at a date lack, and whether a note may be made from them.

One module a gate; each takes the market and the rows of a dataset, and gives what it holds against
them. Thresholds are those of `method.gates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from research.market.checks.actions import check_actions
from research.market.checks.adr import check_adr
from research.market.checks.basis import check_basis
from research.market.checks.coverage import check_coverage, check_members
from research.market.checks.freshness import check_age, check_freshness
from research.market.checks.frozen import check_frozen
from research.market.checks.jumps import check_jumps, check_leaps
from research.market.checks.last_row import check_last_row
from research.market.checks.lookahead import check_lookahead
from research.market.checks.market_value import check_market_value
from research.market.checks.ranges import check_ranges
from research.market.checks.repeats import check_repeats
from research.market.checks.result import GateResult, Gates, count, degraded, passed
from research.market.checks.spacing import check_spacing
from research.market.checks.splits import check_splits
from research.market.futures import is_rolled, rolls_of
from research.market.market import Market
from research.market.sources import BESIDES
from research.market.views import spans

__all__ = ["GateResult", "Gates", "check"]

Check = Callable[[Market, str, pd.DataFrame], Iterator[GateResult]]

# What a reader loses with a dataset, for the message that says it is not there.
_LOSS = {
    "prices": "nothing can be measured",
    "fundamentals": "the comps table shows NA and claims on valuation are {not_tested:verdict}",
    "consensus": "forward multiples show NA and claims on valuation are {not_tested:verdict}",
    "ratings": "claims on analysts’ ratings are {not_tested:verdict}",
    "ownership": "claims on ownership are {not_tested:verdict}",
}
_CHECKS: dict[str, tuple[Check, ...]] = {
    "prices": (
        check_lookahead, check_repeats, check_ranges, check_jumps, check_leaps, check_splits,
        check_last_row, check_frozen, check_spacing, check_adr, check_freshness, check_coverage,
    ),
    "fundamentals": (
        check_lookahead, check_repeats, check_age, check_members, check_market_value, check_basis,
    ),
    "actions": (check_lookahead, check_repeats, check_actions),
}  # fmt: skip
_OTHER: tuple[Check, ...] = (check_lookahead, check_repeats, check_age, check_members)


def check(market: Market) -> Gates:
    """Every dataset of `market` against the thresholds of `method.gates`, as of its date.

    BLOCKED: a violation of unit, identity or look-ahead, and a price that cannot be. DEGRADED:
    missing, stale, thin or doubtful data, each named. A dataset with nothing to say against it
    passes.
    """
    return market.once("gates", lambda: _check(market))


def _check(market: Market) -> Gates:
    results: list[GateResult] = []
    for dataset in (*_LOSS, *BESIDES):
        frame = market.frame(dataset)
        if frame.empty and dataset in BESIDES:
            continue
        if frame.empty:
            text = f"none is known by {{as_of:day}}: {_LOSS[dataset]}."
            found = [degraded(dataset, text, as_of=market.as_of, not_tested="NOT TESTED")]
        else:
            checks = _CHECKS.get(dataset, _OTHER)
            found = [one for gate in checks for one in gate(market, dataset, frame)]
        if not found:
            newest = frame["date" if "date" in frame else "available_at"].max()
            if dataset == "fundamentals":
                newest = frame["published_at"].max()
            text = "{rows:,} rows to {newest:day}, nothing against them."
            found = [passed(dataset, text, rows=len(frame), newest=newest)]
        results += found
        if dataset == "prices":
            results += [
                passed(dataset, "{done}", subject=one.correction.instrument, done=str(one))
                for one in market.corrections()
            ]
            results += _rolls(market, frame)
    return Gates(results=tuple(results))


def _rolls(market: Market, rows: pd.DataFrame) -> Iterator[GateResult]:
    """What was adjusted in lines of futures contracts, so that the manifest has it."""
    for key, where in spans(rows).items():
        own = rows.iloc[where]
        if market.universe[key].kind != "metal" or not is_rolled(own):
            continue
        told = [f"{day:%Y-%m-%d} × {ratio:.4f}" for day, ratio in rolls_of(own).items()]
        yield passed(
            "prices",
            "{line:id} has {rolls} of contracts: returns are ratio-adjusted{newest}, levels are as "
            "settled.",
            subject=key,
            line=key,
            rolls=count(len(told), "roll"),
            newest=f" ({', '.join(told[-4:])})" if told else "",
        )
