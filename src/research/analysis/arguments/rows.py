"""The rows behind a verdict: how their columns are called, and which days of a long history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from research.params.units import MINOR

BEFORE, CLAIMED = "highest of a month before", "claimed week"


def column(id: str, measured: str) -> str:
    """Name of the column of what was `measured` (with its unit, in words) of an instrument."""
    return f"{id}_{measured}".replace("-", "_")


def in_words(unit: str) -> str:
    """A unit as part of a column's name: `usd_per_oz` of `USD/oz`; pence are hundredths of GBP."""
    if unit in MINOR:
        return f"hundredths_of_{MINOR[unit]}".lower()
    words = unit.replace("/", " per ").replace("%", "per cent")
    return "_".join(words.lower().split())


def week_and_before(week: pd.Series, before: pd.Series, measured: str) -> pd.DataFrame:
    """Each day of the `week`, and before it the day of each month's highest level.

    Those suffice to tell the highest of both. Index `date`; columns `part` and `measured`.
    """
    highest = before.loc[before.groupby(before.index.to_period("M")).idxmax()]
    parts = np.repeat([BEFORE, CLAIMED], [len(highest), len(week)])
    levels = pd.concat([highest, week])
    return pd.DataFrame({"part": parts, measured: levels}).rename_axis("date")
