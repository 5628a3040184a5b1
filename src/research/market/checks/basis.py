"""The gate of the basis: costs by the ounce and output are compared only with their like."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from research.market.basis import AISC, BASES, OUTPUT, bases_of, common_basis, lately, split
from research.market.checks.result import GateResult, count, degraded
from research.market.market import Market


def check_basis(market: Market, dataset: str, rows: pd.DataFrame) -> Iterator[GateResult]:
    """DEGRADED for a basis nobody knows, for costs on several bases or none told, and for output
    by share beside an enterprise value that has the minorities in it.

    What is told here is what the note leaves out: see `research.market.basis`.
    """
    for item in rows["item"].unique():
        name, basis = split(item)
        if basis and basis not in BASES.get(name, ()):
            known = ", ".join(f"{name}@{one}" for one in BASES.get(name, ())) or name
            yield degraded(
                dataset,
                "{item} stands on a basis that is not known; expected {known}. It is not used.",
                advice="Mend the item.",
                subject=item,
                item=item,
                known=known,
            )
    rows = lately(rows, market.as_of, market.method.valuation.reported_days_max)
    bases = bases_of(rows, AISC)
    chosen = common_basis(rows, AISC)
    others = [key for key, has in bases.items() if chosen not in has]
    if bases and not chosen:
        yield degraded(
            dataset,
            "{item} of {producers} does not tell its basis, so by-product and co-product costs "
            "may stand side by side.",
            advice=f"Say it: {AISC}@by-product or {AISC}@co-product.",
            subject=AISC,
            item=AISC,
            producers=count(len(bases) - len(others), "producer"),
        )
    if others:
        yield degraded(
            dataset,
            "{item} stands on several bases; most producers report {chosen}, so those of "
            "{others:ids} are left out, and so are the prices that their shares imply.",
            advice=f"Bring {AISC}{f'@{chosen}' if chosen else ' with its basis'} of them.",
            subject=", ".join(others),
            item=AISC,
            chosen=chosen or "none",
            others=others,
        )
    shared = [key for key, has in bases_of(rows, OUTPUT).items() if "" not in has]
    minorities = rows[(rows["item"] == "nci") & (rows["value"] != 0)]["instrument"].unique()
    if apart := [key for key in shared if key in minorities]:
        yield degraded(
            dataset,
            "{item} of {apart:ids} is attributable, while enterprise value has the minorities in "
            "it; no price is implied from the two.",
            advice="Bring output of 100 %.",
            subject=", ".join(apart),
            item=OUTPUT,
            apart=apart,
        )
