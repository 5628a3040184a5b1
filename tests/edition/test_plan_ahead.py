"""Which sections wait for what is computed ahead of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from research.edition import found
from research.edition.ahead import ahead_of
from research.edition.plan import plan, survey
from research.errors import UsageError
from research.execution.warm import zygotes
from research.params import load


def test_a_section_waits_for_the_look_into_the_market_and_for_as_many_calls_as_it_says(
    root: Path, tmp_path: Path
) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    jobs = plan(params, as_of="2026-01-30", reports=tmp_path).jobs
    calls = ahead_of(params, as_of="2026-01-30").preload
    assert [name for name, _ in calls] == [
        "research.market.survey:look|keep",
        "research.analysis.ahead:findings",
        "research.analysis.ahead:week_before",
    ]
    waits = {job.section: job.setup.preload for job in jobs}
    assert waits["rally"] == waits["valuation"] == waits["method"] == calls[:1]
    assert waits["arguments"] == calls[:2]
    assert waits["verdict"] == waits["outlook"] == calls


def test_it_is_asked_for_in_the_words_of_the_build_so_that_it_can_begin_first(root: Path) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    ahead = ahead_of(params)
    words = {
        "note": str(root / "params" / "mining-rally.yaml"), "as_of": "latest", "source": "sample",
    }  # fmt: skip
    assert [given for _, given in ahead.preload] == [words] * 3
    assert ahead.asked == 1, "who plans asks what the look has found"


def test_editions_of_many_days_have_their_source_read_once_and_are_planned_alike(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    monkeypatch.setattr(found, "ask", lambda _: None)
    ahead = [ahead_of(params, as_of=day, of_many=True) for day in ("2026-01-23", "2026-01-30")]
    [first, again] = [one.preload[0] for one in ahead]
    assert first == again
    assert first[0] == "research.market.survey:hold"
    jobs = plan(params, as_of="2026-01-30", reports=tmp_path, ahead=ahead[1]).jobs
    waits = {job.section: job.setup.preload for job in jobs}
    assert waits["rally"] == ahead[1].preload[: ahead[1].asked] == ahead[1].preload[:2]
    assert waits["outlook"] == ahead[1].preload


def test_a_note_that_computes_nothing_ahead_has_its_market_looked_into_here(
    tmp_path: Path, mini_note: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(mini_note(tmp_path, {"front": ["1 + 1"]}))
    monkeypatch.setattr(found, "ask", lambda _: pytest.fail("nobody has to be asked"))
    planned = plan(params, as_of="2026-01-30", ahead=ahead_of(params, as_of="2026-01-30"))
    assert planned.jobs[0].setup.preload == ()


@pytest.mark.skipif(not zygotes.can_fork(), reason="nothing is forked here")
def test_what_the_process_of_kernels_finds_in_the_market_is_what_is_found_here(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    here = survey(params, as_of="2026-01-31")
    monkeypatch.setattr(found, "_look", lambda *_: pytest.fail("it was looked into twice"))
    ahead = ahead_of(params, as_of="2026-01-31")
    assert survey(params, as_of="2026-01-31", ahead=ahead) == here
    assert here.as_of_note


@pytest.mark.skipif(not zygotes.can_fork(), reason="nothing is forked here")
def test_what_is_wrong_with_a_date_is_told_as_ever(root: Path, tmp_path: Path) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    with pytest.raises(UsageError, match="1931"):
        plan(
            params, as_of="1931-01-30", reports=tmp_path, ahead=ahead_of(params, as_of="1931-01-30")
        )


def test_what_was_seen_by_other_parameters_than_those_of_the_plan_is_not_taken(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    here = survey(params, as_of="2026-01-30")
    told = {**vars(here), "as_of": "2026-01-23", "params": {"params/x.yaml": "0" * 64}}
    monkeypatch.setattr(found, "ask", lambda _: told)
    ahead = ahead_of(params, as_of="2026-01-30")
    assert survey(params, as_of="2026-01-30", ahead=ahead) == here
