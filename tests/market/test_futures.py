"""Contracts into one line: its returns are those of the contract held, its levels are raw."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.errors import DataError
from research.market.futures import Continuous, continuous, delivery, is_rolled, rolls_of

DAYS = pd.bdate_range("2026-01-26", periods=3)


def table(**lines: list[float]) -> pd.DataFrame:
    """Rows of contracts `m2026_02=[…]` on `DAYS`; NaN is no row."""
    wide = pd.DataFrame(lines, index=DAYS[: len(next(iter(lines.values())))])
    wide.columns = [name[1:].replace("_", "-") for name in wide]
    long = wide.rename_axis("date").rename_axis(columns="contract").stack()
    return long.rename("settlement").dropna().reset_index()


def made(seed: int, contracts: int = 4, days: int = 60) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random contracts with a curve, and settlements by date × contract; trade moves outwards."""
    draw = np.random.default_rng(seed)
    index = pd.bdate_range("2025-01-01", periods=days)
    names = [f"2025-{2 * n + 2:02d}" for n in range(contracts)]
    common = np.exp(np.cumsum(draw.normal(0, 0.02, days)))[:, None]
    curve = np.exp(np.cumsum(draw.normal(0.01, 0.03, contracts)))
    noise = np.exp(np.cumsum(draw.normal(0, 0.003, (days, contracts)), axis=0))
    wide = pd.DataFrame(100 * common * curve * noise, index=index, columns=names)
    middle = (np.arange(contracts) + 0.5) * days / contracts
    volume = 1000 * np.exp(-(((np.arange(days)[:, None] - middle) / 12) ** 2))
    rows = wide.rename_axis("date").rename_axis(columns="contract").stack().rename("settlement")
    frame = rows.reset_index().assign(volume=volume.ravel())
    return frame, wide


def held_returns(line: Continuous, wide: pd.DataFrame) -> np.ndarray:
    """Of each day, the return of the contract held on it, within that contract."""
    moved = wide.pct_change()
    return np.array([moved.at[day, name] for day, name in line.contract.iloc[1:].items()])


def test_the_oracle_of_a_roll(shared: Path) -> None:
    known = json.loads((shared / "oracles.json").read_text(encoding="utf-8"))["roll"]
    contracts = table(m2026_02=known["near"], m2026_04=known["far"])
    start = DAYS[known["roll_after_index"] + 1].date()
    line = continuous(contracts, {"2026-02": DAYS[0].date(), "2026-04": start})
    assert line.settlement.pct_change().iloc[-1] == pytest.approx(
        known["spliced_return_wrong"], abs=1e-6
    )
    assert line.adjusted.pct_change().iloc[-1] == pytest.approx(
        known["ratio_adjusted_return"], abs=1e-6
    )


def test_levels_are_raw_and_the_last_contract_keeps_its_own() -> None:
    contracts = table(m2026_02=[1000, 1005, 1010], m2026_04=[1010, 1015.05, 1020.1])
    line = continuous(contracts, {"2026-02": DAYS[0].date(), "2026-04": DAYS[2].date()})
    assert line.settlement.tolist() == [1000, 1005, 1020.1]
    assert line.contract.tolist() == ["2026-02", "2026-02", "2026-04"]
    assert line.ratios.to_dict() == {DAYS[1]: pytest.approx(1.01)}
    assert line.adjusted.tolist() == pytest.approx([1010, 1015.05, 1020.1])
    assert line.adjusted.iloc[-1] == 1020.1
    assert line.chained.tolist() == pytest.approx([1000, 1005, 1010])


def test_more_trade_on_a_day_rolls_on_the_next_and_never_back() -> None:
    contracts = table(m2026_02=[10, 11, 12], m2026_04=[20, 21, 24])
    more = contracts.assign(volume=[9, 1, 4, 5, 9, 1])  # by day: near and far
    line = continuous(more, "volume")
    assert line.contract.tolist() == ["2026-02", "2026-02", "2026-04"]
    longer = table(m2026_02=[10, 11, 12], m2026_04=[20, 21, 24])
    back = continuous(longer.assign(volume=[1, 9, 9, 1, 9, 1]), "volume")
    assert back.contract.tolist() == ["2026-02", "2026-04", "2026-04"]
    assert back.chained.tolist() == pytest.approx([10, 10 * 21 / 20, 10 * 24 / 20])


def test_a_contract_without_a_settlement_is_not_rolled_into() -> None:
    contracts = table(m2026_02=[10, 11, 12], m2026_03=[np.nan, np.nan, 13], m2026_04=[20, 21, 22])
    contracts = contracts.assign(open_interest=[5, 9, 5, 1, 5, 99, 1])
    line = continuous(contracts, "open_interest")
    assert line.contract.tolist() == ["2026-02", "2026-04", "2026-04"]


@pytest.mark.parametrize("rule", ["volume", "days"])
@given(seed=st.integers(0, 10_000))
def test_adjusted_returns_are_those_of_the_contract_held_everywhere(rule: str, seed: int) -> None:
    frame, wide = made(seed)
    names = list(wide)
    starts = dict(zip(names, wide.index[[0, 17, 31, 44]].date, strict=True))
    line = continuous(frame, "volume" if rule == "volume" else starts)
    assert len(line.ratios) == 3
    assert (line.adjusted > 0).all()
    np.testing.assert_allclose(line.adjusted.pct_change().iloc[1:], held_returns(line, wide))
    np.testing.assert_allclose(line.chained.pct_change().iloc[1:], held_returns(line, wide))
    last = line.contract == line.contract.iloc[-1]
    assert (line.adjusted[last] == line.settlement[last]).all()


@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 100), place=st.integers(0, 3))
def test_the_scale_of_one_contract_moves_no_return(seed: int, factor: float, place: int) -> None:
    frame, wide = made(seed)
    scaled = frame.copy()
    scaled.loc[scaled["contract"] == list(wide)[place], "settlement"] *= factor
    before, after = (continuous(one, "volume").adjusted.pct_change() for one in (frame, scaled))
    np.testing.assert_allclose(before, after, rtol=1e-9, atol=1e-12)


@given(seed=st.integers(0, 10_000), cut=st.integers(5, 59))
def test_later_days_change_nothing_of_the_chained_line_before(seed: int, cut: int) -> None:
    frame, wide = made(seed)
    early = continuous(frame[frame["date"] <= wide.index[cut]], "volume")
    late = continuous(frame, "volume")
    pd.testing.assert_series_equal(late.chained.iloc[: cut + 1], early.chained)
    assert (late.contract.iloc[: cut + 1] == early.contract).all()


def test_rolls_are_told_from_the_rows_of_the_line() -> None:
    line = continuous(made(7)[0], "volume")
    rows = pd.DataFrame(
        {
            "date": line.settlement.index,
            "close": line.settlement.to_numpy(),
            "adj_close": line.chained.to_numpy(),
            "price_type": "settlement",
        }
    )
    assert is_rolled(rows)
    assert not is_rolled(rows.assign(adj_close=np.nan))
    assert not is_rolled(rows.assign(price_type="close"))
    found = rolls_of(rows)
    assert found.index.tolist() == line.ratios.index.tolist()
    np.testing.assert_allclose(found.to_numpy(), line.ratios.to_numpy())


@pytest.mark.parametrize(
    ("name", "month"),
    [("2026-02", (2026, 2)), ("GCG26", (2026, 2)), ("HGZ25", (2025, 12)), ("K26", (2026, 5))],
)
def test_a_contract_tells_its_month(name: str, month: tuple[int, int]) -> None:
    assert delivery(name) == month


# ── refusals ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["front", "2026-13", "GC1!", "GCA26"])
def test_a_contract_without_a_month_is_refused(name: str) -> None:
    with pytest.raises(DataError) as caught:
        delivery(name)
    assert str(caught.value) == (
        f"contract {name!r} does not tell its month of delivery; expected 2026-02, or a code that "
        "ends like GCG26."
    )


def test_a_roll_without_both_settlements_is_refused() -> None:
    contracts = table(m2026_02=[10, np.nan, np.nan], m2026_04=[20, 21, 22])
    with pytest.raises(DataError) as caught:
        continuous(contracts, {"2026-02": DAYS[0].date(), "2026-04": DAYS[2].date()})
    assert str(caught.value) == (
        "2026-02 and 2026-04 are not both settled on 2026-01-27, the day of their roll, so there "
        "is no ratio. Roll on another day, or bring that settlement."
    )


def test_a_contract_that_ends_without_a_roll_is_refused() -> None:
    contracts = table(m2026_02=[10, 11, np.nan], m2026_04=[20, 21, 22])
    with pytest.raises(DataError) as caught:
        continuous(contracts.assign(volume=[9.0, 1, 9, 1, 1]), "volume")
    assert str(caught.value) == (
        "2026-02 is held to the end and settled last on 2026-01-27, while later contracts go on "
        "to 2026-01-28. Roll it by days, or bring what it traded."
    )


def test_a_settlement_below_zero_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        continuous(table(m2026_02=[10, -1, 12]), "volume")
    assert str(caught.value) == (
        "2026-02 settled at -1 on 2026-01-27; a ratio needs settlements above zero."
    )


def test_a_later_month_held_earlier_is_refused() -> None:
    contracts = table(m2026_02=[10, 11, 12], m2026_04=[20, 21, 22])
    with pytest.raises(DataError) as caught:
        continuous(contracts, {"2026-02": DAYS[2].date(), "2026-04": DAYS[0].date()})
    assert str(caught.value) == (
        "2026-04 is held from 2026-01-26, no later than 2026-02, which is delivered before it and "
        "held from 2026-01-28. Contracts follow each other by their month."
    )


def test_a_roll_into_a_contract_that_is_not_there_is_refused() -> None:
    rolls = {"2026-02": DAYS[0].date(), "2026-04": dt.date(2026, 1, 28)}
    with pytest.raises(DataError, match="rolls name 2026-04, and no row is of such a contract"):
        continuous(table(m2026_02=[10, 11, 12]), rolls)
