"""The Market: what it shows, what it converts, and what it refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from research.errors import DataError, UsageError
from research.market import Market, Unit, UnitError
from research.market.checks import check
from research.market.sources import BESIDES, COLUMNS, columns_of, conform, empty, open_source
from research.market.sources.sample import SampleSource
from research.params.models import Params

MarketOf = Callable[..., Market]


@pytest.fixture(scope="module")
def market(params: Params) -> Market:
    return Market.open(params)


# ── the rows of one instrument ──────────────────────────────────────────────


def test_the_price_rows_of_one_are_its_rows_of_the_frame_oldest_first(market: Market) -> None:
    prices, rows = market.frame("prices"), market.price_rows("gold")
    pd.testing.assert_frame_equal(rows, prices[prices["instrument"] == "gold"])
    assert rows["date"].is_monotonic_increasing


def test_price_rows_may_be_changed_freely(market: Market) -> None:
    rows = market.price_rows("gold")
    rows["close"] = 0.0
    assert (market.price_rows("gold")["close"] > 0).all()


def test_one_without_prices_has_no_price_rows_and_a_stranger_is_refused(params: Params) -> None:
    market = Market.open(params, as_of="2000-12-29")
    unpriced = next(one.id for one in market.universe.instruments if market.latest(one.id) is None)
    assert market.price_rows(unpriced).empty
    with pytest.raises(UsageError, match="instrument 'gould' is not in the universe"):
        market.price_rows("gould")


# ── the date ────────────────────────────────────────────────────────────────


def test_latest_is_the_last_session_of_the_source(market: Market) -> None:
    assert (market.as_of, market.as_of_note) == (dt.date(2026, 1, 30), "")


@pytest.mark.parametrize("as_of", ["2026-01-31", dt.date(2026, 1, 31), "2026-02-01"])
def test_a_day_without_trading_becomes_the_session_before_and_says_so(
    params: Params, as_of: str | dt.date
) -> None:
    market = Market.open(params, as_of=as_of)
    assert market.as_of == dt.date(2026, 1, 30)
    assert market.as_of_note == f"{as_of} is not a NYSE session; data are as of 2026-01-30"


def test_a_holiday_is_no_session(params: Params) -> None:
    market = Market.open(params, as_of="2026-01-19")  # Martin Luther King Day
    assert market.as_of == dt.date(2026, 1, 16)
    assert "2026-01-19 is not a NYSE session" in market.as_of_note


def test_an_empty_date_is_the_one_of_the_note(params: Params) -> None:
    note = params.note.model_copy(update={"as_of": dt.date(2026, 1, 28)})
    market = Market.open(params.model_copy(update={"note": note}), as_of="")
    assert (market.as_of, market.as_of_note) == (dt.date(2026, 1, 28), "")


def test_a_future_date_is_refused_and_the_last_one_named(params: Params) -> None:
    with pytest.raises(
        UsageError,
        match=r"as_of 2026-02-02 is after the last session of Sample market \(illustrative\), "
        r"2026-01-30\. Choose a date from 2000-12-29 to 2026-01-30, or `latest`",
    ):
        Market.open(params, as_of="2026-02-02")


def test_a_date_before_the_source_is_refused_and_the_first_one_named(params: Params) -> None:
    with pytest.raises(UsageError, match=r"is before the first session of .*, 2000-12-29"):
        Market.open(params, as_of="1999-12-31")


@pytest.mark.parametrize(
    "as_of", ["yesterday", "2026-1-28", "20260128", "2026-02-30", "28.01.2026"]
)
def test_what_is_no_date_is_refused(params: Params, as_of: str) -> None:
    with pytest.raises(UsageError, match=r"is not a date; expected YYYY-MM-DD, such as 2026-01-28"):
        Market.open(params, as_of=as_of)


@pytest.mark.parametrize("name", ["yahoo", "files:", "sample:2", "files"])
def test_an_unknown_source_is_refused_with_the_known_ones(params: Params, name: str) -> None:
    with pytest.raises(UsageError, match=r"source .* is not known; expected `sample`, `store`, or"):
        open_source(name, params)


# ── datasets ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dataset", COLUMNS)
def test_an_absent_dataset_is_empty_with_the_right_columns(
    market_of: MarketOf, dataset: str
) -> None:
    market = market_of(("gold", "2026-01-28", 5102.0, "USD/oz"))
    frame = market.frame(dataset)
    assert list(frame.columns) == list(COLUMNS[dataset])
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == dict(COLUMNS[dataset])
    assert market.has(dataset) is (dataset == "prices")
    assert list(empty(dataset).columns) == list(COLUMNS[dataset])


def test_a_dataset_that_does_not_exist_is_refused_with_the_known_ones(market: Market) -> None:
    with pytest.raises(
        UsageError,
        match=r"dataset 'ratngs' is not known; .* ratings, ownership, rating_counts, actions\.",
    ):
        market.frame("ratngs")
    with pytest.raises(UsageError):
        columns_of("volumes")


def test_nothing_is_read_before_it_is_asked_for(market_of: MarketOf) -> None:
    market = market_of(("gold", "2026-01-28", 5102.0, "USD/oz"))
    assert market.source.reads == []  # type: ignore[attr-defined]
    market.frame("prices")
    market.closes(["gold"])
    assert market.source.reads == ["prices"]  # type: ignore[attr-defined]


def test_what_a_caller_does_to_a_frame_stays_with_the_caller(params: Params) -> None:
    market = Market.open(params)
    before = market.inputs()
    frame = market.frame("prices")
    frame["close"] = 0.0
    frame.loc[frame.index[0], "unit"] = "ZAc"
    panel = market.closes(["gold"]).frame
    panel.iloc[:, :] = 1.0
    assert market.inputs() == before
    assert market.closes(["gold"]).frame["gold"].iloc[-1] == 5041.0
    assert Market.open(params).inputs() == before


def test_a_row_without_a_moment_of_publication_is_never_shown(market_of: MarketOf) -> None:
    never = pd.DatetimeIndex([pd.NaT], tz="UTC")
    market = market_of(("gold", "2026-01-28", 5102.0, "USD/oz"), available_at=never)
    assert not market.has("prices")


def test_the_newest_vintage_of_each_fiscal_year_counts(market: Market) -> None:
    rows = market.consensus("ebitda")
    every = market.frame("consensus").query("item == 'ebitda'")
    newest = every.groupby(["instrument", "fiscal_year_end"])["available_at"].max()
    found = rows.set_index(["instrument", "fiscal_year_end"])["available_at"]
    pd.testing.assert_series_equal(found, newest)


def test_the_last_restatement_of_each_period_counts(params: Params) -> None:
    rows = pd.DataFrame(
        {
            "instrument": "bhp",
            "item": "ebitda",
            "period_end": pd.Timestamp("2025-06-30"),
            "value": [100.0, 90.0, 80.0],
            "unit": "USD m",
            "published_at": pd.to_datetime(["2025-08-19", "2025-10-01", "2026-02-17"]),
            "source": "Filing",
            "available_at": pd.to_datetime(["2025-08-19", "2025-10-01", "2026-02-17"], utc=True),
        }
    )
    market = Market(params, _Only("fundamentals", rows), "2026-01-28")
    assert market.reported("ebitda")["value"].tolist() == [90.0]
    assert len(market.frame("fundamentals")) == 2


def test_a_revised_price_replaces_the_first_one_once_it_is_known(params: Params) -> None:
    rows = pd.DataFrame(
        {
            "instrument": "gold",
            "date": pd.Timestamp("2026-01-26"),
            "close": [5000.0, 5035.0],
            "adj_close": np.nan,
            "unit": "USD/oz",
            "price_type": "fix",
            "source": "Fix",
            "available_at": pd.to_datetime(["2026-01-26 15:00", "2026-01-28 09:00"], utc=True),
        }
    )
    before = Market(params, _Only("prices", rows), "2026-01-27").latest("gold")
    after = Market(params, _Only("prices", rows), "2026-01-28").latest("gold")
    assert before is not None
    assert after is not None
    assert (before.value, after.value) == (5000.0, 5035.0)


class _Only(SampleSource):
    """The sample's dates with one dataset of one's own and no other."""

    def __init__(self, dataset: str, rows: pd.DataFrame) -> None:
        super().__init__()
        self._only = (dataset, conform(dataset, rows))

    def read(self, dataset: str) -> pd.DataFrame:
        return self._only[1] if dataset == self._only[0] else empty(dataset)


# ── prices ──────────────────────────────────────────────────────────────────


def test_pence_are_pence_and_become_dollars_by_hand(market: Market) -> None:
    rows = market.frame("prices").set_index("date").loc["2026-01-28"].set_index("instrument")
    assert rows.loc["fresnillo", "unit"] == "GBp"
    expected = rows.loc["fresnillo", "close"] / 100 * rows.loc["gbpusd", "close"]
    found = market.closes(["fresnillo"], unit="USD")
    assert found.unit == Unit("USD")
    assert found.frame.loc["2026-01-28", "fresnillo"] == pytest.approx(expected)
    assert 40 < expected < 80  # a price in pounds times the rate, not in pence
    pence = market.closes(["fresnillo"]).frame.loc["2026-01-28", "fresnillo"]
    pounds = market.closes(["fresnillo"], unit="GBP").frame.loc["2026-01-28", "fresnillo"]
    assert pounds == pytest.approx(pence / 100)


def test_currency_and_weight_convert_together(market_of: MarketOf) -> None:
    market = market_of(
        ("lithium", "2026-01-28", 160_000.0, "CNY/t"), ("cnyusd", "2026-01-28", 0.14, "USD per CNY")
    )
    assert market.closes(["lithium"], unit="USD/kg").frame["lithium"].iloc[-1] == pytest.approx(
        22.4
    )


def test_two_foreign_currencies_convert_through_dollars(market_of: MarketOf) -> None:
    market = market_of(
        ("harmony", "2026-01-28", 33_500.0, "ZAc"),
        ("zarusd", "2026-01-28", 0.06, "USD per ZAR"),
        ("gbpusd", "2026-01-28", 1.4, "USD per GBP"),
    )
    found = market.closes(["harmony"], unit="GBp").frame["harmony"].iloc[-1]
    assert found == pytest.approx(335 * 0.06 / 1.4 * 100)


def test_a_rate_older_than_the_filling_leaves_the_price_unknown(market_of: MarketOf) -> None:
    market = market_of(
        ("gbpusd", "2026-01-02", 1.35, "USD per GBP"), ("fresnillo", "2026-01-28", 4448.0, "GBp")
    )
    assert market.closes(["fresnillo"], unit="USD").frame.empty
    assert market.closes(["fresnillo"]).frame["fresnillo"].iloc[-1] == 4448


def test_a_currency_without_a_pair_is_refused_with_the_pair_to_add(market: Market) -> None:
    with pytest.raises(DataError, match=r"USD cannot be converted to JPY: .* Add jpyusd to"):
        market.closes(["gold"], unit="JPY/oz")


def test_prices_of_different_units_do_not_share_a_panel(market: Market) -> None:
    with pytest.raises(
        UnitError, match=r"one panel: gold is in USD/oz, copper is in USD/t\. Ask for one with"
    ):
        market.closes(["gold", "copper"])
    with pytest.raises(UnitError, match="fresnillo is in GBp, newmont is in USD"):
        market.closes(["fresnillo", "newmont"])
    with pytest.raises(UnitError, match="USD/oz cannot be expressed in USD"):
        market.closes(["gold"], unit="USD")


def test_a_stretch_in_pounds_joins_its_line_in_pence(market_of: MarketOf) -> None:
    market = market_of(
        ("fresnillo", "2026-01-27", 44.0, "GBP"), ("fresnillo", "2026-01-28", 4448.0, "GBp")
    )
    panel = market.closes(["fresnillo"])
    assert (str(panel.unit), panel.frame["fresnillo"].tolist()) == ("GBp", [4400.0, 4448.0])


def test_a_change_of_currency_within_a_line_is_refused(market_of: MarketOf) -> None:
    market = market_of(
        ("fresnillo", "2026-01-27", 60.0, "USD"), ("fresnillo", "2026-01-28", 4448.0, "GBp")
    )
    with pytest.raises(UnitError, match="USD cannot be expressed in GBp"):
        market.closes(["fresnillo"])


def test_gaps_are_filled_for_a_few_sessions_only(market_of: MarketOf) -> None:
    market = market_of(
        ("gold", "2026-01-02", 4000.0, "USD/oz"), ("gold", "2026-01-20", 4700.0, "USD/oz")
    )
    filled = market.closes(["gold"], fill_days=2).frame["gold"]
    assert filled.loc["2026-01-02":"2026-01-06"].tolist() == [4000.0] * 3
    assert filled.loc["2026-01-07":"2026-01-16"].isna().all()
    assert market.closes(["gold"], fill_days=0).frame["gold"].count() == 2
    default = market.closes(["gold"]).frame["gold"].count()
    assert default == 2 + market.method.gates.fill_days


def test_a_price_made_while_new_york_was_shut_counts_on_its_next_session(
    market_of: MarketOf,
) -> None:
    market = market_of(
        ("fresnillo", "2026-01-16", 4000.0, "GBp"),
        ("fresnillo", "2026-01-19", 4100.0, "GBp"),  # Martin Luther King Day
        ("gold", "2026-01-21", 4700.0, "USD/oz"),
    )
    closes = market.closes(["fresnillo"], fill_days=0).frame["fresnillo"]
    assert closes.loc["2026-01-16"] == 4000
    assert closes.loc["2026-01-20"] == 4100
    assert np.isnan(closes.loc["2026-01-21"])
    assert pd.Timestamp("2026-01-19") not in closes.index


def test_columns_come_in_the_order_asked(market: Market) -> None:
    assert list(market.closes(["silver", "gold"]).frame) == ["silver", "gold"]
    assert list(market.total_return(["pick", "gdx", "acwi"])) == ["pick", "gdx", "acwi"]


def test_an_unknown_instrument_is_refused_with_a_suggestion(market: Market) -> None:
    with pytest.raises(UsageError, match=r"'golld' is not in the universe; did you mean 'gold'\?"):
        market.latest("golld")
    with pytest.raises(UsageError, match=r"the ids are in universe\.yaml"):
        market.closes(["xyzzy"])


def test_an_instrument_without_data_has_no_price_and_an_empty_column(market_of: MarketOf) -> None:
    market = market_of(("newmont", "2026-01-28", 120.0, "USD"))
    assert market.latest("fresnillo") is None
    panel = market.closes(["newmont", "fresnillo"], unit="USD").frame
    assert panel["newmont"].tolist() == [120.0]
    assert panel["fresnillo"].isna().all()
    assert market.closes(["fresnillo"]).unit == Unit("GBp")


def test_total_return_never_falls_short_of_price_where_distributions_are_paid(
    market: Market,
) -> None:
    ids = [one.id for one in market.universe.companies()] + ["pick", "gdx", "acwi"]
    total = market.total_return(ids)
    price = market.closes(ids, unit="USD").frame.loc[total.index]
    gain = (total / total.bfill().iloc[0]) / (price / price.bfill().iloc[0])
    assert gain.min().min() >= 1 - 1e-9
    assert gain["bhp"].iloc[-1] > 1.5


def test_total_return_of_pence_in_dollars_by_hand(market: Market) -> None:
    rows = market.frame("prices").set_index(["instrument", "date"])
    first, last = pd.Timestamp("2025-07-31"), pd.Timestamp("2026-01-30")
    pounds = (
        rows.loc[("rio-tinto", last), "adj_close"] / rows.loc[("rio-tinto", first), "adj_close"]
    )
    rate = rows.loc[("gbpusd", last), "close"] / rows.loc[("gbpusd", first), "close"]
    found = market.total_return(["rio-tinto"])["rio-tinto"]
    assert found[last] / found[first] == pytest.approx(pounds * rate)
    in_pounds = market.total_return(["rio-tinto"], currency="GBP")["rio-tinto"]
    assert in_pounds[last] / in_pounds[first] == pytest.approx(pounds)


def test_total_return_of_a_fund_without_adjusted_closes_is_unknown(market_of: MarketOf) -> None:
    market = market_of(
        ("pick", "2026-01-28", 59.3, "USD"), ("gold", "2026-01-28", 5102.0, "USD/oz")
    )
    assert market.total_return(["pick", "gold"])["pick"].isna().all()
    assert market.total_return(["gold"])["gold"].tolist() == [5102.0]


def test_a_yield_has_no_total_return(market: Market) -> None:
    with pytest.raises(UnitError, match=r"us3m is a yield in %; it has no total return\. Use"):
        market.total_return(["us3m"])


def test_a_quote_says_when_it_is_stale(market_of: MarketOf) -> None:
    rows = [
        ("gold", "2026-01-28", 5102.0, "USD/oz"),
        ("silver", "2026-01-26", 104.0, "USD/oz"),
        ("copper", "2026-01-23", 13_010.0, "USD/t"),
    ]
    market = market_of(*rows)
    stale = {
        key: quote.stale for key in ("gold", "silver", "copper") if (quote := market.latest(key))
    }
    assert stale == {"gold": False, "silver": False, "copper": True}
    quote = market.latest("silver")
    assert quote is not None
    assert (quote.date, str(quote.unit), quote.price_type) == (
        dt.date(2026, 1, 26),
        "USD/oz",
        "close",
    )
    assert str(quote.quantity.to("USD/kg").unit) == "USD/kg"


# ── provenance ──────────────────────────────────────────────────────────────


def test_the_source_line_names_each_source_once_in_the_order_asked(market_of: MarketOf) -> None:
    market = market_of(
        ("gold", "2026-01-28", 5306.95, "USD/oz"),
        ("copper", "2026-01-28", 13_000.0, "USD/t"),
        ("silver", "2026-01-28", 110.0, "USD/oz"),
        source=["LBMA PM fix", "Exchange settlement", "LBMA PM fix"],
    )
    assert market.sources(["copper", "gold", "silver"]) == "Exchange settlement; LBMA PM fix"
    assert market.sources(["gold"]) == "LBMA PM fix"
    assert set(market.sources().split("; ")) == {"LBMA PM fix", "Exchange settlement"}


def test_illustrative_data_are_called_so(market: Market) -> None:
    assert market.illustrative
    assert market.source_name == "sample"
    assert market.sources(["gold"]) == "Sample market (illustrative), seeded"


TOLD = {f"sample:{one}" for one in COLUMNS if one not in BESIDES}


def test_inputs_follow_what_is_visible(params: Params, market: Market) -> None:
    earlier = Market.open(params, as_of="2026-01-28")
    assert earlier.inputs().keys() == market.inputs().keys() == TOLD
    assert earlier.inputs()["sample:prices"] != market.inputs()["sample:prices"]
    assert earlier.inputs() == Market.open(params, as_of="2026-01-28").inputs()
    assert earlier.files() == market.files()


def test_the_sample_market_is_fit_to_publish(market: Market) -> None:
    gates = check(market)
    assert gates.status == "PASS", gates.messages


def test_what_is_made_of_a_market_is_made_once_and_free_to_be_changed(
    market_of: Callable[..., Market],
) -> None:
    market = market_of(("gold", "2026-01-05", 4400.0, "USD/oz"))
    made: list[pd.DataFrame] = []

    def make() -> pd.DataFrame:
        made.append(pd.DataFrame({"x": [1.0, 2.0]}))
        return made[-1]

    first = market.once(("table", 1), make)
    first.loc[0, "x"] = 99.0
    assert market.once(("table", 1), make)["x"].tolist() == [1.0, 2.0]
    assert len(made) == 1
    market.once(("table", 2), make)
    assert len(made) == 2


def test_closes_and_quotes_are_the_same_after_somebody_has_changed_them(
    market_of: Callable[..., Market],
) -> None:
    market = market_of(("gold", "2026-01-05", 4400.0, "USD/oz"))
    for _ in range(2):
        closes = market.closes(["gold"]).frame
        levels = market.total_return(["gold"])
        assert closes["gold"].tolist() == levels["gold"].tolist() == [4400.0]
        closes["gold"], levels.loc[:, "gold"] = 0.0, 0.0
    assert market.latest("gold") == market.latest("gold")
