"""An open browser printing pages: what Chromium alone takes once it is warm.

Run as `print_page.py OUT EXECUTABLE HTML…`; prints the wall seconds of the last as JSON. The steps
are nbconvert's without its two fixed waits of 100 ms.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from playwright.sync_api import sync_playwright


def main(out: Path, executable: str, pages: list[Path]) -> None:
    """Open the browser once; load and print each page in a tab of its own."""
    seconds = 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for html in pages:
            start = perf_counter()
            page = browser.new_page()
            page.emulate_media(media="print")
            page.goto(html.as_uri(), wait_until="load")
            out.write_bytes(page.pdf(print_background=True))
            seconds = perf_counter() - start
            page.close()
        browser.close()
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(one) for one in sys.argv[3:]])
