"""Fetching several sources: what fails is told and takes nothing else with it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from research.market.live import MODULES, Part
from research.market.live import fetch as fetching
from research.market.live.cftc import ITEMS
from research.market.live.fetch import fetch, foresee, snapshots
from research.market.live.http import TRIES
from research.market.store import Store
from research.params.feeds import FEED_IDS

MOMENT = dt.datetime(2026, 1, 30, 17, tzinfo=dt.UTC)
GOLD = json.dumps([{"d": "2026-01-29", "v": [5405.0]}])


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


@pytest.fixture
def run(store, client):
    """Fetch feeds at a moment; gives the outcomes."""

    def run(*feeds, moment=MOMENT, key=""):
        return list(fetch(feeds, store, moment=moment, connect=lambda _: (client, key)))

    return run


def test_every_feed_that_a_note_may_name_has_its_module():
    assert tuple(MODULES) == FEED_IDS


def test_a_part_that_fails_takes_no_other_part_with_it(server, run, store, feed_of):
    server.at("/gold_pm.json", GOLD)
    server.at("/silver.json", "<html>")
    [outcome] = run(feed_of("lbma", server.address, {"silver": "silver", "gold_pm": "gold"}))
    assert [one.rows for one in outcome.vintages] == [1]
    assert outcome.vintages[0].address == server.address
    [failure] = outcome.failures
    assert failure.startswith(f"lbma silver: {server.address}/silver.json answered with a web page")
    assert [str(one) for one in outcome.suffering] == ["silver (nothing yet)"]
    assert set(store.read("lbma", "prices")["instrument"]) == {"gold"}


def test_a_source_that_does_not_answer_is_not_asked_for_the_rest(run, feed_of, waits):
    lines = {"silver": "silver", "gold_pm": "gold", "platinum_pm": "platinum"}
    [outcome] = run(feed_of("lbma", "http://127.0.0.1:9", lines))
    first, rest = outcome.failures
    assert first.startswith("lbma silver: http://127.0.0.1:9/silver.json could not be reached, 4 t")
    assert rest == "lbma: 2 more requests were not made, since it gives nothing for now."
    assert len(waits) == TRIES - 1
    assert [one.instrument for one in outcome.suffering] == ["silver", "gold", "platinum"]


def test_a_source_that_has_had_too_many_requests_is_not_asked_for_the_rest(server, run, feed_of):
    server.at("/silver.json", "Too Many Requests", 429)
    [outcome] = run(feed_of("lbma", server.address, {"silver": "silver", "gold_pm": "gold"}))
    first, rest = outcome.failures
    assert "status 429" in first
    assert rest == "lbma: 1 more request was not made, since it gives nothing for now."


def test_a_store_that_is_spoilt_for_one_source_takes_no_other_with_it(server, run, store, feed_of):
    server.at("/gold_pm.json", GOLD)
    (store.folder / "lbma").mkdir(parents=True)
    (store.folder / "lbma" / "prices").write_text("in the way")
    counts = {"period": "0m", "strongBuy": 1, "buy": 2, "hold": 3, "sell": 0, "strongSell": 0}
    summary = {"quoteSummary": {"result": [{"recommendationTrend": {"trend": [counts]}}]}}
    server.at("/v10/finance/quoteSummary/BHP", json.dumps(summary))
    line = {"BHP": {"instrument": "bhp", "tells": ["ratings"]}}
    lbma, yahoo = run(
        feed_of("lbma", server.address, {"gold_pm": "gold"}), feed_of("yahoo", server.address, line)
    )
    assert lbma.failures[0].startswith("lbma: ")
    assert (yahoo.failures, len(yahoo.vintages)) == ((), 1)


def test_a_history_that_is_another_series_is_refused_and_one_that_split_is_not(
    server, run, feed_of, store
):
    days = [f"2025-12-{day:02}" for day in range(1, 29)]

    def fix(*prices):
        return json.dumps([{"d": d, "v": [p]} for d, p in zip(days, prices, strict=True)])

    walk = [100 + (7 * n) % 11 for n in range(28)]
    lines = {"gold_pm": "gold", "silver": "silver", "platinum_pm": "platinum"}
    feed = feed_of("lbma", server.address, lines)
    for symbol in lines:
        server.at(f"/{symbol}.json", fix(*walk))
    run(feed)
    server.answers.clear()
    server.at("/gold_pm.json", fix(*[price / 10 for price in walk]))
    server.at("/silver.json", fix(*reversed(walk)))
    server.at("/platinum_pm.json", fix(999, *walk[1:]))  # one that was corrected
    [outcome] = run(feed, moment=MOMENT + dt.timedelta(days=1))
    [failure] = outcome.failures
    assert failure.startswith("lbma: 26 of 28 prices of silver are others than it told before, and")
    assert [one.instrument for one in outcome.suffering] == ["silver"]
    assert outcome.vintages[0].revised == 29  # all of gold, and one


def test_accounts_that_arrive_make_no_price_newer(server, run, feed_of, store):
    def answer(status=200):
        bar = {"chart": {"result": [{
            "meta": {"currency": "USD", "symbol": "BHP", "instrumentType": "EQUITY",
                     "exchangeTimezoneName": "America/New_York"},
            "timestamp": [int((MOMENT - dt.timedelta(days=2)).timestamp())],
            "indicators": {"quote": [{"close": [60.0]}], "adjclose": [{"adjclose": [60.0]}]},
        }]}}  # fmt: skip
        price = {"currency": "USD", "marketCap": 3e11,
                 "regularMarketTime": int((MOMENT + dt.timedelta(days=9)).timestamp())}  # fmt: skip
        server.answers.clear()
        server.at("/v8/finance/chart/BHP", json.dumps(bar) if status == 200 else "", status)
        told = {"quoteSummary": {"result": [{"price": price}]}}
        server.at("/v10/finance/quoteSummary/BHP", json.dumps(told))

    line = {"BHP": {"instrument": "bhp", "tells": ["prices", "accounts"]}}
    feed = feed_of("yahoo", server.address, line)
    answer()
    run(feed)
    answer(404)
    [late] = run(feed, moment=MOMENT + dt.timedelta(days=9))
    [age] = late.suffering
    assert age.stale
    assert age.last is not None
    assert age.last < MOMENT.date()


def test_a_fault_of_one_reader_is_told_and_takes_no_other_source_with_it(
    server, run, feed_of, monkeypatch
):
    def broken():
        raise KeyError("abc123")

    server.at("/gold_pm.json", GOLD)
    real = fetching.parts_of

    def parts_of(feed, client, **more):
        if feed.id == "lbma":
            return real(feed, client, **more)
        return [Part(name="DGS10", address="https://x.org", instruments=("us10y",), load=broken)]

    monkeypatch.setattr(fetching, "parts_of", parts_of)
    one = feed_of("fred", "https://x.org", {"DGS10": {"instrument": "us10y", "unit": "%"}})
    outcomes = run(one, feed_of("lbma", server.address, {"gold_pm": "gold"}), key="abc123")
    assert outcomes[0].failures == (
        "fred DGS10: https://x.org could not be read (KeyError: '…'). Nothing of it was taken; "
        "this is a fault of its reader in research.market.live.",
    )
    assert [len(one.vintages) for one in outcomes] == [0, 1]


def test_what_is_stale_after_a_failure_is_told_apart_from_what_is_not(server, run, feed_of):
    feed = feed_of("lbma", server.address, {"gold_pm": "gold"})
    server.at("/gold_pm.json", GOLD)
    run(feed)
    server.answers.clear()
    [soon] = run(feed, moment=MOMENT + dt.timedelta(days=3))
    [late] = run(feed, moment=MOMENT + dt.timedelta(days=7))
    assert [(str(one.suffering[0]), one.suffering[0].stale) for one in (soon, late)] == [
        ("gold (2026-01-29)", False), ("gold (2026-01-29)", True),
    ]  # fmt: skip


def test_fetching_again_adds_nothing_and_fails_nothing(server, run, store, feed_of):
    server.at("/gold_pm.json", GOLD)
    feed = feed_of("lbma", server.address, {"gold_pm": "gold"})
    run(feed)
    [again] = run(feed)
    assert (again.vintages, again.failures) == ((), ())
    assert len(store.vintages()) == 1


def test_what_a_fetch_would_do_is_told_without_a_request(server, run, store, client, feed_of):
    feed = feed_of("lbma", server.address, {"gold_pm": "gold", "silver": "silver"})
    server.at("/gold_pm.json", GOLD)
    run(feed)
    server.asked.clear()
    later = MOMENT + dt.timedelta(days=1)
    [seen] = foresee([feed], store, moment=later, connect=lambda _: (client, ""))
    assert server.asked == []
    assert [part.name for part in seen.parts] == ["gold_pm", "silver"]
    assert seen.fetched_at == MOMENT
    assert [(one.instrument, one.stale) for one in seen.ages] == [("gold", False), ("silver", True)]


def test_what_is_told_of_today_is_seen_from_the_day_of_the_fetch_on(server, run, feed_of):
    counts = {"period": "0m", "strongBuy": 1, "buy": 2, "hold": 3, "sell": 0, "strongSell": 0}
    summary = {"quoteSummary": {"result": [{"recommendationTrend": {"trend": [counts]}}]}}
    server.at("/v10/finance/quoteSummary/BHP", json.dumps(summary))
    server.at("/gold_pm.json", GOLD)
    line = {"BHP": {"instrument": "bhp", "tells": ["ratings"]}}
    lbma, yahoo = run(
        feed_of("lbma", server.address, {"gold_pm": "gold"}), feed_of("yahoo", server.address, line)
    )
    assert (lbma.today, yahoo.today) == (None, MOMENT.date())


def test_weeks_of_opinions_are_counted(store):
    import pandas as pd

    for day in (1, 2, 9):
        frame = pd.DataFrame(
            {
                "instrument": ["bhp"], "item": ["eps"], "value": [1.5], "unit": ["USD"],
                "fiscal_year_end": pd.to_datetime(["2026-06-30"]), "source": ["Yahoo"],
                "available_at": pd.to_datetime(["2020-01-01"], utc=True),
            }
        )  # fmt: skip
        when = dt.datetime(2026, 1, day, tzinfo=dt.UTC)
        store.add("yahoo", "consensus", frame, fetched_at=when, address="x", licence="y")
    assert [(one.dataset, one.weeks, one.first) for one in snapshots(store)] == [
        ("consensus", 2, dt.date(2026, 1, 1)), ("ratings", 0, None), ("rating_counts", 0, None),
    ]  # fmt: skip


REPORT = {
    "report_date_as_yyyy_mm_dd": "2026-01-20T00:00:00.000",
    "cftc_contract_market_code": "088691",
    **dict.fromkeys(ITEMS, "5"),
}
HOLDINGS = """Fund Holdings as of,"Jan 28, 2026"
Ticker,Name,Asset Class,Market Value,Weight (%),Location,Currency
"BHP","BHP","Equity","1.00","100.00","Australia","USD"
"""
ANSWERS = {
    "lbma": ("/gold_pm.json", GOLD, {"gold_pm": "gold"}),
    "fred": ("/graph/fredgraph.csv", "DATE,DGS10\n2026-01-27,4.2\n",
             {"DGS10": {"instrument": "us10y", "unit": "%"}}),
    "cftc": ("/resource/6dca-aqww.json", json.dumps([REPORT]), {"088691": "gold"}),
    "ishares": ("/1/a/1467271812596.ajax", HOLDINGS, {"1/a": "pick"}),
}  # fmt: skip


@pytest.mark.parametrize("down", [None, *ANSWERS])
def test_any_one_source_may_be_down_and_the_others_are_all_there(server, run, store, feed_of, down):
    for path, body, _ in (answer for name, answer in ANSWERS.items() if name != down):
        server.at(path, body)
    feeds = [feed_of(name, server.address, lines) for name, (_, _, lines) in ANSWERS.items()]
    outcomes = run(*feeds)
    assert [one.source for one in outcomes if one.failures] == ([down] if down else [])
    there = {one.source for one in store.vintages()}
    assert there == set(ANSWERS) - {down}
