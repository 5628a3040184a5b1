"""Which sections wait for what is computed ahead of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from research.edition import found
from research.edition.plan import ahead_of, plan, survey
from research.errors import UsageError
from research.execution.warm import zygotes
from research.params import load


def test_a_section_waits_for_as_many_calls_as_it_says(root: Path, tmp_path: Path) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    jobs = plan(params, as_of="2026-01-30", reports=tmp_path).jobs
    calls = ahead_of(params, as_of="2026-01-30").preload
    assert [name for name, _ in calls] == [
        "research.analysis.ahead:market",
        "research.analysis.ahead:findings",
    ]
    waits = {job.section: job.setup.preload for job in jobs}
    assert waits["rally"] == waits["valuation"] == waits["method"] == calls[:1]
    assert waits["verdict"] == waits["arguments"] == waits["outlook"] == calls


def test_it_is_asked_for_in_the_words_of_the_build_so_that_it_can_begin_first(root: Path) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    [(_, given), _] = ahead_of(params).preload
    assert given == {
        "note": str(root / "params" / "mining-rally.yaml"), "as_of": "latest", "source": "sample",
    }  # fmt: skip


def test_every_section_waits_for_the_look_into_the_market_that_is_made_together(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    monkeypatch.setattr(found, "ask", lambda _: None)
    jobs = plan(params, as_of="2026-01-30", reports=tmp_path, together=True).jobs
    calls = ahead_of(params, as_of="2026-01-30", together=True).preload
    assert [name for name, _ in calls] == [
        "research.market.survey:survey",
        "research.analysis.ahead:market",
        "research.analysis.ahead:findings",
    ]
    waits = {job.section: job.setup.preload for job in jobs}
    assert waits["rally"] == waits["valuation"] == waits["method"] == calls[:2]
    assert waits["verdict"] == waits["arguments"] == waits["outlook"] == calls


def test_a_note_that_computes_nothing_ahead_has_its_market_looked_into_here(
    tmp_path: Path, mini_note: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(mini_note(tmp_path, {"front": ["1 + 1"]}))
    monkeypatch.setattr(found, "ask", lambda _: pytest.fail("nobody has to be asked"))
    planned = plan(params, as_of="2026-01-30", together=True)
    assert planned.jobs[0].setup.preload == ()


@pytest.mark.skipif(not zygotes.can_fork(), reason="nothing is forked here")
def test_what_the_process_of_kernels_finds_in_the_market_is_what_is_found_here(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    here = survey(params, as_of="2026-01-31")
    monkeypatch.setattr(found, "_look", lambda *_: pytest.fail("it was looked into twice"))
    ahead = ahead_of(params, as_of="2026-01-31", together=True)
    assert survey(params, as_of="2026-01-31", ahead=ahead) == here
    assert here.as_of_note


@pytest.mark.skipif(not zygotes.can_fork(), reason="nothing is forked here")
def test_what_is_wrong_with_a_date_is_told_as_ever(root: Path, tmp_path: Path) -> None:
    params = load(root / "params" / "mining-rally.yaml")
    with pytest.raises(UsageError, match="1931"):
        plan(params, as_of="1931-01-30", reports=tmp_path, together=True)
