"""The stand-ins of `conftest` in a process of its own, where a fixture cannot put them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

from research.edition import build

_spec = importlib.util.spec_from_file_location("_fakes", Path(__file__).with_name("conftest.py"))
assert _spec is not None
assert _spec.loader is not None
_fakes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fakes)
_gates = SimpleNamespace(check=lambda market: SimpleNamespace(results=_fakes.FakeMarket.found))
_market = SimpleNamespace(Market=_fakes.FakeMarket)
sys.modules.update({"research.market.market": _market, "research.market.checks": _gates})
build.render = _fakes.fake_render

if __name__ == "__main__":
    from research.cli import main

    main()
