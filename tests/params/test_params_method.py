"""Thresholds are those of the domain brief, in order; decks price what exists."""

from __future__ import annotations

import pytest
import yaml

from research.params import Decks, Method

# ── refusals ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        (
            "p_max: 0.85",
            "p_max: 0.10",
            "outlook.p_max",
            "found 0.1, which is not above `p_min`, 0.15.",
        ),
        (
            "extends_above: 0.10",
            "extends_above: -0.20",
            "outlook.extends_above",
            "found -0.2, which is not above `reverses_below`, -0.1.",
        ),
        ("high: 0.50", "high: 0.20", "gains.high", "found 0.2, which is not above `low`, 0.2."),
        (
            "support_share: 0.70",
            "support_share: 0.30",
            "breadth.support_share",
            "found 0.3, which is not above `contradiction_share`, 0.4.",
        ),
        (
            "last: 2020-03-23",
            "last: 2020-02-18",
            "crises[4].last",
            "found 2020-02-18, which lies before `first`, 2020-02-19.",
        ),
        (
            "expires_on: 2026-04-13",
            "expires_on: 2026-01-12",
            "metal_view.expires_on",
            "found 2026-01-12, which lies before `said_on`, 2026-01-13.",
        ),
        (
            "- [0.55, slight",
            "- [0.66, slight",
            "outlook.words[1]",
            "found 0.66 after 0.65, expected falling probabilities.",
        ),
        (
            "{ run_up: 1.5, p: 0.80 }",
            "{ run_up: 1.5, p: 0.50 }",
            "run_ups.crash_steps[2].p",
            "found 0.5 after 0.53, expected rising steps.",
        ),
        (
            "{ run_up: 1.5, p: 0.80 }",
            "{ run_up: 0.9, p: 0.80 }",
            "run_ups.crash_steps[2].run_up",
            "found 0.9 after 1, expected rising steps.",
        ),
        (
            "- [0.00, more",
            "- [0.10, more",
            "outlook.words[4]",
            "found 0.1 as the lowest, expected 0, so that every p has its words.",
        ),
        ("- [0.55, slight lean to extend]", "- [0.55]", "outlook.words[1][1]", "is missing."),
    ],
)
def test_thresholds_out_of_order_are_refused(desk, old, new, key, problem):
    line = desk.edit("method.yaml", old, new)
    fault = desk.fault()
    assert (fault.line, fault.key, fault.problem) == (line, key, problem)


def test_a_gate_for_an_unknown_dataset_is_refused(desk):
    desk.edit("method.yaml", "{ fundamentals: 270", "{ fundamental: 270")
    assert str(desk.fault()).endswith(
        "gates.stale_days_by_dataset.fundamental: is not a dataset. Did you mean `fundamentals`?"
    )


def test_a_deck_for_an_unknown_metal_is_refused(desk):
    path = desk.folder / "params" / "decks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("      copper: ", "      cooper: ", 1), encoding="utf-8")
    assert str(desk.fault()).endswith(
        "decks.spot.prices.cooper: is not a metal of params/universe.yaml. Did you mean `copper`?"
    )


def test_a_rate_for_an_unknown_group_and_a_group_without_rate_are_refused(desk):
    desk.edit("decks.yaml", "  pgm: 0.08", "  pgn: 0.08")
    assert [str(fault).partition(": ")[2] for fault in desk.faults()] == [
        "discount_rates.pgm: is missing: the rate of a sub-group of params/universe.yaml.",
        "discount_rates.pgn: is not a sub-group of params/universe.yaml. Did you mean `pgm`?",
    ]


def test_two_decks_of_one_id_are_refused(desk):
    desk.edit("decks.yaml", "- id: mid-cycle", "- id: spot")
    assert "is taken; the first is on line" in desk.fault().problem


def test_a_base_that_is_no_deck_is_refused(desk):
    desk.edit("decks.yaml", "base: consensus", "base: concensus")
    fault = desk.fault()
    assert (fault.key, fault.problem) == ("base", '"concensus" is not one of the decks below.')
    assert fault.hint == "Did you mean `consensus`?"


@pytest.mark.parametrize(
    ("new", "problem"),
    [
        ("by_year: { 2026: 0, 2027", "found 0, expected a number above 0."),
        ("by_year: { next: 1, 2027", 'found "next", expected a whole number.'),
        ('by_year: { 2026: "5100", 2027', 'found "5100", expected a number.'),
    ],
)
def test_a_price_that_is_none_is_refused(desk, new, problem):
    desk.edit("decks.yaml", "by_year: { 2026: 5100, 2027", new)
    assert desk.fault().problem == problem


@pytest.mark.parametrize("unit", ["USD/lb", "EUR/oz", "USD", "index"])
def test_a_deck_in_another_unit_than_its_metal_is_refused(desk, unit):
    path = desk.folder / "params" / "decks.yaml"
    text = path.read_text(encoding="utf-8")
    line = text[: text.index("gold:  ")].count("\n") + 1
    path.write_text(text.replace("USD/oz", f"{unit}", 1), encoding="utf-8")
    assert str(desk.fault()) == (
        f'params/decks.yaml, line {line}: decks.spot.prices.gold.unit: found "{unit}", but `gold` '
        "is quoted in USD/oz. Did you mean `USD/oz`? A price in another currency or weight is "
        "converted first."
    )


def test_a_deck_in_florins_is_refused(desk):
    path = desk.folder / "params" / "decks.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("USD/oz", "florins", 1), encoding="utf-8")
    fault = desk.fault()
    assert fault.key == "decks.spot.prices.gold.unit"
    assert fault.problem.startswith('found "florins", expected one like USD, GBp, USD/oz')


@pytest.mark.parametrize(("metal", "unit"), [("copper", "USD/lb"), ("iron-ore", "USD/dmt")])
def test_a_deck_in_a_unit_that_converts_is_taken(desk, metal, unit):
    path = desk.folder / "params" / "decks.yaml"
    before, own, after = path.read_text(encoding="utf-8").partition(f"{metal}: ")
    path.write_text(before + own + after.replace("USD/t", unit, 1), encoding="utf-8")
    assert desk.load().decks.decks[0].prices[metal].unit == unit


# ── what is in them ─────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def method(root) -> Method:
    data = yaml.safe_load((root / "params" / "method.yaml").read_text(encoding="utf-8"))
    return Method.model_validate(data)


def test_thresholds_are_those_of_the_brief(method):
    outlook, inference, valuation = method.outlook, method.inference, method.valuation
    assert (outlook.kappa, outlook.cap, outlook.p_min, outlook.p_max) == (0.20, 0.70, 0.15, 0.85)
    assert (inference.confidence, inference.bootstrap_draws, inference.n_min) == (0.90, 2000, 30)
    assert (method.breadth.support_share, method.breadth.contradiction_share) == (0.70, 0.40)
    assert (valuation.expensive_percentile, valuation.expensive_robust_z) == (0.90, 1.5)
    steps = [(one.run_up, one.p, one.episodes) for one in method.run_ups.crash_steps]
    assert steps == [(0.5, 0.20, None), (1.0, 0.53, 40), (1.5, 0.80, None)]
    assert (method.ratings.weeks, method.positioning.support_z) == (26, -1)
    assert len(method.crises) == 7


def test_what_leaves_a_claim_untested_stands_in_the_method(method):
    sampling = method.sampling
    assert (sampling.fresh_days, sampling.average_fresh_days) == (10, 70)
    assert (method.inference.coverage_to_test, method.defensive.stale_weeks) == (0.5, 2)
    assert method.valuation.history_months_min == 36


def test_each_range_of_p_has_the_words_of_the_brief(method):
    def words(p):
        return next(text for lowest, text in method.outlook.words if p >= lowest)

    assert [words(p) for p in (0.65, 0.64, 0.5, 0.449, 0.34)] == [
        "more likely than not to extend", "slight lean to extend", "no edge",
        "slight lean to fade", "more likely to fade",
    ]  # fmt: skip


def test_families_count_each_claim_once(method):
    counted = [claim for family in method.outlook.families.values() for claim in family]
    assert sorted(counted) == ["C1", "C2", "C4", "C6", "J2", "J3", "J4", "K1", "M1", "M2"]


def test_decks_price_all_ten_metals_for_three_years_and_say_they_are_illustrative(root):
    data = yaml.safe_load((root / "params" / "decks.yaml").read_text(encoding="utf-8"))
    decks = Decks.model_validate(data)
    universe = yaml.safe_load((root / "params" / "universe.yaml").read_text(encoding="utf-8"))
    units = {one["id"]: one.get("unit") for one in universe["instruments"]}
    assert [deck.id for deck in decks.decks] == ["spot", "consensus", "mid-cycle"]
    for deck in decks.decks:
        assert deck.illustrative
        assert list(deck.prices) == universe["basket"]
        for metal, price in deck.prices.items():
            assert list(price.by_year) == [2026, 2027, 2028]
            assert price.unit == units[metal]
    assert decks.discount_rates["gold-senior"] == 0.05


def test_the_mid_cycle_price_of_iron_ore_is_said_once(root, method):
    data = yaml.safe_load((root / "params" / "decks.yaml").read_text(encoding="utf-8"))
    (deck,) = (one for one in data["decks"] if one["id"] == "mid-cycle")
    assert set(deck["prices"]["iron-ore"]["by_year"].values()) == {method.iron_ore.mid_cycle_usd_t}
