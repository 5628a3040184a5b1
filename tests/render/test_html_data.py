"""The rows behind a drawing as the page shows them, and the file it gives away."""

from __future__ import annotations

import itertools
import re
from html import unescape
from urllib.parse import unquote

import pytest

from research.render.html.data import disclosure


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [
        [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows
    ]


def file(html: str) -> str:
    (address,) = re.findall(r'href="data:text/csv;charset=utf-8,([^"]*)"', html)
    return unquote(unescape(address))


def test_without_rows_there_is_no_disclosure() -> None:
    assert disclosure("a.csv", "", label="Exhibit 1, data") == ""


def test_a_short_table_is_shown_whole() -> None:
    text = 'date,"Gold, USD/oz"\n2026-01-27,5000\n2026-01-28,\n'
    html = disclosure("gold.csv", text, label="Exhibit 1, data")
    assert cells(html) == [["date", "Gold, USD/oz"], ["2026-01-27", "5000"], ["2026-01-28", ""]]
    assert "Download gold.csv</a>, 2 rows</p>" in html
    assert file(html) == text


@pytest.mark.parametrize(
    ("rows", "shown", "told"),
    [
        (40, 40, "40 rows</p>"),
        (41, 21, "41 rows; every second is shown</p>"),
        (120, 40, "120 rows; every third is shown</p>"),
        (523, 38, "523 rows; every 14th is shown</p>"),
        (1, 1, "1 row</p>"),
    ],
)
def test_a_long_table_is_thinned_evenly_and_ends_with_its_last_row(
    rows: int, shown: int, told: str
) -> None:
    text = "week,level\n" + "".join(f"{n},{n * 0.5}\n" for n in range(rows))
    html = disclosure("a.csv", text, label="data")
    found = [int(row[0]) for row in cells(html)[1:]]
    assert (len(found), found[-1]) == (shown, rows - 1)
    assert len({after - before for before, after in itertools.pairwise(found)}) <= 1
    assert told in html
    assert file(html) == text


def test_of_many_columns_the_first_are_shown_and_all_are_in_the_file() -> None:
    text = ",".join(f"c{n}" for n in range(115)) + "\n" + ",".join("1" * 115) + "\n"
    html = disclosure("a.csv", text, label="data")
    assert [len(row) for row in cells(html)] == [12, 12]
    assert "1 row; the first 12 of 115 columns</p>" in html
    assert file(html) == text


def test_figures_stand_below_one_another_and_words_do_not() -> None:
    html = disclosure("a.csv", "who,estimate,verdict\nx,-0.5,SUPPORTED\ny,,MIXED\n", label="data")
    assert html.count('<td class="r">') == 2
    assert "<td>SUPPORTED</td>" in html


def test_a_claims_rows_are_a_file_without_a_table() -> None:
    html = disclosure("claim-m1.csv", "week,r\na,0.1\n")
    assert "<table" not in html
    assert file(html) == "week,r\na,0.1\n"


def test_nothing_in_a_file_or_its_name_can_leave_its_place() -> None:
    text = 'a,b\n"<script>alert(1)</script>","x"" onclick=""y"\n"%0A&amp;#\u202e",é\n'
    html = disclosure('"><b>.csv', text, label='" onfocus="x')
    assert not re.search(r"<script|<b>|\son\w+=\"", html)
    assert file(html) == text
    assert cells(html)[1:] == [
        ["<script>alert(1)</script>", 'x" onclick="y'],
        ["%0A&amp;#\u202e", "é"],
    ]
