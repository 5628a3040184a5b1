"""Tables: a frame, a description of its columns, and out comes clean, semantic HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import pandas as pd

from research.exhibits.exhibit import Exhibit, Heading, shorten, unavailable
from research.exhibits.facts import Fact, Text, facts_of, join, slug
from research.exhibits.formats import MISSING_IN_TABLE, Format, is_missing, lookup
from research.exhibits.numbers import as_csv
from research.exhibits.picture import Picture
from research.exhibits.styler import Restyle, typeset
from research.exhibits.table_checks import anchor, check


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is headed and printed; `fmt` is a name in `formats.REGISTRY`.

    A `picture` column holds small drawings such as `charts.gauge` gives, and None for none.
    `link` names the column of the frame that says where each cell's words lead: the id of a
    section, exhibit or claim, "" for nowhere.
    """

    header: str
    unit: str = ""
    fmt: str = "text"
    picture: bool = False
    link: str = ""

    @property
    def align(self) -> str:
        """The class of its cells: `num` (right, decimal points in line) or `text`."""
        return lookup(self.fmt).align


@dataclass(frozen=True, kw_only=True)
class _Row:
    kind: str  # "group", "data" or "stat"
    label: str
    sub: str = ""
    key: Any = None
    group: str = ""


def table(
    frame: pd.DataFrame,
    *,
    columns: Mapping[str, Column],
    row_header: str = "",
    labels: Mapping[Any, str] | None = None,
    sublabels: Mapping[Any, str] | None = None,
    groups: pd.Series | None = None,
    stats: pd.DataFrame | None = None,
    stat_fmts: Mapping[str, str] | None = None,
    marks: pd.DataFrame | None = None,
    fills: pd.DataFrame | None = None,
    footnotes: Sequence[str] = (),
    leave_out_missing: bool = False,
    dense: bool = False,
    landscape: bool = False,
    style: Restyle | None = None,
    **heading: Unpack[Heading],
) -> Exhibit:
    """`frame` as a typeset table, rows in its order, columns in the order of `columns`.

    Values are raw; each column's format decides what is printed. Missing values print NA, or
    what `marks` (same index and columns, "" for none) says, such as NM. `groups` gives each
    row's sub-group and heads it; `stats` has the index (group, statistic) and follows its group,
    or a plain index and ends the table; `stat_fmts` gives a statistic, such as a count, a format
    of its own. `labels` and `sublabels` (small type) go by row.
    `fills` (same index and columns) gives cells a ground, #rrggbb or "" for none, and the words
    on it an ink that can be read. `dense` sets small type in low rows.
    `footnotes` join the note. With `leave_out_missing` a column that no row has a value or a mark
    of its own for is left out and named in a footnote, and a table of nothing else is a notice.
    Facts in words count too: those of headers and labels, and of cells in a column of objects.
    `style` may work on the pandas Styler: classes survive, and so do
    inline styles. The CSV holds the raw numbers with ten significant digits.
    """
    check(frame, columns, groups, stats, marks, fills, heading["id"])
    if leave_out_missing:
        absent = [key for key in columns if _is_missing(frame[key], marks)]
        footnotes = [*footnotes, *_not_known([columns[key] for key in absent])]
        columns = {key: column for key, column in columns.items() if key not in absent}
        if not columns:
            return unavailable(reason=" ".join(footnotes[-1:]), **heading)
    rows = _rows(frame, labels or {}, sublabels or {}, groups, stats)
    if not any(row.kind == "data" for row in rows):
        return unavailable(reason="the table has no rows.", **heading)
    own = stat_fmts or {}
    texts, classes = _cells(rows, frame, stats, marks, columns, own)
    note = join("\n", [line for line in (heading.get("note", ""), *footnotes) if line])
    headed: Heading = {**heading, "note": note}
    return Exhibit(
        kind="table",
        html=typeset(
            texts,
            classes,
            rows=rows,
            columns=columns,
            row_header=row_header,
            dense=dense,
            links=_links(rows, frame, columns),
            grounds=None if fills is None else _grounds(rows, columns, fills),
            style=style,
        ),
        csv=_csv(frame, columns, labels or {}, groups, row_header),
        alt=_alt(frame, columns, groups),
        landscape=landscape,
        data_facts=_facts(rows, frame, stats, texts, columns, own),
        **headed,
    )


def _is_missing(values: pd.Series, marks: pd.DataFrame | None) -> bool:
    if not all(is_missing(value) or value == "" for value in values):
        return False
    if marks is None or values.name not in marks:
        return True
    return set(marks[values.name].dropna()) <= {"", MISSING_IN_TABLE}


def _not_known(columns: Sequence[Column]) -> list[str]:
    if not columns:
        return []
    names = ", ".join(" ".join(column.header.split()) for column in columns)
    return [f"Not known to the source, and left out: {names}."]


def _rows(
    frame: pd.DataFrame,
    labels: Mapping[Any, str],
    sublabels: Mapping[Any, str],
    groups: pd.Series | None,
    stats: pd.DataFrame | None,
) -> list[_Row]:
    of = {key: "" if groups is None else str(groups[key]) for key in frame.index}
    grouped = stats is not None and stats.index.nlevels == 2
    rows: list[_Row] = []
    for group in dict.fromkeys(of.values()):
        if group:
            rows.append(_Row(kind="group", label=group, group=group))
        for key in (key for key in frame.index if of[key] == group):
            name, sub = labels.get(key, key), sublabels.get(key, "")
            words = {"label": _kept(name), "sub": _kept(sub)}
            rows.append(_Row(kind="data", key=key, group=group, **words))
        if stats is not None and grouped:
            keys = [key for key in stats.index if str(key[0]) == group]
            rows += [_Row(kind="stat", label=str(k[1]), key=k, group=group) for k in keys]
    if stats is not None and not grouped:
        rows += [_Row(kind="stat", label=str(key), key=key) for key in stats.index]
    return rows


def _cells(
    rows: list[_Row],
    frame: pd.DataFrame,
    stats: pd.DataFrame | None,
    marks: pd.DataFrame | None,
    columns: Mapping[str, Column],
    stat_fmts: Mapping[str, str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each cell prints and the class it has; group rows are empty."""
    texts, classes = [], []
    values, statistics, marked = _Values(frame), _Values(stats), _Values(marks)
    for row in rows:
        source = values if row.kind == "data" else statistics
        line, kinds = [], []
        for key, column in columns.items():
            if row.kind == "group":
                text, kind = "", column.align
            elif row.kind == "data" and (mark := marked.mark(row.key, key)):
                text, kind = mark, "mark"
            elif column.picture:
                drawn = source.at(row.key, key)
                text, kind = drawn.img if isinstance(drawn, Picture) else "", "picture"
            else:
                value = source.at(row.key, key)
                lacking = "" if row.kind == "stat" else MISSING_IN_TABLE
                text = _format(row, column, stat_fmts)(value, missing=lacking)
                kind = "mark" if text and is_missing(value) else column.align
            line.append(text)
            kinds.append(kind)
        texts.append(line)
        classes.append(kinds)
    shape = {"index": range(len(rows)), "columns": list(columns)}
    return pd.DataFrame(texts, **shape, dtype=object), pd.DataFrame(classes, **shape)


def _format(row: _Row, column: Column, stat_fmts: Mapping[str, str]) -> Format:
    own = stat_fmts.get(row.label) if row.kind == "stat" else None
    return lookup(own or column.fmt)


class _Values:
    """The values of a frame by row and column, read faster than one by one; None for the rest."""

    def __init__(self, frame: pd.DataFrame | None) -> None:
        self._rows = {} if frame is None else {key: n for n, key in enumerate(frame.index)}
        self._columns = {} if frame is None else {key: frame[key].array for key in frame}

    def __contains__(self, column: Any) -> bool:
        return column in self._columns

    def at(self, row: Any, column: Any) -> Any:
        """The value as the frame's own `at` gives it."""
        return self._columns[column][self._rows[row]] if column in self._columns else None

    def mark(self, row: Any, column: Any) -> str:
        """The value in words, "" where there is none."""
        mark = self.at(row, column) if row in self._rows else None
        return "" if is_missing(mark) else str(mark)


def _links(rows: list[_Row], frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Where the words of each cell lead, for the columns that have links."""
    found = {
        key: [anchor(frame.at[row.key, column.link]) if row.kind == "data" else "" for row in rows]
        for key, column in columns.items()
        if column.link
    }
    return pd.DataFrame(found, index=range(len(rows)))


def _grounds(rows: list[_Row], columns: Iterable[Any], fills: pd.DataFrame) -> pd.DataFrame:
    """The ground of each cell as printed, "" for none; only rows of data have one."""
    keys, ground = list(columns), _Values(fills)
    found = [
        [ground.mark(row.key, key) if row.kind == "data" else "" for key in keys] for row in rows
    ]
    return pd.DataFrame(found, index=range(len(rows)), columns=keys)


def _facts(
    rows: list[_Row],
    frame: pd.DataFrame,
    stats: pd.DataFrame | None,
    texts: pd.DataFrame,
    columns: Mapping[str, Column],
    stat_fmts: Mapping[str, str],
) -> tuple[Fact, ...]:
    found = [fact for column in columns.values() for fact in _inside(column.header, "head")]
    values, statistics, words = _Values(frame), _Values(stats), texts.to_numpy()
    for n, row in enumerate(rows):
        source = values if row.kind == "data" else statistics
        found += [*_inside(row.label, row.key), *_inside(row.sub, row.key)]
        for place, (key, column) in enumerate(columns.items()):
            if row.kind == "group" or key not in source:
                continue
            form, value, text = (
                _format(row, column, stat_fmts),
                source.at(row.key, key),
                words[n, place],
            )
            found += _inside(value, row.key)
            if form.takes_text or is_missing(value) or text in ("NM", "NA", ""):
                continue
            name = f"{row.group} {row.label} {key}" if row.kind == "stat" else f"{row.key} {key}"
            found.append(
                Fact(
                    id=slug(name),
                    value=form.raw(value),
                    unit=form.unit or ("count" if row.label in stat_fmts else column.unit),
                    text=str(text),
                    expression=name,
                )
            )
    return tuple(found)


def _kept(words: Any) -> Text:
    return Text(str(words), facts_of(words))


def _inside(words: Any, row: Any) -> list[Fact]:
    """The facts in the words of a row, named after it unless they bring an id of their own."""
    return [
        replace(fact, id=slug(f"{row} {fact.id}")) if fact.expression else fact
        for fact in facts_of(words)
    ]


def _csv(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    labels: Mapping[Any, str],
    groups: pd.Series | None,
    row_header: str,
) -> str:
    named = {}
    for key, column in columns.items():
        if column.picture:
            continue
        unit = _raw_unit(column)
        named[key] = " ".join(column.header.split()) + (f" ({unit})" if unit else "")
    raw = frame[list(named)].rename(columns=named)
    raw.index = pd.Index([labels.get(key, key) for key in frame.index])
    if groups is not None:
        raw.insert(0, "group", [str(groups[key]) for key in frame.index])
    return as_csv(raw, index=row_header or "item")


def _raw_unit(column: Column) -> str:
    """The unit of the raw number, which for a percentage is a fraction."""
    return "fraction" if "pct" in column.fmt or "pp" in column.fmt else column.unit


def _alt(frame: pd.DataFrame, columns: Mapping[str, Column], groups: pd.Series | None) -> str:
    parted = f" in {groups.nunique()} groups" if groups is not None else ""
    heads = ", ".join(" ".join(column.header.split()) for column in columns.values())
    return shorten(f"Table of {len(frame)} rows{parted}; columns: {heads}.")
