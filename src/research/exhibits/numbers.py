"""The numbers behind what is shown, as the CSV that a reader can open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def as_csv(frame: pd.DataFrame, *, index: str, names: Mapping[str, str] | None = None) -> str:
    """A frame as CSV: dates in ISO, ten significant digits, gaps empty, `index` heads its index."""
    named = frame.rename(columns=dict(names or {}))
    return named.to_csv(
        index_label=index, float_format="%.10g", date_format="%Y-%m-%d", lineterminator="\n"
    )
