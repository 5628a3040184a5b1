"""Evidence for and against a price that is robust or has recovered, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from research.analysis.claims import Statement, Verdict, state

Told = Mapping[str, Any]


def robust_question(told: Told) -> Statement:
    """What is asked of a price that may be robust."""
    return state(
        "The price against its mid-cycle price of {mid_cycle:num0} {unit}, its place in its "
        "own {years:word} years by month (at least {asked:pct0} of them lower) and its fall "
        "over twelve months (at most {limit:pct0}).",
        **told,
    )


def recovery_question(told: Told) -> Statement:
    """What is asked of a price that may have recovered."""
    return state(
        "The last price against the lowest of {months:num0} months (at least {asked:pct0} "
        "above it) and against that of thirteen weeks ago (above it).",
        **told,
    )


def robust_for(told: Told, links: pd.DataFrame) -> Statement:
    """The strongest that speaks for a robust price, with what it means for the first miner."""
    over, moved = told["level"] / told["mid_cycle"] - 1, told["change_12m"]
    if over >= 0:
        words = "At {level:num0} {unit} it stands {over:pct0} above the mid-cycle price of "
        words += "{mid_cycle:num0} {unit}"
        known = links.dropna(subset=["ebitda_change"])
        if len(known):
            most = known.iloc[0]
            words += ", and {step:pct0} more on the price is {gain:pct0} more EBITDA at {miner}"
            told = {**told, "gain": most["ebitda_change"], "miner": most["label"]}
        return state(f"{words}.", over=over, **told)
    rest = ", though it stands below the mid-cycle price of {mid_cycle:num0} {unit}."
    if moved > 0:
        return state(f"It has risen {{change_12m:pct0}} over twelve months{rest}", **told)
    if told["change_6m"] > 0:
        return state(f"It has risen {{change_6m:pct0}} over six months{rest}", **told)
    if told["level"] > told["low"]:
        over = told["level"] / told["low"] - 1
        words = "It is {over:pct0} above the lowest price of {years:word} years, of {low_day:month}"
        return state(f"{words}{rest}", over=over, **told)
    return state(
        "Nothing speaks for it: neither its level, nor its place in its own {years:word} years, "
        "nor its changes over six and twelve months.",
        **told,
    )


def robust_against(told: Told) -> Statement:
    """The strongest that speaks against a robust price, with how far it is from its high."""
    level, fallen = told["level"], -told["change_12m"]
    off = ""
    if told["off_high"] < 0:
        off = ", and {below:pct0} below the highest price of {years:word} years"
        told = {**told, "below": -told["off_high"]}
    if level < told["mid_cycle"]:
        under = 1 - level / told["mid_cycle"]
        words = "At {level:num0} {unit} it stands {under:pct0} below the mid-cycle price of "
        return state(f"{words}{{mid_cycle:num0}} {{unit}}{off}.", under=under, **told)
    if fallen > told["limit"]:
        words = "It stands {fallen:pct0} below its price of twelve months ago"
        return state(f"{words}{off}.", fallen=fallen, **told)
    if told["percentile"] < told["asked"]:
        words = "It stands above only {percentile:pct0} of the months of its own past"
        return state(f"{words}{off}.", **told)
    if told["off_high"] < 0:
        words = "It stands {below:pct0} below the highest price of {years:word} years, "
        words += "{high:num0} {unit} in {high_day:month}"
        if fallen > 0:
            words += ", and {fallen:pct0} below that of a year ago"
        return state(f"{words}.", fallen=fallen, **told)
    return state(
        "Nothing speaks against it: the price is the highest of {years:word} years and has not "
        "fallen.",
        **told,
    )


def robust_distance(told: Told) -> Statement:
    """How far the price is from falling below its mid-cycle price, or too much in a year."""
    short = 1 - told["level"] / told["mid_cycle"]
    if short > 0:
        return state(
            "It has fired: the price is {short:pct0} below the {mid_cycle:num0} {unit} that it "
            "names.",
            short=short,
            **told,
        )
    fallen = -told["change_12m"]
    if fallen > told["limit"]:
        return state(
            "It has fired: the price has fallen {fallen:pct1} over twelve months, more than the "
            "{limit:pct0} that it names.",
            fallen=fallen,
            **told,
        )
    return state(
        "The price would have to fall {fall:pct0} to {mid_cycle:num0} {unit}, or end {room:pp0} "
        "lower over twelve months than it does.",
        fall=1 - told["mid_cycle"] / told["level"],
        room=told["limit"] - fallen,
        **told,
    )


def recovery_for(told: Told) -> Statement:
    """The strongest that speaks for a recovery: how far the low is behind."""
    if told["off_low"] <= 0:
        words = "It stands at its lowest price of {months:num0} months, {low:num0} {unit}"
        return state(f"Nothing speaks for it: {words[0].lower()}{words[1:]}.", **told)
    words = "It stands {off_low:pct0} above its {months:num0}-month low of {low:num0} {unit} in "
    words += "{low_day:month}"
    if told["change_13w"] > told["still"]:
        words += ", and has risen {change_13w:pct0} over thirteen weeks"
    elif 0 < told["recovery_ratio"] < 1:
        words += ", and has made up {recovery_ratio:pct0} of the loss before it"
    return state(f"{words}.", **told)


def recovery_against(told: Told) -> Statement:
    """The strongest that speaks against it; always how far the price is from its earlier peak."""
    fallen = -told["change_13w"]
    if told["peak_day"] is None:
        words = "No price before that low is known, so what was lost before cannot be told"
    elif told["off_peak"] < 0:
        words = "It is still {below:pct0} below {peak:num0} {unit} in {peak_day:month}, its peak "
        words += "before that low, by prices known since {since:month}"
        told = {**told, "below": -told["off_peak"]}
    else:
        words = "It is {above:pct0} above {peak:num0} {unit} in {peak_day:month}, its peak before "
        words += "that low, so that little speaks against it"
        told = {**told, "above": told["off_peak"]}
    if fallen > -told["still"]:
        words = words.removesuffix(", so that little speaks against it")
        words += ", and has fallen {fallen:pct0} over thirteen weeks"
        told = {**told, "fallen": fallen}
    return state(f"{words}.", **told)


def recovery_distance(told: Told) -> Statement:
    """How far the price is from being too near to its low, or from a fall over thirteen weeks."""
    if told["off_low"] < told["asked"]:
        return state(
            "It has fired: the price is {off_low:pct0} above its low, short of the {asked:pct0} "
            "that it names.",
            **told,
        )
    if told["change_13w"] < told["still"]:
        return state(
            "It has fired: the price has fallen {fallen:pct1} over thirteen weeks.",
            fallen=-told["change_13w"],
            **told,
        )
    floor = (1 + told["asked"]) * told["low"]
    return state(
        "The price would have to fall {fall:pct0} to stand less than {asked:pct0} above its low, "
        "or {back:pct0} to be down over thirteen weeks.",
        fall=1 - floor / told["level"],
        back=1 - 1 / (1 + told["change_13w"]),
        **told,
    )


ROBUST = {
    Verdict.SUPPORTED: "The price is above its mid-cycle price, high enough in its own history, "
    "and has not fallen much over twelve months.",
    Verdict.MIXED: "The price is above its mid-cycle price and has not fallen much, but is low in "
    "its own history.",
    Verdict.CONTRADICTED: "The price is below its mid-cycle price, or has fallen too much over "
    "twelve months.",
}


NO_ACCOUNTS = " The source has no accounts that tell what it means for earnings."


RECOVERED = {
    Verdict.SUPPORTED: "The price is far enough above its low, and has risen over thirteen weeks.",
    Verdict.MIXED: "The price is far enough above its low, but has stood still for thirteen weeks.",
    Verdict.CONTRADICTED: "The price is too near to its low, or has fallen over thirteen weeks.",
}
