"""What moved since the last edition, gathered: the odds by cause, verdicts, and key numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from research.analysis.claims import Finding
from research.analysis.key_numbers import key_numbers
from research.analysis.moved import Flip, flagged_moves, flips
from research.analysis.odds_change import Split, split
from research.analysis.overview import week_before

if TYPE_CHECKING:
    from research.analysis.outlook import Outlook
    from research.market import Market
    from research.params.models import Claim, Method, Params

Last = Mapping[str, Any]  # of `research.memory.Memory`: what the last edition published


class Turn(NamedTuple):
    """A vote that changed under an unchanged verdict; None is no vote."""

    claim: Claim
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True)
class Since:
    """From the last edition to this one; see `split`, `flips` and `moves` for their parts.

    `edition` is the last one's, empty when none was published: then the same method a week
    earlier stands in. `p_then` is what it told, or what the method would have told. `votes` are
    claims whose verdict reads the same and whose vote in the odds has changed, such as a price
    target that spot has passed. `moves` has one row a key number: `label`, `named`, `unit`, `then`
    and `now` (levels), `change` since that day, `sd` (usual over as many days), `flagged`.
    """

    edition: str
    day: dt.date
    p_then: float
    split: Split
    flips: tuple[Flip, ...]
    votes: tuple[Turn, ...]
    moves: pd.DataFrame


def day_of_last(last: Last | None, market: Market) -> dt.date:
    """`as_of` of the last edition published, or the day a week before when there is none."""
    if last is None:
        return week_before(market)
    return max(dt.date.fromisoformat(last["as_of"]), market.source.first_session)


def since(
    now: tuple[Sequence[Finding], Outlook, Market],
    then: tuple[Sequence[Finding], Outlook, Market],
    last: Last | None,
    params: Params,
) -> Since:
    """What `now` tells beside what was told on the day of `then`, recomputed and as published.

    Both are (findings, outlook, market) by today's method, each with what was known on its day;
    `last` is the record of the edition published then, if any. What it told otherwise than today's
    method does for its day is put down to the method where any of `params` has changed since.
    """
    method = params.method
    findings, view, market = now
    findings_then, view_then, market_then = then
    told = (last or {}).get("outlook") or {}
    recorded = {name: one["verdict"] for name, one in last["claims"].items()} if last else None
    parts = split(view, view_then, told.get("p"), method.outlook)
    return Since(
        edition=last["edition"] if last else "",
        day=market_then.as_of,
        p_then=parts.p_then,
        split=parts,
        flips=tuple(
            _said_since(one, market_then.as_of)
            for one in flips(
                findings,
                findings_then,
                recorded,
                method_changed=last is not None and last["params"] != params.fingerprint,
            )
        ),
        votes=_turned(findings, findings_then),
        moves=_moves(market, market_then, method),
    )


def _turned(now: Sequence[Finding], then: Sequence[Finding]) -> tuple[Turn, ...]:
    before = {one.claim.id: one for one in then}
    pairs = [(one, before[one.claim.id]) for one in now if one.claim.id in before]
    return tuple(
        Turn(one.claim, old.vote, one.vote)
        for one, old in pairs
        if one.verdict is old.verdict and one.vote != old.vote
    )


def _said_since(flip: Flip, day: dt.date) -> Flip:
    """A claim that was not said yet on `day` is new, whatever its data were."""
    return flip._replace(cause="new claim") if flip.claim.said_on > day else flip


def _moves(market: Market, then: Market, method: Method) -> pd.DataFrame:
    flagged = flagged_moves(market, method, since=then.as_of)
    levels = key_numbers(market, method)
    before = key_numbers(then, method)["level"]
    return pd.DataFrame(
        {
            "label": flagged["label"],
            "named": levels["named"].reindex(flagged.index),
            "unit": levels["unit"].reindex(flagged.index),
            "then": before.reindex(flagged.index),
            "now": levels["level"].reindex(flagged.index),
            "change": flagged["change"],
            "sd": flagged["sd"],
            "flagged": flagged["flagged"],
        }
    )
