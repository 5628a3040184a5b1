"""The whole note where data are lacking: it runs to its end, and what a reader sees is true."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from research.execution.run import Job, run
from research.exhibits.mime import BLOCK, EXHIBIT, PROSE

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
CATALOGUE = """
title: A small desk
entries:
  - source: A vendor
    licence: own
    files: { gold: gold.csv }
    columns: { date: date, close: close }
    unit: USD/oz
    available: date + 0 days at 16:00 America/New_York
  - source: An exchange
    licence: own
    files: { acwi: acwi.csv }
    columns: { date: date, close: close }
    unit: USD
    adjusted: splits
    available: date + 0 days at 16:00 America/New_York
"""


def _gold_and_world_equities(folder: Path) -> dict[str, str]:
    days = pd.bdate_range("2014-01-01", "2026-01-28")
    random = np.random.default_rng(20260128)
    for name, first in (("gold", 1200.0), ("acwi", 57.0)):
        closes = first * np.exp(np.cumsum(random.normal(0.0002, 0.01, len(days))))
        frame = pd.DataFrame({"date": days.date, "close": closes.round(2)})
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    return {"source": f"files:{folder / 'catalogue.yaml'}", "as_of": "2026-01-28"}


def _before_the_funds(folder: Path) -> dict[str, str]:
    return {"source": "sample", "as_of": "2003-01-31"}


Case = Callable[[Path], dict[str, str]]


@pytest.fixture(
    scope="module",
    params=[_gold_and_world_equities, _before_the_funds],
    ids=["gold and world equities only", "before the funds existed"],
)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a reader sees of the six sections in one case of lacking data."""
    case: Case = request.param
    given = {"note": "mining-rally", **case(tmp_path_factory.mktemp("desk"))}
    jobs = [Job(section=path.stem[3:], notebook=path, parameters=given) for path in NOTEBOOKS]
    outcomes = run(jobs)
    assert [str(one.failure) for one in outcomes if one.failure] == []
    shown = [data for one in outcomes for data in _outputs(one.notebook)]
    return SimpleNamespace(
        early=case is _before_the_funds,
        exhibits={one[EXHIBIT]["id"]: one[EXHIBIT] for one in shown if EXHIBIT in one},
        blocks=[one[BLOCK] for one in shown if BLOCK in one],
        texts=[text for one in shown for text in _texts(one)],
    )


def _outputs(notebook: Any) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type in ("display_data", "execute_result"), output
            yield output.data


def _texts(data: dict[str, Any]) -> Iterator[str]:
    """Every piece of text of one output that reaches a reader."""
    if PROSE in data:
        yield data["text/markdown"]
    elif BLOCK in data and data[BLOCK]["kind"] != "record":
        yield data[BLOCK].get("title", "")
        for item in data[BLOCK]["items"]:
            yield from (str(value) for value in item.values() if isinstance(value, str))
    elif EXHIBIT in data:
        record = data[EXHIBIT]
        yield from (record[key] for key in ("title", "unit", "note", "alt", "source"))
        markup = record.get("html") or record.get("svg") or record.get("reason", "")
        yield from (html.unescape(part) for part in re.split(r"<[^>]*>", markup))


def test_no_missing_value_shows_through(seen: Any) -> None:
    for text in seen.texts:
        assert not re.search(r"\b(nan|NaN|NaT|inf|Infinity|undefined)\b", text), text
        assert not re.search(r"\bNone\b(?! (of|has))", text), text
        assert not re.search(r"n/a (to|of|rose|fell)|(to|at|rose|fell|by) n/a", text), text


def test_no_sentence_counts_to_zero(seen: Any) -> None:
    for text in seen.texts:
        assert not re.search(r"\bZero\b|\bzero of\b|\b0 of 0\b|\ball zero\b", text), text


def test_no_sentence_is_broken_off(seen: Any) -> None:
    for text in seen.texts:
        assert not re.search(r" ,|\.\.|,,|\( *\)|: \.|\ba \.| \.( |$)", text), text


def test_there_is_no_verdict_without_data(seen: Any) -> None:
    band = next(block for block in seen.blocks if block["kind"] == "band")
    assert band["items"][0]["value"] == "No verdict without data"
    assert band["items"][1]["value"] == "n/a"


def test_what_cannot_be_drawn_is_replaced_by_a_notice(seen: Any) -> None:
    lacking = {"own-history", "downside-betas", "waterfall", "cone", "implied-gold"}
    lacking |= {"crises", "run-ups", "ratings", "sensitivity", "decks"}
    lacking |= {"cyclicality", "rolling-beta", "multiple-change"}
    if not seen.early:
        lacking |= {"rally-sub-groups", "rally-breadth", "returns", "comps", "factors"}
    found = {name for name, one in seen.exhibits.items() if one["kind"] == "missing"}
    assert found == lacking
    for name in found:
        assert seen.exhibits[name]["reason"].endswith(".")


def test_every_claim_keeps_its_verdict(seen: Any) -> None:
    claims = next(b["value"] for b in seen.blocks if b.get("name") == "claims")
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    assert verdicts["M1"] == verdicts["J1"] == "NOT TESTED"
    if not seen.early:
        assert set(verdicts.values()) == {"NOT TESTED"}
    assert all(claim["reason"] for claim in claims)


def test_the_titles_say_what_is_known(seen: Any) -> None:
    titles = {name: one["title"] for name, one in seen.exhibits.items()}
    assert titles["ratings"] == "Buy, Hold and Sell ratings by month"
    assert titles["run-ups"] == "After similar run-ups"
    assert titles["cyclicality"] == "What the returns of miners go with"
    assert titles["multiple-change"] == "What moved the multiples"
    assert titles["rolling-beta"].startswith("The downside beta of PICK (ex gold & silver) over")
    priced = (
        "Five of nine metals with a price are" if seen.early else "Not one metal with a price is"
    )
    assert titles["rally-metals"].startswith(priced)
    assert titles["own-history"] == "Valuations against their own past"


def test_the_credit_of_the_sample_market_stands_only_there(seen: Any) -> None:
    assert any("CC BY 4.0" in text for text in seen.texts) is seen.early


def test_no_sentence_points_to_a_table_that_is_not_there(seen: Any) -> None:
    told = " ".join(seen.texts)
    comps = seen.exhibits["comps"]
    both = comps["kind"] == "table" and ", spot" in html.unescape(comps["html"])
    assert ("the table that ends this section" in told) is both
    assert seen.exhibits["sensitivity"]["kind"] == "missing"
    assert "table of comparables" not in told
