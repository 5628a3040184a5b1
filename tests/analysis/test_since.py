"""From the last edition to this one: the pieces agree, and nothing is compared with the future."""

from __future__ import annotations

import datetime as dt

import pytest

from research.analysis.arguments import judge
from research.analysis.claims import Verdict
from research.analysis.key_numbers import key_numbers, sources_by_number
from research.analysis.ledger import key_findings
from research.analysis.outlook import outlook
from research.analysis.since import day_of_last, since
from research.exhibits.facts import tell
from research.market import Market
from research.params import load


@pytest.fixture(scope="module")
def params(root):
    return load(root / "params" / "mining-rally.yaml")


def told(params, day):
    market = Market.open(params, source="sample", as_of=day)
    findings = judge(params.claims, market, params.method)
    return findings, outlook(findings, market, params.method), market


@pytest.fixture(scope="module")
def now(params):
    return told(params, "2026-01-30")


@pytest.fixture(scope="module")
def then(params):
    return told(params, "2026-01-23")


def record(then, params, **changes):
    findings, view, market = then
    claims = {one.claim.id: {"verdict": str(one.verdict)} for one in findings}
    return {
        "edition": "2026-W04",
        "as_of": market.as_of.isoformat(),
        "method": market.method.version,
        "params": params.fingerprint,
        "outlook": {"p": view.p},
        "claims": claims,
    } | changes


def test_parts_add_up_to_what_was_published(params, now, then):
    last = record(then, params, outlook={"p": 0.61})
    moved = since(now, then, last, params)
    assert (moved.edition, moved.day, moved.p_then) == ("2026-W04", dt.date(2026, 1, 23), 0.61)
    assert sum(part.p for part in moved.split.parts) == pytest.approx(now[1].p - 0.61, abs=1e-12)


def test_claims_of_the_article_are_new_and_not_turned_by_data(params, now, then):
    moved = since(now, then, record(then, params), params)
    causes = {one.claim.id: one.cause for one in moved.flips}
    assert causes["F1"] == "new claim"
    assert set(causes.values()) == {"new claim"}


@pytest.mark.parametrize(("changed", "cause"), [(False, "revision"), (True, "method")])
def test_what_was_told_otherwise_is_a_revision_only_under_the_same_parameters(
    params, now, changed, cause
):
    last = record(now, params)
    said = next(one.claim.id for one in now[0] if one.verdict is Verdict.SUPPORTED)
    last["claims"][said] = {"verdict": "CONTRADICTED"}
    if changed:
        last["params"] = "of other files"
    moved = since(now, now, last, params)
    assert [(one.claim.id, one.cause) for one in moved.flips] == [(said, cause)]


def test_a_vote_may_turn_under_one_verdict(params, now, then):
    moved = since(now, then, None, params)
    assert moved.edition == ""
    for turn in moved.votes:
        assert turn.before != turn.after
    of_target = [(one.before, one.after) for one in moved.votes if one.claim.id == "C4"]
    votes = tuple(
        next(one.vote for one in findings if one.claim.id == "C4") for findings in (then[0], now[0])
    )
    assert of_target == ([votes] if votes[0] != votes[1] else [])


def test_an_edition_is_compared_with_itself_without_a_change(params, now):
    moved = since(now, now, record(now, params), params)
    assert moved.flips == moved.votes == ()
    assert moved.split.change == 0


def test_the_last_edition_sets_the_day(params, now):
    market = now[2]
    assert day_of_last(None, market) == dt.date(2026, 1, 23)
    assert day_of_last({"as_of": "2026-01-14"}, market) == dt.date(2026, 1, 14)


def test_key_findings_bring_one_of_each_family_and_the_side_that_won(params, now):
    chosen = key_findings(now[0], params.method.outlook.families, most=5)
    families = [one.claim.family for one, _ in chosen]
    assert len(chosen) == 5
    assert len(set(families)) == 5
    for one, why in chosen:
        side = one.best_against if one.verdict is Verdict.CONTRADICTED else one.best_for
        assert why is side
        assert len(tell(why).split()) <= 40


def test_levels_are_named_with_their_instrument_and_the_usual_source_last(params, now):
    numbers = key_numbers(now[2], params.method)
    assert sources_by_number(numbers) == numbers["source"].iloc[0]
    others = {"gold": "LBMA PM fix", "copper": "COMEX front month", "gbpusd": ""}
    numbers["source"] = [others.get(one, "Exchange closes") for one in numbers.index]
    told = "LBMA PM fix (Gold); COMEX front month (Copper); else Exchange closes"
    assert sources_by_number(numbers) == told
