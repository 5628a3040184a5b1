"""What else moved since the last edition: verdicts that flipped, and unusual weeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from research.analysis.claims import Finding
from research.analysis.key_numbers import STRIP, key_numbers
from research.analysis.returns import WEEK, freshness, total_return, weekly_returns

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Method


class Flip(NamedTuple):
    """A verdict that reads differently, and why: `data`, `revision`, `method` or `new claim`.

    `before` is empty for a new claim.
    """

    claim: Claim
    before: str
    after: str
    cause: str


def flips(
    now: Iterable[Finding],
    recomputed: Iterable[Finding],
    recorded: Mapping[str, str] | None,
    *,
    method_changed: bool,
) -> tuple[Flip, ...]:
    """Each step from the last edition's verdicts to today's, in the order of the ledger.

    `recorded` has the verdicts that edition printed, by claim; `recomputed` those of its day by
    today's data and method. From the one to the other the cause is the `method` if that changed,
    else a `revision` of the data; from there to `now` it is the week's `data`. A claim may have
    both steps. Without `recorded` only the week's data are known.
    """
    before = {one.claim.id: str(one.verdict) for one in recomputed}
    found = []
    for one in now:
        name, after = one.claim.id, str(one.verdict)
        if recorded is not None and name not in recorded:
            found.append(Flip(one.claim, "", after, "new claim"))
            continue
        middle = before.get(name, after)
        printed = middle if recorded is None else recorded[name]
        if printed != middle:
            cause = "method" if method_changed else "revision"
            found.append(Flip(one.claim, printed, middle, cause))
        if middle != after:
            found.append(Flip(one.claim, middle, after, "data"))
    return tuple(found)


def flagged_moves(
    market: Market, method: Method, ids: Sequence[str] = STRIP, *, since: dt.date | None = None
) -> pd.DataFrame:
    """Changes of the key numbers since a day beside how much they usually change; index `id`.

    `since` is a week before the edition unless given. Columns: `label`, `change` (fraction, in the
    quote's own unit; missing for a monthly average and for what is not known on both days), `sd` of
    the Friday-to-Friday changes of the `history_years` before that week, times the root of the
    weeks since; `times` (how many of them the change is, unsigned) and `flagged`, beyond `flag_sd`.
    Never flagged with fewer than `n_min` weeks of history or without a change.
    """
    since = since or market.as_of - dt.timedelta(weeks=1)
    weeks = (market.as_of - since).days / 7
    table = key_numbers(market, method, ids)[["label", "price_type"]]
    changes = {
        one: _since(market, method, one, kind, since) for one, kind in table["price_type"].items()
    }
    sds = {one: _usual(market, method, one) * sqrt(weeks) for one in table.index}
    table = table[["label"]].assign(
        change=pd.Series(changes, dtype=float), sd=pd.Series(sds, dtype=float)
    )
    times = table["change"].abs() / table["sd"].where(table["sd"] > 0)
    return table.assign(times=times, flagged=times > method.changes.flag_sd)


def _since(market: Market, method: Method, id: str, price_type: str, since: dt.date) -> float:
    if not price_type or price_type == "average":
        return np.nan
    levels = market.closes([id], fill_days=0, rolled=True).frame[id]
    fresh = freshness(price_type, method.sampling)
    return float(total_return(levels, since, market.as_of, fresh_days=fresh))


def _usual(market: Market, method: Method, id: str) -> float:
    end = pd.Timestamp(market.as_of) - WEEK
    start = end - pd.DateOffset(years=method.changes.history_years)
    levels = market.closes([id], fill_days=0, rolled=True).frame[id]
    changes = weekly_returns(levels.loc[start:end]).dropna()
    return float(changes.std()) if len(changes) >= method.inference.n_min else np.nan
