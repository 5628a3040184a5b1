"""Every block of the reference oracles that concerns a function of `research.analysis`."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from research.analysis import (
    breadth,
    claims,
    inference,
    outlook,
    returns,
    risk,
    valuation,
)


@pytest.fixture
def block(oracles, request):
    """The block that the test is named after: `test_<block>`."""
    return oracles[request.node.name.removeprefix("test_")]


def test_beta_downside(block):
    m = np.array(block["r_m"])
    r = np.where(m < m.mean(), 0.5 * m, 1.5 * m)
    found = risk.beta(r, m), risk.downside_beta(r, m), risk.upside_beta(r, m)
    expected = block["beta"], block["beta_minus"], block["beta_plus"]
    assert found == pytest.approx(expected, abs=block["tol"])


def test_capture_morningstar(block):
    found = risk.capture(block["fund"], block["bench"])
    assert (found.up, found.down) == pytest.approx((block["up"], block["down"]), abs=block["tol"])
    others = block["not_equal_to"]
    for other in (others["arithmetic_down"], others["annualised_down"]):
        assert abs(found.down - other) > 1e-3


def test_hac_mean(block):
    plain = inference.hac_mean(block["y"], lags=block["maxlags"], correction=False)
    corrected = inference.hac_mean(block["y"], lags=block["maxlags"])
    ordinary = inference.hac_mean(block["y"], lags=0)
    assert plain.se == pytest.approx(block["se_no_correction"], abs=block["tol"])
    assert corrected.se == pytest.approx(block["se_with_correction"], abs=block["tol"])
    assert ordinary.se == pytest.approx(block["ols_se"], abs=block["tol"])


def test_hac_lag_rule(block):
    for key, lags in block.items():
        if key.startswith("T="):
            assert inference.hac_lags(int(key[2:])) == lags


def test_drawdown(block):
    found = returns.drawdown(pd.Series(block["p"], dtype=float))
    assert found.tolist() == pytest.approx(block["dd"], abs=1e-7)
    assert (found.min(), found.iloc[-1]) == (block["mdd"], block["current"])


def test_verdict_low(block):
    for *numbers, verdict in block["cases"]:
        assert claims.verdict_low(*numbers, block["b_s"], block["b_c"]) == verdict


def test_mcnemar(block):
    found = inference.mcnemar(block["up"], block["down"])
    expected = block["chi2"], block["p_chi2"], block["p_exact"]
    assert found[:3] == pytest.approx(expected, abs=block["tol"])


def test_wilson90_60of100(block):
    assert inference.wilson(60, 100)[1:] == pytest.approx(block, abs=1e-6)


def test_valuation(block):
    past, x = block["hist"], block["x"]
    found = (
        valuation.z_score(past, x),
        valuation.robust_z(past, x),
        valuation.midrank_percentile(past, x),
    )
    expected = block["z"], block["robust_z"], block["midrank_pct"]
    assert found == pytest.approx(expected, abs=block["tol"])


def test_neff_ar1(block):
    assert inference.n_eff_ar1(block["n"], block["rho"]) == pytest.approx(block["neff"], abs=1e-6)
    assert inference.n_eff_ar1(block["n"], block["rho2"]) == pytest.approx(block["neff2"], abs=1e-6)


def test_aisc(block):
    p, c = block["P"], block["C"]
    assert valuation.aisc_margin(p, c) == pytest.approx(block["margin"])
    assert valuation.operating_leverage(p, c) == pytest.approx(block["leverage"])
    lifted = (1.1 * p - c) / (p - c) - 1
    assert lifted == pytest.approx(block["dMargin_for_+10%"], abs=1e-6)
    assert lifted == pytest.approx(0.1 * valuation.operating_leverage(p, c))
    assert valuation.operating_leverage(block["P2"], block["C2"]) == pytest.approx(
        block["leverage2"]
    )


def test_implied_gold(block):
    mine = {
        "ounces": block["Q_oz"],
        "aisc_usd_oz": block["AISC"],
        "tax": block["tax"],
        "years": block["N"],
    }
    price = valuation.implied_price(block["EV"], rate=block["r"], **mine)
    value = valuation.nav(block["spot"], rate=block["r"], **mine)
    assert valuation.annuity(block["r"], block["N"]) == pytest.approx(block["annuity"])
    assert price == pytest.approx(block["P_star"], abs=block["tol"])
    assert price / block["spot"] == pytest.approx(block["ratio"], abs=1e-6)
    assert valuation.implied_price(block["EV"], rate=0.08, **mine) == pytest.approx(
        block["P_star_r8"], abs=block["tol"]
    )
    assert value / 1e6 == pytest.approx(block["NAV_at_spot_musd"], abs=block["tol"])
    assert block["EV"] / value == pytest.approx(block["EV_over_NAV"], abs=1e-6)


def test_jeffreys(block):
    found = inference.jeffreys(block["k"], block["n"])
    assert found == pytest.approx((block["mean"], *block["ci90"]), abs=1e-6)


def test_perm_p(block):
    placebo = [2.0] * block["b"] + [0.0] * (block["B"] - block["b"])
    assert inference.placebo_p(1.0, placebo) == pytest.approx(block["p"])


def test_safe_haven(block):
    m = np.array(block["m"], dtype=float)
    y = np.where(m <= np.quantile(m, 0.2), -0.2 * m, m)
    found = risk.safe_haven(y, m, quantile=0.2)
    assert (found.b, found.c, found.b_plus_c) == pytest.approx(
        (block["b"], block["c"], block["b_plus_c"])
    )


def test_logodds(block):
    for score, p in block["S->p"].items():
        found = outlook.persistence_probability(
            block["p0"], float(score), kappa=block["k"], cap=block["cap"]
        )
        assert found == pytest.approx(p, abs=block["tol"])


def test_logodds_worked_example(block):
    total = sum(block["family_means"].values())
    assert total == pytest.approx(block["S"], abs=1e-6)
    assert outlook.persistence_probability(block["p0"], total) == pytest.approx(
        block["p"], abs=block["tol"]
    )


def test_brier(block):
    assert outlook.brier(block["f"], block["o"]) == pytest.approx(block["BS"])
    assert outlook.brier(block["ref_p"], block["o"]) == pytest.approx(block["BS_ref"])
    assert outlook.brier_skill(block["f"], block["ref_p"], block["o"]) == pytest.approx(
        block["BSS"], abs=1e-6
    )


def test_brier_decomp(block):
    forecasts = 5 * [0.2] + 5 * [0.8]
    assert outlook.brier(forecasts, block["o"]) == pytest.approx(block["BS"])
    expected = block["REL"], block["RES"], block["UNC"]
    assert outlook.murphy(forecasts, block["o"]) == pytest.approx(expected, abs=1e-12)


def test_rps3(block):
    assert outlook.rps(block["f"], 2) == pytest.approx(block["RPS"])


def test_holm(block):
    assert inference.holm(block["p"]) == pytest.approx(block["adj"])


def test_calendarise(block):
    month, day = (int(part) for part in block["FYE"].split("-"))
    found = valuation.calendarise(block["FY26"], block["FY27"], dt.date(2026, month, day))
    assert found == pytest.approx(block["CY26_days"], abs=1e-6)


def test_multiples(block):
    kept = [value for value in block["vals"] if value > 0]
    assert len(block["vals"]) - len(kept) == block["shown_as_NM"]
    assert np.median(kept) == block["median"]
    assert valuation.harmonic_mean(block["vals"]) == pytest.approx(block["harmonic"], abs=1e-6)


def test_enb(block):
    rho = 0.5 + 0.5 * np.eye(5)
    assert breadth.effective_number_of_bets(np.eye(5)) == pytest.approx(block["identity5"])
    assert breadth.effective_number_of_bets(np.ones((5, 5))) == pytest.approx(block["ones5"])
    assert breadth.effective_number_of_bets(rho) == pytest.approx(block["rho0.5_k5"])
    assert breadth.first_component_share(rho) == pytest.approx(block["pc1_rho0.5"])


def test_jeffrey_reweight(block):
    simulated = np.array(block["R"])
    weights = outlook.jeffrey_weights(simulated, block["p"])
    assert weights[simulated > 0] == pytest.approx(block["w_pos"], abs=1e-6)
    assert weights[simulated <= 0] == pytest.approx(block["w_nonpos"], abs=1e-6)
    assert weights[simulated > 0.1].sum() == pytest.approx(block["P(R>0.10)"], abs=1e-6)
    assert weights[simulated < -0.1].sum() == pytest.approx(block["P(R<-0.10)"], abs=1e-6)
    assert (simulated > 0).mean() == pytest.approx(block["p_sim"])


def test_breadth_design_effect(block):
    n, p, rho = block["n"], block["p"], block["avg_corr"]
    assert breadth.design_effect(n, rho) == pytest.approx(block["deff"])
    assert breadth.breadth_se(p, n, 0.0) == pytest.approx(block["se_naive"], abs=1e-6)
    assert breadth.breadth_se(p, n, rho) == pytest.approx(block["se"], abs=1e-6)


def test_misc(block, method):
    iron = block["iron_ore_ebitda_sens"]
    assert valuation.earnings_sensitivity(
        0.10, revenue_share=iron["share"], royalty=iron["royalty"], ebitda_margin=iron["margin"]
    ) == pytest.approx(iron["dEBITDA"])
    for step, share in block["gsy_crash"].items():
        assert outlook.crash_risk(int(step) / 100, method).p == share
