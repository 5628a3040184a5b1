"""What lies ahead and what may go either way: days of one kind, both sides, names that exist."""

from __future__ import annotations

import datetime as dt

import pytest

from research.calendar import Calendar
from research.params.rules import read_rule

FILE = "catalysts.yaml"
WEEKDAYS = Calendar("weekdays")

# ── refusals ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        (
            "every: friday", "every: fridays", "catalysts.cot.every",
            'found "fridays", expected a rule such as `friday`, `third friday of mar, jun`, '
            "`last day of each month` or `12 to 28 of feb`, in small letters.",
        ),
        (
            'time: "14:00"', 'time: "2 pm"', "catalysts.fomc.time",
            'found "2 pm", expected a time of day such as 15:30, in quotes.',
        ),
        (
            'time: "15:00"\n    zone: Europe/London', 'time: "15:00"\n    zone: London',
            "catalysts.gold-target.zone",
            'found "London", expected a time zone such as America/New_York.',
        ),
        (
            "days: [2026-04-13]", "days: [2026-04-31]", "catalysts.gold-target.days[0]",
            'found "2026-04-31", expected a real date such as 2026-01-28.',
        ),
        (
            "known_from: 2026-02-05\n", "known_from: soon\n", "catalysts.merger-lock.known_from",
            'found "soon", expected a real date such as 2026-01-28.',
        ),
        (
            "source: Takeover Code\n    status: confirmed",
            "source: Takeover Code\n    status: sure",
            "catalysts.merger-lock.status", 'found "sure", expected "confirmed" or "expected".',
        ),
        (
            "    every: friday\n", "", "catalysts.cot.days",
            "is missing; an event has a date.",
        ),
        (
            "every: friday", "every: friday\n    days: [2026-02-06]", "catalysts.cot",
            "has days given in 2 ways: days, every.",
        ),
        (
            "every: friday", "first: 2026-02-06", "catalysts.cot.last",
            "is missing; a span that has `first` has both.",
        ),
        (
            "every: friday", "first: 2026-02-06\n    last: 2026-02-05", "catalysts.cot.last",
            "found 2026-02-05, which lies before `first`, 2026-02-06.",
        ),
        (
            "claims: [C2, K1]\n    source: companies\n    status: expected\n"
            "    known_from: 2020-01-01\n  - id: half",
            "claims: [C2, K9]\n    source: companies\n    status: expected\n"
            "    known_from: 2020-01-01\n  - id: half",
            "catalysts.annual-results.claims[1]", '"K9" is not a claim.',
        ),
        (
            "- id: cpi", "- id: cot", "catalysts.cot.id", None,
        ),
        (
            "of: [silver]", "of: [silvr]", "risks.crowding.reading.of[0]",
            '"silvr" is not an instrument.',
        ),
        (
            "of: [silver], measure: off_high", "of: [silver], measure: above_mid_cycle",
            "risks.crowding.reading.of[0]",
            '"silver" has no mid-cycle price; the method has that of iron ore.',
        ),
        (
            "of: [silver], measure: off_high", "of: [silver], measure: level",
            "risks.crowding.reading.measure",
            'found "level", expected "change_6m", "off_high" or "above_mid_cycle".',
        ),
        (
            "    claims: [C2]\n  - id: dollar", "  - id: dollar", "risks.bids.claims",
            "is missing; a risk bears on something.",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_an_event_or_a_risk_is_told_in_words(desk, old, new, key, problem):
    desk.edit(FILE, old, new)
    fault = desk.fault()
    assert (fault.file, fault.key) == ("params/catalysts.yaml", key)
    assert fault.line is not None
    assert problem is None or fault.problem == problem


def test_an_event_that_is_given_twice_names_the_first(desk):
    desk.edit(FILE, "- id: payrolls", "- id: fomc")
    assert desk.fault().problem == '"fomc" is taken; the first is on line 8.'


@pytest.mark.parametrize(("side", "other"), [("up", "down"), ("down", "up")])
def test_risks_of_one_side_alone_are_refused(desk, side, other):
    path = desk.folder / "params" / FILE
    text = path.read_text(encoding="utf-8")
    kept = text.replace(f"side: {side}", f"side: {other}", text.count(f"side: {side}") - 1)
    path.write_text(kept, encoding="utf-8")
    fault = desk.fault()
    assert fault.key == "risks"
    assert fault.problem == f"found 1 with `side: {side}`, expected at least 2."


def test_faults_of_the_new_files_come_with_those_of_the_old(desk):
    desk.edit("mining-rally.yaml", "paper: a4", "paper: A4")
    desk.edit(FILE, "every: friday", "every: fridays")
    desk.edit("disclosures.yaml", "id: ratings", "id: limits")
    assert [fault.file for fault in desk.faults()] == [
        "params/mining-rally.yaml", "params/catalysts.yaml", "params/disclosures.yaml",
    ]  # fmt: skip


def test_a_met_requirement_without_a_place_is_refused(desk):
    desk.edit("disclosures.yaml", "    anchor: outlook\n", "")
    fault = desk.fault()
    assert fault.key == "requirements.projections.anchor"
    assert fault.problem == "is missing; what is met is met at a place of the note."


def test_a_place_of_what_is_not_met_is_refused(desk):
    desk.edit("disclosures.yaml", "status: open\n", "status: open\n    anchor: outlook\n")
    fault = desk.fault()
    assert fault.key == "requirements.interests.anchor"
    assert fault.problem == "found a place although the status is `open`."


def test_an_unknown_status_is_refused(desk):
    desk.edit("disclosures.yaml", "status: open\n", "status: opne\n")
    fault = desk.fault()
    assert fault.problem == 'found "opne", expected "met", "n.a." or "open".'
    assert fault.hint == "Did you mean `open`?"


# ── what is loaded ──────────────────────────────────────────────────────────


def test_a_note_may_leave_both_files_out(desk):
    desk.edit("mining-rally.yaml", "checklist: disclosures.yaml\n", "")
    text = desk.note.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("catalysts:")]
    desk.note.write_text("\n".join(lines) + "\n", encoding="utf-8")
    params = desk.load()
    assert (params.catalysts, params.checklist) == (None, None)
    assert not {"params/catalysts.yaml", "params/disclosures.yaml"} & set(params.sources)


def test_a_file_that_is_named_and_is_not_there_is_refused(desk):
    desk.edit("mining-rally.yaml", "checklist: disclosures.yaml", "checklist: disclosure.yaml")
    assert str(desk.fault()).endswith(
        "checklist: file disclosure.yaml does not exist. Did you mean `disclosures.yaml`?"
    )


def test_the_new_files_are_among_the_hashed_sources(desk):
    before = desk.load()
    desk.edit(FILE, "watch: Real yields", "watch: Real yields, again")
    after = desk.load()
    assert before.sources[f"params/{FILE}"] != after.sources[f"params/{FILE}"]
    assert before.fingerprint != after.fingerprint


# ── the rules ───────────────────────────────────────────────────────────────


def _days(rule: str, first: str, last: str, sessions: Calendar = WEEKDAYS) -> list[str]:
    spans = read_rule(rule).spans(
        dt.date.fromisoformat(first), dt.date.fromisoformat(last), sessions
    )
    return [f"{a}" if a == b else f"{a}/{b}" for a, b in spans]


@pytest.mark.parametrize(
    ("rule", "first", "last", "days"),
    [
        ("friday", "2026-01-28", "2026-02-13", ["2026-01-30", "2026-02-06", "2026-02-13"]),
        ("first friday of each month", "2026-01-03", "2026-03-31", ["2026-02-06", "2026-03-06"]),
        (
            "third friday of mar, jun, sep, dec", "2025-12-01", "2026-12-31",
            ["2025-12-19", "2026-03-20", "2026-06-19", "2026-09-18", "2026-12-18"],
        ),
        ("last monday of may", "2026-01-01", "2026-12-31", ["2026-05-25"]),
        ("last day of each month", "2028-01-15", "2028-03-30", ["2028-01-31", "2028-02-29"]),
        ("12 to 28 of feb", "2026-02-20", "2026-02-20", ["2026-02-12/2026-02-28"]),
        ("24 to 31 of feb, nov", "2026-01-01", "2026-12-31",
         ["2026-02-24/2026-02-28", "2026-11-24/2026-11-30"]),
        ("5 to 12 of mar", "2026-03-13", "2027-03-04", []),
    ],
)  # fmt: skip
def test_a_rule_gives_its_days(rule, first, last, days):
    assert _days(rule, first, last) == days


def test_what_comes_every_week_leaves_out_the_exchanges_holidays():
    # Good Friday of 2026 was the third of April.
    assert _days("friday", "2026-04-01", "2026-04-10", Calendar("NYSE")) == ["2026-04-10"]


@pytest.mark.parametrize(
    "text",
    [
        "", "Friday", "every friday", "fifth friday of mar", "third friday", "saturday",
        "third friday of march", "third friday of mar,jun", "0 to 3 of mar", "28 to 12 of feb",
        "12 to 32 of feb", "first day of mar", "friday of mar",
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match=r"rule|span"):
        read_rule(text)
