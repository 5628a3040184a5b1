"""Pieces of history into one line: known answers, invariances, refusals."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from research.market.sources.splice import Piece, splice

DAYS = pd.bdate_range("2024-01-01", periods=40)
PATH = 100 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.02, len(DAYS))))


def piece(
    name: str,
    start: int,
    stop: int,
    *,
    close: float | None = None,
    adj: float | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    unit: str = "USD",
    price_type: str = "close",
    frequency: str = "daily",
    path: np.ndarray = PATH,
) -> Piece:
    """Days `start` to `stop` of the true path, scaled by `close` and `adj`."""
    days = DAYS[start:stop]
    return Piece(
        name=name,
        rows=pd.DataFrame(
            {
                "instrument": "x",
                "date": days,
                "close": path[start:stop] * (np.nan if close is None else close),
                "adj_close": path[start:stop] * (np.nan if adj is None else adj),
                "unit": unit,
                "price_type": price_type,
            }
        ),
        first=first,
        last=last,
        tolerance=0.01,
        frequency=frequency,
    )


def day(n: int) -> dt.date:
    return DAYS[n].date()


def test_adjusted_pieces_are_chained_by_their_returns() -> None:
    parts = [
        piece("a", 0, 20, close=1, adj=0.9, last=day(14)),
        piece("b", 10, 30, adj=7),
        piece("c", 25, 40, adj=0.01, first=day(26)),
    ]
    line, faults = splice("x", parts)
    assert faults == []
    assert line["date"].tolist() == DAYS.tolist()
    np.testing.assert_allclose(line["adj_close"], 0.9 * PATH, rtol=1e-12)


def test_closes_stay_where_somebody_paid_them_and_nowhere_else() -> None:
    line, _ = splice(
        "x", [piece("a", 0, 20, close=1, adj=0.9, last=day(14)), piece("b", 10, 40, adj=7)]
    )
    np.testing.assert_allclose(line["close"][:15], PATH[:15])
    assert line["close"][15:].isna().all()


def test_a_piece_that_has_only_closes_lends_them_to_the_chain() -> None:
    line, faults = splice(
        "x", [piece("a", 0, 20, close=1, last=day(14)), piece("b", 10, 40, adj=7)]
    )
    assert faults == []
    np.testing.assert_allclose(line["adj_close"], PATH, rtol=1e-12)


def test_without_any_adjusted_price_there_is_no_adjusted_line() -> None:
    line, _ = splice("x", [piece("a", 0, 20, close=1), piece("b", 10, 40, close=1, first=day(18))])
    assert line["adj_close"].isna().all()
    np.testing.assert_allclose(line["close"], PATH)


def test_rows_added_at_the_end_change_nothing_before() -> None:
    first = piece("a", 0, 20, adj=0.9, last=day(14))
    short, _ = splice("x", [first, piece("b", 10, 30, adj=7)])
    long, _ = splice("x", [first, piece("b", 10, 40, adj=7)])
    pd.testing.assert_frame_equal(short, long.iloc[: len(short)])


def test_the_scale_of_a_later_vendor_moves_no_price() -> None:
    first = piece("a", 0, 20, adj=0.9, last=day(14))
    one, _ = splice("x", [first, piece("b", 10, 40, adj=7)])
    other, _ = splice("x", [first, piece("b", 10, 40, adj=70)])
    np.testing.assert_allclose(one["adj_close"], other["adj_close"], rtol=1e-12)


def test_common_days_after_the_switch_serve_too() -> None:
    line, faults = splice("x", [piece("a", 0, 20, adj=2, last=day(14)), piece("b", 16, 40, adj=7)])
    assert faults == []
    np.testing.assert_allclose(
        line["adj_close"], 2 * np.delete(PATH, 15), rtol=1e-12
    )  # day 15 is in neither piece


def refused(*parts: Piece) -> str:
    _, faults = splice("x", list(parts))
    assert len(faults) == 1
    return faults[0]


def test_pieces_without_a_declared_switch_are_refused() -> None:
    told = refused(piece("a", 0, 20, close=1), piece("b", 10, 40, close=1))
    assert "x: both a and b give it. Declare `last` of the earlier" in told


def test_pieces_that_are_used_for_the_same_days_are_refused() -> None:
    told = refused(
        piece("a", 0, 20, close=1, last=day(14)), piece("b", 10, 40, close=1, first=day(12))
    )
    assert f"b begins on {day(12)}, but a, declared before it, is used to {day(14)}" in told


def test_a_piece_without_a_row_in_its_days_is_refused() -> None:
    told = refused(
        piece("a", 0, 20, close=1, last=day(39)), piece("b", 10, 30, close=1, first=None)
    )
    assert "b has no row from" in told


def test_pieces_without_common_days_are_refused() -> None:
    told = refused(piece("a", 0, 20, close=1, last=day(19)), piece("b", 20, 40, adj=1))
    assert "a and b have 0 common days, and 3 are needed" in told
    assert f"a ends on {day(19)}, b begins on {day(20)}" in told


def test_pieces_whose_returns_disagree_are_refused_and_the_worst_day_named() -> None:
    other = 100 * np.exp(np.cumsum(np.random.default_rng(8).normal(0, 0.02, len(DAYS))))
    told = refused(piece("a", 0, 20, adj=1, last=day(14)), piece("b", 10, 40, adj=1, path=other))
    gap = np.abs(np.diff(PATH[10:20]) / PATH[10:19] - np.diff(other[10:20]) / other[10:19])
    assert f"on {(gap > 0.01).sum()} of 9 common days" in told
    assert f"on {day(11 + int(gap.argmax()))} by {gap.max():.2%}" in told


def test_closes_a_hundred_times_too_high_are_refused() -> None:
    told = refused(piece("a", 0, 20, close=1, last=day(14)), piece("b", 10, 40, close=100))
    assert "closes of the later are 100 times those of the earlier" in told


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"unit": "GBp"}, "differ in unit (USD, GBp)"),
        ({"price_type": "fix"}, "differ in price type (close, fix)"),
        ({"frequency": "weekly"}, "are daily and weekly"),
    ],
)
def test_unlike_pieces_make_no_line(other: dict[str, str], said: str) -> None:
    told = refused(
        piece("a", 0, 20, close=1, last=day(14)),
        piece("b", 10, 40, close=1, **other),  # type: ignore[arg-type]
    )
    assert said in told
