"""The PDF of the full note: typeset by the package against Chromium printing the HTML."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.figures import Goal, Row, Sample, faster
from tests.benchmarks.machine import browser
from tests.benchmarks.measure import interleave, run
from tests.benchmarks.workshop import Workshop

WORK = "PDF of the full note"
GOAL = Goal(kind="at least", limit=8)
BEFORE = "2026-01-23"  # another edition, that warms what is measured


def printing_rows(shop: Workshop) -> Iterator[Row]:
    """Process against process, and warm against warm."""
    chromium = browser()
    if chromium is None or importlib.util.find_spec("playwright") is None:
        yield Row(group="pdf", work=WORK, against="Chromium", remark="no Chromium or no playwright")
        return
    other, other_whole = _edition(shop, "--as-of", BEFORE)
    html, whole = _edition(shop)
    out = shop.folder / "tmp" / "printed.pdf"
    shop.peer("print_edition", out, whole)
    same = out.read_bytes() == html.with_suffix(".pdf").read_bytes()
    doubt = "" if same else "; what ours printed is NOT the published file"
    alone = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
        f"--print-to-pdf={shop.folder / 'tmp' / 'cli.pdf'}", html.as_uri(),
    ]  # fmt: skip
    ours, webpdf, cli, warm, page = interleave(
        [
            lambda: shop.peer("print_edition", out, whole)[0],
            lambda: shop.peer("webpdf_page", html, shop.folder / "tmp" / "webpdf.pdf")[0],
            lambda: run(alone, env=shop.env, cwd=shop.folder)[0],
            lambda: _last(shop, "print_edition", out, other_whole, whole),
            lambda: _last(shop, "print_page", out, chromium, other, html),
        ],
        shop.repetitions,
    )
    row = Row(group="pdf", work=f"{WORK}, cold process", ours=ours, goal=GOAL)
    yield replace(
        row, against="nbconvert webpdf", theirs=webpdf, value=faster(ours, webpdf),
        remark=f"theirs: its own run_playwright, with 200 ms of fixed waits{doubt}",
    )  # fmt: skip
    yield replace(
        row, against="chromium --print-to-pdf", theirs=cli, value=faster(ours, cli),
        remark="theirs: no Python at all",
    )  # fmt: skip
    yield replace(
        row, work=f"{WORK}, warm process", against="Chromium, open browser", ours=warm,
        theirs=page, value=faster(warm, page),
        remark="both have printed the edition of another week before; ours: from executed "
        "notebook to bytes, theirs: load and print the page",
    )  # fmt: skip


def _edition(shop: Workshop, *arguments: str) -> tuple[Path, Path]:
    """An edition's page, and beside it the one notebook that its PDF is made from."""
    reports = shop.fresh("reports")
    shop.build(reports, *arguments)
    html = next(reports.glob("*/*/mining-rally.html"))
    whole = html.with_suffix(".ipynb")
    shop.peer("assemble_edition", html.parent, shop.project / "params" / "mining-rally.yaml", whole)
    return html, whole


def _last(shop: Workshop, peer: str, *arguments: str | Path) -> Sample:
    """The wall seconds that the peer itself measured of the last it printed."""
    _, told = shop.peer(peer, *arguments)
    return Sample(wall_s=json.loads(told), cpu_s=0)
