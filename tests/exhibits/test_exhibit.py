"""Exhibits refuse to be printed without what a reader needs, and escape what they are given."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re

import pytest

from research.exhibits.exhibit import Exhibit, ExhibitError, shorten, unavailable
from research.exhibits.facts import say
from research.exhibits.mime import EXHIBIT

HEADING = {"id": "rally-lines", "title": "Miners rose", "unit": "USD", "source": "sample"}


def made(**changes: object) -> Exhibit:
    given = {**HEADING, "as_of": "2026-01-28", "kind": "figure", "svg": "<svg/>", "alt": "A line."}
    return Exhibit(**{**given, **changes})


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ExhibitError) as caught:
        made(id="Rally 1", title="Chart of gold!.", unit=" ", source="", as_of="", alt="")
    text = str(caught.value)
    for word in ("id:", "period", "exclamation", "says what the exhibit is", "unit:", "source:"):
        assert word in text
    assert "as_of: is empty" in text
    assert "alt: is empty" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, "title: is empty"),
        ({"as_of": "28 Jan 2026"}, "is no date"),
        ({"alt": "x" * 251}, "alt: has 251 characters"),
        ({"kind": "missing"}, "reason: is empty"),
    ],
)
def test_each_fault_has_its_message(change: dict, message: str) -> None:
    with pytest.raises(ExhibitError, match=message):
        made(**change)


def test_the_record_follows_the_contract_and_is_json() -> None:
    title = say("Miners rose {change:pct0}", change=0.5)
    record = made(title=title, as_of=dt.date(2026, 1, 28), csv="a\n1\n").as_json()
    assert json.loads(json.dumps(record)) == record
    assert set(record) == {
        *("id", "kind", "title", "unit", "source", "note", "alt", "as_of", "illustrative"),
        *("width", "landscape", "svg", "csv", "facts"),
    }
    assert record["as_of"] == "2026-01-28"
    (fact,) = record["facts"]
    assert (fact["id"], fact["as_of"], fact["source"]) == (
        "rally-lines.change",
        "2026-01-28",
        "sample",
    )


def test_facts_of_title_unit_and_note_are_collected() -> None:
    exhibit = made(
        title=say("Up {a:num0}", a=1), unit=say("{b:num0} = 100", b=2), note=say("{c:num0}", c=3)
    )
    assert [fact.value for fact in exhibit.facts] == [1, 2, 3]


def test_everything_a_reader_sees_is_escaped() -> None:
    hostile = "<b>&\"'</b>"
    html = made(title=hostile, unit=hostile, source=hostile, note=hostile)._repr_mimebundle_()[
        "text/html"
    ]
    assert "<b>" not in html
    assert html.count("&lt;b&gt;&amp;&quot;&#x27;&lt;/b&gt;") == 4


def test_jupyter_sees_title_unit_body_source_and_stamp() -> None:
    bundle = made(illustrative=True, note="PICK excludes gold")._repr_mimebundle_()
    assert bundle["text/plain"] == "A line."
    assert bundle[EXHIBIT]["id"] == "rally-lines"
    html = bundle["text/html"]
    order = ["Miners rose", "USD", "<img", "Illustrative", "Source: sample", "PICK excludes"]
    places = [html.index(part) for part in order]
    assert places == sorted(places)


def test_a_missing_exhibit_says_what_is_lacking() -> None:
    card = unavailable(reason="no analyst ratings in the source.", as_of="2026-01-28", **HEADING)
    record = card.as_json()
    assert (record["kind"], record["reason"]) == ("missing", "No analyst ratings in the source.")
    assert "Not available as of 28\u00a0Jan\u00a02026" in card._repr_mimebundle_()["text/html"]


def test_a_long_alt_is_cut_at_a_word() -> None:
    short = shorten("word " * 80)
    assert len(short) <= 250
    assert short.endswith("word…")


def test_a_drawing_is_shown_as_an_image_since_jupyter_strips_drawings_of_other_peoples_runs() -> (
    None
):
    shown = made(svg='<svg xmlns="http://www.w3.org/2000/svg"><title>A line.</title></svg>')
    html = shown._repr_mimebundle_()["text/html"]
    assert "<svg" not in html
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)" alt="A line\."', html)
    assert data is not None
    assert base64.b64decode(data[1]).decode() == shown.svg
