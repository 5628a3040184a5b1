"""A rate that rises by steps: a dot with its interval at each, and where today's names stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, finish, finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.facts import Fact, join
from research.exhibits.formats import is_missing, lookup
from research.exhibits.numbers import as_csv

_STROKES = (theme.STROKES["blue"], theme.STROKES["vermillion"])
_DOT = theme.STROKES["black"].colour


def steps(
    frame: pd.DataFrame,
    *,
    today: Mapping[str, float] | None = None,
    fmt: str = "pct0",
    x_fmt: str = "pct0",
    top: float | None = None,
    **heading: Unpack[Heading],
) -> Exhibit:
    """A dot at each step of x, its interval where known, and lines where names stand today.

    `frame`: x by `estimate` and, if wanted, `lo`, `hi` and `n`, in the raw units of `x_fmt` and
    `fmt`; from one step to the next the rate is that of the lower one, drawn as a thin level
    line. A rate below zero is none. `today` gives x by name, for one or two names (blue,
    vermillion); one whose x is missing is told in the note. `top` fixes the upper end of the axis,
    which begins at zero.
    """
    table = finite(frame.reindex(columns=["estimate", "lo", "hi", "n"])).sort_index()
    table = table[table["estimate"] >= 0]
    if table.empty:
        return nothing_to_draw("the rates", **heading)
    standing = {name: float(x) for name, x in (today or {}).items() if not is_missing(x)}
    lacking = [
        f"{name}: today’s place is not known." for name in today or {} if name not in standing
    ]
    note = join("\n", [line for line in (heading.get("note", ""), *lacking) if line])
    headed: Heading = {**heading, "note": note}
    with theme.style():
        sheet, heads = _sheet(table, standing, heading, fmt, x_fmt, top)
        _today(sheet, standing, heads)
        _levels(sheet, table)
        for x, row in table.iterrows():
            _dot(sheet, float(x), row, fmt)
        return finish(
            sheet.figure,
            alt=_alt(table, standing, fmt, x_fmt),
            csv=as_csv(table.dropna(axis="columns", how="all"), index="step"),
            facts=_facts(table, standing, fmt, x_fmt),
            **headed,
        )


def _sheet(
    table: pd.DataFrame,
    standing: Mapping[str, float],
    heading: Heading,
    fmt: str,
    x_fmt: str,
    top: float | None,
) -> tuple[Sheet, list[str]]:
    """The sheet, and the words above it for each name that stands in it."""
    width = heading.get("width", "full")
    wide = canvas.SIZES_IN[width][0] * canvas.PT
    heads = [
        labels.wrap(f"{name} {lookup(x_fmt)(x)}", wide / len(standing) - 20, weight=600)
        for name, x in standing.items()
    ]
    strip = max((labels.height(head) + 8 for head in heads), default=0.0)
    high = float(table[["estimate", "hi"]].max().max())
    printed = labels.height("0\n0") + 6
    plot = canvas.SIZES_IN[width][1] * canvas.PT - strip - 8 - 26
    reach = max(top or 0.0, high / max(1 - printed / plot, 0.3)) or 1.0
    marks = ticks.linear(0.0, top or high)
    said = ticks.labels(marks, fmt)
    sheet = Sheet(
        width,
        left=max(18.0, labels.widest(said, theme.SMALL) + 5),
        right=12.0,
        top=8.0 + strip,
        bottom=26.0,
    )
    axes = sheet.axes
    axes.set_ylim(0, reach)
    axes.set_yticks(marks, said)
    xs = [*map(float, table.index), *standing.values()]
    room = 0.12 * ((max(xs) - min(xs)) or abs(max(xs)) or 1.0)
    axes.set_xlim(min(xs) - room, max(xs) + room)
    steps_said = [lookup(x_fmt)(x) for x in table.index]
    counts = [f"\nn = {lookup('num0')(n)}" if n == n else "" for n in table["n"]]
    axes.set_xticks(list(table.index), [f"{a}{b}" for a, b in zip(steps_said, counts, strict=True)])
    return sheet, heads


def _levels(sheet: Sheet, table: pd.DataFrame) -> None:
    xs = [*map(float, table.index), sheet.axes.get_xlim()[1]]
    for a, b, level in zip(xs, xs[1:], table["estimate"], strict=False):
        sheet.axes.plot([a, b], [level, level], color=theme.SOFT, linewidth=0.7)


def _dot(sheet: Sheet, x: float, row: Any, fmt: str) -> None:
    known = not is_missing(row["lo"]) and not is_missing(row["hi"])
    if known:
        sheet.axes.plot(
            [x, x], [row["lo"], row["hi"]], color=_DOT, linewidth=1.2, marker="_", markersize=7
        )
    sheet.axes.plot([x], [row["estimate"]], marker="o", markersize=7, color=_DOT)
    say = lookup(fmt)
    above = sheet.y_pt(float(row["hi"] if known else row["estimate"])) + 6
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    if known:
        text = f"{say(row['lo'])} to {say(row['hi'])}"
        size = {"fontsize": theme.SMALL, "color": theme.SOFT}
        sheet.write(sheet.x_pt(x), above + 4, text, ha="center", bbox=ground, **size)
        above += theme.SMALL * labels.LEADING + 1
    sheet.write(
        sheet.x_pt(x), above + 5, say(row["estimate"]), ha="center", weight=600, bbox=ground
    )


def _today(sheet: Sheet, standing: Mapping[str, float], heads: list[str]) -> None:
    ceiling = sheet.bottom + sheet.plot_height_pt
    wanted = [sheet.x_pt(x) for x in standing.values()]
    sizes = [labels.widest([head], weight=600) + 8 for head in heads]
    placed = labels.spread(wanted, sizes, 1.0, sheet.width_pt - 1.0)
    looks = (_STROKES * len(heads))[: len(heads)]
    for x, level, at, head, stroke in zip(
        standing.values(), wanted, placed, heads, looks, strict=True
    ):
        sheet.axes.axvline(x, color=stroke.colour, linewidth=1.0, linestyle=(0, (2.5, 1.5)))
        sheet.axes.plot(
            [x], [0], marker="^" if stroke is _STROKES[0] else "D", markersize=7,
            color=stroke.colour, clip_on=False, zorder=5,
        )  # fmt: skip
        sheet.line([level, at], [ceiling, ceiling + 5], color=stroke.colour, linewidth=1.0)
        y = ceiling + 6 + labels.height(head) / 2
        sheet.write(at, y, head, ha="center", color=stroke.text, weight=600)


def _facts(table: pd.DataFrame, standing: Mapping[str, float], fmt: str, x_fmt: str) -> list[Fact]:
    found = []
    for x, row in table.iterrows():
        name = lookup(x_fmt)(x)
        found.append(canvas.printed(f"{name} step", x, x_fmt))
        for part, form in (("estimate", fmt), ("lo", fmt), ("hi", fmt), ("n", "num0")):
            alone = part in ("lo", "hi") and (is_missing(row["lo"]) or is_missing(row["hi"]))
            if not is_missing(row[part]) and not alone:
                found.append(canvas.printed(f"{name} {part}", row[part], form))
    return [*found, *(canvas.printed(name, x, x_fmt) for name, x in standing.items())]


def _alt(table: pd.DataFrame, standing: Mapping[str, float], fmt: str, x_fmt: str) -> str:
    say, place = lookup(fmt), lookup(x_fmt)
    rates = []
    for x, row in table.iterrows():
        known = not is_missing(row["lo"]) and not is_missing(row["hi"])
        span = f" ({say(row['lo'])} to {say(row['hi'])})" if known else ""
        rates.append(f"{say(row['estimate'])}{span} from {place(x)}")
    now = "; ".join(f"{name} at {place(x)}" for name, x in standing.items())
    return f"Dots at {len(table)} steps: {', '.join(rates)}{'. Today: ' + now if now else ''}."
