"""One instrument's own quotes, day by day as its vendor dates them, and what holes they have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from research.analysis.returns import WEEK
from research.market.futures import is_rolled
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Claim, Instrument, Universe


class Labelled(Protocol):
    """Anything with a short name."""

    @property
    def label(self) -> str: ...


_PAYING = ("company", "fund")  # whose total return differs from their price


class History(NamedTuple):
    """Daily levels of one instrument in `unit`."""

    levels: pd.DataFrame
    unit: str


def own_history(
    market: Market, instrument: Instrument, *, until: dt.date, unit: str = ""
) -> History:
    """`close` and `total` (total-return level) of each day up to `until`, in `unit`.

    Days are those of its own exchange, since a record may fall on another one's holiday. `unit`
    left empty is that of the newest row. Rows in another currency, and monthly averages, are left
    out. What pays nothing has its close as total return, or its ratio-adjusted line.
    """
    rows = market.price_rows(instrument.id)
    rows = rows[(rows["date"] <= pd.Timestamp(until)) & (rows["price_type"] != "average")]
    wanted = Unit(unit or (rows["unit"].iloc[-1] if len(rows) else quoted_in(instrument)))
    factors = {
        text: Unit(text).factor_to(wanted)
        for text in rows["unit"].unique()
        if Unit(text).currency == wanted.currency
    }
    factor = rows["unit"].map(factors).to_numpy(dtype=float)
    levels = rows[["close", "adj_close"]].mul(factor, axis=0).set_axis(["close", "total"], axis=1)
    levels.index = pd.DatetimeIndex(rows["date"])
    if instrument.kind not in _PAYING and not is_rolled(rows):
        levels["total"] = levels["close"]
    return History(levels.dropna(how="all"), wanted.text)


def quoted_in(instrument: Instrument) -> str:
    """The unit that the universe expects of its quote, in which a claimed level is told."""
    primary = instrument.primary
    return instrument.unit or (primary.unit if primary else "ratio")


def subjects(claim: Claim, universe: Universe) -> tuple[Instrument, ...]:
    """The instruments that a claim is about; a sub-group stands for its companies.

    A name that is both, such as `copper`, is the instrument: a metal.
    """
    known = {one.id: (one,) for one in universe.instruments}
    return tuple(one for name in claim.about for one in known.get(name) or universe.companies(name))


def labels_of(named: Iterable[Labelled]) -> str:
    """Their labels, as a sentence lists them."""
    return listed([one.label for one in named])


def listed(names: Sequence[str]) -> str:
    """`A, B and C`."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def span_start(claim: Claim, instrument: Instrument) -> dt.date | None:
    """The first day of the span that a claim of a record covers; None when nothing tells it.

    The ledger's `since`, else the start of the instrument's first listing.
    """
    starts = [line.valid_from for line in instrument.listings]
    known = [day for day in starts if day is not None]
    listed = min(known) if known and len(known) == len(starts) else None
    return claim.since.get(instrument.id, listed)


def at_high(levels: Any) -> Any:
    """True on each day whose level is at or above every earlier one (DOMAIN §B.1, F1 to F4)."""
    return levels >= levels.cummax()


def known_share(
    days: pd.DatetimeIndex, since: dt.date, until: dt.date, *, fresh_days: int
) -> float:
    """Share of the days from `since` to `until` that are no part of a hole; 1 is a whole history.

    A hole is more than `fresh_days` days without a level, at the beginning and the end too.
    """
    span = (until - since).days
    inside = days[(days >= pd.Timestamp(since)) & (days <= pd.Timestamp(until))]
    if span <= 0 or not len(inside):
        return 0.0
    ends = np.array([since, until], dtype="datetime64[D]")
    days_known = inside.to_numpy().astype("datetime64[D]")
    steps = np.diff(np.concatenate([ends[:1], days_known, ends[1:]])).astype(int)
    return 1 - float(steps[steps > fresh_days].sum()) / span


def weeks_parted(
    levels: pd.Series, day: dt.date, *, stale_sessions: int
) -> tuple[pd.Series, pd.Series] | None:
    """(levels of the seven days to `day`, levels before them); None when either cannot be told.

    The week's last level must be at most `stale_sessions` weekdays old, or its high may be
    missing.
    """
    end = pd.Timestamp(day)
    week, before = levels[levels.index > end - WEEK], levels[levels.index <= end - WEEK]
    if before.empty or week.empty or not is_fresh(week.index[-1], day, stale_sessions):
        return None
    return week, before


def is_fresh(last: pd.Timestamp, day: dt.date, stale_sessions: int) -> bool:
    """True when a level of `last` still tells of `day`: at most so many weekdays lie between."""
    return bool(np.busday_count(last.date(), day) <= stale_sessions)
