"""Gates: what the data known at a date lack, and whether a note may be made from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from research.calendar import cutoff
from research.market.market import Market
from research.market.prices import is_stale

Status = Literal["PASS", "DEGRADED", "BLOCKED"]
_WORST_FIRST: tuple[Status, ...] = ("BLOCKED", "DEGRADED", "PASS")

# What a reader loses with a dataset, for the message that says it is not there.
_LOSS = {
    "prices": "nothing can be measured",
    "fundamentals": "the comps table shows NA and claims on valuation are NOT TESTED",
    "consensus": "forward multiples show NA and claims on valuation are NOT TESTED",
    "ratings": "claims on analysts' ratings are NOT TESTED",
    "ownership": "claims on ownership are NOT TESTED",
}
_DAY_OF = {
    "fundamentals": "published_at",
    "consensus": "available_at",
    "ratings": "date",
    "ownership": "date",
}
_SHOWN = 12  # ids spelt out in one message


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """One thing that was checked: of which dataset and subject, with what outcome."""

    dataset: str
    subject: str
    status: Status
    message: str


@dataclass(frozen=True, kw_only=True)
class Gates:
    """All that was checked, and the worst of it."""

    results: tuple[GateResult, ...]

    @property
    def status(self) -> Status:
        """BLOCKED if anything is, else DEGRADED if anything is, else PASS."""
        found = {result.status for result in self.results}
        return next((status for status in _WORST_FIRST if status in found), "PASS")

    @property
    def messages(self) -> tuple[str, ...]:
        """What a reader must know, worst first; nothing of what passed."""
        return tuple(
            result.message
            for status in _WORST_FIRST[:2]
            for result in self.results
            if result.status == status
        )

    def as_json(self) -> dict[str, Any]:
        """For `edition.json`: status and every result."""
        return {"status": self.status, "results": [asdict(result) for result in self.results]}


def check(market: Market) -> Gates:
    """Every dataset of `market` against the thresholds of `method.gates`, as of its date.

    BLOCKED: a change of unit, a price that cannot be, a row from the future. DEGRADED: missing,
    stale or thin data, each named. A dataset with nothing to say against it passes.
    """
    results: list[GateResult] = []
    for dataset in _LOSS:
        frame = market.frame(dataset)
        if frame.empty:
            found = [_degraded(dataset, f"no {dataset} in source {market.source_name}: "
                               f"{_LOSS[dataset]}.")]  # fmt: skip
        elif dataset == "prices":
            found = [*_future(market, dataset, frame), *_prices(market, frame)]
        else:
            found = [*_future(market, dataset, frame), *_vintages(market, dataset, frame)]
        if not found:
            newest = frame["date" if dataset == "prices" else _DAY_OF[dataset]].max()
            words = f"{dataset}: {len(frame):,} rows to {newest:%Y-%m-%d}, nothing against them."
            found = [GateResult(dataset=dataset, subject="all", status="PASS", message=words)]
        results += found
    return Gates(results=tuple(results))


def _future(market: Market, dataset: str, frame: pd.DataFrame) -> Iterator[GateResult]:
    limit = cutoff(market.as_of)
    late = frame[frame["available_at"] > limit]
    if len(late):
        first = late["available_at"].min()
        yield _result(
            dataset, "all", "BLOCKED",
            f"{len(late)} rows became public after {market.as_of}, the first at "
            f"{first:%Y-%m-%d %H:%M} UTC; none may be seen. Mend the source.",
        )  # fmt: skip


def _prices(market: Market, frame: pd.DataFrame) -> Iterator[GateResult]:
    yield from _impossible(market, frame)
    yield from _jumps(market, frame)
    ids = [one.id for one in market.universe.instruments]
    last = frame.groupby("instrument").last()  # of each column, the last that is no NaN
    missing = [
        one.id
        for one in market.universe.instruments
        if one.id not in last.index and one.stands_in_for not in last.index
    ]
    if missing:
        yield _degraded(
            "prices",
            f"nothing for {len(missing)} of {len(ids)} instruments in source "
            f"{market.source_name}: {_names(missing)}. They are shown as not available.",
        )
    days = {key: last.loc[key, "date"].date() for key in ids if key in last.index}
    types = last["price_type"]
    allowed = market.method.gates.stale_sessions
    ages = {day: market.calendar.sessions_between(day, market.as_of) for day in set(days.values())}
    current = [
        key
        for key, day in days.items()
        if not is_stale(day, types[key], market.as_of, market.calendar, market.method)
    ]
    old = [key for key in days if key not in current]
    for key in (key for key in old if types[key] == "average"):
        yield _degraded(
            "prices",
            f"{key} last monthly average is that of {days[key]:%Y-%m}, "
            f"{(market.as_of - days[key]).days} days before as_of {market.as_of}; at most "
            f"{market.method.sampling.average_fresh_days} are allowed. Bring newer data, or drop "
            "it in the universe.",
            subject=key,
        )
    old = [key for key in old if types[key] != "average"]
    for day in sorted({days[key] for key in old}):
        stale = [key for key in old if days[key] == day]
        yield _degraded(
            "prices",
            f"{_names(stale)} last price is {day}, {_count(ages[day], 'session')} before as_of "
            f"{market.as_of}; at most {allowed} are allowed. Bring newer data, or drop "
            f"{'it' if len(stale) == 1 else 'them'} in the universe.",
            subject=", ".join(stale),
        )
    yield from _unpaid(frame, current)
    companies = [one.id for one in market.universe.companies()]
    priced = [key for key in companies if key in current]
    least = market.method.gates.coverage_min
    if companies and len(priced) < least * len(companies):
        yield _degraded(
            "prices",
            f"{len(priced)} of {len(companies)} companies have a current price "
            f"({len(priced) / len(companies):.0%}); at least {least:.0%} are wanted. "
            "Breadth is measured on those that have one.",
            subject="companies",
        )


def _unpaid(frame: pd.DataFrame, current: Sequence[str]) -> Iterator[GateResult]:
    """Instruments whose price of today is only known adjusted for distributions."""
    newest = frame.groupby("instrument").tail(1).set_index("instrument")
    adjusted = [key for key in current if math.isnan(newest.loc[key, "close"])]
    if adjusted:
        yield _degraded(
            "prices",
            f"only adjusted closes on the last day for {_count(len(adjusted), 'instrument')}: "
            f"{_names(adjusted)}. Their returns are shown; their prices are NA.",
        )


def _impossible(market: Market, frame: pd.DataFrame) -> Iterator[GateResult]:
    rates = {one.id for one in market.universe.instruments if one.kind == "rate"}
    for column in ("close", "adj_close"):
        wrong = frame[(frame[column] <= 0) & ~frame["instrument"].isin(rates)]
        for key, rows in wrong.groupby("instrument"):
            row = rows.iloc[0]
            yield _result(
                "prices", str(key), "BLOCKED",
                f"{key} {column} is {row[column]:g} on {row['date']:%Y-%m-%d} "
                f"({_count(len(rows), 'such row')}); a price is above zero. Mend the file, or "
                "leave the row out with a repair.",
            )  # fmt: skip


def _jumps(market: Market, frame: pd.DataFrame) -> Iterator[GateResult]:
    limit = market.method.gates.jump_ratio
    rates = {one.id for one in market.universe.instruments if one.kind == "rate"}
    for column in ("close", "adj_close"):
        known = frame[(frame[column] > 0) & ~frame["instrument"].isin(rates)]
        before = known.groupby("instrument")[["date", column]].shift()
        ratio = known[column] / before[column]
        jumped = known[np.abs(np.log(ratio)) > math.log(limit)]
        for key, rows in jumped.groupby("instrument"):
            n = rows.index[0]
            yield _result(
                "prices", str(key), "BLOCKED",
                f"{key} {column} goes from {before.loc[n, column]:g} on "
                f"{before.loc[n, 'date']:%Y-%m-%d} to {known.loc[n, column]:g} on "
                f"{known.loc[n, 'date']:%Y-%m-%d}; a factor above {limit:g} is taken for a change "
                "of unit. Declare each stretch in its unit, or leave the row out with a repair.",
            )  # fmt: skip


def _vintages(market: Market, dataset: str, frame: pd.DataFrame) -> Iterator[GateResult]:
    newest = frame[_DAY_OF[dataset]].max().date()
    age = (market.as_of - newest).days
    allowed = market.method.gates.stale_days_by_dataset.get(dataset)
    if allowed is not None and age > allowed:
        yield _degraded(
            dataset,
            f"newest row is of {newest}, {_count(age, 'day')} before as_of {market.as_of}; at "
            f"most {allowed} are allowed. Bring newer data.",
        )
    if "instrument" in frame:
        companies = [one.id for one in market.universe.companies()]
        have = set(frame["instrument"].unique())
        missing = [key for key in companies if key not in have]
        if missing:
            yield _degraded(
                dataset,
                f"nothing for {len(missing)} of {len(companies)} companies: {_names(missing)}. "
                "They are shown as NA.",
            )


def _degraded(dataset: str, words: str, subject: str = "all") -> GateResult:
    return _result(dataset, subject, "DEGRADED", words)


def _result(dataset: str, subject: str, status: Status, words: str) -> GateResult:
    return GateResult(
        dataset=dataset, subject=subject, status=status, message=f"{dataset}: {words}"
    )


def _names(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
