"""What a notebook may import from `research.exhibits`, and the small pieces behind it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from research import exhibits
from research.exhibits import fmt, record, say_interval
from research.exhibits.mime import BLOCK


def test_every_name_a_notebook_may_import_is_there() -> None:
    for name in exhibits.__all__:
        assert getattr(exhibits, name) is not None


def test_a_name_that_does_not_exist_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'tabel'"):
        _ = exhibits.tabel


def test_asking_for_a_mime_type_loads_neither_matplotlib_nor_pandas() -> None:
    code = (
        "import sys, research.exhibits.mime; "
        "print([m for m in ('matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_interval_is_said_with_its_estimate_and_keeps_three_facts() -> None:
    told = say_interval(1.08, 0.94, 1.22, "num2")
    assert told == "1.08 (0.94 to 1.22)"
    assert [fact.value for fact in told.facts] == [1.08, 0.94, 1.22]


def test_an_interval_without_ends_is_the_estimate_alone_and_without_estimate_nothing() -> None:
    assert say_interval(1.08, None, float("nan"), "num2") == "1.08"
    assert say_interval(None, 0.9, 1.1, "num2") == "n/a"
    assert say_interval(float("nan"), 0.9, 1.1, "num2") == "n/a"


@pytest.mark.parametrize(
    ("level", "text"),
    [(5306.95, "5,306.95"), (166_000, "166,000"), (59.1, "59.10"), (1.3489, "1.3489")],
)
def test_levels_of_different_size_share_a_column(level: float, text: str) -> None:
    assert fmt(level, "level") == text


def test_a_record_is_for_the_manifest_and_shows_no_page() -> None:
    bundle = record("claims", [{"id": "M1"}])._repr_mimebundle_()
    assert bundle[BLOCK]["name"] == "claims"
    assert bundle[BLOCK]["value"] == [{"id": "M1"}]
    assert "text/html" not in bundle
