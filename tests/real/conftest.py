"""Markets of the real vendor files, which stay beside this checkout and never come into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from research.market.market import Market
from research.market.sources.files import FilesSource
from research.params.models import Claims, Decks, Method, Note, Params, Universe

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
_FATES = pytest.StashKey[list[str]]()


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


@pytest.fixture(scope="session")
def fates(request: pytest.FixtureRequest) -> list[str]:
    """What became of each real file, a line each; told at the end of the run."""
    return request.config.stash.setdefault(_FATES, [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """How many real files loaded, were doubted or refused; with `-v` which, and why."""
    lines = sorted(config.stash.get(_FATES, []))
    if lines:
        counts = Counter(line.partition(" ")[0] for line in lines)
        terminalreporter.section("files of the reference market")
        for line in lines if config.get_verbosity() > 0 else ():
            terminalreporter.write_line(line)
        terminalreporter.write_line(", ".join(f"{n} {fate}" for fate, n in sorted(counts.items())))
