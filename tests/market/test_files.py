"""A desk's own files: what is read as declared, and what is refused."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from research.calendar import Calendar
from research.errors import DataError
from research.market.sources.files import FilesSource
from research.params.models import Universe

UNIVERSE = Universe.model_validate(
    {
        "sub_groups": [{"id": "gold-senior", "label": "Gold"}],
        "roles": {},
        "basket": [],
        "instruments": [
            {"id": "gold", "name": "Gold", "label": "Gold", "kind": "metal", "unit": "USD/oz"},
            {"id": "silver", "name": "Silver", "label": "Silver", "kind": "metal",
             "unit": "USD/oz"},
            {"id": "cadusd", "name": "CAD", "label": "CAD", "kind": "fx", "unit": "USD per CAD"},
            {
                "id": "barrick", "name": "Barrick", "label": "Barrick", "kind": "company",
                "sub_group": "gold-senior",
                "listings": [
                    {"ticker": "ABX", "exchange": "XTSE", "unit": "CAD"},
                    {"ticker": "B", "exchange": "XNYS", "unit": "USD",
                     "valid_from": dt.date(2024, 1, 3)},
                ],
            },
        ],
    }
)  # fmt: skip

GOLD = "date,price\n2024-01-02,2000\n2024-01-03,2010.5\n2024-01-04,2021\n2024-01-05,2031\n"

ENTRY = """
  - source: A vendor
    licence: own
    {about}
    columns: {columns}
    unit: {unit}
    available: date + 0 days at 16:00 America/New_York
"""

Open = Callable[..., FilesSource]


@pytest.fixture
def desk(tmp_path: Path) -> Open:
    """Writes files and a catalogue and opens it."""

    def open_(
        files: dict[str, str | bytes],
        *entries: str,
        about: str = "files: { gold: gold.csv }",
        columns: str = "{ date: date, close: price }",
        unit: str = "USD/oz",
        more: str = "",
    ) -> FilesSource:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        if not entries:
            entries = (ENTRY.format(about=about, columns=columns, unit=unit) + more,)
        path = tmp_path / "catalogue.yaml"
        path.write_text("title: Desk files\nentries:\n" + "".join(entries), encoding="utf-8")
        return FilesSource(path, UNIVERSE, Calendar("NYSE"))

    return open_


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        call()
    return str(caught.value)


# ── what is read ────────────────────────────────────────────────────────────


def test_a_plain_csv_becomes_rows_of_the_contract(desk: Open) -> None:
    source = desk({"gold.csv": GOLD})
    rows = source.read("prices")
    assert list(rows.columns) == list(source.columns["prices"])
    assert {name: str(t) for name, t in rows.dtypes.items()} == source.columns["prices"]
    assert rows["close"].tolist() == [2000, 2010.5, 2021, 2031]
    assert rows["adj_close"].isna().all()
    assert set(rows["instrument"]) == {"gold"}
    assert set(rows["source"]) == {"A vendor"}
    assert set(rows["unit"]) == {"USD/oz"}


def test_the_source_carries_title_span_and_hashes(desk: Open) -> None:
    source = desk({"gold.csv": GOLD})
    assert (source.title, source.illustrative) == ("Desk files", False)
    assert (source.first_session, source.last_session) == (
        dt.date(2024, 1, 2),
        dt.date(2024, 1, 5),
    )
    assert source.inputs()["gold.csv"] == hashlib.sha256(GOLD.encode()).hexdigest()
    assert list(source.inputs()) == ["catalogue.yaml", "gold.csv"]


def test_the_last_session_is_a_session_though_a_weekend_has_a_row(desk: Open) -> None:
    source = desk({"gold.csv": GOLD + "2024-01-06,2032\n"})
    assert source.last_session == dt.date(2024, 1, 5)


def test_a_dataset_without_a_file_is_empty_with_its_columns(desk: Open) -> None:
    ratings = desk({"gold.csv": GOLD}).read("ratings")
    assert ratings.empty
    assert "analyst" in ratings.columns


def test_available_at_honours_time_zone_and_daylight_saving(desk: Open) -> None:
    rows = desk(
        {"gold.csv": "date,price\n2024-03-07,1\n2024-03-08,1\n2024-03-11,1\n2024-03-12,1\n"}
    ).read("prices")
    hours = rows["available_at"].dt.hour.tolist()
    assert hours == [21, 21, 20, 20]  # New York moved its clocks on 10 March 2024


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("date + 1 day at 09:00 Europe/London", "2024-01-06 09:00"),
        ("date + 1 business day at 09:00 Europe/London", "2024-01-08 09:00"),
        ("month end + 2 business days at 09:00 Europe/London", "2024-02-02 09:00"),
    ],
)
def test_availability_counts_days_business_days_and_month_ends(
    desk: Open, rule: str, first: str
) -> None:
    entry = ENTRY.format(
        about="files: { gold: gold.csv }", columns="{ date: date, close: price }", unit="USD/oz"
    ).replace("date + 0 days at 16:00 America/New_York", rule)
    rows = desk({"gold.csv": "date,price\n2024-01-05,2000\n"}, entry).read("prices")
    assert rows["available_at"].iloc[0] == pd.Timestamp(first, tz="UTC")


def test_day_first_dates_are_read_by_their_declared_format(desk: Open) -> None:
    text = "date,price\n01/02/2024,1\n02/02/2024,2\n05/02/2024,3\n"
    rows = desk({"gold.csv": text}, more='    date_format: "%d/%m/%Y"\n').read("prices")
    assert rows["date"].dt.date.tolist()[0] == dt.date(2024, 2, 1)


def test_moments_with_a_zone_fall_on_the_day_of_the_declared_zone(desk: Open) -> None:
    text = (
        "date,price\n2024-01-02 04:00:00+00:00,1\n2024-01-03 05:00:00+00:00,2\n"
        "2024-01-04 05:00:00+00:00,3\n"
    )
    more = '    date_format: "%Y-%m-%d %H:%M:%S%z"\n    time_zone: America/New_York\n'
    rows = desk({"gold.csv": text}, more=more).read("prices")
    assert [day.day for day in rows["date"]] == [1, 3, 4]  # 04:00 UTC is still 1 January there


def test_a_european_export_with_its_marks_and_newest_first(desk: Open) -> None:
    text = "\ufeffDatum;Kurs\n04.01.2024;2.021,50\n03.01.2024;n.a.\n02.01.2024;1.999,5\n"
    more = (
        '    delimiter: ";"\n    decimal: ","\n    thousands: "."\n    null: ["", n.a.]\n'
        '    date_format: "%d.%m.%Y"\n    order: newest-first\n'
    )
    rows = desk({"gold.csv": text}, columns="{ date: Datum, close: Kurs }", more=more).read(
        "prices"
    )
    assert rows["close"].tolist() == [1999.5, 2021.5]
    assert rows["date"].is_monotonic_increasing


def test_rows_of_units_after_the_header_are_left_out(desk: Open) -> None:
    text = "Price,Close\nTicker,GC=F\nDate,\n" + GOLD.partition("\n")[2]
    rows = desk(
        {"gold.csv": text},
        columns="{ date: Price, close: Close }",
        more="    skip_after_header: 2\n",
    ).read("prices")
    assert len(rows) == 4


def test_a_row_of_data_is_never_skipped_as_a_row_of_units(desk: Open) -> None:
    message = refusal(lambda: desk({"gold.csv": GOLD}, more="    skip_after_header: 1\n"))
    assert "row 2 is left out by `skip_after_header`, but it is the row of 2024-01-02" in message


def test_a_column_without_a_header_goes_by_its_place(desk: Open) -> None:
    text = ",price\n2024-01-02,2000\n"
    rows = desk({"gold.csv": text}, columns='{ date: "#1", close: price }').read("prices")
    assert rows["close"].tolist() == [2000]


def test_other_encodings_and_dirt_in_other_columns_do_no_harm(desk: Open) -> None:
    text = "date,Käufer,price\n2024-01-02,12 34,2000\n2024-01-03,#REF!,2001\n"
    rows = desk({"gold.csv": text.encode("cp1252")}, more="    encoding: cp1252\n").read("prices")
    assert rows["close"].tolist() == [2000, 2001]


def test_a_wide_file_gives_one_line_for_each_header(desk: Open) -> None:
    text = "day,XAU,XAG,other\n2024-01-02,2000,23,x\n2024-01-03,2010,,x\n2024-01-04,2020,24,x\n"
    rows = desk(
        {"wide.csv": text},
        about="file: wide.csv",
        columns="{ date: day }",
        more="    layout: wide\n    instruments: { XAU: gold, XAG: silver }\n",
    ).read("prices")
    assert rows.groupby("instrument")["close"].apply(list).to_dict() == {
        "gold": [2000, 2010, 2020],
        "silver": [23, 24],
    }


def test_a_long_file_names_instruments_by_its_own_symbols(desk: Open) -> None:
    text = "date,sym,price\n2024-01-02,XAU,2000\n2024-01-02,XAG,23\n2024-01-02,BTC,40000\n"
    rows = desk(
        {"long.csv": text},
        about="file: long.csv",
        columns="{ date: date, instrument: sym, close: price }",
        more="    instruments: { XAU: gold, XAG: silver, BTC: null }\n",
    ).read("prices")
    assert dict(zip(rows["instrument"], rows["close"], strict=True)) == {"gold": 2000, "silver": 23}


def test_csv_xlsx_and_parquet_of_the_same_rows_are_the_same(desk: Open, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"date": pd.to_datetime(["2024-01-02", "2024-01-03"]), "price": [2000.0, None]}
    )
    frame.loc[2] = [pd.Timestamp("2024-01-04"), 2020.25]
    frame.to_parquet(tmp_path / "gold.parquet")
    with pd.ExcelWriter(tmp_path / "gold.xlsx") as book:
        pd.DataFrame({"about": ["notes"]}).to_excel(book, sheet_name="About", index=False)
        frame.to_excel(book, sheet_name="Prices", index=False, startrow=2)
    read = [
        desk({"gold.csv": "date,price\n2024-01-02,2000\n2024-01-03,\n2024-01-04,2020.25\n"}),
        desk({}, about="files: { gold: gold.parquet }"),
        desk(
            {},
            about="files: { gold: gold.xlsx }",
            more="    sheet: Prices\n    header_row: 3\n",
        ),
    ]
    first, *others = [source.read("prices") for source in read]
    assert first["close"].tolist() == [2000, 2020.25]
    for other in others:
        pd.testing.assert_frame_equal(first, other)


def test_an_inverted_pair_is_turned_over_with_its_unit(desk: Open) -> None:
    rows = desk(
        {"cad.csv": "date,price\n2024-01-02,1.25\n2024-01-03,1.6\n"},
        about="files: { cadusd: cad.csv }",
        unit="CAD per USD",
        more="    invert: true\n",
    ).read("prices")
    assert rows["close"].tolist() == [0.8, 0.625]
    assert set(rows["unit"]) == {"USD per CAD"}


def test_a_metal_may_come_in_another_unit_and_keeps_it(desk: Open) -> None:
    rows = desk({"gold.csv": GOLD}, unit="CNY/kg").read("prices")
    assert set(rows["unit"]) == {"CNY/kg"}


def test_a_repair_leaves_out_the_row_it_names(desk: Open) -> None:
    rows = desk(
        {"gold.csv": GOLD},
        more="    repairs:\n      - { instrument: gold, date: 2024-01-04, found: 2021, "
        "reason: a bad print }\n",
    ).read("prices")
    assert [day.day for day in rows["date"]] == [2, 3, 5]


def test_ratings_are_read_with_their_own_symbols(desk: Open) -> None:
    entry = ENTRY.format(
        about="dataset: ratings\n    file: ratings.csv\n    instruments: { GOLD: barrick }",
        columns="{ analyst: who, instrument: what, date: when, rating: call }\n"
        "    constants: { broker: House }",
        unit="null",
    )
    gold = ENTRY.format(
        about="files: { gold: gold.csv }", columns="{ date: date, close: price }", unit="USD/oz"
    )
    text = "who,what,when,call\nA. Smith,GOLD,2024-01-03,Buy\n"
    source = desk({"ratings.csv": text, "gold.csv": GOLD}, entry, gold)
    row = source.read("ratings").iloc[0]
    assert (row["analyst"], row["broker"], row["instrument"]) == ("A. Smith", "House", "barrick")
    assert row["available_at"] == pd.Timestamp("2024-01-03 21:00", tz="UTC")


def test_a_later_row_changes_no_earlier_row(desk: Open) -> None:
    before = desk({"gold.csv": GOLD}).read("prices")
    after = desk({"gold.csv": GOLD + "2024-01-08,1\n"}).read("prices")
    pd.testing.assert_frame_equal(before, after.iloc[: len(before)])


# ── what is refused ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "gold.csv: is empty"),
        ("date,price\n", "gold.csv: has a header and no rows"),
        ("<!DOCTYPE html><html>login</html>", "`<!DOCTYPE html>`: it is a web page, not CSV"),
        (b"PK\x03\x04rest", "is not CSV, though its name says so"),
        (b"date,price\n2024-01-02,\xe9\n", "is not utf-8 text"),
        ("date,prize\n2024-01-02,1\n", "has no column 'price'; did you mean 'prize'?"),
        ("date,price,price\n2024-01-02,1,2\n", "has 2 columns 'price'"),
        ("date,price\n2024-01-02,1,9\n2024-01-03,1,9\n",
         "row 2 has 3 values under 2 headers, and 1 more of its rows do not fit"),
        ("date,price\n2024-01-02,12x\n", "row 2, column 'price': '12x' is not a number"),
        ("date,price\n2024-01-02,nan\n", "row 2, column 'price': 'nan' is not a number"),
        ("date,price\n2024-01-02,1_000\n", "'1_000' is not a number"),
        ("date,price\n2024-02-30,1\n", "row 2, column 'date': '2024-02-30' is not a date"),
        ("date,price\n02/01/2024,1\n", "'02/01/2024' is not a date in the form %Y-%m-%d"),
        ("date,price\n2024-01-02,1\n,2\n", "row 3, column 'date': nothing there"),
        ("date,price\n2024-01-02,1\n2024-01-02,2\n",
         "rows 2 and 3 are both gold 2024-01-02. Keep one row of each."),
        ("date,price\n2024-01-03,1\n2024-01-02,2\n",
         "row 3: 2024-01-02 of gold is out of order"),
        ("date,price\n2024-01-01,1\n2024-01-08,2\n2024-01-15,3\n2024-01-22,2\n",
         "has a row every 7 days, but is declared daily"),
    ],
)  # fmt: skip
def test_a_file_of_the_wrong_shape_is_refused(desk: Open, content: str | bytes, said: str) -> None:
    message = refusal(lambda: desk({"gold.csv": content}))
    assert said in message
    assert message.startswith("catalogue.yaml: ")


@pytest.mark.parametrize(("name", "start"), [("gold.xlsx", b"PK\x03\x04"), ("gold.pq", b"PAR1")])
def test_a_damaged_workbook_or_parquet_file_is_refused(desk: Open, name: str, start: bytes) -> None:
    message = refusal(
        lambda: desk({name: start + b"cut short"}, about=f"files: {{ gold: {name} }}")
    )
    assert f"{name}: cannot be read as" in message


def test_a_missing_file_is_refused_with_its_neighbour(desk: Open) -> None:
    assert "gold.csv: is not there; did you mean 'gold2.csv'?" in refusal(
        lambda: desk({"gold2.csv": GOLD})
    )


def test_all_faults_of_all_files_are_told_at_once(desk: Open) -> None:
    message = refusal(
        lambda: desk(
            {"gold.csv": "date,price\n2024-13-02,x\n", "silver.csv": ""},
            about="files: { gold: gold.csv, silver: silver.csv, barrick: no.csv }",
        )
    )
    assert message.splitlines()[0].startswith("catalogue.yaml: 4 faults in the files it names")
    assert message.count("\n") == 4


def test_many_bad_cells_of_a_column_are_counted_and_not_listed(desk: Open) -> None:
    rows = "".join(f"2024-01-{day:02},x\n" for day in range(1, 21))
    message = refusal(lambda: desk({"gold.csv": "date,price\n" + rows}))
    assert message.count("'x' is not a number") == 3
    assert "So are 17 more cells of this column." in message


def test_a_decimal_comma_read_as_thousands_is_refused(desk: Open) -> None:
    text = 'date,price\n2024-01-02,"1,5"\n2024-01-03,"1,500.25"\n'
    message = refusal(lambda: desk({"gold.csv": text}, more='    thousands: ","\n'))
    assert "'1,5' is not a number" in message
    assert "1,500.25" not in message


def test_a_workbook_with_many_sheets_wants_one_named(desk: Open, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "gold.xlsx") as book:
        for name in ("Prices", "About"):
            pd.DataFrame({"date": ["2024-01-02"], "price": [1]}).to_excel(book, sheet_name=name)
    about = "files: { gold: gold.xlsx }"
    assert "has 2 sheets: Prices, About. Declare `sheet`" in refusal(lambda: desk({}, about=about))
    assert "has no sheet 'Price'; did you mean 'Prices'?" in refusal(
        lambda: desk({}, about=about, more="    sheet: Price\n")
    )


@pytest.mark.parametrize(
    ("about", "unit", "said"),
    [
        ("files: { barrick: gold.csv }", "GBp", "is declared in GBp, but is quoted in CAD, USD"),
        ("files: { cadusd: gold.csv }", "CAD per USD", "expected USD per CAD"),
        ("files: { gold: gold.csv }", "USD", "expected money by weight, as USD/oz"),
        ("files: { gold: gold.csv }", "dollars", "unit 'dollars' cannot be read"),
    ],
)
def test_a_unit_that_the_instrument_has_not_is_refused(
    desk: Open, about: str, unit: str, said: str
) -> None:
    assert said in refusal(lambda: desk({"gold.csv": GOLD}, about=about, unit=unit))


def test_rows_from_before_a_listing_are_refused(desk: Open) -> None:
    message = refusal(
        lambda: desk({"gold.csv": GOLD}, about="files: { barrick: gold.csv }", unit="USD")
    )
    assert "has 1 rows outside its listing in that unit (2024-01-03 to 9999-12-31)" in message
    assert "another company may have had the ticker" in message


def test_values_outside_their_guard_are_refused(desk: Open) -> None:
    message = refusal(
        lambda: desk({"gold.csv": GOLD}, more="    expect: { low: 200, high: 2030 }\n")
    )
    assert "row 5, column 'price': 2031.0 is outside `expect` 200.0 to 2030.0 USD/oz" in message


def test_a_repair_of_a_row_that_has_healed_is_refused(desk: Open) -> None:
    repair = "    repairs:\n      - { instrument: gold, date: 2024-01-04, found: 9, reason: r }\n"
    message = refusal(lambda: desk({"gold.csv": GOLD}, more=repair))
    assert "gold on 2024-01-04 is no longer 9" in message
    assert "delete the repair" in message


def test_a_symbol_nobody_named_is_refused(desk: Open) -> None:
    message = refusal(
        lambda: desk(
            {"long.csv": "date,sym,price\n2024-01-02,XAU,2000\n2024-01-02,XPT,900\n"},
            about="file: long.csv",
            columns="{ date: date, instrument: sym, close: price }",
            more="    instruments: { XAU: gold }\n",
        )
    )
    assert "has symbols that `instruments` does not name: XPT" in message


def test_a_symbol_that_is_no_instrument_is_refused(desk: Open) -> None:
    message = refusal(
        lambda: desk(
            {"long.csv": "date,sym,price\n2024-01-02,gold,2000\n2024-01-02,XPT,900\n"},
            about="file: long.csv",
            columns="{ date: date, instrument: sym, close: price }",
        )
    )
    assert "long.csv: names XPT, which the universe does not know" in message


def test_a_rating_of_another_scale_is_refused(desk: Open) -> None:
    entry = ENTRY.format(
        about="dataset: ratings\n    file: ratings.csv",
        columns="{ analyst: who, instrument: what, date: when, rating: call }\n"
        "    constants: { broker: House }",
        unit="null",
    )
    text = "who,what,when,call\nA. Smith,barrick,2024-01-03,Overweight\n"
    message = refusal(lambda: desk({"ratings.csv": text}, entry))
    assert "row 2, column 'rating': 'Overweight' is not one of Buy, Hold, Sell" in message


def test_a_rating_may_end_when_coverage_is_dropped(desk: Open) -> None:
    entry = ENTRY.format(
        about="dataset: ratings\n    file: ratings.csv\n    instruments: { barrick: barrick }",
        columns="{ analyst: who, instrument: what, date: when, rating: call }\n"
        "    constants: { broker: House }",
        unit="null",
    )
    text = "who,what,when,call\nA,barrick,2024-01-03,Buy\nA,barrick,2024-01-04,Dropped\n"
    gold = ENTRY.format(
        about="file: gold.csv\n    instrument: gold",
        columns="{ date: date, close: price }",
        unit="USD/oz",
    )
    source = desk({"ratings.csv": text, "gold.csv": GOLD}, entry, gold)
    assert source.read("ratings")["rating"].to_list() == ["Buy", "Dropped"]


def test_files_without_a_price_on_a_session_are_refused(desk: Open) -> None:
    message = refusal(lambda: desk({"gold.csv": "date,price\n2024-01-06,2000\n"}))
    assert "no price falls on a session of the calendar NYSE" in message


def test_a_dividend_that_its_prices_do_not_know_is_refused(desk: Open) -> None:
    rows = "date,close,adj,paid,split\n2024-01-03,20,20,0,0\n2024-01-04,20,20,0,0\n{last}\n"
    about = "files: { barrick: b.csv }"
    columns = "{ date: date, close: close, adj_close: adj, dividend: paid, split: split }"

    def with_(last: str, more: str = "") -> FilesSource:
        files = {"b.csv": rows.format(last=last)}
        return desk(files, about=about, columns=columns, unit="USD", more=more)

    assert refusal(lambda: with_("2024-01-05,19,19,1,0")) == (
        "catalogue.yaml: 1 fault in the files it names; no data were taken.\n"
        "  b.csv: row 4, 2024-01-05 of barrick: the dividend of 1 on a close of 20 is 5.00% of it, "
        "but adjusted closes step by 0.00%; it was not adjusted for. Returns across it would be "
        "wrong. Fetch it again, begin after it with `first`, or map no `adj_close`."
    )
    outside = with_("2024-01-05,19,19,1,0", more="    last: 2024-01-04\n")
    assert list(outside.read("prices").columns) == list(outside.columns["prices"])
    assert len(with_("2024-01-05,19,19,0,0").read("prices")) == 3
