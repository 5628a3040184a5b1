"""The gate of a second line: a depositary receipt, or a share elsewhere, against its company."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from research.errors import DataError
from research.market.checks.result import GateResult, blocked, degraded
from research.market.lines import ratios
from research.market.market import Market
from research.market.units import Unit
from research.market.views import spans
from research.params.models import Instrument


def check_adr(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """Each instrument of kind `line` against the company it stands in for, by the ordinary share.

    DEGRADED where the two are more than `adr_gap` apart on `adr_sessions` common sessions in a
    row, at the same session's rate: exchanges close at other hours, so one day says nothing.
    BLOCKED beyond `jump_ratio`: pence for pounds. Nothing is said where one of them has no close.
    """
    where = spans(rows)
    for line in market.universe.instruments:
        if line.kind != "line" or line.id not in where or line.stands_in_for not in where:
            continue
        company = market.universe[line.stands_in_for]
        last = {one.id: Unit(rows["unit"].iloc[where[one.id].stop - 1]) for one in (line, company)}
        try:
            yield from _held(market, dataset, line, company, last)
        except DataError as error:
            yield degraded(
                dataset,
                "{line:id} cannot be held against {company:id}: {error}",
                plain="{line:id} cannot be held against {company:id}.",
                subject=line.id,
                line=line.id,
                company=company.id,
                error=str(error),
            )


def _held(
    market: Market, dataset: str, line: Instrument, company: Instrument, units: dict[str, Unit]
) -> Iterator[GateResult]:
    gates = market.method.gates
    unit = units[company.id]
    # Not filled: the close of another day would be held against it.
    closes = market.closes([line.id, company.id], unit=unit.text, fill_days=0).frame.dropna()
    days = pd.DatetimeIndex(closes.index)
    shares = {one.id: ratios(one, units[one.id], days) for one in (line, company)}
    times = (closes[line.id] / shares[line.id]) / (closes[company.id] / shares[company.id])
    apart = (times - 1).abs().to_numpy() > gates.adr_gap
    edges = np.flatnonzero(np.diff(np.r_[0, apart.astype(int), 0]))
    lengths = edges[1::2] - edges[::2]
    if not len(lengths) or lengths.max() < gates.adr_sessions:
        return
    first, end = edges[2 * lengths.argmax()], edges[2 * lengths.argmax() + 1]
    told = times.iloc[first:end]
    factor = float(told.median())
    behind = " and ".join(f"{of[end - 1]:g} for {name}" for name, of in shares.items())
    more = int((lengths >= gates.adr_sessions).sum()) - 1
    tell = blocked if max(factor, 1 / factor) > gates.jump_ratio else degraded
    pair = "" if units[line.id].currency == unit.currency else ", and at the rate between them"
    yield tell(
        dataset,
        "{line:id} is {factor:.3g} times {company:id} by the ordinary share on {sessions} "
        "sessions in a row, from {first:day} to {last:day}{more}; two lines of one company are "
        "within {gap:.0%}. The note values {name} at {company:id}.",
        advice=f"Look at `ordinary_per_share`, {behind}, at the units, {units[line.id]} and {unit}"
        f"{pair}.",
        subject=line.id,
        line=line.id,
        factor=factor,
        company=company.id,
        sessions=end - first,
        first=days[first],
        last=days[end - 1],
        more=f" (the longest of {more + 1} such stretches)" if more else "",
        gap=gates.adr_gap,
        name=company.name,
    )
