"""Tables are semantic, clean and honest about what is missing."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from research.exhibits.exhibit import Exhibit, ExhibitError
from research.exhibits.facts import say
from research.exhibits.tables import Column, table

HEADING = {
    "id": "comps",
    "title": "Multiples are high",
    "unit": "Multiples, times",
    "source": "sample",
    "as_of": "2026-01-28",
}
FRAME = pd.DataFrame(
    {
        "currency": ["GBp", "AUD", "USD"],
        "price": [6820.123456789, float("nan"), 12.0],
        "ev_ebitda": [5.31, -1.0, 0.0],
        "net_debt": [-0.12, 0.333, 0.0],
    },
    index=["rio", "bhp", "hecla"],
)
COLUMNS = {
    "currency": Column(header="Currency"),
    "price": Column(header="Price", unit="local", fmt="num2"),
    "ev_ebitda": Column(header="EV/EBITDA", unit="×", fmt="accx1"),
    "net_debt": Column(header="Net debt", unit="%", fmt="accpct0"),
}
GROUPS = pd.Series({"rio": "Diversified", "bhp": "Diversified", "hecla": "Silver"})
STATS = pd.DataFrame(
    {"ev_ebitda": [5.31, float("nan")]},
    index=pd.MultiIndex.from_tuples([("Diversified", "Median"), ("Silver", "Median")]),
)
MARKS = pd.DataFrame({"ev_ebitda": ["", "NM", ""]}, index=FRAME.index)


def comps(**more: object) -> Exhibit:
    given = {"columns": COLUMNS, "groups": GROUPS, "stats": STATS, "marks": MARKS, **HEADING}
    return table(FRAME, **{**given, **more})


def rows(exhibit: Exhibit) -> list[tuple[str, list[str]]]:
    tree = ET.fromstring(exhibit.html or "")
    return [(tr.get("class", ""), ["".join(c.itertext()) for c in tr]) for tr in tree.iter("tr")]


def test_heads_units_groups_rows_and_statistics_come_in_order() -> None:
    assert rows(comps(row_header="Company")) == [
        ("", ["Company", "Currency", "Price", "EV/EBITDA", "Net debt"]),
        ("units", ["", "", "local", "×", "%"]),
        ("group", ["Diversified"]),
        ("", ["rio", "GBp", "6,820.12", "5.3×", "(12)"]),
        ("", ["bhp", "AUD", "NA", "NM", "33"]),
        ("stat", ["Median", "", "", "5.3×", ""]),
        ("group", ["Silver"]),
        ("", ["hecla", "USD", "12.00", "–", "–"]),
        ("stat", ["Median", "", "", "", ""]),
    ]


def test_cells_have_scopes_and_classes_and_nothing_generated() -> None:
    html = comps().html or ""
    tree = ET.fromstring(html)
    assert {th.get("scope") for th in tree.find("thead").iter("th")} == {"col"}
    assert [th.get("scope") for th in tree.find("tbody").iter("th")].count("rowgroup") == 2
    assert {td.get("class") for td in tree.find("tbody").iter("td")} == {"num", "text", "mark"}
    assert all("id" not in element.attrib for element in tree.iter())
    assert "<style" not in html
    assert "<caption" not in html


def test_hostile_names_are_escaped_everywhere() -> None:
    hostile = "<b>&\"'</b>"
    frame = pd.DataFrame({"a": [hostile]}, index=["x"])
    html = table(
        frame,
        columns={"a": Column(header=hostile, unit=hostile)},
        labels={"x": hostile},
        sublabels={"x": hostile},
        groups=pd.Series({"x": hostile}),
        row_header=hostile,
        **HEADING,
    ).html
    tree = ET.fromstring(html or "")
    assert list(tree.iter("b")) == []
    assert html.count("&lt;b&gt;") == 7


def test_the_csv_carries_raw_numbers_with_units_in_the_header() -> None:
    csv = pd.read_csv(io.StringIO(comps(row_header="Company").csv), index_col=0)
    assert list(csv.columns) == [
        *("group", "Currency", "Price (local)", "EV/EBITDA (×)", "Net debt (fraction)")
    ]
    assert csv.loc["rio", "Price (local)"] == 6820.123457
    assert csv["Net debt (fraction)"].tolist() == [-0.12, 0.333, 0.0]
    assert pd.isna(csv.loc["bhp", "Price (local)"])


def test_footnotes_join_the_note_with_their_facts() -> None:
    exhibit = comps(note="A", footnotes=[say("NM in {n:num0} rows", n=1)])
    assert exhibit.note == "A\nNM in 1 rows"
    assert "comps.n" in [fact.id for fact in exhibit.facts]


def test_printed_numbers_are_facts_and_marks_are_not() -> None:
    facts = {fact.id: fact for fact in comps().facts}
    assert facts["comps.rio-price"].value == 6820.123456789
    assert facts["comps.rio-price"].text == "6,820.12"
    assert facts["comps.diversified-median-ev-ebitda"].text == "5.3×"
    assert "comps.bhp-ev-ebitda" not in facts


def test_statistics_without_groups_end_the_table() -> None:
    stats = pd.DataFrame({"ev_ebitda": [2.1]}, index=["Mean"])
    assert rows(comps(groups=None, stats=stats))[-1] == ("stat", ["Mean", "", "", "2.1×", ""])


def test_an_analyst_may_restyle_through_the_styler() -> None:
    def bold(styler: object) -> object:
        return styler.map(lambda text: "font-weight: bold" if text == "NM" else "")

    tree = ET.fromstring(comps(style=bold).html or "")
    assert [(td.text, td.get("style")) for td in tree.iter("td") if td.get("style")] == [
        ("NM", "font-weight:bold;")
    ]


def test_a_sublabel_stands_under_its_row() -> None:
    assert '<th scope="row">rio<span class="sub">RIO LN</span></th>' in (
        comps(sublabels={"rio": "RIO LN"}).html or ""
    )


def test_all_faults_of_a_description_are_told_at_once() -> None:
    columns = {"pric": Column(header="Price", fmt="nm2")}
    with pytest.raises(ExhibitError) as caught:
        table(
            FRAME,
            columns=columns,
            groups=GROUPS.drop("bhp"),
            marks=pd.DataFrame({"zz": []}),
            **HEADING,
        )
    text = str(caught.value)
    assert "no column 'pric'; did you mean 'price'" in text
    assert "there is no format 'nm2'" in text
    assert "row 'bhp' has no group" in text
    assert "marks: 'zz' is not among" in text


def test_a_key_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ExhibitError, match="'rio' occurs more than once"):
        table(FRAME.loc[["rio", "rio"]], columns=COLUMNS, **HEADING)


def test_a_table_without_rows_is_a_missing_exhibit() -> None:
    assert table(FRAME.iloc[:0], columns=COLUMNS, **HEADING).kind == "missing"


def test_the_same_table_is_the_same_bytes() -> None:
    assert comps().html == comps().html


def _with_an_empty_column(**more: object) -> Exhibit:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [None, float("nan")]}, index=["x", "y"])
    columns = {key: Column(header=key.upper(), fmt="num0") for key in frame}
    return table(
        frame, columns=columns, id="t", title="One column is empty", unit="none",
        source="test", as_of="2026-01-28", **more,
    )  # fmt: skip


def test_a_column_without_any_value_can_be_left_out_and_is_named() -> None:
    shown = _with_an_empty_column(leave_out_missing=True)
    assert ">B<" not in str(shown.html)
    assert "Not known to the source, and left out: B." in shown.note
    assert "b" not in shown.csv.splitlines()[0].lower().split(",")


def test_a_column_without_any_value_stays_unless_told_otherwise() -> None:
    assert ">B<" in str(_with_an_empty_column().html)


def test_a_mark_of_its_own_keeps_a_column_without_values() -> None:
    marks = pd.DataFrame({"b": ["NM", "NA"]}, index=["x", "y"])
    assert ">B<" in str(_with_an_empty_column(leave_out_missing=True, marks=marks).html)


def test_a_table_of_nothing_but_missing_columns_is_a_notice() -> None:
    frame = pd.DataFrame({"b": [None]}, index=["x"])
    shown = table(
        frame, columns={"b": Column(header="Buy", fmt="num0")}, leave_out_missing=True, id="t",
        title="Ratings", unit="count", source="test", as_of="2026-01-28",
    )  # fmt: skip
    assert shown.kind == "missing"
    assert "Buy" in shown.reason


def test_a_statistic_may_have_a_format_of_its_own() -> None:
    frame = pd.DataFrame({"a": [1.25, 2.0]}, index=["x", "y"])
    stats = pd.DataFrame({"a": [1.6, 2.0]}, index=["Median", "Used"])
    shown = table(
        frame, columns={"a": Column(header="A", fmt="x1")}, stats=stats, stat_fmts={"Used": "num0"},
        id="t", title="Counts are no multiples", unit="×", source="test", as_of="2026-01-28",
    )  # fmt: skip
    assert ">1.6×<" in str(shown.html)
    assert ">2<" in str(shown.html)


def test_words_of_a_cell_may_lead_to_an_id_and_stay_escaped() -> None:
    frame = pd.DataFrame({"says": ["<b>", "y", "z"], "to": ["claim-m1", "", None]}, index=[*"abc"])
    html = linked(frame).html or ""
    assert '<td class="text"><a href="#claim-m1">&lt;b&gt;</a></td>' in html
    assert html.count("<a ") == 1


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ('"><script>', r"'says' links row 'a' to '\"><script>', which is no id"),
        ("#claim-m1", "'says' links row 'a' to '#claim-m1', which is no id"),
    ],
)
def test_a_link_that_is_no_id_is_refused(to: str, told: str) -> None:
    with pytest.raises(ExhibitError, match=told):
        linked(pd.DataFrame({"says": ["x"], "to": [to]}, index=["a"]))


def test_a_link_by_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ExhibitError, match="'says' links by 'to', no column of it; did you mean"):
        linked(pd.DataFrame({"says": ["x"], "too": ["a"]}, index=["a"]))


def linked(frame: pd.DataFrame) -> Exhibit:
    return table(
        frame,
        columns={"says": Column(header="Says", link="to")},
        id="t",
        title="T",
        unit="u",
        source="s",
        as_of="2026-01-28",
    )
