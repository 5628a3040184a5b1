"""The Pink Sheet: both layouts, averages that stay averages, and what is refused."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest

from research.market.live import parts_of
from research.market.live.answers import SourceError
from research.market.live.http import Reply
from research.market.live.world_bank import averages

MOMENT = dt.datetime(2026, 3, 5, 17, tzinfo=dt.UTC)
RULE = "month end + 2 business days at 17:00 America/New_York"
HEAD = [["World Bank Commodity Price Data (The Pink Sheet)"], [], [], ["Updated on March 03, 2026"]]
NAMES = [None, "Coal, South African **", "Copper", "Iron ore, cfr spot", "Gold"]
UNITS = [None, "($/mt)", "($/mt)", "($/dmtu)", "($/troy oz)"]
CODES = [None, "COAL_SAFRICA", "COPPER", "IRON_ORE", "GOLD"]
MONTHS = [
    ["2025M12", 90.0, 11700.5, "…", 4300.0],
    ["2026M01", 91.0, "...", 104.2, 4800.0],
    ["2026M02", "..", 12951.35, 98.84, 5019.97],
]


def workbook(rows: list[list[object]], sheet: str = "Monthly Prices") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "AFOSHEET"
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


@pytest.fixture
def feed(server, feed_of):
    lines = {"Copper": "copper", "Iron ore, cfr spot": "iron-ore-cfr"}
    return feed_of("world-bank", f"{server.address}/CMO.xlsx", lines, available=RULE)


def load(server, client, feed, rows):
    server.at("/CMO.xlsx", workbook(rows))
    [part] = parts_of(feed, client, key="", moment=MOMENT)
    assert part.name == "CMO.xlsx"
    assert part.instruments == ("copper", "iron-ore-cfr")
    return part.load()["prices"]


@pytest.mark.parametrize("codes", [[CODES], []], ids=["with codes", "without"])
def test_both_layouts_give_the_same_averages(server, client, feed, codes):
    frame = load(server, client, feed, [*HEAD, NAMES, UNITS, *codes, *MONTHS])
    told = [(row.instrument, f"{row.date:%Y-%m-%d}", row.close) for row in frame.itertuples()]
    assert told == [
        ("copper", "2025-12-01", 11700.5), ("copper", "2026-02-01", 12951.35),
        ("iron-ore-cfr", "2026-01-01", 104.2), ("iron-ore-cfr", "2026-02-01", 98.84),
    ]  # fmt: skip
    assert set(frame["price_type"]) == {"average"}
    assert set(frame["unit"]) == {"USD/t"}
    assert f"{frame['available_at'].iloc[-1]:%Y-%m-%d %H:%M}" == "2026-03-04 22:00"


def test_a_name_with_a_mark_of_a_footnote_is_the_same_name(server, client, feed_of):
    lines = {"Coal, South African": "nickel", "Gold": "gold"}
    feed = feed_of("world-bank", f"{server.address}/CMO.xlsx", lines, available=RULE)
    server.at("/CMO.xlsx", workbook([*HEAD, NAMES, UNITS, *MONTHS]))
    [part] = parts_of(feed, client, key="", moment=MOMENT)
    frame = part.load()["prices"]
    assert list(frame.groupby("instrument")["unit"].first()) == ["USD/oz", "USD/t"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["a"], ["b"]], "no row of names with units like ($/mt) below it in 'Monthly Prices'"),
        ([*HEAD, NAMES, ["2026M01", 1, 2, 3, 4]], "no row of names with units"),
        (
            [*HEAD, [None, "Coal", "Coper", "Iron ore, cfr spot", "Gold"], UNITS, *MONTHS],
            "0 columns 'Copper'; expected one. Did you mean `coper`?",
        ),
        (
            [*HEAD, [None, "Copper", "Copper", "Iron ore, cfr spot", "Gold"], UNITS, *MONTHS],
            "2 columns 'Copper'; expected one.",
        ),
        (
            [*HEAD, NAMES, [None, "($/mt)", "($/lb)", "($/dmtu)", "($/troy oz)"], *MONTHS],
            "Copper in '$/lb'; expected $/mt, $/dmtu",
        ),
        (
            [*HEAD, NAMES, UNITS, MONTHS[0], ["2026M01", 1, "n.a.", 3, 4]],
            "Copper of 2026M01 is 'n.a.'; expected a number",
        ),
        ([*HEAD, NAMES, UNITS, *MONTHS[::-1]], "'2026M01' after 2026M02; expected month after"),
        ([*HEAD, NAMES, UNITS, *MONTHS, ["Source: x"]], "'Source: x' after 2026M02"),
        (
            [*HEAD, NAMES, UNITS, ["2026M01", 1, None, 3, 4]],
            "no day with a value; expected the history of Copper",
        ),
    ],
)
def test_another_layout_is_refused_and_quoted(server, client, feed, rows, told):
    with pytest.raises(SourceError) as caught:
        load(server, client, feed, rows)
    assert "/CMO.xlsx answered in another layout: " in str(caught.value)
    assert told in str(caught.value)


def test_a_workbook_without_the_sheet_is_refused(server, client, feed):
    server.at("/CMO.xlsx", workbook([], "Annual Prices"))
    [part] = parts_of(feed, client, key="", moment=MOMENT)
    with pytest.raises(SourceError, match="a workbook that has no sheet 'Monthly Prices'"):
        part.load()


def test_a_workbook_that_breaks_off_is_refused(server, client, feed):
    server.at("/CMO.xlsx", workbook([*HEAD, NAMES, UNITS, *MONTHS])[:3000])
    [part] = parts_of(feed, client, key="", moment=MOMENT)
    with pytest.raises(SourceError, match=r"a workbook that cannot be read \(BadZipFile\)"):
        part.load()


def test_the_moved_address_answers_with_a_page_which_is_refused(server, client, feed):
    server.at("/CMO.xlsx", "<!DOCTYPE html><html><title>Page not found</title></html>")
    [part] = parts_of(feed, client, key="", moment=MOMENT)
    with pytest.raises(SourceError, match='a web page titled "Page not found"; expected XLSX'):
        part.load()


@pytest.mark.parametrize(
    ("edition", "last"), [("2021-09", None), ("2025-12", 10812.03), ("2026-03", 12951.35)]
)
def test_the_real_workbooks_load(shared, feed, edition, last):
    path = shared / "market" / "pink-sheet" / f"CMO-Historical-Data-Monthly-{edition}.xlsx"
    frame = averages(Reply(address=path.name, body=path.read_bytes()), feed)
    copper = frame[frame["instrument"] == "copper"]
    assert copper["date"].is_monotonic_increasing
    assert f"{copper['date'].iloc[0]:%Y-%m}" == "1960-01"
    if last:
        assert copper["close"].iloc[-1] == last
