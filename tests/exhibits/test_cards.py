"""Cards of claims and their small drawings: what they hold, once, and how they say it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from research.exhibits import card, gauge, interval, say, table
from research.exhibits.blocks import WEAK_NOTE, Block
from research.exhibits.exhibit import ExhibitError
from research.exhibits.tables import Column


def claim(**more: object) -> Block:
    given = {
        "id": "m1",
        "eyebrow": "M1 · McPherson · 28 Jan 2026",
        "title": "“a defensive play”",
        "verdict": "SUPPORTED",
        "grade": "A",
        "items": [("Test", "What is asked."), ("Falsifier", "What would refute it.", "How far.")],
        "pair": (("For", say("Fell {x:pct0}.", x=0.1)), ("Against", say("Rose {x:pct0}.", x=0.2))),
    }
    return card(**{**given, **more})  # type: ignore[arg-type]


def written(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_the_pair_stands_beside_each_other_after_the_first_line() -> None:
    rows = claim().as_json()["items"]
    assert [row["label"] for row in rows] == ["Test", "For", "Against", "Falsifier"]
    assert [row["beside"] for row in rows] == [False, True, True, False]
    assert rows[-1]["detail"] == "How far."


def test_a_weak_verdict_has_a_dagger_and_its_meaning_once() -> None:
    record = claim(weak=True, note="Own note.").as_json()
    assert record["verdict"] == "SUPPORTED"
    assert record["verdict_text"] == "▲\u00a0Supported†"
    assert record["note"] == f"{WEAK_NOTE} Own note."
    assert "†" not in str(claim().as_json())


def test_without_a_verdict_there_is_no_dagger() -> None:
    record = claim(verdict="", weak=True).as_json()
    assert record["verdict_text"] == record["note"] == ""


def test_the_rows_behind_a_card_travel_with_it_as_csv() -> None:
    days = pd.to_datetime(["2026-01-23", "2026-01-30"]).rename("week")
    rows = pd.DataFrame({"excess_return": [0.01, None]}, index=days)
    record = claim(data=rows, formula="mean").as_json()
    assert record["csv"] == "week,excess_return\n2026-01-23,0.01\n2026-01-30,\n"
    assert (record["rows"], record["formula"]) == (2, "mean")
    assert "csv" not in claim().as_json()


def test_facts_of_every_part_of_a_card_are_kept() -> None:
    block = claim(
        estimate=say("{x:num2} now", x=1.08),
        note=say("Since {n:num0} weeks.", n=520),
        picture=interval(1.08, 0.94, 1.22, id="p", bounds=(0.8, 1.0)),
    )
    assert {fact.text for fact in block.facts} >= {"1.08", "520", "0.80", "1.00"}
    assert len({fact.id for fact in block.facts}) == len(block.facts)


def test_jupyter_shows_the_whole_card() -> None:
    html = claim(weak=True, estimate="1.08 now")._repr_mimebundle_()["text/html"]
    for said in ("“a defensive play”", "Supported†", "Fell", "Rose", "How far.", "1.08 now"):
        assert said in html
    assert "True" not in html


def test_words_of_a_drawing_stay_words() -> None:
    picture = interval(1.08, 0.94, 1.22, id="p", bounds=(0.8, 1.0))
    assert picture is not None
    assert written(picture.svg) == ["supports", "contradicts", "0.80", "1.00"]


def test_the_order_of_the_bounds_tells_which_side_supports() -> None:
    picture = interval(0.9, 0.6, 0.98, id="p", bounds=(0.7, 0.4))
    assert picture is not None
    assert written(picture.svg)[:2] == ["contradicts", "supports"]


def test_bounds_that_are_one_level_are_said_once() -> None:
    picture = interval(5306.95, None, None, id="f1", bounds=(5000, 5000), fmt="num0")
    assert picture is not None
    assert written(picture.svg) == ["contradicts", "supports", "5,000"]
    assert picture.alt == "Estimate 5,307; below 5,000 contradicts, above it supports the claim."
    assert [fact.text for fact in picture.facts] == ["5,000"]


@pytest.mark.parametrize("bounds", [(0.8, 1.0), (1.0, 0.8)])
def test_the_right_third_of_a_gauge_always_supports(bounds: tuple[float, float]) -> None:
    drawn = gauge(bounds[0] + (bounds[0] - bounds[1]), None, None, id="g", bounds=bounds)
    assert drawn is not None
    assert "on the supporting side" in drawn.alt
    other = gauge(bounds[1] - (bounds[0] - bounds[1]), None, None, id="g", bounds=bounds)
    assert other is not None
    assert "on the contradicting side" in other.alt
    middle = gauge(0.9, 0.85, 0.95, id="g", bounds=bounds)
    assert middle is not None
    assert middle.alt == "Estimate 0.90 (0.85–0.95), between the bounds."


def test_no_gauge_without_a_value_or_a_range() -> None:
    assert gauge(None, None, None, id="g", bounds=(0.8, 1.0)) is None
    assert gauge(1.0, None, None, id="g", bounds=(5.0, 5.0)) is None


COLUMNS = {"v": Column(header="Value", fmt="num2"), "g": Column(header="Chart", picture=True)}
HEAD = {"id": "t", "title": "T", "unit": "Beta", "source": "sample", "as_of": "2026-01-28"}


def test_nothing_of_one_drawing_is_left_in_the_next() -> None:
    def small() -> str:
        drawn = interval(1.08, 0.94, 1.22, id="p", bounds=(0.8, 1.0))
        return f"{drawn}{gauge(0.9, 0.85, 0.95, id='g', bounds=(0.8, 1.0))}"

    first = small()
    interval(5306.95, None, None, id="f1", bounds=(5000, 5000), fmt="num0")
    gauge(4.0, None, None, id="h", bounds=(1.0, 0.8))
    assert small() == first


def test_a_picture_column_holds_drawings_that_the_csv_leaves_out() -> None:
    drawn = gauge(0.9, 0.85, 0.95, id="g", bounds=(0.8, 1.0))
    frame = pd.DataFrame({"v": [0.9, 1.2], "g": [drawn, None]}, index=["a", "b"])
    made = table(frame, columns=COLUMNS, dense=True, **HEAD)
    html = made.html or ""
    assert '<table class="research-table dense">' in html
    assert re.findall(r'<td class="picture"[^>]*>(<img)?', html) == ["<img", ""]
    assert "Chart" not in made.csv


def test_a_picture_column_refuses_what_is_no_picture() -> None:
    frame = pd.DataFrame({"v": [0.9], "g": ["no picture"]}, index=["a"])
    with pytest.raises(ExhibitError, match="'g' is for pictures, and row 'a' holds str"):
        table(frame, columns=COLUMNS, **HEAD)


def test_fills_colour_cells_with_ink_that_can_be_read() -> None:
    frame = pd.DataFrame({"v": [0.9, 1.2]}, index=["a", "b"])
    fills = pd.DataFrame({"v": ["#003366", ""]}, index=["a", "b"])
    html = table(frame, columns={"v": COLUMNS["v"]}, fills=fills, **HEAD).html or ""
    assert html.count("#003366") == 1
    assert re.search(r"color: ?#ffffff", html)


@pytest.mark.parametrize(
    ("low", "told"),
    [
        (False, "below 0 % contradicts, above it supports"),
        (True, "below 0 % supports, above it contradicts"),
    ],
)
def test_of_two_bounds_that_are_one_either_side_may_support(low: bool, told: str) -> None:
    drawn = interval(-0.2, None, None, id="k", bounds=(0.0, 0.0), fmt="pct0", low=low)
    assert drawn is not None
    assert told in drawn.alt.replace("\u202f", " ").replace("\u00a0", " ")
