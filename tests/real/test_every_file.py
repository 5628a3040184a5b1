"""Every file of the reference market: loaded right, doubted by a gate, or refused by name.

Each is declared as an honest desk would, once a folder; what the loader and the gates then say is
held against a list made by hand. The report of the run counts them; with `-v` it lists them.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from research.calendar import Calendar
from research.errors import ResearchError
from research.market.checks import check
from research.market.market import Market
from research.market.sources.files import FilesSource
from research.params.models import Params, Universe

MARKET = Path(__file__).parents[3] / "shared" / "market"
NEW_YORK = "date + 0 days at 16:00 America/New_York"
ZONED = {"date_format": "%Y-%m-%d %H:%M:%S%z", "time_zone": "America/New_York"}
PINK = {
    "columns": {"date": "#1", "close": "Gold"}, "sheet": "Monthly Prices", "header_row": 5,
    "skip_after_header": 2, "date_format": "%YM%m", "frequency": "monthly", "unit": "USD/oz",
    "price_type": "average", "null": ["", "..", "…", "..."], "kind": "metal",
}  # fmt: skip
ADJUSTED = {"columns": {"date": "date", "adj_close": "adj_close"}, "adjusted": "total-return"}
CHINA = {"columns": {"date": "date", "close": "close"}, "kind": "metal", "unit": "CNY/t"}
PENCE = {"unit": "GBp"}
OUNCE = {"kind": "metal", "unit": "USD/oz"}
MACRO = {"columns": {"date": "as_of", "close": "value"}, "kind": "index", "unit": "index"}
# folder → how its files are declared; without a word: daily closes of a company in dollars
FOLDERS: dict[str, dict[str, Any]] = {
    "adjclose-long": {
        "columns": {"date": "date", "adj_close": "close"},
        "adjusted": "total-return",
    },
    "china-futures": CHINA,
    "cot-weekly": {"frequency": "weekly"},
    "etf-ohlcv": {
        "columns": {
            "date": "Date", "close": "Close", "adj_close": "AdjClose", "dividend": "Dividends"
        }
    },
    "futures-close-2006-2026": {"columns": {"date": "date", "close": "close"}, **OUNCE},
    "futures-ohlcv-2019-2026": {"columns": {"date": "Date", "close": "close"}, **OUNCE},
    "holdings": {"dataset": "ownership"},
    "iex-ohlcv-2020-2025": {
        "columns": {"date": "Date", "adj_close": "Adj Close"}, "adjusted": "total-return", **ZONED
    },
    "london-daily-2015-2020": {**PENCE, "date_format": "%d/%m/%Y", "null": ["", "null"]},
    "london-daily-2023-2024": PENCE,
    "london-weekly-2019-2023": PENCE,
    "macro-daily": MACRO,
    "messy": {},
    "messy/futures-nine-values": {**ZONED, "kind": "metal", "unit": "USD/oz"},
    "messy/repeated-rows": {"date_format": "%Y-%m-%d %H:%M:%S"},
    "miners-adjclose-2024-2026": ADJUSTED,
    "miners-ohlcv-2000-2024": {
        "columns": {"date": "Date", "close": "Close", "adj_close": "Adj Close"}
    },
    "monthly": {
        "columns": {"date": "Date", "close": "Price"}, "kind": "metal", "unit": "USD/oz",
        "frequency": "monthly", "price_type": "average",
    },
    "pick-2019-2022": {"columns": {"date": "date", "close": "Close", "adj_close": "Adj Close"}},
    "pick-2025-2026": {
        "columns": {
            "date": "date", "close": "close", "adj_close": "adj_close", "dividend": "dividend",
            "split": "split",
        }
    },
    "pink-sheet": PINK,
    "valuation": {},
    "valuation/finviz": {"dataset": "fundamentals"},
    "yfinance-download-csv": {
        "columns": {"date": "Price", "close": "Close"}, "skip_after_header": 2, "kind": "index",
        "unit": "index",
    },
}  # fmt: skip
VALUE = {"columns": {"date": "date", "close": "value"}}
MONTHLY = {"frequency": "monthly", "price_type": "average"}
RATE = {"kind": "rate", "unit": "%"}
FILES: dict[str, dict[str, Any]] = {
    **{f"china-futures/komis_{name}.csv": VALUE for name in ("dy", "mo", "nd", "ti", "w")},
    "china-futures/lipf6.csv": VALUE,
    "china-futures/copper.csv": {"unit": "USD/lb"},
    "china-futures/alu.csv": {"unit": "USD/t"},
    "futures-close-2006-2026/DX=F.csv": {"kind": "index", "unit": "index"},
    "futures-close-2006-2026/HG=F.csv": {"unit": "USD/lb"},
    "futures-ohlcv-2019-2026/HG=F.csv": {"unit": "USD/lb"},
    "futures-ohlcv-2019-2026/BZ=F.csv": {"kind": "index", "unit": "index"},
    **{
        f"futures-ohlcv-2019-2026/{pair}=X.csv": {"kind": "fx", "unit": f"USD per {pair[:3]}"}
        for pair in ("AUDUSD", "EURUSD", "GBPUSD")
    },
    "futures-ohlcv-2019-2026/USDCAD=X.csv": {"kind": "fx", "unit": "CAD per USD", "invert": True},
    "macro-daily/gold.csv": {"kind": "metal", "unit": "USD/oz", "price_type": "fix"},
    "macro-daily/silver.csv": {"kind": "metal", "unit": "USD/oz", "price_type": "fix"},
    "macro-daily/copper.csv": {"kind": "metal", "unit": "USD/t", **MONTHLY},
    "macro-daily/cpi_yoy.csv": {**RATE, **MONTHLY},
    "macro-daily/vix.csv": {"kind": "volatility"},
    "macro-daily/breakeven_10yr.csv": RATE,
    "macro-daily/fed_funds.csv": RATE,
    "macro-daily/treasury_10yr.csv": RATE,
    "messy/futures-nine-values/HG=F.csv": {"unit": "USD/lb"},
    "messy/gold_yahoo_dirty_sheet_2000_2025-10.csv": {
        "columns": {"date": "date", "close": "price"}, "kind": "metal", "unit": "USD/oz", **ZONED
    },
    "messy/lithium_carbonate_spot_investing_2017_2024.csv": {
        "columns": {"date": "Date", "close": "Price"}, "thousands": ",", "kind": "metal",
        "date_format": "%m/%d/%Y", "order": "newest-first", "unit": "CNY/t",
    },
    "monthly/imf_pcps_monthly_v2_datahub.csv": {
        "columns": {"date": "Date", "close": "Copper"}, "unit": "USD/t"
    },
    "pink-sheet/CMO-Historical-Data-Monthly-2026-03.xlsx": {"skip_after_header": 1},
    "yfinance-download-csv/^VIX.csv": {"kind": "volatility"},
    "yfinance-download-csv/^TNX.csv": RATE,
    "yfinance-download-csv/^IRX.csv": RATE,
}  # fmt: skip
ACCOUNTS = {
    "columns": {"item": "item", "period_end": "period", "value": "value", "published_at": "told"},
    "unit": "USD m",
}  # fmt: skip
OWNERSHIP = {
    "columns": {"date": "#1", "fund": "fund", "group": "group", "weight": "weight",
                "benchmark_weight": "benchmark"},
}  # fmt: skip

# What is refused, with words of the reason; a folder stands for all of its files.
REFUSED: dict[str, str] = {
    "china-futures/lipf6.csv": "has a header and no rows",
    "cot-weekly": "has no column 'Close'",  # positions are no dataset of a catalogue
    "holdings": "has no column 'weight'",  # a column for each share, no benchmark
    "london-daily-2023-2024/POLY.L.csv": "has a header and no rows",
    "london-weekly-2019-2023": "line has a row every 7 days, but is declared daily",
    "messy/gold_yahoo_dirty_sheet_2000_2025-10.csv": "row 182: 2001-05-21 of line is out of order",
    "messy/repeated-rows": "rows 2 and 252 are both line 2024-03-11",
    "monthly/imf_pcps_monthly_v2_datahub.csv": "row 2 has 95 values under 64 headers",
    "valuation": "ends in none of .csv",
    "valuation/finviz": "has no column 'period'",  # a snapshot that says of no day
}
# What loads and is doubted: the gates' words.
DOUBTED: dict[str, tuple[str, ...]] = {
    # the vendor repeats the weekly spot price of China day by day
    "messy/lithium_carbonate_spot_investing_2017_2024.csv": ("171000 in 45 rows from 2017-10-12",),
    "london-daily-2023-2024/EVR.L.csv": ("0.81 in 253 rows from 2023-03-13 to 2024-03-12",),
    "china-futures/sn0.csv": ("from 15905 on 2015-03-27 to 118080 on 2015-03-30, 7.42 times",),
}
# file → (day, value of the file in its own unit), by hand from the files and PROVENANCE.md
FACTS: dict[str, tuple[str, float]] = {
    "macro-daily/gold.csv": ("2026-01-29", 5405.00),
    "macro-daily/silver.csv": ("2026-01-29", 118.45),
    "etf-ohlcv/GDX.csv": ("2026-01-28", 112.16),
    "london-daily-2015-2020/RIO.L.csv": ("2015-07-01", 2621),
    "london-daily-2015-2020/AAL.L.csv": ("2015-07-01", 910.099976),
    "london-daily-2023-2024/EVR.L.csv": ("2024-03-12", 0.81),
    "london-daily-2023-2024/PAF.L.csv": ("2024-03-13", 21.59),
    "china-futures/copper.csv": ("2026-04-30", 5.926),
    "china-futures/komis_ti.csv": ("2026-04-29", 5.22),
    "miners-ohlcv-2000-2024/GOLD.csv": ("2024-03-08", 15.76),
    "miners-adjclose-2024-2026/AA.csv": ("2024-08-22", 31.86),
    "pick-2025-2026/PICK.csv": ("2025-03-31", 35.88),
    "monthly/gold_1833_2026-04.csv": ("2026-04-01", 4721),
    "macro-daily/copper.csv": ("2026-04-01", 12890.7),
    "macro-daily/fed_funds.csv": ("2026-04-30", 3.64),
    "iex-ohlcv-2020-2025/ACWI.csv": ("2020-07-27", 72.05),
    "futures-close-2006-2026/DX=F.csv": ("2006-01-03", 89.57),
    "futures-ohlcv-2019-2026/USDCAD=X.csv": ("2021-01-01", 1 / 1.23499),
    "yfinance-download-csv/^VIX.csv": ("2026-03-06", 29.49),
    "yfinance-download-csv/^TNX.csv": ("2026-03-06", 4.133),
    "messy/lithium_carbonate_spot_investing_2017_2024.csv": ("2024-11-01", 72500),
    "messy/futures-nine-values/GC=F.csv": ("2018-01-02", 1313.70),
}


def files() -> list[str]:
    found = (path for path in MARKET.rglob("*") if path.is_file() and path.name != "PROVENANCE.md")
    return sorted(path.relative_to(MARKET).as_posix() for path in found)


def declared(file: str) -> dict[str, Any]:
    folder = file.rpartition("/")[0]
    usual = {"columns": {"date": "Date", "close": "Close"}, "unit": "USD", "kind": "company"}
    entry = {**usual, **FOLDERS[folder], **FILES.get(file, {})}
    if entry.get("dataset") == "fundamentals":
        entry |= ACCOUNTS
    if entry.get("dataset") == "ownership":
        entry = {**entry, **OWNERSHIP}
        del entry["unit"]
    return entry


def outcome(file: str, params: Params, folder: Path) -> tuple[str, list[str], pd.DataFrame]:
    """`loaded`, `doubted` or `refused`, what was said, and the rows."""
    entry = declared(file)
    kind = entry.pop("kind")
    one: dict[str, Any] = {"id": "line", "name": "line", "label": "line", "kind": kind}
    if entry.get("dataset", "prices") != "prices":
        one |= {"kind": "index", "unit": "index"}
    elif kind == "company":
        one |= {"sub_group": "gold", "listings": [
            {"ticker": "X", "exchange": "X", "unit": entry.get("unit", "USD"), "primary": True}
        ]}  # fmt: skip
    else:
        per, _, of = entry["unit"].partition(" per ")
        one["unit"] = f"{of} per {per}" if entry.get("invert") else entry["unit"]
    universe = Universe.model_validate(
        {"sub_groups": [{"id": "gold", "label": "g"}], "roles": {}, "basket": [],
         "instruments": [one]}
    )  # fmt: skip
    about = {} if entry.get("dataset") == "ownership" else {"instrument": "line"}
    whole = {"source": "vendor", "licence": "test", "file": str(MARKET / file),
             "available": NEW_YORK, **about, **entry}  # fmt: skip
    path = folder / "catalogue.yaml"
    path.write_text(yaml.safe_dump({"title": "t", "entries": [whole]}), encoding="utf-8")
    try:
        source = FilesSource(path, universe, Calendar("NYSE"))
    except ResearchError as error:
        return "refused", str(error).splitlines(), pd.DataFrame()
    market = Market(params.model_copy(update={"universe": universe}), source, source.last_session)
    said = [one.message for one in check(market).results
            if one.subject == "line" and one.status != "PASS" and "last price is" not in one.message
            and "last monthly" not in one.message]  # fmt: skip
    return "doubted" if said else "loaded", said, source.read("prices")


@pytest.mark.skipif(not MARKET.is_dir(), reason="../shared is not beside this checkout")
@pytest.mark.parametrize("file", files())
def test_a_file_is_loaded_right_or_told(
    file: str, params: Params, tmp_path: Path, fates: list[str]
) -> None:
    became, said, rows = outcome(file, params, tmp_path)
    name = file.rpartition("/")[2]
    shown = said[-1].replace(str(MARKET) + "/", "").strip() if said else f"{len(rows)} rows"
    fates.append(f"{became:8} {file:60} {shown}")
    reason = REFUSED.get(file, REFUSED.get(file.rpartition("/")[0]))
    assert became == ("refused" if reason else "doubted" if file in DOUBTED else "loaded"), said
    if reason:
        assert any(name in one and reason in one for one in said), said
    else:
        for words, one in zip(DOUBTED.get(file, ()), said, strict=True):
            assert words in one
    if file in FACTS:
        day, value = FACTS[file]
        row = rows[rows["date"] == pd.Timestamp(day)].iloc[0]
        found = row["close"] if pd.notna(row["close"]) else row["adj_close"]
        assert found == pytest.approx(value, rel=1e-5)


def test_each_folder_and_file_that_is_named_is_there(shared: Path) -> None:
    here = set(files())
    folders = {file.rpartition("/")[0] for file in here}
    assert here, f"nothing in {shared / 'market'}"
    assert set(FOLDERS) == folders
    assert {*FILES, *FACTS, *DOUBTED} <= here
    assert set(REFUSED) <= here | folders
    assert not {*FACTS} & {*REFUSED}
    assert dt.date.fromisoformat(FACTS["etf-ohlcv/GDX.csv"][0])
