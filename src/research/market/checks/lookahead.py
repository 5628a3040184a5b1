"""The gate against rows from the future: nothing that became public after `as_of` is seen."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from research.calendar import cutoff
from research.market.checks.result import GateResult, blocked
from research.market.market import Market


def check_lookahead(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """BLOCKED for rows whose `available_at` lies after the cutoff, or before their own day.

    The Market lets no late row out; this gate does not rely on it. A row that claims to have been
    public before the day it is about would be seen too early: on that day's eve, say.
    """
    limit = cutoff(market.as_of)
    late = rows[rows["available_at"] > limit]
    if len(late):
        first = late["available_at"].min()
        yield blocked(
            dataset,
            "{rows} rows became public after {as_of:day}, the first at {first:day} {time} UTC; "
            "none may be seen.",
            advice="Mend the source.",
            rows=len(late),
            as_of=market.as_of,
            first=first,
            time=f"{first:%H:%M}",
        )
    day = next((name for name in ("date", "published_at") if name in rows), None)
    if day is None:
        return
    # A day of Sydney begins 11 hours before that of UTC.
    begun = rows[day].dt.tz_localize("UTC") - pd.Timedelta(hours=14)
    early = rows[rows["available_at"] < begun]
    if len(early):
        row = early.iloc[0]
        known = row["available_at"]
        whose = "{line:id} of " if "instrument" in rows else ""
        yield blocked(
            dataset,
            f"{{rows}} rows say they were public before their own day, the first {whose}{{day:day}}"
            " at {known:day} {time} UTC; they would be seen before they were known.",
            advice="Mend `available` of the source.",
            rows=len(early),
            line=row.get("instrument", ""),
            day=row[day],
            known=known,
            time=f"{known:%H:%M}",
        )
