"""CFTC: contracts by kind of trader, and what is refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from research.market.live import parts_of
from research.market.live.answers import SourceError
from research.market.live.cftc import ITEMS, positions
from research.market.live.http import Reply

MOMENT = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
PATH = "/resource/6dca-aqww.json"


def report(day: str = "2026-01-27", code: str = "088691", **more: object) -> dict[str, object]:
    return {
        "report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000",
        "cftc_contract_market_code": code,
        "cftc_market_code": "CMX ",
        **{name: str(100 + n) for n, name in enumerate(ITEMS)},
        **more,
    }


@pytest.fixture
def load(server, client, feed_of):
    def loaded(body: object):
        server.at(PATH, json.dumps(body))
        rule = "date + 3 days at 15:30 America/New_York"
        feed = feed_of("cftc", server.address, {"088691": "gold"}, available=rule)
        [part] = parts_of(feed, client, key="", moment=MOMENT)
        return part.load()["positioning"]

    return loaded


def test_positions_are_contracts_of_a_tuesday_public_on_friday(load, server):
    frame = load([report("2026-01-20"), report()])
    last = frame[frame["date"] == "2026-01-27"].set_index("item")
    assert last.loc["open_interest", "value"] == 100
    assert last.loc["spec_spread", "value"] == 103  # under the source's own typing error
    assert set(frame["unit"]) == {"contracts"}
    assert set(frame["instrument"]) == {"gold"}
    assert f"{last['available_at'].iloc[0]:%Y-%m-%d %H:%M}" == "2026-01-30 20:30"
    [asked] = server.asked
    assert "cftc_contract_market_code=088691" in asked
    assert "%24order=report_date_as_yyyy_mm_dd" in asked


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"message": "x"}, "a dict; expected a list of reports"),
        ([], "0 reports; expected all of market 088691"),
        ([report(code="084691")], "a report of '084691'; expected dated reports of 088691"),
        ([report("27.01.2026")], "a report of '088691'; expected dated"),
        ([17], "17; expected dated reports"),
        ([report(), report()], "a week twice; expected each week once"),
        ([report(open_interest_all="1,234")], "open_interest_all of 2026-01-27 is '1,234'"),
        ([report(comm_positions_long_all=5)], "comm_positions_long_all of 2026-01-27 is 5"),
        ([{k: v for k, v in report().items() if "spread" not in k}], "spread_all of 2026-01-27 is "
         "None; expected whole contracts"),
    ],
)  # fmt: skip
def test_another_layout_is_refused_and_quoted(load, body, told):
    with pytest.raises(SourceError) as caught:
        load(body)
    assert "answered in another layout: " in str(caught.value)
    assert told in str(caught.value)


def test_the_recorded_answer_loads(shared, feed_of):
    path = shared / "wire" / "cftc" / "cftc_socrata_decoded.json"
    feed = feed_of("cftc", "https://x.org", {"239747": "gold"})
    reply = Reply(address=path.name, body=path.read_bytes())
    frame = positions(reply, feed, feed.lines[0]).set_index("item")
    assert frame.loc["open_interest", "value"] == 19404
    assert frame.loc["spec_spread", "value"] == 258
    assert f"{frame['date'].iloc[0]:%Y-%m-%d}" == "2024-08-20"
