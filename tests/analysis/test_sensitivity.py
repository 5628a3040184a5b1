"""Other metal prices: the grid's middle is the comparables table, and it runs one way."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from research.analysis.comps import comps
from research.analysis.sensitivity import (
    STEPS,
    at_prices,
    deck_cases,
    deck_changes,
    price_grid,
    sub_group_medians,
)
from research.analysis.valuation import annuity
from research.market import Market
from research.params import load

NOW = pd.Timestamp("2026-01-20", tz="UTC")


@pytest.fixture
def market(make_market, weekdays):
    """Freeport alone: 60 % of revenue from copper, royalty of 7 %, margin of half."""
    reported = {
        "shares_m": (1400, "m"),
        "net_debt": (1000, "USD m"),
        "ebitda": (9000, "USD m"),
        "revenue": (18000, "USD m"),
        "nav": (60000, "USD m"),
        "royalty_rate": (0.07, "ratio"),
        "revenue_share_copper": (0.6, "ratio"),
    }
    expected = {"ebitda": (10000, "USD m"), "eps": (2.5, "USD/share")}
    fundamentals = pd.DataFrame(
        [
            ("freeport", item, pd.Timestamp("2025-12-31"), float(value), unit, NOW)
            for item, (value, unit) in reported.items()
        ],
        columns=["instrument", "item", "period_end", "value", "unit", "available_at"],
    )
    consensus = pd.DataFrame(
        [
            ("freeport", item, pd.Timestamp("2026-12-31"), float(value), unit, NOW)
            for item, (value, unit) in expected.items()
        ],
        columns=["instrument", "item", "fiscal_year_end", "value", "unit", "available_at"],
    )
    return make_market(
        {"freeport": pd.Series(50.0, index=weekdays[-400:])},
        datasets={"fundamentals": fundamentals, "consensus": consensus},
    )


def case(changes, market, universe, decks, method):
    return at_prices(changes, comps(market, universe, method), market, decks, method).values


def test_ebitda_moves_by_share_royalty_and_margin(market, universe, decks, method):
    moved = case({"copper": 0.10}, market, universe, decks, method).loc["freeport"]
    assert moved["ebitda_change"] == pytest.approx(0.1116, abs=1e-12)  # DOMAIN §B.1, J3
    assert moved["ebitda_usd"] == pytest.approx(11.116e9)
    assert moved["ev_ebitda"] == pytest.approx(71e9 / 11.116e9)


def test_earnings_and_net_assets_take_what_is_left_after_tax(market, universe, decks, method):
    moved = case({"copper": 0.10}, market, universe, decks, method).loc["freeport"]
    taxed = 1.116e9 * (1 - method.valuation.nav_tax)
    worth = annuity(decks.discount_rates["copper"], method.valuation.nav_years)
    assert moved["eps_usd"] == pytest.approx(2.5 + taxed / 1.4e9)
    assert moved["eps_change"] == pytest.approx(taxed / 1.4e9 / 2.5)
    assert moved["nav_usd"] == pytest.approx(60e9 + taxed * worth)
    assert moved["p_nav"] == pytest.approx(70e9 / moved["nav_usd"])


def test_a_metal_that_brings_no_revenue_moves_nothing(market, universe, decks, method):
    moved = case({"gold": 0.5}, market, universe, decks, method).loc["freeport"]
    assert (moved["ebitda_change"], moved["eps_change"]) == (0, 0)


def test_a_fall_that_eats_the_earnings_leaves_no_multiple(market, universe, decks, method):
    moved = case({"copper": -0.9}, market, universe, decks, method).loc["freeport"]
    assert moved["ebitda_usd"] < 0.02e9
    assert moved["ev_ebitda"] == np.inf


def test_companies_without_accounts_stay_missing(market, universe, decks, method):
    assert case({"copper": 0.1}, market, universe, decks, method).loc["teck"].isna().all()


def test_decks_are_held_against_the_base_in_one_unit(decks):
    changes = deck_changes(decks["spot"], decks["consensus"], 2026)
    assert changes["gold"] == pytest.approx(5100 / 4400 - 1)
    in_pounds = (
        decks["spot"].prices["copper"].model_copy(update={"unit": "USD/lb", "by_year": {2026: 4.0}})
    )
    prices = decks["spot"].prices | {"copper": in_pounds}
    quoted = decks["spot"].model_copy(update={"prices": prices})
    of_copper = deck_changes(quoted, decks["consensus"], 2026)["copper"]
    assert of_copper == pytest.approx(8818.49 / 11400 - 1, abs=1e-6)


def test_a_year_that_no_deck_prices_moves_nothing(decks, market, universe, method):
    assert deck_changes(decks["spot"], decks["consensus"], 2031) == {}
    peers = comps(market, universe, method)
    late = decks.model_copy(update={"decks": ()})
    with pytest.raises(KeyError):
        deck_cases(peers, market, late, method)


# ── on the sample market ────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def sample(root):
    params = load(root / "params" / "mining-rally.yaml")
    market = Market.open(params)
    peers = comps(market, params.universe, params.method)
    return params, market, peers, price_grid(peers, market, params.decks, params.method)


def test_the_middle_of_the_grid_is_the_comparables_table(sample):
    _, _, peers, grid = sample
    for ours, theirs in (("ev_ebitda", "ev_ebitda_1"), ("pe", "pe"), ("p_nav", "p_nav")):
        found = grid[0.0].values[ours].replace(np.inf, np.nan)
        pd.testing.assert_series_equal(found, peers.values[theirs], check_names=False, rtol=1e-12)
        assert found.notna().sum() > 25
        medians = sub_group_medians(grid[0.0], grid[0.0], peers)[ours]
        expected = peers.statistics.xs("median", level=1)[theirs]
        pd.testing.assert_series_equal(
            medians.sort_index(), expected.sort_index(), check_names=False, rtol=1e-12
        )


def test_the_grid_runs_one_way(sample):
    _, _, peers, grid = sample
    for lower, higher in itertools.pairwise(STEPS):
        a, b = (sub_group_medians(grid[step], grid[0.0], peers) for step in (lower, higher))
        for multiple in ("ev_ebitda", "pe", "p_nav"):
            assert (a[multiple] >= b[multiple]).all()
        assert (a["ebitda_change"] < b["ebitda_change"]).all()
        below, above = (grid[one].values["nav_usd"].dropna() for one in (lower, higher))
        assert (below <= above + 1e-6).all()


def test_the_base_deck_is_the_comparables_and_spot_prices_earn_more(sample):
    params, market, peers, grid = sample
    cases = {one.label: one for one in deck_cases(peers, market, params.decks, params.method)}
    assert list(cases) == ["Spot", "Consensus", "Mid-cycle"]
    pd.testing.assert_frame_equal(cases["Consensus"].values, grid[0.0].values)
    changes = {
        label: sub_group_medians(one, grid[0.0], peers)["ebitda_change"]
        for label, one in cases.items()
    }
    assert (changes["Spot"] > 0).all()
    assert (changes["Mid-cycle"] < 0).all()
