"""One basis of adjustment for all vintages of a price, so that no return is made between two."""

from __future__ import annotations

import numpy as np
import pandas as pd

from research.market.sources import MOMENT

ROUNDED = 1e-5  # what rounding may make of an adjusted close
_REBASED = 1e-3  # by how much closes of one split may differ from its ratio
_MANY = 20  # rows in common, of which half may not be told otherwise
_FEW = 5  # rows in common by which a basis is told


def on_the_basis_told(frame: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the adjusted closes of each instrument in the basis of what was `told` before.

    A source adjusts its whole history anew for each distribution, by one factor. Only changes of
    adjusted closes mean anything, so rows that are new come in the old factor, and the history is
    no revision. `told` has the rows of `frame`, with the values told before or none.
    """
    ratio = told["adj_close"].astype(float).to_numpy() / frame["adj_close"].to_numpy()
    known = pd.DataFrame({"instrument": frame["instrument"], "date": frame["date"], "ratio": ratio})
    known = known[np.isfinite(known["ratio"]) & (known["ratio"] > 0)].sort_values("date")
    # Of several, since one of them may be a price that was corrected.
    factor = known.groupby("instrument").tail(_FEW).groupby("instrument")["ratio"].median()
    by_row = frame["instrument"].map(factor).fillna(1.0).astype(float)
    by_row = by_row.where((by_row - 1).abs() > ROUNDED, 1.0)
    return frame.assign(adj_close=frame["adj_close"] * by_row)


def rewritten(frame: pd.DataFrame, told: pd.DataFrame) -> dict[str, str]:
    """Instrument → in words how many of its closes are others than those `told` before.

    Only where that is most of many, and not by one factor as after a split: another series has
    taken the name, or its unit or its column has changed.
    """
    keys = ["instrument", "date"]
    before = told.drop_duplicates(keys, keep="last").set_index(keys)["close"]
    ratio = before.reindex(pd.MultiIndex.from_frame(frame[keys])).to_numpy() / frame["close"]
    found = {}
    for name, of in ratio.dropna().groupby(frame["instrument"]):
        other = (of - 1).abs() > ROUNDED
        is_split = ((of / of.median() - 1).abs() < _REBASED).all()
        if len(of) >= _MANY and other.mean() > 0.5 and not is_split:
            found[str(name)] = f"{int(other.sum()):,} of {len(of):,} prices of {name}"
    return found


def since_rebased(
    frame: pd.DataFrame, told: pd.DataFrame, known: np.ndarray, moment: pd.Timestamp
) -> pd.Series:
    """From when on each row's revision is known: `moment`, or for a split the first new row's.

    Closes that all changed by one factor were split: what is new is by the new share, so the
    history must be too as soon as it is seen.
    """
    since = pd.Series(moment, index=frame.index).astype(MOMENT)
    ratio = pd.Series(told["close"].astype(float).to_numpy() / frame["close"].to_numpy())
    for rows in frame.groupby("instrument").groups.values():
        old, new = rows[known[rows]], rows[~known[rows]]
        factors = ratio[old].dropna()
        middle = factors.median()
        is_split = len(factors) >= _FEW and abs(middle - 1) > _REBASED
        if len(new) and is_split and ((factors / middle - 1).abs() < _REBASED).all():
            since[old] = frame.loc[new, "available_at"].min()
    return since
