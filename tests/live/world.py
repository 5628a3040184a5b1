"""The sample market, told as live sources would tell it, in their formats."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import openpyxl
import pandas as pd

from research.market.live.cftc import ITEMS
from research.market.sources.sample import SampleSource
from research.market.units import Unit
from research.params.models import Feed, FeedLine, Instrument, Params

Tell = Callable[[str, bytes], object]
_METALS = ("GC=F", "HG=F")


class World:
    """Rows of the sample up to `moment`, by instrument, and what each source answers of them."""

    def __init__(self, params: Params, moment: dt.datetime) -> None:
        self.params, self.moment = params, moment
        self._source = SampleSource()
        prices = self.known("prices")
        self._prices = dict(iter(prices.groupby("instrument", sort=False)))

    def known(self, dataset: str) -> pd.DataFrame:
        rows = self._source.read(dataset)
        return rows[rows["available_at"] <= pd.Timestamp(self.moment)]

    def answers(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        """Path, with its query where that tells requests apart, → body."""
        yield from getattr(self, f"_{feed.id.replace('-', '_')}")(feed)

    # ── prices ──────────────────────────────────────────────────────────────

    def _line(self, line: FeedLine) -> pd.DataFrame:
        """Rows in the unit that the source tells."""
        instrument = self.params.universe[line.instrument]
        if instrument.kind == "line":
            return self._receipt(instrument)
        rows = self._prices[line.instrument]
        unit = rows["unit"].iloc[0]
        if line.unit is None:
            return rows
        if line.invert:
            return rows.assign(close=1 / rows["close"], unit=line.unit)
        factor = Unit(unit).factor_to(Unit(line.unit))
        return rows.assign(close=rows["close"] * factor, unit=line.unit)

    def _receipt(self, instrument: Instrument) -> pd.DataFrame:
        """The company's shares in dollars, as many as one receipt stands for."""
        rows = self._prices[str(instrument.stands_in_for)]
        home, [listing] = Unit(rows["unit"].iloc[0]), instrument.listings
        rate = self._prices[f"{home.currency}usd".lower()].set_index("date")["close"]
        rates = rate.reindex(rows["date"], method="ffill").to_numpy()
        close = rows["close"] * home.scale * rates * listing.ordinary_per_share
        return rows.assign(close=close, adj_close=close, unit="USD").dropna(subset="close")

    def _lbma(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        for line in feed.lines:
            rows = self._line(line)
            days = [
                {"d": f"{day:%Y-%m-%d}", "is_cms_locked": 0, "v": [close, None, None]}
                for day, close in zip(rows["date"], rows["close"], strict=True)
            ]
            yield f"/{line.symbol}.json", json.dumps(days).encode()

    def _fred(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        for line in feed.lines:
            rows = self._line(line)
            told = [f"observation_date,{line.symbol}"]
            told += [f"{day:%Y-%m-%d},{close!r}" for day, close in
                     zip(rows["date"], rows["close"].astype(float), strict=True)]  # fmt: skip
            yield f"/graph/fredgraph.csv?id={line.symbol}", "\n".join([*told, ""]).encode()

    def _world_bank(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        units = {"iron-ore-cfr": "($/dmtu)"}
        lines = self._prices | {"iron-ore-cfr": self._prices["iron-ore"]}
        table = pd.DataFrame(
            {
                line.symbol: (rows := lines[line.instrument])
                .groupby(rows["date"].dt.to_period("M"))["close"]
                .mean()
                for line in feed.lines
            }
        )
        book = openpyxl.Workbook()
        page = book.create_sheet("Monthly Prices")
        for row in (["World Bank Commodity Price Data (The Pink Sheet)"], [], [], ["Updated"]):
            page.append(row)
        page.append([None, *table.columns])
        named = {line.symbol: line.instrument for line in feed.lines}
        page.append([None, *(units.get(named[one], "($/mt)") for one in table.columns)])
        for month, values in table.iterrows():
            page.append([f"{month.year}M{month.month:02}", *map(float, values)])
        held = io.BytesIO()
        book.save(held)
        yield "/CMO-Historical-Data-Monthly.xlsx", held.getvalue()

    # ── positions and holdings ──────────────────────────────────────────────

    def _cftc(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        for line in feed.lines:
            reports = [
                {
                    "report_date_as_yyyy_mm_dd": f"{day:%Y-%m-%d}T00:00:00.000",
                    "cftc_contract_market_code": line.symbol,
                    "cftc_market_code": "CMX ",
                    **{name: str(1000 + n) for n, name in enumerate(ITEMS)},
                }
                for day in pd.date_range("2025-01-07", "2026-01-27", freq="7D")
            ]
            path = f"/resource/6dca-aqww.json?code={line.symbol}"
            yield path, json.dumps(reports).encode()

    def _ishares(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        points: Any = {
            "asOfDate": {"value": 20260128},
            "ticker": {"value": ["BHP", "RIO"]},
            "issueName": {"value": ["BHP GROUP LTD", "RIO TINTO LTD"]},
            "countryOfRisk": {"value": ["Australia", "Australia"]},
            "assetClass": {"value": ["Equity", "Equity"]},
            "holdingPercent": {"value": [60.0, 40.0]},
            "marketValue": {"value": [6e8, 4e8]},
            "currencyCode": {"value": ["USD", "USD"]},
        }
        for name, inner in (
            ("dataPointsByNameMap", "all"), ("containersByNameMap", "holdings"),
            ("componentsByNameMap", ""),
        ):  # fmt: skip
            points = {inner: {name: points}} if inner else {name: points}
        yield "/get-product-data", _json(points)

    # ── Yahoo ───────────────────────────────────────────────────────────────

    def _yahoo(self, feed: Feed) -> Iterator[tuple[str, bytes]]:
        accounts, estimates = self.known("fundamentals"), self.known("consensus")
        ratings = self.known("ratings")
        for line in feed.lines:
            symbol = quote(line.symbol, safe="=^")
            of = [one[one["instrument"] == line.instrument] for one in
                  (accounts, estimates, ratings)]  # fmt: skip
            if "prices" in line.tells:
                yield f"/v8/finance/chart/{symbol}", _json(self._chart(line))
            if "accounts" in line.tells:
                path = f"/ws/fundamentals-timeseries/v1/finance/timeseries/{symbol}"
                yield path, _json(_statements(of[0]))
            summary: dict[str, Any] = {}
            if "accounts" in line.tells:
                summary |= self._figures(line, of[0], of[1])
            if "ratings" in line.tells:
                summary |= _opinions(of[2])
            if summary:
                told = {"quoteSummary": {"result": [summary], "error": None}}
                yield f"/v10/finance/quoteSummary/{symbol}", _json(told)

    def _chart(self, line: FeedLine) -> Mapping[str, Any]:
        rows = self._line(line)
        instrument = self.params.universe[line.instrument]
        kinds = {"metal": "FUTURE", "fx": "CURRENCY", "index": "INDEX", "fund": "ETF"}
        unit = Unit(rows["unit"].iloc[0])
        meta = {
            "currency": "USD" if unit.currency is None else str(unit).partition("/")[0][:3],
            "symbol": line.symbol,
            "instrumentType": kinds.get(instrument.kind, "EQUITY"),
            "exchangeTimezoneName": "UTC",
        }
        result = {
            "meta": meta,
            "timestamp": [int(day.timestamp()) + 36_000 for day in rows["date"]],
            "indicators": {
                "quote": [{"close": rows["close"].tolist()}],
                "adjclose": [{"adjclose": rows["adj_close"].fillna(rows["close"]).tolist()}],
            },
        }
        return {"chart": {"result": [result], "error": None}}

    def _figures(
        self, line: FeedLine, accounts: pd.DataFrame, estimates: pd.DataFrame
    ) -> Mapping[str, Any]:
        price = self._prices[line.instrument].iloc[-1]
        shares = accounts[accounts["item"] == "shares_m"]["value"].iloc[-1] * 1e6
        eps = estimates[estimates["item"] == "eps"].sort_values("available_at")
        eps = eps.drop_duplicates("fiscal_year_end", keep="last").sort_values("fiscal_year_end")
        eps = eps[eps["fiscal_year_end"] >= pd.Timestamp(self.moment.date())]
        years = [
            {
                "period": period,
                "endDate": f"{row.fiscal_year_end:%Y-%m-%d}",
                "earningsEstimate": {
                    "avg": {"raw": row.value},
                    "numberOfAnalysts": {"raw": 9},
                    "earningsCurrency": Unit(row.unit).currency,
                },
            }
            for period, row in zip(("0y", "+1y"), eps.head(2).itertuples(), strict=True)
        ]
        scale = Unit(price["unit"]).scale
        return {
            "price": {
                "currency": price["unit"],
                "marketCap": shares * price["close"] * scale,
                "regularMarketTime": int(price["date"].timestamp()) + 36_000,
            },
            "defaultKeyStatistics": {"impliedSharesOutstanding": shares},
            "earningsTrend": {"trend": years},
        }


def _statements(accounts: pd.DataFrame) -> Mapping[str, Any]:
    names = {"annualEBITDA": "ebitda", "annualTotalRevenue": "revenue", "annualMinorityInterest":
             "nci", "annualOrdinarySharesNumber": "shares_m"}  # fmt: skip
    found = {name: _points(accounts, item) for name, item in names.items()}
    debt = _points(accounts, "net_debt")
    # What is owed and what is held, so that their difference is the sample's net debt.
    held = [max(0.0, -one["reportedValue"]["raw"]) + 1e8 for one in debt]
    found["annualCashCashEquivalentsAndShortTermInvestments"] = [
        one | {"reportedValue": {"raw": cash}} for one, cash in zip(debt, held, strict=True)
    ]
    found["annualTotalDebt"] = [
        one | {"reportedValue": {"raw": one["reportedValue"]["raw"] + cash}}
        for one, cash in zip(debt, held, strict=True)
    ]
    result = [{"meta": {"type": [name]}, name: points} for name, points in found.items()]
    return {"timeseries": {"result": result, "error": None}}


def _points(accounts: pd.DataFrame, item: str) -> list[dict[str, Any]]:
    rows = accounts[accounts["item"] == item].drop_duplicates("period_end", keep="last")
    return [
        {
            "asOfDate": f"{row.period_end:%Y-%m-%d}",
            "currencyCode": Unit(row.unit).currency or "USD",
            "reportedValue": {"raw": row.value * 1e6},
        }
        for row in rows.itertuples()
    ]


def _opinions(ratings: pd.DataFrame) -> Mapping[str, Any]:
    words = {"Buy": "Outperform", "Hold": "Sector Perform", "Sell": "Reduce", "Dropped": ""}
    history = [
        {"firm": row.analyst, "epochGradeDate": int(row.date.timestamp()),
         "toGrade": words[row.rating], "action": "main"}
        for row in ratings.itertuples()
    ]  # fmt: skip
    newest = ratings.sort_values("date").drop_duplicates("analyst", keep="last")["rating"]
    counts = {name: int((newest == told).sum()) for name, told in
              (("buy", "Buy"), ("hold", "Hold"), ("sell", "Sell"))}  # fmt: skip
    month = {"period": "0m", "strongBuy": 0, **counts, "strongSell": 0}
    return {
        "recommendationTrend": {"trend": [month]},
        "upgradeDowngradeHistory": {"history": history},
    }


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode()
