"""The same cells as one plain script: one process, no kernel, no messages, charts to files.

The cells use `%load_ext` and `%%prose`, which need IPython's shell; one is made in this process
for each notebook, so that names do not cross. Run as `plain_note.py NOTEBOOKS OUT PARAMETERS_JSON`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

SUFFIXES = {"image/svg+xml": "svg", "text/html": "html"}
shown: list[Mapping[str, Any]] = []


class Publisher(DisplayPublisher):
    """Keeps what `display` shows."""

    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        """Keep one bundle."""
        shown.append(data)


class Hook(DisplayHook):
    """Keeps what a cell ends with."""

    def write_output_prompt(self) -> None:
        """Nothing: nobody reads the prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Keep one bundle."""
        shown.append(format_dict)


class Shell(InteractiveShell):
    """IPython without a terminal, a kernel or a history."""

    displayhook_class = Hook
    display_pub_class = Publisher

    def enable_gui(self, gui: Any = None) -> None:
        """Nothing: there is no window."""


def main(notebooks: Path, out: Path, parameters: dict[str, str]) -> None:
    """Run the code cells of every notebook and write each chart and table to a file."""
    from IPython.display import display

    out.mkdir(parents=True, exist_ok=True)
    os.chdir(notebooks)
    for one in sorted(notebooks.glob("*.ipynb")):
        cells = [
            cell for cell in json.loads(one.read_text("utf-8"))["cells"]
            if cell["cell_type"] == "code"
        ]  # fmt: skip
        Shell.clear_instance()
        shell = Shell.instance()
        shell.history_manager.enabled = False
        shell.user_ns["display"] = display
        shown.clear()
        for cell in cells:
            shell.run_cell("".join(cell["source"])).raise_error()
            if "parameters" in cell["metadata"].get("tags", []):
                shell.user_ns.update(parameters)
        for count, bundle in enumerate(shown):
            for mime, suffix in SUFFIXES.items():
                if mime in bundle:
                    file = out / f"{one.stem}-{count:03d}.{suffix}"
                    file.write_text(bundle[mime], encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))
