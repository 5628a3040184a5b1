"""The numbers behind what is shown, as the CSV that a reader can open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


_DAY = "%Y-%m-%d"


def as_csv(frame: pd.DataFrame, *, index: str, names: Mapping[str, str] | None = None) -> str:
    """A frame as CSV: dates in ISO, ten significant digits, `index` heads its index.

    What is no number, or no finite one, is empty.
    """
    named = frame.rename(columns=dict(names or {})).replace([float("inf"), float("-inf")], None)
    if dated := getattr(named.index, "strftime", None):  # else each day is written by itself
        named.index = dated(_DAY)
    return named.to_csv(
        index_label=index, float_format="%.10g", date_format=_DAY, lineterminator="\n"
    )
