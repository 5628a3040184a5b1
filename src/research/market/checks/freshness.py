"""The gates of freshness: how old the newest row of each line and dataset is."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from research.market.checks.result import GateResult, count, degraded
from research.market.market import Market
from research.market.prices import is_stale
from research.market.views import spans

_DAY_OF = {
    "fundamentals": "published_at",
    "consensus": "available_at",
    "ratings": "date",
    "rating_counts": "available_at",
    "ownership": "date",
}


def check_freshness(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for prices older than `stale_sessions` of the note's trading calendar.

    Lines that ended on the same day are told together; a monthly average is old when the next is
    overdue.
    """
    ids = [one.id for one in market.universe.present()]
    last = last_rows(rows)
    days = {key: last.loc[key, "date"].date() for key in ids if key in last.index}
    types = last["price_type"]
    allowed = market.method.gates.stale_sessions
    current = current_ids(market, rows)
    old = [key for key in days if key not in current]
    for key in (key for key in old if types[key] == "average"):
        yield degraded(
            dataset,
            "{line:id} last monthly average is that of {month:month}, {age} days before as_of "
            "{as_of:day}; at most {allowed} are allowed.",
            plain="{line:id}: the last monthly average is that of {month:month}, {age} days before "
            "{as_of:day}; at most {allowed} are allowed.",
            advice="Bring newer data, or drop it in the universe.",
            subject=key,
            line=key,
            month=days[key],
            age=(market.as_of - days[key]).days,
            as_of=market.as_of,
            allowed=market.method.sampling.average_fresh_days,
        )
    old = [key for key in old if types[key] != "average"]
    for day in sorted({days[key] for key in old}):
        stale = [key for key in old if days[key] == day]
        age = market.calendar.sessions_between(day, market.as_of)
        yield degraded(
            dataset,
            "{lines:ids} last price is {day:day}, {age} before as_of {as_of:day}; at most "
            "{allowed} are allowed.",
            plain="{lines:ids}: the last price is of {day:day}, {age} before {as_of:day}; at most "
            "{allowed} are allowed.",
            advice="Bring newer data, or drop "
            f"{'it' if len(stale) == 1 else 'them'} in the universe.",
            subject=", ".join(stale),
            lines=stale,
            day=day,
            age=count(age, "session"),
            as_of=market.as_of,
            allowed=allowed,
        )


def check_age(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for a dataset whose newest row is older than `stale_days_by_dataset`."""
    newest = rows[_DAY_OF[dataset]].max().date()
    age = (market.as_of - newest).days
    allowed = market.method.gates.stale_days_by_dataset.get(dataset)
    if allowed is not None and age > allowed:
        yield degraded(
            dataset,
            "newest row is of {newest:day}, {age} before as_of {as_of:day}; at most {allowed} are "
            "allowed.",
            plain="newest row is of {newest:day}, {age} before {as_of:day}; at most {allowed} are "
            "allowed.",
            advice="Bring newer data.",
            newest=newest,
            age=count(age, "day"),
            as_of=market.as_of,
            allowed=allowed,
        )


def current_ids(market: Market, rows: pd.DataFrame) -> list[str]:
    """The instruments whose last price is not too old, in the order of the universe."""
    last = last_rows(rows)
    found = []
    stale: dict[tuple[object, str], bool] = {}
    for one in market.universe.present():
        if one.id not in last.index:
            continue
        about = (last.loc[one.id, "date"].date(), str(last.loc[one.id, "price_type"]))
        if about not in stale:
            stale[about] = is_stale(*about, market.as_of, market.calendar, market.method)
        if not stale[about]:
            found.append(one.id)
    return found


def last_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The last row of each instrument, by its id."""
    return rows.iloc[[where.stop - 1 for where in spans(rows).values()]].set_index("instrument")
