"""The harness of the benchmarks: its ratios, its fit, its table and what it runs, not any time."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from research.params import load
from tests.benchmarks import machine
from tests.benchmarks.figures import Goal, Row, Sample, faster, growth, median_wall, written
from tests.benchmarks.growing import catalogue, small_note
from tests.benchmarks.machine import busy, version_of
from tests.benchmarks.measure import CommandError, interleave, run
from tests.benchmarks.table import as_json, as_remarks, as_table
from tests.benchmarks.workshop import change_cell


def took(*seconds: float) -> list[Sample]:
    return [Sample(wall_s=one, cpu_s=2 * one) for one in seconds]


def test_paired_runs_are_divided_pair_by_pair_so_that_a_slow_hour_hits_both() -> None:
    # The machine was ten times slower in the second pair; the ratio of medians would say 4.
    assert faster(took(1, 10, 1), took(5, 50, 4)) == 5


def test_without_pairs_the_medians_are_divided() -> None:
    assert faster(took(1, 2, 9), took(10)) == 5


def test_the_median_of_two_lies_between_them() -> None:
    assert median_wall(took(1, 2)) == 1.5


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_growth_finds_the_exponent_whatever_the_unit(exponent: float) -> None:
    sizes = [1, 4, 16, 48]
    assert growth(sizes, [7 * size**exponent for size in sizes]) == pytest.approx(exponent)


@pytest.mark.parametrize(("sizes", "costs"), [([1], [1]), ([1, 2], [0, 1]), ([0, 2], [1, 1])])
def test_growth_of_one_size_or_of_nothing_is_refused(sizes: list[int], costs: list[int]) -> None:
    with pytest.raises(ValueError, match="two sizes, all above zero"):
        growth(sizes, costs)


def test_a_goal_is_met_at_its_limit() -> None:
    assert Goal(kind="at least", limit=5).met_by(5)
    assert not Goal(kind="at least", limit=5).met_by(4.99)
    assert Goal(kind="at most", limit=1.5).met_by(1.5)
    assert not Goal(kind="at most", limit=0).met_by(1)
    assert str(Goal(kind="at most", limit=0.2, unit="s")) == "≤ 0.20 s"


def test_figures_carry_two_digits_below_ten_and_one_above() -> None:
    assert [written(one, "×") for one in (0.994, 9.5, 12.34, 15)] == [
        "0.99 ×", "9.50 ×", "12.3 ×", "15 ×",
    ]  # fmt: skip


def test_whole_things_are_counted_without_digits() -> None:
    assert written(0, "failures") == "0 failures"


def test_the_table_tells_minimum_and_median_goal_and_verdict() -> None:
    row = Row(
        group="note", work="all", against="papermill", ours=took(3, 1, 2), theirs=took(4, 8, 6),
        value=4, goal=Goal(kind="at least", limit=5),
    )  # fmt: skip
    head, _, line = as_table([row]).splitlines()
    assert len(head) == len(line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        "note", "all", "1.00 / 2.00", "4.00", "papermill", "4.00 / 6.00", "12.00",
        "4.00 ×", "≥ 5.00 ×", "not met",
    ]  # fmt: skip


def test_a_row_without_a_value_was_skipped_and_says_why() -> None:
    row = Row(group="pdf", work="print", remark="no Chromium")
    assert row.verdict == "skipped"
    assert as_remarks([row]) == "- pdf · print: no Chromium"


def test_a_row_without_a_goal_is_neither_met_nor_missed() -> None:
    assert Row(group="note", work="all", value=3).verdict == ""


def test_json_holds_every_sample_and_the_machine() -> None:
    row = Row(group="note", work="all", ours=took(1, 2), value=1)
    told = json.loads(as_json([row], {"cores": "2"}))
    assert told["machine"] == {"cores": "2"}
    assert [one["wall_s"] for one in told["rows"][0]["ours"]] == [1, 2]


def test_runs_are_interleaved_and_given_back_by_work() -> None:
    order = []

    def work(name: str, seconds: float) -> Sample:
        order.append(name)
        return took(seconds)[0]

    a, b = interleave([lambda: work("a", 1), lambda: work("b", 2)], 2)
    assert order == ["a", "b", "a", "b"]
    assert (a, b) == (took(1, 1), took(2, 2))


def test_a_machine_at_work_is_told_of_and_an_idle_one_is_not() -> None:
    assert "load average is 1.9 on 2 cores" in busy(1.9, 2)
    assert busy(0.3, 2) == ""


def test_what_a_command_prints_is_given_back(tmp_path: Path) -> None:
    _, told = run([sys.executable, "-c", "print(6 * 7)"], env=os.environ, cwd=tmp_path)
    assert told == "42\n"


def test_cpu_of_a_grandchild_is_counted(tmp_path: Path) -> None:
    code = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    sample, _ = run([sys.executable, "-c", parent], env=os.environ, cwd=tmp_path)
    assert sample.cpu_s >= 0.3


def test_a_failed_command_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"ended with 3:\nno such note"):
        run(
            [sys.executable, "-c", "import sys; print('no such note'); sys.exit(3)"],
            env=os.environ, cwd=tmp_path,
        )  # fmt: skip


def test_the_generated_note_has_its_sections_and_passes_the_checks(tmp_path: Path) -> None:
    loaded = load(small_note(tmp_path, 3))
    assert [section.parameters for section in loaded.note.sections] == [
        {"number": 0}, {"number": 1}, {"number": 2},
    ]  # fmt: skip


def test_the_generated_catalogue_has_the_rows_it_is_asked_for(tmp_path: Path) -> None:
    file = catalogue(tmp_path / "desk", 2, 30)
    rows = (file.parent / "prices.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 30
    assert rows[30] == f"2026-01-30,{rows[1].split(',')[1]},{rows[30].split(',')[2]}"


def notebook(folder: Path, *sources: str) -> Path:
    file = folder / "one.ipynb"
    file.write_text(json.dumps({"cells": [{"source": [one]} for one in sources]}))
    return file


def test_a_change_of_a_cell_changes_that_cell_alone(tmp_path: Path) -> None:
    file = notebook(tmp_path, "years = 10", "days = 10")
    change_cell(file, "years = 10", "years = 9")
    assert [cell["source"] for cell in json.loads(file.read_text())["cells"]] == [
        "years = 9", ["days = 10"],
    ]  # fmt: skip


@pytest.mark.parametrize("sources", [("a",), ("n = 1", "n = 1")])
def test_a_change_that_hits_no_cell_or_two_is_refused(
    tmp_path: Path, sources: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"stands in [02] cells; expected one"):
        change_cell(notebook(tmp_path, *sources), "n = 1", "n = 2")


def test_a_peer_is_found_where_it_is_installed_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert version_of("some-peer") is None
    told = tmp_path / "some_peer-1.2.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: some-peer\nVersion: 1.2\n")
    monkeypatch.setattr(machine, "apart_folder", lambda: tmp_path)
    assert version_of("some-peer") == "1.2"
