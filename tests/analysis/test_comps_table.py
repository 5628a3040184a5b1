"""The comparables table: values, marks, calendar years, statistics and invariances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from research.analysis.comps import COLUMNS, comps
from research.analysis.multiples import ev_ebitda_history, ev_ebitda_percentiles

NOW = pd.Timestamp("2026-01-20", tz="UTC")


def rows_of(columns, rows):
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])


def reported(**companies):
    """`company={item: value}` in USD m, shares in millions."""
    columns = ("instrument", "item", "period_end", "value", "unit", "available_at")
    units = {"shares_m": "m", "aisc_usd_oz": "USD/oz"}
    ends = {"bhp": "2025-06-30"}
    return rows_of(
        columns,
        [
            (
                name,
                item,
                pd.Timestamp(ends.get(name, "2024-12-31")),
                float(value),
                units.get(item, "USD m"),
                NOW,
            )
            for name, items in companies.items()
            for item, value in items.items()
        ],
    )


def estimates(*rows):
    columns = ("instrument", "item", "fiscal_year_end", "value", "unit", "available_at")
    return rows_of(
        columns,
        [
            (name, item, pd.Timestamp(end), float(value), unit, NOW)
            for name, item, end, value, unit in rows
        ],
    )


@pytest.fixture
def market(make_market, weekdays):
    """BHP in AUD with a June year, Freeport in USD, Antofagasta in pence."""

    def flat(price):
        return pd.Series(float(price), index=weekdays[-400:])

    bhp = flat(40)
    bhp.iloc[-1] = 44
    levels = {
        "bhp": bhp,
        "freeport": flat(50),
        "antofagasta": flat(2000),
        "audusd": flat(0.70),
        "gbpusd": flat(1.30),
    }
    fundamentals = reported(
        bhp={"shares_m": 5000, "net_debt": 10000, "nci": 4000, "associates": 2000, "ebitda": 25000},
        freeport={"shares_m": 1400, "net_debt": -700, "ebitda": 9000, "nav": 35000},
        antofagasta={"shares_m": 1000, "net_debt": 1000, "ebitda": -1},
    )
    consensus = estimates(
        ("bhp", "ebitda", "2026-06-30", 26000, "USD m"),
        ("bhp", "ebitda", "2027-06-30", 28000, "USD m"),
        ("bhp", "ebitda", "2028-06-30", 30000, "USD m"),
        ("freeport", "ebitda", "2026-12-31", 10000, "USD m"),
        ("freeport", "eps", "2026-12-31", 0.4, "USD/share"),
        ("freeport", "dps", "2026-12-31", 0.0, "USD/share"),
        ("freeport", "fcf", "2026-12-31", -700, "USD m"),
        ("antofagasta", "ebitda", "2026-12-31", -50, "USD m"),
        ("antofagasta", "eps", "2026-12-31", 1.3, "USD/share"),
    )
    ratings = rows_of(
        ("analyst", "broker", "instrument", "date", "rating", "available_at"),
        [
            ("A", "X", "bhp", pd.Timestamp("2025-01-10"), "Buy", NOW),
            ("A", "X", "bhp", pd.Timestamp("2025-11-10"), "Hold", NOW),
            ("B", "Y", "bhp", pd.Timestamp("2025-02-10"), "Buy", NOW),
        ],
    )
    return make_market(
        levels,
        datasets={"fundamentals": fundamentals, "consensus": consensus, "ratings": ratings},
    )


@pytest.fixture
def table(market, universe, method):
    return comps(market, universe, method)


def test_market_value_counts_shares_at_the_dollar_price(table):
    assert table.values.loc["bhp", "market_cap"] == pytest.approx(44 * 0.70 * 5)
    assert table.values.loc["antofagasta", "market_cap"] == pytest.approx(20 * 1.30)
    assert table.price_units["antofagasta"] == "GBp"
    assert table.values.loc["antofagasta", "price"] == 2000


def test_enterprise_value_adds_debt_and_minorities_and_takes_associates_off(table):
    assert table.values.loc["bhp", "ev"] == pytest.approx(154 + 10 + 4 - 2)
    assert table.values.loc["freeport", "ev"] == pytest.approx(70 - 0.7)


def test_a_june_year_is_put_on_the_calendar(table):
    this = 181 / 365 * 26 + 184 / 365 * 28
    after = 181 / 365 * 28 + 184 / 365 * 30
    assert table.values.loc["bhp", "ev_ebitda_1"] == pytest.approx(166 / this)
    assert table.values.loc["bhp", "ev_ebitda_2"] == pytest.approx(166 / after)
    assert table.years == (2026, 2027)
    headers = {one.key: table.header(one) for one in COLUMNS}
    assert headers["ev_ebitda_1"] == "EV/EBITDA 2026"


def test_a_multiple_of_a_loss_or_of_nearly_nothing_has_no_meaning(table):
    assert table.marks.loc["antofagasta", "ev_ebitda_1"] == "NM"
    assert table.marks.loc["antofagasta", "net_debt_ebitda"] == "NM"
    assert np.isnan(table.values.loc["antofagasta", "ev_ebitda_1"])
    assert table.marks.loc["freeport", "pe"] == "NM"  # 125 times earnings


def test_what_nobody_knows_is_not_available(table):
    assert table.marks.loc["bhp", "pe"] == "NA"
    assert table.marks.loc["freeport", "ev_ebitda_2"] == "NA"
    assert (table.marks.loc["newmont"] == "NA").all()


def test_nothing_is_not_missing(table):
    assert table.values.loc["freeport", "dividend_yield"] == 0
    assert table.marks.loc["freeport", "dividend_yield"] == ""


def test_yields_and_net_cash_may_be_negative(table):
    assert table.values.loc["freeport", "fcf_yield"] == pytest.approx(-0.01)
    assert table.values.loc["freeport", "net_debt"] == pytest.approx(-0.7)
    assert table.values.loc["freeport", "net_debt_ebitda"] == pytest.approx(-0.7 / 9)


def test_price_over_asset_value(table):
    assert table.values.loc["freeport", "p_nav"] == pytest.approx(2.0)


def test_returns_are_in_local_currency(table):
    assert table.values.loc["bhp", "tsr_1w"] == pytest.approx(0.1)
    assert table.values.loc["bhp", "off_high"] == 0


def test_total_return_is_the_adjusted_price_s_and_the_high_the_plain_one_s(
    market, universe, method
):
    market.adjusted["bhp"] = market.levels["bhp"].copy()
    market.adjusted["bhp"].iloc[:-130] *= 0.5
    market.adjusted["freeport"] = market.levels["freeport"] * np.nan
    market.adjusted["antofagasta"] = market.levels["antofagasta"]
    market.levels["antofagasta"] = market.levels["antofagasta"] * np.nan
    table = comps(market, universe, method)
    assert table.values.loc["bhp", "tsr_12m"] == pytest.approx(1.2)
    assert table.values.loc["bhp", "tsr_1w"] == pytest.approx(0.1)
    assert table.marks.loc["freeport", "tsr_6m"] == "NA"
    assert table.values.loc["freeport", "off_high"] == 0
    assert table.values.loc["antofagasta", ["tsr_6m", "off_high"]].tolist() == [0, 0]
    assert table.marks.loc["antofagasta", "price"] == "NA"


def test_an_analyst_counts_once_with_the_latest_rating(table):
    assert table.values.loc["bhp", ["buy", "hold", "sell"]].tolist() == [1, 1, 0]
    assert table.marks.loc["freeport", "buy"] == "NA"


def counted(day, available, buy, hold, sell):
    rows = [("bhp", pd.Timestamp(day), name, float(count), pd.Timestamp(available, tz="UTC"))
            for name, count in (("Buy", buy), ("Hold", hold), ("Sell", sell))]  # fmt: skip
    return rows_of(("instrument", "date", "rating", "count", "available_at"), rows)


def test_what_a_source_counted_last_goes_before_those_it_names(
    market, make_market, universe, method
):
    older = counted("2025-12-01", "2026-01-27", 9, 9, 9)
    newest = counted("2026-01-01", "2026-01-27", 12, 7, 2)
    frames = {"rating_counts": pd.concat([newest, older]), "ratings": market.frame("ratings")}
    levels = {"bhp": pd.Series(40.0, index=market.frame("prices")["date"].unique())}
    found = comps(make_market(levels, datasets=frames), universe, method)
    assert found.values.loc["bhp", ["buy", "hold", "sell"]].tolist() == [12, 7, 2]


def test_counts_that_are_too_old_are_none(market, make_market, universe, method):
    frames = {
        "rating_counts": counted("2025-06-01", "2025-06-02", 9, 9, 9),
        "ratings": market.frame("ratings"),
    }
    levels = {"bhp": pd.Series(40.0, index=market.frame("prices")["date"].unique())}
    found = comps(make_market(levels, datasets=frames), universe, method)
    assert found.values.loc["bhp", ["buy", "hold", "sell"]].tolist() == [1, 1, 0]


def test_rows_are_grouped_and_fall_by_market_value(table, universe):
    order = [group.id for group in universe.sub_groups]
    assert list(dict.fromkeys(table.groups)) == [one for one in order if one in set(table.groups)]
    copper = table.groups[table.groups == "copper"].index.tolist()
    assert copper[:2] == ["freeport", "antofagasta"]
    assert table.labels["freeport"] == "Freeport"


def test_statistics_leave_out_what_is_not_a_number_and_count_the_rest(table):
    copper = table.statistics.loc["copper"]
    assert copper.loc["n", "ev_ebitda_1"] == 1
    assert copper.loc["median", "ev_ebitda_1"] == pytest.approx(6.93)
    assert copper.loc["n", "market_cap"] == 2
    assert copper.loc["mean", "market_cap"] == pytest.approx((70 + 26) / 2)
    assert copper["price"].isna().all()
    assert copper["buy"].isna().all()


def test_the_mean_of_multiples_is_harmonic(market, universe, method):
    more = estimates(("antofagasta", "ebitda", "2026-12-31", 3000, "USD m"))
    consensus = market.datasets["consensus"]
    loss = (consensus["instrument"] == "antofagasta") & (consensus["item"] == "ebitda")
    market.datasets["consensus"] = pd.concat([consensus[~loss], more])
    table = comps(market, universe, method)
    multiples = table.values.loc[["freeport", "antofagasta"], "ev_ebitda_1"]
    assert multiples.tolist() == pytest.approx([6.93, 9.0])
    assert table.statistics.loc[("copper", "mean"), "ev_ebitda_1"] == pytest.approx(
        2 / (1 / 6.93 + 1 / 9)
    )


def test_no_multiple_depends_on_the_currency(market, universe, method, table):
    for company in ("freeport", "antofagasta"):
        market.units[company] = "AUD"
        factor = 0.70 if company == "freeport" else 0.70 / (0.01 * 1.30)
        market.levels[company] = market.levels[company] / factor
    for name in ("fundamentals", "consensus"):
        frame = market.datasets[name].copy()
        money = frame["unit"].isin(["USD m", "USD/share"])
        frame.loc[money, "value"] = frame.loc[money, "value"] / 0.70
        frame["unit"] = (
            frame["unit"].str.replace("USD m", "AUD m").replace("USD/share", "AUD/share")
        )
        market.datasets[name] = frame
    other = comps(market, universe, method)
    keys = [one.key for one in COLUMNS if one.key != "price"]
    pd.testing.assert_frame_equal(other.values[keys], table.values[keys])


def test_no_company_depends_on_the_order_of_the_others(market, method, universe, table):
    turned = universe.model_copy(update={"instruments": universe.instruments[::-1]})
    market.universe = turned
    pd.testing.assert_frame_equal(
        comps(market, turned, method).values, table.values, check_like=True
    )


def test_a_dead_listing_has_no_price(market, universe, method):
    market.levels["freeport"] = market.levels["freeport"].iloc[:-60]
    table = comps(market, universe, method)
    assert table.marks.loc["freeport", ["price", "ev", "tsr_6m"]].tolist() == ["NA"] * 3


def test_prices_alone_make_a_table_of_marks(make_market, universe, method, weekdays):
    market = make_market({"freeport": pd.Series(50.0, index=weekdays[-400:])})
    table = comps(market, universe, method)
    assert table.values.loc["freeport", "price"] == 50
    assert table.values.loc["freeport", "tsr_12m"] == 0
    known = ["price", "tsr_1w", "tsr_6m", "tsr_12m", "off_high"]
    assert (table.marks.drop(columns=known) == "NA").all(axis=None)
    empty = comps(make_market({}), universe, method)
    assert (empty.marks == "NA").all(axis=None)


def test_every_column_says_what_it_is():
    keys = [one.key for one in COLUMNS]
    assert len(set(keys)) == len(keys)
    assert all(one.unit and one.header and one.fmt for one in COLUMNS)


# ── own history ─────────────────────────────────────────────────────────────


@pytest.fixture
def long_market(make_market, weekdays):
    """Freeport at a rising price, a steady consensus of two fiscal years ahead."""
    price = pd.Series(np.linspace(20, 50, len(weekdays)), index=weekdays)
    first = pd.Timestamp("2014-01-01", tz="UTC")
    fundamentals = reported(freeport={"shares_m": 1000, "net_debt": 0}).assign(available_at=first)
    consensus = estimates(
        *(("freeport", "ebitda", f"{year}-12-31", 5000, "USD m") for year in range(2014, 2030))
    ).assign(available_at=first)
    return make_market(
        {"freeport": price}, datasets={"fundamentals": fundamentals, "consensus": consensus}
    )


def test_history_is_the_multiple_that_could_be_known_at_each_month_end(long_market, method):
    history = ev_ebitda_history(long_market, method)["freeport"]
    price = long_market.levels["freeport"]
    assert history.index[-1] == pd.Timestamp(long_market.as_of)
    assert len(history.dropna()) == 120 + 1
    assert history.iloc[-1] == pytest.approx(50 * 1000 / 5000)
    assert history.iloc[0] == pytest.approx(price.asof(history.index[0]) / 5)


def test_the_highest_multiple_of_ten_years_is_at_the_top(long_market, method):
    found = ev_ebitda_percentiles(long_market, method)
    assert found["freeport"] == pytest.approx(120.5 / 121)
    assert np.isnan(found["bhp"])


def test_an_estimate_that_came_later_does_not_change_the_past(long_market, method):
    before = ev_ebitda_history(long_market, method)["freeport"]
    later = estimates(("freeport", "ebitda", "2026-12-31", 9000, "USD m"))
    consensus = long_market.datasets["consensus"]
    long_market.datasets["consensus"] = pd.concat([consensus, later])
    after = ev_ebitda_history(long_market, method)["freeport"]
    assert (after.iloc[:-1] == before.iloc[:-1]).all()
    assert after.iloc[-1] < before.iloc[-1]


def test_a_short_history_has_no_percentile(long_market, method):
    price = long_market.levels["freeport"]
    long_market.levels["freeport"] = price.iloc[-300:]
    assert np.isnan(ev_ebitda_percentiles(long_market, method)["freeport"])
    asked = method.valuation.model_copy(update={"history_months_min": 6})
    lenient = method.model_copy(update={"valuation": asked})
    assert ev_ebitda_percentiles(long_market, lenient)["freeport"] > 0


def test_the_next_twelve_months_blend_two_fiscal_years_by_days(long_market, method):
    consensus = long_market.datasets["consensus"]
    consensus.loc[consensus["fiscal_year_end"] == pd.Timestamp("2027-12-31"), "value"] = 10000
    share = 335 / 365.25
    expected = 50000 / (share * 5000 + (1 - share) * 10000)
    history = ev_ebitda_history(long_market, method)["freeport"]
    assert history.iloc[-1] == pytest.approx(expected)
