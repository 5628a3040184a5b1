"""What analysts say, as Yahoo tells it: who changed a rating when, and how many give which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from research.market.live.answers import SourceError, changed
from research.market.live.http import Reply
from research.market.live.yahoo_accounts import summary
from research.market.store.columns import shaped
from research.params.models import Feed, FeedLine

OPINIONS = ("recommendationTrend", "upgradeDowngradeHistory")
"""What is asked of the summary for `opinions`."""
_WORDS = {
    "Buy": "buy, strong buy, conviction buy, speculative buy, moderate buy, long-term buy, "
    "outperform, strong outperform, market outperform, sector outperform, industry outperform, "
    "outperformer, overweight, positive, accumulate, add, top pick, action list buy",
    "Hold": "hold, neutral, equal-weight, equal weight, equalweight, market perform, "
    "sector perform, peer perform, industry perform, perform, sector performer, in-line, in line, "
    "sector weight, market weight, long-term hold",
    "Sell": "sell, strong sell, underperform, market underperform, sector underperform, "
    "industry underperform, underperformer, underweight, reduce, negative",
    "Dropped": "not rated, suspended, no rating, dropped, coverage dropped",
}
_SCALE = {word: ours for ours, words in _WORDS.items() for word in words.split(", ")}
"""Houses' own words → the three of the note; DOMAIN §B.1, C1 on how scales are mapped."""
_COUNTED = {"strongBuy": "Buy", "buy": "Buy", "hold": "Hold", "sell": "Sell", "strongSell": "Sell"}


def opinions(
    reply: Reply, feed: Feed, line: FeedLine, moment: dt.datetime
) -> Mapping[str, pd.DataFrame]:
    """Rows of `ratings`, one for each change that a house made, and of `rating_counts` by month.

    Houses stand for their analysts, whom Yahoo does not name. All of it is known since `moment`:
    Yahoo fills in history later. Raises SourceError for another layout, and for a word of rating
    that is on no scale here; a company that no house follows has no rows.
    """
    result = summary(reply, ())
    try:
        history = (result.get("upgradeDowngradeHistory") or {}).get("history") or []
        changes = [
            (str(one["firm"]), int(one["epochGradeDate"]), str(one["toGrade"] or ""))
            for one in history
        ]
        trend = (result.get("recommendationTrend") or {}).get("trend") or []
        counts = [
            (one["period"], ours, float(one[theirs]))
            for one in trend
            for theirs, ours in _COUNTED.items()
        ]
    except (KeyError, TypeError, ValueError):
        found = f"`{result!r}`"[:120]
        raise changed(reply.address, found, "firm, day and grade; period and counts") from None
    if not changes and not counts:
        raise changed(reply.address, "no rating of any house", f"opinions on {line.symbol}")
    return {
        "ratings": _ratings(reply, changes, feed, line, moment),
        "rating_counts": _counts(reply, counts, feed, line, moment),
    }


def _ratings(
    reply: Reply,
    told: list[tuple[str, int, str]],
    feed: Feed,
    line: FeedLine,
    moment: dt.datetime,
) -> pd.DataFrame:
    grades = sorted({grade for _, _, grade in told if grade.strip()})
    strange = [grade for grade in grades if grade.strip().lower() not in _SCALE]
    if strange:
        raise SourceError(
            f"{reply.address} answered with ratings that are on no scale here: "
            f"{', '.join(strange)}; expected such as Buy, Hold or Sell. No rating of {line.symbol} "
            "was taken. Add the word to the scale in research.market.live.yahoo_ratings."
        )
    rows = [
        (firm, dt.datetime.fromtimestamp(at, dt.UTC).date(), _SCALE[grade.strip().lower()])
        for firm, at, grade in sorted(told, key=lambda one: one[1])
        if grade.strip()  # a change of the target alone
    ]
    frame = pd.DataFrame(rows, columns=["analyst", "date", "rating"])
    frame = frame.drop_duplicates(["analyst", "date"], keep="last")
    return shaped(
        "ratings",
        frame.assign(
            broker=frame["analyst"],
            instrument=line.instrument,
            date=pd.to_datetime(frame["date"]),
            source=feed.title,
            available_at=pd.Timestamp(moment),
        ),
    )


def _counts(
    reply: Reply,
    told: list[tuple[str, str, float]],
    feed: Feed,
    line: FeedLine,
    moment: dt.datetime,
) -> pd.DataFrame:
    this = pd.Period(moment.date(), freq="M")
    months = {f"{-back}m": this - back for back in range(12)}
    if strange := sorted({period for period, _, _ in told} - set(months)):
        raise changed(reply.address, f"the period {strange[0]!r}", "0m, -1m and so on")
    frame = pd.DataFrame(told, columns=["period", "rating", "count"])
    frame["date"] = pd.to_datetime([months[period].start_time for period in frame["period"]])
    frame = frame.groupby(["date", "rating"], as_index=False)["count"].sum()
    return shaped(
        "rating_counts",
        frame.assign(
            instrument=line.instrument, source=feed.title, available_at=pd.Timestamp(moment)
        ),
    )
