"""What a source says that it had not said before: new rows, revisions, and snapshots of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from research.market.sources import MOMENT, NUMBER
from research.market.store.basis import ROUNDED, on_the_basis_told, since_rebased
from research.market.store.columns import KEYS, SNAPSHOTS, VALUES, types_of
from research.market.store.record import Vintage


def changes(
    dataset: str,
    frame: pd.DataFrame,
    told: pd.DataFrame,
    vintages: Sequence[Vintage],
    fetched_at: dt.datetime,
) -> tuple[pd.DataFrame, int]:
    """The rows of `frame` to keep, and how many of them are revisions of `told`.

    A new row keeps its `available_at`, the moment its source made it public, however late it is
    fetched: so a file split into two vintages tells what the whole does. A revised row is known
    since `fetched_at` only; prices keep one basis of adjustment (`store.basis`). Snapshots are
    kept whole, once a day, all known since `fetched_at`.
    """
    moment = pd.Timestamp(fetched_at)
    if dataset in SNAPSHOTS:
        frame = _since(frame, moment)
        last = vintages[-1].fetched_at if vintages else None
        if last and last.date() == fetched_at.date() and _same(dataset, frame, told, last):
            frame = frame.iloc[:0]
        return frame, 0
    frame = frame[frame["available_at"] <= moment].reset_index(drop=True)
    keys = list(KEYS[dataset])
    latest = told.drop_duplicates(keys, keep="last")[[*keys, *VALUES[dataset]]]
    both = frame[keys].merge(latest, on=keys, how="left", indicator="_merge")
    known = (both["_merge"] == "both").to_numpy()
    since = pd.Series(moment, index=frame.index).astype(MOMENT)
    if dataset == "prices" and known.any():
        frame = on_the_basis_told(frame, both)
        since = since_rebased(frame, both, known, moment)
    differs = _differs(dataset, frame, both)
    revised = known & differs
    kept = frame.copy()
    kept.loc[revised, "available_at"] = since[revised]
    return kept[~known | revised].reset_index(drop=True), int(revised.sum())


def _since(frame: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    known = pd.Series(moment, index=frame.index).astype(MOMENT)
    return frame.assign(available_at=known)


def _same(dataset: str, frame: pd.DataFrame, told: pd.DataFrame, last: dt.datetime) -> bool:
    keys = list(KEYS[dataset])
    before = told[told["available_at"] == pd.Timestamp(last)]
    both = frame[keys].merge(before[[*keys, *VALUES[dataset]]], on=keys, how="left")
    return len(before) == len(frame) and not _differs(dataset, frame, both).any()


def _differs(dataset: str, frame: pd.DataFrame, other: pd.DataFrame) -> np.ndarray:
    """Row by row, whether any value is another; a missing one is the same as a missing one."""
    out = np.zeros(len(frame), dtype=bool)
    for name in VALUES[dataset]:
        ours, theirs = frame[name].to_numpy(), other[name].to_numpy()
        if types_of(dataset)[name] == NUMBER:
            theirs = theirs.astype(float)
            same = ours == theirs
            if name == "adj_close":  # put on another basis, and rounded by its source
                same |= np.isclose(ours, theirs, rtol=ROUNDED, atol=0)
            out |= ~(same | (np.isnan(ours) & np.isnan(theirs)))
        else:
            out |= ours != theirs
    return out
