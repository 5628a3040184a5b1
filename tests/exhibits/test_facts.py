"""Sentences keep the numbers in them."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from research.exhibits.facts import Fact, Text, distinct, join, owned, say, say_moved, say_part
from research.exhibits.template import ProseError


@dataclass(frozen=True)
class Price:
    value: float
    unit: str


def test_a_sentence_is_filled_and_its_facts_are_recorded() -> None:
    text = say("{n:word} of {m:word} metals; β⁻ {beta:num2}", n=9, m=10, beta=1.084)
    assert text == "nine of ten metals; β⁻ 1.08"
    assert [(fact.id, fact.value, fact.text) for fact in text.facts] == [
        ("n", 9, "nine"),
        ("m", 10, "ten"),
        ("beta", 1.084, "1.08"),
    ]


def test_a_fact_keeps_raw_value_and_unit_whatever_the_format_scales() -> None:
    (fact,) = say("{p:pct0}", p=0.5).facts
    assert (fact.value, fact.unit, fact.text) == (0.5, "ratio", "50\u202f%")


def test_a_quantity_brings_its_unit() -> None:
    (fact,) = say("{gold:num2}", gold=Price(5306.95, "USD/oz")).facts
    assert (fact.value, fact.unit) == (5306.95, "USD/oz")


def test_a_given_fact_keeps_its_id_and_words() -> None:
    gold = Fact(id="gold.level", value=5306.95, unit="USD/oz", text="5,306.95", source="LBMA")
    text = say("Gold {gold} ({gold:num0})", gold=gold)
    assert text == "Gold 5,306.95 (5,307)"
    assert text.facts[0] == gold
    assert text.facts[1].id == "gold.level-2"


def test_strings_pass_as_they_are_and_texts_with_their_facts() -> None:
    inner = say("{a:num0}", a=1)
    assert say("{x} {y}", x="<b>", y=inner) == "<b> 1"
    assert say("{x} {y}", x="<b>", y=inner).facts == inner.facts


def test_numbers_of_numpy_are_plain_in_the_ledger() -> None:
    first, second = say("{a:num1} {b:num0}", a=np.float64(1.5), b=np.int64(3)).facts
    assert type(first.value) is float
    assert type(second.value) is int


def test_double_braces_are_literal() -> None:
    assert say("{{x}} {a:num0}", a=1) == "{x} 1"


@pytest.mark.parametrize(
    ("template", "values", "message"),
    [
        ("{bta:num1}", {"beta": 1}, "no value named 'bta'.*did you mean 'beta'"),
        ("{beta}", {"beta": 1.0}, "no format.*undecided"),
        ("{beta:nm1}", {"beta": 1.0}, "no format 'nm1'.*Did you mean"),
        ("{name:num1}", {"name": "x"}, "'x' is a string"),
        ("a {beta:num1", {"beta": 1.0}, "line 1 has an opening brace without"),
        ("a\nb } c", {}, "line 2 has a closing brace without"),
        ("{}", {}, "empty braces"),
    ],
)
def test_a_faulty_template_is_refused(template: str, values: dict, message: str) -> None:
    with pytest.raises(ProseError, match=message):
        say(template, **values)


def test_joining_and_adding_keep_facts() -> None:
    one, two = say("{a:num0}", a=1), say("{b:num0}", b=2)
    assert [fact.id for fact in join("; ", [one, "x", two]).facts] == ["a", "b"]
    assert [fact.id for fact in (one + " and " + two).facts] == ["a", "b"]
    assert ("so " + one).facts == one.facts


def test_a_text_survives_pickling() -> None:
    text = say("{a:num0}", a=1)
    again = pickle.loads(pickle.dumps(text))
    assert (again, again.facts) == (text, text.facts)
    assert isinstance(again, Text)


def test_namesakes_get_a_counter_and_repetitions_none() -> None:
    one, other = Fact(id="a", value=1), Fact(id="a", value=2)
    assert [fact.id for fact in distinct([one, other, one])] == ["a", "a-2"]


def test_an_owner_prefixes_names_and_fills_gaps() -> None:
    facts = [*say("{beta:num1}", beta=1).facts, Fact(id="gold.level", value=1, source="LBMA")]
    first, second = owned(facts, owner="ex-1", as_of="2026-01-28", source="sample")
    assert (first.id, first.as_of, first.source) == ("ex-1.beta", "2026-01-28", "sample")
    assert (second.id, second.source) == ("gold.level", "LBMA")


@pytest.mark.parametrize(
    ("change", "told", "value"),
    [
        (0.374, "rose 37\u202f%", [0.374]),
        (-0.03, "fell 3\u202f%", [0.03]),
        (0.004, "stood still", []),
        (-0.004, "stood still", []),
        (float("nan"), "is not known", []),
        (None, "is not known", []),
    ],
)
def test_a_change_takes_the_verb_of_its_sign_and_none_when_it_prints_as_nought(
    change: float | None, told: str, value: list[float]
) -> None:
    text = say_moved(change)
    assert text == told
    assert [fact.value for fact in text.facts] == value


def test_a_change_may_have_verbs_and_a_format_of_its_own() -> None:
    words = {"up": "outran it by", "down": "trailed it by", "flat": "kept its pace"}
    assert say_moved(-0.104, "pp0", **words) == "trailed it by 10\u202fpp"
    assert say_moved(0.004, "pct1", **words) == "outran it by 0.4\u202f%"
    assert say_moved(0.0, "pct1", **words) == "kept its pace"


@pytest.mark.parametrize(
    ("count", "all_", "told"),
    [
        (0, 0, "no metal is"),
        (0, 1, "not one metal is"),
        (1, 1, "the one metal is"),
        (0, 2, "neither of two metals is"),
        (1, 2, "one of two metals is"),
        (2, 2, "both metals are"),
        (0, 10, "none of ten metals is"),
        (1, 10, "one of ten metals is"),
        (9, 25, "nine of 25 metals are"),
        (25, 25, "all 25 metals are"),
    ],
)
def test_a_part_of_a_whole_is_told_in_good_grammar(count: int, all_: int, told: str) -> None:
    assert say_part(count, all_, ("metal", "metals"), ("is", "are")) == told
    assert say_part(count, all_, ("metal", "metals")) == told.rsplit(" ", 1)[0]


def test_a_part_of_a_whole_records_the_numbers_it_prints() -> None:
    told = say_part(3, 10, ("metal", "metals"), ("is", "are"))
    assert [(fact.value, fact.text) for fact in told.facts] == [(3, "three"), (10, "ten")]
