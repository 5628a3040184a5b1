"""What followed earlier events like this one, each a thin line, and where today's stands."""

from __future__ import annotations

from typing import Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, finish, finite, nothing_to_draw
from research.exhibits.charts.ends import GAP, End, label_ends, label_limit
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.formats import lookup
from research.exhibits.numbers import as_csv

_THIN = theme.Stroke(colour="#8C8C8C", text=theme.SOFT, width=0.6)
_MEDIAN = theme.Stroke(colour=theme.INK, text=theme.INK, width=2.2, marker="s")
_NOW = theme.STROKES["vermillion"]


def event_lines(
    frame: pd.DataFrame,
    current: pd.Series | None = None,
    *,
    base: float = 100.0,
    current_label: str = "Now",
    median_label: str = "Median",
    step: str = "weeks",
    fmt: str = "num0",
    **heading: Unpack[Heading],
) -> Exhibit:
    """Every earlier event thin and grey, their median thick, the current one in vermillion.

    `frame`: steps since the event (whole numbers, 0 the event itself) by event, levels that are
    `base` at the event; `current` the same of today's, which ends early. `step` names the unit
    of the steps. The median is drawn where at least half of the events have a value. Gaps stay
    gaps; only the median and the current one are labelled, with their last values.
    """
    events = finite(frame).sort_index().dropna(axis="columns", how="all").dropna(how="all")
    if events.empty:
        return nothing_to_draw("earlier events", **heading)
    now = finite(current).sort_index().dropna() if current is not None else None
    now = None if now is None or now.empty else now
    enough = events.notna().sum(axis=1) * 2 >= len(events.columns)
    median = events.median(axis=1).where(enough)
    with theme.style():
        wide = canvas.SIZES_IN[heading.get("width", "full")][0] * canvas.PT
        ends = [_end(median, f"{median_label} of {len(events.columns)} events", _MEDIAN, fmt, wide)]
        if now is not None:
            ends.append(_end(now, current_label, _NOW, fmt, wide))
        sheet = _sheet(events, now, ends, base, step, heading, fmt)
        axes = sheet.axes
        axes.axhline(base, color=theme.INK, linewidth=0.6)
        if axes.get_xlim()[0] < 0:
            axes.axvline(0, color=theme.SOFT, linewidth=0.6, linestyle=(0, (1.5, 1.5)))
        for event in events.columns:
            axes.plot(
                events.index, events[event].to_numpy(), color=_THIN.colour, linewidth=_THIN.width
            )
        axes.plot(median.index, median.to_numpy(), color=_MEDIAN.colour, linewidth=_MEDIAN.width)
        if now is not None:
            axes.plot(now.index, now.to_numpy(), color=_NOW.colour, linewidth=2.0)
        label_ends(sheet, ends)
        drawn = events.assign(**{median_label: median})
        if now is not None:
            drawn = drawn.join(now.rename(current_label), how="outer")
        facts = [
            canvas.printed("events", len(events.columns), "num0"),
            canvas.printed(median_label, median.dropna().iloc[-1], fmt),
        ]
        facts += [canvas.printed(current_label, now.iloc[-1], fmt)] if now is not None else []
        return finish(
            sheet.figure,
            alt=_alt(events, median, now, base, step, current_label, fmt),
            csv=as_csv(drawn, index=step),
            facts=facts,
            **heading,
        )


def _end(series: pd.Series, name: str, stroke: theme.Stroke, fmt: str, wide: float) -> End:
    known = series.dropna()
    return End(
        x=float(known.index[-1]),
        y=float(known.iloc[-1]),
        text=labels.wrap(f"{name} {lookup(fmt)(known.iloc[-1])}", label_limit(wide)),
        stroke=stroke,
    )


def _sheet(
    events: pd.DataFrame,
    now: pd.Series | None,
    ends: list[End],
    base: float,
    step: str,
    heading: Heading,
    fmt: str,
) -> Sheet:
    levels = [events.min().min(), events.max().max(), base]
    steps = [float(events.index[0]), float(events.index[-1])]
    if now is not None:
        levels += [now.min(), now.max()]
        steps += [float(now.index[0]), float(now.index[-1])]
    low, high = min(levels), max(levels)
    room = 0.03 * ((high - low) or abs(high) or 1.0)
    marks = ticks.linear(low - room, high + room)
    printed = ticks.labels(marks, fmt)
    sheet = Sheet(
        heading.get("width", "full"),
        left=max(18.0, labels.widest(printed, theme.SMALL) + 5),
        right=labels.widest([end.text for end in ends]) + GAP + 2,
        bottom=27.0,
    )
    axes = sheet.axes
    axes.set_ylim(low - room, high + room)
    axes.set_yticks(marks, printed)
    first, last = min(steps), max(steps)
    axes.set_xlim(first, last if last > first else first + 1)
    across = [mark for mark in _steps(first, last) if first <= mark <= last]
    axes.set_xticks(across, ticks.labels(across, "num0"))
    sheet.write(
        sheet.left + sheet.plot_width_pt / 2, 6, f"{step} since the event", ha="center",
        fontsize=theme.SMALL, color=theme.SOFT,
    )  # fmt: skip
    return sheet


def _steps(first: float, last: float) -> list[float]:
    """Marks through the event itself: by quarters of a year where the steps are many."""
    span = last - first
    by = next(by for by in (1, 2, 4, 13, 26, 52, 104, 260, span + 1) if span / by <= 10)
    start = -int(-first // by) if first < 0 else 0
    return [by * n for n in range(start, int(last // by) + 1)]


def _alt(
    events: pd.DataFrame,
    median: pd.Series,
    now: pd.Series | None,
    base: float,
    step: str,
    current_label: str,
    fmt: str,
) -> str:
    say = lookup(fmt)
    last = events.ffill().iloc[-1]
    higher = int((last > base).sum())
    known = median.dropna()
    told = (
        f"Lines of {len(events.columns)} earlier events over {events.index[-1]:.0f} {step}: "
        f"{higher} end above {say(base)}; median {say(known.iloc[-1])}, range "
        f"{say(last.min())} to {say(last.max())}"
    )
    if now is None:
        return told + "."
    return f"{told}; {current_label} {say(now.iloc[-1])} after {now.index[-1]:.0f} {step}."
