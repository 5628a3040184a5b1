"""Change over time: indexed lines, and one line against the band of its own history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, dated, finish, finite, nothing_to_draw
from research.exhibits.charts.ends import GAP, End, Events, label_ends, label_limit, plan_events
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.facts import join
from research.exhibits.formats import lookup
from research.exhibits.numbers import as_csv

_LOW = 0.6  # of the usual height
_ORDER = ("vermillion", "blue", "black", "olive", "green", "purple", "grey")


def indexed_lines(
    frame: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    events: Mapping[dt.date | str, str] | None = None,
    log: bool = True,
    base: float | None = 100.0,
    fmt: str = "num0",
    low: bool = False,
    **heading: Unpack[Heading],
) -> Exhibit:
    """Levels of several series that were all `base` on their first day.

    `frame`: dates by series, levels already indexed. Missing values are gaps, and on a log axis
    so is what is not above zero. `labels` and `colours` (names in `theme.STROKES`) go by column;
    `events` are dates with a few words. Series end in a label with their last value. A `low`
    chart has three fifths of the usual height, for a page that holds much else.
    """
    data = finite(dated(frame))
    data = (data.where(data > 0) if log else data).dropna(axis="columns", how="all")
    if data.empty:
        return nothing_to_draw(", ".join((labels or {}).values()) or "the series", **heading)
    names = {key: (labels or {}).get(key, str(key)) for key in data.columns}
    chosen = dict(zip(data.columns, _ORDER * len(names), strict=False)) | dict(colours or {})
    with theme.style():
        ends = [_end(data[key], names[key], chosen[key], fmt, heading) for key in names]
        marked = plan_events(events, data.index[0], data.index[-1], _width(heading))
        levels = [*data.min(), *data.max(), *([base] if base else [])]
        sheet = _sheet(data.index, levels, ends, marked, log=log, low=low, fmt=fmt, heading=heading)
        if base is not None:
            sheet.axes.axhline(base, color=theme.INK, linewidth=0.6)
        for key in names:
            _line(sheet, data[key], theme.stroke(chosen[key]))
        marked.draw(sheet)
        label_ends(sheet, ends)
        return finish(
            sheet.figure,
            alt=_alt(data, names, fmt, log),
            csv=as_csv(frame, index="date", names=names),
            facts=[canvas.printed(str(key), data[key].dropna().iloc[-1], fmt) for key in names],
            **_noted(heading, marked),
        )


def line_with_band(
    series: pd.Series,
    *,
    band: tuple[float, float] | pd.DataFrame,
    label: str,
    band_label: str = "",
    colour: str = "blue",
    events: Mapping[dt.date | str, str] | None = None,
    bounds: tuple[float, float] | None = None,
    fmt: str = "num1",
    **heading: Unpack[Heading],
) -> Exhibit:
    """One series and the band it usually keeps to.

    `series`: by date, in the raw unit of `fmt`. `band`: two constant bounds, such as the 10th
    and 90th percentile of the series' own history, or a frame by date with columns `lo` and
    `hi`. `bounds` fixes the axis, such as (0, 1) for a share. Gaps stay gaps.
    """
    data = finite(dated(series.to_frame(label)))
    if data[label].dropna().empty:
        return nothing_to_draw(label, **heading)
    edges = _edges(band, data.index)
    stroke = theme.stroke(colour)
    with theme.style():
        ends = [_end(data[label], label, colour, fmt, heading)]
        usual = edges.dropna()
        if band_label and not usual.empty:
            where = usual.iloc[-1]
            quiet = theme.Stroke(colour=theme.SOFT, text=theme.SOFT, marker="")
            text = labels.wrap(band_label, label_limit(_width(heading)))
            ends.append(End(x=data.index[-1], y=where.mean(), text=text, stroke=quiet))
        marked = plan_events(events, data.index[0], data.index[-1], _width(heading))
        levels = list(bounds or (*data.min(), *data.max(), edges["lo"].min(), edges["hi"].max()))
        sheet = _sheet(data.index, levels, ends, marked, log=False, fmt=fmt, heading=heading)
        sheet.axes.fill_between(
            edges.index, edges["lo"], edges["hi"], color=theme.BAND, linewidth=0, zorder=0.5
        )
        _line(sheet, data[label], stroke)
        marked.draw(sheet)
        label_ends(sheet, ends)
        told = _alt(data, {label: label}, fmt, False)
        if not usual.empty:
            name = band_label[:1].lower() + band_label[1:] or "usual band"
            told += "; {} {} to {}".format(name, *map(lookup(fmt), usual.iloc[-1]))
        return finish(
            sheet.figure,
            alt=told,
            csv=as_csv(_with_edges(series.to_frame(label), band), index="date"),
            facts=[canvas.printed(label, data[label].dropna().iloc[-1], fmt)],
            **_noted(heading, marked),
        )


def _with_edges(line: pd.DataFrame, band: tuple[float, float] | pd.DataFrame) -> pd.DataFrame:
    """The line and, where it changes, the band beside it."""
    return line.join(band[["lo", "hi"]]) if isinstance(band, pd.DataFrame) else line


def _end(series: pd.Series, name: str, colour: str, fmt: str, heading: Heading) -> End:
    known = series.dropna()
    text = f"{name} {lookup(fmt)(known.iloc[-1])}"
    return End(
        x=float(known.index[-1]),
        y=float(known.iloc[-1]),
        text=labels.wrap(text, label_limit(_width(heading))),
        stroke=theme.stroke(colour),
    )


def _sheet(
    index: pd.Index,
    levels: list[float],
    ends: list[End],
    marked: Events,
    *,
    log: bool,
    fmt: str,
    heading: Heading,
    low: bool = False,
) -> Sheet:
    bottom, top = min(levels), max(levels)
    if log:
        room = max((top / bottom) ** 0.03, 1.02)
        bottom, top = bottom / room, top * room
    else:
        room = 0.03 * ((top - bottom) or abs(top) or 1.0)
        bottom, top = bottom - room, top + room
    default = (_LOW if low else 1.0) * canvas.SIZES_IN[heading.get("width", "full")][1] * canvas.PT
    height = max(default, sum(labels.height(end.text) for end in ends) + 4)
    marks = ticks.logarithmic(bottom, top, height - 40) if log else ticks.linear(bottom, top)
    printed = ticks.labels(marks, fmt)
    sheet = Sheet(
        heading.get("width", "full"),
        left=max(18.0, labels.widest(printed, theme.SMALL) + 5),
        right=labels.widest([end.text for end in ends]) + GAP + 2,
        top=8.0 + marked.strip_pt,
        height_pt=height,
    )
    axes = sheet.axes
    axes.set_yscale("log" if log else "linear")
    axes.set_ylim(bottom, top)
    axes.set_yticks(marks, printed)
    axes.set_yticks([], minor=True)
    first, last = float(index[0]), float(index[-1])
    axes.set_xlim(first, last if last > first else first + 1)
    axes.set_xticks(*ticks.dates(first, last, sheet.plot_width_pt))
    return sheet


def _line(sheet: Sheet, series: pd.Series, stroke: theme.Stroke) -> None:
    sheet.axes.plot(
        series.index,
        series.to_numpy(),
        color=stroke.colour,
        linestyle=stroke.dash,
        linewidth=stroke.width,
    )


def _edges(band: tuple[float, float] | pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    if isinstance(band, pd.DataFrame):
        return finite(dated(band[["lo", "hi"]]))
    return pd.DataFrame({"lo": float(band[0]), "hi": float(band[1])}, index=index)


def _alt(data: pd.DataFrame, names: Mapping[Any, str], fmt: str, log: bool) -> str:
    day = lookup("month")
    when = f"{day(ticks.day_of(data.index[0]))} to {day(ticks.day_of(data.index[-1]))}"
    told = []
    for key, name in names.items():
        known = data[key].dropna()
        first, last = known.iloc[0], known.iloc[-1]
        went = "rose" if last > first else "fell" if last < first else "stayed"
        told.append(f"{name} {went} from {lookup(fmt)(first)} to {lookup(fmt)(last)}")
    known = data.stack()
    reach = f"range {lookup(fmt)(known.min())} to {lookup(fmt)(known.max())}"
    kind = "Line chart, log scale" if log else "Line chart"
    return f"{kind}, {when}: {'; '.join(told)}; {reach}"


def _width(heading: Heading) -> float:
    return canvas.SIZES_IN[heading.get("width", "full")][0] * canvas.PT


def _noted(heading: Heading, marked: Events) -> Heading:
    if not marked.note:
        return heading
    lines = [line for line in (heading.get("note", ""), marked.note) if line]
    return {**heading, "note": join("\n", lines)}
