"""Charts: a frame goes in, an exhibit comes out."""

from __future__ import annotations

from research.exhibits.charts.bars import ordered_bars
from research.exhibits.charts.fans import fan
from research.exhibits.charts.intervals import forest, interval
from research.exhibits.charts.lines import indexed_lines, line_with_band
from research.exhibits.charts.strips import percentile_strips
from research.exhibits.charts.waterfall import waterfall

__all__ = [
    "fan",
    "forest",
    "indexed_lines",
    "interval",
    "line_with_band",
    "ordered_bars",
    "percentile_strips",
    "waterfall",
]
