"""A value of each name against one level that all share: dots on stems from a reference line."""

from __future__ import annotations

from typing import Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, rows, ticks
from research.exhibits.charts.canvas import Sheet, finish, finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.facts import Fact
from research.exhibits.formats import MISSING, is_missing, lookup
from research.exhibits.numbers import as_csv

_FIRST, _OTHER = theme.STROKES["blue"], theme.STROKES["vermillion"]
_COLUMNS = ("value", "other", "marker")


def lollipop(
    frame: pd.DataFrame,
    *,
    reference: float | None,
    reference_label: str,
    keys: tuple[str, ...] = ("value",),
    fmt: str = "num0",
    ordered: bool = True,
    **heading: Unpack[Heading],
) -> Exhibit:
    """One row a name: a stem from the reference line to a dot, and what else is known of it.

    Columns: `label` and `value`; if wanted `other` (a second estimate, a hollow diamond) and
    `marker` (a tick, such as a cost), all in the unit of `reference`; `detail` stands small
    under the label. `keys` names value, other and marker. The estimates are printed at the
    right, n/a where one is missing; the highest `value` stands on top unless `ordered` is
    False. Without a reference the dots have no stems.
    """
    table = frame.reset_index(drop=True)
    for column in _COLUMNS:
        given = table[column] if column in table else pd.Series(float("nan"), index=table.index)
        table[column] = finite(given)
    if table[["value", "other"]].stack().dropna().empty:
        return nothing_to_draw(", ".join(map(str, table.get("label", []))) or "values", **heading)
    if ordered:
        table = table.sort_values("value", ascending=False, kind="stable", na_position="last")
    wide = canvas.SIZES_IN[heading.get("width", "full")][0] * canvas.PT
    limits = (wide / 6, wide / 6, wide / 3)  # the first two are heads of columns, too
    keys = tuple(
        labels.cut(key, limit, theme.SMALL) for key, limit in zip(keys, limits, strict=False)
    )
    line = float("nan") if reference is None or is_missing(reference) else float(reference)
    shown = ["value", *(["other"] if "other" in frame else [])]
    printed = {column: table[column].map(lookup(fmt)) for column in shown}
    with theme.style():
        sheet, middles, edges = _sheet(table, printed, line, keys, heading, fmt)
        for n, (y, row) in enumerate(zip(middles, table.itertuples(index=False), strict=True)):
            _draw(sheet, y, row.value, row.other, row.marker, line)
            for column, x in edges.items():
                sheet.write(x, y + sheet.bottom, printed[column].iloc[n], ha="right")
        _head(sheet, edges, keys, line, f"{reference_label} {lookup(fmt)(line)}", "marker" in frame)
        return finish(
            sheet.figure,
            alt=_alt(table, line, reference_label, keys, fmt),
            csv=as_csv(
                table.set_index("label")[[c for c in _COLUMNS if c in frame]].assign(
                    reference=line
                ),
                index="label",
                names=dict(zip(_COLUMNS, keys, strict=False)),
            ),
            facts=_facts(table, line, reference_label, keys, shown, fmt),
            **heading,
        )


def _sheet(
    table: pd.DataFrame,
    printed: dict[str, pd.Series],
    line: float,
    keys: tuple[str, ...],
    heading: Heading,
    fmt: str,
) -> tuple[Sheet, list[float], dict[str, float]]:
    """The sheet, the middle of each row, and the right edge of each printed column."""
    details = table["detail"] if "detail" in table else [""] * len(table)
    heads = dict(zip(_COLUMNS, keys, strict=False))
    wide = {
        column: max(
            labels.widest(list(texts)), labels.text_width(heads.get(column, ""), theme.SMALL)
        )
        + 10
        for column, texts in printed.items()
    }
    named = list(zip(table["label"].map(str), details, strict=True))
    right = sum(wide.values()) + 4
    sheet, middles = rows.rows(named, heading, top=34.0, bottom=canvas.BELOW, right=right)
    known = [*table[list(_COLUMNS)].stack().dropna(), *([line] if line == line else [])]
    low, high = min(known), max(known)
    room = 0.05 * ((high - low) or abs(high) or 1.0)
    axes = sheet.axes
    axes.set_xlim(low - room, high + room)
    axes.set_xticks(*ticks.fitting(low - room, high + room, fmt, sheet.plot_width_pt))
    axes.grid(visible=True, axis="x")
    edges, x = {}, sheet.width_pt - 2
    for column in reversed(wide):
        edges[column] = x
        x -= wide[column]
    return sheet, middles, edges


def _draw(sheet: Sheet, y: float, value: float, other: float, marker: float, line: float) -> None:
    axes = sheet.axes
    far = [end for end in (value, other) if end == end]
    if far and line == line:
        ends = [min(line, *far), max(line, *far)]
        axes.plot(ends, [y, y], color=theme.SOFT, linewidth=0.9, zorder=1.5)
    if marker == marker:
        axes.plot([marker], [y], marker="|", markersize=9, color=theme.INK, markeredgewidth=1.4)
    axes.plot(
        [other], [y], marker="D", markersize=5.2, color=_OTHER.colour, linestyle="none",
        markerfacecolor="#FFFFFF", markeredgewidth=1.2,
    )  # fmt: skip
    axes.plot([value], [y], marker="o", markersize=6.4, color=_FIRST.colour, linestyle="none")


def _head(
    sheet: Sheet,
    edges: dict[str, float],
    keys: tuple[str, ...],
    line: float,
    told: str,
    marked: bool,
) -> None:
    """The key in one line, below it what the reference line is and what the columns are."""
    x, y = 1.0, sheet.height_pt - 8.0
    looks = [("o", _FIRST.colour, _FIRST.colour)]
    looks += [("D", "#FFFFFF", _OTHER.colour)] if "other" in edges else []
    looks += [("|", theme.INK, theme.INK)] if marked else []
    wanted = [key for key, column in zip(keys, _COLUMNS, strict=False) if column in edges]
    wanted += list(keys[2:3]) if marked else []
    for (shape, face, edge), text in zip(looks, wanted, strict=False):
        sheet.line([x + 4], [y], marker=shape, markersize=6, color=edge, markerfacecolor=face)
        sheet.write(x + 11, y, text, fontsize=theme.SMALL, color=theme.SOFT)
        x += 11 + labels.text_width(text, theme.SMALL) + 14
    level = sheet.height_pt - 24.0
    for column, text in zip(_COLUMNS, keys, strict=False):
        if column not in edges:
            continue
        sheet.write(edges[column], level, text, ha="right", fontsize=theme.SMALL, color=theme.SOFT)
    if line == line:
        sheet.axes.axvline(line, color=theme.INK, linewidth=0.9, linestyle=(0, (3.2, 1.6)))
        size = labels.text_width(told, theme.SMALL)
        last = min(edges.values()) - max(
            labels.text_width(keys[0], theme.SMALL), labels.text_width("0", theme.SMALL)
        )
        told = labels.cut(told, last - 6, theme.SMALL, 600)
        size = min(size, last - 6)
        at = labels.spread([sheet.x_pt(line)], [size], 0.0, last - 6)[0]
        sheet.write(at, level, told, ha="center", fontsize=theme.SMALL, weight=600)


def _facts(
    table: pd.DataFrame,
    line: float,
    reference_label: str,
    keys: tuple[str, ...],
    shown: list[str],
    fmt: str,
) -> list[Fact]:
    found = [canvas.printed(reference_label, line, fmt)] if line == line else []
    for column, key in zip(shown, keys, strict=False):
        known = table.dropna(subset=[column])
        found += [
            canvas.printed(f"{label} {key}", value, fmt)
            for label, value in zip(known["label"], known[column], strict=True)
        ]
    return found


def _alt(
    table: pd.DataFrame, line: float, reference_label: str, keys: tuple[str, ...], fmt: str
) -> str:
    say = lookup(fmt)
    known = table.dropna(subset=["value"])
    told = f"{reference_label} {say(line)}" if line == line else f"{reference_label} {MISSING}"
    if known.empty:
        return f"Dots against {told}: {keys[0]} is known of none of {len(table)} names."
    below = int((known["value"] < line).sum())
    stand = f", {below} below it" if line == line else ""
    low, high = known["value"].idxmin(), known["value"].idxmax()
    return (
        f"Dots of {keys[0]} against {told}: {len(known)} names{stand}, from "
        f"{known['label'][low]} {say(known['value'][low])} to "
        f"{known['label'][high]} {say(known['value'][high])}."
    )
