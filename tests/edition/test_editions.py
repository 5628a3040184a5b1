"""Editions that are there: which came before, what changed, where one lies, the list of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from research.edition.changes import changes, facts_in, findings_before
from research.edition.clock import completed_at
from research.edition.index import headline, write_index
from research.edition.manifest import encode, load, versions
from research.edition.shelf import editions, find, note_file, notes, previous, reports_of
from research.errors import UsageError


def manifest(edition: str = "2026-W05", note: str = "mini", **more: Any) -> dict[str, Any]:
    return {
        "note": note, "edition": edition, "title": "Rally & <co>", "as_of": "2026-01-30",
        "illustrative": True, "gates": {"status": "PASS", "results": []},
        "outlook": {"p": 0.62, "verdict": "Likely"},
        "claims": [{"id": "B1", "verdict": "MIXED"}],
        "facts": [{"id": "front.gold", "text": "5,306.95"}],
        "exhibits": [{"id": "rally", "title": "Gold leads"}],
        "outputs": {f"{note}.pdf": "00", f"{note}.html": "00"}, **more,
    }  # fmt: skip


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    for edition in ("2026-W05", "2025-W52", "2026-W04"):
        put(tmp_path, manifest(edition))
    for scrap in ("_failed/2026-W06", "_partial/2026-W06", ".old-2026-W06", "empty"):
        (tmp_path / "mini" / scrap).mkdir(parents=True)
    (tmp_path / "mini" / ".old-2026-W06" / "edition.json").write_bytes(encode(manifest()))
    return tmp_path


def put(reports: Path, record: dict[str, Any]) -> None:
    folder = reports / record["note"] / record["edition"]
    folder.mkdir(parents=True)
    (folder / "edition.json").write_bytes(encode(record))


def test_editions_are_in_order_of_their_weeks_and_scraps_are_none(reports: Path) -> None:
    assert editions(reports, "mini") == ["2025-W52", "2026-W04", "2026-W05"]
    assert notes(reports) == ["mini"]
    assert editions(reports, "other") == []
    assert notes(reports / "nowhere") == []


def test_the_previous_edition_is_the_last_one_before(reports: Path) -> None:
    def before(edition: str) -> str | None:
        found = previous(reports, "mini", edition)
        return found and found["edition"]

    assert before("2026-W05") == "2026-W04"
    assert before("2026-W04") == "2025-W52"
    assert before("2026-W20") == "2026-W05"
    assert before("2025-W52") is None


def test_an_edition_is_found_by_id_by_note_and_id_and_by_folder(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = reports / "mini" / "2026-W05"
    assert find(reports, "2026-W05") == folder
    assert find(reports, "mini/2026-W05") == folder
    monkeypatch.chdir(reports)
    assert find(Path("elsewhere"), "mini/2026-W05") == Path("mini/2026-W05")


def test_reports_are_told_from_an_editions_path_or_lie_around_the_working_folder(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = reports / "mini" / "_partial" / "2026-W05"
    part.mkdir(parents=True, exist_ok=True)
    (part / "edition.json").write_bytes(encode(manifest()))
    given = Path("given")
    assert reports_of(["2026-W04", str(reports / "mini" / "2026-W05")]) == reports
    assert reports_of([str(part)]) == reports
    assert reports_of([str(part)], given) == given
    deep = reports / "reports" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert reports_of(["2026-W05"]) == reports / "reports"
    monkeypatch.chdir("/")
    assert reports_of(["2026-W05"]) == Path("reports")


def test_a_notes_file_is_found_beside_its_reports(tmp_path: Path) -> None:
    file = tmp_path / "params" / "mini.yaml"
    assert note_file(tmp_path / "reports", "mini") is None
    file.parent.mkdir()
    file.touch()
    assert note_file(tmp_path / "reports", "mini") == file


def test_an_unknown_edition_is_refused_with_what_there_is(reports: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find(reports, "2026-W50")
    assert str(caught.value) == (
        f"edition '2026-W50' is not in {reports}. It has mini/2025-W52, mini/2026-W04, "
        "mini/2026-W05. Did you mean '2026-W05'?"
    )
    with pytest.raises(UsageError, match=r"It has none\."):
        find(reports / "nowhere", "2026-W05")


def test_an_edition_id_of_two_notes_is_ambiguous(reports: Path) -> None:
    put(reports, manifest(note="other"))
    with pytest.raises(UsageError, match=r"'2026-W05' exists in 2 notes: .* Name its folder"):
        find(reports, "2026-W05")


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "holds no edition"), (b"{", "is not readable as JSON"), (b"[]", "no key `edition`")],
)
def test_a_folder_without_a_manifest_is_refused(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "edition.json").write_bytes(content)
    with pytest.raises(UsageError, match=told):
        load(tmp_path)


def test_nothing_changed_between_an_edition_and_itself() -> None:
    assert changes(manifest(), manifest()) == []


def test_changes_name_gate_outlook_claims_exhibits_and_facts_in_this_order() -> None:
    after = manifest(
        gates={"status": "DEGRADED", "results": []},
        outlook={"p": 0.55, "verdict": "Likely"},
        claims=[{"id": "B1", "verdict": "SUPPORTED"}, {"id": "M1", "verdict": "NOT TESTED"}],
        exhibits=[],
        facts=[{"id": "front.gold", "text": "4,900.00"}],
    )
    assert [str(change) for change in changes(manifest(), after)] == [
        "gate status: PASS → DEGRADED",
        "outlook p: 0.62 → 0.55",
        "claim B1: MIXED → SUPPORTED",
        "claim M1: (none) → NOT TESTED",
        "exhibit rally: Gold leads → (gone)",
        "fact front.gold: 5,306.95 → 4,900.00",
    ]


def test_findings_are_told_beside_what_they_were_and_new_exhibits_are_not() -> None:
    last = {"exhibits": {"rally": "Gold leads", "odds": "Odds rose", "gone": "Tin fell"}}
    exhibits = [
        {"id": "odds", "title": "Odds rose"},
        {"id": "rally", "title": "Copper leads"},
        {"id": "new", "title": "Zinc is new"},
    ]
    found = findings_before(last, exhibits)
    assert found == [{"id": "rally", "title": "Copper leads", "before": "Gold leads"}]
    assert findings_before(None, exhibits) == []


def test_facts_of_either_edition_are_counted_once() -> None:
    other = manifest(facts=[{"id": "front.gold", "text": "1"}, {"id": "front.tin", "text": "2"}])
    assert facts_in(manifest(), other) == 2


def test_editions_without_claims_or_outlook_can_be_compared() -> None:
    assert changes(manifest(outlook=None, claims=[]), manifest(outlook=None, claims=[])) == []


def test_the_index_lists_the_newest_first_escaped_and_without_script(reports: Path) -> None:
    page = write_index(reports).read_text(encoding="utf-8")
    assert page.index("2026-W05") < page.index("2026-W04") < page.index("2025-W52")
    assert "<h2>Rally &amp; &lt;co&gt;</h2>" in page
    assert '<a href="mini/2026-W05/mini.pdf">PDF</a>' in page
    assert "Likely, p = 60 %" in page
    assert "PASS, illustrative" in page
    assert "<script" not in page
    assert write_index(reports).read_text(encoding="utf-8") == page


def test_a_headline_says_what_there_is() -> None:
    assert headline(manifest(outlook=None)) == ""
    assert headline(manifest(outlook={"word": "Even", "p": 0.5})) == "Even, p = 50 %"
    assert headline(manifest(outlook={"p": None})) == ""


def test_the_completion_stamp_is_fixed_by_the_environment() -> None:
    assert completed_at({"SOURCE_DATE_EPOCH": "1769792400"}) == "2026-01-30T17:00:00Z"


def test_a_completion_stamp_that_is_no_number_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"SOURCE_DATE_EPOCH is 'yesterday'; expected whole seconds"
    ):
        completed_at({"SOURCE_DATE_EPOCH": "yesterday"})


def test_without_the_environment_the_stamp_is_the_clock_in_utc() -> None:
    import datetime as dt

    stamp = dt.datetime.strptime(completed_at({}), "%Y-%m-%dT%H:%M:%S%z")
    assert abs(dt.datetime.now(tz=dt.UTC) - stamp) < dt.timedelta(seconds=5)


def test_versions_name_what_computes() -> None:
    assert {"research", "pandas", "numpy", "typst"} <= set(versions())


def test_an_edition_that_cannot_be_read_decides_nothing(reports: Path) -> None:
    (reports / "mini" / "2026-W04" / "edition.json").write_text("{", encoding="utf-8")
    found = previous(reports, "mini", "2026-W05")
    assert found is not None
    assert found["edition"] == "2025-W52"
    page = write_index(reports).read_text(encoding="utf-8")
    assert "2026-W05" in page
    assert "2026-W04" not in page
