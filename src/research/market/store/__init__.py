"""What was fetched, kept for ever: Parquet vintages, each with the record that makes it visible."""

from __future__ import annotations

from research.market.store.columns import SNAPSHOTS
from research.market.store.record import Vintage
from research.market.store.vintages import Store

__all__ = ["SNAPSHOTS", "Store", "Vintage"]
