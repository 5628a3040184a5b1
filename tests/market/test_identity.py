"""Tickers are reused: rows after the day a ticker stopped to mean a company are not its rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from research.calendar import Calendar
from research.errors import DataError
from research.market.sources.files import FilesSource
from research.params.models import Params

CATALOGUE = """title: Desk files
entries:
  - source: A vendor
    licence: own
    {about}
    columns: {{ date: date, close: close{more} }}
    unit: USD
    available: date + 0 days at 16:00 America/New_York
"""


def opened(folder: Path, params: Params, file: str, about: str, *, more: str = "") -> pd.DataFrame:
    days = pd.bdate_range("2025-04-28", "2026-01-30")
    symbol = ",GOLD" if more else ""
    rows = [f"{day:%Y-%m-%d},{20 + n / 100}{symbol}" for n, day in enumerate(days)]
    header = "date,close" + (",symbol" if more else "")
    (folder / file).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    path = folder / "catalogue.yaml"
    path.write_text(CATALOGUE.format(about=about, more=more), encoding="utf-8")
    return FilesSource(path, params.universe, Calendar("NYSE")).read("prices")


def test_gold_on_30_january_2026_is_not_barrick(tmp_path: Path, params: Params) -> None:
    with pytest.raises(DataError) as caught:
        opened(tmp_path, params, "GOLD.csv", "files: { barrick: GOLD.csv }")
    assert str(caught.value) == (
        "catalogue.yaml: 1 fault in the files it names; no data were taken.\n"
        "  GOLD.csv: GOLD has 191 rows after 2025-05-08, such as 2025-05-09; from then on the "
        "ticker no longer means barrick, and may mean another company. Declare `last: "
        "2025-05-08`, and bring what follows under its new ticker."
    )


def test_the_symbol_in_a_file_is_held_against_the_listings_too(
    tmp_path: Path, params: Params
) -> None:
    about = "file: many.csv\n    instruments: { GOLD: barrick }"
    with pytest.raises(DataError, match="GOLD has 191 rows after 2025-05-08"):
        opened(tmp_path, params, "many.csv", about, more=", instrument: symbol")


def test_the_days_on_which_the_ticker_meant_the_company_are_read(
    tmp_path: Path, params: Params
) -> None:
    about = "files: { barrick: GOLD.csv }\n    last: 2025-05-08"
    rows = opened(tmp_path, params, "GOLD.csv", about)
    assert rows["date"].max() == pd.Timestamp("2025-05-08")
    new = opened(tmp_path, params, "B.csv", "files: { barrick: B.csv }\n    first: 2025-05-09")
    assert new["date"].max() == pd.Timestamp("2026-01-30")
