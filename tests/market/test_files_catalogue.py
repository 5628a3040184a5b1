"""The catalogue itself: all its faults at once, each with line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from research.errors import ParamsError, UsageError
from research.market.sources.load import load_catalogue
from research.params.models import Universe

UNIVERSE = Universe.model_validate(
    {
        "sub_groups": [],
        "roles": {},
        "basket": [],
        "instruments": [
            {"id": "gold", "name": "Gold", "label": "Gold", "kind": "metal", "unit": "USD/oz"}
        ],
    }
)

GOOD = """\
title: Desk files
entries:
  - source: A vendor
    licence: own
    files: { gold: gold.csv }
    columns: { date: Date, close: Close }
    unit: USD/oz
    available: date + 0 days at 16:00 America/New_York
"""


def faults(tmp_path: Path, text: str) -> str:
    path = tmp_path / "catalogue.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        load_catalogue(path, UNIVERSE)
    return str(caught.value)


def test_a_good_catalogue_is_a_frozen_record(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(GOOD, encoding="utf-8")
    catalogue, digest = load_catalogue(path, UNIVERSE)
    assert list(catalogue.entries[0].paths()) == [("gold", "gold.csv")]
    assert len(digest) == 64
    with pytest.raises(Exception, match="frozen"):
        catalogue.title = "other"  # type: ignore[misc]


def test_a_missing_catalogue_is_refused_with_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params").mkdir()
    with pytest.raises(UsageError) as caught:
        load_catalogue(tmp_path / "params" / "../desk/none.yaml", UNIVERSE)
    assert str(caught.value) == (
        "the catalogue none.yaml is not there; it was looked for at desk/none.yaml. "
        "`source: files:<path>` names it relative to the note's file."
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    unit:", "    unitt:", "line 7: entries[0].unitt: is not a known key. Did you mean"),
        ("licence: own", "dataset: price", 'found "price", expected'),
        ("gold: gold.csv", "golf: gold.csv",
         "line 5: entries[0].files.golf: golf is no instrument of the universe. Did you mean "
         "`gold`?"),
        ("gold: gold.csv", "gold: gold.doc", "gold.doc ends in none of .csv"),
        ("files: { gold: gold.csv }", "instrument: gold", "needs either `file`, or `files`"),
        ("files: { gold: gold.csv }", "file: gold.csv", "says what the file is about in no way"),
        ("close: Close", "clos: Close",
         "line 6: entries[0].columns.clos: is no column of prices. Did you mean `close`?"),
        ("close: Close", "close: Date", "columns.close: is Date, and so is another column"),
        ("close: Close", "unit: Unit", "gives neither `close` nor `adj_close`"),
        ("date: Date, ", "", "does not say which header is `date`"),
        ("    unit: USD/oz\n", "", "unit: is missing: USD, GBp, USD/oz"),
        ("unit: USD/oz", "unit: USD\n    adjusted: total-return",
         "columns.close: is adjusted for distributions, so nobody paid it"),
        ("unit: USD/oz", "unit: USD\n    invert: true", "is inverted, so it is two units"),
        ("unit: USD/oz", "unit: USD\n    layout: wide", "is wide, so the entry needs"),
        ("unit: USD/oz", "unit: USD\n    first: 2024-02-01\n    last: 2024-01-01",
         "first: is 2024-02-01, after `last`, 2024-01-01"),
        ("unit: USD/oz", 'unit: USD\n    date_format: "%Y-%m-%d %H:%M%z"',
         "has a zone, so `time_zone` is missing"),
        ("unit: USD/oz", "unit: USD\n    time_zone: Mars/Olympus", "expected a time zone such as"),
        ("date + 0 days at", "close plus a day at", "expected a rule such as `date + 0 days"),
        ("America/New_York", "America/Gotham", "expected a time zone such as"),
        ("unit: USD/oz", 'unit: USD\n    delimiter: ";;"', "expected one character"),
    ],
)  # fmt: skip
def test_a_faulty_entry_is_refused_with_line_and_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    assert said in faults(tmp_path, GOOD.replace(old, new))


def test_all_faults_of_a_catalogue_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("gold: gold.csv", "golf: gold.doc").replace("    unit: USD/oz\n", "")
    assert faults(tmp_path, text).startswith("3 faults in the parameters")


def test_a_faulty_entry_is_not_told_a_second_time_as_a_list_too_short(tmp_path: Path) -> None:
    told = faults(tmp_path, GOOD.replace("    licence: own\n", ""))
    assert "licence: is missing" in told
    assert "in the list" not in told
