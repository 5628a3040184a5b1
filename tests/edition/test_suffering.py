"""Which exhibits suffer from the data is said, each once, where the data do not pass."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from research.edition.ledger import read_ledger
from research.edition.suffering import Sufferer, in_short, suffering
from research.exhibits.mime import EXHIBIT
from research.gates import GateResult, Status
from research.params.models import Universe


def exhibit(id: str, kind: str = "figure", **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "title": "Gold leads", **more}


@pytest.fixture
def universe(root: Any) -> Universe:
    from research.params import load

    return load(root / "params" / "mining-rally.yaml").universe


@pytest.fixture
def suffer(universe: Universe) -> Any:
    def told(*exhibits: dict[str, Any], status: Status = "DEGRADED") -> list[Sufferer]:
        cells = [
            new_code_cell(
                metadata={"research": {"section": "rally"}},
                outputs=[new_output("display_data", data={EXHIBIT: one})],
            )
            for one in exhibits
        ]
        about = {"as_of": "2026-01-30", "source": "Sample"}
        edition = new_notebook(cells=cells, metadata={"research": about})
        gate = GateResult(dataset="prices", subject="all", status=status, text="prices: so.")
        return suffering(edition, read_ledger(edition), [gate], universe)

    return told


def test_an_exhibit_is_named_by_its_number_with_all_that_it_lacks(suffer: Any) -> None:
    found = suffer(
        exhibit("whole"),
        exhibit("gone", "missing", reason="No sell-off lies in the history of prices."),
        exhibit("lines", lacking=["gold", "pick"]),
        exhibit("comps", "table", html="<td>NA</td><td>NA</td><td>1</td>", lacking=["bhp"]),
        exhibit("one", "table", html="<td>NA</td><td>NAV</td>"),
    )
    gates = [one.gate() for one in found]
    assert [(one.subject, one.status, one.dataset) for one in gates] == [
        (name, "DEGRADED", "exhibit") for name in ("gone", "lines", "comps", "one")
    ]
    assert [one.message for one in gates] == [
        "Exhibit 2 is left out: No sell-off lies in the history of prices.",
        "Exhibit 3 is without a current price of Gold, PICK (ex gold & silver).",
        "Exhibit 4 is without a current price of BHP and shows 2 cells as NA.",
        "Exhibit 5 shows 1 cell as NA.",
    ]
    assert in_short(found) == ["Exhibits left out: 2. Exhibits with gaps: 3, 4, 5."]


def test_many_instruments_are_counted(suffer: Any, universe: Universe) -> None:
    companies = [one.id for one in universe.companies()][:8]
    [found] = suffer(exhibit("lines", lacking=companies))
    assert found.words.endswith("Anglo American, Teck and 2 more.")


def test_nothing_suffers_from_data_that_pass(suffer: Any) -> None:
    assert suffer(exhibit("gone", "missing", reason="So."), status="PASS") == []
    assert in_short([]) == []
