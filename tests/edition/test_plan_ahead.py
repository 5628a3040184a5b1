"""Which sections wait for what is computed ahead of them."""

from __future__ import annotations

from pathlib import Path

from research.edition.plan import ahead_of, plan
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
