"""A whole note of hostile names and impossible numbers: shown as it stands, inside its page."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdfium2 as pdfium
import pytest
from matplotlib.text import Text
from nbformat import NotebookNode
from pypdf import PdfReader

from research.exhibits import Column, charts, interval, say, table, theme
from research.exhibits.blocks import band, calls, card, checklist, definitions, strip
from research.render.document import read_document
from research.render.html import write_html
from research.render.typst import write_pdf

Make = Callable[..., NotebookNode]
NAN, INF = float("nan"), float("inf")
MARGIN_PT = 18 * 72 / 25.4
UNSPOKEN = re.compile(r"\b(nan|nat|none|null|inf|infinity)\b", re.IGNORECASE)
NAMES = [
    "<script>alert(1)</script>",
    '#import "evil.typ": * #eval("1+1")',
    "*bold* _emph_ [x](javascript:alert(1)) `raw` | $x^2$",
    "\"double\" 'single' & &amp; \\u{41} ] [ } {",
    "\u202eשלום עולם مرحبا بالعالم\u202c",
    "Companhia Brasileira de Mineracao e Metalurgia do Extremo Norte Participacoes S.A.",
    "W" * 80,
]
KEYS = [f"k{n}" for n in range(len(NAMES))]
SAID = dict(zip(KEYS, NAMES, strict=True))
NUMBERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "ordinary": lambda v: v,
    "negative": lambda v: -v,
    "of both signs": lambda v: v * np.where(np.arange(len(v)) % 2, 1, -1),
    "with holes and infinities": lambda v: np.where(
        np.arange(len(v)) % 3, np.where(np.arange(len(v)) % 4 == 1, INF, v), NAN
    ),
    "all missing": lambda v: v * NAN,
    "infinite": lambda v: v * INF,
    "minus infinite": lambda v: v * -INF,
    "one known": lambda v: np.where(np.arange(len(v)) == len(v) // 2, v, NAN),
    "nought": lambda v: v * 0,
    "tiny": lambda v: v * 1e-12,
    "a single one": lambda v: v[:1],
    "empty": lambda v: v[:0],
}
Draw = Callable[[Callable[[int], np.ndarray], dict[str, Any]], Any]


def series(v: np.ndarray) -> pd.Series:
    return pd.Series(v, index=KEYS[: len(v)], dtype=float)


def by_day(v: np.ndarray, columns: list[str]) -> pd.DataFrame:
    days = pd.bdate_range(end="2026-01-28", periods=60)[: len(v)]
    return pd.DataFrame(dict.fromkeys(columns, v), index=days, dtype=float)


def draw_fan(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(27)
    weeks = pd.date_range("2026-01-28", periods=27, freq="7D")[: len(v)]
    future = pd.DataFrame({p: v * (1 + p) for p in (0.05, 0.25, 0.5, 0.75, 0.95)}, index=weeks)
    scenarios = [
        (NAMES[0], None, 30.0, 0.2), (NAMES[5], 30.0, 70.0, NAN), (NAMES[6], 70.0, None, INF),
    ]  # fmt: skip
    past = by_day(of(60), ["a"])["a"]
    return charts.fan(future, history=past, scenarios=scenarios, **head)


def draw_stacked(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(8) / 100
    days = pd.date_range(end="2026-01-31", periods=8, freq="ME")[: len(v)]
    shares = pd.DataFrame({"k0": v, "k5": v[::-1], "k6": v}, index=days)
    counts = pd.Series(v, index=days)
    return charts.stacked_bars(shares, n=counts, labels=SAID, n_label=NAMES[4], **head)


def draw_events(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(40)
    frame = pd.DataFrame(dict.fromkeys(NAMES[:4], v), index=range(-13, len(v) - 13))
    now = frame.iloc[:18, 0]
    words = {"current_label": NAMES[5], "median_label": NAMES[6], "step": NAMES[0]}
    return charts.event_lines(frame, now, **words, **head)


def draw_table(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7)
    names = NAMES[: len(v)]
    frame = pd.DataFrame({"v": v, "w": names, "p": [None] * len(v)}, index=names)
    columns = {
        "v": Column(header=NAMES[0], unit=NAMES[4], fmt="num2"),
        "w": Column(header=NAMES[5], link="p"),
        "p": Column(header=NAMES[3]),
    }
    more = {"sublabels": {name: name for name in names}, "footnotes": [NAMES[1]]}
    groups = pd.Series(NAMES[0], index=names, dtype=object)
    return table(frame, columns=columns, row_header=NAMES[6], groups=groups, **more, **head)


def draw_forest(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7)
    names = NAMES[: len(v)]
    frame = pd.DataFrame({"label": names, "detail": names[::-1], "estimate": v})
    zones = [(None, 20.0, NAMES[0]), (20.0, 60.0, NAMES[6]), (60.0, None, NAMES[4])]
    keys = (NAMES[5], NAMES[1])
    return charts.forest(frame.assign(lo=v - 5, hi=v + 5), zones=zones, keys=keys, **head)


def draw_strips(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7) / 100
    names = NAMES[: len(v)]
    frame = pd.DataFrame({"label": names, "now": v, "last": v[::-1], "value": names[::-1]})
    keys = (NAMES[0], NAMES[5])
    return charts.percentile_strips(frame.assign(detail=names), keys=keys, **head)


def draw_lollipops(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7)
    names = NAMES[: len(v)]
    frame = pd.DataFrame({"label": names, "value": v, "other": v[::-1], "marker": v})
    line = {"reference": of(3)[0] if len(v) else None, "reference_label": NAMES[6]}
    keys = (NAMES[0], NAMES[5], NAMES[4])
    return charts.lollipop(frame.assign(detail=names), keys=keys, **line, **head)


def draw_steps(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7) / 100
    frame = pd.DataFrame({"estimate": v, "lo": v - 0.1, "hi": v + 0.1, "n": v * 100})
    today = {NAMES[0]: 0.3, NAMES[5]: v[0] if len(v) else NAN}
    return charts.steps(frame.set_axis(np.arange(len(v)) / 2), today=today, **head)


def draw_reliability(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7) / 100
    frame = pd.DataFrame({"forecast": v, "observed": v[::-1], "n": v * 100})
    words = {"words": NAMES[5], "forecast_label": NAMES[0], "observed_label": NAMES[6]}
    return charts.reliability(frame, **words, **head)


def draw_waterfall(of: Callable[[int], np.ndarray], head: dict[str, Any]) -> Any:
    v = of(7)
    ends = {"start_label": NAMES[0], "end_label": NAMES[5], "reach_label": NAMES[6]}
    reach = (v[0], 90.0) if len(v) else None
    shape = {"labels": SAID, "reach": reach, "fmt": "num1", "step_fmt": "snum1"}
    return charts.waterfall(series(v), start=50.0, **ends, **shape, **head)


FAMILIES: dict[str, Draw] = {
    "bars": lambda of, head: charts.ordered_bars(
        series(of(7)), labels=SAID, details={"k0": NAMES[3]}, highlight={"k1"},
        keys=(NAMES[0], NAMES[4]), fmt="num1", **head,
    ),
    "lines": lambda of, head: charts.indexed_lines(
        by_day(of(60), KEYS[:4]), labels=SAID,
        events={"2026-01-05": NAMES[0], "2026-01-15": NAMES[5]}, **head,
    ),
    "straight lines": lambda of, head: charts.indexed_lines(
        by_day(of(60), KEYS[3:]), labels=SAID, log=False, **head
    ),
    "band": lambda of, head: charts.line_with_band(
        by_day(of(60), ["a"])["a"], band=(20.0, 60.0), label=NAMES[5], band_label=NAMES[0],
        events={"2026-01-15": NAMES[6]}, **head,
    ),
    "moving band": lambda of, head: charts.line_with_band(
        by_day(of(60), ["a"])["a"], band=by_day(of(60), ["lo", "hi"]), label=NAMES[6],
        band_label=NAMES[4], **head,
    ),
    "fan": draw_fan,
    "forest": draw_forest,
    "strips": draw_strips,
    "waterfall": draw_waterfall,
    "heat": lambda of, head: charts.heat_table(
        pd.DataFrame(dict.fromkeys(NAMES[:4], of(7)), index=NAMES[: len(of(7))]), **head
    ),
    "stacked": draw_stacked,
    "lollipops": draw_lollipops,
    "events": draw_events,
    "steps": draw_steps,
    "reliability": draw_reliability,
    "table": draw_table,
}  # fmt: skip


def draw(family: str, numbers: str, width: str = "full", **more: Any) -> Any:
    """An exhibit of one family: hostile words everywhere, numbers of one kind."""
    head = {"title": NAMES[1], "unit": NAMES[0], "source": NAMES[2], "note": NAMES[3], **more}
    head |= {"id": f"ex-{list(FAMILIES).index(family)}", "as_of": "2026-01-28", "width": width}
    values = NUMBERS[numbers]
    return FAMILIES[family](lambda n: values(np.linspace(10.0, 90.0, n)), head)


def claim(numbers: str) -> Any:
    known = NUMBERS[numbers](np.linspace(10.0, 90.0, 3))
    x = known[0] if len(known) else None
    ends = (x - 1, x + 1) if x is not None else (None, None)
    return card(
        id="claim-x", name=NAMES[0], tag="Opinion", origin=NAMES[5], eyebrow=NAMES[3],
        title=NAMES[1], verdict="MIXED", grade="A", weak=True, estimate=NAMES[6], note=NAMES[2],
        items=[(NAMES[0], NAMES[5], NAMES[4]), ("Why", say("{x:num2}", x=x))], formula=NAMES[6],
        pair=((NAMES[0], NAMES[6]), (NAMES[4], NAMES[5])), data=pd.DataFrame({NAMES[0]: known}),
        picture=interval(x, *ends, id="p", bounds=(20.0, 60.0)),
    )  # fmt: skip


def note(assembled: Make, numbers: str, paper: str = "a4") -> NotebookNode:
    """Every family, block and kind of text, with hostile words in what the note says of itself."""
    sections = {
        "front": [
            band([{"label": n, "value": n, "detail": n, "strong": True} for n in NAMES[:5]]),
            calls([(n, n) for n in NAMES]),
            draw("lines", numbers, "column"),
            strip([(n, n, n) for n in NAMES], title=NAMES[5]),
        ],
        "rest": [
            *(draw(family, numbers) for family in FAMILIES if family != "lines"),
            claim(numbers),
            checklist([(n, "met", n) for n in NAMES]),
            definitions([(n, n) for n in NAMES]),
            *({"text/markdown": f"Of {n} no more."} for n in NAMES),
        ],
    }
    nb = assembled(
        sections, title=NAMES[5], series=NAMES[6], question=NAMES[4], disclosures=NAMES,
        gate={"status": "DEGRADED", "messages": NAMES}, paper=paper,
        producer={"name": NAMES[0], "firm": NAMES[6]},
    )  # fmt: skip
    nb.cells[3].metadata["tags"] = ["aside"]
    return nb


def beyond(pdf: bytes) -> list[str]:
    """What is printed outside the margins at the sides, or off the page; by page."""
    found = []
    with pdfium.PdfDocument(pdf) as document:
        for number, page in enumerate(document, start=1):
            (across, down), text = page.get_size(), page.get_textpage()
            for at in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(at)
                sides = left < MARGIN_PT - 1.5 or right > across - MARGIN_PT + 1.5
                if (
                    text.get_text_range(at, 1).strip()
                    and right > left
                    and (sides or bottom < 12 or top > down - 12)
                ):
                    found.append(f"page {number}: {text.get_text_range(max(0, at - 20), 40)!r}")
            text.close()
            page.close()
    return found


@pytest.mark.parametrize("width", ["full", "column"])
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_draws_or_says_that_it_cannot_within_its_sheet(
    family: str, numbers: str, width: str
) -> None:
    made = draw(family, numbers, width)
    record = made.as_json()
    said = [record[key] for key in ("title", "unit", "note", "alt", "csv")]
    said += [record.get(key) or "" for key in ("html", "reason")]
    said += [fact["text"] for fact in record["facts"]]
    if made.figure is not None:
        with theme.style():
            made.figure.canvas.draw()
            across, down = made.figure.bbox.width, made.figure.bbox.height
            for text in made.figure.findobj(Text):
                said.append(text.get_text())
                if text.get_visible() and text.get_text().strip():
                    box = text.get_window_extent()
                    assert -2 < box.x0 <= box.x1 < across + 2, text.get_text()
                    assert -2 < box.y0 <= box.y1 < down + 2, text.get_text()
    told = [UNSPOKEN.search(text) for text in said]
    assert not any(told), told


@pytest.mark.parametrize("numbers", ["ordinary", "negative", "with holes and infinities", "empty"])
def test_a_hostile_note_stays_inside_its_page_and_says_nothing_unspoken(
    assembled: Make, numbers: str
) -> None:
    paper = "us-letter" if numbers == "negative" else "a4"
    document = read_document(note(assembled, numbers, paper))
    html, pdf = write_html(document), write_pdf(document)
    body = html[html.index("<body") :]
    tags = re.sub(r'"[^"]*"', '""', " ".join(re.findall(r"<[^>]+>", body)))
    assert not re.search(r"<script|<iframe|\son\w+=", tags)
    assert 'href="javascript' not in html
    shown = unescape(re.sub(r"<[^>]+>", " ", body))
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "#import" in printed
    for text in (shown, printed):
        assert "<script>alert(1)</script>" in re.sub(r"[\s\u200b]", "", text)
        assert not UNSPOKEN.search(text.replace("CSV", ""))
    assert beyond(pdf) == []


def test_what_is_printed_in_the_margin_would_be_found(assembled: Make) -> None:
    document = read_document(note(assembled, "ordinary"))
    assert beyond(write_pdf(document)) == []
    with pdfium.PdfDocument(write_pdf(document)) as pdf:
        page = pdf[0]
        page.set_mediabox(20, 0, *page.get_size())
        shifted = io.BytesIO()
        page.close()
        pdf.save(shifted)
    assert beyond(shifted.getvalue()) != []


def test_a_hostile_page_is_no_wider_than_its_window_and_runs_nothing(
    assembled: Make, tmp_path: Path
) -> None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    file = tmp_path / "hostile.html"
    file.write_text(write_html(read_document(note(assembled, "ordinary"))), encoding="utf-8")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        page = browser.new_page()
        said: list[str] = []
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("console", lambda line: said.append(line.text))
        page.goto(file.as_uri())
        for width in (360, 768, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width, width
        browser.close()
    assert said == []
