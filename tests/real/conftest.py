"""Markets of the real vendor files, which stay beside this checkout and never come into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from research.market.market import Market
from research.market.sources.files import FilesSource
from research.params.models import Claims, Decks, Method, Note, Params, Universe

CATALOGUE = Path(__file__).with_name("catalogue.yaml")


@pytest.fixture(scope="session")
def params(root: Path) -> Params:
    """The note's parameters, with the catalogue of the real files as their source."""

    def read(name: str) -> dict[str, object]:
        found = yaml.safe_load((root / "params" / name).read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found

    note = {**read("mining-rally.yaml"), "source": "files:../tests/real/catalogue.yaml"}
    return Params(
        note=Note.model_validate(note),
        universe=Universe.model_validate(read("universe.yaml")),
        claims=Claims.model_validate(read("claims.yaml")),
        method=Method.model_validate(read("method.yaml")),
        decks=Decks.model_validate(read("decks.yaml")),
        path=str(root / "params" / "mining-rally.yaml"),
        sources={},
    )


@pytest.fixture(scope="session")
def vendors(shared: Path, params: Params) -> FilesSource:
    """All real files, read once."""
    assert (shared / "market").is_dir()
    return FilesSource.open(CATALOGUE, params)


@pytest.fixture(scope="session")
def market(vendors: FilesSource, params: Params) -> Callable[[str], Market]:
    """The real market as it was known on a day."""
    opened: dict[str, Market] = {}

    def at(as_of: str) -> Market:
        if as_of not in opened:
            opened[as_of] = Market(params, vendors, as_of)
        return opened[as_of]

    return at
