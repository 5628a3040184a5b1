"""Every number that an exhibit prints beside its heading is a fact: words in cells, ends, steps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from research.exhibits import charts
from research.exhibits.exhibit import Exhibit
from research.exhibits.facts import Fact, say
from research.exhibits.tables import Column, table

HEADING: Any = {
    "id": "shown", "title": "Gold leads", "unit": "index", "source": "Sample",
    "as_of": "2026-01-30",
}  # fmt: skip


def texts(exhibit: Exhibit) -> dict[str, str]:
    return {fact.id: fact.text for fact in exhibit.facts}


def cells(words: Any, **more: Any) -> dict[str, str]:
    frame = pd.DataFrame({"told": pd.Series(words, index=["a", "b"], dtype=object)})
    return texts(table(frame, columns={"told": Column(header="Told")}, **more, **HEADING))


def test_facts_in_the_words_of_cells_are_named_after_their_row() -> None:
    words = [say("{x:num1} to {y:num1}", x=1.5, y=2.5), say("{x:num1}", x=3.5)]
    assert cells(words) == {"shown.a-x": "1.5", "shown.a-y": "2.5", "shown.b-x": "3.5"}


def test_a_fact_with_an_id_of_its_own_keeps_it_in_a_cell() -> None:
    own = say("{f}", f=Fact(id="gold.last", value=5.0, text="5"))
    assert cells([own, ""]) == {"gold.last": "5"}


def test_facts_in_labels_and_heads_count() -> None:
    labels = {"a": say("after {w:num0} weeks", w=13), "b": "later"}
    assert cells(["", ""], labels=labels, sublabels=labels) == {"shown.a-w": "13"}
    frame = pd.DataFrame({"up": [0.1]}, index=["a"])
    head = Column(header=say("{x:spct0}", x=0.2), fmt="pct0")
    assert texts(table(frame, columns={"up": head}, **HEADING)) == {
        "shown.head-x": "+20\u202f%", "shown.a-up": "10\u202f%",
    }  # fmt: skip


def test_both_ends_of_an_interval_are_facts_where_they_are_printed() -> None:
    rows = [("Gold", "", 1.1, 0.9, 1.3, True), ("Silver", "", 0.6, float("nan"), 0.8, True)]
    frame = pd.DataFrame(rows, columns=["label", "detail", "estimate", "lo", "hi", "filled"])
    assert texts(charts.forest(frame, zones=[(None, 1.0, "low")], **HEADING)) == {
        "shown.gold": "1.10", "shown.gold-lo": "0.90", "shown.gold-hi": "1.30",
        "shown.silver": "0.60",
    }  # fmt: skip


def test_the_value_in_words_of_a_strip_keeps_its_facts() -> None:
    values = pd.Series([say("{x:x1}", x=6.94), "n/a"], dtype=object)
    frame = pd.DataFrame({"label": ["Gold", "Silver"], "detail": "P/E", "now": [0.9, 0.2]})
    assert texts(charts.percentile_strips(frame.assign(value=values), **HEADING)) == {
        "shown.gold-p-e": "90th", "shown.gold-p-e-value": "6.9×", "shown.silver-p-e": "20th",
    }  # fmt: skip


def test_the_steps_that_odds_stand_at_are_facts() -> None:
    frame = pd.DataFrame({"estimate": [0.2, 0.5]}, index=[0.5, 1.0])
    found = texts(charts.steps(frame, today={"GDX": 0.7}, x_fmt="pct0", fmt="pct0", **HEADING))
    assert {one for name, one in found.items() if name.endswith("-step")} == {
        "50\u202f%", "100\u202f%",
    }  # fmt: skip
