"""The calendar of what lies ahead: each event once, with all its days up to the horizon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import pandas as pd

from research.calendar import Calendar
from research.params.models import Catalyst
from research.params.rules import WEEKDAYS, Rule, Span, read_rule

COLUMNS = ["next", "spans", "each", "time", "place", "what", "watch", "claims", "source", "status"]


def catalysts(
    events: Iterable[Catalyst], *, as_of: dt.date, weeks: int, sessions: Calendar
) -> pd.DataFrame:
    """Events of the `weeks` weeks after `as_of`, one row each, the next first; index: event id.

    `next` is its first day to come and `spans` all of them, pairs of first and last day (the same
    for a single day), every one after `as_of`: of a span that has begun only the rest is told, and
    one that runs on past the horizon is told whole. `each` is the weekday of what comes every week,
    such as `Friday`, else empty. `time` (14:00, or empty) is that of `place` (New York). An event
    that was not known on `as_of` has no row.
    """
    last = as_of + dt.timedelta(weeks=weeks)
    rows = {}
    for event in events:
        rule = read_rule(event.every) if event.every else None
        ahead = sorted(
            (max(one, as_of + dt.timedelta(days=1)), end)
            for one, end in _spans(event, rule, as_of, last, sessions)
            if end > as_of and one <= last
        )
        if ahead and event.known_from <= as_of:
            rows[event.id] = _row(event, rule, tuple(ahead))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("event")
    return table.sort_values("next", kind="stable")


def _spans(
    event: Catalyst, rule: Rule | None, as_of: dt.date, last: dt.date, sessions: Calendar
) -> Iterator[Span]:
    if rule is not None:
        yield from rule.spans(as_of, last, sessions)
    elif event.first is not None and event.last is not None:
        yield event.first, event.last
    yield from ((day, day) for day in event.days)


def _row(event: Catalyst, rule: Rule | None, ahead: tuple[Span, ...]) -> list[object]:
    weekly = rule is not None and rule.weekly is not None
    return [
        ahead[0][0],
        ahead,
        WEEKDAYS[rule.weekly].capitalize() if weekly else "",  # type: ignore[union-attr,index]
        event.time or "",
        event.zone.rpartition("/")[2].replace("_", " "),
        event.what,
        event.watch,
        event.claims,
        event.source,
        event.status,
    ]
