"""Rows once appended stay as they are, or the table is refused by file and row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.memory.chain import START, ChainError, extend, read, rows
from research.memory.tables import FORECASTS, OUTCOMES, Table, text

NEXT = (
    "Restore the file from version control or a backup; or move the note's whole folder away to "
    "begin a new memory. It was left as it is."
)
NOTES = Table(name="notes", columns={"words": str})


def refused(content: bytes, table: Table = FORECASTS) -> str:
    with pytest.raises(ChainError) as caught:
        rows(content, table, name="forecasts.csv")
    assert caught.value.exit_code == 3
    told = str(caught.value)
    assert told.endswith(f" {NEXT}")
    return told.removesuffix(f" {NEXT}")


def test_a_table_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path / "forecasts.csv", FORECASTS) == []


def test_rows_come_back_as_they_went_in(
    tmp_path: Path, forecast: Callable[..., Any], outcome: Callable[..., Any]
) -> None:
    for table, row in ((FORECASTS, forecast(p0=None)), (OUTCOMES, outcome(reason='so, "void"'))):
        file = tmp_path / table.file
        file.write_bytes(extend(b"", [row], table, name=str(file)))
        [found] = read(file, table)
        assert {key: found[key] for key in row} == row
        assert [type(found[key]) for key in row] == [type(value) for value in row.values()]
        assert list(found) == table.header


def test_the_hash_of_a_row_can_be_made_by_hand(three: bytes) -> None:
    before = START
    for line in three.decode().splitlines()[1:]:
        said, _, written = line.rpartition(",")
        assert said.endswith(f",{before}")
        assert written == hashlib.sha256(said.encode()).hexdigest()
        before = written


def test_adding_rows_leaves_every_byte_before_them(
    three: bytes, forecast: Callable[..., Any]
) -> None:
    longer = extend(three, [forecast("2026-W06")], FORECASTS, name="forecasts.csv")
    assert longer.startswith(three)
    assert [row["edition"] for row in rows(longer, FORECASTS, name="")] == [
        "2026-W03", "2026-W04", "2026-W05", "2026-W06",
    ]  # fmt: skip
    assert extend(three, [], FORECASTS, name="") == three


def test_rows_added_one_by_one_make_the_same_table(
    three: bytes, forecast: Callable[..., Any]
) -> None:
    content = b""
    for n in (3, 4, 5):
        content = extend(content, [forecast(f"2026-W0{n}", p=n / 10)], FORECASTS, name="")
    assert content == three


@given(st.lists(st.text()))
def test_no_words_break_the_table(words: list[str]) -> None:
    content = extend(b"", [{"words": one} for one in words], NOTES, name="")
    found = [row["words"] for row in rows(content, NOTES, name="")]
    assert found == [" ".join(one.split()) for one in words]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""), (True, "true"), (False, "false"), (0.1 + 0.2, "0.3"), (-0.0, "0.0"),
        (1 / 3, "0.333333333333"), (13, "13"), ("two\n words ", "two words"), (1e-20, "0.0"),
    ],
)  # fmt: skip
def test_a_value_has_one_way_to_be_written(value: Any, written: str) -> None:
    assert text(value) == written


def test_an_altered_row_is_refused_by_file_row_found_and_expected(three: bytes) -> None:
    lines = three.decode().splitlines()
    written = lines[2].rpartition(",")[2]
    altered = three.replace(b",0.4,", b",0.9,")
    assert altered != three
    true = hashlib.sha256(altered.decode().splitlines()[2].rpartition(",")[0].encode()).hexdigest()
    assert refused(altered) == (
        f"forecasts.csv, row 2: `hash` is {written[:12]}…; expected {true[:12]}…. The row was "
        "altered after it was appended."
    )


def test_a_row_altered_together_with_its_hash_is_refused_at_the_next(three: bytes) -> None:
    head, first, second, third, _ = three.decode().split("\n")
    said = second.rpartition(",")[0].replace(",0.4,", ",0.9,")
    forged = f"{said},{hashlib.sha256(said.encode()).hexdigest()}"
    told = refused("\n".join([head, first, forged, third, ""]).encode())
    assert told.startswith("forecasts.csv, row 3: `previous` is ")
    assert "the hash of row 2. A row was taken out, put in or moved." in told


@pytest.mark.parametrize(
    ("order", "row", "expected"),
    [((2, 3), 1, "the start of a chain"), ((1, 3), 2, "the hash of row 1"),
     ((1, 3, 2), 2, "the hash of row 1"), ((1, 1, 2, 3), 2, "the hash of row 1")],
)  # fmt: skip
def test_a_row_taken_out_moved_or_doubled_is_refused(
    three: bytes, order: tuple[int, ...], row: int, expected: str
) -> None:
    lines = three.decode().splitlines()
    told = refused("".join(f"{lines[n]}\n" for n in (0, *order)).encode())
    assert told.startswith(f"forecasts.csv, row {row}: `previous` is ")
    assert expected in told


def test_another_head_is_refused(three: bytes) -> None:
    told = refused(three.replace(b"edition,", b"issue,", 1))
    assert told.startswith("forecasts.csv: its head is 'issue,as_of,")
    assert "; expected 'edition,as_of," in told


def test_line_ends_of_another_system_are_refused(three: bytes) -> None:
    assert "its head is" in refused(three.replace(b"\n", b"\r\n"))


def test_a_table_that_breaks_off_is_refused(three: bytes) -> None:
    assert refused(three[:-1]) == (
        "forecasts.csv, row 3: it breaks off; expected a line end after it."
    )


def test_a_row_of_another_length_is_refused(three: bytes) -> None:
    told = refused(three.replace(b"2026-W04,", b"2026-W04,more,"))
    assert told == "forecasts.csv, row 2: it has 20 fields; expected 19."
    assert "row 4: it has 0 fields" in refused(three + b"\n")


def test_what_is_not_utf8_is_refused(three: bytes) -> None:
    assert refused(three + b"\xff\n") == f"forecasts.csv: byte {len(three)} is not UTF-8."


def test_a_value_that_its_column_does_not_hold_is_refused(forecast: Callable[..., Any]) -> None:
    content = extend(b"", [forecast(p="half")], FORECASTS, name="")
    assert refused(content) == (
        "forecasts.csv, row 1: p is 'half', which is no value of that column."
    )


def test_nothing_is_added_to_a_broken_chain(three: bytes, forecast: Callable[..., Any]) -> None:
    with pytest.raises(ChainError, match="row 2"):
        extend(three.replace(b",0.4,", b",0.9,"), [forecast()], FORECASTS, name="forecasts.csv")


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChainError, match="cannot be read: Is a directory"):
        read(tmp_path, FORECASTS)


def test_a_table_whose_folder_is_none_holds_no_rows(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert read(tmp_path / "missing" / "forecasts.csv", FORECASTS) == []
    assert read(tmp_path / "file" / "forecasts.csv", FORECASTS) == []
