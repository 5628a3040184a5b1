"""iShares: the holdings of a fund, and what is refused."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from research.market.live import parts_of
from research.market.live.answers import SourceError
from research.market.live.http import Reply
from research.market.live.ishares import holdings

MOMENT = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
SYMBOL = "239655/a-fund"
HEADER = (
    "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price,"
    "Location,Exchange,Currency,FX Rate,Market Currency,Accrual Date"
)


def row(ticker: str, name: str, kind: str, value: str, weight: str) -> str:
    cells = [ticker, name, "Materials", kind, value, weight, value, "1.00", "1.00", "Australia",
             "XASX", "USD", "1.00", "AUD", "-"]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells)


ROWS = [
    row("BHP", "BHP GROUP LTD", "Equity", "1,234.50", "60.00"),
    row("RIO", "RIO TINTO LTD", "Equity", "800.00", "39.50"),
    row("USD", "USD CASH", "Cash", "6.00", "0.30"),
    row("USD", "USD CASH", "Cash", "4.00", "0.20"),
]


def file(rows=ROWS, header=HEADER, day="Jan 29, 2026") -> bytes:
    top = ["A fund", f'Fund Holdings as of,"{day}"', 'Stock,"-"', "\u00a0", header]
    tail = ["\u00a0", "This information must be preceded, or not, by a prospectus."]
    return b"\xef\xbb\xbf" + "\n".join([*top, *rows, *tail]).encode()


@pytest.fixture
def load(server, client, feed_of):
    def loaded(body: bytes):
        server.at(f"/{SYMBOL}/1467271812596.ajax", body)
        rule = "date + 1 business day at 09:00 America/New_York"
        feed = feed_of("ishares", server.address, {SYMBOL: "pick"}, available=rule)
        [part] = parts_of(feed, client, key="", moment=MOMENT)
        return part.load()["holdings"]

    return loaded


def test_holdings_are_fractions_of_the_fund_on_the_day_of_the_file(load, server):
    frame = load(file()).set_index("ticker")
    assert list(frame.index) == ["BHP", "RIO", "USD"]
    assert frame.loc["BHP", "weight"] == pytest.approx(0.6)
    assert frame.loc["BHP", "value"] == 1234.5
    assert frame.loc["USD", "weight"] == pytest.approx(0.005)  # two lines of one thing
    assert set(frame["instrument"]) == {"pick"}
    assert set(frame["date"]) == {pd.Timestamp("2026-01-29")}
    assert f"{frame['available_at'].iloc[0]:%Y-%m-%d %H:%M}" == "2026-01-30 14:00"
    assert server.asked[0].endswith(".ajax?fileType=csv&dataType=fund")


def test_the_older_name_of_a_column_that_is_not_read_changes_nothing(load):
    assert len(load(file(header=HEADER.replace("Quantity", "Shares")))) == 3


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (file(day="29.01.2026"), "no line `Fund Holdings as of`"),
        (file(header="Symbol,Name"), "no header Ticker, Name"),
        (file(header=HEADER.replace("Weight (%)", "Weight")), "no column Weight (%)"),
        (file(rows=[]), "a header without rows"),
        (file(rows=ROWS[:1]), "weights of 1 rows that make 60.0%; expected about 100%"),
        (
            file(rows=[*ROWS, row("X", "Y", "Equity", "1.00", "-")]),
            "weight '-' in row 5; expected a number",
        ),
    ],
)
def test_another_layout_is_refused_and_quoted(load, body, told):
    with pytest.raises(SourceError) as caught:
        load(body)
    assert "answered in another layout: " in str(caught.value)
    assert told in str(caught.value)


def test_the_page_that_programs_get_is_refused(load):
    with pytest.raises(SourceError, match='a web page titled "iShares"; expected CSV'):
        load(b"<!DOCTYPE html><html><title>iShares</title></html>")


# ── the JSON of 2026 ────────────────────────────────────────────────────────


COLUMNS = {
    "ticker": ["BHP", "RIO", "USD", "USD"],
    "issueName": ["BHP GROUP LTD", "RIO TINTO LTD", "USD CASH", "USD CASH"],
    "sectorName": ["Materials", "Materials", "Cash and/or Derivatives", "Cash and/or Derivatives"],
    "assetClass": ["Equity", "Equity", "Cash", "Cash"],
    "countryOfRisk": ["Australia", "Australia", "-", None],
    "currencyCode": ["USD", "USD", "USD", "USD"],
    "holdingPercent": [60.0, 39.5, 0.3, 0.2],
    "marketValue": [1234.5, 800.0, 6.0, 4.0],
    "asOfDate": 20260129,
}


def answer(**changes) -> bytes:
    columns = {**COLUMNS, **changes}
    points = {name: {"value": value} for name, value in columns.items() if value is not None}
    tree = {"all": {"dataPointsByNameMap": points}}
    tree = {"componentsByNameMap": {"holdings": {"containersByNameMap": tree}}}
    return json.dumps({"fundName": "A fund", **tree}).encode()


@pytest.fixture
def load_api(server, client, feed_of):
    def loaded(body: bytes):
        server.at("/api/v2/get-product-data", body)
        rule = "date + 1 business day at 09:00 America/New_York"
        address = f"{server.address}/api/v2/get-product-data"
        feed = feed_of("ishares", address, {SYMBOL: "pick"}, available=rule)
        [part] = parts_of(feed, client, key="", moment=MOMENT)
        return part.load()["holdings"]

    return loaded


def test_the_json_says_what_the_csv_said(load, load_api, server):
    pd.testing.assert_frame_equal(
        load_api(answer(countryOfRisk=["Australia"] * 4)).drop(columns="source"),
        load(file()).drop(columns="source"),
    )
    asked = parse_qs(urlsplit(server.asked[0]).query)
    assert (asked["portfolioId"], asked["component"]) == (["239655"], ["holdings.all"])


def test_a_place_that_is_not_told_is_a_dash_either_way(load_api):
    cash = load_api(answer()).set_index("ticker").loc["USD"]
    assert (cash["location"], cash["weight"]) == ("-", pytest.approx(0.005))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"componentsByNameMap": {}}', "no componentsByNameMap → holdings → "),
        (b"[]", "no componentsByNameMap → holdings → "),
        (answer(holdingPercent=None), "no list holdingPercent; expected ticker, issueName, "),
        (answer(ticker="BHP"), "no list ticker; "),
        (answer(ticker=["BHP", "RIO"]), "lists of ticker 2, issueName 4, "),
        (answer(asOfDate="29/Jan/2026"), "asOfDate '29/Jan/2026'; expected a day such as 20260128"),
        (answer(asOfDate=None), "asOfDate None; "),
        (answer(asOfDate=20261345), "asOfDate 20261345; "),
        (answer(holdingPercent=[60, "n/a", 0.3, 0.2]), "weight 'n/a' in row 2; expected a number"),
        (answer(marketValue=[1, 2, None, 3]), "value '-' in row 3; expected a number"),
        (answer(holdingPercent=[0.6, 0.395, 0.003, 0.002]), "weights of 4 rows that make 1.0%"),
    ],
)
def test_another_layout_of_the_json_is_refused_and_quoted(load_api, body, told):
    with pytest.raises(SourceError) as caught:
        load_api(body)
    assert "answered in another layout: " in str(caught.value)
    assert told in str(caught.value)


def test_a_page_in_place_of_the_json_is_refused(load_api):
    with pytest.raises(SourceError, match='a web page titled "iShares"; expected JSON'):
        load_api(b"<!DOCTYPE html><html><title>iShares</title></html>")


def test_the_recorded_file_loads(shared, feed_of):
    path = shared / "wire" / "ishares" / "ishares_IVV_holdings_2025-11-18.csv"
    feed = feed_of("ishares", "https://x.org", {SYMBOL: "pick"})
    frame = holdings(Reply(address=path.name, body=path.read_bytes()), feed, feed.lines[0])
    assert len(frame) > 500
    first = frame.iloc[0]
    assert (first["ticker"], first["weight"]) == ("NVDA", pytest.approx(0.0782))
    assert f"{first['date']:%Y-%m-%d}" == "2025-11-18"
    assert frame["weight"].sum() == pytest.approx(1, abs=0.005)
