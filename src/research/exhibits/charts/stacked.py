"""Shares by month as bars that part at zero: one side of an opinion up, the others down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Unpack

import pandas as pd

from research.exhibits import theme
from research.exhibits.charts import canvas, labels, ticks
from research.exhibits.charts.canvas import Sheet, finish, finite, nothing_to_draw
from research.exhibits.exhibit import Exhibit, ExhibitError, Heading
from research.exhibits.facts import Fact
from research.exhibits.formats import MISSING, is_missing, lookup
from research.exhibits.numbers import as_csv

_FILLS = (theme.STROKES["blue"].colour, theme.PALE, theme.STROKES["vermillion"].colour)
_WIDE = 0.78  # of the way from one month to the next
_GAP = 8.0  # points between the last bar and its labels


def stacked_bars(
    frame: pd.DataFrame,
    *,
    n: pd.Series | None = None,
    labels: Mapping[Any, str] | None = None,
    up: Collection[Any] | None = None,
    n_label: str = "n",
    fmt: str = "pct0",
    **heading: Unpack[Heading],
) -> Exhibit:
    """One bar a month: the first column rises from zero, the others hang below it.

    `frame`: any day of each month by category (at most three), shares as fractions; the first
    column is blue, the second pale, the third vermillion. `up` names those that rise instead.
    `n` by the same days is printed under the months. Shares are printed where every bar has room
    for them, else beside the last bar alone. A month without data is a gap that says n/a.
    """
    shares = _monthly(frame, heading["id"])
    shares = shares.where(shares >= 0)  # what is less than nothing is no share
    if shares.empty or shares.stack().dropna().empty:
        return nothing_to_draw(", ".join((labels or {}).values()) or "the shares", **heading)
    names = {key: (labels or {}).get(key, str(key)) for key in shares.columns}
    rising = [key for key in shares.columns if key in (up or [shares.columns[0]])]
    counts = _monthly(n.to_frame("n"), heading["id"])["n"] if n is not None else None
    printed = shares.map(lookup(fmt))
    with theme.style():
        sheet, pitch = _sheet(shares, names, rising, counts, printed, heading, fmt)
        pieces = _pieces(shares, rising)
        inside = _fits(sheet, pieces, printed, pitch)
        for month, key, start, size in pieces:
            at = list(shares.columns).index(key)
            sheet.axes.bar(
                month, size, bottom=start, width=_WIDE, color=_FILLS[at],
                edgecolor=theme.SOFT, linewidth=0.4,
            )  # fmt: skip
            if inside and size:
                _write(sheet, month, start + size / 2, printed.at[month, key], _FILLS[at])
        for month in shares.index[shares.isna().all(axis=1)]:
            x, y = sheet.x_pt(float(month)), sheet.y_pt(0.0) + theme.SMALL
            sheet.write(x, y, MISSING, ha="center", fontsize=theme.SMALL, color=theme.SOFT)
        sheet.axes.axhline(0, color=theme.INK, linewidth=0.6)
        _name(sheet, pieces, names, printed, inside)
        _count(sheet, counts, pitch, n_label)
        return finish(
            sheet.figure,
            alt=_alt(shares, names, counts, fmt),
            csv=as_csv(
                frame.join(n.rename("n")) if n is not None else frame, index="month", names=names
            ),
            facts=_facts(shares, names, counts, fmt, inside, pitch),
            **heading,
        )


Piece = tuple[int, Any, float, float]


def _monthly(frame: pd.DataFrame, id: str) -> pd.DataFrame:
    """`frame` by month, counted from year nought; months between that are lacking are gaps."""
    days = pd.DatetimeIndex(frame.index)
    months = pd.Index(days.year * 12 + days.month - 1, dtype=int)
    if not months.is_unique:
        twice = lookup("month")(days[months.duplicated()][0])
        raise ExhibitError(f"exhibit {id!r}: {twice} has more than one row; give one a month.")
    data = finite(frame).set_axis(months, axis=0).sort_index()
    return data.reindex(range(months.min(), months.max() + 1)) if len(months) else data


def _pieces(shares: pd.DataFrame, rising: Sequence[Any]) -> list[Piece]:
    """(month, category, where the piece begins, its signed height), from zero outwards."""
    found: list[Piece] = []
    for month, row in shares.iterrows():
        above = below = 0.0
        for key in [*rising, *(key for key in shares.columns if key not in rising)]:
            size = float(row[key])
            if is_missing(size):
                continue
            if key in rising:
                found.append((int(month), key, above, size))
                above += size
            else:
                found.append((int(month), key, -below, -size))
                below += size
    return found


def _sheet(
    shares: pd.DataFrame,
    names: Mapping[Any, str],
    rising: Sequence[Any],
    counts: pd.Series | None,
    printed: pd.DataFrame,
    heading: Heading,
    fmt: str,
) -> tuple[Sheet, float]:
    """The sheet and how many points a month has."""
    falling = [key for key in shares.columns if key not in rising]
    high = float(shares[rising].sum(axis=1).max())
    low = -float(shares[falling].sum(axis=1).max()) if falling else 0.0
    room = 0.03 * ((high - low) or 1.0)
    marks = ticks.linear(low, high)
    said = ticks.labels([abs(mark) for mark in marks], fmt)
    ends = [f"{names[key]} {printed[key].iloc[-1]}" for key in names]
    width = heading.get("width", "full")
    sheet = Sheet(
        width,
        left=max(18.0, labels.widest(said, theme.SMALL) + 5),
        right=labels.widest([_wrapped(end, width) for end in ends], weight=600) + _GAP + 2,
        bottom=canvas.BELOW if counts is None else 27.0,
    )
    axes = sheet.axes
    axes.set_ylim(low - room, high + room)
    axes.set_yticks(marks, said)
    first, last = int(shares.index[0]), int(shares.index[-1])
    axes.set_xlim(first - 0.5, last + 0.5)
    pitch = sheet.plot_width_pt / (last - first + 1)
    for step in (1, 2, 3, 6, 12, 24, 60):
        at = [month for month in range(first, last + 1) if (last - month) % step == 0]
        words = [_month(month) for month in at]
        if labels.widest(words, theme.SMALL) + 6 <= pitch * step:
            break
    axes.set_xticks(at, words)
    axes.tick_params(axis="x", length=0)
    return sheet, pitch


def _month(month: int) -> str:
    return lookup("month")(f"{month // 12:04d}-{month % 12 + 1:02d}-01")


def _wrapped(text: str, width: str) -> str:
    return labels.wrap(text, 0.24 * canvas.SIZES_IN[width][0] * canvas.PT, weight=600)


def _fits(sheet: Sheet, pieces: Sequence[Piece], printed: pd.DataFrame, pitch: float) -> bool:
    """Whether every piece but an empty one has room for its own number."""
    known = [size for _, _, _, size in pieces if size]
    tall = min(abs(size) for size in known) if known else 0.0
    low, high = sheet.axes.get_ylim()
    wide = labels.widest(list(printed.stack()), theme.SMALL)
    return tall * sheet.plot_height_pt / (high - low) >= 10.0 and wide + 2 <= pitch * _WIDE


def _write(sheet: Sheet, month: int, level: float, text: str, ground: str) -> None:
    sheet.axes.text(
        month, level, text, ha="center", va="center", fontsize=theme.SMALL,
        color=theme.ink_on(ground),
    )  # fmt: skip


def _name(
    sheet: Sheet,
    pieces: Sequence[Piece],
    names: Mapping[Any, str],
    printed: pd.DataFrame,
    inside: bool,
) -> None:
    """Beside the last bar what its pieces are, with their shares where the bars have none."""
    last = max(month for month, _, _, _ in pieces)
    ends = [(key, start + size / 2) for month, key, start, size in pieces if month == last]
    width = "full" if sheet.width_pt > 400 else "column"
    said = [names[key] if inside else f"{names[key]} {printed.at[last, key]}" for key, _ in ends]
    texts = [_wrapped(text, width) for text in said]
    wanted = [sheet.y_pt(level) for _, level in ends]
    placed = labels.spread(wanted, [labels.height(t) for t in texts], 1.0, sheet.height_pt - 1.0)
    inks = (theme.STROKES["blue"].text, theme.SOFT, theme.STROKES["vermillion"].text)
    for (key, _), text, y in zip(ends, texts, placed, strict=True):
        ink = inks[list(names).index(key)]
        x = sheet.left + sheet.plot_width_pt + _GAP
        sheet.write(x, y, text, color=ink, weight=600)


def _shown(counts: pd.Series, pitch: float) -> pd.Series:
    """The counts that have room under their months, the last one first of all."""
    known = counts.dropna().astype(int)
    wide = labels.widest([lookup("num0")(count) for count in known], theme.SMALL) + 5
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 600) if wide <= pitch * step)
    last = int(counts.index[-1])
    return known[[(last - int(month)) % step == 0 for month in known.index]]


def _count(sheet: Sheet, counts: pd.Series | None, pitch: float, n_label: str) -> None:
    if counts is None:
        return
    small = {"fontsize": theme.SMALL, "color": theme.SOFT}
    for month, count in _shown(counts, pitch).items():
        sheet.write(sheet.x_pt(float(month)), 6, lookup("num0")(count), ha="center", **small)
    sheet.write(sheet.left + sheet.plot_width_pt + _GAP, 6, n_label, **small)


def _facts(
    shares: pd.DataFrame,
    names: Mapping[Any, str],
    counts: pd.Series | None,
    fmt: str,
    inside: bool,
    pitch: float,
) -> list[Fact]:
    told = shares.dropna(how="all")
    if not inside:
        told = told.iloc[-1:]
    found = [
        canvas.printed(f"{_month(int(month))} {names[key]}", value, fmt)
        for month, row in told.iterrows()
        for key, value in row.dropna().items()
        if value or not inside
    ]
    if counts is not None:
        found += [
            canvas.printed(f"{_month(int(month))} n", int(count), "num0")
            for month, count in _shown(counts, pitch).items()
        ]
    return found


def _alt(shares: pd.DataFrame, names: Mapping[Any, str], counts: pd.Series | None, fmt: str) -> str:
    known = shares.dropna(how="all")
    first, last = known.iloc[0], known.iloc[-1]
    say = lookup(fmt)
    moves = [f"{names[key]} from {say(first[key])} to {say(last[key])}" for key in names]
    span = f"{_month(int(known.index[0]))} to {_month(int(known.index[-1]))}"
    count = [] if counts is None else list(counts.dropna())
    after = f"; n = {lookup('num0')(count[-1])} at the end" if count else ""
    return f"Stacked bars by month, {span}: {'; '.join(moves)}{after}."
