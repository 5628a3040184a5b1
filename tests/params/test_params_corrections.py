"""Corrections as data: every fault at once, each with its line."""

from __future__ import annotations

GOOD = """
  - id: one-bar
    instrument: glencore
    rows_of: London Stock Exchange closes
    first: 2023-03-13
    last: 2023-03-13
    action: multiply
    factor: 100
    expect: { low: 2, high: 8 }
    reason: one bar in pounds among those in pence
    source: the exchange's own list
"""


def put(desk, text: str) -> None:
    desk.edit("corrections.yaml", "corrections: []", f"corrections:{text}")


def test_a_note_carries_its_corrections_and_the_hash_of_their_file(desk):
    put(desk, GOOD)
    params = desk.load()
    (one,) = params.corrections.corrections
    assert (one.id, one.factor, one.column) == ("one-bar", 100, "close")
    assert "params/corrections.yaml" in params.sources


def test_a_note_needs_no_corrections(desk):
    desk.edit("mining-rally.yaml", "corrections: corrections.yaml\n", "")
    assert desk.load().corrections is None


def test_all_that_is_wrong_in_a_correction_is_told_at_once(desk):
    put(
        desk,
        GOOD.replace("glencore", "glencor")
        .replace("last: 2023-03-13", "last: 2023-03-12")
        .replace("action: multiply", "action: replace")
        .replace("low: 2, high: 8", "low: 8, high: 2")
        + GOOD,
    )
    told = {(fault.key, fault.problem) for fault in desk.faults()}
    assert told == {
        ("corrections.one-bar.instrument", "glencor is no instrument of the universe."),
        ("corrections.one-bar.last", "found 2023-03-12, which lies before `first`, 2023-03-13."),
        ("corrections.one-bar.value", "is missing; `replace` needs it."),
        ("corrections.one-bar.factor", "is given, but `replace` takes none."),
        ("corrections.one-bar.expect.high", "found 2, which is not above `low`, 8."),
        ("corrections.one-bar.id", '"one-bar" is taken; the first is on line 17.'),
    }


def test_a_correction_without_a_reason_or_a_guard_is_refused(desk):
    put(desk, GOOD.replace("    reason: one bar in pounds among those in pence\n", "")
        .replace("    expect: { low: 2, high: 8 }\n", ""))  # fmt: skip
    assert {fault.key for fault in desk.faults()} == {
        "corrections.one-bar.reason",
        "corrections.one-bar.expect",
    }
