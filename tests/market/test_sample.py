"""The sample market: the same bytes always, anchored on facts, shaped after the article."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from research.market import Market, Unit
from research.market.sources import BESIDES, COLUMNS
from research.market.sources.sample import SampleSource
from research.market.sources.sample_tables import load_calibration
from research.market.views import fingerprint
from research.params.models import Params, Universe

ANCHORED = ("gold", "silver", "platinum", "copper", "aluminium", "nickel", "zinc", "iron-ore")
GOLD_MINERS = ("gold-senior", "gold-intermediate")


@pytest.fixture(scope="module")
def market(params: Params) -> Market:
    return Market.open(params, source="sample")


@pytest.fixture(scope="module")
def closes(market: Market) -> pd.DataFrame:
    """Closes as quoted, date × instrument."""
    return market.frame("prices").pivot(index="date", columns="instrument", values="close")


@pytest.fixture(scope="module")
def weekly(market: Market) -> pd.DataFrame:
    """Ten years of Friday-to-Friday total returns in dollars."""
    ids = ["acwi", "pick", "gdx", "gold", "newmont", "bhp", "glencore", "vix"]
    return market.total_return(ids).resample("W-FRI").last().pct_change().iloc[-520:]


# ── the same bytes ──────────────────────────────────────────────────────────


def test_the_market_is_made_the_same_twice() -> None:
    one, other = (SampleSource(load_calibration.__wrapped__()) for _ in range(2))
    for dataset in COLUMNS:
        assert one.read(dataset) is not other.read(dataset)
        pd.testing.assert_frame_equal(one.read(dataset), other.read(dataset), check_exact=True)
    assert one.inputs() == other.inputs()


def test_another_process_with_another_hash_seed_makes_the_same_market() -> None:
    code = (
        "from research.market.sources import COLUMNS\n"
        "from research.market.sources.sample import SampleSource\n"
        "from research.market.views import fingerprint\n"
        "source = SampleSource()\n"
        "print(*[fingerprint(source.read(one)) for one in COLUMNS], *source.inputs().values())\n"
    )
    source = SampleSource()
    here = [*(fingerprint(source.read(one)) for one in COLUMNS), *source.inputs().values()]
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert there.stdout.split() == here


def test_another_instrument_leaves_the_others_unchanged() -> None:
    whole = load_calibration()
    newcomer = dataclasses.replace(whole.paths["newmont"], id="newcomer")
    company = next(one for one in whole.companies if one.id == "newmont")
    richer = SampleSource(
        dataclasses.replace(
            whole,
            paths={"newcomer": newcomer, **whole.paths},
            companies=(dataclasses.replace(company, id="newcomer"), *whole.companies),
        )
    )
    for dataset in ("prices", "fundamentals", "consensus", "ratings"):
        rows = richer.read(dataset)
        added = rows["instrument"] == "newcomer"
        assert added.any()
        left = rows[~added].reset_index(drop=True)
        pd.testing.assert_frame_equal(left, SampleSource().read(dataset), check_exact=True)


def test_two_instruments_of_the_same_calibration_do_not_move_together() -> None:
    whole = load_calibration()
    twin = dataclasses.replace(whole.paths["gold"], id="twin")
    rows = SampleSource(dataclasses.replace(whole, paths={**whole.paths, "twin": twin}))
    prices = rows.read("prices").pivot(index="date", columns="instrument", values="close")
    moves = np.log(prices[["gold", "twin"]]).diff()
    assert abs(moves.corr().loc["gold", "twin"]) < 0.2


# ── facts ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("metal", ANCHORED)
def test_yearly_averages_are_the_published_ones(closes: pd.DataFrame, metal: str) -> None:
    text = files("research.market.sources").joinpath("sample_data/metals_annual_average.csv")
    column = metal.replace("-", "_")
    published = {
        int(row["year"]): float(row[column])
        for row in csv.DictReader(text.read_text(encoding="utf-8").splitlines())
    }
    found = closes[metal].groupby(closes.index.year).mean()
    for year in range(2001, 2026):
        assert found[year] == pytest.approx(published[year], rel=0.01), year


def test_the_anchors_are_the_published_file(shared: Path) -> None:
    own = files("research.market.sources").joinpath("sample_data/metals_annual_average.csv")
    assert own.read_bytes() == (shared / "facts/metals_annual_average.csv").read_bytes()


# ── the universe ────────────────────────────────────────────────────────────


def test_every_instrument_of_the_universe_has_prices_to_the_last_session(market: Market) -> None:
    for one in market.universe.instruments:
        quote = market.latest(one.id)
        if one.stands_in_for:
            continue
        assert quote is not None, one.id
        monthly = quote.price_type == "average"
        assert not quote.stale if monthly else quote.date == market.as_of, one.id


def test_the_mean_of_a_month_is_known_in_the_second_month_after(
    market: Market, params: Params
) -> None:
    indicator = "leading-indicator"
    rows = market.frame("prices")
    rows = rows[rows["instrument"] == indicator]
    assert set(rows["price_type"]) == {"average"}
    assert not rows["date"].dt.to_period("M").duplicated().any()
    lag = rows["available_at"].dt.tz_localize(None) - rows["date"]
    assert lag.dt.days.unique().tolist() == [38]
    assert rows["date"].max() == pd.Timestamp("2025-11-28")
    for day, last in (("2026-01-02", "2025-10-31"), ("2026-01-05", "2025-11-28")):
        quote = Market.open(params, source="sample", as_of=day).latest(indicator)
        assert quote is not None
        assert (str(quote.date), quote.stale) == (last, False)
    ages = rows["available_at"].dt.tz_localize(None).shift(-1) - rows["date"]
    assert ages.dt.days.max() - 1 <= market.method.sampling.average_fresh_days


def test_prices_are_in_the_unit_of_the_primary_listing(market: Market) -> None:
    for one in market.universe.instruments:
        quote = market.latest(one.id)
        if one.stands_in_for:
            continue
        assert quote is not None
        assert str(quote.unit) == (one.primary.unit if one.primary else one.unit), one.id


def test_no_instrument_trades_before_it_was_listed(market: Market) -> None:
    first = market.frame("prices").groupby("instrument")["date"].min()
    for one in market.universe.instruments:
        if one.primary and one.primary.valid_from:
            assert first[one.id].date() >= one.primary.valid_from, one.id


def test_accounts_are_in_the_reporting_currency_and_fiscal_year(market: Market) -> None:
    reported, expected = market.reported("ebitda"), market.consensus("eps")
    for one in market.universe.companies():
        rows = reported[reported["instrument"] == one.id]
        assert set(rows["unit"]) == {f"{one.reporting_currency} m"}, one.id
        assert {f"{day:%m-%d}" for day in rows["period_end"]} == {one.fiscal_year_end}, one.id
        rows = expected[expected["instrument"] == one.id]
        assert set(rows["unit"]) == {f"{one.reporting_currency}/share"}, one.id
        assert {f"{day:%m-%d}" for day in rows["fiscal_year_end"]} == {one.fiscal_year_end}


def test_every_unit_can_be_read(market: Market) -> None:
    for dataset in ("prices", "fundamentals", "consensus"):
        for text in market.frame(dataset)["unit"].unique():
            assert str(Unit(text)) == text


def test_rows_say_that_they_are_of_the_sample(market: Market) -> None:
    for dataset in (one for one in COLUMNS if one not in BESIDES):
        assert set(market.frame(dataset)["source"]) == {"sample"}
    assert market.source.title == "Sample market (illustrative)"
    assert market.source.illustrative is True


def test_lines_outside_new_york_miss_days_of_their_own(closes: pd.DataFrame) -> None:
    assert np.isnan(closes.loc["2026-01-26", "bhp"])  # Australia Day
    assert np.isnan(closes.loc["2025-08-25", "fresnillo"])  # summer bank holiday
    assert closes["newmont"].notna().all()


def test_rows_become_public_after_what_they_tell_of(market: Market) -> None:
    prices = market.frame("prices")
    assert (prices["available_at"].dt.tz_localize(None) > prices["date"]).all()
    accounts = market.frame("fundamentals")
    lag = (accounts["published_at"] - accounts["period_end"]).dt.days
    assert lag.between(59, 63).all()
    holdings = market.frame("ownership")
    assert (holdings["available_at"].dt.tz_localize(None) - holdings["date"]).dt.days.eq(45).all()
    ratings = market.frame("ratings")
    assert (ratings["available_at"].dt.tz_localize(None).dt.normalize() == ratings["date"]).all()


# ── the article ─────────────────────────────────────────────────────────────


def test_gold_is_at_a_record_of_about_5100_in_the_last_week(closes: pd.DataFrame) -> None:
    assert closes["gold"].idxmax() >= pd.Timestamp("2026-01-26")
    assert closes["gold"].max() == pytest.approx(5100, rel=0.005)


@pytest.mark.parametrize("id", ["silver", "platinum", "copper", "pick", "gdx"])
def test_what_the_article_calls_a_record_is_one(closes: pd.DataFrame, id: str) -> None:
    assert closes[id].idxmax() >= pd.Timestamp("2026-01-26")


def test_most_miners_gained_20_to_50_per_cent_in_six_months(
    closes: pd.DataFrame, params: Params
) -> None:
    gain = closes.ffill().iloc[-1] / closes.ffill().loc["2025-08-01"] - 1
    all_miners = gain[[one.id for one in params.universe.companies()]]
    gold = gain[[one.id for group in GOLD_MINERS for one in params.universe.companies(group)]]
    for miners in (all_miners, gold):
        assert 0.30 <= miners.median() <= 0.42
        assert 0.5 < miners.between(0.2, 0.5).mean() < 0.9
    assert all_miners.min() < 0.2
    assert all_miners.max() > 0.5


def _beta(weekly: pd.DataFrame, one: str, other: str) -> float:
    pair = weekly[[one, other]].dropna()
    return float(np.cov(pair.T)[0, 1] / pair[other].var())


def test_diversified_miners_fall_with_the_market_and_gold_miners_half_as_much(
    weekly: pd.DataFrame,
) -> None:
    falling = weekly[weekly["acwi"] < weekly["acwi"].mean()]
    assert 1.0 <= _beta(weekly, "pick", "acwi") <= 1.2
    assert 1.0 <= _beta(falling, "pick", "acwi") <= 1.35
    assert 0.35 <= _beta(weekly, "gdx", "acwi") <= 0.65
    assert _beta(weekly, "gdx", "gold") > 1.4
    assert _beta(weekly, "newmont", "gold") > 1.0


def test_fear_rises_when_equities_fall(weekly: pd.DataFrame) -> None:
    assert weekly["vix"].corr(weekly["acwi"]) < -0.5


@pytest.mark.parametrize(
    ("first", "last", "least", "most"),
    [
        ("2008-05-01", "2009-04-30", -0.70, -0.45),
        ("2020-02-01", "2020-04-30", -0.45, -0.25),
        ("2021-11-01", "2022-12-31", -0.38, -0.20),
    ],
)
def test_world_equities_fell_in_the_crises_they_fell_in(
    closes: pd.DataFrame, first: str, last: str, least: float, most: float
) -> None:
    level = closes["acwi"].loc[first:last]
    assert least < (level / level.cummax() - 1).min() < most


def test_bills_stay_between_nothing_and_five_and_a_half_per_cent(closes: pd.DataFrame) -> None:
    assert closes["us3m"].between(0, 5.6).all()
    assert closes.loc["2014-06-02", "us3m"] < 0.6
    assert closes.loc["2023-08-01", "us3m"] > 4.8


def test_no_price_jumps_as_if_its_unit_had_changed(closes: pd.DataFrame) -> None:
    ratios = (
        closes.drop(columns=["us3m", "us10y", "vix"]).ffill().pct_change(fill_method=None).abs()
    )
    assert ratios.max().max() < 1.0


def test_buy_ratings_fell_over_six_months(market: Market) -> None:
    rows = market.frame("ratings").sort_values("date")

    def at(day: str) -> pd.Series:
        known = rows[rows["date"] <= day]
        return known.groupby(["analyst", "instrument"])["rating"].last()

    before, now = at("2025-08-01"), at("2026-01-30")
    assert len(now) >= 200
    assert -0.15 < (now == "Buy").mean() - (before == "Buy").mean() < -0.03
    rank = {"Sell": 0, "Hold": 1, "Buy": 2}
    step = now.map(rank) - before.reindex(now.index).map(rank)
    assert (step < 0).sum() > 2 * (step > 0).sum()


def test_every_change_of_rating_is_a_change(market: Market) -> None:
    rows = market.frame("ratings").sort_values(["analyst", "instrument", "date"], kind="stable")
    earlier = rows.groupby(["analyst", "instrument"])["rating"].shift()
    assert not (rows["rating"] == earlier).any()
    assert rows["broker"].nunique() == 12


def test_uk_funds_hold_fewer_miners_than_their_benchmark(market: Market) -> None:
    rows = market.frame("ownership").assign(active=lambda f: f["weight"] - f["benchmark_weight"])
    assert rows["fund"].nunique() == 8
    active = rows.groupby("date")["active"].mean()
    assert active.iloc[-1] < -0.01
    assert (active.iloc[-1] - active.mean()) / active.std() < -1


@pytest.fixture(scope="module")
def multiples(market: Market) -> pd.DataFrame:
    """EV over EBITDA of calendar 2026, derived here from the raw rows."""
    ids = [one.id for one in market.universe.companies()]
    price = market.closes(ids, unit="USD").frame.iloc[-1]
    rates = {"USD": 1.0} | {
        name: market.closes([f"{name.lower()}usd"]).frame.iloc[-1, 0]
        for name in ("AUD", "CAD", "ZAR", "NOK")
    }

    def last(item: str) -> pd.Series:
        rows = market.reported(item).groupby("instrument").last()
        scale = [rates[unit[:3]] if unit.endswith(" m") else 1.0 for unit in rows["unit"]]
        return rows["value"] * scale

    expected = market.consensus("ebitda")
    expected = expected[expected["fiscal_year_end"].dt.year == 2026].set_index("instrument")
    ebitda = expected["value"] * [rates[unit[:3]] for unit in expected["unit"]]
    value = price * last("shares_m") + last("net_debt") + last("nci") - last("associates")
    return pd.DataFrame({"ev": value, "ebitda": ebitda, "net_debt": last("net_debt")})


def test_multiples_are_such_as_the_sector_has(multiples: pd.DataFrame) -> None:
    ratio = (multiples["ev"] / multiples["ebitda"]).dropna()
    assert ratio[ratio > 0].between(4, 12).mean() > 0.7
    assert ratio[ratio > 0].between(3, 30).all()


def test_one_company_makes_a_loss_one_is_not_covered_and_one_has_net_cash(
    multiples: pd.DataFrame,
) -> None:
    assert multiples.index[multiples["ebitda"] < 0].tolist() == ["pilbara"]
    assert multiples.index[multiples["ebitda"].isna()].tolist() == ["eldorado"]
    assert multiples.loc["fresnillo", "net_debt"] < 0


def test_consensus_reaches_two_fiscal_years_ahead_every_week(market: Market) -> None:
    rows = market.frame("consensus").query("item == 'ebitda' and instrument == 'bhp'")
    newest = rows[rows["available_at"] == rows["available_at"].max()]
    assert [day.year for day in newest["fiscal_year_end"]] == [2026, 2027, 2028, 2029]
    vintages = rows["available_at"].drop_duplicates().sort_values()
    assert set(vintages.diff().dropna()) == {pd.Timedelta(days=7)}
    assert vintages.iloc[0] < pd.Timestamp(dt.date(2016, 2, 1), tz="UTC")


def test_an_instrument_the_sample_does_not_know_has_no_data(params: Params, market: Market) -> None:
    gold = params.universe["gold"]
    tin = gold.model_copy(update={"id": "tin", "name": "Tin", "unit": "USD/t"})
    universe = Universe.model_construct(
        **{**dict(params.universe), "instruments": (*params.universe.instruments, tin)}
    )
    wider = Market.open(params.model_copy(update={"universe": universe}))
    assert wider.latest("tin") is None
    assert wider.inputs() == market.inputs()
