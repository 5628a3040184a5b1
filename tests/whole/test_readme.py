"""What README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from research.cli import main
from research.market import Market
from research.params import load


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_smallest_catalogue_opens_as_a_market(
    readme: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", readme, flags=re.DOTALL)
    (tmp_path / "catalogue.yaml").write_text(block, encoding="utf-8")
    days = ["2026-01-26", "2026-01-27", "2026-01-28"]
    rows = [f"{day},{5000 + 10 * n}" for n, day in enumerate(days)]
    (tmp_path / "gold.csv").write_text("\n".join(["Date,Close", *rows, ""]), encoding="utf-8")
    params = load(root / "params" / "mining-rally.yaml")
    market = Market.open(params, source=f"files:{tmp_path / 'catalogue.yaml'}")
    quote = market.latest("gold")
    assert quote is not None
    assert (quote.value, str(quote.unit), quote.price_type) == (5020.0, "USD/oz", "fix")


def test_every_command_that_is_named_exists(readme: str) -> None:
    shown = set(re.findall(r"^\$ research ([a-z]+)", readme, flags=re.MULTILINE))
    assert shown
    assert shown <= set(main.commands)
    for name in main.commands:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_what_is_explained_exists(readme: str, sample_edition: Path) -> None:
    line, of_section = re.findall(r"^\$ research explain .*$", readme, flags=re.MULTILINE)
    section = of_section.split()[3]
    told = CliRunner().invoke(main, ["explain", section, str(sample_edition)]).stdout
    assert told.startswith(f"section {section} · edition 2026-W05")
    command, _, comment = line.partition("#")
    for name in (command.split()[3], *re.findall(r"`(\w+)`", comment)):
        result = CliRunner().invoke(main, ["explain", name, str(sample_edition)])
        assert result.exit_code == 0, result.output
        assert "Functions:\n  research.analysis." in result.stdout, name


def test_files_and_pictures_that_are_named_exist(readme: str, root: Path) -> None:
    link = r"\]\((?!fact:|https?://)([^)#]+)\)"
    named = re.findall(rf"{link}|`((?:params|tests|\.github|docs)/[^`*]+)`", readme)
    assert len(named) > 5
    for file, path in named:
        assert (root / (file or path)).exists(), file or path
