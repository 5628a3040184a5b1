"""Blocks carry their words, their facts and nothing unknown."""

from __future__ import annotations

import json

import pytest

from research.exhibits.blocks import band, calls, card, checklist, definitions, strip
from research.exhibits.charts import interval
from research.exhibits.facts import say
from research.exhibits.mime import BLOCK


def test_a_band_keeps_order_strength_and_facts() -> None:
    block = band(
        [
            {"label": "Verdict", "value": "No edge", "strong": True},
            {"label": "Probability", "value": say("{p:pct0}", p=0.5), "detail": "13 weeks"},
        ]
    )
    record = block.as_json()
    assert record["items"] == [
        {"label": "Verdict", "value": "No edge", "detail": "", "strong": True},
        {"label": "Probability", "value": "50\u202f%", "detail": "13 weeks", "strong": False},
    ]
    assert [fact["id"] for fact in record["facts"]] == ["band.p"]


def test_an_unknown_key_of_a_band_is_refused() -> None:
    with pytest.raises(TypeError, match="unknown key 'valeu'; expected label, value"):
        band([{"label": "a", "valeu": "b"}])


def test_calls_strips_and_lists_have_their_shapes() -> None:
    assert calls([("Broad.", "Nine of ten.")]).record["items"] == [
        {"lead": "Broad.", "text": "Nine of ten."}
    ]
    assert strip(["Method: none", ("Gold", "+9.9"), ("A", "b", "c")], title="Changed").record[
        "items"
    ] == [
        {"label": "", "value": "Method: none", "detail": ""},
        {"label": "Gold", "value": "+9.9", "detail": ""},
        {"label": "A", "value": "b", "detail": "c"},
    ]
    assert definitions([("NM", "not meaningful")]).record["kind"] == "definition-list"
    assert checklist([("Identity", "met", "masthead")]).record["items"] == [
        {"label": "Identity", "status": "met", "where": "masthead"}
    ]


def test_a_card_shows_verdict_mark_and_picture() -> None:
    picture = interval(1.08, 0.94, 1.22, id="m1", bounds=(0.8, 1.0))
    block = card(
        id="m1",
        eyebrow="McPherson, Wren Sterling",
        title="“a defensive play”",
        verdict="CONTRADICTED",
        grade="A",
        items=[("Test", say("Downside beta {b:num2}", b=1.08))],
        picture=picture,
    )
    record = block.as_json()
    assert record["verdict_text"] == "▼\u00a0Contradicted"
    assert record["svg"].startswith("<svg")
    assert record["alt"] == (
        "Estimate 1.08 (0.94–1.22); below 0.80 supports, above 1.00 contradicts the claim."
    )
    ids = [fact["id"] for fact in record["facts"]]
    assert ids == ["m1.support-bound", "m1.contradiction-bound", "m1.b"]


def test_a_card_without_a_picture_has_no_svg() -> None:
    assert "svg" not in card(id="m2", title="x", items=[], verdict="NOT TESTED").as_json()


@pytest.mark.parametrize(
    "block",
    [
        band([{"label": "<i>", "value": "<i>", "detail": "<i>"}]),
        calls([("<i>", "<i>")]),
        card(id="c", title="<i>", eyebrow="<i>", items=[("<i>", "<i>")]),
    ],
)
def test_blocks_escape_and_are_json(block: object) -> None:
    bundle = block._repr_mimebundle_()
    assert "<i>" not in bundle["text/html"]
    assert json.loads(json.dumps(bundle[BLOCK])) == bundle[BLOCK]
