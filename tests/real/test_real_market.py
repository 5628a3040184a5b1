"""The real vendor files through the catalogue: known answers, joins, and what must be said."""

from __future__ import annotations

import datetime as dt
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from research.market.checks import check
from research.market.market import Market
from research.market.sources.files import FilesSource

At = Callable[[str], Market]
DAYS = ("2026-01-28", "2026-02-04", "2026-04-29")


def test_gold_of_28_january_is_the_lbma_fix_and_named_as_such(market: At) -> None:
    gold = market("2026-01-28").latest("gold")
    assert gold is not None
    assert (gold.value, gold.unit.text, gold.date) == (5306.95, "USD/oz", dt.date(2026, 1, 28))
    assert (gold.price_type, gold.source, gold.stale) == ("fix", "LBMA PM fix", False)


@pytest.mark.parametrize(
    ("id", "day", "value"),
    [
        ("gold", "2026-01-26", 5090.80),
        ("gold", "2026-01-27", 5064.25),
        ("gold", "2026-01-29", 5405.00),
        ("gold", "2026-01-30", 4981.85),
        ("gold", "2026-02-04", 4985.10),
        ("gold", "2026-04-29", 4522.10),
        ("silver", "2026-01-28", 112.795),
        ("silver", "2026-01-29", 118.45),
        ("gdx", "2026-01-28", 112.16),
        ("gdx", "2026-02-04", 98.70),
        ("pick", "2026-01-28", 61.33),
    ],
)
def test_levels_are_those_of_the_files(market: At, id: str, day: str, value: float) -> None:
    quote = market("2026-04-29").closes([id]).frame.loc[day, id]
    assert quote == pytest.approx(value, abs=5e-3)


def test_silver_peaked_on_29_january_and_nobody_saw_it_the_day_before(market: At) -> None:
    later = market("2026-04-29").closes(["silver"]).frame["silver"]
    assert (later.idxmax(), later.max()) == (pd.Timestamp("2026-01-29"), 118.45)
    assert market("2026-01-28").closes(["silver"]).frame["silver"].max() < 118.45


@pytest.mark.parametrize("day", DAYS)
def test_nothing_after_as_of_is_visible(market: At, day: str) -> None:
    rows = market(day).frame("prices")
    assert rows["date"].max() <= pd.Timestamp(day)
    assert rows["available_at"].max() <= pd.Timestamp(f"{day} 23:59:59.999999", tz="UTC")
    assert (rows["date"] == day).any()


def test_a_market_of_files_can_be_handed_to_another_process(market: At) -> None:
    seen = market("2026-01-28")
    check(seen)
    expected = seen.closes(["gold", "silver"]).frame
    again = pickle.loads(pickle.dumps(seen, protocol=5))
    assert again.inputs() == seen.inputs()
    pd.testing.assert_frame_equal(again.closes(["gold", "silver"]).frame, expected)
    assert check(again).results == check(seen).results


def test_a_later_date_only_adds_rows(market: At) -> None:
    early, late = (market(day).frame("prices") for day in DAYS[:2])
    known = late[late["available_at"] <= pd.Timestamp("2026-01-28 23:59:59", tz="UTC")]
    pd.testing.assert_frame_equal(early, known.reset_index(drop=True))


# ── joins ───────────────────────────────────────────────────────────────────


def test_barrick_goes_on_under_its_new_ticker(market: At, shared: Path) -> None:
    level = market("2026-04-29").total_return(["barrick"])["barrick"]
    change = level.pct_change()["2024-03-01":]
    assert level["2000-01-03":].notna().all()
    assert change.abs().max() < 0.13  # the worst is 30 January 2026, with gold
    renamed = change["2025-05-05":"2025-05-14"]  # GOLD until 8 May 2025, B from 9 May
    assert renamed.abs().max() < 0.08
    files = (
        ("miners-ohlcv-2000-2024/GOLD.csv", "Date", "Adj Close", "2023-03-08"),
        ("miners-adjclose-2024-2026/B.csv", "date", "adj_close", "2024-09-03"),
    )
    for file, date, column, start in files:
        own = pd.read_csv(shared / "market" / file, parse_dates=[date], index_col=date)[column]
        expected = own.pct_change()[start:].iloc[:120]
        found = level.pct_change().reindex(expected.index)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("switch", ["2022-02-01", "2025-03-31"])
def test_the_total_return_of_pick_is_continuous_where_vendors_change(
    market: At, switch: str
) -> None:
    change = market("2026-04-29").total_return(["pick", "acwi"]).pct_change()
    day = change.index.get_indexer([pd.Timestamp(switch)])[0]
    around = change.iloc[day - 3 : day + 4]
    assert around["pick"].notna().all()
    # Miners and world equities move together; a wrong ratio would stand apart.
    assert (around["pick"] - around["acwi"]).abs().max() < 0.035


def test_pick_has_total_returns_throughout_and_prices_only_where_paid(market: At) -> None:
    rows = market("2026-04-29").frame("prices")
    pick = rows[rows["instrument"] == "pick"].set_index("date")
    assert pick["adj_close"].notna().all()
    assert pick["close"]["2022-02-01":"2025-03-28"].isna().all()
    assert pick["close"]["2025-03-31":].notna().all()


def test_the_iex_file_is_total_return_though_it_says_otherwise(shared: Path) -> None:
    def read(file: str, column: str) -> pd.Series:
        frame = pd.read_csv(shared / "market" / file)
        days = pd.to_datetime(frame.iloc[:, 0].str[:10])
        return pd.Series(frame[column].to_numpy(), index=days)

    iex = read("iex-ohlcv-2020-2025/GDX.csv", "Close")
    drift = {}
    for column in ("AdjClose", "Close"):
        ratio = (read("etf-ohlcv/GDX.csv", column) / iex).dropna()
        drift[column] = abs(ratio.iloc[-10:].median() / ratio.iloc[:10].median() - 1)
    assert drift["AdjClose"] < 0.002
    assert drift["Close"] > 0.05


def test_no_company_jumps_where_its_vendors_change(market: At) -> None:
    held = market("2026-04-29")
    ids = [one.id for one in held.universe.companies()]
    change = held.total_return(ids).pct_change()
    for day in ("2024-03-11", "2024-08-23"):
        moves = change.loc[day].dropna()
        assert len(moves) >= 19
        assert moves.abs().max() < 0.11, moves.abs().idxmax()  # Harmony's results of 11 March
        assert moves.abs().median() < 0.03


def test_rows_known_to_be_wrong_are_left_out(market: At) -> None:
    rows = market("2026-04-29").frame("prices")
    ore = rows[rows["instrument"] == "iron-ore"].set_index("date")["close"]
    for day in ("2015-06-23", "2015-09-07", "2015-10-08"):
        assert pd.Timestamp(day) not in ore.index
        assert ore[:day].iloc[-1] == pytest.approx(ore[day:].iloc[0], rel=0.07)


# ── units ───────────────────────────────────────────────────────────────────


def test_each_price_comes_in_the_unit_of_its_vendor(market: At) -> None:
    units = market("2026-04-29").frame("prices").groupby("instrument")["unit"].unique()
    assert (units.str.len() == 1).all()
    wanted = {"copper": "USD/lb", "iron-ore": "CNY/t", "lithium": "CNY/t", "gold": "USD/oz",
              "glencore": "GBp", "cadusd": "USD per CAD", "us10y": "%"}  # fmt: skip
    assert {key: units[key][0] for key in wanted} == wanted


def test_copper_by_the_tonne_is_copper_by_the_pound(market: At) -> None:
    held = market("2026-01-28")
    tonne = held.closes(["copper"], unit="USD/t").frame["copper"].iloc[-1]
    assert tonne == pytest.approx(5.8925 * 2204.62262, rel=1e-6)


def test_a_canadian_dollar_is_the_inverse_of_the_files_pair(market: At, shared: Path) -> None:
    file = pd.read_csv(shared / "market/futures-ohlcv-2019-2026/USDCAD=X.csv", index_col="Date")
    found = market("2026-01-28").latest("cadusd")
    assert found is not None
    assert found.value == pytest.approx(1 / file.loc["2026-01-28", "close"])


# ── what must be said ───────────────────────────────────────────────────────


@pytest.mark.parametrize("day", DAYS)
def test_what_is_missing_degrades_and_never_blocks(market: At, day: str) -> None:
    gates = check(market(day))
    assert gates.status == "DEGRADED"
    for dataset in ("fundamentals", "consensus", "ratings", "ownership"):
        assert any(one.startswith(f"{dataset}: none is known by") for one in gates.messages)
    missing = next(one for one in gates.messages if "prices: nothing for" in one)
    assert "zinc" in missing
    assert "cnyusd" in missing


def test_london_is_stale_and_says_since_when(market: At) -> None:
    told = next(one for one in check(market("2026-01-28")).messages if "fresnillo" in one)
    assert told == (
        "prices: glencore, anglo-american, fresnillo, antofagasta last price is 2024-03-12, 471 "
        "sessions before as_of 2026-01-28; at most 2 are allowed. Bring newer data, or drop them "
        "in the universe."
    )
    quote = market("2026-01-28").latest("fresnillo")
    assert quote is not None
    assert quote.stale


def test_palladium_goes_stale_in_april(market: At) -> None:
    def said(day: str) -> list[str]:
        return [one for one in check(market(day)).messages if "palladium" in one]

    assert said("2026-02-04") == []
    assert "last price is 2026-03-13, 32 sessions before" in said("2026-04-29")[0]


def test_company_prices_are_returns_only_and_the_gate_says_so(market: At) -> None:
    held = market("2026-01-28")
    barrick = held.latest("barrick")
    assert barrick is not None
    assert (barrick.date, barrick.stale) == (dt.date(2024, 3, 8), True)
    assert any("only adjusted closes on the last day" in one for one in check(held).messages)


def test_the_source_names_every_file_by_the_hash_of_its_bytes(
    vendors: FilesSource, shared: Path
) -> None:
    inputs = vendors.inputs()
    gold = (shared / "market/macro-daily/gold.csv").read_bytes()
    key = "../../../shared/market/macro-daily/gold.csv"
    assert inputs[key] == hashlib.sha256(gold).hexdigest()
    assert not any(Path(name).is_absolute() for name in inputs)


def test_the_source_line_names_the_fix_and_the_future(market: At) -> None:
    held = market("2026-01-28")
    assert held.sources(["gold", "copper"]) == "LBMA PM fix; COMEX front month"
    assert not held.illustrative
