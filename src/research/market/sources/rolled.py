"""The futures contracts of one file into one line a day, with what its returns are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from research.errors import DataError
from research.market.futures import continuous
from research.market.sources.readers import UnreadableError


def rolled(rows: pd.DataFrame, roll: str | Mapping[str, dt.date]) -> pd.DataFrame:
    """Rows of `prices` of the contract held on each day, by an entry's `roll`.

    `close` is as it was settled; `adj_close` is the ratio-adjusted line at the first contract's
    level, so that days added at the end change nothing before. Raises UnreadableError.
    """
    lines = []
    for instrument, one in rows[rows["close"].notna()].groupby("instrument", sort=False):
        try:
            line = continuous(one.rename(columns={"close": "settlement"}), roll)
        except DataError as error:
            raise UnreadableError(f"{instrument}: {error}") from None
        found = pd.DataFrame({"close": line.settlement, "adj_close": line.chained})
        about = {"instrument": str(instrument), "unit": one["unit"].iloc[0]}
        lines.append(found.rename_axis("date").reset_index().assign(**about))
    return pd.concat(lines, ignore_index=True).assign(price_type="settlement")
