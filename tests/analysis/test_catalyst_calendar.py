"""The calendar shows what lies ahead, all of it, in order, and nothing that was not known yet."""

from __future__ import annotations

import datetime as dt

import pytest

from research.analysis.catalysts import catalysts
from research.calendar import Calendar
from research.params import load
from research.params.models import Catalyst

NYSE = Calendar("NYSE")


def event(id: str, **given) -> Catalyst:
    base = {"what": "An event", "watch": "Prices", "zone": "Europe/London", "source": "X"}
    base |= {"status": "expected", "known_from": "2020-01-01"}
    return Catalyst.model_validate(base | {"id": id} | given)


def ahead(*events: Catalyst, as_of: str = "2026-01-28", weeks: int = 13):
    day = dt.date.fromisoformat(as_of)
    return catalysts(events, as_of=day, weeks=weeks, sessions=NYSE)


def test_events_are_sorted_by_their_next_day_and_keep_the_order_of_the_file_within_one():
    table = ahead(
        event("late", days=["2026-03-01"]),
        event("b", days=["2026-02-02"]),
        event("a", days=["2026-02-02", "2026-04-01"]),
    )
    assert table.index.tolist() == ["b", "a", "late"]
    assert table.loc["a", "spans"] == (
        (dt.date(2026, 2, 2), dt.date(2026, 2, 2)),
        (dt.date(2026, 4, 1), dt.date(2026, 4, 1)),
    )


def test_the_day_of_the_data_is_past_and_the_last_day_of_the_horizon_is_not():
    table = ahead(event("x", days=["2026-01-28", "2026-04-29", "2026-04-30"]))
    assert [first for first, _ in table.loc["x", "spans"]] == [dt.date(2026, 4, 29)]


def test_of_a_span_that_has_begun_only_the_rest_is_told():
    table = ahead(event("x", every="15 to 31 of jan"))
    assert table.loc["x", "spans"] == ((dt.date(2026, 1, 29), dt.date(2026, 1, 31)),)


def test_a_span_that_runs_past_the_horizon_is_told_whole():
    table = ahead(event("x", first="2026-04-20", last="2026-05-20"))
    assert table.loc["x", "spans"] == ((dt.date(2026, 4, 20), dt.date(2026, 5, 20)),)


def test_what_comes_every_week_is_one_row():
    row = ahead(event("x", every="friday", time="15:30", zone="America/New_York")).loc["x"]
    assert (row["each"], row["time"], row["place"]) == ("Friday", "15:30", "New York")
    assert len(row["spans"]) == 12  # thirteen Fridays, one of them Good Friday


def test_an_event_that_was_not_known_yet_is_not_shown():
    lock = event("lock", days=["2026-08-05"], known_from="2026-02-05")
    assert ahead(lock, as_of="2026-02-04", weeks=30).empty
    assert ahead(lock, as_of="2026-02-05", weeks=30).index.tolist() == ["lock"]


def test_no_event_at_all_is_an_empty_table():
    table = ahead()
    assert table.empty
    assert {"next", "spans", "what", "status"} <= set(table.columns)


@pytest.fixture(scope="module")
def listed(root):
    return load(root / "params" / "mining-rally.yaml").catalysts.catalysts


@pytest.mark.parametrize("week", range(65))
def test_every_week_of_the_note_has_a_calendar_that_fits_its_page(listed, week):
    as_of = dt.date(2025, 10, 1) + dt.timedelta(weeks=week)
    table = catalysts(listed, as_of=as_of, weeks=13, sessions=NYSE)
    assert 8 <= len(table) <= 13
    assert table["next"].is_monotonic_increasing
    for spans in table["spans"]:
        assert all(as_of < first <= last for first, last in spans)
        assert all(first <= as_of + dt.timedelta(weeks=13) for first, _ in spans)
    assert all(table["source"])
    assert all(table["place"])


def test_the_calendar_of_the_article_is_that_of_the_published_schedules(listed):
    table = catalysts(listed, as_of=dt.date(2026, 1, 30), weeks=13, sessions=NYSE)
    days = {name: [first.isoformat() for first, _ in row] for name, row in table["spans"].items()}
    assert days["fomc"] == ["2026-03-18", "2026-04-29"]
    assert days["ftse-review"] == ["2026-03-20"]
    assert days["china-pmi"] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert "merger-lock" not in days
    summer = catalysts(listed, as_of=dt.date(2026, 5, 8), weeks=13, sessions=NYSE)
    assert summer.loc["merger-lock", "next"] == dt.date(2026, 8, 5)
