"""The gate against two answers to one question: the same day twice, with different values."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from research.calendar import cutoff
from research.market.checks.result import GateResult, blocked, count
from research.market.market import Market
from research.market.views import KEYS, VALUES


def check_repeats(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """BLOCKED where one vintage of the source holds a row twice and the two differ.

    Looks at the source, for of two rows that became public at one moment the Market can only take
    the last. Equal rows and later vintages are no fault, and the order of rows is none either.
    """
    keys = list(dict.fromkeys((*KEYS[dataset], "available_at")))
    again = market.repeated(dataset)
    again = again[(again["available_at"] <= pd.Timestamp(cutoff(market.as_of))).to_numpy()]
    again = again.drop_duplicates([*keys, *VALUES[dataset]])
    again = again[again.duplicated(keys, keep=False).to_numpy()]
    subject = "instrument" if "instrument" in keys else "fund"
    for key, found in again.groupby(subject):
        found = found.sort_values([*keys, *VALUES[dataset]])
        first, second = found.iloc[0], found.iloc[1]
        day = next(name for name in ("date", "period_end", "fiscal_year_end") if name in found)
        differ = next(name for name in VALUES[dataset] if not _same(first[name], second[name]))
        yield blocked(
            dataset,
            "{line:id} has {rows} twice, the first of {day:day}, with {differ} {one} and {other}; "
            "one of them is wrong or another instrument's.",
            advice="Keep one row of each, or drop one with a correction.",
            subject=str(key),
            line=str(key),
            rows=count(int(found.duplicated(keys).sum()), "row"),
            day=first[day],
            differ=differ,
            one=_shown(first[differ]),
            other=_shown(second[differ]),
        )


def _same(one: object, other: object) -> bool:
    return one == other or bool(pd.isna([one, other]).all())


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
