"""What the notebook format brings along stays out of a process of our own."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_grammars_of_addresses_are_not_read_to_import_nbformat() -> None:
    pytest.importorskip("rfc3987_syntax", reason="comes with JupyterLab alone")
    plain = "import nbformat, sys; print('rfc3987_syntax' in sys.modules)"
    assert run(plain) == "True\n"
    lean = "from research.execution.lean import import_nbformat as f; f();"
    assert run(lean + plain) == "False\n"


def test_who_asks_for_them_later_finds_them() -> None:
    pytest.importorskip("rfc3987_syntax", reason="comes with JupyterLab alone")
    code = "from research.execution.lean import import_nbformat as f; f(); import rfc3987_syntax"
    assert run(code) == ""


def test_an_invalid_notebook_is_still_refused() -> None:
    code = (
        "from research.execution.lean import import_nbformat as f; f()\n"
        "import nbformat\n"
        "try: nbformat.v4.new_notebook(cells=[{'cell_type': 'none', 'id': 'a'}])\n"
        "except nbformat.ValidationError: print('refused')"
    )
    assert run(code) == "refused\n"


def test_an_import_that_was_made_before_is_left_alone() -> None:
    code = (
        "import sys, jsonschema\n"
        "from research.execution.lean import import_nbformat as f; f()\n"
        "print('nbformat' in sys.modules)"
    )
    assert run(code) == "False\n"
