"""What came of the doubt that a rally lasts: the miners' return over the time that it named."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.claims import Finding, Statement, Verdict, state
from research.analysis.returns import total_return
from research.calendar import written
from research.params.models import Bounds

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Method


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the gold miners stand since the claim was made; `moved` is None while nothing is known.

    `levels` are their total-return levels from the day it was said to its end, or to today.
    """

    fund: str
    said: dt.date
    due: dt.date
    over: bool
    moved: float | None
    levels: pd.Series
    distance: Statement

    @property
    def fired(self) -> bool:
        """Whether the falsifier has: the horizon is over and they stand higher."""
        return self.over and self.moved is not None and self.moved > 0


def outcome(claim: Claim, market: Market, method: Method) -> Outcome | None:
    """What came so far; None for a claim without a horizon or a universe without gold miners.

    The horizon is over only when its end and the return up to it are known.
    """
    roles = market.universe.roles
    if claim.horizon_weeks is None or "gold_miners" not in roles:
        return None
    said, due = claim.said_on, claim.said_on + dt.timedelta(weeks=claim.horizon_weeks)
    fund = market.universe.role("gold_miners")
    levels = market.total_return([fund.id], fill_days=0)[fund.id]
    end = min(due, market.as_of)
    moved = float("nan")
    if market.as_of > said:
        moved = total_return(levels, said, end, fresh_days=method.sampling.fresh_days)
    known = moved == moved
    over = known and market.as_of >= due
    values = {"who": fund.label, "said": said, "due": due, "moved": moved}
    if not known:
        template = (
            "{who} must stand higher on {due:date} than on {said:date}; no move is known yet."
        )
        values.pop("moved")
    elif not over:
        template = "{who}: {moved:spct1} since {said:date}; the level of {due:date} decides."
    else:
        word = "It has fired" if moved > 0 else "It has not fired"
        template = f"{word}: {{who}} returned {{moved:spct1}} from {{said:date}} to {{due:date}}."
    return Outcome(
        fund=fund.label,
        said=said,
        due=due,
        over=over,
        moved=moved if known else None,
        levels=levels.loc[: pd.Timestamp(end)].dropna(),
        distance=state(template, **values),
    )


def decided(tested: Finding, came: Outcome) -> Finding:
    """The finding of a claim whose time is over: what came decides, the past stands beside it.

    SUPPORTED when the gold miners stand no higher, CONTRADICTED when they do: a reading of prices,
    without interval or p-value, and one outcome, so of grade C. `data` are the levels.
    """
    first = came.levels.loc[: pd.Timestamp(came.said)].index[-1]
    rows = came.levels.loc[first:].rename("total_return_level").rename_axis("date").to_frame()
    return replace(
        tested,
        verdict=Verdict.CONTRADICTED if came.fired else Verdict.SUPPORTED,
        grade="C",
        estimate=came.moved,
        ci=None,
        bounds=Bounds(side="low", support=0.0, contradiction=0.0, unit="fraction"),
        fmt="spct1",
        n=1,
        n_eff=None,
        measure=f"Total return of {came.fund}, {written(came.said)} to {written(came.due)}",
        test=state(
            "Its time is over, so what came decides: did {who}, with distributions, stand higher "
            "on {due:date} than on {said:date}? How earlier run-ups went on stands beside it.",
            who=came.fund,
            said=came.said,
            due=came.due,
        ),
        reason="The time that the claim names is over, and one outcome is one outcome.",
        p_value=None,
        data=rows,
        formula="last level / first level − 1",
    )
