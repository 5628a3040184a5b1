"""What Yahoo knows of a company's accounts: statements by year, today's value, estimates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from research.market.live.answers import changed
from research.market.live.http import Reply
from research.market.live.rows import read_day
from research.market.sources.tidy import available_at
from research.market.store.columns import shaped
from research.market.units import Unit, UnitError
from research.params.models import Feed, FeedLine

_ITEMS = {
    "annualEBITDA": "ebitda",
    "annualTotalRevenue": "revenue",
    "annualMinorityInterest": "nci",
    "annualPreferredStockEquity": "prefs",
    "annualLongTermEquityInvestment": "associates",
}
_DEBT, _CASH = "annualTotalDebt", "annualCashCashEquivalentsAndShortTermInvestments"
_SHARES = "annualOrdinarySharesNumber"
STATEMENTS = (*_ITEMS, _DEBT, _CASH, _SHARES)
"""What is asked of the statements, in Yahoo's words."""
MODULES = ("price", "defaultKeyStatistics", "earningsTrend")
"""What is asked of the summary for `figures`."""
_YEARS = ("0y", "+1y")  # the running fiscal year and the next
_MILLION = 1e6

Row = tuple[str, str, float, str]  # item, day, value, unit


def statements(
    reply: Reply, feed: Feed, line: FeedLine, moment: dt.datetime
) -> Mapping[str, pd.DataFrame]:
    """Rows of `fundamentals` by fiscal year, each number in the currency that it is told in.

    Net debt is total debt less cash and short-term investments, positive for debt. Yahoo does not
    say when a statement was published: the feed's `accounts_available` stands for that, or
    `moment` where it is earlier. Raises SourceError for another layout or a company without any.
    """
    found = reply.json()
    series: dict[str, dict[str, tuple[float, str]]] = {}
    try:
        for one in found["timeseries"]["result"]:
            [name] = one["meta"]["type"]
            for point in one.get(name) or []:
                if point is None:
                    continue
                value, currency = float(point["reportedValue"]["raw"]), point["currencyCode"]
                series.setdefault(name, {})[point["asOfDate"]] = (value, str(currency))
    except (KeyError, TypeError, ValueError):
        raise changed(
            reply.address, f"`{found!r}`"[:120], "years of each item, with value and currency"
        ) from None
    rows = list(_statement_rows(reply, series))
    if not rows:
        raise changed(reply.address, "no figure of any year", f"the accounts of {line.symbol}")
    return {"fundamentals": _fundamentals(reply, rows, feed, line, moment, told_today=False)}


def figures(
    reply: Reply, feed: Feed, line: FeedLine, moment: dt.datetime
) -> Mapping[str, pd.DataFrame]:
    """Rows of `fundamentals` (market value, shares) and `consensus` (earnings per share) of today.

    Market value is in whole units of the price's currency: pounds where the price is in pence.
    Estimates that no analyst makes are left out, and so are those without a currency.
    """
    result = summary(reply, MODULES[:1])
    price = result["price"]
    day = dt.datetime.fromtimestamp(_number(reply, price, "regularMarketTime"), dt.UTC).date()
    money = _currency(reply, price.get("currency"))
    rows: list[Row] = []
    if (value := _raw(price.get("marketCap"))) is not None:
        rows.append(("market_cap", day.isoformat(), value / _MILLION, f"{money} m"))
    told = result.get("defaultKeyStatistics") or {}
    # With other classes and the second line of a dual listing, where Yahoo knows of them.
    shares = _raw(told.get("impliedSharesOutstanding")) or _raw(told.get("sharesOutstanding"))
    if shares:
        rows.append(("shares_m", day.isoformat(), shares / _MILLION, "m"))
    return {
        "fundamentals": _fundamentals(reply, rows, feed, line, moment, told_today=True),
        "consensus": _estimates(reply, result, feed, line, moment),
    }


def summary(reply: Reply, needed: tuple[str, ...]) -> dict[str, Any]:
    """The one result of a quoteSummary; SourceError for another layout, or a module missing."""
    found = reply.json()
    try:
        [result] = found["quoteSummary"]["result"]
        missing = [name for name in needed if not isinstance(result.get(name), dict)]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise changed(
            reply.address, f"`{found!r}`"[:120], '{"quoteSummary": {"result": [one]}}'
        ) from None
    if missing:
        raise changed(reply.address, f"no {', '.join(missing)}", ", ".join(needed))
    return result


def _statement_rows(
    reply: Reply, series: Mapping[str, Mapping[str, tuple[float, str]]]
) -> list[Row]:
    rows: list[Row] = []
    for theirs, item in _ITEMS.items():
        for day, (value, told) in series.get(theirs, {}).items():
            rows.append((item, day, value / _MILLION, f"{_whole(reply, told)} m"))
    for day, (debt, told) in series.get(_DEBT, {}).items():
        cash, same = series.get(_CASH, {}).get(day, (0.0, ""))
        if same == told:  # without its cash, debt is no net debt
            rows.append(("net_debt", day, (debt - cash) / _MILLION, f"{_whole(reply, told)} m"))
    for day, (value, _) in series.get(_SHARES, {}).items():
        rows.append(("shares_m", day, value / _MILLION, "m"))
    return rows


def _fundamentals(
    reply: Reply,
    rows: list[Row],
    feed: Feed,
    line: FeedLine,
    moment: dt.datetime,
    *,
    told_today: bool,
) -> pd.DataFrame:
    if not rows:
        return shaped("fundamentals", pd.DataFrame())
    frame = pd.DataFrame(rows, columns=["item", "period_end", "value", "unit"])
    if not all(read_day(day) for day in frame["period_end"]):
        raise changed(reply.address, f"the day {frame['period_end'].iloc[0]!r}", "YYYY-MM-DD")
    ends = pd.to_datetime(frame["period_end"]).astype("datetime64[us]")
    now = pd.Timestamp(moment)
    known = pd.Series(now, index=frame.index).astype("datetime64[us, UTC]")
    if not told_today and feed.accounts_available:
        rule = available_at(ends, feed.accounts_available)
        known = rule.where(rule <= known, known)
    published = known.dt.tz_localize(None).dt.normalize()
    return shaped(
        "fundamentals",
        frame.assign(
            instrument=line.instrument,
            period_end=ends,
            published_at=published,
            source=feed.title,
            available_at=known,
        ),
    )


def _estimates(
    reply: Reply, result: Mapping[str, Any], feed: Feed, line: FeedLine, moment: dt.datetime
) -> pd.DataFrame:
    rows = []
    for year in (result.get("earningsTrend") or {}).get("trend") or []:
        told = year.get("earningsEstimate") or {}
        value, analysts = _raw(told.get("avg")), _raw(told.get("numberOfAnalysts"))
        ends, currency = year.get("endDate"), told.get("earningsCurrency")
        if (
            year.get("period") not in _YEARS
            or value is None
            or not (analysts and ends and currency)
        ):
            continue
        if read_day(ends) is None:
            raise changed(reply.address, f"the end of a year {ends!r}", "YYYY-MM-DD")
        money, scale = _currency(reply, currency), Unit(str(currency)).scale
        rows.append((pd.Timestamp(ends), value * scale, f"{money}/share"))
    frame = pd.DataFrame(rows, columns=["fiscal_year_end", "value", "unit"])
    return shaped(
        "consensus",
        frame.assign(
            instrument=line.instrument,
            item="eps",
            source=feed.title,
            available_at=pd.Timestamp(moment),
        ),
    )


def _whole(reply: Reply, text: str) -> str:
    """The currency of accounts, which are in whole units."""
    if (found := _currency(reply, text)) != text:
        raise changed(reply.address, f"accounts in {text}", f"whole {found}")
    return found


def _currency(reply: Reply, text: Any) -> str:
    """Whole units of the currency `text`: GBP for GBp."""
    try:
        found = Unit(str(text)).currency
    except UnitError:
        found = None
    if found is None:
        raise changed(reply.address, f"the currency {text!r}", "such as USD or GBp")
    return found


def _number(reply: Reply, told: Mapping[str, Any], name: str) -> float:
    value = _raw(told.get(name))
    if value is None:
        raise changed(reply.address, f"no {name}", "a number")
    return value


def _raw(told: Any) -> float | None:
    """A number, bare or as `{"raw": number}`."""
    value = told.get("raw") if isinstance(told, dict) else told
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None
