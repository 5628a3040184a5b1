"""The dirt of the real files: each kind is refused with its cause, or read as it was declared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from research.calendar import Calendar
from research.errors import DataError
from research.market.sources.files import FilesSource
from research.params.models import Params

Open = Callable[..., FilesSource]

ENTRY = """
  - source: vendor
    licence: not for redistribution
    folder: {folder}
    files: {{ {files} }}
    columns: {columns}
    unit: {unit}
    available: date + 0 days at 16:00 America/New_York
{more}"""


@pytest.fixture
def open_(tmp_path: Path, shared: Path, params: Params) -> Open:
    """Opens one or more entries on the real files; the files stay where they are."""

    def opened(*entries: dict[str, str]) -> FilesSource:
        text = "title: t\nentries:\n"
        for one in entries:
            given = {"columns": "{ date: Date, close: Close }", "unit": "USD", "more": "", **one}
            given["folder"] = str(shared / "market" / given["folder"])
            text += ENTRY.format(**given)
        path = tmp_path / "catalogue.yaml"
        path.write_text(text, encoding="utf-8")
        return FilesSource(path, params.universe, Calendar("NYSE"))

    return opened


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        call()
    return str(caught.value)


def test_weekly_bars_that_look_daily_are_refused(open_: Open) -> None:
    entry = {"folder": "london-weekly-2019-2023", "files": "rio-tinto: RIO.L.csv", "unit": "GBp"}
    said = refusal(lambda: open_(entry))
    assert "rio-tinto has a row every 7 days, but is declared daily" in said


def test_a_file_of_a_header_alone_is_refused(open_: Open) -> None:
    entry = {"folder": "london-daily-2023-2024", "files": "fresnillo: POLY.L.csv", "unit": "GBp"}
    assert "has a header and no rows" in refusal(lambda: open_(entry))


def test_rows_repeated_thirteen_times_are_refused(open_: Open) -> None:
    entry = {
        "folder": "messy/repeated-rows",
        "files": "barrick: GOLD.csv",
        "more": '    date_format: "%Y-%m-%d %H:%M:%S"\n',
    }
    said = refusal(lambda: open_(entry))
    assert "barrick is out of order" in said
    assert "rows 2 and 252 are both barrick 2024-03-11 (and 2999 more repeats)" in said


def test_a_first_row_ten_times_too_small_is_caught_by_its_guard(open_: Open) -> None:
    entry = {
        "folder": "china-futures",
        "files": "nickel: sn0.csv",
        "columns": "{ date: date, close: close }",
        "unit": "CNY/t",
        "more": "    expect: { low: 50000 }\n",
    }
    assert "row 2, column 'close': 15905.0 is outside `expect`" in refusal(lambda: open_(entry))


def test_british_dates_are_refused_as_iso_and_read_as_declared(open_: Open) -> None:
    entry = {"folder": "london-daily-2015-2020", "files": "rio-tinto: RIO.L.csv", "unit": "GBp"}
    assert "'01/07/2015' is not a date in the form %Y-%m-%d" in refusal(lambda: open_(entry))
    assert "'13/07/2015' is not a date in the form %m/%d/%Y" in refusal(
        lambda: open_({**entry, "more": '    date_format: "%m/%d/%Y"\n'})
    )
    more = '    date_format: "%d/%m/%Y"\n'
    assert "row 127, column 'Close': 'null' is not a number" in refusal(
        lambda: open_({**entry, "more": more})
    )
    rows = open_({**entry, "more": more + '    null: ["", "null"]\n'}).read("prices")
    assert rows["date"].iloc[0] == pd.Timestamp("2015-07-01")
    assert rows["close"].iloc[0] == 2621


def test_an_export_with_bom_thousands_and_newest_first_is_read(open_: Open) -> None:
    rows = open_(
        {
            "folder": "messy",
            "files": "lithium: lithium_carbonate_spot_investing_2017_2024.csv",
            "columns": "{ date: Date, close: Price }",
            "unit": "CNY/t",
            "more": '    thousands: ","\n    date_format: "%m/%d/%Y"\n    order: newest-first\n',
        }
    ).read("prices")
    assert rows["date"].iloc[[0, -1]].dt.strftime("%Y-%m-%d").tolist() == [
        "2017-05-10",
        "2024-11-01",
    ]
    assert rows["close"].iloc[[0, -1]].tolist() == [136000, 72500]


def test_three_header_rows_are_read_once_declared(open_: Open) -> None:
    entry = {
        "folder": "yfinance-download-csv",
        "files": "gold: GC=F.csv",
        "columns": "{ date: Price, close: Close }",
        "unit": "USD/oz",
    }
    assert "row 2, column 'Price': 'Ticker' is not a date" in refusal(lambda: open_(entry))
    rows = open_({**entry, "more": "    skip_after_header: 2\n"}).read("prices")
    assert (rows["date"].iloc[0], len(rows)) == (pd.Timestamp("2025-09-08"), 125)


def test_a_spreadsheet_with_a_row_pasted_over_is_refused(open_: Open) -> None:
    entry = {
        "folder": "messy",
        "files": "gold: gold_yahoo_dirty_sheet_2000_2025-10.csv",
        "columns": "{ date: date, close: price }",
        "unit": "USD/oz",
        "more": '    date_format: "%Y-%m-%d %H:%M:%S%z"\n    time_zone: America/New_York\n',
    }
    said = refusal(lambda: open_(entry))
    # Row 181 is a day of 2008 among those of 2001, and ten more like it.
    assert "row 182: 2001-05-21 of gold is out of order (and 10 more rows)" in said


def test_a_monthly_workbook_is_public_after_its_month_and_needs_its_layout(open_: Open) -> None:
    new, old = (f"CMO-Historical-Data-Monthly-{day}.xlsx" for day in ("2026-03", "2025-12"))

    def entry(file: str, skip: int) -> dict[str, str]:
        return {
            "folder": "pink-sheet",
            "files": f"gold: {file}",
            "columns": '{ date: "#1", close: Gold }',
            "unit": "USD/oz",
            "more": "    sheet: Monthly Prices\n    header_row: 5\n"
            f"    skip_after_header: {skip}\n"
            '    date_format: "%YM%m"\n    frequency: monthly\n    price_type: average\n'
            '    null: ["", "..", "…", "..."]\n',
        }

    rows = open_(entry(new, 1)).read("prices").set_index("date")["close"]
    assert rows.index[0] == pd.Timestamp("1960-01-01")
    assert rows["2026-01-01"] == pytest.approx(4750, abs=250)  # an average, far from the peak
    assert len(open_(entry(old, 2)).read("prices")) == len(rows) - 3
    assert "but it is the row of 1960-01-01" in refusal(lambda: open_(entry(new, 2)))
    assert "row 7, column '#1': nothing there" in refusal(lambda: open_(entry(old, 1)))


def test_another_company_is_not_chained_on(open_: Open) -> None:
    said = refusal(
        lambda: open_(
            {
                "folder": "miners-ohlcv-2000-2024",
                "files": "barrick: GOLD.csv",
                "columns": "{ date: Date, close: Close, adj_close: Adj Close }",
                "more": "    adjusted: splits\n    last: 2024-01-31\n",
            },
            {
                "folder": "adjclose-long",
                "files": "barrick: ALB.csv",
                "columns": "{ date: date, adj_close: close }",
                "more": "    adjusted: total-return\n",
            },
        )
    )
    assert "disagree: on" in said
    assert "Are both this instrument" in said


def test_the_gap_after_march_2024_is_not_bridged_by_wishing(open_: Open) -> None:
    said = refusal(
        lambda: open_(
            {
                "folder": "miners-ohlcv-2000-2024",
                "files": "coeur: CDE.csv",
                "columns": "{ date: Date, close: Close, adj_close: Adj Close }",
                "more": "    adjusted: splits\n    last: 2024-03-08\n",
            },
            {
                "folder": "miners-adjclose-2024-2026",
                "files": "coeur: CDE.csv",
                "columns": "{ date: date, adj_close: adj_close }",
                "more": "    adjusted: total-return\n",
            },
        )
    )
    assert "have 0 common days, and 3 are needed" in said
    assert "ends on 2024-03-08" in said
    assert "begins on 2024-08-22" in said


def test_the_fix_and_the_future_are_not_one_line(open_: Open) -> None:
    said = refusal(
        lambda: open_(
            {
                "folder": "macro-daily",
                "files": "gold: gold.csv",
                "columns": "{ date: as_of, close: value }",
                "unit": "USD/oz",
                "more": "    price_type: fix\n    last: 2025-12-31\n",
            },
            {
                "folder": "futures-ohlcv-2019-2026",
                "files": "gold: GC=F.csv",
                "columns": "{ date: Date, close: close }",
                "unit": "USD/oz",
                "more": "    price_type: settlement\n",
            },
        )
    )
    assert "differ in price type (fix, settlement); one line cannot hold both" in said
