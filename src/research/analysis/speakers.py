"""The speakers' own calls, scored by what prices did: each is one forecast, and an anecdote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from math import isnan, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from research.analysis.claims import Statement, state
from research.analysis.returns import freshness, level_at, total_return
from research.analysis.track_record import earned

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Claims, Method

COLUMNS = [
    "speaker", "firm", "short", "call", "about", "label", "target", "said_on", "due", "weeks",
    "horizon", "implied", "status", "value", "unit", "statement",
]  # fmt: skip
TARGET_TEST = "price_target"


class _Call(NamedTuple):
    """What a claim foretells: `up` or `down` from `said_on` to `due`, or a `target` on `due`."""

    way: str
    about: str
    said_on: dt.date
    due: dt.date
    stated: bool
    implied: bool


def speakers(claims: Claims, market: Market, method: Method) -> pd.DataFrame:
    """One row a call that was made by `as_of`, in ledger order; index: claim id (DOMAIN §D.5).

    A claim that is tested as a price target calls that target for its last day; a forecast that
    has no direction of its own doubts the rally, so that the gold miners would be lower; any other
    claim that bears on the odds implies (`implied`) that the diversified proxy rises or falls, by
    the ledger's direction. `call` is up, down or target; `about` an instrument and `label` its
    name; `horizon` is stated or assumed; `weeks` its length. `status` is open, hit, miss or void
    (no price, or a return of nil). `value` in `unit`: the total return from `said_on` to `due`
    (fraction), so far while it is open; of a target the price. `statement` tells it in a sentence.
    """
    rows = {
        claim.id: _scored(claim, call, market, method)
        for claim, call in _calls(claims, market, method)
        if call.said_on <= market.as_of
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("claim")
    return table.astype({"target": float, "value": float})


def league(calls: pd.DataFrame, method: Method) -> pd.DataFrame:
    """How often each speaker was right; index: speaker, in the order of `calls`.

    Columns: `calls`, `resolved`, `hits`, `share` of the resolved (fraction), `enough`. Below
    `calls_min` resolved calls of a speaker the share is NaN: there is no league table of anecdotes.
    """
    resolved = calls["status"].isin(["hit", "miss"])
    marked = pd.DataFrame(
        {"speaker": calls["speaker"], "resolved": resolved, "hits": calls["status"] == "hit"}
    )
    table = marked.groupby("speaker", sort=False).agg(
        calls=("resolved", "size"), resolved=("resolved", "sum"), hits=("hits", "sum")
    )
    enough = table["resolved"] >= method.track_record.calls_min
    return table.assign(share=(table["hits"] / table["resolved"]).where(enough), enough=enough)


def _calls(claims: Claims, market: Market, method: Method) -> Iterator[tuple[Claim, _Call]]:
    roles, weeks = market.universe.roles, method.outlook.horizon_weeks
    for claim in claims.claims:
        said_on = claim.said_on
        due = said_on + dt.timedelta(weeks=weeks)
        if claim.test == TARGET_TEST:
            view = method.metal_view
            yield claim, _Call("target", roles["gold"], view.said_on, view.expires_on, True, False)
        elif claim.type == "forecast" and not claim.direction:
            due = said_on + dt.timedelta(weeks=claim.horizon_weeks or weeks)
            stated = claim.horizon_source == "stated"
            yield claim, _Call("down", roles["gold_miners"], said_on, due, stated, False)
        elif claim.relevance and claim.direction:
            way = "up" if claim.direction > 0 else "down"
            yield claim, _Call(way, roles["diversified"], said_on, due, False, True)


def _scored(claim: Claim, call: _Call, market: Market, method: Method) -> dict[str, Any]:
    target = method.metal_view.target_usd_oz if call.way == "target" else nan
    settle = _settled_price if call.way == "target" else _settled_return
    status, value = settle(call, market, method)
    label = market.universe[call.about].label
    return {
        "speaker": claim.speaker,
        "firm": claim.firm,
        "short": claim.short,
        "call": call.way,
        "about": call.about,
        "label": label,
        "target": target,
        "said_on": call.said_on,
        "due": call.due,
        "weeks": (call.due - call.said_on).days // 7,
        "horizon": "stated" if call.stated else "assumed",
        "implied": call.implied,
        "status": status,
        "value": value,
        "unit": "USD/oz" if call.way == "target" else "fraction",
        "statement": _statement(call, label, target, status, value),
    }


def _settled_return(call: _Call, market: Market, method: Method) -> tuple[str, float]:
    levels = market.total_return([call.about], fill_days=0)[call.about].dropna()
    as_of, fresh = market.as_of, method.sampling.fresh_days
    value = None
    if call.due <= as_of:
        value = earned(levels, call.said_on, call.due, as_of=as_of, fresh_days=fresh)
    if value is None:
        return "open", float(total_return(levels, call.said_on, as_of, fresh_days=fresh))
    if isnan(value) or value == 0:
        return "void", value
    return ("hit" if (value > 0) == (call.way == "up") else "miss"), value


def _settled_price(call: _Call, market: Market, method: Method) -> tuple[str, float]:
    prices = market.closes([call.about], unit="USD/oz", fill_days=0).frame
    quote = market.latest(call.about)
    fresh = freshness(quote.price_type if quote else "", method.sampling)
    value = float(level_at(prices, min(call.due, market.as_of), fresh_days=fresh)[call.about])
    newest = quote.date if quote else dt.date.min
    waiting = newest < call.due and (market.as_of - call.due).days <= fresh
    if call.due > market.as_of or waiting:
        return "open", value
    if isnan(value):
        return "void", value
    return ("hit" if value >= method.metal_view.target_usd_oz else "miss"), value


def _statement(call: _Call, label: str, target: float, status: str, value: float) -> Statement:
    known = not isnan(value)
    if call.way == "target":
        said = "{label} at {target:num0} USD/oz or more on {due:date}: "
        now = {"open": "it stands at {value:num0}.", "void": "no price, so the call is void."}
        end = now.get(status, "it stood at {value:num0}.")
    else:
        said = f"{{label}} {'higher' if call.way == 'up' else 'lower'} on {{due:date}}: "
        now = {"open": "{value:spct1} so far.", "void": "no gain or loss, so the call is void."}
        end = now.get(status, "{value:spct1} since {said_on:date}.")
    if not known:
        end = "no later price so far." if status == "open" else "no price, so the call is void."
    return state(
        said + end, label=label, target=target, due=call.due, said_on=call.said_on, value=value
    )
