"""What a metal's price means for the miners that sell it, by their own accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from research.analysis.valuation import earnings_sensitivity
from research.market.units import Unit

if TYPE_CHECKING:
    from research.market import Market
    from research.params.models import Method

COLUMNS = (
    "label", "sub_group", "period_end", "published_at", "revenue_share", "royalty_rate",
    "ebitda_margin", "ebitda_change",
)  # fmt: skip


def earnings_links(market: Market, metal: str, method: Method) -> pd.DataFrame:
    """Change of EBITDA for a price of `metal` higher by `earnings_step`, largest first.

    One row for each company that reports which share of its revenue the metal brings; index: id.
    Columns: `label`, `sub_group`, `period_end` and `published_at` of the last year reported,
    `revenue_share`, `royalty_rate` and `ebitda_margin` of that year (fractions), `ebitda_change`
    (fraction): step·share·(1 − royalty)/margin. Volumes, costs and rates stay as they were. What
    is not reported for that year is missing, and so is a margin that is not positive. No rows
    where the source has no accounts.
    """
    companies = {one.id: one for one in market.universe.companies()}
    share = market.reported(f"revenue_share_{metal}").drop_duplicates("instrument", keep="last")
    share = share[share["instrument"].isin(companies)]
    if share.empty:
        return pd.DataFrame(columns=list(COLUMNS)).rename_axis("id")
    keys = ["instrument", "period_end"]
    table = share[[*keys, "published_at"]].assign(revenue_share=_whole(share))
    for item in ("royalty_rate", "ebitda", "revenue"):
        own = market.reported(item)
        table = table.merge(own[keys].assign(**{item: _whole(own)}), on=keys, how="left")
    margin = (table["ebitda"] / table["revenue"]).astype(float)
    table["ebitda_margin"] = margin.where(np.isfinite(margin) & (margin > 0))
    table["ebitda_change"] = [
        earnings_sensitivity(
            method.iron_ore.earnings_step, revenue_share=one, royalty=royalty, ebitda_margin=margin
        )
        for one, royalty, margin in zip(
            table["revenue_share"], table["royalty_rate"], table["ebitda_margin"], strict=True
        )
    ]
    table["label"] = [companies[one].label for one in table["instrument"]]
    table["sub_group"] = [companies[one].sub_group for one in table["instrument"]]
    table = table.rename(columns={"instrument": "id"}).set_index("id")[list(COLUMNS)]
    return table.sort_values("ebitda_change", ascending=False, kind="stable")


def _whole(rows: pd.DataFrame) -> pd.Series:
    """Values without their `m` or `%`; all money of one company is in its reporting currency."""
    scales = {unit: Unit(unit).scale for unit in rows["unit"].unique()}
    return rows["value"] * rows["unit"].map(scales).astype(float)
