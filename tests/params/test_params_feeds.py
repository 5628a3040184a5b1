"""Faults of `sources.yaml`, each told with its line and its cure."""

from __future__ import annotations

import pytest

FILE = "sources.yaml"


def test_a_note_may_have_no_live_sources(desk):
    desk.edit("mining-rally.yaml", "feeds: sources.yaml", "# feeds: sources.yaml")
    assert desk.load().feeds is None


def test_the_committed_file_says_which_source_feeds_what(desk):
    feeds = desk.load().feeds
    assert feeds["lbma"].lines[0].instrument == "gold"
    assert feeds["fred"].key_from == "FRED_API_KEY"
    receipts = [one for one in feeds["yahoo"].lines if one.instrument == "bhp-receipt"]
    assert [(one.symbol, one.tells) for one in receipts] == [("BHP", ("prices",))]
    with pytest.raises(KeyError):
        feeds["stooq"]


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("id: lbma", "id: lmba", "feeds.lmba.id", 'found "lmba", expected "lbma"'),
        (
            "https://prices.lbma.org.uk/json", "prices.lbma.org.uk", "feeds.lbma.address",
            "expected an address such as https://prices.lbma.org.uk/json, without a query.",
        ),
        (
            "date + 0 days at 15:30 Europe/London", "at 15:30", "feeds.lbma.available",
            "expected a rule such as `date + 0 days at 16:00 America/New_York`.",
        ),
        (
            "silver,       instrument: silver }", "silver, instrument: slver }",
            "feeds.lbma.lines[1].instrument",
            '"slver" is not an instrument. Did you mean `silver`?',
        ),
        (
            "symbol: silver, ", "symbol: gold_pm, ", "feeds.lbma.lines[1].symbol",
            '"gold_pm" is taken; the first is on line',
        ),
        (
            "Aluminum,             instrument: aluminium }", "Aluminum, instrument: gold }",
            "feeds.world-bank.lines[0].instrument",
            'the prices of "gold" come from lbma already. Prices of two origins are never mixed',
        ),
        (
            "gold_pm,      instrument: gold", "gold_pm,      instrument: palladium",
            "feeds.lbma.lines[3].instrument", 'the prices of "palladium" come from lbma already.',
        ),
        (
            "us10y,  unit: \"%\" }", "us10y }",
            "feeds.fred.lines[0].unit", "is missing: answers of fred do not say it. Such as %.",
        ),
        (
            "silver,       instrument: silver }", "silver, instrument: silver, unit: USD/oz }",
            "feeds.lbma.lines[1].unit", "but lbma says the unit of its numbers itself. Take it",
        ),
        (
            "vix,    unit: index }", 'vix, unit: "%" }', "feeds.fred.lines[2].unit",
            'found "%", but `vix` is quoted in index.',
        ),
        (
            "symbol: BHP,        instrument: bhp-receipt }",
            "symbol: RIO, instrument: bhp-receipt }",
            "feeds.yahoo.lines[61].symbol", '"RIO" is taken; the first is on line',
        ),
        (
            "symbol: BHP,        instrument: bhp-receipt }",
            "symbol: BHP.AX, instrument: bhp-receipt }",
            "feeds.yahoo.lines[61].symbol", '"BHP.AX" is taken; the first is on line',
        ),
        ("id: world-bank", "id: cftc", "feeds.cftc.id", '"cftc" is taken'),
        (
            "symbol: GLD,      instrument: gld }", "symbol: GLD, instrument: gdx }",
            "feeds.yahoo.lines[3].instrument", 'the prices of "gdx" come from yahoo already.',
        ),
        (
            "instrument: rio-tinto,       tells: [ratings] }",
            "instrument: rio-tinto, tells: [accounts] }",
            "feeds.yahoo.lines[11].instrument",
            'the accounts of "rio-tinto" come from yahoo already. Accounts of two origins',
        ),
        (
            "silver,       instrument: silver }", "silver, instrument: silver, tells: [ratings] }",
            "feeds.lbma.lines[1].tells", "lbma tells nothing but one thing of each line. Take it",
        ),
        (
            "symbol: B,          instrument: barrick", "symbol: GOLD, instrument: barrick",
            "feeds.yahoo.lines[20].symbol",
            '"GOLD" stopped to mean `barrick` on 2025-05-08. Tickers are reused: take that of',
        ),
        (
            "vale,            tells: [prices, accounts] }", "vale, tells: [price] }",
            "feeds.yahoo.lines[12].tells[0]", 'found "price", expected "prices"',
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_its_place(desk, old, new, key, problem):
    desk.edit(FILE, old, new)
    found = [fault for fault in desk.faults() if fault.key == key]
    assert found, "\n".join(map(str, desk.faults()))
    assert problem in f"{found[0].problem} {found[0].hint}"
    assert found[0].line


def test_a_rate_the_other_way_up_is_inverted_by_declaration_only(desk):
    desk.edit(FILE, "CAD per USD, invert: true", "CAD per USD")
    fault = desk.fault()
    assert fault.problem == 'found "CAD per USD", but `cadusd` is quoted in USD per CAD.'
    assert "See `invert`" in fault.hint
