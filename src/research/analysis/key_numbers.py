"""The strip of key numbers on the front page: one row for each instrument a reader asks about."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.returns import change, freshness, off_high, year_to_date

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Instrument, Method

STRIP = (
    "gold",
    "silver",
    "platinum",
    "copper",
    "iron-ore",
    "lithium",
    "pick",
    "gdx",
    "acwi",
    "gbpusd",
)


def key_numbers(market: Market, method: Method, ids: Sequence[str] = STRIP) -> pd.DataFrame:
    """Level and changes of `ids` at `as_of`, one row each; index `id`.

    Columns: `label`, `short` (the shortest name) and `named` (that with the unit, which a currency
    pair's name tells already), `level` in `unit`, `price_type`, `source`, `change_1w`, `change_6m`,
    `change_ytd`, `off_high` (fractions; price changes in the quote's own unit, of futures those of
    the contract held; 52-week high of prices as paid), `date` of the level, `stale`. An instrument
    without data keeps its row with missing numbers; one that the universe does not have is left
    out. A fund of which only adjusted prices are known changes by these, and its level is missing.
    """
    known = {one.id: one for one in market.universe.instruments}
    rows = {one: _kept_row(market, method, known[one]) for one in ids if one in known}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("id")


def sources_by_number(numbers: pd.DataFrame) -> str:
    """Which source each level of `key_numbers` is from: `LBMA PM fix (Gold); else Exchange closes`.

    A price is nothing without its instrument (DOMAIN §0): a fix, a settlement and a spot differ.
    The source of the most numbers comes last, and names none where there is another.
    """
    known = numbers[numbers["source"] != ""]
    named = known.groupby("source", sort=False)["label"].agg(", ".join).to_dict()
    if len(named) < 2:
        return "".join(named)
    usual = known["source"].value_counts(sort=True).index[0]
    others = [f"{source} ({labels})" for source, labels in named.items() if source != usual]
    return "; ".join([*others, f"else {usual}"])


def known_at(market: Market, numbers: pd.DataFrame) -> pd.Timestamp | None:
    """When the newest price behind `numbers` could be known (UTC); None where there is no price."""
    prices = market.frame("prices")
    moments = prices.loc[prices["instrument"].isin(numbers.index), "available_at"]
    return None if moments.empty else moments.max()


def _kept_row(market: Market, method: Method, one: Instrument) -> dict[str, object]:
    key = ("key number", one.id, method.sampling)
    return dict(market.once(key, lambda: MappingProxyType(_row(market, method, one))))


def _row(market: Market, method: Method, one: Instrument) -> dict[str, object]:
    row: dict[str, object] = {
        "label": one.label,
        "short": one.short,
        "named": _named(one, one.unit or ""),
        "level": np.nan,
        "unit": one.unit or "",
        "price_type": "",
        "source": "",
        "change_1w": np.nan,
        "change_6m": np.nan,
        "change_ytd": np.nan,
        "off_high": np.nan,
        "date": pd.NaT,
        "stale": True,
    }
    quote = market.latest(one.id)
    if quote is None:
        return row
    levels, paid = (
        market.closes([one.id], fill_days=0, rolled=rolled).frame[[one.id]]
        for rolled in (True, False)
    )
    as_of = market.as_of
    fresh = freshness(quote.price_type, method.sampling)
    week = float(change(levels, 1, as_of=as_of, fresh_days=fresh)[one.id])
    return row | {
        "named": _named(one, str(quote.unit)),
        "level": quote.value,
        "unit": str(quote.unit),
        "price_type": quote.price_type,
        "source": quote.source,
        # A monthly average has no week.
        "change_1w": np.nan if quote.price_type == "average" else week,
        "change_6m": float(
            change(levels, method.sampling.six_months_weeks, as_of=as_of, fresh_days=fresh)[one.id]
        ),
        "change_ytd": float(year_to_date(levels, as_of=as_of, fresh_days=fresh)[one.id]),
        "off_high": float(off_high(paid, as_of=as_of, fresh_days=fresh)[one.id]),
        "date": pd.Timestamp(quote.date),
        "stale": quote.stale,
    }


def _named(one: Instrument, unit: str) -> str:
    return one.short if one.kind == "fx" or not unit else f"{one.short}, {unit}"
