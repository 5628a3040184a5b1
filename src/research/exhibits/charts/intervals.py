"""Estimates with their uncertainty, one row each, over zones of meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, finish, nothing_to_draw
from research.exhibits.charts.rows import key
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.facts import Fact
from research.exhibits.formats import is_missing, lookup
from research.exhibits.numbers import as_csv

ROW, GROUP_GAP = 10.5, 1.0
_SHADES = ("#FFFFFF", theme.BAND, "#FFFFFF", theme.BAND)


def forest(
    frame: pd.DataFrame,
    *,
    zones: Sequence[tuple[float | None, float | None, str]] = (),
    keys: tuple[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    fmt: str = "num2",
    interval: str = "90\u202f% interval",
    **heading: Unpack[Heading],
) -> Exhibit:
    """Dots with intervals, one row each, over shaded zones of meaning.

    `frame` has columns `label`, `estimate`, `lo`, `hi` and, if wanted, `filled` (True or False)
    and `detail` (small, after the label); rows of one label stand together. `zones` are
    (from, to, name), None for no bound. `keys` names filled and hollow dots; `colours` goes by
    label. A row without an estimate is listed as n/a.
    """
    rows = frame.reset_index(drop=True)
    numbers = rows[["estimate", "lo", "hi"]].astype(float)
    numbers = numbers.where(~numbers.map(is_missing))
    if numbers["estimate"].dropna().empty:
        return nothing_to_draw(", ".join(dict.fromkeys(rows["label"])) or "estimates", **heading)
    printed = [told(fmt, *numbers.loc[n]) for n in rows.index]
    with theme.style():
        bounds = [b for low, high, _ in zones for b in (low, high) if b is not None]
        sheet, at = _sheet(rows, numbers, printed, bounds, bool(keys), heading, fmt)
        _shade(sheet, zones)
        for n, y in zip(rows.index, at, strict=True):
            stroke = theme.stroke((colours or {}).get(rows["label"][n], "blue"))
            full = bool(rows["filled"][n]) if "filled" in rows else True
            mark(sheet, y, *numbers.loc[n], stroke=stroke, filled=full)
            sheet.write(sheet.width_pt - 2, y + sheet.bottom, printed[n], ha="right")
        if keys:
            key(sheet, [(theme.SOFT, keys[0]), ("#FFFFFF", keys[1])], marker="o")
        table = rows[["label", *[c for c in ("detail", "filled") if c in rows]]].join(numbers)
        return finish(
            sheet.figure,
            alt=_alt(rows, numbers, printed, interval),
            csv=as_csv(table.set_index("label"), index="label"),
            facts=_facts(rows, numbers, fmt),
            **heading,
        )


def _facts(rows: pd.DataFrame, numbers: pd.DataFrame, fmt: str) -> list[Fact]:
    """Every number that `told` prints."""
    found = []
    for n, estimate in numbers["estimate"].dropna().items():
        name, ends = f"{rows['label'][n]} {_detail(rows, n)}", numbers.loc[n, ["lo", "hi"]]
        found.append(canvas.printed(name, estimate, fmt))
        if ends.notna().all():
            found += [canvas.printed(f"{name} {end}", ends[end], fmt) for end in ends.index]
    return found


def told(fmt: str, estimate: float, lo: float, hi: float) -> str:
    """An estimate and, where it is known, its interval: `1.08 (0.94–1.22)`."""
    say = lookup(fmt)
    if is_missing(lo) or is_missing(hi) or is_missing(estimate):
        return say(estimate)
    return (
        f"{say(estimate)} ({say(lo)}–{say(hi)})"
        if lo >= 0
        else f"{say(estimate)} ({say(lo)} to {say(hi)})"
    )


def mark(
    sheet: Sheet,
    y: float,
    estimate: float,
    lo: float,
    hi: float,
    *,
    stroke: theme.Stroke,
    filled: bool,
) -> None:
    """A dot, filled or hollow, and the line of its interval where that is known."""
    if not is_missing(lo) and not is_missing(hi):
        sheet.axes.plot([lo, hi], [y, y], color=stroke.colour, linewidth=1.4)
    sheet.axes.plot(
        [estimate],
        [y],
        marker="o",
        markersize=5.6,
        color=stroke.colour,
        markerfacecolor=stroke.colour if filled else "#FFFFFF",
        markeredgewidth=1.3,
        linestyle="none",
    )


def _sheet(
    rows: pd.DataFrame,
    numbers: pd.DataFrame,
    printed: list[str],
    bounds: list[float],
    keyed: bool,
    heading: Heading,
    fmt: str,
) -> tuple[Sheet, list[float]]:
    width = heading.get("width", "full")
    limit = 0.36 * canvas.SIZES_IN[width][0] * canvas.PT
    details = [labels.cut(_detail(rows, n), limit / 2, theme.SMALL) for n in rows.index]
    small = labels.widest(details, theme.SMALL)
    names = {label: labels.wrap(str(label), limit) for label in rows["label"]}
    runs = _runs(rows)
    tall = [max(len(run) * ROW, labels.height(names[label]) + 0.5) for label, run in runs]
    plot, top = sum(tall) + len(runs) * GROUP_GAP + 2, 30.0 if keyed else 16.0
    sheet = Sheet(
        width,
        left=labels.widest(list(names.values())) + (small + 10 if small else 0) + 12,
        right=labels.widest(printed) + 12,
        top=top,
        height_pt=plot + top + canvas.BELOW,
    )
    known = pd.Series([*numbers.stack(), *bounds])
    low, high = known.min(), known.max()
    room = 0.05 * ((high - low) or abs(high) or 1.0)
    sheet.axes.set_xlim(low - room, high + room)
    sheet.axes.set_ylim(0, plot)
    sheet.axes.set_yticks([])
    sheet.axes.grid(visible=False)
    sheet.axes.set_xticks(*ticks.fitting(low - room, high + room, fmt, sheet.plot_width_pt))
    at, below = [], plot - 1
    for (_, run), height in zip(runs, tall, strict=True):
        first = below - GROUP_GAP - (height - len(run) * ROW) / 2 - ROW / 2
        at += [first - n * ROW for n in range(len(run))]
        below -= GROUP_GAP + height
    _name(sheet, rows, names, details, at)
    return sheet, at


def _shade(sheet: Sheet, zones: Sequence[tuple[float | None, float | None, str]]) -> None:
    start, end = sheet.axes.get_xlim()
    places, words = [], []
    for n, (low, high, name) in enumerate(zones):
        a, b = max(start, start if low is None else low), min(end, end if high is None else high)
        sheet.axes.axvspan(a, b, color=_SHADES[n % len(_SHADES)], linewidth=0, zorder=0.4)
        for edge in (low, high):
            if edge is not None:
                sheet.axes.axvline(edge, color=theme.SOFT, linewidth=0.5, zorder=0.6)
        places.append((sheet.x_pt(a) + sheet.x_pt(b)) / 2)
        words.append(name)
    limit = sheet.width_pt / max(len(words), 1) - 6
    words = [labels.cut(word, limit, theme.SMALL) for word in words]
    sizes = [labels.text_width(word, theme.SMALL) + 6 for word in words]
    y = sheet.bottom + sheet.plot_height_pt + 6
    for x, word in zip(labels.spread(places, sizes, 0, sheet.width_pt), words, strict=True):
        sheet.write(x, y, word, ha="center", fontsize=theme.SMALL, color=theme.SOFT)


def _name(
    sheet: Sheet,
    rows: pd.DataFrame,
    names: Mapping[str, str],
    details: list[str],
    at: list[float],
) -> None:
    """Each label once, beside the middle of its rows; details beside each row."""
    for label, places in _runs(rows):
        middle = sum(at[n] for n in places) / len(places)
        sheet.write(1, middle + sheet.bottom, names[label])
    for detail, y in zip(details, at, strict=True):
        if detail:
            x = sheet.left - 8
            small = {"fontsize": theme.SMALL, "color": theme.SOFT}
            sheet.write(x, y + sheet.bottom, detail, ha="right", **small)


def _runs(rows: pd.DataFrame) -> list[tuple[str, list[int]]]:
    """Neighbouring rows that share a label."""
    runs: list[tuple[str, list[int]]] = []
    for n in rows.index:
        if not runs or runs[-1][0] != rows["label"][n]:
            runs.append((rows["label"][n], []))
        runs[-1][1].append(n)
    return runs


def _detail(rows: pd.DataFrame, n: int) -> str:
    return str(rows["detail"][n]) if "detail" in rows else ""


def _alt(rows: pd.DataFrame, numbers: pd.DataFrame, printed: list[str], interval: str) -> str:
    known = numbers["estimate"].dropna()
    said = [
        f"{rows['label'][n]} {_detail(rows, n)}".strip() + f" {printed[n]}" for n in known.index
    ]
    return f"Dots with {interval}, {len(known)} estimates: {'; '.join(said)}."
