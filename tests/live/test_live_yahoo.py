"""Yahoo through yfinance: bars, distributions, accounts, ratings, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
import math

import pandas as pd
import pytest

from research.market.live import parts_of
from research.market.live.answers import SourceError, UnreachableError
from research.market.live.http import TRIES, Client, Reply
from research.market.live.yahoo import chart
from research.market.live.yahoo_accounts import figures, statements
from research.market.live.yahoo_ratings import opinions

MOMENT = dt.datetime(2026, 1, 31, 6, tzinfo=dt.UTC)
RULE = "date + 0 days at 18:00 America/New_York"
AFTER = "date + 120 days at 18:00 America/New_York"
CHART = "/v8/finance/chart/"
SUMMARY = "/v10/finance/quoteSummary/"
SERIES = "/ws/fundamentals-timeseries/v1/finance/timeseries/"


def at(day: str, hour: int = 8) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T{hour:02}:00+00:00").timestamp())


def bars(closes, adjusted=None, *, days=("2026-01-28", "2026-01-29"), events=None, **meta):
    told = {
        "currency": "GBp",
        "symbol": "RIO.L",
        "instrumentType": "EQUITY",
        "exchangeTimezoneName": "Europe/London",
        **meta,
    }
    result = {
        "meta": told,
        "timestamp": [at(day) for day in days],
        "indicators": {
            "quote": [{"close": closes}],
            "adjclose": [{"adjclose": adjusted or closes}],
        },
    }
    return {"chart": {"result": [result | ({"events": events} if events else {})], "error": None}}


def point(day, value, currency="USD"):
    return {"asOfDate": day, "currencyCode": currency, "reportedValue": {"raw": value}}


def series(**items):
    return {
        "timeseries": {
            "result": [{"meta": {"type": [name]}, name: found} for name, found in items.items()]
        }
    }


def summary(**modules):
    return {"quoteSummary": {"result": [modules], "error": None}}


PRICE = {"currency": "GBp", "marketCap": 80_000_000_000, "regularMarketTime": at("2026-01-30", 17)}
TREND = {
    "trend": [
        {"period": "0m", "strongBuy": 2, "buy": 5, "hold": 4, "sell": 1, "strongSell": 1},
        {"period": "-1m", "strongBuy": 1, "buy": 6, "hold": 5, "sell": 0, "strongSell": 1},
    ]
}


@pytest.fixture
def feed(feed_of):
    def of(address="https://query2.finance.yahoo.com", **line):
        given = {"instrument": "rio-tinto", **line}
        symbol = given.pop("symbol", "RIO.L")
        return feed_of("yahoo", address, {symbol: given}, available=RULE, accounts_available=AFTER)

    return of


@pytest.fixture
def ask(server, client, feed):
    """Parts of one line that are asked of the local server, by name."""

    def asked(**line):
        found = parts_of(feed(server.address, **line), client, key="", moment=MOMENT)
        return {part.name: part.load for part in found}

    return asked


def read(reader, answer, feed, **line):
    body = json.dumps(answer).encode()
    made = feed(**line)
    return reader(Reply(address="yahoo/it", body=body), made, made.lines[0], MOMENT)


# ── prices ──────────────────────────────────────────────────────────────────


def test_a_close_in_pence_is_pence_because_the_answer_says_so(server, ask):
    server.at(f"{CHART}RIO.L", json.dumps(bars([6010.0, 6049.5], [5900.0, 5950.0])))
    frame = ask()["RIO.L prices"]()["prices"]
    assert list(frame["close"]) == [6010.0, 6049.5]
    assert list(frame["adj_close"]) == [5900.0, 5950.0]
    assert set(frame["unit"]) == {"GBp"}
    assert set(frame["price_type"]) == {"close"}
    assert list(frame["date"].dt.strftime("%F")) == ["2026-01-28", "2026-01-29"]
    assert frame["available_at"].iloc[0] == pd.Timestamp("2026-01-28T23:00Z")


def test_the_currency_of_a_london_line_is_never_guessed_from_its_suffix(feed):
    frame = read(chart, bars([61.0, 62.0], currency="USD"), feed)["prices"]
    assert set(frame["unit"]) == {"USD"}


@pytest.mark.parametrize(
    ("kind", "unit", "type"),
    [("FUTURE", "USD/lb", "settlement"), ("CURRENCY", "USD per GBP", "spot"),
     ("INDEX", "index", "close")],
)  # fmt: skip
def test_what_is_no_share_has_the_unit_of_its_line_and_no_adjusted_close(feed, kind, unit, type):
    answer = bars([4.0, 4.1], instrumentType=kind, currency="USD")
    found = read(chart, answer, feed, unit=unit)
    assert set(found["prices"]["unit"]) == {unit}
    assert set(found["prices"]["price_type"]) == {type}
    assert found["prices"]["adj_close"].isna().all()
    assert "actions" not in found


def test_a_rate_the_other_way_up_is_inverted(feed):
    answer = bars([900.0, 800.0], instrumentType="CURRENCY", currency="CLP")
    frame = read(chart, answer, feed, unit="CLP per USD", invert=True)["prices"]
    assert list(frame["close"]) == [1 / 900, 1 / 800]
    assert set(frame["unit"]) == {"USD per CLP"}


def test_the_running_price_behind_a_days_bar_and_a_bar_without_a_close_are_left_out(feed):
    days = ("2026-01-27", "2026-01-28", "2026-01-29", "2026-01-29")
    frame = read(chart, bars([1.0, None, 3.0, 3.5], days=days), feed)["prices"]
    assert list(frame["close"]) == [1.0, 3.0]


def test_a_bar_is_of_the_exchanges_own_day(feed):
    answer = bars([40.0, 41.0], currency="AUD", exchangeTimezoneName="Australia/Sydney")
    answer["chart"]["result"][0]["timestamp"] = [at("2026-01-27", 23), at("2026-01-28", 23)]
    frame = read(chart, answer, feed)["prices"]
    assert list(frame["date"].dt.strftime("%F")) == ["2026-01-28", "2026-01-29"]


def test_dividends_and_splits_are_kept_beside_the_prices(feed):
    events = {
        "dividends": {"1": {"amount": 177.5, "date": at("2026-01-29")}},
        "splits": {"2": {"date": at("2026-01-28"), "numerator": 4, "denominator": 1}},
    }
    frame = read(chart, bars([1.0, 2.0], events=events), feed)["actions"]
    assert list(zip(frame["item"], frame["value"], frame["unit"], strict=True)) == [
        ("split", 4.0, "ratio"), ("dividend", 177.5, "GBp"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"symbol": "RIO"}, "the symbol 'RIO'; expected 'RIO.L'"),
        ({"instrumentType": "OPTION"}, "the kind 'OPTION'; expected one of EQUITY"),
        ({"currency": None}, "the currency None; expected such as USD or GBp"),
    ],
)
def test_another_symbol_kind_or_no_currency_is_refused(feed, change, words):
    with pytest.raises(SourceError, match="another layout") as error:
        read(chart, bars([1.0, 2.0], **change), feed)
    assert words in str(error.value)


@pytest.mark.parametrize("currency", ["GBP", "GBp"])
def test_prices_in_another_currency_than_the_line_says_are_refused(feed, currency):
    answer = bars([1.0, 2.0], instrumentType="FUTURE", currency=currency)
    with pytest.raises(SourceError, match=f"prices in {currency}; expected USD/oz, which"):
        read(chart, answer, feed, unit="USD/oz")


def test_an_answer_without_bars_is_refused(feed):
    answer = bars([1.0, 2.0])
    del answer["chart"]["result"][0]["timestamp"]
    answer["chart"]["result"][0]["indicators"] = {"quote": [{}]}
    with pytest.raises(SourceError, match=r"no day with a value; expected the history of RIO\.L"):
        read(chart, answer, feed)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda one: one.pop("meta"), "no `meta`"),
        (lambda one: one["indicators"].pop("quote"), "no closes beside its times"),
        (lambda one: one["timestamp"].pop(), "1 times, 2 closes, 2 adjusted ones"),
        (lambda one: one.update(events={"splits": {"1": {"date": 1}}}), "the event"),
    ],
)
def test_a_chart_in_another_layout_is_refused_whole(feed, spoil, words):
    answer = bars([1.0, 2.0])
    spoil(answer["chart"]["result"][0])
    with pytest.raises(SourceError, match="Nothing of it was taken") as error:
        read(chart, answer, feed)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("closes", "adjusted", "words"),
    [
        (["12.5", 2.0], None, "the close '12.5'; expected a number above nil, or null"),
        ([1.0, math.nan], None, "the close nan"),
        ([1.0, -4], None, "the close -4"),
        ([1.0, 0], None, "the close 0"),
        ([1.0, 2.0], [None, None], "no adjusted close; expected one beside each close"),
    ],
)
def test_closes_that_are_no_prices_are_refused(feed, closes, adjusted, words):
    with pytest.raises(SourceError, match="Nothing of it was taken") as error:
        read(chart, bars(closes, adjusted), feed)
    assert words in str(error.value)


def test_times_and_zones_that_cannot_be_are_refused(feed):
    with pytest.raises(SourceError, match="the time zone None; expected such as Europe/London"):
        read(chart, bars([1.0, 2.0], exchangeTimezoneName=None), feed)
    answer = bars([1.0, 2.0])
    answer["chart"]["result"][0]["timestamp"] = [at("2026-01-28") * 1000, at("2026-01-29") * 1000]
    with pytest.raises(SourceError, match="expected seconds since 1970"):
        read(chart, answer, feed)


def test_an_answer_that_is_no_chart_is_refused(feed):
    with pytest.raises(SourceError, match=r"another layout: `{'chart': None}`"):
        read(chart, {"chart": None}, feed)


# ── accounts ────────────────────────────────────────────────────────────────


def test_accounts_are_in_the_currency_that_stands_beside_each_number(feed):
    answer = series(
        annualEBITDA=[point("2024-12-31", 19e9), None, point("2025-12-31", 21e9)],
        annualTotalDebt=[point("2024-12-31", 14e9)],
        annualCashCashEquivalentsAndShortTermInvestments=[point("2024-12-31", 9e9)],
        annualOrdinarySharesNumber=[point("2024-12-31", 1.62e9)],
    )
    frame = read(statements, answer, feed)["fundamentals"]
    told = frame.set_index(["item", frame["period_end"].dt.year])
    assert told.loc[("ebitda", 2024), "value"] == 19_000
    assert told.loc[("ebitda", 2024), "unit"] == "USD m"
    assert told.loc[("net_debt", 2024), "value"] == 5_000  # positive: it owes
    assert told.loc[("shares_m", 2024), ["value", "unit"]].tolist() == [1_620.0, "m"]
    # the year of 2024 is taken to be public 120 days on, that of 2025 since it was seen
    assert told.loc[("ebitda", 2024), "available_at"] == pd.Timestamp("2025-04-30T22:00Z")
    assert told.loc[("ebitda", 2025), "available_at"] == pd.Timestamp(MOMENT)
    assert told.loc[("ebitda", 2025), "published_at"] == pd.Timestamp("2026-01-31")


def test_debt_without_its_cash_is_no_net_debt(feed):
    answer = series(
        annualEBITDA=[point("2024-12-31", 1e9)],
        annualTotalDebt=[point("2024-12-31", 14e9)],
        annualCashCashEquivalentsAndShortTermInvestments=[point("2024-12-31", 9e9, "GBP")],
    )
    assert set(read(statements, answer, feed)["fundamentals"]["item"]) == {"ebitda"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (series(annualEBITDA=None), "no figure of any year"),
        ({"timeseries": {}}, "years of each item"),
        (series(annualEBITDA=[point("2024-12-31", 1, "XXQ")]), "the currency 'XXQ'"),
        (series(annualEBITDA=[point("31.12.2024", 1)]), "the day '31.12.2024'"),
    ],
)
def test_accounts_in_another_layout_are_refused(feed, answer, words):
    with pytest.raises(SourceError) as error:
        read(statements, answer, feed)
    assert words in str(error.value)


def test_the_market_value_of_a_line_in_pence_is_in_pounds(feed):
    answer = summary(
        price=PRICE,
        defaultKeyStatistics={"sharesOutstanding": 1.25e9, "impliedSharesOutstanding": 1.62e9},
        earningsTrend={"trend": []},
    )
    frame = read(figures, answer, feed)["fundamentals"].set_index("item")
    assert frame.loc["market_cap", ["value", "unit"]].tolist() == [80_000.0, "GBP m"]
    assert frame.loc["shares_m", "value"] == 1_620.0  # both lines of the dual listing
    assert set(frame["available_at"]) == {pd.Timestamp(MOMENT)}
    assert set(frame["period_end"]) == {pd.Timestamp("2026-01-30")}


def estimate(period, value, analysts=9, currency="USD", ends="2026-12-31"):
    told = {"avg": {"raw": value}, "numberOfAnalysts": {"raw": analysts}}
    return {
        "period": period,
        "endDate": ends,
        "earningsEstimate": told | {"earningsCurrency": currency},
    }


def test_estimates_are_by_share_for_two_fiscal_years(feed):
    trend = [estimate("0q", 1.0), estimate("0y", 6.9), estimate("+1y", 7.4, ends="2027-12-31")]
    answer = summary(price=PRICE, earningsTrend={"trend": trend})
    frame = read(figures, answer, feed)["consensus"]
    assert list(frame["value"]) == [6.9, 7.4]
    assert list(frame["fiscal_year_end"].dt.year) == [2026, 2027]
    assert set(frame["unit"]) == {"USD/share"}
    assert set(frame["item"]) == {"eps"}


@pytest.mark.parametrize(
    "nothing", [estimate("0y", 0, analysts=0), estimate("0y", 1.0, currency=None),
                estimate("0y", 1.0, ends=None)]
)  # fmt: skip
def test_an_estimate_that_nobody_makes_or_without_a_currency_is_none(feed, nothing):
    answer = summary(price=PRICE, earningsTrend={"trend": [nothing]})
    assert read(figures, answer, feed)["consensus"].empty


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (summary(), "no price; expected price"),
        ({"quoteSummary": {"result": None}}, '{"quoteSummary": {"result": [one]}}'),
        (summary(price=PRICE | {"regularMarketTime": None}), "no regularMarketTime"),
        (summary(price=PRICE, earningsTrend={"trend": [estimate("0y", 1.0, ends="2026")]}),
         "the end of a year '2026'"),
    ],
)  # fmt: skip
def test_figures_in_another_layout_are_refused(feed, answer, words):
    with pytest.raises(SourceError) as error:
        read(figures, answer, feed)
    assert words in str(error.value)


# ── ratings ─────────────────────────────────────────────────────────────────


def changed(firm, day, grade):
    return {"firm": firm, "epochGradeDate": at(day), "toGrade": grade, "action": "main"}


def test_houses_words_become_the_notes_three(feed):
    history = [
        changed("A", "2025-03-01", "Overweight"), changed("B", "2025-03-01", "Sector Perform"),
        changed("C", "2025-03-01", "Reduce"), changed("A", "2025-09-01", "Equal-Weight"),
        changed("D", "2025-09-01", ""),
    ]  # fmt: skip
    answer = summary(upgradeDowngradeHistory={"history": history}, recommendationTrend=TREND)
    found = read(opinions, answer, feed)
    told = found["ratings"]
    assert list(zip(told["analyst"], told["rating"], strict=True)) == [
        ("A", "Buy"), ("B", "Hold"), ("C", "Sell"), ("A", "Hold"),
    ]  # fmt: skip
    assert set(told["available_at"]) == {pd.Timestamp(MOMENT)}  # Yahoo fills in history later
    counts = found["rating_counts"].set_index(["date", "rating"])["count"]
    assert counts[pd.Timestamp("2026-01-01")].to_dict() == {"Buy": 7, "Hold": 4, "Sell": 2}
    assert counts[pd.Timestamp("2025-12-01")].to_dict() == {"Buy": 7, "Hold": 5, "Sell": 1}


def test_an_estimate_in_pence_is_in_pounds_and_accounts_are_never_in_pence(feed):
    answer = summary(price=PRICE, earningsTrend={"trend": [estimate("0y", 690.0, currency="GBp")]})
    frame = read(figures, answer, feed)["consensus"]
    assert frame[["value", "unit"]].to_numpy().tolist() == [[pytest.approx(6.9), "GBP/share"]]
    told = series(annualEBITDA=[point("2024-12-31", 1e9, "GBp")])
    with pytest.raises(SourceError, match="accounts in GBp; expected whole GBP"):
        read(statements, told, feed)


def test_of_two_changes_on_a_day_the_later_one_stands(feed):
    day = changed("A", "2025-03-01", "Buy") | {"epochGradeDate": at("2025-03-01", 20)}
    answer = summary(upgradeDowngradeHistory={"history": [day, changed("A", "2025-03-01", "Hold")]})
    assert list(read(opinions, answer, feed)["ratings"]["rating"]) == ["Buy"]


def test_a_word_on_no_scale_is_refused_by_name(feed):
    answer = summary(upgradeDowngradeHistory={"history": [changed("A", "2025-03-01", "Cosy")]})
    with pytest.raises(SourceError) as error:
        read(opinions, answer, feed)
    assert str(error.value) == (
        "yahoo/it answered with ratings that are on no scale here: Cosy; expected such as Buy, "
        "Hold or Sell. No rating of RIO.L was taken. Add the word to the scale in "
        "research.market.live.yahoo_ratings."
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (summary(), "no rating of any house; expected opinions on RIO.L"),
        (summary(recommendationTrend={"trend": [{"period": "0m"}]}), "firm, day and grade"),
        (summary(recommendationTrend={"trend": [TREND["trend"][0] | {"period": "1w"}]}),
         "the period '1w'; expected 0m, -1m and so on"),
    ],
)  # fmt: skip
def test_opinions_in_another_layout_are_refused(feed, answer, words):
    with pytest.raises(SourceError) as error:
        read(opinions, answer, feed)
    assert words in str(error.value)


# ── asking ──────────────────────────────────────────────────────────────────


def test_a_line_is_asked_for_what_it_tells_and_no_more(server, ask):
    assert list(ask(tells=["prices"])) == ["RIO.L prices"]
    assert list(ask(tells=["accounts", "ratings"])) == [
        "RIO.L statements", "RIO.L figures", "RIO.L ratings",
    ]  # fmt: skip
    server.at(f"{SERIES}RIO.L", json.dumps(series(annualEBITDA=[point("2024-12-31", 1e9)])))
    server.at(f"{SUMMARY}RIO.L", json.dumps(summary(price=PRICE)))
    parts = ask(tells=["accounts"])
    assert len(parts["RIO.L statements"]()["fundamentals"]) == 1
    assert len(parts["RIO.L figures"]()["fundamentals"]) == 1
    asked = [one for one in server.asked if one.startswith((SERIES, SUMMARY))]
    assert "annualEBITDA" in asked[0]
    assert "modules=price%2CdefaultKeyStatistics%2CearningsTrend" in asked[1]


def test_nothing_is_asked_before_a_part_is_loaded(server, ask):
    ask()
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, '{"chart":{"result":null,"error":{"code":"Not Found"}}}', "status 404"),
        (200, "<html><title>Yahoo is part of</title></html>", 'a web page titled "Yahoo is part'),
        (200, "<html>captcha</html>", "wants proof of a human"),
        (200, "", "answered with nothing"),
        (200, '{"chart": {"res', "JSON that breaks off"),
        (403, "<html><title>No</title></html>", "status 403"),
    ],
)
def test_what_is_no_answer_is_told_as_it_came(server, ask, status, body, words):
    server.at(f"{CHART}RIO.L", body, status)
    with pytest.raises(SourceError) as error:
        ask()["RIO.L prices"]()
    assert words in str(error.value)
    assert f"{CHART}RIO.L?period1=0" in str(error.value)


def test_too_many_requests_are_waited_for_and_then_told(server, ask, waits):
    server.at(f"{CHART}RIO.L", "Edge: Too Many Requests", 429)
    with pytest.raises(SourceError, match="status 429, and with text that begins `Edge: Too Many"):
        ask()["RIO.L prices"]()
    assert waits == [1.0, 2.0, 4.0]


def test_a_source_that_is_down_for_a_moment_is_asked_again(server, ask, waits):
    for _ in range(2):  # yfinance asks twice itself, with other cookies
        server.at(f"{CHART}RIO.L", "busy", 503)
    server.at(f"{CHART}RIO.L", json.dumps(bars([1.0, 2.0])))
    assert len(ask()["RIO.L prices"]()["prices"]) == 2
    assert waits == [1.0]


def test_a_crumb_that_is_a_refusal_does_not_stop_the_prices(server, ask):
    server.at("/v1/test/getcrumb", "Edge: Too Many Requests", 429)
    server.at(f"{CHART}RIO.L", json.dumps(bars([1.0, 2.0])))
    assert len(ask()["RIO.L prices"]()["prices"]) == 2


def test_an_answer_that_is_too_large_is_not_taken(server, feed, waits):
    server.at(f"{CHART}RIO.L", json.dumps(bars([1.0, 2.0])))
    small = Client(timeout_s=5, size_limit=100, wait=waits.append)
    [part] = parts_of(feed(server.address), small, key="", moment=MOMENT)
    with pytest.raises(SourceError, match="answers with more than"):
        part.load()
    assert waits == []


def test_a_network_that_is_not_there_is_told(client, feed, waits):
    [part] = parts_of(feed("http://127.0.0.1:9"), client, key="", moment=MOMENT)
    with pytest.raises(UnreachableError, match=f"could not be reached, {TRIES} times"):
        part.load()
    assert len(waits) == TRIES - 1


# ── what was recorded ───────────────────────────────────────────────────────


@pytest.fixture
def recorded(shared):
    def answer(name):
        path = shared / "wire" / "yahoo" / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8"))["response"]["bodyJson"]

    return answer


def test_the_recorded_london_bar_is_in_pence(recorded, feed):
    answer = recorded("chart-OCDO.L-2020-01-01-to-2020-01-03")
    frame = read(chart, answer, feed, symbol="OCDO.L")["prices"]
    assert set(frame["unit"]) == {"GBp"}
    assert frame["date"].min() == pd.Timestamp("2020-01-02")


def test_the_recorded_future_settles(recorded, feed):
    answer = recorded("chart-GC=F-2020-01-01-to-2020-01-03")
    frame = read(chart, answer, feed, symbol="GC=F", unit="USD/oz")["prices"]
    assert frame[["close", "price_type"]].to_numpy().tolist() == [[1524.5, "settlement"]]
    assert math.isnan(frame["adj_close"].iloc[0])


@pytest.mark.parametrize(
    ("name", "symbol", "count"),
    [("NVDA-split", "NVDA", 1), ("MSFT-dividends", "MSFT", 4)],
)
def test_the_recorded_events_load(recorded, feed, name, symbol, count):
    answer = recorded(f"historical-via-chart-{name}-2021-02-01-to-2022-01-31.csv")
    assert len(read(chart, answer, feed, symbol=symbol)["actions"]) == count


def test_the_recorded_exchange_rate_loads(recorded, feed):
    answer = recorded("chart-EURUSD=X-2020-01-01-to-2020-01-03")
    frame = read(chart, answer, feed, symbol="EURUSD=X", unit="USD per EUR")["prices"]
    assert set(frame["price_type"]) == {"spot"}
    assert frame["close"].between(1.1, 1.13).all()


def test_recorded_fakes_without_times_are_refused(recorded, feed):
    for name in ("quotes-length", "weird-quote"):
        with pytest.raises(SourceError):
            read(chart, recorded(f"chart-notimestamp-{name}.fake"), feed, symbol="AAPL")


def test_the_recorded_accounts_load(recorded, feed):
    frame = read(statements, recorded("fundamentalsTimeSeries-AAPL-all-annual"), feed)
    told = frame["fundamentals"].set_index(["item", "period_end"])["value"]
    assert told["revenue", pd.Timestamp("2024-09-30")] == 391_035.0
    assert told["net_debt", pd.Timestamp("2024-09-30")] == pytest.approx(106_629 - 65_171)


def test_the_recorded_summary_of_a_london_line_reconciles(recorded, feed):
    answer = recorded("quoteSummary-all-OCDO.L")
    frame = read(figures, answer, feed)["fundamentals"].set_index("item")["value"]
    pence = answer["quoteSummary"]["result"][0]["price"]["regularMarketPrice"]
    assert frame["market_cap"] == pytest.approx(frame["shares_m"] * pence / 100)
    # the quarters, which nobody estimates, have noughts for currency and end
    estimates = read(figures, answer, feed)["consensus"]
    assert list(estimates["value"]) == [-0.38265, -0.35922]
    assert set(estimates["unit"]) == {"GBP/share"}


def test_the_recorded_opinions_load(recorded, feed):
    found = read(opinions, recorded("quoteSummary-all-AAPL"), feed)
    assert len(found["ratings"]) > 900
    assert set(found["ratings"]["rating"]) == {"Buy", "Hold", "Sell"}
    trend = read(opinions, recorded("quoteSummary-recommendationTrend-OCDO.L"), feed)
    assert trend["ratings"].empty
    assert trend["rating_counts"].groupby("date")["count"].sum().iloc[-1] == 13
