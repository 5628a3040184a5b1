"""Where today's values stand in their own history: one percentile strip for each measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, rows
from research.exhibits.charts.canvas import finish, nothing_to_draw
from research.exhibits.exhibit import Exhibit, Heading
from research.exhibits.facts import Fact, facts_of, slug
from research.exhibits.formats import fmt, is_missing
from research.exhibits.numbers import as_csv

_HIGH, _USUAL = theme.STROKES["vermillion"], theme.STROKES["blue"]


def percentile_strips(
    frame: pd.DataFrame,
    *,
    band: tuple[float, float] = (0.10, 0.90),
    keys: tuple[str, str] = ("now", "last edition"),
    **heading: Unpack[Heading],
) -> Exhibit:
    """One strip from the lowest to the highest of its history for each row of `frame`.

    Columns: `label`; `now`, a percentile as a fraction from 0 to 1; and, if wanted, `last` (the
    same, one edition ago), `value` (today's value in words, its facts kept in a column of objects),
    `detail` (small, under the label).
    Inside `band` the dot is a blue disc, outside it a vermillion diamond. A row without `now`
    says n/a.
    """
    table = frame.reset_index(drop=True)
    for column in ("now", "last"):
        given = table[column] if column in table else pd.Series(float("nan"), index=table.index)
        table[column] = given.astype(float).where(lambda p: p.between(0, 1))
    told_values = list(frame["value"]) if "value" in frame else []
    for column in ("value", "detail"):
        table[column] = table[column].astype(str) if column in table else ""
    if table["now"].dropna().empty:
        return nothing_to_draw(", ".join(table["label"]) or "percentiles", **heading)
    ranks = [fmt(now, "pctl") for now in table["now"]]
    with theme.style():
        named = list(zip(table["label"], table["detail"], strict=True))
        beside = labels.widest(ranks, weight=600) + 10
        limit = 0.25 * canvas.SIZES_IN[heading.get("width", "full")][0] * canvas.PT
        values = [labels.cut(value, limit) for value in table["value"]]
        table = table.assign(said=values)
        right = beside + labels.widest(values) + 10
        sheet, middles = rows.rows(named, heading, top=18.0, bottom=canvas.BELOW, right=right)
        axes = sheet.axes
        axes.set_xlim(-0.02, 1.02)
        axes.axvspan(*band, color=theme.BAND, linewidth=0, zorder=0.3)
        marks = {0.0: "lowest", **{m: fmt(m, "pctl") for m in (band[0], 0.5, band[1])}}
        if sheet.plot_width_pt > 280:  # else the ends would stand on the marks beside them
            marks[1.0] = "highest"
        else:
            del marks[0.0]
        axes.set_xticks(list(marks), list(marks.values()))
        for y, row, rank in zip(middles, table.itertuples(index=False), ranks, strict=True):
            axes.plot([0, 1], [y, y], color=theme.SOFT, linewidth=0.5, zorder=0.8)
            usual = band[0] <= row.now <= band[1]
            stroke = _USUAL if usual else _HIGH
            axes.plot([row.last], [y], marker="|", markersize=9, color=theme.INK, linestyle="none")
            axes.plot(
                [row.now],
                [y],
                marker="o" if usual else "D",
                markersize=6.5 if usual else 6.0,
                color=stroke.colour,
                linestyle="none",
                clip_on=False,
            )
            level = y + sheet.bottom
            sheet.write(sheet.width_pt - 2, level, rank, ha="right", weight=600)
            sheet.write(sheet.width_pt - 2 - beside, level, row.said, ha="right")
        shown = [(_USUAL.colour, "o", keys[0])]
        shown += [(theme.INK, "|", keys[1])] if table["last"].notna().any() else []
        _key(sheet, shown)
        known = table.dropna(subset=["now"])
        told = [f"{row.label} {fmt(row.now, 'pctl')}" for row in known.itertuples(index=False)]
        above = int((known["now"] > band[1]).sum())
        return finish(
            sheet.figure,
            alt=f"Percentile strips, {above} of {len(known)} above the {fmt(band[1], 'pctl')}: "
            f"{'; '.join(told)}.",
            csv=as_csv(table.drop(columns="said").set_index("label"), index="label"),
            facts=_facts(table, told_values),
            **heading,
        )


def _facts(table: pd.DataFrame, values: Sequence[str]) -> list[Fact]:
    """The percentile of each row, and the facts in its value in words."""
    found = []
    for n, row in enumerate(table.itertuples(index=False)):
        name = f"{row.label} {row.detail}"
        if not is_missing(row.now):
            found.append(canvas.printed(name, row.now, "pctl"))
        inside = facts_of(values[n]) if values else ()
        found += [replace(one, id=slug(f"{name} value")) for one in inside]
    return found


def _key(sheet: canvas.Sheet, entries: list[tuple[str, str, str]]) -> None:
    y = sheet.height_pt - 8.0
    placed = rows.places(sheet, [text for _, _, text in entries])
    for (colour, marker, _), (x, text) in zip(entries, placed, strict=True):
        sheet.line([x + 4], [y], marker=marker, markersize=6.5, color=colour)
        sheet.write(x + 11, y, text, fontsize=theme.SMALL, color=theme.SOFT)
