"""The metal price that each producer's value implies, beside today's: a reverse cash flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.accounts import usd_converter
from research.analysis.claims import least
from research.analysis.companies import under_offer
from research.analysis.multiples import month_ends, worth_at
from research.analysis.returns import freshness
from research.analysis.valuation import aisc_margin, implied_price, nav, operating_leverage
from research.market.basis import AISC, OUTPUT, common_basis, lately
from research.params.units import KG_PER_TROY_OUNCE

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

_SHARE = "revenue_share_"


def implied_prices(
    market: Market,
    method: Method,
    *,
    ids: Sequence[str] | None = None,
    ev_usd: pd.Series | None = None,
) -> pd.DataFrame:
    """One row for each producer whose output and costs are reported; index: company id.

    Columns: `label`, `sub_group`, `metal` (id); `production_oz` a year, `aisc_usd_oz` and its
    `basis` ("" where it is not told; those of another basis are left out); one column of implied
    prices (USD/oz) for each real rate of `nav_rates`, `implied_r5` for 5 %; `spot`
    (USD/oz); `ratio`, implied over spot at the first rate, and `p_nav_spot`, enterprise value over
    net asset value at spot, both at the first rate; `margin` (fraction of spot above AISC) and
    `operating_leverage` (per cent of margin for one of price; it falls as the price rises).
    P* = C + EV/(Q·(1−τ)·A(r, N)) with the tax and mine life of `method.valuation`: one flat price
    and output, no growth, no reserves beyond. Where a company reports the metal's share of its
    revenue, that share of its enterprise value goes to the metal. Only sub-groups that sell one
    metal, priced by the ounce, are asked, and no company under offer. `ev_usd` by company saves
    valuing them again.
    """
    rules = method.valuation
    chosen = [
        one
        for one in market.universe.companies()
        if (ids is None or one.id in ids) and not under_offer(one, market.as_of, market.as_of)
    ]
    metals = {
        group.id: group.metals[0] for group in market.universe.sub_groups if len(group.metals) == 1
    }
    lately_told = lately(market.frame("fundamentals"), market.as_of, rules.reported_days_max)
    basis = common_basis(lately_told, AISC)
    reported = _latest(market, method, [one.id for one in chosen], basis)
    if ev_usd is None:
        months = month_ends(market, method)
        ev_usd = worth_at(market, method, months, [one.id for one in chosen]).ev.iloc[-1]
    spots = {metal: _spot(market, method, metal) for metal in sorted(set(metals.values()))}
    terms = {"tax": rules.nav_tax, "years": rules.nav_years}
    names = [f"implied_r{100 * rate:g}" for rate in rules.nav_rates]
    rows = {}
    for company in chosen:
        metal = metals.get(company.sub_group or "")
        known = reported.get(company.id, {})
        if metal is None or not {OUTPUT, AISC} <= known.keys():
            continue
        ounces, cost, spot = known[OUTPUT], known[AISC], spots[metal]
        value = float(ev_usd[company.id]) * known.get(_SHARE + metal, 1.0)
        implied = [implied_price(value, ounces, cost, rate=r, **terms) for r in rules.nav_rates]
        assets = nav(spot, ounces, cost, rate=rules.nav_rates[0], **terms)
        rows[company.id] = {
            "label": company.label,
            "sub_group": company.sub_group,
            "metal": metal,
            "production_oz": ounces,
            AISC: cost,
            "basis": basis,
            **dict(zip(names, implied, strict=True)),
            "spot": spot,
            "ratio": implied[0] / spot,
            "p_nav_spot": value / assets if assets > 0 else np.nan,
            "margin": aisc_margin(spot, cost),
            "operating_leverage": operating_leverage(spot, cost),
        }
    columns = [
        "label", "sub_group", "metal", "production_oz", AISC, "basis", *names, "spot", "ratio",
        "p_nav_spot", "margin", "operating_leverage",
    ]  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("id")


def median_ratio(implied: pd.DataFrame, method: Method, wanted: int) -> float:
    """Median of implied price over spot; missing below `coverage_to_test` of `wanted` names."""
    ratios = implied["ratio"].astype(float).dropna()
    enough = wanted and len(ratios) >= least(method.inference.coverage_to_test, wanted)
    return float(ratios.median()) if enough else float("nan")


def _latest(
    market: Market, method: Method, ids: Sequence[str], basis: str
) -> dict[str, dict[str, float]]:
    """Item → value of the newest period, by company: ounces, USD/oz and fractions.

    Costs are those on `basis`. Output is of 100 %, as enterprise value is; by share only where
    nobody else has one.
    """
    rows = market.frame("fundamentals")
    rows = rows[rows["instrument"].isin(list(ids))]
    cost, by_share = f"{AISC}@{basis}" if basis else AISC, f"{OUTPUT}@attributable"
    named = rows["item"].isin([OUTPUT, by_share, cost]) | rows["item"].str.startswith(_SHARE)
    minorities = rows[(rows["item"] == "nci") & (rows["value"] != 0)]["instrument"].unique()
    rows = rows[named.astype(bool)].sort_values(["period_end", "available_at"])
    rows = rows.drop_duplicates(["instrument", "item"], keep="last")
    oldest = pd.Timestamp(market.as_of) - pd.Timedelta(days=method.valuation.reported_days_max)
    to_usd = usd_converter(market)
    found: dict[str, dict[str, float]] = {}
    columns = (rows[name] for name in ("instrument", "item", "value", "unit", "available_at"))
    for company, item, value, unit, published in zip(*columns, strict=True):
        if published.tz_localize(None) < oldest:
            continue
        base = to_usd(value, unit)
        if item in (OUTPUT, by_share):
            base /= KG_PER_TROY_OUNCE
        elif item == cost:
            base *= KG_PER_TROY_OUNCE
        found.setdefault(company, {})[AISC if item == cost else item] = base
    for company, known in found.items():
        if by_share in known and company not in minorities:
            known.setdefault(OUTPUT, known[by_share])
    return found


def _spot(market: Market, method: Method, metal: str) -> float:
    quote = market.latest(metal)
    if quote is None or quote.unit.per != "oz":
        return float("nan")
    fresh = freshness(quote.price_type, method.sampling)
    if (market.as_of - quote.date).days > fresh:
        return float("nan")
    return usd_converter(market)(quote.value, str(quote.unit)) * KG_PER_TROY_OUNCE
