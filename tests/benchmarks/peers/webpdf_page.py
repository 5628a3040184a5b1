"""nbconvert's own webpdf steps on a page that is already HTML: launch, waits, print, close.

Run as `webpdf_page.py HTML OUT`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nbconvert.exporters import WebPDFExporter

if __name__ == "__main__":
    page = Path(sys.argv[1]).read_text(encoding="utf-8")
    Path(sys.argv[2]).write_bytes(WebPDFExporter(disable_sandbox=True).run_playwright(page))
