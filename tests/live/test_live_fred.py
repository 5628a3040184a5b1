"""FRED, with a key and without: the same rows, and what is refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from research.market.live import parts_of
from research.market.live.answers import SourceError
from research.market.live.fred import graph, observations
from research.market.live.http import Reply

MOMENT = dt.datetime(2026, 1, 30, 17, tzinfo=dt.UTC)
JSON, CSV = "/fred/series/observations", "/graph/fredgraph.csv"
GOOD = "observation_date,DGS10\n2026-01-27,4.22\n2026-01-28,.\n2026-01-29,\n2026-01-30,4.26\n"


@pytest.fixture
def feed(server, feed_of):
    line = {"instrument": "us10y", "unit": "%"}
    return feed_of(
        "fred", server.address, {"DGS10": line}, available="date + 1 business day at 16:30 "
        "America/New_York", key_from="FRED_API_KEY",
    )  # fmt: skip


def load(feed, client, key=""):
    [part] = parts_of(feed, client, key=key, moment=MOMENT)
    assert "s3cret" not in part.address
    return part.load()["prices"]


def test_the_csv_is_read_by_position_and_public_on_the_next_business_day(server, client, feed):
    server.at(CSV, GOOD)
    frame = load(feed, client)
    assert server.asked == ["/graph/fredgraph.csv?id=DGS10"]
    assert list(frame["close"]) == [4.22, 4.26]
    assert (frame["unit"] == "%").all()
    assert [f"{one:%m-%d %H:%M}" for one in frame["available_at"]] == ["01-28 21:30", "02-02 21:30"]


def test_a_changed_word_of_the_header_changes_nothing(server, client, feed):
    server.at(CSV, GOOD.replace("observation_date", "DATE"))
    assert list(load(feed, client)["close"]) == [4.22, 4.26]


def test_with_a_key_json_is_asked_for_and_gives_the_same_rows(server, client, feed):
    told = [{"date": "2026-01-27", "value": "4.22"}, {"date": "2026-01-28", "value": "."},
            {"date": "2026-01-30", "value": "4.26"}]  # fmt: skip
    server.at(JSON, json.dumps({"count": 3, "observations": told}))
    server.at(CSV, GOOD)
    assert load(feed, client, "s3cret").equals(load(feed, client))
    assert "api_key=s3cret" in server.asked[0]


def test_a_key_that_is_refused_is_told_and_not_shown(server, client, feed):
    body = {"error_code": 400, "error_message": "Bad Request.  The value for variable api_key is "
            "not registered."}  # fmt: skip
    server.at(JSON, json.dumps(body), 400)
    with pytest.raises(SourceError) as caught:
        load(feed, client, "s3cret")
    assert "status 400" in str(caught.value)
    assert "api_key is not registered" in str(caught.value)
    assert "Look at the symbol, and at the key" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_rate_the_other_way_up_is_turned(server, client, feed_of):
    line = {"instrument": "cadusd", "unit": "CAD per USD", "invert": True}
    server.at(CSV, "DATE,DEXCAUS\n2026-01-27,1.25\n")
    frame = load(feed_of("fred", server.address, {"DEXCAUS": line}), client)
    assert list(frame["close"]) == [0.8]
    assert list(frame["unit"]) == ["USD per CAD"]


def test_a_base_of_its_own_serves_requests_without_a_key(server, client, feed):
    server.at(CSV, GOOD)
    other = feed.model_copy(
        update={"address": "https://api.example.org", "keyless_address": server.address}
    )
    assert len(load(other, client)) == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("DATE,DGS2\n2026-01-27,4.2\n", "the header 'DATE,DGS2'; expected DGS10 in the second"),
        ("DATE,VALUE,X\n", "the header 'DATE,VALUE,X'"),
        (GOOD[:-1], "a last line '2026-01-30,4.26' without an end; expected whole"),
        (GOOD + "2026-02-02\n", "the row '2026-02-02'; expected two columns"),
        (GOOD + "02/02/2026,4.2\n", "the row '02/02/2026', '4.2'; expected a day and a number"),
        (GOOD + "2026-02-02,n/a\n", "the row '2026-02-02', 'n/a'"),
        (GOOD + "2026-02-02,inf\n", "the row '2026-02-02', 'inf'"),
        ("DATE,DGS10\n2026-01-27,.\n", "no day with a value; expected the history of DGS10"),
    ],
)
def test_another_csv_is_refused_and_quoted(server, client, feed, body, told):
    server.at(CSV, body)
    with pytest.raises(SourceError) as caught:
        load(feed, client)
    assert "?id=DGS10 answered in another layout: " in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "no list `observations`"),
        ({"seriess": []}, "no list `observations`"),
        ({"count": 9, "observations": [{"date": "2026-01-27", "value": "4.2"}]}, "1 observations "
         "of 9; expected the whole series"),
        ({"observations": [17]}, "the row None, 17"),
        ({"observations": [{"date": "2026-01-27", "value": 4.2}]}, "the row '2026-01-27', 4.2"),
    ],
)  # fmt: skip
def test_another_json_is_refused_and_quoted(server, client, feed, body, told):
    server.at(JSON, json.dumps(body))
    with pytest.raises(SourceError) as caught:
        load(feed, client, "s3cret")
    assert told in str(caught.value)


def test_the_recorded_answers_load(shared, feed):
    folder = shared / "wire" / "fred"

    def recorded(name):
        return Reply(address=name, body=(folder / f"{name}.json").read_bytes())

    index = observations(recorded("fred_observations_decoded_0"), feed, feed.lines[0])
    assert (index["close"].iloc[0], f"{index['date'].iloc[0]:%Y-%m-%d}") == (1960.96, "2014-06-27")
    assert 2_500 < len(index) < 2_609  # holidays are dots
    trimmed = observations(recorded("fred_dgs10"), feed, feed.lines[0])
    assert list(trimmed["close"]) == [4.10, 4.28]
    with pytest.raises(SourceError, match="no list `observations`"):  # what describes a series
        observations(recorded("fred_observations_decoded_1"), feed, feed.lines[0])


def test_the_mark_of_byte_order_is_no_part_of_the_header(feed):
    reply = Reply(address="x", body=b"\xef\xbb\xbf" + GOOD.encode())
    assert len(graph(reply, feed, feed.lines[0])) == 2
