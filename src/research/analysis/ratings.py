"""Analysts' ratings: who rated what on a day, and how the share of Buys changed since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from research.analysis.inference import mcnemar
from research.calendar import cutoff

if TYPE_CHECKING:
    from research.market import Market

RATINGS = ("Buy", "Hold", "Sell")
PAIR = ["analyst", "instrument"]
EXACT_BELOW = 25  # movers, as in `inference.mcnemar`


@dataclass(frozen=True, kw_only=True)
class BuyChange:
    """Share of Buys among pairs of analyst and company that were rated on two days.

    Shares and changes are fractions. `lo` and `hi` bound `change` when companies are drawn anew;
    `n_eff` is how many independent pairs that interval is worth. `pooled_change` counts all
    ratings of each day, and `composition` is what `started` and `ended` coverage put into it.
    """

    before: float
    after: float
    change: float
    lo: float
    hi: float
    pairs: int
    n_eff: float
    companies: int
    up: int
    down: int
    started: int
    ended: int
    pooled_change: float

    @property
    def composition(self) -> float:
        """The part of the pooled change that is no change of anybody's mind."""
        return self.pooled_change - self.change

    def p_one_sided(self, *, fell: bool) -> float:
        """McNemar's p of no change against a fall (or a rise); exact below 25 movers.

        Pairs count as independent, so it is somewhat too small where a company moves as one.
        """
        moved = self.up + self.down
        if not moved:
            return 1.0
        with_it, against_it = (self.down, self.up) if fell else (self.up, self.down)
        if moved < EXACT_BELOW:
            return float(special.bdtr(against_it, moved, 0.5))
        return float(special.ndtr((against_it - with_it) / sqrt(moved)))

    @property
    def p_two_sided(self) -> float:
        """McNemar's p of no change, either way."""
        return mcnemar(self.up, self.down).p


def ratings_on(ratings: pd.DataFrame, day: dt.date) -> pd.Series:
    """Rating of each (analyst, instrument) as it was known at the end of `day`.

    `ratings` has the columns of the dataset, one row for each change. A row counts from the moment
    it became public: history that a vendor fills in later was not known on the day. A rating
    stands until it is changed or `Dropped`, however old: a feed of changes tells of no renewal,
    and an age limit would leave out those who did not change their mind.
    """
    known = ratings["available_at"] <= pd.Timestamp(cutoff(day))
    rows = ratings[known & (ratings["date"] <= pd.Timestamp(day))]
    newest = rows.sort_values(["date", "available_at"], kind="stable").drop_duplicates(
        PAIR, keep="last"
    )
    standing = newest[newest["rating"].isin(RATINGS)]
    return standing.set_index(PAIR)["rating"].sort_index()


def buys_by_company(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """One row for each company: `pairs` rated on both days, and how many were Buy on each.

    Columns `pairs`, `before`, `after`, `up` (moved to Buy), `down` (left Buy); counts.
    """
    both = pd.DataFrame({"before": before, "after": after}).dropna()
    buy = both == "Buy"
    moves = pd.DataFrame(
        {
            "pairs": 1,
            "before": buy["before"].astype(int),
            "after": buy["after"].astype(int),
            "up": (~buy["before"] & buy["after"]).astype(int),
            "down": (buy["before"] & ~buy["after"]).astype(int),
        },
        index=both.index,
    )
    return moves.groupby(level="instrument").sum()


def buy_change(
    before: pd.Series, after: pd.Series, *, draws: int, confidence: float, seed: int
) -> BuyChange:
    """Change of the share of Buys between two days, like for like, from `ratings_on` of each.

    The interval draws whole companies with replacement, since analysts of one company move
    together; percentile bounds. At least one pair must be rated on both days.
    """
    table = buys_by_company(before, after)
    pairs, up, down = (int(table[name].sum()) for name in ("pairs", "up", "down"))
    change = (up - down) / pairs
    net, size = (table["after"] - table["before"]).to_numpy(), table["pairs"].to_numpy()
    picked = np.random.default_rng(seed).integers(len(table), size=(draws, len(table)))
    simulated = net[picked].sum(axis=1) / size[picked].sum(axis=1)
    tail = (1 - confidence) / 2
    lo, hi = np.quantile(simulated, [tail, 1 - tail])
    alone = ((up + down) / pairs - change**2) / pairs  # variance if each pair moved by itself
    together = float(simulated.var())
    both = before.index.intersection(after.index)
    return BuyChange(
        before=int(table["before"].sum()) / pairs,
        after=int(table["after"].sum()) / pairs,
        change=change,
        lo=float(lo),
        hi=float(hi),
        pairs=pairs,
        n_eff=pairs * alone / together if together > alone else float(pairs),
        companies=len(table),
        up=up,
        down=down,
        started=len(after) - len(both),
        ended=len(before) - len(both),
        pooled_change=float((after == "Buy").mean() - (before == "Buy").mean()),
    )


def weighted_change(table: pd.DataFrame, weights: pd.Series) -> float:
    """Change of the Buy share when each company of `buys_by_company` counts by its weight.

    Companies without a weight are left out; missing when none is left.
    """
    known = weights.reindex(table.index).dropna()
    rows = table.loc[known.index]
    moves = (rows["after"] - rows["before"]) / rows["pairs"]
    return float((moves * known).sum() / known.sum()) if known.sum() > 0 else float("nan")


def rating_counts(market: Market, *, months: int = 24) -> pd.DataFrame:
    """How many ratings stood at Buy, Hold and Sell, by month, for a chart of bars.

    Index: the last `months` month-ends, the running month at `as_of`. Columns: `Buy`, `Hold`,
    `Sell` (pairs of analyst and company), `analysts` and `companies` (how many of each),
    `buy_share` (fraction). All ratings of the day, as known then, so coverage that started or
    ended is in it. A month before the feed knew anything is left out.
    """
    return monthly_counts(market.frame("ratings"), market.as_of, months=months)


def rating_totals(market: Market) -> pd.DataFrame:
    """Company × `Buy`, `Hold`, `Sell`: how many give which, as a source counted them last.

    Only where a source counts by itself, and not longer ago than the gates allow of ratings.
    """
    rows = market.frame("rating_counts")
    allowed = market.method.gates.stale_days_by_dataset.get("ratings")
    if allowed is not None:
        oldest = pd.Timestamp(cutoff(market.as_of)) - pd.Timedelta(days=allowed)
        rows = rows[rows["available_at"] >= oldest]
    newest = rows.sort_values(["date", "available_at"], kind="stable").drop_duplicates(
        ["instrument", "rating"], keep="last"
    )
    table = newest.pivot(index="instrument", columns="rating", values="count")
    return table.reindex(columns=list(RATINGS))


def monthly_counts(ratings: pd.DataFrame, end: dt.date, *, months: int) -> pd.DataFrame:
    """`rating_counts` of given rows, to the day `end`: `ratings_on` of each day, all at once."""
    rows = ratings.sort_values(["date", "available_at"], kind="stable")
    public = rows["available_at"].dt.tz_localize(None).to_numpy("datetime64[us]")
    since = np.maximum(public, rows["date"].to_numpy("datetime64[us]"))
    pair = rows.groupby(PAIR).ngroup().to_numpy()
    person, company = (pd.factorize(rows[name])[0] for name in PAIR)
    rating = pd.Index(RATINGS).get_indexer(rows["rating"])
    last = pd.Timestamp(end)
    ends = pd.date_range(end=last, periods=months, freq="ME")
    found = {}
    for day in [*ends[ends < last], last][-months:]:
        known = np.flatnonzero(since <= np.datetime64(cutoff(day.date()).replace(tzinfo=None)))
        newest = np.full(len(rows), -1)
        newest[pair[known]] = known  # in order of time: the last of a pair stays
        standing = newest[newest >= 0]
        standing = standing[rating[standing] >= 0]
        if standing.size:
            counts = np.bincount(rating[standing], minlength=len(RATINGS))
            people, companies = (np.unique(one[standing]).size for one in (person, company))
            found[day] = [*counts, people, companies, counts[0] / standing.size]
    table = pd.DataFrame.from_dict(
        found, orient="index", columns=[*RATINGS, "analysts", "companies", "buy_share"]
    )
    whole = [*RATINGS, "analysts", "companies"]
    return table.astype(dict.fromkeys(whole, int) | {"buy_share": float})
