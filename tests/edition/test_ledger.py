"""What notebooks showed is gathered once, in order, and may not contradict itself."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from research.edition.ledger import read_ledger
from research.errors import RenderError
from research.exhibits.mime import BLOCK, EXHIBIT, PROSE


def fact(id: str = "gold", value: Any = 5306.95, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "value": value, "unit": "USD/oz", "text": "5,306.95", "as_of": "2026-01-28",
        "source": "LBMA", **more,
    }  # fmt: skip


def exhibit(id: str = "rally", **more: Any) -> dict[str, Any]:
    return {
        "id": id, "kind": "figure", "title": "Gold leads", "unit": "index", "source": "LBMA",
        "alt": "Lines", "csv": "a,b\n", "facts": [fact("last")], **more,
    }  # fmt: skip


def cell(section: str, *bundles: dict[str, Any], tags: tuple[str, ...] = ()) -> Any:
    return new_code_cell(
        metadata={"research": {"section": section}, "tags": list(tags)},
        outputs=[new_output("display_data", data=bundle) for bundle in bundles],
    )


def record(name: str, value: Any) -> dict[str, Any]:
    return {BLOCK: {"kind": "record", "name": name, "value": value, "items": [], "facts": []}}


def read(*cells: Any) -> Any:
    about = {"as_of": "2026-01-30", "source": "Sample"}
    for n, one in enumerate(cells):
        one.id = f"c{n}"
    return read_ledger(new_notebook(cells=list(cells), metadata={"research": about}))


def test_facts_of_prose_exhibits_and_blocks_are_one_list_in_reading_order() -> None:
    ledger = read(
        cell("front", {PROSE: {"facts": [fact("gold")]}}),
        cell("rally", {EXHIBIT: exhibit()}, {BLOCK: {"kind": "band", "facts": [fact("band.p")]}}),
    )
    assert [one["id"] for one in ledger.facts] == ["front.gold", "rally.last", "rally.band.p"]
    assert ledger.facts[0] == {
        "id": "front.gold", "value": 5306.95, "unit": "USD/oz", "as_of": "2026-01-28",
        "source": "LBMA", "section": "front", "cell": "c0", "text": "5,306.95",
    }  # fmt: skip


def test_a_fact_without_date_or_source_has_those_of_the_edition() -> None:
    ledger = read(cell("front", {PROSE: {"facts": [fact(as_of="", source="")]}}))
    assert (ledger.facts[0]["as_of"], ledger.facts[0]["source"]) == ("2026-01-30", "Sample")


def test_exhibits_are_numbered_in_reading_order_and_know_their_data() -> None:
    ledger = read(
        cell("front", {EXHIBIT: exhibit("a")}),
        cell("rally", {EXHIBIT: exhibit("b", kind="missing", csv="")}, {EXHIBIT: exhibit("c")}),
    )
    assert [(one["id"], one["number"], one["data"], one["section"]) for one in ledger.exhibits] == [
        ("a", 1, "data/a.csv", "front"), ("b", 2, None, "rally"), ("c", 3, "data/c.csv", "rally"),
    ]  # fmt: skip
    assert dict(ledger.data) == {"a": "a,b\n", "c": "a,b\n"}


@pytest.mark.parametrize("tag", ["remove", "remove-output"])
def test_what_the_page_leaves_out_counts_with_its_records_alone(tag: str) -> None:
    ledger = read(
        cell("front", {EXHIBIT: exhibit("a")}, record("outlook", {"p": 0.5}), tags=(tag,)),
        cell("rally", {EXHIBIT: exhibit("b")}),
    )
    assert [(one["id"], one["number"]) for one in ledger.exhibits] == [("b", 1)]
    assert [one["section"] for one in ledger.facts] == ["rally"]
    assert ledger.records == {"outlook": {"p": 0.5}}


def test_one_fact_said_twice_alike_is_listed_once() -> None:
    said = {PROSE: {"facts": [fact()]}}
    assert len(read(cell("front", said), cell("front", said)).facts) == 1


def test_two_facts_of_one_id_that_differ_are_refused() -> None:
    with pytest.raises(RenderError) as caught:
        read(
            cell("front", {PROSE: {"facts": [fact(value=1.0, text="1.00")]}}),
            cell("front", {PROSE: {"facts": [fact(value=2.0, text="2.00")]}}),
        )
    assert str(caught.value) == (
        "section front says two things of 'gold': '1.00' (value 1.0 USD/oz) and '2.00' "
        "(value 2.0 USD/oz). Give one of them another name or id."
    )


def test_one_value_in_two_units_is_refused() -> None:
    with pytest.raises(RenderError, match="says two things of 'gold'"):
        read(cell("front", {PROSE: {"facts": [fact(), fact(unit="GBP/oz")]}}))


def test_two_sections_may_use_one_name_for_different_numbers() -> None:
    ledger = read(
        cell("front", {PROSE: {"facts": [fact(value=1.0)]}}),
        cell("rally", {PROSE: {"facts": [fact(value=2.0)]}}),
    )
    assert [one["id"] for one in ledger.facts] == ["front.gold", "rally.gold"]


def test_two_exhibits_of_one_id_are_refused_and_both_named() -> None:
    with pytest.raises(RenderError) as caught:
        read(
            cell("front", {EXHIBIT: exhibit()}),
            cell("rally", {EXHIBIT: exhibit(title="Silver leads")}),
        )
    assert str(caught.value) == (
        "two exhibits have the id 'rally': 'Gold leads' in section front and 'Silver leads' in "
        "section rally. Give one of them another id."
    )


def test_the_rows_behind_a_card_are_kept_beside_those_of_exhibits() -> None:
    card = {"kind": "card", "id": "claim-m1", "csv": "week,r\n", "facts": []}
    ledger = read(cell("rally", {EXHIBIT: exhibit()}, {BLOCK: card}))
    assert ledger.data == {"rally": "a,b\n", "claim-m1": "week,r\n"}
    with pytest.raises(RenderError, match=r"section rally: rally\.csv would be the file of two"):
        read(cell("rally", {EXHIBIT: exhibit()}, {BLOCK: {**card, "id": "rally"}}))


def test_an_exhibit_id_that_would_leave_its_folder_is_refused() -> None:
    with pytest.raises(RenderError, match=r"section \w+: id '\.\./x' cannot name a file"):
        read(cell("front", {EXHIBIT: exhibit("../x")}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_fact_is_nan_or_infinite(value: float) -> None:
    with pytest.raises(
        RenderError, match=r"section front, fact 'gold' is (nan|inf): no such number"
    ):
        read(cell("front", {PROSE: {"facts": [fact(value=value)]}}))


def test_no_record_holds_nan_however_deep() -> None:
    with pytest.raises(RenderError, match="section front, record 'claims', ci is nan"):
        read(cell("front", record("claims", [{"id": "B1", "ci": [0.1, float("nan")]}])))


def test_a_record_left_twice_alike_is_kept_and_left_differently_is_refused() -> None:
    assert read(cell("a", record("claims", [])), cell("b", record("claims", []))).records
    with pytest.raises(RenderError) as caught:
        read(cell("a", record("claims", [])), cell("b", record("claims", [{"id": "B1"}])))
    assert str(caught.value) == (
        "sections a and b leave different records of 'claims'; let one section leave it."
    )
