"""Words follow the numbers."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd

from research.exhibits.facts import Text, facts_of, say
from research.exhibits.words import as_column, compared, days, listed, plural, sentence


def test_a_comparison_has_three_outcomes_and_missing_values_take_no_side() -> None:
    words = {"more": "above", "less": "below", "same": "level with"}
    assert compared(2, 1, **words) == "above"
    assert compared(1, 2, **words) == "below"
    assert compared(1, 1, **words) == compared(math.nan, 1, **words) == "level with"


def test_lists_are_written_as_english_writes_them() -> None:
    assert [listed(list(names)) for names in ("", "a", "ab", "abc")] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_one_is_singular_and_everything_else_plural() -> None:
    assert [plural(n, "metal") for n in (0, 1, 2)] == ["metals", "metal", "metals"]
    assert plural(2, "company", "companies") == "companies"


def test_a_sentence_begins_with_a_capital_and_keeps_its_names() -> None:
    assert sentence("gold and PICK fell") == "Gold and PICK fell"
    assert sentence("") == ""


def test_lists_and_sentences_keep_the_facts_of_their_parts() -> None:
    parts = [say("{n:word} are up", n=2), "the rest fell", say("{m:word} stood still", m=1)]
    text = sentence(listed(parts))
    assert text == "Two are up, the rest fell and one stood still"
    assert isinstance(text, Text)
    assert [fact.value for fact in text.facts] == [2, 1]


def test_days_are_listed_and_spans_of_one_month_name_it_once() -> None:
    day = dt.date(2026, 2, 6)
    told = days([(day, day), (dt.date(2026, 3, 10), dt.date(2026, 3, 15))])
    assert told == "6\u00a0Feb, 10–15\u00a0Mar"
    assert isinstance(told, Text)
    assert [fact.value for fact in told.facts] == ["2026-02-06", 10, "2026-03-15"]
    assert days([(dt.date(2025, 12, 30), dt.date(2026, 1, 2))]) == "30\u00a0Dec–2\u00a0Jan"
    assert days([]) == ""


def test_texts_in_a_column_keep_their_facts() -> None:
    frame = pd.DataFrame({"n": [1, 2]}, index=["a", "b"])
    column = as_column([say("{x:num0}", x=3), "plain"], frame)
    assert column.index.equals(frame.index)
    assert facts_of(frame.assign(told=column).at["a", "told"])[0].value == 3
