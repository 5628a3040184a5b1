"""What a notebook shows: prose, charts, tables and blocks, each with its facts.

A notebook imports the names below from here; each is loaded when it is first asked for, so that
who only needs a MIME type does not pay for matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "blocks": ("band", "calls", "card", "checklist", "definitions", "record", "strip"),
    "charts.bars": ("ordered_bars",),
    "charts.episodes": ("event_lines",),
    "charts.fans": ("fan",),
    "charts.heat": ("heat_table",),
    "charts.intervals": ("forest",),
    "charts.lines": ("indexed_lines", "line_with_band"),
    "charts.lollipop": ("lollipop",),
    "charts.reliability": ("reliability",),
    "charts.small": ("GAUGE_KEY", "gauge", "interval"),
    "charts.stacked": ("stacked_bars",),
    "charts.steps": ("steps",),
    "charts.strips": ("percentile_strips",),
    "charts.waterfall": ("waterfall",),
    "exhibit": ("Exhibit", "unavailable"),
    "facts": ("Fact", "Text", "join", "say", "say_interval", "say_moved", "say_part", "tell"),
    "formats": ("fmt",),
    "tables": ("Column", "table"),
    "words": ("compared", "listed", "plural", "sentence"),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
