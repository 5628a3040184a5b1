"""A market that finds what a test wants it to find, and pages that cost nothing."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from research.edition import build
from research.gates import GateResult

GOOD = GateResult(dataset="prices", subject="all", status="PASS", text="fresh")


class FakeMarket:
    """Knows a last session and its gates; opened, it notes how."""

    last = dt.date(2026, 1, 30)
    found: tuple[Any, ...] = (GOOD,)

    @classmethod
    def open(cls, params: Any, *, source: str, as_of: Any) -> Any:
        day = cls.last if as_of == "latest" else dt.date.fromisoformat(str(as_of))
        return SimpleNamespace(
            as_of=day,
            as_of_note="",
            source_name=source,
            illustrative=True,
            inputs=lambda: {"sample:1": "ab" * 32},
            files=dict,
            source=SimpleNamespace(title="Made up", first_session=dt.date(2001, 1, 1)),
        )


def fake_render(
    notebook: Any, name: str, formats: Any, *, rehearsal: Any = None, meanwhile: Any = None
) -> dict[str, bytes]:
    """Pages that hold exactly what the assembled edition holds."""
    if meanwhile:
        meanwhile()
    text = nbformat.writes(notebook)
    return {f"{name}.{suffix}": f"{suffix}\n{text}".encode() for suffix in formats}


@pytest.fixture(scope="module")
def no_data_no_pages() -> Iterator[type[FakeMarket]]:
    """Neither a real market nor real rendering behind plans and builds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "research.market.market", SimpleNamespace(Market=FakeMarket))
        gates = SimpleNamespace(check=lambda market: SimpleNamespace(results=FakeMarket.found))
        patch.setitem(sys.modules, "research.market.checks", gates)
        patch.setattr(build, "render", fake_render)
        yield FakeMarket
