"""Charts: a frame goes in, an exhibit comes out."""

from __future__ import annotations

from research.exhibits.charts.bars import ordered_bars
from research.exhibits.charts.episodes import event_lines
from research.exhibits.charts.fans import fan
from research.exhibits.charts.heat import heat_table
from research.exhibits.charts.intervals import forest
from research.exhibits.charts.lines import indexed_lines, line_with_band
from research.exhibits.charts.lollipop import lollipop
from research.exhibits.charts.reliability import reliability
from research.exhibits.charts.small import GAUGE_KEY, gauge, interval
from research.exhibits.charts.stacked import stacked_bars
from research.exhibits.charts.steps import steps
from research.exhibits.charts.strips import percentile_strips
from research.exhibits.charts.waterfall import waterfall

__all__ = [
    "GAUGE_KEY",
    "event_lines",
    "fan",
    "forest",
    "gauge",
    "heat_table",
    "indexed_lines",
    "interval",
    "line_with_band",
    "lollipop",
    "ordered_bars",
    "percentile_strips",
    "reliability",
    "stacked_bars",
    "steps",
    "waterfall",
]
