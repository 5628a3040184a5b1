"""The ledger holds the article's exact words, and each claim a test or a reason for none."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import yaml

from research.params import Claims
from research.params.ledger import TEST_NAMES

# DOMAIN §1, typed a second time: relevance and direction for persistence.
WEIGHTS = {
    "F1": (0, 0), "F2": (0, 0), "F3": (0, 0), "F4": (0, 0), "N1": (0, 0),
    "M1": (0.5, 1), "M2": (0.5, 1), "M3": (0, 0),
    "J1": (0.5, -1), "J2": (1, 1), "J3": (0.5, 1), "J4": (0.5, 1),
    "C1": (1, -1), "C2": (1, -1), "C3": (0, 0), "C4": (1, 1), "C5": (0, 0), "C6": (0.5, -1),
    "K1": (1, -1), "K2": (0, 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def ledger(root) -> Claims:
    data = yaml.safe_load((root / "params" / "claims.yaml").read_text(encoding="utf-8"))
    return Claims.model_validate(data)


# ── refusals ────────────────────────────────────────────────────────────────


def test_a_claim_without_falsifier_is_refused(desk):
    path = desk.folder / "params" / "claims.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if line.startswith("    falsifier:"))
    path.write_text("".join(lines[:last]), encoding="utf-8")
    fault = desk.fault()
    assert fault.key == "claims.K2.falsifier"
    assert fault.problem == "is missing: metric, threshold and by when."


def test_a_claim_with_neither_test_nor_reason_is_refused(desk):
    desk.edit("claims.yaml", "    test: gains\n", "")
    fault = desk.fault()
    assert fault.key == "claims.C3.not_tested_because"
    assert fault.problem == "is missing; a claim without a test says why."


def test_a_claim_with_test_and_reason_is_refused(desk):
    desk.edit("claims.yaml", "test: gains\n", "test: gains\n    not_tested_because: no time\n")
    assert str(desk.fault()).endswith(
        'found a reason although the claim has the test "gains". Take one of the two away.'
    )


def test_an_unknown_test_is_refused_with_line_and_suggestion(desk):
    line = desk.edit("claims.yaml", "test: breadth", "test: breath")
    *names, last = (f'"{name}"' for name in TEST_NAMES)
    assert str(desk.fault()) == (
        f'params/claims.yaml, line {line}: claims.J2.test: found "breath", '
        f"expected {', '.join(names)} or {last}. Did you mean `breadth`?"
    )


def test_a_test_without_the_bounds_it_decides_by_is_refused(desk):
    desk.edit(
        "claims.yaml", "    bounds: { side: low, support: 0.8, contradiction: 1.0, unit: β⁻ }\n", ""
    )
    fault = desk.fault()
    assert fault.key == "claims.M1.bounds"
    assert fault.problem == (
        'is missing; the test "downside_beta" decides by side, support and contradiction.'
    )


def test_an_id_of_another_shape_is_refused(desk):
    desk.edit("claims.yaml", "id: F1", "id: fact-1")
    assert desk.fault().problem == (
        'found "fact-1", expected one capital letter and one digit, such as M1.'
    )


def test_a_mirror_of_nothing_is_refused(desk):
    desk.edit("claims.yaml", "mirror_of: M1", "mirror_of: M9")
    fault = desk.fault()
    assert fault.key == "claims.J1.mirror_of"
    assert fault.problem == '"M9" is not another claim.'
    assert fault.hint.startswith("Known: F1, F2,")


def _put_test(desk, claim, name):
    path = desk.folder / "params" / "claims.yaml"
    before, after = path.read_text(encoding="utf-8").split(f"  - id: {claim}\n")
    line = before.count("\n") + after[: after.index("    test:")].count("\n") + 2
    after = after.replace("test: downside_beta", f"test: {name}", 1)
    path.write_text(f"{before}  - id: {claim}\n{after}", encoding="utf-8")
    return line


@pytest.mark.parametrize("claim", ["M1", "J1"])
def test_of_two_mirrored_claims_the_one_with_a_test_that_does_not_exist_is_blamed(desk, claim):
    line = _put_test(desk, claim, "upside_beta")
    fault = desk.fault()
    assert (fault.key, fault.line) == (f"claims.{claim}.test", line)
    assert fault.hint == "Did you mean `downside_beta`?"


def test_of_two_mirrored_claims_the_one_of_an_unknown_family_is_blamed(desk):
    path = desk.folder / "params" / "claims.yaml"
    text = path.read_text(encoding="utf-8").replace("family: defensive", "family: defensve", 1)
    path.write_text(text, encoding="utf-8")
    assert {fault.key for fault in desk.faults()} == {"claims.M1.family"}


def test_a_mirror_whose_family_is_no_name_is_told_so(desk):
    path = desk.folder / "params" / "claims.yaml"
    text = path.read_text(encoding="utf-8").replace("family: defensive", "family: [defensive]", 1)
    path.write_text(text, encoding="utf-8")
    assert [fault.key for fault in desk.faults()] == ["claims.M1.family"]


def test_a_mirror_that_differs_from_its_claim_is_refused_with_both_lines(desk):
    line = _put_test(desk, "M1", "buy_share")
    fault = desk.fault()
    assert fault.key == "claims.J1.test"
    assert fault.problem == (
        f'found "downside_beta", but `M1`, which it mirrors, has "buy_share" (line {line}).'
    )
    assert fault.hint == "Correct whichever of the two is wrong."


def test_a_mirror_of_a_mirror_is_refused(desk):
    desk.edit(
        "claims.yaml",
        "support: 0.8, contradiction: 1.0, unit: β⁻ }",
        "support: 0.8, contradiction: 1.0, unit: β⁻ }\n    mirror_of: J1",
    )
    assert {fault.problem for fault in desk.faults()} >= {
        "`J1` is itself a mirror; name the claim that is counted."
    }


def test_bounds_in_the_wrong_order_are_refused(desk):
    desk.edit("claims.yaml", "side: low, support: 0.8", "side: high, support: 0.8")
    fault = desk.fault()
    assert fault.key == "claims.M1.bounds.support"
    assert fault.problem == "found 0.8, which is not above `contradiction`, 1."


def test_an_unknown_family_is_refused_with_a_suggestion(desk):
    desk.edit("claims.yaml", "family: ratings", "family: rating")
    assert {str(fault).partition(": ")[2] for fault in desk.faults()} >= {
        'claims.C1.family: "rating" is not a family of params/method.yaml. Did you mean `ratings`?'
    }


def test_a_claim_that_the_method_does_not_count_is_refused(desk):
    desk.edit("method.yaml", "breadth: [J2, J3, J4]", "breadth: [J2, J3]")
    assert str(desk.fault()).endswith(
        'claims.J4.family: params/method.yaml does not list `J4` under "breadth". '
        "Add it to outlook.families there."
    )


def test_a_claim_that_the_method_counts_elsewhere_is_refused(desk):
    desk.edit("method.yaml", "ratings: [C1]", "ratings: [C1, J2]")
    assert desk.fault().problem == (
        'found "breadth", but params/method.yaml lists `J2` under `ratings`.'
    )


def test_a_family_with_a_claim_that_is_not_there_is_refused(desk):
    line = desk.edit("method.yaml", "ratings: [C1]", "ratings: [C1, C9]")
    fault = desk.fault()
    assert (fault.file, fault.line) == ("params/method.yaml", line)
    assert fault.key == "outlook.families.ratings[1]"
    assert fault.problem == '"C9" is not a claim of params/claims.yaml.'


def test_a_mirror_is_not_counted_beside_its_claim(desk):
    desk.edit("method.yaml", "defensive: [M1]", "defensive: [M1, J1]")
    assert str(desk.fault()).endswith('"J1" mirrors `M1` and would be counted twice. Take it away.')


def test_a_claim_that_counts_has_family_and_direction(desk):
    desk.edit(
        "claims.yaml",
        "    family: ratings\n    relevance: 1\n    direction: -1\n",
        "    relevance: 1\n",
    )
    assert [(fault.key, fault.problem) for fault in desk.faults()] == [
        ("claims.C1.family", "is missing; a claim that counts has a family."),
        ("claims.C1.direction", "is missing; a claim that counts points up (1) or down (-1)."),
    ]


@pytest.mark.parametrize("written", ["0.7", "2"])
def test_a_relevance_between_the_steps_is_refused(desk, written):
    desk.edit(
        "claims.yaml",
        "family: ratings\n    relevance: 1",
        f"family: ratings\n    relevance: {written}",
    )
    assert desk.fault().problem.startswith(f"found {written}, expected 0, 0.5 or 1")


def test_a_short_form_of_more_than_twelve_words_is_refused(desk):
    desk.edit("claims.yaml", "short: Valuations are stretched", f"short: {'word ' * 13}")
    assert desk.fault().problem == "found 13 words, expected at most twelve."


def test_a_horizon_without_its_source_is_refused(desk):
    desk.edit("claims.yaml", "    horizon_source: stated\n", "")
    assert desk.fault().problem == (
        "and horizon_source must be given together: how long, and who says so."
    )


def test_words_said_after_their_source_was_published_are_refused(desk):
    path = desk.folder / "params" / "claims.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("said_on: 2026-01-28", "said_on: 2026-01-29", 1), encoding="utf-8")
    fault = desk.fault()
    assert fault.key == "claims.F1.said_on"
    assert fault.problem == (
        "found 2026-01-29, which lies after the day the source was published, 2026-01-28."
    )


# ── what is in it ───────────────────────────────────────────────────────────


def test_every_quote_stands_in_the_article_byte_for_byte(ledger, shared):
    article = (shared / "article.txt").read_bytes()
    for claim in ledger.claims:
        for quote in claim.quotes:
            assert quote.encode() in article, f"{claim.id}: {quote}"


def test_the_article_is_the_one_the_ledger_was_made_from(ledger, shared):
    article = (shared / "article.txt").read_bytes()
    assert ledger.source.sha256 == hashlib.sha256(article).hexdigest()


def test_all_twenty_claims_are_there_with_their_weights(ledger):
    found = {one.id: (one.relevance, one.direction) for one in ledger.claims}
    assert found == WEIGHTS
    assert len(ledger.claims) == 20


def test_the_two_quotes_of_the_fourth_fact_are_both_there(ledger):
    assert len(ledger["F4"].quotes) == 2


def test_every_claim_has_a_test_or_says_why_not(ledger):
    assert {one.test for one in ledger.claims} - {None} == set(TEST_NAMES)
    for claim in ledger.claims:
        assert bool(claim.test) != bool(claim.not_tested_because)


def test_each_falsifier_names_a_threshold_and_a_date(ledger):
    for claim in ledger.claims:
        assert claim.falsifier.startswith(("Refuted if", "Weakened if")), claim.id
        assert "2026" in claim.falsifier, claim.id
        assert len({claim.falsifier} | {one.falsifier for one in ledger.claims}) == 20


def test_direct_speech_is_that_of_three_named_people(ledger):
    direct = {one.speaker for one in ledger.claims if one.directness == "direct"}
    assert direct == {"Rory McPherson", "Jon Mills", "Joachim Klement"}
    assert {one.said_on for one in ledger.claims} == {dt.date(2026, 1, 28)}


def test_mirrored_claims_swap_their_bounds_and_direction(ledger):
    claim, mirror = ledger["M1"], ledger["J1"]
    assert mirror.mirror_of == "M1"
    assert (claim.bounds.side, mirror.bounds.side) == ("low", "high")
    assert (claim.bounds.support, claim.bounds.contradiction) == (0.8, 1.0)
    assert (mirror.bounds.support, mirror.bounds.contradiction) == (1.0, 0.8)
    assert claim.direction == -mirror.direction
