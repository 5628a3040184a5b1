"""What may come: a history, and the quantiles of its future widening with time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, dated, finish, finite, nothing_to_draw
from research.exhibits.charts.ends import label_limit
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.formats import lookup
from research.exhibits.numbers import as_csv

Scenario = tuple[str, float | None, float | None, float]
_EDGE = theme.STROKES["blue"].colour
_SHADES = ("#CFE0EC", "#9FC3DC", "#6FA5CB")


def fan(
    quantiles: pd.DataFrame,
    *,
    history: pd.Series | None = None,
    scenarios: Sequence[Scenario] = (),
    fmt: str = "num0",
    **heading: Unpack[Heading],
) -> Exhibit:
    """Bands between matching quantiles, the median as a line, scenarios with their shares.

    `quantiles`: dates by probability (columns such as 0.05, 0.25, 0.5, 0.75, 0.95), levels in
    the unit of `history`, a series by date that comes before. `scenarios` are (name, from, to,
    share of paths) in the same levels, None for no bound; they divide the right edge.
    """
    future = finite(dated(quantiles)).dropna()
    if future.empty:
        return nothing_to_draw("the quantiles of future paths", **heading)
    future.columns = [float(column) for column in future.columns]
    past = finite(dated(history.to_frame("level")))["level"] if history is not None else None
    pairs = [(p, round(1 - p, 10)) for p in sorted(future.columns) if p < 0.5]
    say = lookup(fmt)
    with theme.style():
        sheet = _sheet(future, past, scenarios, heading, fmt)
        axes = sheet.axes
        for (low, high), shade in zip(pairs, _SHADES, strict=False):
            axes.fill_between(future.index, future[low], future[high], color=shade, linewidth=0)
            for edge in (low, high):
                axes.plot(future.index, future[edge], color=_EDGE, linewidth=0.4)
        if past is not None:
            axes.plot(past.index, past.to_numpy(), color=theme.INK, linewidth=1.3)
        if 0.5 in future:
            axes.plot(
                future.index, future[0.5], color="#00446B", linewidth=1.3, linestyle=(0, (4, 1.5))
            )
        _edge(sheet, future, pairs, scenarios, fmt)
        last = future.iloc[-1]
        reach = [
            f"{_rank(low)} to {_rank(high)} percentile {say(last[low])} to {say(last[high])}"
            for low, high in pairs
        ]
        end = lookup("date")(ticks.day_of(future.index[-1]))
        shares = [f"{name} {lookup('pct0')(share)}" for name, _, _, share in scenarios]
        middle = [f"median {say(last[0.5])}"] if 0.5 in future else []
        return finish(
            sheet.figure,
            alt=f"Fan chart to {end}: {'; '.join([*middle, *reach, *shares])}.",
            csv=as_csv(quantiles, index="date"),
            facts=[
                *(canvas.printed(f"q{p * 100:.0f}", last[p], fmt) for p in sorted(future.columns)),
                *(canvas.printed(name, share, "pct0") for name, _, _, share in scenarios),
            ],
            **heading,
        )


def _sheet(
    future: pd.DataFrame, past: Any, scenarios: Sequence[Scenario], heading: Heading, fmt: str
) -> Sheet:
    known = [future.min().min(), future.max().max()]
    known += [] if past is None else [past.min(), past.max()]
    low, high = min(known), max(known)
    room = 0.04 * ((high - low) or abs(high) or 1.0)
    marks = ticks.linear(low - room, high + room)
    printed = ticks.labels(marks, fmt)
    width = heading.get("width", "full")
    words = [_words(scenario, width) for scenario in scenarios]
    values = labels.widest(_ends(future, width, fmt), theme.SMALL, 600)
    sheet = Sheet(
        width,
        left=max(18.0, labels.widest(printed, theme.SMALL) + 5),
        right=values + 8 + (labels.widest(words) + 16 if words else 0),
    )
    axes = sheet.axes
    axes.set_ylim(low - room, high + room)
    axes.set_yticks(marks, printed)
    first = float(future.index[0] if past is None else past.index[0])
    final = float(future.index[-1])
    axes.set_xlim(first, final if final > first else first + 1)
    axes.set_xticks(*ticks.dates(first, final, sheet.plot_width_pt))
    return sheet


def _edge(
    sheet: Sheet,
    future: pd.DataFrame,
    pairs: list[tuple[float, float]],
    scenarios: Sequence[Scenario],
    fmt: str,
) -> None:
    """At the right: the quantiles' last values, then a bracket for each scenario."""
    right, last = sheet.left + sheet.plot_width_pt, future.iloc[-1]
    shown = sorted(future.columns)
    size = theme.SMALL * labels.LEADING
    wanted = [sheet.y_pt(last[p]) for p in shown]
    placed = labels.spread(wanted, [size] * len(shown), 1, sheet.height_pt - 1)
    width = "full" if sheet.width_pt > 400 else "column"
    texts = _ends(future, width, fmt)
    for y, text, p in zip(placed, texts, shown, strict=True):
        weight = 600 if p == 0.5 else 400
        sheet.write(right + 4, y, text, fontsize=theme.SMALL, weight=weight)
    x = right + 8 + labels.widest(texts, theme.SMALL, 600)
    low_edge, high_edge = sheet.bottom, sheet.bottom + sheet.plot_height_pt
    spans, words = [], []
    for scenario in scenarios:
        _, low, high, _ = scenario
        a = low_edge if low is None else min(max(sheet.y_pt(low), low_edge), high_edge)
        b = high_edge if high is None else min(max(sheet.y_pt(high), low_edge), high_edge)
        spans.append((a, b))
        words.append(_words(scenario, width))
        sheet.line(
            [x + 3, x, x, x + 3], [a + 1, a + 1, b - 1, b - 1], color=theme.SOFT, linewidth=0.7
        )
        for level, bound in ((a, low), (b, high)):
            if bound is not None and low_edge < level < high_edge:
                sheet.axes.axhline(bound, color=theme.SOFT, linewidth=0.5, linestyle=(0, (2, 2)))
    middles = labels.spread(
        [(a + b) / 2 for a, b in spans],
        [labels.height(word) for word in words],
        1,
        sheet.height_pt - 1,
    )
    for y, word in zip(middles, words, strict=True):
        sheet.write(x + 7, y, word)


def _ends(future: pd.DataFrame, width: str, fmt: str) -> list[str]:
    """The last value of each quantile, lowest first, with its rank where there is room."""
    last = {p: lookup(fmt)(future[p].iloc[-1]) for p in sorted(future.columns)}
    if width == "column":
        return list(last.values())
    return [f"{'median' if p == 0.5 else _rank(p)}: {text}" for p, text in last.items()]


def _rank(probability: float) -> str:
    return lookup("pctl")(probability)


def _words(scenario: Scenario, width: str) -> str:
    name, _, _, share = scenario
    limit = 0.6 * label_limit(canvas.SIZES_IN[width][0] * canvas.PT)
    return labels.wrap(f"{name} {lookup('pct0')(share)}", limit)
