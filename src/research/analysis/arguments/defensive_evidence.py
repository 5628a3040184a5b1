"""What speaks for and against miners as a defensive play, beside the test that decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from research.analysis.baskets import WEEKS_A_YEAR, part, weekly_excess
from research.analysis.claims import Statement, state
from research.analysis.cyclicality import correlation, other_moves
from research.analysis.returns import monthly_returns
from research.analysis.risk import beta, capture, downside_beta, safe_haven, upside_beta
from research.analysis.sell_offs import crisis_table, fell_less

if TYPE_CHECKING:
    from collections.abc import Mapping

    from research.market import Market
    from research.params.models import Bounds, Instrument, Method

GOLD = "gold_miners_"
Lines = tuple[float, float]  # at or below the first: defensive; at or above the second: cyclical


def secondary(market: Market, method: Method, weeks: pd.DataFrame) -> dict[str, float]:
    """Measures of the diversified miners, and of the gold miners under `gold_miners_…`.

    `weeks` are paired excess returns, the fund's and the benchmark's, and name both. Betas,
    capture ratios (benchmark = 100), the beta on the worst weeks, correlations of weekly returns
    with gold and copper, and the fixed crises in which the fund fell less than the market. For
    "defensive" as a hedge against politics: the mean weekly excess return of the gold miners and
    of the market in the `fear_weeks` in which VIX rose most. What lacks its data is left out.
    """
    fund, benchmark = weeks.columns
    others = other_moves(market)
    crises = crisis_table(market, method, kinds=("fund",)).relative
    found = _of_one(market, method, weeks, others)
    less, of = fell_less(crises.loc[fund])
    found |= {"crises_fell_less": float(less), "crises": float(of)}
    gold_miners = part(market, "gold_miners")
    if gold_miners is not None:
        longest = -method.sampling.primary_years * WEEKS_A_YEAR
        pair = weekly_excess(market, [gold_miners.id, benchmark]).iloc[longest:].dropna()
        if len(pair) >= method.inference.n_min:
            own = _of_one(market, method, pair, others)
            less, of = fell_less(crises.loc[gold_miners.id])
            own |= {"crises_fell_less": float(less), "crises": float(of)}
            found |= {f"{GOLD}{name}": value for name, value in own.items()}
            found |= _on_fear(
                pair.assign(vix=others["vix"].reindex(pair.index)).dropna(),
                method.defensive.safe_haven_quantile,
            )
    return {name: value for name, value in found.items() if pd.notna(value)}


def evidence(
    found: Mapping[str, float], bounds: Bounds, miners: Instrument, gold_miners: Instrument | None
) -> tuple[Statement, Statement]:
    """The strongest evidence for the claim and against it, in two clauses each.

    A beta or capture ratio speaks for a defensive play at or below the lower of the two bounds,
    for a cyclical one at or above the upper, and between them for neither; what that means for the
    claim is told by `bounds.side`. `found` is what `secondary` gives; the words are true of it.
    """
    funds = {"": miners.label, GOLD: gold_miners.label if gold_miners else ""}
    lines = (bounds.support, bounds.contradiction)
    pieces = [
        one
        for kind in (_betas, _captures, _worst, _crises, _correlations)
        for prefix, label in funds.items()
        for one in kind(found, prefix, label, (min(lines), max(lines)))
    ]
    fear = _fear(found, funds[GOLD])
    defensive = _side(pieces, fear, 1, "defensive")
    cyclical = _side(pieces, fear, -1, "cyclical")
    return (defensive, cyclical) if bounds.side == "low" else (cyclical, defensive)


class _Piece(NamedTuple):
    side: int  # +1 defensive, −1 cyclical, 0 neither
    label: str  # what the clause is about: its subject
    predicate: Statement
    size: float | None = None  # where the measure is a beta, for "the nearest"


def _of_one(
    market: Market, method: Method, weeks: pd.DataFrame, others: pd.DataFrame
) -> dict[str, float]:
    r, m = weeks.iloc[:, 0], weeks.iloc[:, 1]
    levels = market.total_return(list(weeks.columns), fill_days=0)
    months = monthly_returns(levels[levels.index >= weeks.index[0]])
    captured = capture(months.iloc[:, 0], months.iloc[:, 1])
    haven = safe_haven(r, m, quantile=method.defensive.safe_haven_quantile)
    return {
        "beta": beta(r, m),
        "downside_beta": downside_beta(r, m),
        "upside_beta": upside_beta(r, m),
        "capture_up": captured.up,
        "capture_down": captured.down,
        "beta_on_worst_weeks": haven.b_plus_c,
        "worst_weeks": float((m <= m.quantile(method.defensive.safe_haven_quantile)).sum()),
        "correlation": float(r.corr(m)),
        "with_gold": correlation(r, others["gold"]),
        "with_copper": correlation(r, others["copper"]),
        "with_vix": correlation(r, others["vix"]),
    }


def _on_fear(weeks: pd.DataFrame, share: float) -> dict[str, float]:
    if weeks.empty:
        return {}
    jumped = weeks[weeks["vix"] >= weeks["vix"].quantile(1 - share)]
    return {
        "fear_gold_miners": float(jumped.iloc[:, 0].mean()),
        "fear_market": float(jumped.iloc[:, 1].mean()),
        "fear_weeks": float(len(jumped)),
    }


def _betas(found: Mapping[str, float], prefix: str, label: str, lines: Lines) -> list[_Piece]:
    words = "had a downside beta of {size:num2} to the market"
    return _sized(found.get(f"{prefix}downside_beta"), words, label, lines)


def _captures(found: Mapping[str, float], prefix: str, label: str, lines: Lines) -> list[_Piece]:
    captured = found.get(f"{prefix}capture_down")
    words = "took {size:pct0} of the market’s loss in its falling months"
    return _sized(None if captured is None else captured / 100, words, label, lines)


def _worst(found: Mapping[str, float], prefix: str, label: str, lines: Lines) -> list[_Piece]:
    words = "moved {size:num2} times the market in its {weeks:num0} worst weeks"
    weeks = found.get(f"{prefix}worst_weeks", 0.0)
    return _sized(found.get(f"{prefix}beta_on_worst_weeks"), words, label, lines, weeks=weeks)


def _sized(size: float | None, words: str, label: str, lines: Lines, **more: float) -> list[_Piece]:
    if size is None:
        return []
    side = 1 if size <= lines[0] else -1 if size >= lines[1] else 0
    return [_Piece(side, label, state(words, size=size, **more), size)]


def _crises(found: Mapping[str, float], prefix: str, label: str, _: Lines) -> list[_Piece]:
    less, of = found.get(f"{prefix}crises_fell_less"), found.get(f"{prefix}crises")
    if less is None or not of:
        return []
    more = of - less
    words = "fell {how} than the market in {times:word} of {of:word} fixed crises"
    how, times = ("less", less) if less > more else ("more", more)
    side = int(less > more) - int(less < more)
    return [_Piece(side, label, state(words, how=how, times=times, of=of))]


def _correlations(found: Mapping[str, float], prefix: str, label: str, _: Lines) -> list[_Piece]:
    gold, copper = found.get(f"{prefix}with_gold"), found.get(f"{prefix}with_copper")
    if gold is None or copper is None:
        return []
    words = "correlated more with {one} ({high:num2}) than with {other} ({less:num2})"
    pairs = [(gold, "gold"), (copper, "copper")]
    (high, one), (less, other) = pairs if gold > copper else pairs[::-1]
    side = 1 if gold > copper else -1
    told = state(words, one=one, other=other, high=high, less=less)
    return [_Piece(side, label, told)]


def _fear(found: Mapping[str, float], label: str) -> _Piece | None:
    if "fear_weeks" not in found:
        return None
    miners, world = found["fear_gold_miners"], found["fear_market"]
    words = (
        "made {own:spct1} a week against {world:spct1} of the market in the {weeks:num0} weeks in "
        "which VIX rose most"
    )
    told = state(words, own=miners, world=world, weeks=found["fear_weeks"])
    return _Piece(1 if miners > world else -1, label, told)


def _side(pieces: list[_Piece], fear: _Piece | None, side: int, word: str) -> Statement:
    everything = [*pieces, *([fear] if fear else [])]
    speaking = [one for one in everything if one.side == side]
    end = Statement(".")
    if not speaking:
        sized = [one for one in pieces if one.size is not None]
        nearest = min(sized, key=lambda one: side * (one.size or 0.0))
        none = state(
            "None of the {measures:word} measures shows miners as {word}; at the nearest, "
            "{miners} ",
            measures=len(everything),
            word=word,
            miners=nearest.label,
        )
        return _then(none, nearest.predicate, end)
    first = speaking[0]
    told = _then(state("{miners} ", miners=first.label), first.predicate)
    if len(speaking) == 1:
        rest = "; none of the other {measures:word} measures points that way"
        return _then(told, state(rest, measures=len(everything) - 1), end)
    second = fear if fear and fear.side == side else speaking[1]
    if second.label == first.label:
        return _then(told, Statement(" and "), second.predicate, end)
    return _then(told, state("; {others} ", others=second.label), second.predicate, end)


def _then(first: Statement, *rest: Statement) -> Statement:
    # Two of them may use one name for two values, so that of the later one is marked.
    whole, values = first.template, dict(first.values)
    for clause in rest:
        template = clause.template
        for name, value in clause.values.items():
            mine = f"{name}_too" if name in values else name
            template = re.sub(rf"\{{{name}(?=[:}}])", f"{{{mine}", template)
            values[mine] = value
        whole += template
    return Statement(whole, values)
