"""What prices say today of each risk of the note."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import pandas as pd

from research.analysis.claims import Statement, state
from research.analysis.key_numbers import key_numbers
from research.market.units import Unit, UnitError

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Instrument, Method, Reading, Risk

COLUMNS = ["side", "text", "claims", "label", "value", "statement"]
YEAR = 52  # weeks: the high that a distance is measured from
MID_CYCLE_UNIT = "USD/t"


def risk_readings(risks: Iterable[Risk], market: Market, method: Method) -> pd.DataFrame:
    """One row a risk, those that point up first, else in their order; index: risk id.

    Columns: `side` (up, down), `text`, `claims`; `label` of the instrument read, `value` (fraction,
    NaN where prices know none, or the risk asks for none) and `statement`, which tells it (None
    for a risk without a reading). `change_6m` and `off_high` are those of `key_numbers`, of a rate
    the change in percentage points (fraction); `above_mid_cycle` is the last price over that of
    `method.iron_ore`, in its currency, less one. The first instrument that has it is read.
    """
    given = list(risks)
    rows = {
        one.id: [one.side, one.text, one.claims, *_read(one.reading, market, method)]
        for side in ("up", "down")
        for one in given
        if one.side == side
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("risk")


def _read(
    reading: Reading | None, market: Market, method: Method
) -> tuple[str, float, Statement | None]:
    if reading is None:
        return "", float("nan"), None
    numbers = key_numbers(market, method, reading.of)
    for name, row in numbers.iterrows():
        value, told = _MEASURES[reading.measure](row, market.universe[str(name)], method)
        if not pd.isna(value):
            return row["label"], value, told
    label = market.universe[reading.of[0]].label
    return label, float("nan"), state("{label}: not known", label=label)


def _change(row: pd.Series, of: Instrument, method: Method) -> tuple[float, Statement]:
    value, fmt, least = float(row["change_6m"]), "pct0", 0.005
    if of.kind == "rate":  # a yield earns no return: what it moved by is a difference
        value, fmt, least = (row["level"] - row["level"] / (1 + value)) / 100, "pp1", 0.0005
    template = f"{{label}} {{way}} {{x:{fmt}}} in {{w:num0}} weeks"
    if abs(value) < least:  # would print as nought
        template = "{label} unchanged over {w:num0} weeks"
    way, weeks = "up" if value > 0 else "down", method.sampling.six_months_weeks
    return value, state(template, label=of.label, way=way, x=abs(value), w=weeks)


def _off_high(row: pd.Series, of: Instrument, method: Method) -> tuple[float, Statement]:
    value = float(row["off_high"])
    template = "{label} {x:pct0} below its {w:num0}-week high"
    if value > -0.005:
        template = "{label} at its {w:num0}-week high"
    return value, state(template, label=of.label, x=-value, w=YEAR)


def _above_mid_cycle(row: pd.Series, of: Instrument, method: Method) -> tuple[float, Statement]:
    mid, value = method.iron_ore.mid_cycle_usd_t, float("nan")
    if not row["stale"]:
        try:
            value = row["level"] * Unit(row["unit"]).factor_to(Unit(MID_CYCLE_UNIT)) / mid - 1
        except UnitError:  # a price in another currency, with its taxes, is another price
            value = float("nan")
    template = "{label} {x:pct0} {way} its mid-cycle {mid:num0} {unit}"
    way, given = "above" if value >= 0 else "below", {"mid": mid, "unit": MID_CYCLE_UNIT}
    return value, state(template, label=of.label, way=way, x=abs(value), **given)


_MEASURES: dict[str, Callable[[pd.Series, Instrument, Method], tuple[float, Statement]]] = {
    "change_6m": _change,
    "off_high": _off_high,
    "above_mid_cycle": _above_mid_cycle,
}
