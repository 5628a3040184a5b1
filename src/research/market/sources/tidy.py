"""One file's columns into rows of a dataset, each cell checked; nothing is guessed or dropped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from research.market.actions import faults_of_actions
from research.market.sources import COLUMNS, DAY, MOMENT, NUMBER, TEXT
from research.market.sources.catalogue import ANCHOR, Entry, Repair
from research.market.sources.cells import more, read_days, read_numbers, tell
from research.market.sources.readers import Table, UnreadableError
from research.market.sources.rolled import rolled
from research.params.available import RULE

# By these the prices of a file are checked, or rolled; they are no columns of the dataset.
_CHECKED = {
    "dividend": NUMBER, "split": NUMBER,
    "contract": TEXT, "volume": NUMBER, "open_interest": NUMBER,
}  # fmt: skip
_KEYS = {
    "prices": ["instrument", "date"],
    "fundamentals": ["instrument", "item", "period_end", "published_at"],
    "consensus": ["instrument", "item", "fiscal_year_end", "available_at"],
    "ratings": ["analyst", "broker", "instrument", "date"],
    "ownership": ["fund", "group", "date"],
}
# Longest usual distance of two rows, in days; half the rows farther apart are another frequency.
_STEP = {"daily": (0, 3), "weekly": (5, 9), "monthly": (26, 33)}


def tidy(table: Table, entry: Entry, instrument: str | None) -> pd.DataFrame:
    """Rows of `entry.dataset` in the types of `COLUMNS`, as the file has them from end to end.

    The index is the row of the file. A row without any mapped value is a blank row; a price row
    with a date and no price says nothing and is left out. Raises UnreadableError with every fault.
    """
    faults = _skipped_days(table, entry)
    frame = table.frame.set_axis(
        pd.RangeIndex(table.first_row, table.first_row + len(table.frame)), axis="index"
    )
    frame = frame.dropna(how="all")
    if entry.layout == "wide":
        frame = _lengthen(frame, entry)
    else:
        frame = frame.rename(columns={theirs: ours for ours, theirs in entry.columns.items()})
    rows = _typed(frame, entry, faults)
    if faults:
        raise UnreadableError(*faults)
    rows = rows.assign(**entry.constants)
    if instrument is not None:
        rows["instrument"] = instrument
    elif "instrument" in entry.columns and entry.instruments:
        rows = _named(rows, entry, faults)
    if "unit" in COLUMNS[entry.dataset] and "unit" not in rows:
        rows["unit"] = entry.unit
    if entry.dataset == "prices":
        rows = _prices(rows, entry, faults)
    elif entry.dataset == "ratings":
        other = ~rows["rating"].isin(["Buy", "Hold", "Sell", "Dropped"])
        problem = "not one of Buy, Hold, Sell, Dropped"
        faults += tell(rows.loc[other, "rating"].items(), "rating", problem)
    keys = [*_KEYS[entry.dataset], *(["contract"] if entry.roll else [])]
    faults += _repeats(rows, keys)
    if faults:
        raise UnreadableError(*faults)
    if entry.roll is not None:
        rows = rolled(rows, entry.roll)
    anchor = rows[ANCHOR[entry.dataset]]
    source = f"{entry.source}, returns ratio-adjusted" if entry.roll else entry.source
    return rows.assign(source=source, available_at=available_at(anchor, entry.available))


def available_at(days: pd.Series, rule: str) -> pd.Series:
    """The moments (UTC) from which rows of `days` were public, by an entry's `available` rule.

    `date + 1 business day at 09:00 America/New_York`; `month end + …` counts from the last day
    of the month. Business days are weekdays: public holidays are not known here.
    """
    match = RULE.fullmatch(rule)
    assert match is not None, rule  # the catalogue has checked it
    start, count, business, hour, minute, zone = match.groups()
    base = days + pd.offsets.MonthEnd(0) if start == "month end" else days
    if business:
        shifted = np.busday_offset(
            base.to_numpy().astype("datetime64[D]"), int(count), roll="forward"
        )
        base = pd.Series(shifted.astype("datetime64[us]"), index=days.index)
    else:
        base = base + pd.Timedelta(days=int(count))
    moment = base + pd.Timedelta(hours=int(hour), minutes=int(minute))
    local = moment.dt.tz_localize(ZoneInfo(zone), ambiguous=False, nonexistent="shift_forward")  # type: ignore[arg-type,unused-ignore]
    return local.dt.tz_convert("UTC").astype(MOMENT)


def _typed(frame: pd.DataFrame, entry: Entry, faults: list[str]) -> pd.DataFrame:
    types = {**COLUMNS[entry.dataset], **_CHECKED}
    columns: dict[str, pd.Series] = {}
    for name, cells in frame.items():
        header = str(entry.columns.get(str(name), name))
        if name == ANCHOR[entry.dataset] or types[str(name)] == DAY:
            columns[str(name)] = read_days(cells, header, entry, faults)
        elif types[str(name)] == NUMBER:
            columns[str(name)] = read_numbers(cells, header, entry, faults)
        else:
            columns[str(name)] = cells.astype("str").str.strip()
        if types[str(name)] != NUMBER:
            missing = frame.index[cells.isna()]
            if len(missing):
                faults.append(
                    f"row {missing[0]}, column {header!r}: nothing there, though the row has other "
                    f"values{more(len(missing) - 1, 'row')}; fill it in or delete the row."
                )
    return pd.DataFrame(columns, index=frame.index)


def _skipped_days(table: Table, entry: Entry) -> list[str]:
    """A newer layout may have fewer rows of units: then the first days would be lost unseen."""
    header = entry.columns.get(ANCHOR[entry.dataset])
    if header is None or table.skipped.empty:
        return []
    days = read_days(table.skipped[header], header, entry, [])
    return [
        f"row {table.first_row - len(days) + n} is left out by `skip_after_header`, but it is the "
        f"row of {day:%Y-%m-%d}. Lower `skip_after_header`."
        for n, day in enumerate(days)
        if not pd.isna(day)
    ]


def _lengthen(frame: pd.DataFrame, entry: Entry) -> pd.DataFrame:
    """Wide to long: one block of rows for each instrument."""
    value = "adj_close" if entry.adjusted == "total-return" else "close"
    date = entry.columns["date"]
    blocks = [
        pd.DataFrame({"date": frame[date], "instrument": instrument, value: frame[header]})
        for header, instrument in entry.instruments.items()
        if instrument is not None
    ]
    return pd.concat(blocks)


def _named(rows: pd.DataFrame, entry: Entry, faults: list[str]) -> pd.DataFrame:
    symbols = entry.instruments
    unknown = sorted(set(rows["instrument"]) - set(symbols))
    if unknown:
        faults.append(
            f"has symbols that `instruments` does not name: {', '.join(unknown[:8])}. "
            "Give each an instrument, or null to leave it out."
        )
    named = rows["instrument"].map(symbols)
    return rows.assign(instrument=named.astype("str"))[named.notna()]


def _prices(rows: pd.DataFrame, entry: Entry, faults: list[str]) -> pd.DataFrame:
    for name in ("close", "adj_close"):
        if name not in rows:
            rows[name] = np.nan
    rows["price_type"] = entry.price_type
    rows = rows[rows["close"].notna() | rows["adj_close"].notna()]
    down = entry.order == "newest-first"
    lines = rows["instrument"] + (" " + rows["contract"] if entry.roll else "")
    for instrument, one in rows.groupby(lines, sort=False):
        steps = one["date"].diff().dt.days.iloc[1:] * (-1 if down else 1)
        back = steps.index[steps < 0]
        if len(back):
            faults.append(
                f"row {back[0]}: {one.loc[back[0], 'date']:%Y-%m-%d} of {instrument} is out of "
                f"order{more(len(back) - 1, 'row')}; sort it, or declare `order`."
            )
        low, high = _STEP[entry.frequency]
        usual = steps[steps > 0].median()
        if len(steps) >= 3 and not low <= usual <= high:
            faults.append(
                f"{instrument} has a row every {usual:g} days, but is declared {entry.frequency}. "
                "Declare its `frequency`; it cannot stand in for another."
            )
    rows = _repaired(rows, entry.repairs, faults)
    for name in ("close", "adj_close"):
        low_, high_ = entry.expect.low, entry.expect.high
        outside = (rows[name] < low_) if low_ is not None else rows[name].isna() & False
        if high_ is not None:
            outside |= rows[name] > high_
        faults += tell(
            rows.loc[outside, name].items(),
            str(entry.columns.get(name, name)),
            f"outside `expect` {low_ if low_ is not None else '−∞'} to "
            f"{high_ if high_ is not None else '∞'} {entry.unit}: did the unit change?",
        )
    if {"dividend", "close", "adj_close"} <= {*rows} and not faults:
        faults += _action_faults(rows, entry)
    if entry.invert:
        per, _, of = str(entry.unit).partition(" per ")
        rows = rows.assign(close=1 / rows["close"], unit=f"{of} per {per}")
    return rows


def _action_faults(rows: pd.DataFrame, entry: Entry) -> Iterator[str]:
    """Dividends and splits that do not fit the prices of the days the file is used for."""
    first, last = entry.first or dt.date.min, entry.last or dt.date.max
    used = rows[(rows["date"].dt.date >= first) & (rows["date"].dt.date <= last)]
    for instrument, one in used.groupby("instrument", sort=False):
        found = faults_of_actions(one)
        if found:
            fault = found[0]
            yield (
                f"row {one.index[one['date'] == fault.day][0]}, {fault.day:%Y-%m-%d} of "
                f"{instrument}: {fault}"
                f"{more(len(found) - 1, 'such day')} Returns across it would be wrong. Fetch it "
                "again, begin after it with `first`, or map no `adj_close`."
            )


def _repaired(rows: pd.DataFrame, repairs: Iterable[Repair], faults: list[str]) -> pd.DataFrame:
    for repair in repairs:
        of = rows["instrument"] == repair.instrument
        here = of & (rows["date"] == pd.Timestamp(repair.date))
        row = rows[here]
        if not of.any():
            continue  # another file of the same entry
        if not np.isclose([*row["close"], *row["adj_close"]], repair.found, rtol=1e-6).any():
            faults.append(
                f"{repair.instrument} on {repair.date} is no longer {repair.found:g}, which a "
                f"repair leaves out ({repair.reason}). Look at the row and delete the repair."
            )
        rows = rows[~here]
    return rows


def _repeats(rows: pd.DataFrame, keys: list[str]) -> list[str]:
    again = rows.index[rows.duplicated(keys)]
    if not len(again):
        return []
    what = rows.loc[[again[0]], keys].iloc[0]
    same = rows.index[(rows[keys] == what).all(axis="columns")]
    shown = " ".join(f"{v:%Y-%m-%d}" if isinstance(v, dt.date) else str(v) for v in what)
    return [
        f"rows {same[0]} and {same[1]} are both {shown}{more(len(again) - 1, 'repeat')}. "
        "Keep one row of each."
    ]
