"""What other metal prices would make of earnings and multiples: grids and price decks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from research.analysis.accounts import accounts, usd_converter
from research.analysis.comps import Comps
from research.analysis.valuation import annuity, earnings_sensitivity, median
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Deck, Decks, Method

STEPS = (-0.20, -0.10, 0.0, 0.10, 0.20)
"""Changes of all metal prices at once (fractions), the middle one being the base."""
_SHARE = "revenue_share_"
_MULTIPLES = ("ev_ebitda", "pe", "p_nav")


@dataclass(frozen=True, kw_only=True)
class Case:
    """Earnings and multiples of each company, rows as in the comparables, at one set of prices.

    Columns: `ebitda_usd`, `eps_usd`, `nav_usd`; `ev_ebitda`, `pe`, `p_nav` (multiples, +inf where
    the denominator is not positive or the multiple is above the method's limit); `ebitda_change`
    and `eps_change` against the base (fractions). Missing where an input is.
    """

    label: str
    values: pd.DataFrame


def at_prices(
    changes: Mapping[str, float],
    peers: Comps,
    market: Market,
    decks: Decks,
    method: Method,
    *,
    label: str = "",
) -> Case:
    """Next year's earnings and multiples if metal prices differ by `changes` (metal → fraction).

    Revenue of a metal moves with its price, royalties with revenue, costs not at all; so EBITDA
    moves by revenue share · (1 − royalty) / margin for one of price (DOMAIN §B.1, J3). The margin
    is that of the last full year. Earnings per share take the taxed part; net asset value the
    present value of the taxed part over the method's mine life, at the sub-group's real rate.
    Minorities keep their share of value. A metal without a share of a company's revenue moves
    nothing; of a company whose revenue nobody parts by metal, everything is missing.
    """
    companies = peers.values.index
    table = market.once(("base", *companies), lambda: _base(companies, market))
    base = {name: table[name].to_numpy(dtype=float) for name in table if name != "price_unit"}
    shares = {name: share for name, share in base.items() if name.startswith(_SHARE)}
    parted = np.any([~np.isnan(share) for share in shares.values()], axis=0)
    moved = np.where(parted, np.zeros(len(companies)), np.nan)
    for metal, change in changes.items():
        if _SHARE + metal in shares:
            share = np.nan_to_num(shares[_SHARE + metal], nan=0.0)
            moved += earnings_sensitivity(
                change, revenue_share=share, royalty=base["royalty_rate"], ebitda_margin=1.0
            )
    gain = moved * base["revenue_usd"]
    taxed = gain * (1 - method.valuation.nav_tax)
    with np.errstate(divide="ignore", invalid="ignore"):  # where a vendor tells of no shares
        by_share = taxed / base["shares"]
    years = method.valuation.nav_years
    groups = peers.groups.loc[companies]
    worth = np.array([annuity(decks.discount_rates[group], years) for group in groups])
    values = {
        "ebitda_usd": base["ebitda_1_usd"] + gain,
        "eps_usd": base["eps_1_usd"] + by_share,
        "nav_usd": base["nav_usd"] + taxed * worth,
    }
    limit = method.valuation.not_meaningful_above
    for name, above, below in (
        ("ev_ebitda", "ev_usd", "ebitda_usd"),
        ("pe", "price_usd", "eps_usd"),
        ("p_nav", "market_cap_usd", "nav_usd"),
    ):
        multiple = base[above] / _positive(values[below])
        meant = np.where((multiple >= 0) & (multiple <= limit), multiple, np.inf)
        known = ~np.isnan(values[below]) & ~np.isnan(base[above])
        values[name] = np.where(known, meant, np.nan)
    values["ebitda_change"] = gain / _positive(base["ebitda_1_usd"])
    values["eps_change"] = by_share / _positive(base["eps_1_usd"])
    return Case(label=label, values=pd.DataFrame(values, index=companies))


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan)


def price_grid(peers: Comps, market: Market, decks: Decks, method: Method) -> dict[float, Case]:
    """One case for each of `STEPS`, all metals moving together; the one at nil is the base."""
    metals = market.universe.basket
    return {
        step: at_prices(dict.fromkeys(metals, step), peers, market, decks, method) for step in STEPS
    }


def deck_cases(peers: Comps, market: Market, decks: Decks, method: Method) -> list[Case]:
    """One case for each deck, against the deck that the estimates rest on (`decks.base`).

    Prices of the first calendar year of the comparables. A metal that either deck does not price
    in that year does not move; a deck without any such price is left out.
    """
    year = peers.years[0]
    base = decks[decks.base]
    cases = []
    for deck in decks.decks:
        changes = deck_changes(deck, base, year)
        if changes:
            cases.append(at_prices(changes, peers, market, decks, method, label=deck.label))
    return cases


def deck_changes(deck: Deck, base: Deck, year: int) -> dict[str, float]:
    """How far (fraction) each metal's price in `deck` lies from that in `base`, in one year."""
    changes = {}
    for metal, price in deck.prices.items():
        other = base.prices.get(metal)
        if other and year in price.by_year and year in other.by_year:
            factor = Unit(price.unit).factor_to(Unit(other.unit))
            changes[metal] = price.by_year[year] * factor / other.by_year[year] - 1
    return changes


def sub_group_medians(case: Case, base: Case, peers: Comps) -> pd.DataFrame:
    """Medians of a case by sub-group, over the companies that have a meaning in `base`.

    So the medians at nil are those of the comparables, and no company leaves on the way. Columns
    as in `Case`, without the amounts; +inf where the median company has no meaningful multiple.
    """
    columns = [*_MULTIPLES, "ebitda_change", "eps_change"]
    meaning = base.values[columns].replace(np.inf, np.nan).notna()
    kept = case.values[columns].where(meaning)
    groups = peers.groups.loc[kept.index]
    members = {group: kept[(groups == group).to_numpy()].to_numpy() for group in groups.unique()}
    medians = {group: [median(values) for values in one.T] for group, one in members.items()}
    return pd.DataFrame.from_dict(medians, orient="index", columns=columns, dtype=float)


def _base(companies: pd.Index, market: Market) -> pd.DataFrame:
    table = accounts(market).reindex(companies)
    reported = market.frame("fundamentals")
    shares = reported["item"].str.startswith(_SHARE)
    latest = reported[shares | (reported["item"] == "royalty_rate")]
    latest = latest.sort_values(["period_end", "available_at"])
    latest = latest.drop_duplicates(["instrument", "item"], keep="last")
    values = latest.pivot(index="instrument", columns="item", values="value").astype(float)
    items = [*reported.loc[shares, "item"].unique(), "royalty_rate"]
    table[items] = values.reindex(index=table.index, columns=items)
    table["royalty_rate"] = table["royalty_rate"].fillna(0.0)
    margin = _margin(market).reindex(table.index)
    # Scaled from the estimate, so that revenue, margin and earnings are those of one year.
    earning = (margin > 0) & (table["ebitda_1_usd"] > 0)
    revenue = _last_revenue_usd(market).reindex(table.index)
    table["revenue_usd"] = (table["ebitda_1_usd"] / margin).where(earning, revenue)
    return table


def _margin(market: Market) -> pd.Series:
    """EBITDA over revenue of the last year that both were reported for."""
    parts = {
        item: market.reported(item).set_index(["instrument", "period_end"])["value"].astype(float)
        for item in ("ebitda", "revenue")
    }
    margin = (parts["ebitda"] / parts["revenue"]).dropna().sort_index()
    return margin.groupby(level="instrument").last()


def _last_revenue_usd(market: Market) -> pd.Series:
    to_usd = usd_converter(market)
    rows = market.reported("revenue").sort_values("period_end")
    rows = rows.drop_duplicates("instrument", keep="last")
    return pd.Series(
        {
            one: to_usd(value, unit)
            for one, value, unit in zip(
                rows["instrument"], rows["value"], rows["unit"], strict=True
            )
        },
        dtype=float,
    )
