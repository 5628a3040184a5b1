"""A plan settles date, edition, folder and jobs, or refuses, before anything runs."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from research.edition.build import build
from research.edition.plan import GateError, Plan, plan
from research.errors import UsageError
from research.gates import GateResult
from research.params import Params, load

pytestmark = pytest.mark.usefixtures("no_data_no_pages")
SECTIONS = {"front": ["1"], "rally": ["2"], "method": ["3"]}


@pytest.fixture
def params(tmp_path: Path, mini_note: Callable[..., Path]) -> Params:
    return load(mini_note(tmp_path, SECTIONS))


def gate(status: Any, text: str) -> GateResult:
    return GateResult(dataset="prices", subject="gold", status=status, text=text)


def test_latest_becomes_a_date_and_the_date_a_week(params: Params) -> None:
    planned = plan(params)
    assert (planned.as_of, planned.edition) == (dt.date(2026, 1, 30), "2026-W05")
    assert plan(params, as_of="2026-02-04").edition == "2026-W06"


def test_editions_go_beside_the_parameters_unless_told_otherwise(
    params: Params, tmp_path: Path
) -> None:
    assert plan(params).folder == tmp_path / "reports" / "mini" / "2026-W05"
    elsewhere = plan(params, reports=tmp_path / "out")
    assert elsewhere.folder == tmp_path / "out" / "mini" / "2026-W05"


def test_a_job_knows_its_notebook_the_resolved_date_and_the_note(
    params: Params, tmp_path: Path
) -> None:
    job = plan(params, source="files:mine.yaml").jobs[1]
    assert job.notebook == tmp_path / "notebooks" / "rally.ipynb"
    assert job.parameters == {"note": "mini", "as_of": "2026-01-30", "source": "files:mine.yaml"}
    assert job.env == {"RESEARCH_PARAMS": str(tmp_path / "params" / "mini.yaml")}


def test_a_catalogue_of_this_machine_is_named_as_seen_from_the_note(
    params: Params, tmp_path: Path
) -> None:
    catalogue = tmp_path / "desk" / "catalogue.yaml"
    planned = plan(params, source=f"files:{catalogue}")
    assert planned.source == planned.jobs[0].parameters["source"] == "files:../desk/catalogue.yaml"
    assert (tmp_path / "params" / "../desk/catalogue.yaml").resolve() == catalogue


def test_a_part_of_an_edition_never_takes_the_place_of_the_whole(
    params: Params, tmp_path: Path
) -> None:
    part = plan(params, sections=["method", "rally"])
    assert [job.section for job in part.jobs] == ["rally", "method"]
    assert part.folder == tmp_path / "reports" / "mini" / "_partial" / "2026-W05"
    assert not plan(params, sections=["front", "rally", "method"]).partial


def test_a_misspelt_section_is_refused_with_a_suggestion(params: Params) -> None:
    with pytest.raises(UsageError) as caught:
        plan(params, sections=["raly"])
    assert str(caught.value) == (
        "section 'raly' is not in the note; it has front, rally, method. Did you mean 'rally'?"
    )


def test_blocked_data_are_refused_with_every_reason(
    params: Params, no_data_no_pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = (gate("BLOCKED", "gold is stale"), gate("DEGRADED", "vix"), gate("BLOCKED", "pence"))
    monkeypatch.setattr(no_data_no_pages, "found", found)
    with pytest.raises(GateError) as caught:
        plan(params)
    assert caught.value.exit_code == 3
    assert str(caught.value) == (
        "the data as of 2026-01-30 may not be published; no notebook was run.\n"
        "  gold is stale\n  pence"
    )
    assert len(caught.value.gates) == 3


@pytest.mark.parametrize(
    ("statuses", "status"),
    [((), "PASS"), (("PASS", "PASS"), "PASS"), (("PASS", "DEGRADED"), "DEGRADED")],
)
def test_an_edition_is_as_good_as_its_worst_gate(
    statuses: tuple[str, ...],
    status: str,
    params: Params,
    no_data_no_pages,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(no_data_no_pages, "found", tuple(gate(one, "") for one in statuses))
    planned: Plan = plan(params)
    assert planned.status == status


def held(params: Params, content: str, name: str = "2026-W05") -> Path:
    folder = Path(params.path).parents[1] / "reports" / "mini" / name
    folder.mkdir(parents=True)
    (folder / "edition.json").write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize("found", [True, False])
def test_an_edition_never_takes_the_place_of_one_of_the_other_kind_of_data(
    params: Params, no_data_no_pages, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    true = no_data_no_pages.open

    def other(*args, **options) -> SimpleNamespace:
        return SimpleNamespace(**{**vars(true(*args, **options)), "illustrative": not found})

    monkeypatch.setattr(no_data_no_pages, "open", other)
    folder = held(params, json.dumps({"illustrative": found}))
    kinds = ("illustrative data", "real data")
    there, wanted = kinds if found else kinds[::-1]
    with pytest.raises(UsageError) as caught:
        plan(params)
    assert str(caught.value) == (
        f"{folder} holds an edition of {there}; expected one of {wanted}, such as would take its "
        "place, or none. Nothing was run. Name another folder with --reports, or remove that one."
    )


def test_an_edition_of_the_other_kind_in_another_folder_or_a_part_is_no_matter(
    params: Params, tmp_path: Path
) -> None:
    real = json.dumps({"illustrative": False})
    held(params, real)
    assert plan(params, as_of="2026-01-23").edition == "2026-W04"
    assert plan(params, reports=tmp_path / "out").edition == "2026-W05"
    assert plan(params, sections=["front"]).partial
    assert plan(params, memory=b"{}").edition == "2026-W05"  # as verify builds


@pytest.mark.parametrize("content", ["{", "[]", "{}", json.dumps({"illustrative": True})])
def test_an_edition_of_the_same_kind_or_that_cannot_be_read_may_be_replaced(
    params: Params, content: str
) -> None:
    held(params, content)
    assert plan(params).edition == "2026-W05"


def test_a_build_of_the_only_section_refuses_it_too_and_a_preview_does_not(
    tmp_path: Path, mini_note: Callable[..., Path]
) -> None:
    params = load(mini_note(tmp_path, {"front": ["1"]}))
    held(params, json.dumps({"illustrative": False}))
    planned = plan(params, sections=["front"])
    assert not planned.partial
    with pytest.raises(UsageError, match="holds an edition of real data; expected one of illus"):
        build(planned, completed_at="2026-01-30T22:00:00Z")


def test_a_gate_that_is_shut_travels_between_processes_as_it_is() -> None:
    error = GateError([gate("BLOCKED", "too old")], dt.date(2026, 1, 30))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.gates) == (GateError, str(error), error.gates)
