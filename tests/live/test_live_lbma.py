"""LBMA: the prices of the true format, and what is refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from research.market.live import parts_of
from research.market.live.answers import SourceError

MOMENT = dt.datetime(2026, 1, 30, 17, tzinfo=dt.UTC)


@pytest.fixture
def load(server, client, feed_of):
    """Rows of gold from what the server gives at /gold_pm.json."""

    def loaded(body: str):
        server.answers.clear()
        server.at("/gold_pm.json", body)
        feed = feed_of("lbma", server.address, {"gold_pm": "gold"})
        [part] = parts_of(feed, client, key="", moment=MOMENT)
        assert part.address == f"{server.address}/gold_pm.json"
        assert part.instruments == ("gold",)
        return part.load()["prices"]

    return loaded


def days(*told: object) -> str:
    return json.dumps([{"d": day, "is_cms_locked": 0, "v": values} for day, values in told])


def test_fixes_are_dollars_an_ounce_public_when_the_afternoon_price_is(load):
    frame = load(
        days(
            ("2026-01-27", [5064.25, 3700.0, 4260.0]),
            ("2026-01-28", [None, None, None]),
            ("2026-01-29", [5405, None, None]),
        )
    )
    assert list(frame["date"].dt.strftime("%m-%d")) == ["01-27", "01-29"]
    assert list(frame["close"]) == [5064.25, 5405.0]
    assert set(frame["unit"]) == {"USD/oz"}
    assert set(frame["price_type"]) == {"fix"}
    assert set(frame["source"]) == {"LBMA"}
    assert frame["available_at"].iloc[0] == dt.datetime(2026, 1, 27, 15, 30, tzinfo=dt.UTC)


def test_the_recorded_answer_loads(load, shared):
    frame = load((shared / "wire" / "lbma" / "lbma_gold.json").read_text(encoding="utf-8"))
    assert [(f"{row.date:%Y-%m-%d}", row.close) for row in frame.itertuples()] == [
        ("1968-04-01", 37.7), ("1990-01-02", 398.1), ("2026-07-24", 4067.3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("[]", "a list of 0; expected a list of days"),
        ('{"error": 1}', "a dict of 1; expected a list of days"),
        (days(("28.01.2026", [1.0])), "the entry {'d': '28.01.2026'"),
        (days(("2026-02-30", [1.0])), "the entry {'d': '2026-02-30'"),
        (days(("2026-01-28", ["5,306.95"])), "'v': ['5,306.95']}; expected"),
        (days(("2026-01-28", [])), "'v': []}; expected"),
        (days(("2026-01-28", [True])), "'v': [True]}; expected"),
        ("[17]", "the entry 17; expected"),
        (days(("2026-01-28", [None])), "no day with a value; expected the history of gold_pm"),
        (days(("2026-01-28", [1.0]), ("2026-01-28", [2.0])), "2026-01-28 twice; expected each"),
    ],
)
def test_another_layout_is_refused_and_quoted(load, body, told):
    with pytest.raises(SourceError) as caught:
        load(body)
    assert "/gold_pm.json answered in another layout: " in str(caught.value)
    assert told in str(caught.value)
    assert "its reader in research.market.live must follow." in str(caught.value)
