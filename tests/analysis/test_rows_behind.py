"""The rows behind each verdict: there, tidy, and enough to compute again what a finding shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from research.analysis.arguments import TESTS, judge
from research.analysis.arguments.rows import BEFORE, CLAIMED, column, in_words, week_and_before
from research.analysis.claims import Finding, Verdict
from research.analysis.expensiveness import FAMILIES
from research.market import Market
from research.params import load
from research.params.models import Method, Params

REAL = ("2026-01-28", "2026-04-29")  # the target of gold is open on the first, judged on the second

Shown = dict[str, float]


@pytest.fixture(scope="module")
def params(root) -> Params:
    return load(root / "params" / "mining-rally.yaml")


@pytest.fixture(scope="module")
def market(params) -> Market:
    return Market.open(params, source="sample")


@pytest.fixture(scope="module")
def sample(params, market) -> tuple[Finding, ...]:
    return judge(params.claims, market, params.method)


@pytest.fixture(scope="module")
def real(params, shared) -> tuple[Finding, ...]:
    assert (shared / "market").is_dir()
    source = "files:../tests/real/catalogue.yaml"
    markets = [Market.open(params, source=source, as_of=day) for day in REAL]
    return tuple(one for market in markets for one in judge(params.claims, market, params.method))


# ── there, and tidy ─────────────────────────────────────────────────────────


def assert_tidy(finding: Finding) -> None:
    name, data = finding.claim.id, finding.data
    if data is None:
        assert finding.verdict is Verdict.NOT_TESTED, f"{name} has a verdict and no rows"
        assert finding.estimate is None, f"{name} has an estimate and no rows"
        return
    assert len(data), f"{name} has no row"
    assert len(data) <= 700, f"{name} has {len(data)} rows"
    assert data.index.name, f"{name} does not name its index"
    assert data.columns.is_unique, f"{name} has a column twice"
    assert not data.isna().all().any(), f"{name} has a column without a number"
    for one in data:
        assert str(one).replace("_", "").isalnum(), f"{name}: {one}"
        assert str(one) == str(one).lower(), f"{name}: {one}"
        assert data[one].dtype != object, f"{name}: {one} is of mixed types"
    if data.index.name == "date":
        assert isinstance(data.index, pd.DatetimeIndex)
        assert data.index.tz is None


def test_every_verdict_on_the_sample_market_has_rows_behind_it(sample):
    assert {one.claim.id for one in sample if one.data is not None} == {
        one.claim.id for one in sample
    }
    for one in sample:
        assert_tidy(one)


def test_every_verdict_on_the_real_market_has_rows_behind_it(real):
    assert any(one.data is None for one in real)  # no holdings, ratings or accounts among the files
    for one in real:
        assert_tidy(one)


def test_what_cannot_be_tested_has_no_rows(params, make_market):
    for one in judge(params.claims, make_market({}), params.method):
        assert one.data is None


def test_no_row_is_of_a_day_after_the_edition_or_the_claim(sample, real):
    editions = pd.to_datetime(np.repeat(REAL, len(real) // len(REAL)))
    latest = [pd.Timestamp("2026-01-30")] * len(sample)
    for one, last in zip([*sample, *real], [*latest, *editions], strict=True):
        if one.data is not None and one.data.index.name == "date":
            assert one.data.index.max() <= last


def test_low_ownership_without_spells_to_tell_of_has_the_holdings_behind_it(params, market):
    claim = params.claims["M3"].model_copy(update={"about": ()})
    found = TESTS["association_with_weight"](claim, market, params.method)
    assert_tidy(found)
    newest = found.data.groupby("fund")["active_weight_fraction"].last()
    assert found.details == {"active_weight": pytest.approx(newest.mean(), rel=1e-9)}


def test_an_opponent_has_the_very_same_rows(sample):
    found = {one.claim.id: one for one in sample}
    mirrored = [one for one in sample if one.claim.mirror_of]
    assert mirrored
    for one in mirrored:
        assert one.data is found[one.claim.mirror_of].data


def test_the_rows_come_back_from_a_file_as_they_were(sample):
    for one in sample:
        written = one.data.to_csv()
        dates = one.data.index.name == "date"
        again = pd.read_csv(io.StringIO(written), index_col=0, parse_dates=dates)
        pd.testing.assert_frame_equal(
            again, one.data, rtol=1e-14, atol=0, check_freq=False, check_index_type=False
        )


# ── enough to compute again what is shown ───────────────────────────────────


def percentile(values: pd.Series) -> float:
    """Mid-rank of the last of `values` among them all."""
    return float((values.rank(method="average").iloc[-1] - 0.5) / len(values))


def active_weight(data: pd.DataFrame, method: Method) -> Shown:
    active = data["weight_fraction"] - data["benchmark_weight_fraction"]
    by_fund = pd.DataFrame({"fund": data["fund"], "active": active})
    wide = by_fund.reset_index().pivot_table(index="date", columns="fund", values="active").ffill()
    quarters = wide.iloc[::-1].iloc[: 4 * method.positioning.history_years + 1]
    past, now = quarters.mean(axis=1), float(wide.iloc[-1].mean())
    return {
        "estimate": now,
        "mean_of_history": float(past.round(10).mean()),
        "history_quarters": len(past),
    }


def association(data: pd.DataFrame, method: Method) -> Shown:
    own = [one for one in data if one.endswith("_weekly_total_return")]
    half_year = data.index > data.index[-1] - pd.Timedelta(weeks=method.sampling.six_months_weeks)
    shown = {}
    for subject in own:
        name = subject.removesuffix("_weekly_total_return")
        for key, weeks in ((f"r2_{name}", data), (f"r2_recent_{name}", data[half_year])):
            known = weeks.drop(columns=[one for one in own if one != subject]).dropna()
            x, y = known.drop(columns=subject).assign(constant=1.0), known[subject]
            left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
            shown[key] = 1 - float(left.var() / y.var())
    return shown


def association_with_weight(data: pd.DataFrame, method: Method) -> Shown:
    weights, returns = data["active_weight_fraction"], data["relative_return_13_weeks"]
    return {"correlation": float(np.corrcoef(weights, returns)[0, 1]), "spells": len(data)}


def breadth(data: pd.DataFrame, method: Method) -> Shown:
    metals = data.loc[data["part"] == "metals", "gain_26_weeks"]
    companies = data.loc[data["part"] == "companies", "gain_26_weeks"].sort_values()
    left = companies.iloc[: -method.breadth.leave_out_top].sum() / len(companies)
    return {
        "estimate": sum(metals > 0) / len(metals),
        "median_company_return": companies.median(),
        "left_without_top": left,
        "kept_without_top": left / companies.mean(),
    }


def buy_share(data: pd.DataFrame, method: Method) -> Shown:
    before, after = (
        data[one].eq("Buy").mean() for one in ("rating_26_weeks_earlier", "rating_at_the_end")
    )
    return {
        "estimate": after - before,
        "before": before,
        "after": after,
        "companies": data["company"].nunique(),
    }


def downside_beta(data: pd.DataFrame, method: Method) -> Shown:
    miners, market = data["pick_weekly_excess_return"], data["acwi_weekly_excess_return"]
    falling = market < market.mean()
    return {
        "estimate": np.polyfit(market[falling], miners[falling], 1)[0],
        "beta": np.polyfit(market, miners, 1)[0],
    }


def gains(data: pd.DataFrame, method: Method) -> Shown:
    gain, rules = data["gain_26_weeks"], method.gains
    return {
        "estimate": sum((gain >= rules.low) & (gain <= rules.high)) / len(gain),
        "median": np.median(gain),
    }


def price_target(data: pd.DataFrame, method: Method) -> Shown:
    price, target = data["price_usd_per_oz"], data["target_usd_per_oz"]
    return {
        "estimate": target.iloc[-1] / price.iloc[-1] - 1,
        "highest_since": price.max(),
        "terminal": price.iloc[-1],
    }


def record_high(data: pd.DataFrame, method: Method) -> Shown:
    highest = data.groupby(["subject", "measure", "part"])["level"].max().unstack()
    margins = highest[CLAIMED] / highest[BEFORE] - 1
    names = {"price": "close", "total return": "total"}
    shown = {f"{one}_{names[side]}_margin": margin for (one, side), margin in margins.items()}
    return shown | {"estimate": margins.groupby("subject").first().min()}


def record_price(data: pd.DataFrame, method: Method) -> Shown:
    highest = data.groupby("part")["close_usd_per_oz"].max()
    return {
        "estimate": highest[CLAIMED],
        "highest": highest[CLAIMED],
        "highest_before": highest[BEFORE],
    }


def recovery(data: pd.DataFrame, method: Method) -> Shown:
    (price,) = (data[one] for one in data)
    last = price.index[-1]
    return {
        "estimate": price.iloc[-1] / price.min() - 1,
        "low": price.min(),
        "change_13w": price.iloc[-1] / price.asof(last - pd.Timedelta(weeks=13)) - 1,
    }


def relative_value(data: pd.DataFrame, method: Method) -> Shown:
    ratio = data["price_usd"] / data["metal_usd"]
    shares, implied = (
        ratio[data["reading"] == one] for one in ("shares over metal", "implied price over spot")
    )
    shown = {"estimate": percentile(shares)} | robust_z(np.log(shares), "robust_z")
    return shown | ({"implied_over_spot": implied.median()} if len(implied) else {})


def robust_price(data: pd.DataFrame, method: Method) -> Shown:
    price = data["price_usd_per_t"]
    year_ago = price.asof(price.index[-1] - pd.Timedelta(weeks=52))
    return {
        "estimate": price.iloc[-1],
        "percentile": percentile(price[data["of_month"]]),
        "change_12m": price.iloc[-1] / year_ago - 1,
    }


def run_ups(data: pd.DataFrame, method: Method) -> Shown:
    if "total_return_level" in data:  # the time of the claim is over: what came decides
        levels = data["total_return_level"]
        return {"estimate": levels.iloc[-1] / levels.iloc[0] - 1}
    after = data["return_13_weeks_after"]
    return {
        "estimate": int((after > 0).sum()) / len(after),
        "mean_return": after.mean(),
        "windows": data["calendar_window"].nunique(),
    }


def unusual_gains(data: pd.DataFrame, method: Method) -> Shown:
    past, told = (data[data["part"] == one].drop(columns="part") for one in ("history", "told"))
    z = (told.iloc[0] - past.mean()) / past.std()
    by_id = {f"{one.removesuffix('_gain_26_weeks')}_z": value for one, value in z.items()}
    return {"estimate": z.min(), **by_id}


def valuation(data: pd.DataFrame, method: Method) -> Shown:
    shown: Shown = {}
    for family in FAMILIES:
        history = data.loc[data["measure"] == family.words, "value"]
        if len(history):
            shown[f"{family.id}_percentile"] = percentile(history)
            shown |= robust_z(history, f"{family.id}_robust_z")
    percentiles = [value for name, value in shown.items() if name.endswith("_percentile")]
    implied = data.loc[data["measure"] == "implied metal price over spot", "value"]
    if len(implied):
        shown["implied_over_spot"] = implied.median()
    return shown | {"estimate": float(np.median(percentiles))}


def robust_z(values: pd.Series, name: str) -> Shown:
    away = values - values.median()
    return {name: away.iloc[-1] / (1.4826 * away.abs().median())}


AGAIN: dict[str, Callable[[pd.DataFrame, Method], Shown]] = {
    one.__name__: one
    for one in (
        active_weight, association, association_with_weight, breadth, buy_share, downside_beta,
        gains, price_target, record_high, record_price, recovery, relative_value, robust_price,
        run_ups, unusual_gains, valuation,
    )
}  # fmt: skip


def computed_again(
    name: str, findings: tuple[Finding, ...], method: Method
) -> Iterator[tuple[Shown, Any]]:
    if name not in AGAIN:
        pytest.fail(f"no derivation for {name!r}: compute its estimate again from its rows here")
    for one in findings:
        if one.claim.test == name and one.data is not None:
            shown = dict(one.details)
            if one.estimate is not None:
                shown["estimate"] = one.estimate
            again = AGAIN[name](one.data, method)
            assert one.estimate is None or "estimate" in again
            yield {key: shown[key] for key in again if key in shown}, again


@pytest.mark.parametrize("name", sorted(TESTS))
def test_what_is_shown_of_the_sample_follows_from_the_rows_alone(name, sample, params):
    found = list(computed_again(name, sample, params.method))
    assert found
    for shown, again in found:
        assert shown == pytest.approx(again, rel=1e-9)


@pytest.mark.parametrize("name", sorted(TESTS))
def test_what_is_shown_of_the_real_market_follows_from_the_rows_alone(name, real, params):
    for shown, again in computed_again(name, real, params.method):
        # A claim that was not tested shows fewer numbers, or words only.
        assert shown == pytest.approx({key: again[key] for key in shown}, rel=1e-9)


def test_every_derivation_is_that_of_a_test():
    assert AGAIN.keys() == TESTS.keys()


def test_a_new_test_without_a_derivation_fails_loudly(sample, params):
    with pytest.raises(pytest.fail.Exception, match="no derivation for 'new_test'"):
        list(computed_again("new_test", sample, params.method))


# ── how they are written ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("USD/oz", "usd_per_oz"),
        ("USD", "usd"),
        ("GBp", "hundredths_of_gbp"),
        ("USD per GBP", "usd_per_gbp"),
        ("%", "per_cent"),
    ],
)
def test_a_unit_becomes_words_and_pence_never_become_pounds(unit, words):
    assert in_words(unit) == words


def test_a_column_is_named_after_its_instrument():
    assert column("gold-senior", "weekly_total_return") == "gold_senior_weekly_total_return"


def test_before_the_week_the_highest_day_of_each_month_stands_for_it():
    days = pd.bdate_range("2025-11-03", "2026-01-30")
    levels = pd.Series(np.arange(len(days), dtype=float), index=days)
    levels["2025-11-12"] = 99.0
    week = levels["2026-01-26":]
    rows = week_and_before(week, levels[:"2026-01-23"], "close_usd")
    dates = ["2025-11-12", "2025-12-31", "2026-01-23", *week.index.strftime("%Y-%m-%d")]
    assert list(rows.index.strftime("%Y-%m-%d")) == dates
    assert list(rows["part"]) == [BEFORE] * 3 + [CLAIMED] * 5
    assert list(rows["close_usd"]) == list(levels[dates])
