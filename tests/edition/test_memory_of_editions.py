"""Editions foretell, find and remember: appended once, in order, and never rewritten."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from research.calendar import Calendar
from research.edition.backfill import editions, weeks
from research.edition.build import Published, build, preview
from research.edition.plan import plan
from research.edition.publish import amend
from research.edition.remember import announce, check_rows, remember
from research.edition.verify import verify
from research.errors import NotebookError, RenderError, UsageError
from research.memory import ENVIRONMENT, chain
from research.memory.chain import ChainError
from research.memory.recall import decode, recall
from research.memory.tables import FORECASTS, OUTCOMES
from research.params import load

pytestmark = pytest.mark.usefixtures("no_data_no_pages")
Write = Callable[..., Path]
WEEKS = ("2026-01-16", "2026-01-23", "2026-01-30")
FORETELL = """
import datetime as dt
from IPython.display import display
from research.memory import Memory
from research.params import load
memory = Memory.open(load(note), as_of=as_of, illustrative=True)
last = memory.last["edition"] if memory.last else "nothing"
print("after", last, "with", len(memory.forecasts), "and", len(memory.outcomes))
def record(name, value):
    block = {"kind": "record", "name": name, "value": value}
    display({"application/vnd.research.block.v1+json": block}, raw=True)
ends_on = dt.date.fromisoformat(as_of) + dt.timedelta(weeks=1)
record("forecasts", [{"event": "E1", "proxy": "pick", "horizon_weeks": 1, "above": 0.0,
    "below": None, "ends_on": ends_on.isoformat(), "p": 0.5 + ends_on.day / 100, "p0": 0.6,
    "method": "1"}])
known = {row["edition"] for row in memory.outcomes}
record("outcomes", [{"edition": row["edition"], "event": "E1", "proxy": "pick",
    "ends_on": row["ends_on"], "value": 0.01, "outcome": 1, "reason": ""}
    for row in memory.forecasts if row["ends_on"] <= as_of and row["edition"] not in known])
"""


def make(note: Path, as_of: str, *, late: int = 0, **options: Any) -> Published:
    done = dt.date.fromisoformat(as_of) + dt.timedelta(days=late)
    planned = plan(load(note), as_of=as_of, **options)
    return build(planned, completed_at=f"{done}T22:00:00Z")


def rows(home: Path) -> tuple[list[Any], list[Any]]:
    """Forecasts and outcomes of the note in `home`."""
    folder = home / "memory"
    return chain.read(folder / FORECASTS.file, FORECASTS), chain.read(
        folder / OUTCOMES.file, OUTCOMES
    )


def content(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "memory").glob("*.csv")}


@pytest.fixture
def note(tmp_path: Path, mini_note: Write) -> Path:
    return mini_note(tmp_path, {"front": [FORETELL]})


@pytest.fixture
def note_of_two(tmp_path: Path, mini_note: Write) -> Path:
    return mini_note(tmp_path, {"front": [FORETELL], "rally": ["1"]})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "mini"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, mini_note: Write, no_data_no_pages: Any) -> Any:
    """A note with three editions, none of which any test may change."""
    note = mini_note(tmp_path_factory.mktemp("shelf"), {"front": [FORETELL]})
    return note, [make(note, day) for day in WEEKS]


def test_each_edition_knows_the_ones_before_it(shelf: Any) -> None:
    _, editions = shelf
    told = [
        (one.folder / "notebooks" / "front.ipynb").read_text(encoding="utf-8").split('"after')[1]
        for one in editions
    ]
    assert [line.split("\\n")[0] for line in told] == [
        " nothing with 0 and 0", " 2026-W03 with 1 and 0", " 2026-W04 with 2 and 1",
    ]  # fmt: skip


def test_forecasts_and_outcomes_are_appended_as_editions_are_published(shelf: Any) -> None:
    _, editions = shelf
    forecasts, outcomes = rows(editions[0].folder.parent)
    assert [(row["edition"], row["as_of"], row["p"]) for row in forecasts] == [
        ("2026-W03", "2026-01-16", 0.73), ("2026-W04", "2026-01-23", 0.8),
        ("2026-W05", "2026-01-30", 0.56),
    ]  # fmt: skip
    first = forecasts[0]
    assert {row["revision"] for row in forecasts} == {0}
    assert (first["illustrative"], first["replayed"], first["code"]) == (True, False, "0.1.0")
    assert first["completed_at"] == "2026-01-16T22:00:00Z"
    assert len({row["inputs"] for row in forecasts}) == 3
    assert [(row["edition"], row["resolved_in"], row["outcome"]) for row in outcomes] == [
        ("2026-W03", "2026-W04", 1), ("2026-W04", "2026-W05", 1),
    ]  # fmt: skip


def test_the_manifest_carries_what_was_recorded_and_what_was_known(shelf: Any) -> None:
    _, editions = shelf
    record = editions[1].record
    assert [row["p"] for row in record["forecasts"]] == [0.8]
    assert [row["edition"] for row in record["outcomes"]] == ["2026-W03"]
    assert record["method"] == "2"
    assert record["inputs"]["memory"] == record["outputs"]["memory.json"]
    known = decode((editions[1].folder / "memory.json").read_bytes())
    assert known.as_of == "2026-01-23"
    assert known.last is not None
    assert known.last["edition"] == "2026-W03"


def test_no_path_of_the_memory_is_in_any_file(shelf: Any) -> None:
    for one in shelf[1]:
        for path in one.folder.rglob("*"):
            if path.is_file():
                assert b"memory.json'" not in path.read_bytes()
                assert b"/rk-" not in path.read_bytes()


def test_an_old_edition_still_verifies_after_later_ones(shelf: Any) -> None:
    note, editions = shelf
    for one in (editions[0], editions[1]):
        result = verify(one.folder, load(note))
        assert (result.differences, result.causes) == ((), ())


def test_building_an_edition_again_appends_nothing(note: Path, home: Path) -> None:
    for day in WEEKS[1:]:
        make(note, day)
    before, manifest = content(home), (home / "2026-W04" / "edition.json").read_bytes()
    again = make(note, "2026-01-23")
    assert content(home) == before
    assert again.not_remembered == ""
    assert (again.folder / "edition.json").read_bytes() == manifest


def test_another_probability_is_a_revision_beside_the_first(note: Path, home: Path) -> None:
    make(note, "2026-01-16")
    before = content(home)["forecasts.csv"]
    notebook = note.parents[1] / "notebooks" / "front.ipynb"
    true = notebook.read_text("utf-8")
    notebook.write_text(true.replace("0.5 + ends_on", "0.4 + ends_on"), encoding="utf-8")
    make(note, "2026-01-16", late=30)
    make(note, "2026-01-16", late=40)
    assert content(home)["forecasts.csv"].startswith(before)
    notebook.write_text(true, encoding="utf-8")
    make(note, "2026-01-16")
    forecasts, _ = rows(home)
    assert [(row["revision"], round(row["p"], 2), row["replayed"]) for row in forecasts] == [
        (0, 0.73, False), (1, 0.63, True), (2, 0.73, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("late", "replayed"), [(0, False), (7, False), (8, True), (400, True)])
def test_what_is_written_more_than_a_week_late_is_marked_as_replayed(
    late: int, replayed: bool, tmp_path: Path, shelf: Any
) -> None:
    done = dt.date(2026, 1, 16) + dt.timedelta(days=late)
    record = {**shelf[1][0].record, "completed_at": f"{done}T00:00:00Z"}
    remember(tmp_path, record)
    assert [row["replayed"] for row in rows(tmp_path)[0]] == [replayed]


def test_the_first_outcome_stays(tmp_path: Path, shelf: Any) -> None:
    record = shelf[1][1].record
    remember(tmp_path, record)
    other = [{**record["outcomes"][0], "value": -0.5, "outcome": 0}]
    remember(tmp_path, {**record, "edition": "2026-W09", "outcomes": other})
    assert [(row["outcome"], row["resolved_in"]) for row in rows(tmp_path)[1]] == [(1, "2026-W04")]


def test_illustrative_forecasts_are_no_revision_of_real_ones(tmp_path: Path, shelf: Any) -> None:
    record = shelf[1][0].record
    remember(tmp_path, record)
    remember(tmp_path, {**record, "illustrative": False})
    assert [(row["illustrative"], row["revision"]) for row in rows(tmp_path)[0]] == [
        (True, 0), (False, 0),
    ]  # fmt: skip


def test_builds_at_the_same_time_wait_for_each_other(tmp_path: Path, shelf: Any) -> None:
    record = shelf[1][0].record
    editions = [{**record, "edition": f"2026-W{n:02d}"} for n in range(10, 30)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda one: remember(tmp_path, one), editions))
    assert sorted(row["edition"] for row in rows(tmp_path)[0]) == [
        one["edition"] for one in editions
    ]


def test_a_table_is_left_as_it_was_when_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "forecasts.csv"
    amend(file, lambda before: before + b"one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match=r"forecasts\.csv could not be written .*No space left"):
        amend(file, lambda before: before + b"two")
    assert file.read_bytes() == b"one"


def test_a_note_that_foretells_nothing_has_no_memory(tmp_path: Path, mini_note: Write) -> None:
    built = make(mini_note(tmp_path, {"front": ["1"]}), "2026-01-30")
    assert built.record["forecasts"] == built.record["outcomes"] == []
    assert sorted(path.name for path in built.folder.parent.iterdir()) == [".lock", "2026-W05"]


def test_a_part_and_a_preview_remember_and_append_nothing(note_of_two: Path, home: Path) -> None:
    note = note_of_two
    make(note, "2026-01-16")
    before = content(home)
    part = make(note, "2026-01-23", sections=["front"])
    assert decode((part.folder / "memory.json").read_bytes()).last is not None
    preview(
        plan(load(note), as_of="2026-01-30", sections=["front"]),
        completed_at="2026-01-30T22:00:00Z",
    )
    assert content(home) == before
    assert verify(part.folder, load(note)).differences == ()


def test_an_edition_that_fails_appends_nothing(note_of_two: Path, home: Path) -> None:
    note = note_of_two
    notebook = note.parents[1] / "notebooks" / "rally.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace('"1"', '"missing"'), "utf-8")
    with pytest.raises(NotebookError):
        make(note, "2026-01-16")
    assert not (home / "memory").exists()


def test_an_altered_memory_stops_the_next_edition_before_anything_runs(
    note: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(note, "2026-01-16")
    file = home / "memory" / "forecasts.csv"
    file.write_bytes(file.read_bytes().replace(b",0.73,", b",0.99,"))
    monkeypatch.setattr("research.edition.build.run", lambda *_, **__: pytest.fail("was run"))
    with pytest.raises(ChainError, match=r"forecasts\.csv, row 1: `hash` is"):
        make(note, "2026-01-23")
    assert not (home / "2026-W04").exists()


def test_an_append_that_fails_after_publishing_is_told_and_mended_by_building_again(
    note: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        refused = UsageError("forecasts.csv could not be written.")
        patch.setattr("research.edition.remember.amend", _raising(refused))
        built = make(note, "2026-01-16")
    assert built.not_remembered == (
        "edition 2026-W03 is published, but what it foretells and finds is not in the note's "
        "memory: forecasts.csv could not be written. Then build the edition again, to append what "
        "is missing."
    )
    assert built.folder.is_dir()
    assert plan(load(note), as_of="2026-01-23").edition == "2026-W04"
    assert [path.suffix for path in (home / "memory").iterdir()] == [".pending"]
    assert make(note, "2026-01-16").not_remembered == ""
    assert len(rows(home)[0]) == 1
    assert sorted(path.suffix for path in (home / "memory").iterdir()) == ["", ".csv"]


def _raising(error: Exception) -> Callable[..., None]:
    def call(*_: Any, **__: Any) -> None:
        raise error

    return call


@pytest.fixture
def copied(shelf: Any, tmp_path: Path) -> Path:
    """The three editions and their tables, for a test to damage."""
    return Path(shutil.copytree(shelf[1][0].folder.parent, tmp_path / "copied"))


def cut(file: Path, count: int) -> bytes:
    """Take `count` rows off the end of a table; gives what it was."""
    whole = file.read_bytes()
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:-count]))
    return whole


def told_by(home: Path, as_of: str) -> str:
    with pytest.raises(ChainError) as caught:
        recall(home, as_of, illustrative=True)
    told, _, hint = str(caught.value).partition(" Restore the file from version control or a ")
    assert hint == (
        "backup; or move the note's whole folder away to begin a new memory. It was left as it is."
    )
    return told


@pytest.mark.parametrize("as_of", ["2026-02-06", "2026-01-30", "2026-01-16"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_rows_cut_off_the_end_stop_every_build_later_same_and_earlier(
    copied: Path, as_of: str, count: int
) -> None:
    file = copied / "memory" / "forecasts.csv"
    whole = cut(file, count)
    assert told_by(copied, as_of) == (
        f"{file}: {count} of the 3 rows that edition 2026-W05 knew of or added are missing."
    )
    file.write_bytes(whole)
    recall(copied, as_of, illustrative=True)


def test_a_table_that_was_deleted_is_missed(copied: Path) -> None:
    forecasts, outcomes = (copied / "memory" / f"{name}.csv" for name in ("forecasts", "outcomes"))
    outcomes.unlink()
    told = (
        f"{outcomes} is not there: 2 of the 2 rows that edition 2026-W05 knew of or added are "
        "missing."
    )
    assert told_by(copied, "2026-02-06") == told
    cut(forecasts, 1)
    assert told_by(copied, "2026-02-06") == (
        f"{forecasts}: 1 of the 3 rows that edition 2026-W05 knew of or added are missing. {told}"
    )


def test_the_editions_of_the_other_kind_miss_nothing(copied: Path) -> None:
    cut(copied / "memory" / "forecasts.csv", 2)
    assert recall(copied, "2026-02-06", illustrative=False).forecasts == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [("edition.json", b"{"), ("edition.json", b"[]"), ("memory.json", b"{}"), ("memory.json", b"")],
)
def test_of_an_edition_that_cannot_be_read_the_next_older_one_decides(
    copied: Path, name: str, content: bytes
) -> None:
    (copied / "2026-W05" / name).write_bytes(content)
    file = copied / "memory" / "forecasts.csv"
    whole = cut(file, 1)
    recall(copied, "2026-02-06", illustrative=True)
    file.write_bytes(whole)
    cut(file, 2)
    assert told_by(copied, "2026-02-06") == (
        f"{file}: 1 of the 2 rows that edition 2026-W04 knew of or added are missing."
    )


def test_rows_that_were_announced_and_not_yet_appended_are_not_missed(copied: Path) -> None:
    manifest = (copied / "2026-W05" / "edition.json").read_bytes()
    record = json.loads(manifest)
    file = copied / "memory" / "forecasts.csv"
    cut(file, 1)
    announce(copied, record, manifest + b" ")  # of another build, which was not published
    assert "1 of the 3 rows" in told_by(copied, "2026-01-30")
    announce(copied, record, manifest)
    recall(copied, "2026-01-30", illustrative=True)
    remember(copied, record)
    assert not list((copied / "memory").glob("*.pending"))
    cut(file, 1)
    assert "1 of the 3 rows" in told_by(copied, "2026-01-30")


def test_what_the_editions_before_knew_is_missed_even_while_own_rows_are_not_appended(
    copied: Path,
) -> None:
    manifest = (copied / "2026-W05" / "edition.json").read_bytes()
    announce(copied, json.loads(manifest), manifest)
    cut(copied / "memory" / "forecasts.csv", 2)
    assert "1 of the 2 rows" in told_by(copied, "2026-01-30")


def test_a_number_that_the_table_writes_otherwise_is_the_same_row(
    tmp_path: Path, shelf: Any
) -> None:
    record = {**shelf[1][0].record}
    record["forecasts"] = [{**record["forecasts"][0], "above": 0, "p": 0.1 + 0.2}]
    remember(tmp_path, record)
    folder = tmp_path / "2026-W03"
    folder.mkdir()
    (folder / "edition.json").write_text(json.dumps(record), encoding="utf-8")
    shutil.copy(shelf[1][0].folder / "memory.json", folder)
    assert len(recall(tmp_path, "2026-01-23", illustrative=True).forecasts) == 1


def test_verify_tells_of_a_broken_chain_and_of_rows_cut_off(
    note: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in WEEKS[:2]:
        make(note, day)

    def same(planned: Any, **_: Any) -> Any:
        """The edition as it lies there, so that nothing but the tables can differ."""
        files = {path.name: path.read_bytes() for path in planned.folder.glob("*.json")}
        return SimpleNamespace(record=json.loads(files["edition.json"]), files=files)

    monkeypatch.setattr("research.edition.verify.make", same)
    file, old, new = home / "memory" / "forecasts.csv", home / "2026-W03", home / "2026-W04"
    whole = file.read_bytes()
    file.write_bytes(b"".join(whole.splitlines(keepends=True)[:1]))
    assert verify(old, load(note)).differences == ()
    assert verify(new, load(note)).differences == (
        "memory/forecasts.csv: 1 of the 1 rows that the edition remembers are not in it any more.",
    )
    file.write_bytes(whole.replace(b",0.73,", b",0.99,"))
    [told] = verify(old, load(note)).differences
    assert told.startswith(f"{file}, row 1: `hash` is ")


def test_verify_tells_of_an_editions_own_memory_that_was_touched_or_lost(
    note: Path, home: Path
) -> None:
    folder = make(note, "2026-01-16").folder
    (folder / "memory.json").write_bytes(b"{}\n")
    assert verify(folder, load(note)).differences == (
        "memory.json: was changed after it was published.",
    )
    (folder / "memory.json").unlink()
    assert verify(folder, load(note)).differences == (
        "memory.json: is in the manifest and not in the folder.",
    )


def test_a_stamp_before_the_data_is_refused_before_anything_runs(
    note: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("research.edition.build.run", lambda *_, **__: pytest.fail("was run"))
    planned = plan(load(note), as_of="2026-01-30")
    for start in (build, preview):
        with pytest.raises(UsageError) as caught:
            start(planned, completed_at="2026-01-29T23:59:59Z")
        assert str(caught.value) == (
            "the edition would be completed at 2026-01-29T23:59:59Z, before 2026-01-30, the day "
            "its data are of; expected that day or a later one. Correct SOURCE_DATE_EPOCH, or "
            "unset it to use the clock; without it, set the clock of this machine."
        )
    assert not home.exists()


GOOD_FORECAST = {
    "event": "E1", "proxy": "pick", "horizon_weeks": 13, "ends_on": "2026-05-01", "above": 0.0,
    "below": None, "p": 0.55, "p0": None, "method": "1",
}  # fmt: skip
GOOD_OUTCOME = {
    "edition": "2025-W44", "event": "E1", "proxy": "pick", "ends_on": "2026-01-30",
    "value": None, "outcome": "void", "reason": "no price",
}  # fmt: skip


def recorded(forecasts: list[Any], outcomes: list[Any]) -> dict[str, Any]:
    return {
        "edition": "2026-W05", "as_of": "2026-01-30", "completed_at": "2026-01-30T22:00:00Z",
        "illustrative": False, "versions": {"research": "0"}, "inputs": {},
        "forecasts": forecasts, "outcomes": outcomes,
    }  # fmt: skip


def test_rows_as_the_tables_want_them_pass() -> None:
    check_rows(recorded([GOOD_FORECAST, {**GOOD_FORECAST, "proxy": "gdx"}], [GOOD_OUTCOME]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"p": 1.2}, "p is 1.2; expected a probability from 0 to 1"),
        ({"p": None}, "p is None; expected a probability from 0 to 1"),
        ({"p": True}, "p is True; expected what column p of the table holds"),
        ({"p0": -0.1}, "p0 is -0.1; expected a probability from 0 to 1, or None"),
        ({"ends_on": "2026-01-30"}, "ends_on is '2026-01-30'; expected a day after 2026-01-30"),
        ({"ends_on": "May"}, "ends_on is 'May'; expected a day after 2026-01-30"),
        ({"horizon_weeks": 1.5}, "horizon_weeks is 1.5; expected what column horizon_weeks of"),
    ],
)
def test_a_forecast_that_cannot_be_scored_is_refused(change: Any, told: str) -> None:
    with pytest.raises(RenderError) as caught:
        check_rows(recorded([GOOD_FORECAST, {**GOOD_FORECAST, "proxy": "gdx", **change}], []))
    assert str(caught.value).startswith(f"record 'forecasts', row 2: {told}")
    assert str(caught.value).endswith(". Correct the cell that records it.")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcome": True}, "outcome is True; expected what column outcome of the table holds"),
        ({"outcome": 2}, "outcome is 2; expected what column outcome of the table holds"),
        ({"ends_on": "2026-02-01"}, "ends_on is '2026-02-01'; expected a day until 2026-01-30"),
        ({"ends_on": None}, "ends_on is None; expected a day until 2026-01-30"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused(change: Any, told: str) -> None:
    with pytest.raises(RenderError) as caught:
        check_rows(recorded([], [{**GOOD_OUTCOME, **change}]))
    assert str(caught.value).startswith(f"record 'outcomes', row 1: {told}")


def test_rows_of_another_shape_and_forecasts_made_twice_are_refused() -> None:
    short = {key: value for key, value in GOOD_OUTCOME.items() if key != "reason"}
    with pytest.raises(RenderError, match=r"record 'outcomes', row 1: it is \['edition', 'ends_on"):
        check_rows(recorded([], [short]))
    with pytest.raises(RenderError, match=r"record 'forecasts', row 1: it is 0\.5; expected "):
        check_rows(recorded([0.5], []))
    with pytest.raises(RenderError, match="event is 'E1'; expected one forecast of it for pick"):
        check_rows(recorded([GOOD_FORECAST, GOOD_FORECAST], []))


def test_a_record_that_cannot_be_appended_stops_the_edition(
    tmp_path: Path, mini_note: Write
) -> None:
    bad = FORETELL.replace('"p": 0.5 +', '"p": 5 +')
    with pytest.raises(RenderError, match=r"record 'forecasts', row 1: p is 5\.23"):
        make(mini_note(tmp_path, {"front": [bad]}), "2026-01-16")
    assert not (tmp_path / "reports" / "mini" / "2026-W03").exists()


def days(*written: str) -> list[dt.date]:
    return [dt.date.fromisoformat(one) for one in written]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-01-12", "2026-01-30", ["2026-01-16", "2026-01-23", "2026-01-30"]),
        ("2026-01-14", "2026-01-28", ["2026-01-16", "2026-01-23", "2026-01-28"]),
        ("2026-01-30", "2026-01-30", ["2026-01-30"]),
        ("2026-01-31", "2026-02-02", ["2026-02-02"]),
        ("2025-12-22", "2026-01-04", ["2025-12-26", "2026-01-02"]),
        ("2026-03-30", "2026-04-05", ["2026-04-02"]),  # Good Friday
        ("2026-01-28", "2026-02-01", ["2026-01-30"]),
    ],
)  # fmt: skip
def test_a_backfill_takes_the_last_session_of_each_week(
    first: str, last: str, expected: list[str]
) -> None:
    assert weeks(Calendar("NYSE"), *days(first, last)) == days(*expected)


def test_a_backfill_of_no_days_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^--from 2026-02-01 is after --to 2026-01-01; exchange"):
        weeks(Calendar("NYSE"), *days("2026-02-01", "2026-01-01"))
    with pytest.raises(UsageError, match="the NYSE calendar has no session; name a longer"):
        weeks(Calendar("NYSE"), *days("2026-01-31", "2026-02-01"))


def test_a_backfill_of_no_date_is_refused(note: Path) -> None:
    with pytest.raises(UsageError, match=r"^--to 'May' is not a date; expected YYYY-MM-DD, such"):
        editions(load(note), first="2026-01-01", last="May")


def test_the_environment_of_the_build_itself_does_not_reach_its_notebooks(
    note: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, "/nowhere/memory.json")
    make(note, "2026-01-16")
    assert json.loads((home / "2026-W03" / "memory.json").read_bytes())["last"] is None
